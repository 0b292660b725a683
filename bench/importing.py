"""Importing a Shopify export of 5,000 rows into an empty client, database included."""

import csv
import io
import random
import time

from bench.harness import Figure, Goal, middle, note
from bench.world import world
from visualizer_core.services import catalogue

__all__ = ["GOALS", "measure", "shopify_export"]

ROWS, METAFIELDS = 5_000, 45  # real exports have a column for each metafield of the shop
RUNS = 3

GOALS = (Goal("import_5000_s", "s", 5),)

_OWN = (
    "Handle Title Body_(HTML) Vendor Product_Category Type Tags Published Option1_Name "
    "Option1_Value Option2_Name Option2_Value Variant_SKU Variant_Grams Variant_Inventory_Qty "
    "Variant_Price Variant_Compare_At_Price Variant_Requires_Shipping Variant_Taxable "
    "Variant_Barcode Image_Src Image_Position Image_Alt_Text Gift_Card SEO_Title SEO_Description "
    "Variant_Image Variant_Weight_Unit Cost_per_item Status"
)
COLUMNS = (
    *(name.replace("_", " ") for name in _OWN.split()),
    *(
        f"Detail {number} (product.metafields.custom.detail_{number})"
        for number in range(METAFIELDS)
    ),
)
_THINGS = ("Sofa", "Armchair", "Table", "Lamp", "Shelf", "Bed", "Rug", "Stool", "Desk", "Mirror")
_COLOURS = ("Sand", "Ocean", "Forest", "Rust", "Charcoal")
_FILES = "https://cdn.shop.example/files"


def measure() -> list[Figure]:
    """Three imports, each into a client of its own."""
    data = shopify_export(ROWS)
    note(f"a file of {len(data) / 1e6:.1f} MB with {len(COLUMNS)} columns")
    seconds: list[float] = []
    products = 0
    with world() as here:
        for _ in range(RUNS):
            ws = here.client()
            begun = time.perf_counter()
            imported = catalogue.import_products(ws, data, "products_export.csv")
            seconds.append(time.perf_counter() - begun)
            products = imported.created
    if not products:
        raise AssertionError("nothing was imported")
    details = {"products": products, "file_bytes": len(data), "slowest_s": round(max(seconds), 2)}
    return [GOALS[0].figure(middle(seconds), runs=RUNS, **details)]


def shopify_export(rows: int) -> bytes:
    """A Shopify product export of so many data rows: products of one, two and five rows."""
    rng = random.Random(11)  # noqa: S311 - the same file every time
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    written = number = 0
    while written < rows:
        number += 1
        for record in _product(number, rng)[: rows - written]:
            writer.writerow(record)
            written += 1
    return out.getvalue().encode()


def _product(number: int, rng: random.Random) -> list[dict[str, str]]:
    name = f"{rng.choice(_THINGS)} No. {number}"
    handle = name.lower().replace(" ", "-").replace(".", "")
    price = f"{rng.randint(20, 2000)}.50"
    sentence = f"<p>{name} is made to last &amp; easy to care for.</p>"
    first = {
        "Handle": handle,
        "Title": name,
        "Body (HTML)": f"<div>{sentence * 6}<ul><li>W {rng.randint(40, 200)} cm</li></ul></div>",
        "Vendor": "Maker",
        "Product Category": "Home & Garden > Furniture",
        "Type": "Furniture",
        "Tags": "wood, living",
        "Published": "true",
        "Option1 Name": "Title",
        "Option1 Value": "Default Title",
        "Variant SKU": f"B-{number:05}",
        "Variant Price": price,
        "Image Src": f"{_FILES}/{handle}-1.jpg?v={number}",
        "Image Position": "1",
        "Gift Card": "false",
        "Status": "active",
    }
    if number % 3 == 0:
        return _in_colours(first, handle, number, price)
    if number % 3 == 1:
        second = {"Handle": handle, "Image Src": f"{_FILES}/{handle}-2.jpg", "Image Position": "2"}
        return [first, second]
    return [first]


def _in_colours(
    first: dict[str, str], handle: str, number: int, price: str
) -> list[dict[str, str]]:
    records = [first, *({"Handle": handle} for _ in _COLOURS[1:])]
    first["Option1 Name"] = "Colour"
    for record, colour in zip(records, _COLOURS, strict=True):
        record["Option1 Value"] = colour
        record["Variant SKU"] = f"B-{number:05}-{colour[:2].upper()}"
        record["Variant Price"] = price
        record["Variant Image"] = f"{_FILES}/{handle}-{colour.lower()}.jpg"
    return records
