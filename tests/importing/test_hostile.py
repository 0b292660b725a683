import time
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from tests.importing.make import big_shopify, csv_bytes
from visualizer_core.domain.catalogue.problems import ProblemCode
from visualizer_core.errors import InvalidInput
from visualizer_core.importing import inspect_catalogue, read_catalogue

MB = 1 << 20


@contextmanager
def cpu_below(seconds: float) -> Generator[None]:
    start = time.process_time()
    yield
    assert time.process_time() - start < seconds


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"," * (20 * MB), "Line 1 .* 20,971,521 columns", id="commas"),
        pytest.param(b"sku,name\n" + b"," * MB, "Line 2 .* 1,048,577 columns", id="second line"),
        pytest.param(b"\n" * (20 * MB), "is empty", id="blank lines"),
        pytest.param(b"sku,name\n" + b"A,b\n" * 400_000, "more than 50,000 rows", id="rows"),
        pytest.param(b"sku,name\n" + b"\n" * (3 * MB), "more than 2,000,000 lines", id="lines"),
        pytest.param(b"sku,name\n" + b"\0" * MB, "is not text", id="NUL"),
        pytest.param(b"sku,name\nA,\xff\0\0\n", "is not text", id="binary"),
        pytest.param(b",".join(b"c%d" % n for n in range(600)), "600 columns", id="columns"),
        pytest.param(b"sku,name\n" + b'"a"b\n' * 100_000, "do not pair up", id="quotes"),
        pytest.param(b'"' * (10 * MB), "no products below", id="only quotes"),
        pytest.param(b"a" * (20 * MB), "no products below", id="one word"),
        pytest.param(b" " * (51 * MB), "is empty", id="blanks"),
        pytest.param(b"x" * (51 * MB), "has 51 MB; at most 50 MB", id="bytes"),
        pytest.param(b"<rss>" + b"<a>" * MB, "nests more than 32", id="deep XML"),
        pytest.param(b"<rss>" + b"<item/>" * MB, "more than 50,000 products", id="XML items"),
        pytest.param(b"<rss><item><id>" + b"a" * MB, "more than 100,000 characters", id="XML text"),
    ],
)
def test_a_hostile_file_is_refused_quickly_and_clearly(data: bytes, reason: str) -> None:
    for door in (read_catalogue, inspect_catalogue):
        with cpu_below(4), pytest.raises(InvalidInput, match=reason):
            door(data, "x.csv")


def test_one_endless_cell_costs_its_row_only() -> None:
    data = b'sku,name\nA,one\nB,"' + b"x" * (5 * MB) + b'"\nC,three\n'
    with cpu_below(3):
        file = read_catalogue(data, "x.csv")
    assert [row.sku for row in file.rows] == ["A", "C"]
    assert [bad.line for bad in file.bad_rows] == [3]
    assert len(file.bad_rows[0].cells[0]) <= 100_000


def test_a_cell_that_is_a_little_too_long_is_named() -> None:
    file = read_catalogue(b"sku,name\nA," + b"x" * 100_001 + b"\nB,y\n", "x.csv")
    assert [row.sku for row in file.rows] == ["B"]
    assert [p.code for p in file.problems] == [ProblemCode.FIELD_TOO_LONG]


def test_an_unclosed_quote_above_thousands_of_good_rows_costs_one_row() -> None:
    rows = b"".join(b"S%d,chair %d\n" % (n, n) for n in range(20_000))
    with cpu_below(5):
        file = read_catalogue(b'sku,name\nX,"oops\n' + rows, "x.csv")
    assert len(file.rows) == 20_000
    assert [bad.line for bad in file.bad_rows] == [2]


def test_a_file_with_only_bad_rows_says_what_is_wrong_with_the_first() -> None:
    with pytest.raises(
        InvalidInput, match=r"No row of “x.csv” can be read. Line 2: .*never closed"
    ):
        read_catalogue(b'sku,name\nA,"one\n', "x.csv")


def test_every_cell_wrong_in_fifty_thousand_rows_gives_a_short_list() -> None:
    rows = [["sku", "name", "width", "height", "price"]]
    rows += [[f"S{n}", "x", "wide", "-1", "free"] for n in range(50_000)]
    with cpu_below(15):
        file = read_catalogue(csv_bytes(rows), "x.csv")
    assert len(file.rows) == 50_000
    assert len(file.problems) < 5_100
    assert file.problems[-1].code is ProblemCode.MORE_PROBLEMS


@pytest.mark.parametrize(
    ("data", "filename", "reason"),
    [
        (b"", "x.csv", "is empty"),
        (b"\xd0\xcf\x11\xe0rest", "x.xls", r"old Excel workbook.*save it as XLSX"),
        (b"%PDF-1.7", "x.pdf", "is a PDF"),
        (b"\x1f\x8b\x08", "x.csv.gz", "gzip archive.*unpack it first"),
        (b"\x89PNG\r\n", "x.csv", "is a picture"),
        (b"<html><table><tr><td>SKU</td></tr></table>", "x.xls", "is a web page"),
        (b'[{"sku": 1}]', "x.json", "a listing or JSON dump"),
        (b"{\n 'brand': '[{language_tag=en_AU}]'}", "m.txt", "a listing or JSON dump"),
        (b"# furniture\nname#1=Chair\nwidth#1=45\nid=x\n", "f.txt", r"properties \(key=value\)"),
        (b"# Products\n\nThis folder, as you see, holds samples of things.\nMore.\n", "readme.md",
         "does not begin with column headings"),
        (b"sku,name\n", "x.csv", "has headings but no products"),
    ],
)  # fmt: skip
def test_what_is_no_catalogue_is_refused_with_a_way_out(
    data: bytes, filename: str, reason: str
) -> None:
    with pytest.raises(InvalidInput, match=reason) as error:
        read_catalogue(data, filename)
    assert f"“{filename}”" in str(error.value)


def test_five_thousand_shopify_rows_are_read_within_the_budget() -> None:
    data = big_shopify(5_000)
    with cpu_below(2.5):  # half of what an import may take; measured 0.5 s
        file = read_catalogue(data, "shop.csv")
    assert file.records == 5_000
    assert not file.problems
