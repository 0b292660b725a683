import csv
import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.importing.make import csv_bytes
from visualizer_core.domain.catalogue.problems import ProblemCode
from visualizer_core.domain.catalogue.rows import CatalogueFile
from visualizer_core.domain.catalogue.text import clean_text
from visualizer_core.domain.csv_safety import restore_cell
from visualizer_core.errors import InvalidInput
from visualizer_core.importing import inspect_catalogue, read_catalogue

HEADERS = ["sku", "name", "description", "price"]


def skus(data: bytes) -> list[str | None]:
    return [row.sku for row in read_catalogue(data, "x.csv").rows]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_separator_and_unicode_encoding_is_read(separator: str, encoding: str) -> None:
    rows = [HEADERS, ["A-1", "Größe, ő; ű", "two\nlines", "1.5"]]
    file = read_catalogue(csv_bytes(rows, separator=separator, encoding=encoding), "x.csv")
    assert [(row.sku, row.name, row.description) for row in file.rows] == [
        ("A-1", "Größe, ő; ű", "two\nlines")
    ]
    assert file.headers == tuple(HEADERS)
    assert not file.problems


def test_windows_1252_is_read_and_the_guess_is_reported() -> None:
    data = csv_bytes([["sku", "name"], ["A", "plain"], ["B", "Café \u2013 5 €"]], encoding="cp1252")
    file = read_catalogue(data, "x.csv")
    assert file.rows[1].name == "Café \u2013 5 €"
    (problem,) = file.problems
    assert (problem.code, problem.line) == (ProblemCode.ENCODING_GUESSED, 3)
    assert "Café" in problem.value


def test_one_damaged_byte_does_not_turn_utf8_into_windows_1252() -> None:
    text = csv_bytes([["sku", "name"], ["A", "Stühle für Gäste"], ["B", "Grün"]])
    file = read_catalogue(text.replace("Grün".encode(), b"Gr\xc3n"), "x.csv")
    assert file.rows[0].name == "Stühle für Gäste"
    (problem,) = file.problems
    assert (problem.code, problem.line) == (ProblemCode.DAMAGED_CHARACTER, 3)


def test_text_in_no_known_encoding_is_refused_with_the_line() -> None:
    with pytest.raises(InvalidInput, match=r"first wrong byte on line 2\)"):
        read_catalogue(b"sku,name\nA,\x81\x8d\n", "x.csv")


def test_quoted_line_breaks_do_not_shift_line_numbers() -> None:
    data = b'sku,name,description\r\nA,One,"l1\r\nl2\r\n\r\nl4"\r\n\r\nB,Two,x\r\nC,Three,"y\nz"'
    assert [row.lines for row in read_catalogue(data, "x.csv").rows] == [(2,), (7,), (8,)]


def test_old_mac_line_ends_are_read() -> None:
    assert skus(b"sku,name\rA,One\rB,Two\r") == ["A", "B"]


def test_unusual_unicode_line_ends_are_text() -> None:
    data = "sku,name\nA,One\u2028Two\x0bThree\x85\nB,x\n".encode()
    assert [row.line for row in read_catalogue(data, "x.csv").rows] == [2, 3]


def test_remarks_titles_and_a_separator_line_above_the_headings_are_passed_over() -> None:
    data = b"sep=;\n# a remark\nProduct list;;\n\nsku;name;price\nA;One;5\n"
    file = read_catalogue(data, "x.csv")
    assert [(row.sku, row.line) for row in file.rows] == [("A", 6)]
    (problem,) = file.problems
    assert (problem.code, problem.line) == (ProblemCode.LINES_SKIPPED, 3)


def test_headings_repeated_in_the_middle_are_left_out() -> None:
    file = read_catalogue(b"sku,name\nA,One\nsku,name\nB,Two\n", "x.csv")
    assert [row.sku for row in file.rows] == ["A", "B"]
    assert [p.code for p in file.problems] == [ProblemCode.REPEATED_HEADER]


def test_two_columns_of_one_name_are_reported_and_the_first_is_used() -> None:
    file = read_catalogue(b"sku,name,name\nA,One,Other\n", "x.csv")
    assert file.rows[0].name == "One"
    assert [p.code for p in file.problems] == [ProblemCode.DUPLICATE_COLUMN]


def test_trailing_separators_are_harmless() -> None:
    file = read_catalogue(b"sku,name,,\nA,One,,,,,\n", "x.csv")
    assert [row.sku for row in file.rows] == ["A"]
    assert not file.problems


def test_a_row_with_too_many_cells_is_refused_and_the_others_come_in() -> None:
    file = read_catalogue(b"sku,name\nA,One\nB,Table, oak\nC,Three\n", "x.csv")
    assert [row.sku for row in file.rows] == ["A", "C"]
    (bad,) = file.bad_rows
    assert (bad.line, bad.cells) == (3, ("B", "Table", "oak"))
    assert "3 cells for 2 headings" in bad.reason
    assert file.records == 3


def test_a_short_row_comes_in_with_a_warning() -> None:
    file = read_catalogue(b"sku,name,price\nA,One\n", "x.csv")
    assert file.rows[0].price is None
    assert [(p.code, p.line) for p in file.problems] == [(ProblemCode.SHORT_ROW, 2)]


