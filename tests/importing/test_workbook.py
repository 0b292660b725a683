import datetime as dt
import io
import zipfile
from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest
from openpyxl import Workbook

from tests.importing.make import zip_bytes
from visualizer_core.domain.catalogue.problems import ProblemCode
from visualizer_core.domain.catalogue.rows import Layout
from visualizer_core.errors import InvalidInput
from visualizer_core.importing import inspect_catalogue, read_catalogue

Cell = str | float | dt.datetime | bool | None


def workbook(sheets: dict[str, Sequence[Sequence[Cell]]], hidden: Sequence[str] = ()) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
        if title in hidden:
            sheet.sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def repacked(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return zip_bytes({name: change(name, archive.read(name)) for name in archive.namelist()})


CHAIRS: list[list[Cell]] = [
    ["SKU", "Name", "Price", "Width (cm)", "Added"],
    ["001.590.14", "Chair", 129.9, 45, dt.datetime(2026, 1, 31)],  # noqa: DTZ001 - a workbook has no zones
    [815, "Table\nround", 12.125, None, None],
]


def test_a_workbook_is_read_with_sheet_rows_as_lines() -> None:
    file = read_catalogue(workbook({"Products": CHAIRS}), "x.xlsx")
    first, second = file.rows
    assert file.layout is Layout.PLAIN
    assert (first.sku, first.price, first.width_cm, first.line) == (
        "001.590.14",
        Decimal("129.9"),
        45,
        2,
    )
    assert (second.sku, second.name, second.line) == ("815", "Table round", 3)
    assert not file.problems


def test_numbers_of_a_workbook_have_a_decimal_dot() -> None:
    rows: list[list[Cell]] = [["SKU", "Name", "Price"], ["A", "x", 12.125], ["B", "y", 1299]]
    file = read_catalogue(workbook({"S": rows}), "x.xlsx")
    assert [row.price for row in file.rows] == [Decimal("12.125"), 1299]
    assert not file.problems


def test_a_sku_cell_that_became_a_number_is_kept_and_reported() -> None:
    rows: list[list[Cell]] = [["SKU", "Name"], [1590.14, "x"], [4.04038e20, "y"], [404, "z"]]
    file = read_catalogue(workbook({"S": rows}), "x.xlsx")
    assert [row.sku for row in file.rows] == ["1590.14", "4.04038e+20", "404"]
    assert [(p.code, p.line) for p in file.problems] == [
        (ProblemCode.RUINED_SKU, 2),
        (ProblemCode.RUINED_SKU, 3),
    ]


def test_titles_and_blank_rows_do_not_shift_the_lines() -> None:
    rows: list[list[Cell]] = [["Products 2026"], [], *CHAIRS[:2], [], *CHAIRS[2:]]
    file = read_catalogue(workbook({"S": rows}), "x.xlsx")
    assert [row.line for row in file.rows] == [4, 6]
    assert [(p.code, p.line) for p in file.problems] == [(ProblemCode.LINES_SKIPPED, 1)]


def test_the_first_visible_sheet_with_content_counts_and_others_are_reported() -> None:
    data = workbook(
        {"Lists": [["a"]], "Empty": [], "Products": CHAIRS, "Old": CHAIRS}, hidden=["Lists"]
    )
    file = read_catalogue(data, "x.xlsx")
    assert len(file.rows) == 2
    (problem,) = file.problems
    assert problem.code is ProblemCode.OTHER_SHEETS
    assert "“Products”" in problem.message


def test_a_shopify_workbook_is_recognised() -> None:
    rows: list[list[Cell]] = [
        ["Handle", "Title", "Vendor", "Variant Price", "Published"],
        ["chair", "Chair", "V", 5, True],
    ]
    file = read_catalogue(workbook({"S": rows}), "x.xlsx")
    assert (file.layout, file.rows[0].is_published) == (Layout.SHOPIFY, True)


def test_a_workbook_can_be_looked_at_before_it_is_mapped() -> None:
    head = inspect_catalogue(workbook({"S": CHAIRS}), "x.xlsx")
    assert head.headers == ("SKU", "Name", "Price", "Width (cm)", "Added")
    assert head.examples[0][-1] == "2026-01-31"


def test_more_rows_than_allowed_are_refused() -> None:
    cell = b'<c t="inlineStr"><is><t>x</t></is></c>'
    row = b"<row>" + cell * 2 + b"</row>"

    def fill(name: str, part: bytes) -> bytes:
        end = b"</sheetData>"
        return part.replace(end, row * 50_001 + end) if name.endswith("sheet1.xml") else part

    data = repacked(workbook({"S": [["SKU", "Name"]]}), fill)
    with pytest.raises(InvalidInput, match=r"more than 50,000 rows\. Split it"):
        read_catalogue(data, "x.xlsx")


def test_more_columns_than_allowed_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"has 501 columns; at most 500"):
        read_catalogue(workbook({"S": [[f"c{n}" for n in range(600)], ["x"]]}), "x.xlsx")


