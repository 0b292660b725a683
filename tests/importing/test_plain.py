from decimal import Decimal

import pytest

from tests.importing.make import csv_bytes, records_csv
from visualizer_core.domain.catalogue.mapping import ColumnMapping
from visualizer_core.domain.catalogue.plan import bad_rows_csv
from visualizer_core.domain.catalogue.problems import ProblemCode, Severity
from visualizer_core.domain.catalogue.rows import CatalogueFile, KeyKind, Layout, RefKind
from visualizer_core.errors import InvalidInput
from visualizer_core.importing import read_catalogue


def read(*records: dict[str, str], mapping: ColumnMapping | None = None) -> CatalogueFile:
    return read_catalogue(records_csv(records), "x.csv", mapping=mapping)


def codes(file: CatalogueFile) -> list[ProblemCode]:
    return [problem.code for problem in file.problems]


def test_a_plain_table_is_read_by_its_headings() -> None:
    file = read(
        {
            "SKU": "404.038.96", "Name": "Oak &amp; ash chair", "Category": "Chairs > Dining",
            "Description": "<p>Solid.</p><p>Nice.</p>", "Tags": "oak, chair;oak",
            "Price": "129,00 €", "width_cm": "45", "depth_cm": "50,5", "height_cm": "90",
            "image_file": "p/x.jpg|p/y.png",
        }
    )  # fmt: skip
    (row,) = file.rows
    assert file.layout is Layout.PLAIN
    assert (row.key.kind, row.sku, row.name) == (KeyKind.SKU, "404.038.96", "Oak & ash chair")
    assert (row.category, row.tags) == ("Chairs > Dining", ("oak", "chair"))
    assert row.description == "Solid.\n\nNice."
    assert (row.width_cm, row.depth_cm, row.height_cm) == (45, 50.5, 90)
    assert (row.price, row.currency) == (Decimal("129.00"), "EUR")
    assert [(ref.kind, ref.value, ref.position) for ref in row.image_refs] == [
        (RefKind.FILE, "p/x.jpg", 1),
        (RefKind.FILE, "p/y.png", 2),
    ]
    assert not file.problems
    assert {"sku", "currency", "width_cm", "image_refs"} <= file.fields
    assert "barcode" not in file.fields


def test_a_table_in_another_language_with_semicolons_is_read() -> None:
    data = csv_bytes(
        [
            ["Artikelnr", "Bezeichnung", "Breite in mm", "Preis (EUR)"],
            ["0815", "Stuhl", "450", "1.299,00"],
        ],
        separator=";",
        encoding="cp1252",
    )
    (row,) = read_catalogue(data, "x.csv").rows
    assert (row.sku, row.width_cm, row.price, row.currency) == ("0815", 45, Decimal(1299), "EUR")


def test_a_saved_mapping_reads_what_no_guess_can() -> None:
    mapping = ColumnMapping(sku="Kürzel", name="Was", dimensions="Maß", images=("Datei",))
    record = {"Kürzel": "A-1", "Was": "Stuhl", "Maß": "45 x 50 x 90 cm", "Datei": "a.jpg"}
    file = read(record, mapping=mapping)
    assert (file.rows[0].sku, file.rows[0].depth_cm) == ("A-1", 50)
    assert file.mapping == mapping


def test_a_mapping_overrules_a_known_layout() -> None:
    record = {"Handle": "h", "Title": "Chair", "Variant SKU": "A", "Variant Price": "5"}
    assert read(record).layout is Layout.SHOPIFY
    assert (
        read(record, mapping=ColumnMapping(sku="Variant SKU", name="Title")).layout is Layout.PLAIN
    )


def test_a_mapping_for_another_file_is_refused_with_what_is_missing() -> None:
    with pytest.raises(InvalidInput, match=r"no column “Kürzel” that the mapping names.*sku, name"):
        read({"sku": "A", "name": "x"}, mapping=ColumnMapping(sku="Kürzel", name="name"))


