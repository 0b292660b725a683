import pytest

from tests.importing.make import csv_bytes, feed_bytes, records_csv
from visualizer_core.domain.catalogue.problems import ProblemCode
from visualizer_core.domain.catalogue.rows import CatalogueFile, Layout
from visualizer_core.errors import InvalidInput
from visualizer_core.importing import read_catalogue

OFFER = {
    "id": "1", "title": "Oak  chair", "description": "Solid.  Nice.", "link": "https://x.example/1",
    "image_link": "https://x.example/1.jpg", "additional_image_link":
    "https://x.example/2.jpg,https://x.example/1.jpg", "availability": "in stock",
    "price": "2690 HUF", "brand": "Maker", "gtin": "4006381333931",
    "google_product_category": "436",
    "product_type": "Home > Chairs ", "product_width": "45 cm", "product_length": "50 cm",
    "product_height": "900 mm", "color": "Oak",
}  # fmt: skip


def check(file: CatalogueFile) -> None:
    (row,) = file.rows
    assert file.layout is Layout.GOOGLE
    assert (row.sku, row.barcode, row.name) == ("1", "4006381333931", "Oak chair")
    assert (row.price, row.currency) == (2690, "HUF")
    assert (row.category, row.product_type) == ("Home > Chairs", "Home > Chairs")
    assert (row.width_cm, row.depth_cm, row.height_cm) == (45, 50, 90)
    assert [ref.value for ref in row.image_refs] == [
        "https://x.example/1.jpg",
        "https://x.example/2.jpg",
    ]
    assert row.description == "Solid. Nice."
    assert not file.problems


def test_a_tab_separated_feed_is_read() -> None:
    check(read_catalogue(records_csv([OFFER], separator="\t", encoding="utf-8-sig"), "feed.tsv"))


def test_remarks_before_the_headings_and_blanks_in_them_are_fine() -> None:
    rows = [
        ["# made by a plug-in, on Monday"],
        [key.replace("_", " ") for key in OFFER],
        [*OFFER.values()],
    ]
    file = read_catalogue(csv_bytes(rows, separator="\t"), "feed.txt")
    check(file)
    assert file.rows[0].line == 3


def test_an_rss_feed_is_read_with_line_numbers() -> None:
    second = {"id": "2", "title": "Table &amp; bench", "price": "189.00 RON"}
    repeated = {key: value for key, value in OFFER.items() if key != "additional_image_link"}
    data = feed_bytes([repeated, second]).replace(
        b"<g:availability>",
        b"<g:additional_image_link>https://x.example/2.jpg</g:additional_image_link>\n"
        b"<g:shipping><g:country>HU</g:country><g:price>5 EUR</g:price></g:shipping>\n"
        b"<g:availability>",
    )
    file = read_catalogue(data, "feed.xml")
    assert [row.name for row in file.rows] == ["Oak chair", "Table & bench"]
    assert [row.currency for row in file.rows] == ["HUF", "RON"]
    assert [data.splitlines()[row.line - 1] for row in file.rows] == [b"<item>", b"<item>"]
    assert len(file.rows[0].image_refs) == 2


def test_an_atom_feed_is_read() -> None:
    data = feed_bytes([OFFER]).replace(b"<item>", b"<entry>").replace(b"</item>", b"</entry>")
    data = data.replace(b"<rss ", b"<feed ").replace(b"</rss>", b"</feed>")
    check(read_catalogue(data, "feed.xml"))


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-2", "windows-1250"])
def test_a_feed_may_declare_its_encoding(encoding: str) -> None:
    text = feed_bytes([OFFER | {"title": "Kiárusítás őű"}]).decode()
    data = text.replace('encoding="UTF-8"', f'encoding="{encoding}"').encode(encoding)
    assert read_catalogue(data, "feed.xml").rows[0].name == "Kiárusítás őű"


def test_offers_of_a_group_that_look_alike_are_one_product() -> None:
    base = {key: value for key, value in OFFER.items() if key != "additional_image_link"}
    offers = [
        base | {"id": f"{colour}-{size}", "item_group_id": "G", "color": colour, "size": size,
                "title": f"Chair {colour} {size}", "gtin": "",
                "image_link": f"https://x.example/{colour}.jpg"}
        for colour in ("Oak", "Ash") for size in ("S", "L")
    ]  # fmt: skip
    file = read_catalogue(records_csv(offers, separator="\t"), "feed.tsv")
    assert [(row.sku, row.name) for row in file.rows] == [
        ("Oak-S", "Chair Oak S"),
        ("Ash-S", "Chair Ash S"),
    ]
    assert [v.sku for v in file.rows[0].variants] == ["Oak-S", "Oak-L"]
    assert not file.problems


def test_an_offer_without_an_id_is_refused_and_the_others_come_in() -> None:
    offers = [OFFER | {"id": "", "gtin": ""}, OFFER]
    file = read_catalogue(records_csv(offers, separator="\t"), "feed.tsv")
    assert [row.sku for row in file.rows] == ["1"]
    assert [(p.code, p.line) for p in file.problems] == [(ProblemCode.MISSING_KEY, 2)]


def test_xml_that_is_no_feed_is_refused_with_its_root() -> None:
    with pytest.raises(InvalidInput, match=r"its root is <catalog>\), not a Google Merchant feed"):
        read_catalogue(b"<?xml version='1.0'?><catalog><item/></catalog>", "x.xml")


def test_odoo_data_is_refused_with_the_way_out() -> None:
    data = (
        b'<odoo><record id="x" model="product.product"><field name="name">X</field></record></odoo>'
    )
    with pytest.raises(InvalidInput, match=r"Odoo module data.*Export to XLSX"):
        read_catalogue(data, "product_demo.xml")


def test_broken_xml_is_refused_with_the_line() -> None:
    data = feed_bytes([OFFER]).replace(b"</g:brand>", b"</g:brnd>")
    with pytest.raises(InvalidInput, match=r"not well-formed XML: mismatched tag on line 14"):
        read_catalogue(data, "feed.xml")


def test_an_empty_feed_is_refused() -> None:
    with pytest.raises(InvalidInput, match="is empty"):
        read_catalogue(feed_bytes([]), "feed.xml")


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE rss [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE rss SYSTEM "http://evil.example/x.dtd">',
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_entity_bombs_and_external_entities_are_refused(doctype: str) -> None:
    data = feed_bytes([OFFER]).replace(b"<rss", doctype.encode() + b"<rss")
    with pytest.raises(InvalidInput, match="declares a document type or entities"):
        read_catalogue(data, "feed.xml")
