"""Rows and files for the tests of the catalogue rules."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from visualizer_core.domain.catalogue.problems import BadRow, Findings, ProblemCode
from visualizer_core.domain.catalogue.rows import (
    CatalogueFile,
    ImageRef,
    KeyKind,
    Layout,
    ProductKey,
    ProductRow,
    RefKind,
)

CHAIR = ProductRow(
    key=ProductKey(KeyKind.SKU, "CH-100"),
    sku="CH-100",
    barcode="4006381333931",
    handle="oak-chair",
    options=(("Color", "Oak"),),
    name="Oak chair",
    description="Solid oak.",
    category="Chairs",
    product_type="Chair",
    tags=("oak",),
    width_cm=45.0,
    depth_cm=50.0,
    height_cm=90.0,
    price=Decimal("129.00"),
    currency="EUR",
    image_refs=(ImageRef(RefKind.FILE, "products/ch100.jpg", 1),),
    variants=(),
    layout=Layout.PLAIN,
    lines=(2,),
)


def chair(sku: str, line: int = 2) -> ProductRow:
    """The chair under another SKU, with nothing else to recognise it by."""
    key = ProductKey(KeyKind.SKU, sku)
    return replace(CHAIR, key=key, sku=sku, barcode=None, handle=None, lines=(line,))


def known_by_handle(handle: str) -> ProductRow:
    """The chair as a file without SKUs gives it."""
    key = ProductKey(KeyKind.HANDLE, handle)
    return replace(CHAIR, key=key, sku=None, barcode=None, handle=handle)


def file_of(
    rows: Sequence[ProductRow],
    *,
    bad: Sequence[BadRow] = (),
    headers: Sequence[str] = ("sku", "name"),
) -> CatalogueFile:
    """A file as the reader returns it; every bad row has its error."""
    findings = Findings()
    for row in bad:
        findings.add(ProblemCode.MISSING_KEY, row.line)
    findings.add(ProblemCode.RUINED_SKU, 2, column="sku", value="1590.14")
    return CatalogueFile(
        filename="chairs.csv",
        layout=Layout.PLAIN,
        headers=tuple(headers),
        signature="",
        mapping=None,
        fields=frozenset({"sku", "name"}),
        rows=tuple(rows),
        problems=findings.all_problems(),
        bad_rows=tuple(bad),
        records=len(rows) + len(bad),
    )
