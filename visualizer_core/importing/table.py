"""What every container (text, workbook, feed) is turned into before its layout is known."""

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from visualizer_core.domain.catalogue.headings import Heading, parse_heading
from visualizer_core.domain.catalogue.mapping import known_headings
from visualizer_core.domain.catalogue.numbers import NumberStyle
from visualizer_core.domain.catalogue.problems import Findings, ProblemCode
from visualizer_core.domain.catalogue.text import name_list
from visualizer_core.errors import InvalidInput
from visualizer_core.importing.limits import MAX_COLUMNS, MAX_FIELD_CHARS, MAX_ROWS

__all__ = ["Record", "Table", "build_table", "heading_score"]

_HEADER_WITHIN = 20  # rows searched for headings; titles and remarks above are seldom longer
_HEADING_CHARS = 100  # a longer cell is data
_ENOUGH = 2  # recognised headings that make a row the header
_REMARK = re.compile(r"\s*(?:#|sep=.?$)")  # a comment, or the separator as Excel writes it
_LAYOUT_HEADINGS = name_list(
    "variant grams, variant image, option1 name, option1 value, image src, image position, vendor, "
    "published on online store, variant image url, visibility in catalog, is featured, parent, "
    "attribute 1 name, attribute 1 value, tax status, availability, condition, link, brand, "
    "item group id, google product category, assets, facets, option groups, option values"
)
_KNOWN = known_headings() | frozenset(_LAYOUT_HEADINGS)


@dataclass(slots=True)
class Record:
    """One data row: physical line (from 1) on which it begins, and its cells."""

    line: int
    cells: list[str]


@dataclass(slots=True)
class Table:
    """A file as headings and records.

    Parameters
    ----------
    records : list of Record
        Each has exactly as many cells as there are headings.
    count : int
        Data rows of the file, those included that were refused on the way here.
    style : NumberStyle
        Decimal sign when the container knows it: workbooks and feeds write a dot.
    """

    headings: list[Heading]
    records: list[Record]
    count: int
    style: NumberStyle = NumberStyle.UNKNOWN
    by_name: dict[str, int] = field(default_factory=dict[str, int])

    def __post_init__(self) -> None:
        for index, heading in enumerate(self.headings):
            for name in (heading.full, heading.name):
                self.by_name.setdefault(name, index)


def heading_score(cells: Sequence[str]) -> int:
    """Count the cells that are headings known from any layout or language."""
    score = 0
    for cell in cells[:MAX_COLUMNS]:
        if 0 < len(cell) <= _HEADING_CHARS:
            heading = parse_heading(cell)
            score += heading.name in _KNOWN or heading.full in _KNOWN
    return score


def build_table(
    rows: Iterator[Record],
    filename: str,
    findings: Findings,
    wanted: Sequence[str] = (),
    *,
    is_native: bool = False,
) -> Table:
    """Find the headings and give every record their width.

    Parameters
    ----------
    rows : iterator of Record
        In file order, blank ones included.
    wanted : sequence of str
        Headings of a given mapping: then the row that has them all is the header.
    is_native : bool
        The container knows cells and numbers by itself (workbooks, feeds): a short row only ends
        in blanks, and numbers have a decimal dot.

    Raises
    ------
    InvalidInput
        When there is no table: nothing in it, too many columns or rows, headings only.
    """
    buffered: list[Record] = []
    for record in rows:
        if any(cell.strip() for cell in record.cells):
            buffered.append(record)
        if len(buffered) == _HEADER_WITHIN:
            break
    if not buffered:
        raise InvalidInput(f"“{filename}” is empty. Export the catalogue again.")
    at = _find_header(buffered, wanted)
    _note_skipped(buffered[:at], findings)
    header = buffered[at]
    names = _header_names(header, filename, findings)
    style = NumberStyle.DOT if is_native else NumberStyle.UNKNOWN
    table = Table([parse_heading(name) for name in names], [], 0, style)
    fitter = _Fitter(names, findings, is_native)
    for record in itertools.chain(buffered[at + 1 :], rows):
        _take(table, fitter, record, filename)
    if not table.records:
        raise InvalidInput(_nothing_left(filename, findings))
    table.count = len(table.records) + len(findings.bad_rows)
    return table


