"""Any other table, through a `ColumnMapping`: one row is one product."""

from visualizer_core.domain.catalogue.headings import parse_heading
from visualizer_core.domain.catalogue.mapping import ColumnMapping
from visualizer_core.errors import InvalidInput
from visualizer_core.importing.cells import Cells, Column
from visualizer_core.importing.families import Facts, Family, Part, why_not_placeable
from visualizer_core.importing.measures import SizeReader
from visualizer_core.importing.pictures import read_pictures
from visualizer_core.importing.table import Record

__all__ = ["PlainReader", "mapped_headings"]

_SAME_NAME = (
    "sku",
    "barcode",
    "handle",
    "name",
    "description",
    "category",
    "product_type",
    "tags",
    "price",
    "currency",
)  # fields called alike in the mapping and in `ProductRow`


def mapped_headings(mapping: ColumnMapping) -> tuple[str, ...]:
    """Return every heading that `mapping` names."""
    single = mapping.model_dump(exclude={"images"}).values()
    return tuple(dict.fromkeys([*(text for text in single if text), *mapping.images]))


class PlainReader:
    """Reads the products of a table of its own kind.

    Raises
    ------
    InvalidInput
        When the file lacks a heading that the mapping names.
    """

    def __init__(self, cells: Cells, mapping: ColumnMapping, filename: str) -> None:
        self._cells = cells
        self._mapping = mapping
        by_text: dict[str, Column] = {}
        by_full: dict[str, Column] = {}
        for index, heading in enumerate(cells.table.headings):
            by_text.setdefault(heading.text, Column(index, heading))
            by_full.setdefault(heading.full, Column(index, heading))
        find: dict[str, Column] = {}
        missing: list[str] = []
        for text in mapped_headings(mapping):
            column = by_text.get(text) or by_full.get(parse_heading(text).full)
            if column is None:
                missing.append(f"“{text}”")
            else:
                find[text] = column
        if missing:
            raise InvalidInput(
                f"“{filename}” has no column {', '.join(missing)} that the mapping names. Its "
                f"columns are {', '.join(heading.text for heading in cells.table.headings)}."[:1500]
            )
        self._columns = {
            name: find[text]
            for name in (*_SAME_NAME, "image_alt", "published")
            if isinstance(text := getattr(mapping, name), str)
        }
        self._images = [find[text] for text in mapping.images]
        self._sizes = SizeReader.by_mapping(cells, mapping, find)

    def fields(self) -> frozenset[str]:
        """Return the fields of `ProductRow` that the file has columns for."""
        found = {name for name in _SAME_NAME if name in self._columns}
        if self._images:
            found.add("image_refs")
        if "published" in self._columns:
            found.add("is_published")
        return frozenset(found) | self._sizes.fields()

    def read(self) -> list[Family]:
        """Return one family per row, in file order."""
        return [self._family(record) for record in self._cells.table.records]

    def _family(self, record: Record) -> Family:
        cells, column = self._cells, self._columns.get
        category = cells.line(record, column("category"))
        product_type = cells.line(record, column("product_type"))
        alt = cells.line(record, column("image_alt"))
        facts = Facts(
            name=cells.name(record, column("name")),
            description=cells.html(record, column("description")),
            category=category,
            product_type=product_type,
            tags=cells.words(record, column("tags")),
            size=self._sizes.read(record),
            is_published=cells.flag(record, column("published")),
            not_placeable=why_not_placeable(product_type, category.rsplit(">", 1)[-1]),
        )
        price, currency = cells.price(record, column("price"), column("currency"))
        part = Part(
            record,
            sku=cells.sku(record, column("sku")),
            barcode=cells.barcode(record, column("barcode")),
            images=[ref for c in self._images for ref in read_pictures(cells, record, c, alt)],
            price=price,
            currency=currency,
        )
        handle = cells.line(record, column("handle")) or None
        return Family([record], facts, handle, parts=[part])
