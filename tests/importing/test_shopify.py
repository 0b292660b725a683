from decimal import Decimal

import pytest

from tests.importing.make import DIMENSIONS_METAFIELD, SHOPIFY_COLUMNS, csv_bytes, records_csv
from visualizer_core.domain.catalogue.problems import ProblemCode
from visualizer_core.domain.catalogue.rows import CatalogueFile, Layout
from visualizer_core.importing import read_catalogue


def read(*records: dict[str, str]) -> CatalogueFile:
    columns = [*SHOPIFY_COLUMNS, DIMENSIONS_METAFIELD]
    rows = [columns, *([record.get(name, "") for name in columns] for record in records)]
    return read_catalogue(csv_bytes(rows), "shop.csv")


def sofa(**more: str) -> dict[str, str]:
    first = {"Handle": "sofa", "Title": "Sofa", "Body (HTML)": "<p>Soft</p>", "Type": "Sofas",
             "Published": "true", "Variant Price": "500"}  # fmt: skip
    return first | {name.replace("_", " "): value for name, value in more.items()}


def variant(**more: str) -> dict[str, str]:
    return {"Handle": "sofa"} | {name.replace("_", " "): value for name, value in more.items()}


def test_rows_of_one_handle_are_one_product_with_its_images_in_order() -> None:
    file = read(
        sofa(Image_Src="https://x.example/2.jpg", Image_Position="2", Image_Alt_Text="Side"),
        variant(Image_Src="https://x.example/3.jpg", Image_Position="3"),
        variant(Image_Src="https://x.example/1.jpg", Image_Position="1"),
        variant(Image_Src="https://x.example/last.jpg"),
    )
    (row,) = file.rows
    assert (str(row.key), row.handle, row.lines) == ("handle:sofa", "sofa", (2, 3, 4, 5))
    assert [ref.value[18:] for ref in row.image_refs] == ["1.jpg", "2.jpg", "3.jpg", "last.jpg"]
    assert row.image_refs[1].alt == "Side"
    assert (row.price, row.variants, row.options) == (500, (), ())
    assert (file.layout, file.records) == (Layout.SHOPIFY, 4)
    assert not file.problems


def test_a_row_without_a_price_is_an_image_and_not_a_free_product() -> None:
    file = read(sofa(), variant(Image_Src="https://x.example/2.jpg"))
    assert [row.price for row in file.rows] == [500]


def test_the_default_title_is_no_option() -> None:
    file = read(sofa(Option1_Name="Title", Option1_Value="Default Title"))
    assert file.rows[0].options == ()


def test_variants_without_skus_come_in_as_one_product_with_variants() -> None:
    file = read(
        sofa(Option1_Name="Size", Option1_Value="Small"),
        variant(Option1_Value="Large", Variant_Price="700"),
    )
    (row,) = file.rows
    assert [(v.options, v.price, v.line) for v in row.variants] == [
        ((("Size", "Small"),), 500, 2),
        ((("Size", "Large"),), 700, 3),
    ]
    assert row.options == ()


def test_colours_with_skus_come_in_as_products_named_by_their_colour() -> None:
    file = read(
        sofa(Option1_Name="Color", Option1_Value="Blue", Option2_Name="Size", Option2_Value="2",
             Variant_SKU="S-B2", Image_Src="https://x.example/blue.jpg",
             Variant_Image="https://x.example/blue.jpg"),
        variant(Option1_Value="Blue", Option2_Value="3", Variant_SKU="S-B3", Variant_Price="600",
                Variant_Image="https://x.example/blue.jpg"),
        variant(Option1_Value="Red", Option2_Value="2", Variant_SKU="S-R2", Variant_Price="550",
                Image_Src="https://x.example/room.jpg", Image_Position="3",
                Variant_Image="https://x.example/red.jpg"),
    )  # fmt: skip
    blue, red = file.rows
    assert (str(blue.key), blue.name, blue.options) == (
        "sku:S-B2",
        "Sofa \u2013 Blue",
        (("Color", "Blue"),),
    )
    assert [v.sku for v in blue.variants] == ["S-B2", "S-B3"]
    assert (red.name, red.price, red.lines) == ("Sofa \u2013 Red", 550, (4,))
    assert red.description == blue.description == "Soft"
    assert [ref.value[18:] for ref in blue.image_refs] == ["blue.jpg", "room.jpg"]
    assert [ref.value[18:] for ref in red.image_refs] == ["red.jpg", "room.jpg"]