def test_headings_that_say_too_little_are_listed_with_what_is_missing() -> None:
    with pytest.raises(InvalidInput) as error:
        read({"Farbe": "rot", "Name": "Stuhl", "Gewicht": "5"})
    message = str(error.value)
    assert "a SKU, barcode or handle column could not be found" in message
    assert "“Farbe”, “Name”, “Gewicht”" in message


def test_ikea_numbers_stay_text() -> None:
    file = read({"sku": "001.590.14", "name": "x"}, {"sku": "00815", "name": "y"})
    assert [row.sku for row in file.rows] == ["001.590.14", "00815"]
    assert not file.problems


@pytest.mark.parametrize("sku", ["1590.14", "4.04E+8", "4,04E+12", "815.0"])
def test_a_sku_that_a_spreadsheet_has_ruined_is_kept_and_reported(sku: str) -> None:
    file = read({"sku": sku, "name": "x"})
    assert file.rows[0].sku == sku
    assert codes(file) == [ProblemCode.RUINED_SKU]


def test_a_barcode_that_a_spreadsheet_has_ruined_is_no_key() -> None:
    file = read({"ean": "4.00638E+12", "name": "x"}, {"ean": "'4006381333931", "name": "y"})
    assert [(row.key.kind, row.barcode) for row in file.rows] == [
        (KeyKind.BARCODE, "4006381333931")
    ]
    assert set(codes(file)) == {ProblemCode.RUINED_BARCODE, ProblemCode.MISSING_KEY}
    assert [bad.line for bad in file.bad_rows] == [2]


def test_the_key_falls_back_from_sku_to_barcode_to_handle() -> None:
    file = read(
        {"sku": "A", "ean": "1", "handle": "a", "name": "x"},
        {"sku": "", "ean": "2", "handle": "b", "name": "x"},
        {"sku": "", "ean": "", "handle": "c", "name": "x"},
        {"sku": "", "ean": "", "handle": "", "name": "Lost"},
    )
    assert [str(row.key) for row in file.rows] == ["sku:A", "barcode:2", "handle:c"]
    assert [bad.cells for bad in file.bad_rows] == [("", "", "", "Lost")]


def test_a_dash_or_not_available_is_no_sku() -> None:
    file = read(*[{"sku": sku, "ean": str(n), "name": "x"} for n, sku in enumerate(["-", "N/A"])])
    assert [str(row.key) for row in file.rows] == ["barcode:0", "barcode:1"]


def test_refused_rows_can_be_corrected_and_imported_again() -> None:
    file = read(
        {"Handle": "a", "Title": "=Chair", "Variant SKU": "-1", "Vendor": "V"},
        {"Handle": "", "Title": "", "Variant SKU": "-2", "Vendor": "V"},
    )
    returned = bad_rows_csv(file)
    corrected = returned.replace(b",,'-2", b"b,'=Table,'-2")
    again = read_catalogue(corrected, "corrected.csv")
    assert again.layout is Layout.SHOPIFY
    assert [(row.handle, row.name, row.sku) for row in again.rows] == [("b", "=Table", "-2")]
    assert not again.problems


def test_the_first_of_two_different_rows_with_one_sku_counts() -> None:
    file = read({"sku": "A", "name": "One"}, {"sku": "B", "name": "x"}, {"sku": "A", "name": "Two"})
    assert [row.name for row in file.rows] == ["One", "x"]
    (problem,) = file.problems
    assert (problem.code, problem.severity) == (ProblemCode.DUPLICATE_PRODUCT, Severity.ERROR)
    assert problem.line == 4
    assert "“A” is already on line 2" in problem.message
    assert [bad.line for bad in file.bad_rows] == [4]


def test_a_row_that_is_there_twice_is_only_noted() -> None:
    file = read({"sku": "A", "name": "One"}, {"sku": "A", "name": "One"})
    assert len(file.rows) == 1
    assert codes(file) == [ProblemCode.IDENTICAL_ROW]
    assert not file.bad_rows


def test_a_barcode_of_two_products_is_reported() -> None:
    file = read({"sku": "A", "ean": "1", "name": "x"}, {"sku": "B", "ean": "1", "name": "y"})
    assert len(file.rows) == 2
    assert codes(file) == [ProblemCode.SHARED_BARCODE]


