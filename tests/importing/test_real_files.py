"""Every real catalogue beside the checkout: what comes in, counted by hand, or why it does not."""

from collections import Counter
from pathlib import Path
from uuid import uuid4

import pytest

from visualizer_core.domain.catalogue.photos import PhotoFile, ProductRef, match_photos
from visualizer_core.domain.catalogue.plan import plan_import
from visualizer_core.domain.catalogue.problems import ProblemCode
from visualizer_core.domain.catalogue.rows import CatalogueFile, Layout
from visualizer_core.domain.ids import ProductId
from visualizer_core.errors import InvalidInput
from visualizer_core.importing import read_catalogue

DATA = Path(__file__).parents[3] / "shared" / "data"
CATALOGUES = DATA / "catalogues"

pytestmark = pytest.mark.skipif(
    not CATALOGUES.is_dir(),
    reason="the real catalogues (../shared/data) are not beside the checkout",
)

READ: dict[str, tuple[Layout, int, int, int, dict[ProblemCode, int]]] = {
    # file: layout, data rows, products, of which placeable, problems
    "shopify_product_csvs/apparel.csv": (Layout.SHOPIFY, 22, 20, 20, {}),
    "shopify_product_csvs/home-and-garden.csv": (Layout.SHOPIFY, 21, 20, 20, {}),
    "shopify_product_csvs/jewelery.csv": (Layout.SHOPIFY, 41, 20, 20, {}),
    "woocommerce_sample/sample_products.csv": (
        Layout.WOOCOMMERCE, 25, 23, 19, {ProblemCode.NOT_PLACEABLE: 4},
    ),
    "woocommerce_sample/sample_products_override.csv": (
        Layout.WOOCOMMERCE, 25, 23, 19, {ProblemCode.NOT_PLACEABLE: 4},
    ),
    "vendure/products.csv": (Layout.VENDURE, 88, 54, 54, {ProblemCode.SHARED_SKU: 1}),
    "tailwindtraders/ProductItems.csv": (
        Layout.PLAIN, 70, 70, 70, {ProblemCode.ID_USED_AS_SKU: 1},
    ),
    "tailwindtraders/PopularProducts.csv": (
        Layout.PLAIN, 3, 3, 3, {ProblemCode.ID_USED_AS_SKU: 1},
    ),
    "../products.csv": (Layout.PLAIN, 80, 80, 80, {}),
}  # fmt: skip

REFUSED = {
    "tailwindtraders/ProductBrands.csv": "a SKU, barcode or handle column could not be found",
    "tailwindtraders/ProductFeatures.csv": "a SKU, barcode or handle column could not be found",
    "tailwindtraders/ProductTags.csv": "could not be found. Its columns are “Id”, “Value”",
    "tailwindtraders/ProductTypes.csv": "a SKU, barcode or handle column could not be found",
    "odoo_xml/product_demo.xml": "Odoo module data",
    "shopify_product_csvs/readme.md": "does not begin with column headings",
    "SOURCES.csv": "was not recognised as a product catalogue",
}


def read(name: str) -> CatalogueFile:
    path = CATALOGUES / name
    return read_catalogue(path.read_bytes(), path.name)


@pytest.mark.parametrize("name", READ)
def test_a_real_catalogue_comes_in_whole(name: str) -> None:
    layout, records, products, placeable, problems = READ[name]
    file = read(name)
    assert (file.layout, file.records, len(file.rows)) == (layout, records, products)
    assert sum(row.is_placeable for row in file.rows) == placeable
    assert Counter(problem.code for problem in file.problems) == problems
    assert not file.bad_rows
    assert all(row.image_refs for row in file.rows)
    assert all(row.name == " ".join(row.name.split()) for row in file.rows)
    assert plan_import(file, {}).counts.create == placeable


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_without_products_is_refused_with_a_reason(name: str) -> None:
    with pytest.raises(InvalidInput, match=REFUSED[name]):
        read(name)


