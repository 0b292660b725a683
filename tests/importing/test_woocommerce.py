from decimal import Decimal

import pytest

from tests.importing.make import records_csv
from visualizer_core.domain.catalogue.problems import ProblemCode
from visualizer_core.domain.catalogue.rows import CatalogueFile, Layout
from visualizer_core.importing import read_catalogue

FIRST = {
    "ID": "1", "Type": "simple", "SKU": "A", "GTIN, UPC, EAN, or ISBN": "4006381333931",
    "Name": "Vase", "Published": "1", "Is featured?": "0", "Visibility in catalog": "visible",
    "Short description": "Short", "Description": "<p>Long</p>\\n<p>text</p>",
    "Tax status": "taxable",
    "Weight (lbs)": "2", "Length (in)": "4", "Width (in)": "2", "Height (in)": "10",
    "Sale price": "8", "Regular price": "10.50", "Categories": "Decor > Vases, Gifts, A\\, B",
    "Tags": "glass, blue", "Images": "https://x.example/1.jpg, https://x.example/2.jpg",
    "Parent": "", "Attribute 1 name": "Color", "Attribute 1 value(s)": "Blue",
    "Attribute 2 name": "Size", "Attribute 2 value(s)": "S, M",
}  # fmt: skip


def read(*records: dict[str, str]) -> CatalogueFile:
    return read_catalogue(records_csv([FIRST, *records], encoding="utf-8-sig"), "woo.csv")


def variation(sku: str, parent: str, colour: str, **more: str) -> dict[str, str]:
    return {"Type": "variation", "SKU": sku, "Parent": parent, "Name": f"Lamp - {colour}",
            "Published": "1", "Attribute 1 name": "Color", "Attribute 1 value(s)": colour,
            "Regular price": "20", "Images": f"https://x.example/{colour}.jpg"} | more  # fmt: skip


LAMP = {"ID": "45", "Type": "variable", "SKU": "LAMP", "Name": "Lamp", "Description": "Bright",
        "Published": "1", "Categories": "Lights", "Length (in)": "10", "Width (in)": "10",
        "Attribute 1 name": "Color", "Attribute 1 value(s)": "Red, Green"}  # fmt: skip


def test_a_simple_product_is_read_with_units_from_the_headings() -> None:
    file = read()
    (row,) = file.rows
    assert file.layout is Layout.WOOCOMMERCE
    assert (row.sku, row.barcode, row.handle) == ("A", "4006381333931", None)
    assert (row.width_cm, row.depth_cm, row.height_cm) == (5.08, 10.16, 25.4)
    assert (row.price, row.is_published) == (Decimal("10.50"), True)
    assert (row.category, row.tags) == ("Decor > Vases", ("glass", "blue", "Gifts", "A, B"))
    assert [ref.value for ref in row.image_refs] == [
        "https://x.example/1.jpg",
        "https://x.example/2.jpg",
    ]
    assert row.options == (("Color", "Blue"),)
    assert row.description == "Long\n\ntext"
    assert not file.problems


def test_variations_that_look_different_replace_their_parent() -> None:
    file = read(LAMP, variation("L-R", "LAMP", "Red"), variation("L-G", "LAMP", "Green"))
    _, red, green = file.rows
    assert [row.sku for row in (red, green)] == ["L-R", "L-G"]
    assert (red.name, red.description, red.category) == ("Lamp - Red", "Bright", "Lights")
    assert (red.width_cm, red.lines) == (25.4, (4,))
    assert [ref.value for ref in green.image_refs] == ["https://x.example/Green.jpg"]


def test_variations_that_look_alike_are_variants_of_their_parent() -> None:
    sizes = [
        variation(f"L-{size}", "LAMP", "Red", **{"Attribute 1 name": "Size",
                  "Attribute 1 value(s)": size, "Images": "", "Name": f"Lamp - {size}"})
        for size in ("S", "L")
    ]  # fmt: skip
    file = read(LAMP, *sizes)
    lamp = file.rows[1]
    assert (str(lamp.key), lamp.name, lamp.price) == ("sku:LAMP", "Lamp", 20)
    assert [v.sku for v in lamp.variants] == ["L-S", "L-L"]


def test_children_may_precede_their_parent_and_name_it_by_id() -> None:
    file = read(variation("L-R", "id:45", "Red"), LAMP, variation("L-G", "LAMP", "Green"))
    assert [row.sku for row in file.rows] == ["A", "L-R", "L-G"]
    assert not file.problems


def test_a_variation_without_its_parent_comes_in_with_a_warning() -> None:
    file = read(variation("L-R", "GONE", "Red"))
    assert [row.sku for row in file.rows] == ["A", "L-R"]
    (problem,) = file.problems
    assert (problem.code, problem.line, problem.value) == (ProblemCode.MISSING_PARENT, 3, "GONE")


@pytest.mark.parametrize(
    "kind", ["grouped", "external", "simple, virtual", "simple, downloadable, virtual", "bundle"]
)
def test_what_is_no_object_is_not_placeable(kind: str) -> None:
    file = read({"Type": kind, "SKU": "X", "Name": "X"})
    assert [row.is_placeable for row in file.rows] == [True, False]
    assert [p.code for p in file.problems] == [ProblemCode.NOT_PLACEABLE]


def test_drafts_and_private_products_are_not_published() -> None:
    file = read(
        {"Type": "simple", "SKU": "X", "Name": "X", "Published": "0"},
        {"Type": "simple", "SKU": "Y", "Name": "Y", "Published": "-1"},
    )
    assert [row.is_published for row in file.rows] == [True, False, False]


def test_the_sale_price_is_used_only_without_a_regular_one() -> None:
    file = read({"Type": "simple", "SKU": "X", "Name": "X", "Sale price": "3"})
    assert file.rows[1].price == 3


def test_a_product_without_sku_and_barcode_is_known_by_its_name() -> None:
    file = read({"ID": "7", "Type": "simple", "Name": "Big Bowl"})
    assert str(file.rows[1].key) == "handle:big-bowl"
    assert [p.code for p in file.problems] == [ProblemCode.KEY_FROM_NAME]
