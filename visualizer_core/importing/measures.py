"""The size of a product from all columns that speak of it."""

from dataclasses import dataclass, field

from visualizer_core.domain.catalogue.headings import Heading
from visualizer_core.domain.catalogue.mapping import ColumnMapping
from visualizer_core.domain.catalogue.problems import ProblemCode
from visualizer_core.domain.catalogue.size_text import ParsedSize, parse_size, size_of
from visualizer_core.domain.catalogue.sizes import NO_SIZE, Axis, Size, parse_length
from visualizer_core.domain.catalogue.synonyms import SYNONYMS
from visualizer_core.importing.cells import Cells, Column
from visualizer_core.importing.table import Record

__all__ = ["SizeReader"]

_TOLERANCE = 0.05  # rounding between inches and centimetres, and "about", stay below this
_TOLERANCE_CM = 1.0
_CASUAL = frozenset({"size", "sizes", "grosse", "サイズ"})  # as often "XL" or "3 pack" as a measure
_FIELDS = ("width_cm", "depth_cm", "height_cm")
_METAFIELD = "product metafields"


@dataclass(slots=True)
class SizeReader:
    """Reads width, depth and height; contradictory and impossible values are left out.

    Parameters
    ----------
    axes : dict
        Columns with one measure each.
    whole : list of Column
        Columns with all measures in one cell.
    """

    cells: Cells
    axes: dict[Axis, Column] = field(default_factory=dict[Axis, Column])
    whole: list[Column] = field(default_factory=list[Column])
    _assumed: set[int] = field(default_factory=set[int])

    @classmethod
    def by_names(cls, cells: Cells, prefix: str = "") -> "SizeReader":
        """Find the columns by their usual names, behind `prefix` where a layout has one."""
        reader = cls(cells)
        for axis in Axis:
            column = cells.column(f"{prefix}{axis.value}")
            if column is not None:
                reader.axes[axis] = column
        return reader

    @classmethod
    def by_mapping(
        cls, cells: Cells, mapping: ColumnMapping, find: dict[str, Column]
    ) -> "SizeReader":
        """Take the columns that a mapping names."""
        reader = cls(cells)
        for axis in Axis:
            text = getattr(mapping, axis.value)
            if isinstance(text, str):
                reader.axes[axis] = find[text]
        if mapping.dimensions is not None:
            reader.whole.append(find[mapping.dimensions])
        return reader

    @classmethod
    def by_metafields(cls, cells: Cells) -> "SizeReader":
        """Find Shopify metafields such as ``Dimensions (product.metafields.custom.dimensions)``."""
        reader = cls(cells)
        for column in cells.columns(lambda heading: _METAFIELD in heading.full):
            axis = _metafield_axis(column.heading)
            if axis is not None:
                reader.axes.setdefault(axis, column)
            elif _is_named(column.heading, "dimensions"):
                reader.whole.append(column)
        return reader

    @property
    def has_columns(self) -> bool:
        """Whether the file speaks of sizes at all."""
        return bool(self.axes or self.whole)

    def fields(self) -> frozenset[str]:
        """Return the fields of `ProductRow` that the columns can fill."""
        if self.whole:
            return frozenset(_FIELDS)
        size = size_of(dict.fromkeys(self.axes, 1.0))
        return frozenset(name for name in _FIELDS if getattr(size, name) is not None)

    def read(self, record: Record) -> Size:
        """Return the size that `record` gives."""
        if not self.has_columns:
            return NO_SIZE
        measures: dict[Axis, float] = {}
        for axis, column in self.axes.items():
            cm = self._length(record, column)
            if cm is not None:
                measures[axis] = cm
        size = size_of(measures)
        for column in self.whole:
            size = self._with_whole(record, column, size)
        return size

    def _length(self, record: Record, column: Column) -> float | None:
        text = self.cells.text(record, column)
        if self.cells.is_nothing(text):
            return None
        parsed = parse_length(text, column.heading.unit, self.cells.style(column))
        if parsed.problem is not None:
            self._note(parsed.problem, record, column, text)
        elif parsed.is_unit_assumed:
            self._assume(record, column)
        return parsed.cm

    def _with_whole(self, record: Record, column: Column, size: Size) -> Size:
        text = self.cells.text(record, column)
        if self.cells.is_nothing(text):
            return size
        heading = column.heading
        parsed = parse_size(text, heading.unit, heading.order, self.cells.style(column))
        if parsed.problem is not None:
            is_casual = heading.name in _CASUAL and parsed.problem is ProblemCode.UNREADABLE_SIZE
            if not is_casual and size == NO_SIZE:
                self._note(parsed.problem, record, column, text)
            return size
        if parsed.is_unit_assumed:
            self._assume(record, column)
        return self._reconciled(record, column, size, parsed)

    def _reconciled(self, record: Record, column: Column, size: Size, parsed: ParsedSize) -> Size:
        if size == NO_SIZE:
            return parsed.size
        ours, theirs = _values(size), _values(parsed.size)
        if not parsed.is_labelled:  # its order is a convention: compare without order
            if None in ours or _all_agree(sorted(filter(None, ours)), sorted(filter(None, theirs))):
                return size
            differing = [True, True, True]
        else:
            differing = [a is not None and b is not None and not _agree(a, b)
                         for a, b in zip(ours, theirs, strict=True)]  # fmt: skip
        if not any(differing):
            filled = [b if a is None else a for a, b in zip(ours, theirs, strict=True)]
            return Size(*filled)
        detail = f"{_shown(size)} against {_shown(parsed.size)}"
        self.cells.note(ProblemCode.SIZE_CONTRADICTION, record, column, detail)
        return Size(*(None if bad else a for a, bad in zip(ours, differing, strict=True)))

    def _note(self, code: ProblemCode, record: Record, column: Column, text: str) -> None:
        self.cells.note(code, record, column, detail=f"“{text[:40]}”")

    def _assume(self, record: Record, column: Column) -> None:
        if column.index not in self._assumed:
            self._assumed.add(column.index)
            self.cells.note(ProblemCode.UNIT_ASSUMED, record, column)


def _is_named(heading: Heading, field_name: str) -> bool:
    key = heading.full.rsplit(" metafields ", 1)[-1].split(" ", 1)[-1]
    return heading.name in SYNONYMS[field_name] or key in SYNONYMS[field_name]


def _metafield_axis(heading: Heading) -> Axis | None:
    return next((axis for axis in Axis if _is_named(heading, axis.value)), None)


def _values(size: Size) -> list[float | None]:
    return [size.width_cm, size.depth_cm, size.height_cm]


def _agree(a: float, b: float) -> bool:
    return abs(a - b) <= max(_TOLERANCE_CM, _TOLERANCE * max(a, b))


def _all_agree(ours: list[float], theirs: list[float]) -> bool:
    return len(ours) == len(theirs) and all(map(_agree, ours, theirs))


def _shown(size: Size) -> str:
    return " x ".join("?" if value is None else f"{value:g}" for value in _values(size)) + " cm"