def _nothing_left(filename: str, findings: Findings) -> str:
    if findings.bad_rows:
        first = findings.bad_rows[0]
        return f"No row of “{filename}” can be read. Line {first.line}: {first.reason}"
    return f"“{filename}” has headings but no products below them. Export the catalogue again."


def _find_header(rows: Sequence[Record], wanted: Sequence[str]) -> int:
    if wanted:
        names = {parse_heading(text).full for text in wanted}
        for at, record in enumerate(rows):
            if names <= {parse_heading(cell).full for cell in record.cells[:MAX_COLUMNS]}:
                return at
    for at, record in enumerate(rows):
        if heading_score(record.cells) >= _ENOUGH:
            return at
    data = (at for at, record in enumerate(rows) if not _REMARK.match(record.cells[0]))
    return next(data, 0)


def _note_skipped(skipped: Sequence[Record], findings: Findings) -> None:
    remarks = [record for record in skipped if not _REMARK.match(record.cells[0])]
    if remarks:
        findings.add(
            ProblemCode.LINES_SKIPPED,
            remarks[0].line,
            value=remarks[0].cells[0],
            detail=f"{len(remarks)} lines" if len(remarks) > 1 else "One line",
        )


def _header_names(header: Record, filename: str, findings: Findings) -> list[str]:
    names = [unicodedata.normalize("NFC", cell).strip().lstrip("\ufeff") for cell in header.cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > MAX_COLUMNS:
        raise InvalidInput(
            f"“{filename}” has {len(names):,} columns; at most {MAX_COLUMNS} are read. "
            "Delete the columns you do not need."
        )
    repeated = [name for name, count in Counter(names).items() if name and count > 1]
    for name in repeated:
        findings.add(ProblemCode.DUPLICATE_COLUMN, header.line, column=name)
    return names


@dataclass(slots=True)
class _Fitter:
    """Brings records to the width of the headings, or refuses them."""

    names: list[str]
    findings: Findings
    may_be_short: bool

    def fit(self, record: Record) -> bool:
        """Return whether the record is good; a refused one has been reported."""
        cells = record.cells
        width = len(self.names)
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        if len(cells) > width:
            detail = f"{len(cells)} cells for {width} headings"
            self._reject(record, ProblemCode.TOO_MANY_CELLS, detail)
            return False
        if max(map(len, cells)) > MAX_FIELD_CHARS:
            longest = max(map(len, cells))
            detail = f"{longest:,} characters, more than {MAX_FIELD_CHARS:,}"
            self._reject(record, ProblemCode.FIELD_TOO_LONG, detail)
            return False
        if len(cells) < width:
            if not self.may_be_short:
                detail = f"{len(cells)} cells for {width} headings"
                self.findings.add(ProblemCode.SHORT_ROW, record.line, value=cells[0], detail=detail)
            cells.extend([""] * (width - len(cells)))
        return True

    def _reject(self, record: Record, code: ProblemCode, detail: str) -> None:
        shown = [cell[:MAX_FIELD_CHARS] for cell in record.cells[: len(self.names) + 1]]
        self.findings.reject(code, [(record.line, shown)], value=record.cells[0], detail=detail)


def _take(table: Table, fitter: _Fitter, record: Record, filename: str) -> None:
    if not any(cell.strip() for cell in record.cells):
        return
    if record.cells == fitter.names:
        fitter.findings.add(ProblemCode.REPEATED_HEADER, record.line, value=record.cells[0])
        return
    table.count += 1
    if table.count > MAX_ROWS:
        raise InvalidInput(
            f"“{filename}” has more than {MAX_ROWS:,} rows. Split it into several files."
        )
    if fitter.fit(record):
        table.records.append(record)
