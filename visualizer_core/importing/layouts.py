"""Telling a layout by its headings.

Each layout has headings it must have, headings of which some must be there (each is common
elsewhere), and headings that only another program writes. Order does not matter, and columns may
be missing or extra.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from visualizer_core.domain.catalogue.headings import Heading
from visualizer_core.domain.catalogue.rows import Layout
from visualizer_core.domain.catalogue.text import name_list

__all__ = ["recognise_layout"]


def _names(text: str) -> frozenset[str]:
    return frozenset(name_list(text))


@dataclass(frozen=True, slots=True)
class _Anchors:
    required: frozenset[str]
    strong: frozenset[str]
    strong_needed: int
    negative: frozenset[str]


_MAGENTO = _names("store view code, attribute set code, product websites")
_ANCHORS: dict[Layout, _Anchors] = {
    Layout.SHOPIFY: _Anchors(
        required=_names("handle, title"),
        strong=_names(
            "body html, vendor, published, option1 name, option1 value, variant sku, "
            "variant price, variant grams, variant inventory qty, variant inventory policy, "
            "variant barcode, image src, image position, variant image, gift card"
        ),
        strong_needed=2,
        negative=_MAGENTO | _names("url handle, attribute 1 name, link image"),
    ),
    Layout.SHOPIFY_NEW: _Anchors(
        required=_names("title, url handle"),
        strong=_names(
            "published on online store, status, sku, barcode, option1 name, option1 value, price, "
            "product image url, image position, variant image url, product category, vendor"
        ),
        strong_needed=2,
        negative=_MAGENTO | _names("attribute 1 name"),
    ),
    Layout.WOOCOMMERCE: _Anchors(
        required=_names("name, type"),
        strong=_names(
            "published, is featured, visibility in catalog, short description, tax status, "
            "in stock, backorders allowed, sold individually, regular price, sale price, "
            "shipping class, download limit, parent, grouped products, upsells, cross sells, "
            "external url, button text, attribute 1 name, attribute 1 values"
        ),
        strong_needed=3,
        negative=_MAGENTO | _names("handle, url handle, url key"),
    ),
    Layout.VENDURE: _Anchors(
        required=_names("name, slug, option values"),
        strong=_names(
            "assets, facets, option groups, tax category, stock on hand, track inventory, "
            "variant assets, variant facets"
        ),
        strong_needed=2,
        negative=_names("handle"),
    ),
    Layout.GOOGLE: _Anchors(
        required=_names("id, title"),
        strong=_names(
            "link, image link, additional image link, availability, google product category, "
            "gtin, mpn, brand, condition, item group id, price"
        ),
        strong_needed=3,
        negative=_names("handle, variant sku, sku, option values"),
    ),
}


def recognise_layout(headings: Iterable[Heading]) -> Layout | None:
    """Return the layout that the headings belong to; ``None`` for a table of its own kind."""
    names = {name for heading in headings for name in (heading.name, heading.full)}
    for layout, anchors in _ANCHORS.items():
        has_all = anchors.required <= names and not anchors.negative & names
        if has_all and len(anchors.strong & names) >= anchors.strong_needed:
            return layout
    return None