def test_a_missing_name_is_replaced_by_the_sku() -> None:
    file = read({"sku": "A", "name": ""})
    assert file.rows[0].name == "A"
    assert codes(file) == [ProblemCode.MISSING_NAME]


def test_overlong_names_are_cut_and_overlong_skus_refused() -> None:
    file = read({"sku": "A", "name": "x" * 600}, {"sku": "B" * 300, "name": "y"})
    assert len(file.rows[0].name) == 500
    assert set(codes(file)) == {ProblemCode.NAME_TOO_LONG, ProblemCode.KEY_TOO_LONG}
    assert [bad.line for bad in file.bad_rows] == [3]


def test_a_blank_price_is_unknown_and_a_bad_one_costs_only_itself() -> None:
    file = read(
        {"sku": "A", "name": "x", "price": ""},
        {"sku": "B", "name": "x", "price": "on request"},
        {"sku": "C", "name": "x", "price": "-3"},
        {"sku": "D", "name": "x", "price": "0"},
        {"sku": "E", "name": "x", "price": "n/a"},
    )
    assert [row.price for row in file.rows] == [None, None, None, 0, None]
    assert codes(file) == [ProblemCode.UNREADABLE_PRICE, ProblemCode.ABSURD_PRICE]


def test_the_prices_of_a_column_agree_on_the_decimal_sign() -> None:
    file = read(
        {"sku": "A", "name": "x", "price": "12,50"}, {"sku": "B", "name": "x", "price": "1.299"}
    )
    assert [row.price for row in file.rows] == [Decimal("12.50"), 1299]
    assert not file.problems


def test_an_ambiguous_price_is_reported() -> None:
    file = read({"sku": "A", "name": "x", "price": "1.299"})
    assert file.rows[0].price == 1299
    (problem,) = file.problems
    assert problem.code is ProblemCode.AMBIGUOUS_PRICE
    assert "read as 1299" in problem.message


def test_a_currency_column_is_used_and_contradictions_are_reported() -> None:
    file = read(
        {"sku": "A", "name": "x", "price": "5.00", "currency": "usd"},
        {"sku": "B", "name": "x", "price": "5.00 EUR", "currency": "USD"},
        {"sku": "C", "name": "x", "price": "5.00", "currency": "XX"},
    )
    assert [row.currency for row in file.rows] == ["USD", "EUR", None]
    assert codes(file) == [
        ProblemCode.CURRENCY_CONTRADICTION,
        ProblemCode.UNKNOWN_CURRENCY,
    ]


def test_impossible_sizes_are_left_out_with_line_and_column() -> None:
    file = read(
        {"sku": "A", "name": "x", "Width (cm)": "0", "Depth (cm)": "-5", "Height (m)": "25"},
        {"sku": "B", "name": "x", "Width (cm)": "wide", "Depth (cm)": "5 ft", "Height (m)": "n/a"},
    )
    assert [(row.width_cm, row.depth_cm, row.height_cm) for row in file.rows] == [
        (None, None, None),
        (None, 152.4, None),
    ]
    assert [(p.line, p.column, p.code) for p in file.problems] == [
        (2, "Depth (cm)", ProblemCode.ABSURD_SIZE),
        (2, "Height (m)", ProblemCode.ABSURD_SIZE),
        (2, "Width (cm)", ProblemCode.ABSURD_SIZE),
        (3, "Width (cm)", ProblemCode.UNREADABLE_SIZE),
    ]


def test_a_column_without_a_unit_is_reported_once() -> None:
    file = read({"sku": "A", "name": "x", "width": "5"}, {"sku": "B", "name": "x", "width": "6"})
    assert [row.width_cm for row in file.rows] == [5, 6]
    assert codes(file) == [ProblemCode.UNIT_ASSUMED]


def test_sizes_that_agree_within_rounding_are_kept() -> None:
    file = read(
        {"sku": "A", "name": "x", "width_cm": "119.4", "dimensions": "47 W x 18 D x 25 H in"},
        {"sku": "B", "name": "x", "width_cm": "22.86", "depth_cm": "22.86", "height_cm": "22.86",
         "dimensions": "9.0 x 9.0 x 9.0 in"},
    )  # fmt: skip
    assert (file.rows[0].width_cm, file.rows[0].depth_cm) == (119.4, 45.72)
    assert file.rows[1].width_cm == 22.86
    assert not file.problems


