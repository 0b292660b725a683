"""A catalogue after reading: one `ProductRow` per product to be pictured."""

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Self

from visualizer_core.domain.catalogue.mapping import ColumnMapping
from visualizer_core.domain.catalogue.problems import BadRow, Problem
from visualizer_core.errors import InvalidInput

__all__ = [
    "CatalogueFile",
    "ImageRef",
    "KeyKind",
    "Layout",
    "ProductKey",
    "ProductRow",
    "RefKind",
    "Variant",
    "fingerprint",
]

_FINGERPRINT_VERSION = 1  # raise it when a field is added: every product then updates once


class Layout(StrEnum):
    """The file layouts that are known by their headings."""

    SHOPIFY = "shopify"
    SHOPIFY_NEW = "shopify_new"
    WOOCOMMERCE = "woocommerce"
    GOOGLE = "google_merchant"
    VENDURE = "vendure"
    PLAIN = "plain"


class KeyKind(StrEnum):
    """What a product is recognised by, best first."""

    SKU = "sku"
    BARCODE = "barcode"
    HANDLE = "handle"


@dataclass(frozen=True, slots=True, order=True)
class ProductKey:
    """What makes a row of the next file the same product.

    ``str()`` gives ``sku:404.038.96``, the form stored with the product; `parse` reads it back.
    """

    kind: KeyKind
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the stored form.

        Raises
        ------
        InvalidInput
            When `text` is not one.
        """
        kind, colon, value = text.partition(":")
        if not colon or not value or kind not in set(KeyKind):
            raise InvalidInput(f"“{text[:80]}” is not a product key such as sku:AB-12.")
        return cls(KeyKind(kind), value)


class RefKind(StrEnum):
    """How a catalogue names a photo."""

    URL = "url"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class ImageRef:
    """A photo as the catalogue names it: an http(s) address or a relative file name.

    `position` counts from 1 within the product.
    """

    kind: RefKind
    value: str
    position: int
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Variant:
    """A purchasable form of a product that looks like its siblings (a size, a capacity)."""

    line: int
    sku: str | None
    barcode: str | None
    options: tuple[tuple[str, str], ...]
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One product to be pictured.

    Parameters
    ----------
    key : ProductKey
        SKU, else barcode, else handle with the options that set it apart.
    options : tuple of (name, value)
        What every variant of this product has in common.
    description : str
        Plain text; HTML has been turned into lines.
    width_cm, depth_cm, height_cm : float or None
        Outer measures seen from the front.
    price : Decimal or None
        Of the first variant; ``None`` is unknown, never free.
    variants : tuple of Variant
        All of them, this product's own SKU first; empty when there is but one.
    lines : tuple of int
        Physical lines of the file that made this row, the first being where it begins.
    is_published : bool or None
        As the shop says; ``None`` when the file does not.
    is_placeable : bool
        False for what cannot stand in a room: downloads, services, bundles, gift cards.
    """

    key: ProductKey
    sku: str | None
    barcode: str | None
    handle: str | None
    options: tuple[tuple[str, str], ...]
    name: str
    description: str
    category: str
    product_type: str
    tags: tuple[str, ...]
    width_cm: float | None
    depth_cm: float | None
    height_cm: float | None
    price: Decimal | None
    currency: str | None
    image_refs: tuple[ImageRef, ...]
    variants: tuple[Variant, ...]
    layout: Layout
    lines: tuple[int, ...]
    is_published: bool | None = None
    is_placeable: bool = True

    @property
    def line(self) -> int:
        """Physical line on which the product begins."""
        return self.lines[0]


@dataclass(frozen=True, slots=True)
class CatalogueFile:
    """A catalogue file, read.

    Parameters
    ----------
    headers, signature
        Headings as they stand, and what a saved mapping is found by.
    mapping : ColumnMapping or None
        What was used for a plain file; worth saving under `signature` once imported.
    fields : frozenset of str
        Fields of `ProductRow` that the file has columns for. Others are empty because the file
        does not speak of them: an update leaves them alone.
    records : int
        Data rows of the file, bad ones included.
    """

    filename: str
    layout: Layout
    headers: tuple[str, ...]
    signature: str
    mapping: ColumnMapping | None
    fields: frozenset[str]
    rows: tuple[ProductRow, ...]
    problems: tuple[Problem, ...]
    bad_rows: tuple[BadRow, ...]
    records: int


def fingerprint(row: ProductRow) -> str:
    """Return a SHA-256 (hex) of what `row` says about the product.

    Line numbers and layout do not count, so that the same content from a re-ordered file, or in
    another format, is unchanged.
    """
    content = {
        "version": _FINGERPRINT_VERSION,
        "key": str(row.key),
        "ids": [row.sku, row.barcode, row.handle],
        "options": row.options,
        "text": [row.name, row.description, row.category, row.product_type, row.tags],
        "size": [row.width_cm, row.depth_cm, row.height_cm],
        "price": [_amount(row.price), row.currency],
        "images": [(ref.value, ref.alt) for ref in row.image_refs],
        "variants": [(v.sku, v.barcode, v.options, _amount(v.price)) for v in row.variants],
        "flags": [row.is_published, row.is_placeable],
    }
    canonical = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _amount(price: Decimal | None) -> str | None:
    return None if price is None else f"{price.normalize():f}"
