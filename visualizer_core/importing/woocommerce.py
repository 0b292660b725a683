"""WooCommerce product exports.

A ``variable`` row is the parent, ``variation`` rows name it by SKU or ``id:123``. Units stand in
the headings. ``ID`` is no key: it changes from shop to shop. Commas inside list cells are escaped
with a backslash. Grouped, external, virtual and downloadable rows are no objects for a room.
"""

import re
from dataclasses import replace

from visualizer_core.domain.catalogue.problems import ProblemCode
from visualizer_core.importing.cells import Cells, Column
from visualizer_core.importing.families import (
    Facts,
    Family,
    Options,
    Part,
    key_from_name,
    why_not_placeable,
)
from visualizer_core.importing.measures import SizeReader
from visualizer_core.importing.pictures import read_pictures
from visualizer_core.importing.table import Record

__all__ = ["WooCommerceReader"]

MAX_ATTRIBUTES = 60  # far more than any product has

_NEWLINE = r"\n"  # WooCommerce writes a backslash and an n
_LIST = re.compile(r"(?<!\\),")
_KINDS = {
    "grouped": "a group of other products",
    "bundle": "a bundle of other products",
    "composite": "a bundle of other products",
    "external": "sold by another shop",
    "virtual": "a virtual product",
    "downloadable": "a download",
    "subscription": "a subscription",
    "booking": "a service",
}


class WooCommerceReader:
    """Reads the families of a WooCommerce file."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        column = cells.column
        self._id = column("id")
        self._type = column("type")
        self._sku = column("sku")
        self._barcode = column("gtin upc ean or isbn", "gtin", "ean", "barcode")
        self._name = column("name")
        self._published = column("published")
        self._description = column("description")
        self._short = column("short description")
        self._regular = column("regular price")
        self._sale = column("sale price")
        self._categories = column("categories")
        self._tags = column("tags")
        self._images = column("images")
        self._parent = column("parent")
        numbers = range(1, MAX_ATTRIBUTES + 1)
        pairs = [
            (column(f"attribute {n} name"), column(f"attribute {n} values", f"attribute {n} value"))
            for n in numbers
        ]
        self._attributes = [(name, value) for name, value in pairs if name and value]
        self._sizes = SizeReader.by_names(cells)

    def fields(self) -> frozenset[str]:
        """Return the fields of `ProductRow` that the file has columns for."""
        columns: dict[str, Column | None] = {
            "sku": self._sku,
            "barcode": self._barcode,
            "name": self._name,
            "description": self._description or self._short,
            "category": self._categories,
            "tags": self._tags or self._categories,
            "price": self._regular or self._sale,
            "image_refs": self._images,
            "is_published": self._published,
        }
        found = {name for name, column in columns.items() if column is not None}
        if self._attributes:
            found.add("options")
        return frozenset(found) | self._sizes.fields()

    def read(self) -> list[Family]:
        """Return the families in the order of their first rows; parents may follow children."""
        parents: dict[str, Family] = {}
        variations: list[tuple[Record, str]] = []
        families: list[Family] = []
        for record in self._cells.table.records:
            kinds = self._kinds(record)
            if "variation" in kinds:
                variations.append((record, self._cells.line(record, self._parent)))
                continue
            family = self._family(record, kinds)
            families.append(family)
            for name in (family.sku or "", f"id:{self._cells.line(record, self._id)}"):
                if name and "variable" in " ".join(kinds):
                    parents.setdefault(name, family)
        for record, parent in variations:
            family = parents.get(parent)
            if family is None:
                families.append(self._orphan(record, parent))
                continue
            family.records.append(record)
            family.parts.append(self._part(record, is_variation=True))
        for family in families:
            self._complete(family)
        return sorted(families, key=lambda family: family.records[0].line)

    def _kinds(self, record: Record) -> list[str]:
        text = self._cells.line(record, self._type).casefold()
        return [kind.strip() for kind in text.split(",")]

    def _family(self, record: Record, kinds: list[str]) -> Family:
        facts = self._facts(record, kinds)
        family = Family([record], facts)
        family.sku = self._cells.sku(record, self._sku)
        family.barcode = self._cells.barcode(record, self._barcode)
        family.images = read_pictures(self._cells, record, self._images)
        return family

    def _orphan(self, record: Record, parent: str) -> Family:
        if self._parent is not None:
            self._cells.note(ProblemCode.MISSING_PARENT, record, self._parent, value=parent)
        family = self._family(record, [])
        family.parts.append(replace(self._part(record, is_variation=True), facts=None))
        return family

    def _complete(self, family: Family) -> None:
        if not family.parts:
            part = self._part(family.records[0], is_variation=False)
            family.parts.append(replace(part, images=[], facts=None))
        key_from_name(family, self._cells.findings)

    def _part(self, record: Record, *, is_variation: bool) -> Part:
        cells = self._cells
        price, currency = cells.price(record, self._regular)
        if price is None:
            price, currency = cells.price(record, self._sale)
        return Part(
            record,
            sku=cells.sku(record, self._sku) if is_variation else None,
            barcode=cells.barcode(record, self._barcode) if is_variation else None,
            options=self._options(record),
            images=read_pictures(cells, record, self._images) if is_variation else [],
            price=price,
            currency=currency,
            facts=self._facts(record, self._kinds(record)) if is_variation else None,
        )

    def _options(self, record: Record) -> Options:
        options: list[tuple[str, str]] = []
        for name_column, value_column in self._attributes:
            name = self._cells.line(record, name_column)
            value = self._cells.line(record, value_column)
            if name and value and not _LIST.search(value):
                options.append((name, value.replace("\\,", ",")))
        return tuple(options)

    def _facts(self, record: Record, kinds: list[str]) -> Facts:
        cells = self._cells
        paths = self._list(record, self._categories)
        more = [path.rsplit(">", 1)[-1].strip() for path in paths[1:]]
        long = cells.html(record, self._description, newline=_NEWLINE)
        return Facts(
            name=cells.name(record, self._name),
            description=long or cells.html(record, self._short, newline=_NEWLINE),
            category=paths[0] if paths else "",
            tags=tuple(dict.fromkeys([*self._list(record, self._tags), *more])),
            size=self._sizes.read(record),
            is_published=self._is_published(record),
            not_placeable=self._not_placeable(kinds, paths),
        )

    def _is_published(self, record: Record) -> bool | None:
        text = self._cells.line(record, self._published)
        return text == "1" if text else None  # 0 is private, -1 a draft

    def _list(self, record: Record, column: Column | None) -> list[str]:
        text = self._cells.line(record, column)
        parts = (part.replace("\\,", ",").strip() for part in _LIST.split(text))
        return [part for part in parts if part]

    def _not_placeable(self, kinds: list[str], paths: list[str]) -> str:
        for kind in kinds:
            what = next((text for word, text in _KINDS.items() if word in kind), "")
            if what:
                return what
        return why_not_placeable(*(path.rsplit(">", 1)[-1] for path in paths[:1]))
