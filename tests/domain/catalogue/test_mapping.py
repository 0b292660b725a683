import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from visualizer_core.domain.catalogue.headings import header_signature, parse_heading
from visualizer_core.domain.catalogue.mapping import ColumnMapping, suggest_mapping
from visualizer_core.domain.catalogue.sizes import Axis, Unit
from visualizer_core.domain.catalogue.synonyms import SYNONYMS, WEAK_SKU


@pytest.mark.parametrize(
    ("text", "name", "unit", "currency"),
    [
        ("Width (cm)", "width", Unit.CM, None),
        ("width_cm", "width", Unit.CM, None),
        ("Breite in mm", "breite", Unit.MM, None),
        ("Length (in)", "length", Unit.INCH, None),
        ("Price (EUR)", "price", None, "EUR"),
        ("price_usd", "price", None, "USD"),
        ("Preis in €", "preis", None, "EUR"),
        ("g:image_link", "image link", None, None),
        ("ImageName", "image name", None, None),
        ("\ufeffGłębokość", "glebokosc", None, None),
        ("Body (HTML)", "body", None, None),
    ],
)
def test_a_heading_is_taken_apart(
    text: str, name: str, unit: Unit | None, currency: str | None
) -> None:
    heading = parse_heading(text)
    assert (heading.name, heading.unit, heading.currency) == (name, unit, currency)


def test_a_heading_can_spell_out_the_order_of_measures() -> None:
    assert parse_heading("Größe (BxTxH)").order == (Axis.WIDTH, Axis.DEPTH, Axis.HEIGHT)


def test_every_synonym_is_written_as_headings_are_compared() -> None:
    for name in [*(name for names in SYNONYMS.values() for name in names), *WEAK_SKU]:
        assert parse_heading(name).name == name


def test_no_synonym_means_two_fields() -> None:
    names = [name for names in SYNONYMS.values() for name in names]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (
            ["Artikelnummer", "Bezeichnung", "Breite", "Tiefe", "Höhe", "Preis", "Bild"],
            {"sku": "Artikelnummer", "name": "Bezeichnung", "width": "Breite", "depth": "Tiefe"},
        ),
        (
            ["Référence", "Désignation", "Largeur", "Profondeur", "Hauteur", "Prix TTC"],
            {"sku": "Référence", "name": "Désignation", "height": "Hauteur", "price": "Prix TTC"},
        ),
        (
            ["Cikkszám", "Megnevezés", "Szélesség", "Mélység", "Magasság", "Ár", "Kép"],
            {"sku": "Cikkszám", "name": "Megnevezés", "depth": "Mélység", "price": "Ár"},
        ),
        (
            ["商品コード", "商品名", "幅", "価格"],
            {"sku": "商品コード", "name": "商品名", "width": "幅"},
        ),
        (
            ["sku", "store_view_code", "name", "base_image"],
            {"sku": "sku", "images": ("base_image",)},
        ),
        (
            ["SKU", "Name", "Image 1", "Image 2", "Photo URL"],
            {"images": ("Image 1", "Image 2", "Photo URL")},
        ),
        (
            ["EAN", "Product Title", "Short description", "Description"],
            {"description": "Description"},
        ),
    ],
)
def test_headings_of_many_languages_are_mapped(
    headers: list[str], expected: dict[str, object]
) -> None:
    suggestion = suggest_mapping(headers)
    assert suggestion.mapping is not None
    assert expected.items() <= suggestion.mapping.model_dump().items()


def test_the_suggestion_says_what_is_missing() -> None:
    suggestion = suggest_mapping(["Colour", "Name", "Width"])
    assert suggestion.mapping is None
    assert suggestion.missing == ("a SKU, barcode or handle column",)
    assert suggestion.columns == {"name": "Name", "width": "Width"}


def test_an_id_is_a_sku_only_beside_a_price_or_a_picture() -> None:
    items = suggest_mapping(["Id", "Name", "Price", "ImageName"])
    assert items.mapping is not None
    assert (items.mapping.sku, items.is_sku_guessed) == ("Id", True)
    assert suggest_mapping(["Id", "Name"]).mapping is None
    assert suggest_mapping(["Id", "Title", "Description", "ProductItemId"]).mapping is None
    assert suggest_mapping(["Id", "Code", "Name"]).mapping is None


def test_a_real_sku_column_is_preferred_to_an_id() -> None:
    suggestion = suggest_mapping(["id", "SKU", "name", "price"])
    assert suggestion.mapping is not None
    assert (suggestion.mapping.sku, suggestion.is_sku_guessed) == ("SKU", False)


def test_a_mapping_needs_a_name_and_a_key() -> None:
    with pytest.raises(ValidationError, match="a SKU, barcode or handle column and a name column"):
        ColumnMapping(price="Price")
    assert ColumnMapping(barcode="EAN", name="Title").sku is None


def test_a_saved_mapping_comes_back() -> None:
    mapping = ColumnMapping(sku="Art.-Nr.", name="Titel", images=("Bild 1", "Bild 2"))
    assert ColumnMapping.model_validate_json(mapping.model_dump_json()) == mapping


def test_the_signature_ignores_order_case_and_spacing_but_not_units() -> None:
    assert header_signature(["SKU", "Product Name"]) == header_signature(["product_name", "sku "])
    assert header_signature(["Width (cm)"]) != header_signature(["Width (in)"])
    assert len(header_signature([])) == 64


@given(st.lists(st.text(max_size=40), max_size=30))
def test_any_headings_can_be_looked_at(headers: list[str]) -> None:
    suggestion = suggest_mapping(headers)
    assert (suggestion.mapping is None) == bool(suggestion.missing)
    assert header_signature(headers) == header_signature(reversed(headers))