def test_a_cell_in_the_last_possible_column_costs_nothing() -> None:
    data = workbook({"S": CHAIRS})

    def move(name: str, part: bytes) -> bytes:
        is_sheet = name.endswith("sheet1.xml")
        return part.replace(b'r="E2"', b'r="XFD2"') if is_sheet else part

    assert len(read_catalogue(repacked(data, move), "x.xlsx").rows) == 2


def test_a_workbook_that_unpacks_beyond_measure_is_refused_unopened() -> None:
    bomb = zip_bytes({"xl/workbook.xml": b"", "xl/worksheets/sheet1.xml": b" " * (320 << 20)})
    assert len(bomb) < 1 << 20
    with pytest.raises(InvalidInput, match=r"unpacks to 320 MB in 2 parts"):
        read_catalogue(bomb, "bomb.xlsx")


def test_a_part_that_packs_too_well_is_refused() -> None:
    bomb = zip_bytes({"xl/workbook.xml": b"", "xl/sharedStrings.xml": b"a" * (20 << 20)})
    with pytest.raises(InvalidInput, match="unpacks to 20 MB"):
        read_catalogue(bomb, "bomb.xlsx")


def test_a_workbook_of_thousands_of_parts_is_refused() -> None:
    parts = {"xl/workbook.xml": b""} | {f"xl/media/{n}.xml": b"" for n in range(2_001)}
    with pytest.raises(InvalidInput, match="in 2,002 parts"):
        read_catalogue(zip_bytes(parts), "bomb.xlsx")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_entities_inside_a_workbook_are_refused(encoding: str) -> None:
    def declare(name: str, part: bytes) -> bytes:
        if not name.endswith("sheet1.xml"):
            return part
        return '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><worksheet/>'.encode(encoding)

    with pytest.raises(InvalidInput, match="declarations that no spreadsheet program writes"):
        read_catalogue(repacked(workbook({"S": CHAIRS}), declare), "x.xlsx")


def test_a_damaged_workbook_is_refused_with_what_to_do() -> None:
    data = workbook({"S": CHAIRS})
    with pytest.raises(InvalidInput, match="damaged or encrypted workbook"):
        read_catalogue(data[: len(data) // 2], "x.xlsx")
    broken = repacked(data, lambda name, part: part[:200] if name.endswith("sheet1.xml") else part)
    with pytest.raises(InvalidInput, match="damaged workbook"):
        read_catalogue(broken, "x.xlsx")


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["photos/1.jpg"], "is a ZIP archive. Unpack it"),
        (["content.xml"], "is an OpenDocument file"),
        (["xl/workbook.bin"], r"is a binary workbook \(.xlsb\)"),
    ],
)
def test_other_zip_files_are_refused_by_name(names: list[str], reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        read_catalogue(zip_bytes(dict.fromkeys(names, b"")), "x.xlsx")


def test_an_empty_workbook_is_refused() -> None:
    with pytest.raises(InvalidInput, match="is empty"):
        read_catalogue(workbook({"S": []}), "x.xlsx")