def test_every_other_real_file_is_refused_with_a_way_out() -> None:
    known = {(CATALOGUES / name).resolve() for name in [*READ, *REFUSED]}
    others = [path for path in CATALOGUES.rglob("*") if path.is_file()]
    others = [path for path in others if path.resolve() not in known]
    assert others
    for path in others:
        with pytest.raises(InvalidInput, match=r"Please export the catalogue as CSV"):
            read_catalogue(path.read_bytes(), path.name)


def test_lines_are_those_of_the_file_although_descriptions_break_them() -> None:
    path = CATALOGUES / "shopify_product_csvs/jewelery.csv"
    lines = path.read_bytes().decode().split("\n")  # a description holds a U+2028
    file = read("shopify_product_csvs/jewelery.csv")
    assert len(lines) > file.records + 1
    for row in file.rows:
        assert all(lines[line - 1].startswith(f"{row.handle},") for line in row.lines)


def test_jewellery_has_variants_images_and_no_free_products() -> None:
    rows = {row.handle: row for row in read("shopify_product_csvs/jewelery.csv").rows}
    anchor = rows["leather-anchor"]
    assert [(v.options[0][1], str(v.price)) for v in anchor.variants] == [
        ("Gold", "69.99"),
        ("Silver", "55"),
    ]
    assert len(anchor.image_refs) == 3
    assert sum(len(row.variants) for row in rows.values()) == 6
    assert all(row.price for row in rows.values())


def test_woocommerce_variations_are_pictured_apart_and_measured_in_inches() -> None:
    rows = {row.sku: row for row in read("woocommerce_sample/sample_products.csv").rows}
    assert {sku for sku in rows if sku and sku.startswith("woo-hoodie-")} == {
        "woo-hoodie-red", "woo-hoodie-green", "woo-hoodie-blue", "woo-hoodie-blue-logo",
        "woo-hoodie-with-logo", "woo-hoodie-with-pocket", "woo-hoodie-with-zipper",
    }  # fmt: skip
    assert "woo-hoodie" not in rows
    belt = rows["woo-belt"]
    assert (belt.width_cm, belt.depth_cm, belt.height_cm) == (5.08, 30.48, 3.81)
    assert {row.sku for row in rows.values() if not row.is_placeable} == {
        "woo-album", "woo-single", "logo-collection", "wp-pennant",
    }  # fmt: skip


def test_the_second_woocommerce_file_updates_the_products_of_the_first() -> None:
    first = plan_import(read("woocommerce_sample/sample_products.csv"), {})
    stored = {planned.row.key: planned.fingerprint for planned in first.create}
    second = plan_import(read("woocommerce_sample/sample_products_override.csv"), stored)
    assert (second.counts.create, second.counts.update, second.counts.unchanged) == (0, 19, 0)


def test_the_ikea_numbers_of_vendure_survive_and_the_shared_one_is_one_product() -> None:
    file = read("vendure/products.csv")
    rows = {row.sku: row for row in file.rows}
    assert {"304.096.29", "003.600.02", "202.493.30"} <= set(rows)
    chair = rows["404.038.96"]
    assert [v.options for v in chair.variants] == [
        (("color", colour),) for colour in ("mustard", "mint", "pearl")
    ]
    assert chair.lines == (87, 88, 89)
    assert chair.category == "Home & Garden > Furniture"
    assert "lines 87, 88, 89" in file.problems[0].message


def test_the_products_file_has_its_sizes_and_every_photo_is_found() -> None:
    file = read("../products.csv")
    assert sum(row.width_cm is not None for row in file.rows) == 47
    vitamins = next(row for row in file.rows if row.sku == "B07GTFSCHB")
    assert (vitamins.width_cm, vitamins.depth_cm, vitamins.height_cm) == (15.5, 23.0, 8.0)
    products = [
        ProductRef(ProductId(uuid4()), row.sku, None, None, row.name, row.image_refs)
        for row in file.rows
    ]
    folder = DATA / "products"
    photos = [PhotoFile(str(path.relative_to(folder))) for path in folder.rglob("*.*")]
    matches = match_photos(photos, products)
    assert len(matches.matched) == 80
    assert len({match.product_id for match in matches.matched}) == 80
    assert not (matches.ambiguous)
    assert not (matches.unmatched)
    assert not (matches.rejected)
