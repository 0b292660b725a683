"""Vendure product imports.

Variants leave every product column blank: a row without a name belongs to the product above it.
Lists are joined by bars; facets are ``category:Furniture|color:gray``.
"""

from visualizer_core.importing.cells import Cells, Column
from visualizer_core.importing.families import Facts, Family, Options, Part, why_not_placeable
from visualizer_core.importing.measures import SizeReader
from visualizer_core.importing.pictures import read_pictures
from visualizer_core.importing.table import Record

__all__ = ["VendureReader"]


class VendureReader:
    """Reads the families of a Vendure file."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        column = cells.column
        self._name = column("name")
        self._slug = column("slug")
        self._description = column("description")
        self._assets = column("assets")
        self._facets = column("facets")
        self._groups = column("option groups")
        self._values = column("option values")
        self._sku = column("sku")
        self._price = column("price")
        self._variant_assets = column("variant assets")
        self._sizes = SizeReader.by_names(cells)

    def fields(self) -> frozenset[str]:
        """Return the fields of `ProductRow` that the file has columns for."""
        columns: dict[str, Column | None] = {
            "handle": self._slug,
            "sku": self._sku,
            "name": self._name,
            "description": self._description,
            "category": self._facets,
            "tags": self._facets,
            "price": self._price,
            "image_refs": self._assets,
            "options": self._values,
        }
        found = {name for name, column in columns.items() if column is not None}
        return frozenset(found) | self._sizes.fields()

    def read(self) -> list[Family]:
        """Return the families in file order."""
        families: list[Family] = []
        groups: tuple[str, ...] = ()
        for record in self._cells.table.records:
            name = self._cells.name(record, self._name)
            if name or not families:
                families.append(self._family(record, name))
                groups = self._bars(record, self._groups)
            family = families[-1]
            family.records.append(record)
            family.parts.append(self._part(record, groups))
        return families

    def _family(self, record: Record, name: str) -> Family:
        cells = self._cells
        facets = [facet.partition(":") for facet in self._bars(record, self._facets)]
        path = [value.strip() for key, _, value in facets if key.casefold() == "category"]
        others = [value.strip() for key, _, value in facets if key.casefold() != "category"]
        facts = Facts(
            name=name,
            description=cells.html(record, self._description),
            category=" > ".join(path),
            tags=tuple(dict.fromkeys(value for value in others if value)),
            size=self._sizes.read(record),
            not_placeable=why_not_placeable(*path[-1:]),
        )
        handle = cells.line(record, self._slug) or None
        return Family([], facts, handle, images=read_pictures(cells, record, self._assets))

    def _part(self, record: Record, groups: tuple[str, ...]) -> Part:
        price, currency = self._cells.price(record, self._price)
        options: Options = tuple(zip(groups, self._bars(record, self._values), strict=False))
        images = read_pictures(self._cells, record, self._variant_assets)
        sku = self._cells.sku(record, self._sku)
        return Part(record, sku, None, options, images, price, currency)

    def _bars(self, record: Record, column: Column | None) -> tuple[str, ...]:
        text = self._cells.line(record, column)
        return tuple(part for raw in text.split("|") if (part := raw.strip()))
