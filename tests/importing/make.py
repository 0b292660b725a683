"""Big and odd catalogue files, made in memory; shared by the tests and the benchmarks."""

import csv
import io
import random
import zipfile
from collections.abc import Mapping, Sequence


def names(text: str) -> list[str]:
    """Split a comma separated list."""
    return [name.strip() for name in text.split(",")]


SHOPIFY_COLUMNS = names(
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,"
    "Option1 Value,Option1 Linked To,Option2 Name,Option2 Value,Option3 Name,Option3 Value,"
    "Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,"
    "Variant Inventory Policy,Variant Fulfillment Service,Variant Price,Variant Compare At Price,"
    "Variant Requires Shipping,Variant Taxable,Variant Barcode,Image Src,Image Position,"
    "Image Alt Text,Gift Card,SEO Title,SEO Description,Variant Image,Variant Weight Unit,"
    "Variant Tax Code,Cost per item,Status"
)
DIMENSIONS_METAFIELD = "Dimensions (product.metafields.custom.dimensions)"

_NOUNS = names("Sofa,Armchair,Table,Lamp,Shelf,Bed,Rug,Stool,Sideboard,Desk,Mirror,Vase")
_ADJECTIVES = names("Oak,Linen,Velvet,Marble,Rattan,Walnut,Steel,Ash,Wool,Leather")
_COLOURS = names("Sand,Ocean,Forest,Rust,Charcoal")
_FILES = "https://cdn.shop.example/files"


def csv_bytes(
    rows: Sequence[Sequence[str]], *, separator: str = ",", encoding: str = "utf-8"
) -> bytes:
    """Write `rows` as a shop's export would: quotes where needed, CRLF."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode(encoding)


def records_csv(records: Sequence[Mapping[str, str]], **options: str) -> bytes:
    """Write dictionaries as a CSV whose columns are their keys in order of appearance."""
    columns = list(dict.fromkeys(key for record in records for key in record))
    rows = [columns, *([record.get(column, "") for column in columns] for record in records)]
    return csv_bytes(rows, **options)


def big_shopify(rows: int = 5_000, seed: int = 7, metafields: int = 45) -> bytes:
    """Make a Shopify export of `rows` data rows, about three a product, 80 and more columns.

    Products have HTML bodies of some hundred characters, five colours with a SKU and an image
    each or two sizes without, and further rows that only hold images.
    """
    rng = random.Random(seed)  # noqa: S311 - reproducible test data
    extra = [f"Field {n} (product.metafields.custom.field_{n})" for n in range(metafields)]
    columns = [*SHOPIFY_COLUMNS, DIMENSIONS_METAFIELD, *extra]
    out: list[list[str]] = [columns]
    number = 0
    while len(out) <= rows:
        number += 1
        out.extend(_shopify_product(number, rng, columns))
    return csv_bytes(out[: rows + 1])


def _shopify_product(number: int, rng: random.Random, columns: list[str]) -> list[list[str]]:
    name = f"{rng.choice(_ADJECTIVES)} {rng.choice(_NOUNS)} {number}"
    handle = name.lower().replace(" ", "-")
    body = (
        f'<div class="rte"><p>The <strong>{name}</strong> is made to last &amp; easy to love.</p>'
        "<ul><li><span>Solid frame</span></li>\n<li>Removable cover</li><li>Ready in 5 min</li>"
        f'</ul><p>Care: wipe with a damp cloth, "gently".</p>{"<p>More words.</p>" * 8}</div>'
    )
    size = f" {rng.randint(20, 90)}.5D x {rng.randint(40, 250)}W x 75H Centimeters "
    first = {
        "Handle": handle,
        "Title": name,
        "Body (HTML)": body,
        "Vendor": "Maker",
        "Product Category": "Home & Garden > Furniture",
        "Type": "Furniture",
        "Tags": "Wood, Living",
        "Published": "true",
        "Variant Price": f"{rng.randint(20, 2000)}.90",
        "Image Src": f"{_FILES}/{handle}-1.jpg?v=17{number}",
        "Image Position": "1",
        "Gift Card": "false",
        "Status": "active",
        DIMENSIONS_METAFIELD: size,
    }
    records = [first]
    if number % 3 == 0:
        first |= {"Option1 Name": "Color"}
        records += [{"Handle": handle} for _ in _COLOURS[1:]]
        for record, colour in zip(records, _COLOURS, strict=True):
            record["Option1 Value"] = colour
            record["Variant SKU"] = f"SKU-{number:05}-{colour[:3].upper()}"
            record["Variant Price"] = first["Variant Price"]
            record["Variant Image"] = f"{_FILES}/{handle}-{colour}.jpg"
    else:
        first |= {"Option1 Name": "Title", "Option1 Value": "Default Title"}
        image = f"{_FILES}/{handle}-2.jpg"
        records.append({"Handle": handle, "Image Src": image, "Image Position": "2"})
    return [[record.get(column, "") for column in columns] for record in records]


def zip_bytes(parts: Mapping[str, bytes]) -> bytes:
    """Pack `parts` (name to content) as a ZIP, which an XLSX is."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def feed_bytes(items: Sequence[Mapping[str, str]]) -> bytes:
    """Write a Google Merchant RSS feed, one line per element; values are escaped XML already."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>',
             '<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">',
             "<channel>", "<title>Shop</title>"]  # fmt: skip
    for item in items:
        lines.append("<item>")
        lines += [f"<g:{name}>{value}</g:{name}>" for name, value in item.items()]
        lines.append("</item>")
    return "\n".join([*lines, "</channel>", "</rss>"]).encode()