def test_variants_that_share_a_sku_are_reported() -> None:
    file = read(
        sofa(Option1_Name="Color", Option1_Value="Mint", Variant_SKU="404.038.96"),
        variant(Option1_Value="Pearl", Variant_SKU="404.038.96"),
    )
    assert [str(row.key) for row in file.rows] == ["sku:404.038.96"]
    (problem,) = file.problems
    assert problem.code is ProblemCode.SHARED_SKU
    assert "lines 2, 3" in problem.message


def test_the_metafield_gives_the_size() -> None:
    record = sofa()
    record[DIMENSIONS_METAFIELD] = " 45.7D x 119.4W x 63.5H Centimeters "
    (row,) = read(record).rows
    assert (row.width_cm, row.depth_cm, row.height_cm) == (119.4, 45.7, 63.5)


@pytest.mark.parametrize(
    ("published", "status", "expected"),
    [
        ("true", "active", True),
        ("true", "draft", False),
        ("false", "active", False),
        ("", "", None),
    ],
)
def test_drafts_and_hidden_products_come_in_as_not_published(
    published: str,
    status: str,
    expected: bool | None,  # noqa: FBT001 - a parameter of the table
) -> None:
    assert read(sofa(Published=published, Status=status)).rows[0].is_published is expected


def test_gift_cards_are_not_placeable() -> None:
    file = read(sofa(Gift_Card="true"))
    assert not file.rows[0].is_placeable
    assert [p.code for p in file.problems] == [ProblemCode.NOT_PLACEABLE]


def test_a_handle_used_again_for_another_product_is_refused() -> None:
    other = sofa() | {"Title": "Other sofa"}
    file = read(sofa(), {"Handle": "bed", "Title": "Bed"}, other, sofa())
    assert [row.name for row in file.rows] == ["Sofa", "Bed"]
    assert [(p.code, p.line) for p in file.problems] == [
        (ProblemCode.DUPLICATE_PRODUCT, 4),
        (ProblemCode.DUPLICATE_PRODUCT, 5),
    ]


def test_exports_that_repeat_the_title_on_every_variant_are_read() -> None:
    file = read(
        sofa(Option1_Name="Size", Option1_Value="S"), sofa(Option1_Name="Size", Option1_Value="L")
    )
    assert [len(row.variants) for row in file.rows] == [2]


def test_a_missing_handle_is_made_from_the_title_and_a_row_without_both_is_refused() -> None:
    file = read({"Title": "Big Oak Table!"}, {"Variant Price": "5"})
    assert [str(row.key) for row in file.rows] == ["handle:big-oak-table"]
    assert [(p.code, p.line) for p in file.problems] == [(ProblemCode.MISSING_KEY, 3)]


def test_a_handle_without_a_title_is_named_by_its_handle() -> None:
    file = read({"Handle": "clay-plant-pot", "Variant Price": "5"})
    assert file.rows[0].name == "Clay plant pot"
    assert [p.code for p in file.problems] == [ProblemCode.MISSING_NAME]


def test_the_new_layout_is_read() -> None:
    data = records_csv(
        [
            {
                "Title": "Oak chair", "URL handle": "oak-chair", "Description": "<p>Solid</p>",
                "Vendor": "Maker", "Product category": "Furniture > Chairs", "Type": "Chair",
                "Tags": "oak, dining", "Published on online store": "TRUE", "Status": "Active",
                "SKU": "CH-1", "Barcode": "'4006381333931", "Option1 name": "Color",
                "Option1 value": "Oak", "Price": "129.00", "Price / International": "",
                "Product image URL": "https://x.example/1.jpg", "Image position": "1",
                "Image alt text": "Front", "Variant image URL": "https://x.example/oak.jpg",
                "Width (product.metafields.specs.width)": "45 cm",
            },
            {"URL handle": "oak-chair", "Product image URL": "https://x.example/2.jpg",
             "Image position": "2"},
        ]
    )  # fmt: skip
    file = read_catalogue(data, "shop.csv")
    (row,) = file.rows
    assert file.layout is Layout.SHOPIFY_NEW
    assert (row.sku, row.barcode, row.price) == ("CH-1", "4006381333931", Decimal("129.00"))
    assert (row.category, row.tags, row.is_published) == (
        "Furniture > Chairs",
        ("oak", "dining"),
        True,
    )
    assert (row.width_cm, len(row.image_refs), row.options) == (45, 3, (("Color", "Oak"),))


def test_columns_may_be_missing_extra_and_in_any_order() -> None:
    data = records_csv([{"Variant Price": "5", "Surprise": "!", "Title": "Chair", "Handle": "chair",
                         "Vendor": "V"}])  # fmt: skip
    file = read_catalogue(data, "shop.csv")
    assert (file.layout, str(file.rows[0].key)) == (Layout.SHOPIFY, "handle:chair")
    assert "description" not in file.fields