def test_a_forgotten_quote_costs_its_row_and_no_other() -> None:
    data = b'sku,name,price\nA,"One,5\nB,Two,6\nC,"Three",7\nD,"Fo\nur",8\n'
    file = read_catalogue(data, "x.csv")
    assert [(row.sku, row.line) for row in file.rows] == [("B", 3), ("C", 4), ("D", 5)]
    (bad,) = file.bad_rows
    assert (bad.line, bad.cells) == (2, ('A,"One,5',))
    assert "never closed" in bad.reason


def test_a_forgotten_quote_before_another_quoted_cell_swallows_nothing() -> None:
    file = read_catalogue(b'sku,name\nA,"x\nB,"y"\nC,z\n', "x.csv")
    assert [row.sku for row in file.rows] == ["B", "C"]
    assert [bad.line for bad in file.bad_rows] == [2]


def test_the_rest_of_a_broken_row_does_not_become_a_product() -> None:
    data = b'sku,name,price\nA,"one\nand 5" more,7\nmore\nB,Two,6\n'
    file = read_catalogue(data, "x.csv")
    assert [row.sku for row in file.rows] == ["B"]
    assert [bad.line for bad in file.bad_rows] == [2, 3, 4]


def test_an_inch_sign_inside_quotes_is_read_with_a_warning() -> None:
    file = read_catalogue(b'sku,name,price\nA,"Screen 5" wide",5\nB,82" sofa,6\n', "x.csv")
    assert [row.name for row in file.rows] == ['Screen 5 wide"', '82" sofa']
    assert [(p.code, p.line) for p in file.problems] == [(ProblemCode.STRAY_QUOTE, 2)]


def test_blanks_around_quoted_cells_are_not_part_of_them() -> None:
    data = b'sku ,name      ,tags\n"A"   , "One, oak"  ,  "x|y" \nB   ,"l1\nl2"  ,\n'
    file = read_catalogue(data, "x.csv")
    assert [(row.sku, row.name, row.line) for row in file.rows] == [
        ("A", "One, oak", 2),
        ("B", "l1 l2", 3),
    ]
    assert not file.problems


def test_what_was_neutralised_on_export_is_restored() -> None:
    file = read_catalogue(b"sku,name\n'-5,'=Chair\n'quoted',x\n", "x.csv")
    assert [(row.sku, row.name) for row in file.rows] == [("-5", "=Chair"), ("'quoted'", "x")]


def test_spreadsheet_errors_are_blank_and_reported() -> None:
    file = read_catalogue(b"sku,name,price\nA,One,#REF!\n#N/A,Two,5\n", "x.csv")
    assert [(row.sku, row.price) for row in file.rows] == [("A", None)]
    codes = [(p.line, p.code) for p in file.problems]
    assert (2, ProblemCode.SPREADSHEET_ERROR) in codes
    assert (3, ProblemCode.MISSING_KEY) in codes


def test_a_mapping_screen_gets_headings_examples_and_a_suggestion() -> None:
    head = inspect_catalogue(b"Nr;Was;Preis\n1;Stuhl;5\n2;Tisch;6\n", "x.csv")
    assert head.headers == ("Nr", "Was", "Preis")
    assert head.layout is None
    assert head.suggestion.missing == ("a name column",)
    assert head.examples == (("1", "Stuhl", "5"), ("2", "Tisch", "6"))
    assert head.records == 2


CELL = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="<&#"),
    max_size=30,
).map(lambda text: " ".join(unicodedata.normalize("NFC", text).split()))
ROWS = st.lists(st.tuples(CELL, st.sampled_from(["", "\n", "\r\n", "\n\n"]), CELL), max_size=12)


@given(ROWS, st.sampled_from([",", ";", "\t"]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_whatever_is_written_is_read_with_its_line(
    rows: list[tuple[str, str, str]], separator: str, encoding: str
) -> None:
    cells = [["sku", "name", "description"]]
    cells += [
        [f"S{n}", f"N {first}", f"{first}|{between}|{second}"]
        for n, (first, between, second) in enumerate(rows)
    ]
    cells.append(["last", "N", ""])
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    lines: list[int] = []
    for row in cells:
        text = out.getvalue()
        lines.append(1 + text.count("\n") + text.replace("\r\n", "").count("\r"))
        writer.writerow(row)
    file = read_catalogue(out.getvalue().encode(encoding), "x.csv")
    assert [row.sku for row in file.rows] == [row[0] for row in cells[1:]]
    assert [row.line for row in file.rows] == lines[1:]
    for row, (first, between, second) in zip(file.rows, rows, strict=False):
        expected = f"{first}|{between}|{second}".replace("\r\n", "\n")
        assert row.description == restore_cell(clean_text(expected))


def outcome(data: bytes) -> CatalogueFile | str:
    """What reading gives: a file, or the reason why there is none."""
    try:
        return read_catalogue(data, "x.csv")
    except InvalidInput as error:
        return str(error)


@given(st.text(st.characters(codec="utf-8"), max_size=400))
def test_any_text_is_read_or_refused_with_a_reason(text: str) -> None:
    read = outcome(f"sku,name\n{text}".encode())
    if isinstance(read, str):
        assert "x.csv" in read
    else:
        seen = {line for row in read.rows for line in row.lines}
        assert not seen & {bad.line for bad in read.bad_rows}


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_with_a_reason(data: bytes) -> None:
    read = outcome(data)
    assert not isinstance(read, str) or "x.csv" in read