def test_sizes_that_contradict_each_other_are_left_out() -> None:
    file = read(
        {
            "sku": "A",
            "name": "x",
            "width_cm": "80",
            "height_cm": "75",
            "dimensions": "W 120 x H 75 cm",
        }
    )
    assert (file.rows[0].width_cm, file.rows[0].height_cm) == (None, 75)
    (problem,) = file.problems
    assert problem.code is ProblemCode.SIZE_CONTRADICTION
    assert "80 x ? x 75 cm against 120 x ? x 75 cm" in problem.message


def test_a_size_column_with_clothing_sizes_is_not_a_problem() -> None:
    file = read(
        {"sku": "A", "name": "x", "size": "XL"}, {"sku": "B", "name": "x", "size": "3 pack"}
    )
    assert not file.problems
    ambiguous = read({"sku": "A", "name": "x", "size": "80x40 cm"})
    assert codes(ambiguous) == [ProblemCode.AMBIGUOUS_SIZE]


@pytest.mark.parametrize(
    ("cell", "values"),
    [
        ("a.jpg, b.jpg", ["a.jpg", "b.jpg"]),
        ("a.jpg;b.PNG", ["a.jpg", "b.PNG"]),
        ("chair, oak.jpg", ["chair, oak.jpg"]),
        ("a.jpg|a.jpg|b.jpg", ["a.jpg", "b.jpg"]),
        ("https://h.example/a,b.jpg?v=1, https://h.example/c.jpg",
         ["https://h.example/a,b.jpg?v=1", "https://h.example/c.jpg"]),
        ("//cdn.example/a.jpg", ["https://cdn.example/a.jpg"]),
        ("https://h.example/bébé 2.jpg", ["https://h.example/b%C3%A9b%C3%A9%202.jpg"]),
        ("/m/b/mb01.jpg", ["m/b/mb01.jpg"]),
        ("C:\\photos\\a.jpg", ["photos/a.jpg"]),
    ],
)  # fmt: skip
def test_lists_of_photos_are_taken_apart(cell: str, values: list[str]) -> None:
    file = read({"sku": "A", "name": "x", "image": cell})
    assert [ref.value for ref in file.rows[0].image_refs] == values
    assert [ref.position for ref in file.rows[0].image_refs] == list(range(1, len(values) + 1))
    assert not file.problems


@pytest.mark.parametrize(
    "cell",
    ["javascript:alert(1)", "data:image/png;base64,AAAA", "../../etc/x.jpg", "yes", "ftp://h/x.jpg",
     "https://", "http://[", "file:///x.jpg"],
)  # fmt: skip
def test_what_is_no_photo_is_left_out_and_reported(cell: str) -> None:
    file = read({"sku": "A", "name": "x", "image": cell})
    assert file.rows[0].image_refs == ()
    assert ProblemCode.BAD_IMAGE_REFERENCE in codes(file)


def test_services_and_gift_cards_are_not_placeable() -> None:
    file = read(
        {"sku": "A", "name": "Fitting", "category": "Home > Services"},
        {"sku": "B", "name": "Card", "product type": "Gift Card"},
        {"sku": "C", "name": "Chair", "category": "Service tables"},
    )
    assert [row.is_placeable for row in file.rows] == [False, False, True]
    assert codes(file) == [ProblemCode.NOT_PLACEABLE] * 2


def test_a_table_with_only_an_id_says_what_it_took_for_the_sku() -> None:
    file = read({"Id": "1", "Name": "Oven", "ImageName": "1.jpg"})
    assert file.rows[0].sku == "1"
    (problem,) = file.problems
    assert (problem.code, problem.column) == (ProblemCode.ID_USED_AS_SKU, "Id")


def test_a_hostile_name_is_only_text() -> None:
    file = read({"sku": "A", "name": "<img src=x onerror=alert(1)>Chair"})
    assert file.rows[0].name == "Chair"
