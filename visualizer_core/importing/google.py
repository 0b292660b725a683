"""Google Merchant feeds, as TSV, CSV, XLSX or XML.

Every offer is a row of its own with its ``id``, which Google asks to be the SKU. Offers with the
same ``item_group_id`` are variants: those that look the same (sizes) come in as one product.
"""

from dataclasses import replace

from visualizer_core.importing.cells import Cells, Column
from visualizer_core.importing.families import Facts, Family, Options, Part, why_not_placeable
from visualizer_core.importing.measures import SizeReader
from visualizer_core.importing.pictures import read_pictures
from visualizer_core.importing.table import Record

__all__ = ["GoogleReader"]

_OPTIONS = ("color", "material", "pattern", "size")


class GoogleReader:
    """Reads the families of a Google Merchant feed."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        column = cells.column
        self._id = column("id")
        self._barcode = column("gtin")
        self._title = column("title")
        self._description = column("description")
        self._category = column("google product category")
        self._type = column("product type")
        self._price = column("price")
        self._image = column("image link")
        self._more = column("additional image link", "additional image links")
        self._group = column("item group id")
        self._options = [(name, column(name)) for name in _OPTIONS]
        self._sizes = SizeReader.by_names(cells, prefix="product ")

    def fields(self) -> frozenset[str]:
        """Return the fields of `ProductRow` that the file has columns for."""
        columns: dict[str, Column | None] = {
            "sku": self._id,
            "barcode": self._barcode,
            "name": self._title,
            "description": self._description,
            "category": self._category or self._type,
            "product_type": self._type,
            "price": self._price,
            "currency": self._price,
            "image_refs": self._image,
            "options": next((column for _, column in self._options if column), None),
        }
        found = {name for name, column in columns.items() if column is not None}
        return frozenset(found) | self._sizes.fields()

    def read(self) -> list[Family]:
        """Return the families in the order of their first rows."""
        groups: dict[str, Family] = {}
        families: list[Family] = []
        for record in self._cells.table.records:
            part = self._part(record)
            group = self._cells.line(record, self._group)
            family = groups.get(group) if group else None
            if family is None:
                family = Family(
                    [], replace(part.facts or Facts())
                )  # a copy: each offer has its own
                families.append(family)
                if group:
                    groups[group] = family
            family.records.append(record)
            family.parts.append(part)
        return families

    def _part(self, record: Record) -> Part:
        cells = self._cells
        price, currency = cells.price(record, self._price)
        images = read_pictures(cells, record, self._image)
        return Part(
            record,
            sku=cells.sku(record, self._id),
            barcode=cells.barcode(record, self._barcode),
            options=self._chosen(record),
            images=[*images, *read_pictures(cells, record, self._more)],
            price=price,
            currency=currency,
            facts=self._facts(record),
        )

    def _chosen(self, record: Record) -> Options:
        values = ((name, self._cells.line(record, column)) for name, column in self._options)
        return tuple((name, value) for name, value in values if value)

    def _facts(self, record: Record) -> Facts:
        cells = self._cells
        own = cells.line(record, self._type)
        google = cells.line(record, self._category)
        category = own if not google or google.isdecimal() else google  # it may be a bare number
        return Facts(
            name=cells.name(record, self._title),
            description=cells.html(record, self._description),
            category=category,
            product_type=own,
            size=self._sizes.read(record),
            not_placeable=why_not_placeable(own.rsplit(">", 1)[-1], google.rsplit(">", 1)[-1]),
        )
