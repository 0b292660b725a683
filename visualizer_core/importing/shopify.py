"""Shopify product exports, old and new headings.

The first row of a handle carries the product. Further rows with that handle are variants, further
images, or both: a row is a variant when it has an option value, SKU, barcode or price. Option
names stand on the first row only. ``Title: Default Title`` means that there are no options.
"""

from dataclasses import dataclass

from visualizer_core.domain.catalogue.problems import ProblemCode
from visualizer_core.domain.catalogue.rows import ImageRef
from visualizer_core.importing.cells import Cells, Column, slug
from visualizer_core.importing.families import Facts, Family, Options, Part, why_not_placeable
from visualizer_core.importing.measures import SizeReader
from visualizer_core.importing.pictures import read_pictures
from visualizer_core.importing.table import Record

__all__ = ["ShopifyReader"]

_OPTIONS = 3  # Shopify knows three
_LAST = 1_000_000  # position of images without one


@dataclass(slots=True)
class _Draft:
    """A family while its rows come in."""

    family: Family
    title: str
    option_names: list[str]
    images: list[tuple[int, ImageRef]]


class ShopifyReader:
    """Reads the families of a Shopify file."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        column = cells.column
        self._handle = column("handle", "url handle")
        self._title = column("title")
        self._body = column("body html", "description")
        self._type = column("type", "product type", "custom product type")
        self._category = column(
            "product category",
            "google shopping google product category",
            "standardized product type",
        )
        self._tags = column("tags")
        self._published = column("published", "published on online store")
        self._status = column("status")
        self._gift_card = column("gift card")
        self._option_names = [column(f"option{n} name") for n in range(1, _OPTIONS + 1)]
        self._option_values = [column(f"option{n} value") for n in range(1, _OPTIONS + 1)]
        self._sku = column("variant sku", "sku")
        self._barcode = column("variant barcode", "variant barcodes", "barcode")
        self._price = column("variant price", "price")
        self._image = column("image src", "product image url")
        self._position = column("image position")
        self._alt = column("image alt text")
        self._variant_image = column("variant image", "variant image url")
        self._sizes = SizeReader.by_metafields(cells)

    def fields(self) -> frozenset[str]:
        """Return the fields of `ProductRow` that the file has columns for."""
        columns: dict[str, Column | None] = {
            "handle": self._handle,
            "sku": self._sku,
            "barcode": self._barcode,
            "name": self._title,
            "description": self._body,
            "category": self._category or self._type,
            "product_type": self._type,
            "tags": self._tags,
            "price": self._price,
            "image_refs": self._image or self._variant_image,
            "options": self._option_values[0],
            "is_published": self._published or self._status,
        }
        found = {name for name, column in columns.items() if column is not None}
        return frozenset(found) | self._sizes.fields()

    def read(self) -> list[Family]:
        """Return the families in the order of their first rows."""
        drafts: dict[str, _Draft] = {}
        last = ""
        for record in self._cells.table.records:
            title = self._cells.name(record, self._title)
            handle = self._cells.line(record, self._handle) or slug(title)
            if not handle:
                self._reject(record, ProblemCode.MISSING_KEY)
                continue
            draft = drafts.get(handle)
            if draft is None:
                drafts[handle] = draft = self._begin(record, handle, title)
            elif title and draft.title and title != draft.title:
                line = draft.family.records[0].line
                detail = f"The handle “{handle}” is already on line {line} with another title"
                self._reject(record, ProblemCode.DUPLICATE_PRODUCT, handle, detail)
                continue
            elif title and draft.title and handle != last and not self._continues(draft, record):
                line = draft.family.records[0].line
                detail = f"The handle “{handle}” is already on line {line}"
                self._reject(record, ProblemCode.DUPLICATE_PRODUCT, handle, detail)
                continue
            last = handle
            self._take(draft, record, title)
        return [self._finish(draft) for draft in drafts.values()]

    def _begin(self, record: Record, handle: str, title: str) -> _Draft:
        family = Family([], Facts(), handle=handle)
        names = [self._cells.line(record, column) for column in self._option_names]
        return _Draft(family, title, names, [])

    def _continues(self, draft: _Draft, record: Record) -> bool:
        """Tell whether a later row that repeats the title is another variant of the product."""
        options = self._options(draft, record)
        return bool(options) and all(part.options != options for part in draft.family.parts)

    def _take(self, draft: _Draft, record: Record, title: str) -> None:
        family = draft.family
        family.records.append(record)
        if title and not family.facts.name:
            draft.title = title
            family.facts = self._facts(record, title)
        options = self._options(draft, record)
        sku = self._cells.sku(record, self._sku)
        barcode = self._cells.barcode(record, self._barcode)
        price, currency = self._cells.price(record, self._price)
        if not family.parts or options or sku or barcode or price is not None:
            images = read_pictures(self._cells, record, self._variant_image)
            part = Part(record, sku, barcode, options, images, price, currency)
            family.parts.append(part)
        alt = self._cells.line(record, self._alt)
        position = self._cells.line(record, self._position)
        at = int(position[:6]) if position.isdecimal() else _LAST
        draft.images.extend(
            (at, ref) for ref in read_pictures(self._cells, record, self._image, alt)
        )

    def _options(self, draft: _Draft, record: Record) -> Options:
        options: list[tuple[str, str]] = []
        for number, column in enumerate(self._option_values):
            value = self._cells.line(record, column)
            if not value:
                continue
            own_name = self._cells.line(record, self._option_names[number])
            name = own_name or draft.option_names[number] or f"Option {number + 1}"
            if (name, value) != ("Title", "Default Title"):
                options.append((name, value))
        return tuple(options)

    def _facts(self, record: Record, title: str) -> Facts:
        cells = self._cells
        product_type = cells.line(record, self._type)
        category = cells.line(record, self._category)
        last_category = category.rsplit(">", 1)[-1]
        is_gift_card = cells.flag(record, self._gift_card) is True
        return Facts(
            name=title,
            description=cells.html(record, self._body),
            category=category or product_type,
            product_type=product_type,
            tags=cells.words(record, self._tags),
            size=self._sizes.read(record),
            is_published=self._is_published(record),
            not_placeable="a gift card"
            if is_gift_card
            else why_not_placeable(product_type, last_category),
        )

    def _is_published(self, record: Record) -> bool | None:
        status = self._cells.line(record, self._status).casefold()
        published = self._cells.flag(record, self._published)
        if status and status != "active":
            return False
        return True if status and published is None else published

    def _finish(self, draft: _Draft) -> Family:
        ordered = sorted(draft.images, key=lambda pair: pair[0])
        draft.family.images = [ref for _, ref in ordered]
        return draft.family

    def _reject(self, record: Record, code: ProblemCode, value: str = "", detail: str = "") -> None:
        rows = [(record.line, record.cells)]
        self._cells.findings.reject(code, rows, value=value, detail=detail)
