"""Comma, semicolon and tab separated text, with exact line numbers and broken quotes contained.

``csv`` reads the good rows at full speed. Where it stumbles, the row is looked at again, more
patiently; a row that stays broken is reported and reading goes on with the next line, so that a
forgotten quote does not swallow the rest of the file.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from visualizer_core.domain.catalogue.problems import Findings, ProblemCode
from visualizer_core.errors import InvalidInput
from visualizer_core.importing.limits import (
    MAX_BROKEN_ROWS,
    MAX_COLUMNS,
    MAX_FIELD_CHARS,
    MAX_SEPARATORS_IN_LINE,
)
from visualizer_core.importing.table import Record, heading_score

__all__ = ["find_separator", "read_rows"]

SEPARATORS = (",", ";", "\t")
_SAMPLE_CHARS = 65_536  # holds the headings of every real file
_SAMPLE_ROWS = 20
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def find_separator(text: str) -> str:
    """Return the separator under which most headings are recognised, else most columns appear."""
    sample = text[:_SAMPLE_CHARS]
    return max(SEPARATORS, key=lambda separator: _rating(sample, separator))


def _rating(sample: str, separator: str) -> tuple[int, int]:
    best, widest = 0, 0
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=separator, skipinitialspace=True)
    try:
        for _, row in zip(range(_SAMPLE_ROWS), reader, strict=False):
            best = max(best, heading_score(row))
            widest = max(widest, len(row))
    except csv.Error:  # a field beyond csv's limit: judged by what came before
        pass
    return best, widest


@dataclass(slots=True)
class _Lines:
    """Physical lines of a text, which can be stepped back to where a record began."""

    text: str
    separator: str
    filename: str
    number: int = 0  # lines handed out
    _pending: list[str] = field(default_factory=list[str])
    _handed: list[str] = field(default_factory=list[str])
    _source: Iterator[re.Match[str]] = field(init=False)

    def __post_init__(self) -> None:
        self._source = _LINE.finditer(self.text)

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._pending.pop() if self._pending else next(self._source)[0]
        if len(line) > MAX_SEPARATORS_IN_LINE:
            self._guard(line)
        self._handed.append(line)
        self.number += 1
        return line

    def _guard(self, line: str) -> None:
        found = line.count(self.separator)
        if found > MAX_SEPARATORS_IN_LINE:
            raise InvalidInput(
                f"Line {self.number + 1} of “{self.filename}” has {found + 1:,} columns; at most "
                f"{MAX_COLUMNS} are read. Export the catalogue again."
            )

    def mark(self) -> None:
        """Remember that a record begins with the next line."""
        self._handed.clear()

    def step_back(self) -> None:
        """Go back to where the record began."""
        self._pending.extend(reversed(self._handed))
        self.number -= len(self._handed)
        self._handed.clear()


def read_rows(text: str, separator: str, filename: str, findings: Findings) -> Iterator[Record]:
    """Yield every record with the line it begins on; broken ones are reported and left out.

    Raises
    ------
    InvalidInput
        When a line is absurdly wide, or the quoting is broken throughout.
    """
    lines = _Lines(text, separator, filename)
    broken = 0
    width = 0  # of the last good row; after a broken one only rows of this width are believed
    is_suspicious = False
    while True:
        try:
            for record in _good_rows(lines, separator):
                if is_suspicious and width and len(record.cells) != width:
                    raw = separator.join(record.cells)
                    _report(record.line, raw, findings, "it may be the rest of a broken row")
                    broken += 1
                    continue
                is_suspicious = False
                width = len(record.cells)
                yield record
        except csv.Error as error:
            record = _second_look(lines, separator, width, str(error), findings)
            is_suspicious = record is None
            broken += is_suspicious
            if record is not None:
                width = len(record.cells)
                yield record
        else:
            return
        if broken > MAX_BROKEN_ROWS:
            raise InvalidInput(
                f"The quotes of “{filename}” do not pair up in more than {MAX_BROKEN_ROWS:,} rows "
                f"(first on line {findings.bad_rows[0].line}). Export the catalogue again."
            )


def _good_rows(lines: _Lines, separator: str) -> Iterator[Record]:
    reader = csv.reader(lines, delimiter=separator, strict=True, skipinitialspace=True)
    lines.mark()
    start = lines.number + 1
    for cells in reader:
        if cells:
            yield Record(start, cells)
        lines.mark()
        start = lines.number + 1


def _second_look(
    lines: _Lines, separator: str, width: int, error: str, findings: Findings
) -> Record | None:
    """Read the record that ``csv`` refused, or report it and stand behind its first line."""
    lines.step_back()
    start = lines.number + 1
    padded = _padded(lines, separator)
    if padded is not None:
        return Record(start, padded)
    lines.step_back()
    first = next(lines)
    loose = _loose(first, separator)
    if loose is not None and len(loose) == width:
        findings.add(ProblemCode.STRAY_QUOTE, start, value=first)
        return Record(start, loose)
    reason = "a quote stands inside a cell" if loose else "a quote is opened and never closed"
    if "field larger" in error:
        reason = f"a cell has over {MAX_FIELD_CHARS:,} characters, or a quote is never closed"
    _report(start, first, findings, reason)
    return None


def _report(line: int, raw: str, findings: Findings, reason: str) -> None:
    shown = raw.rstrip("\r\n")[:MAX_FIELD_CHARS]
    findings.reject(ProblemCode.BROKEN_ROW, [(line, [shown])], value=shown, detail=reason)


def _loose(line: str, separator: str) -> list[str] | None:
    """Read one line without complaint; ``None`` when a quote is still open at its end."""
    is_open = False

    def source() -> Iterator[str]:
        nonlocal is_open
        yield line
        is_open = True  # the reader asks for another line only inside quotes

    try:
        cells = next(csv.reader(source(), delimiter=separator, skipinitialspace=True))
    except csv.Error:
        return None
    return None if is_open else cells


def _padded(lines: _Lines, separator: str) -> list[str] | None:
    """Read a record whose quoted cells are padded with blanks, as in ``"a, b"   ,c``.

    Returns ``None`` when it is not that; the lines looked at are then to be stepped back over.
    """
    parts: list[str] = []
    length = quotes = 0
    for line in lines:
        parts.append(line)
        length += len(line)
        quotes += line.count('"')
        if quotes % 2 == 0:  # the first line after which every quote has its partner
            return _cells("".join(parts), separator)
        if length > MAX_FIELD_CHARS:
            break
    return None


def _cells(text: str, separator: str) -> list[str] | None:
    mark = re.escape(separator)
    cell = re.compile(
        rf' *"((?:[^"]|"")*+)" *(?={mark}|[\r\n]*\Z)|((?:[^"{mark}\r\n][^{mark}\r\n]*)?)'
    )
    cells: list[str] = []
    at = 0
    while match := cell.match(text, at):
        quoted = match[1]
        cells.append(match[2].strip() if quoted is None else quoted.replace('""', '"'))
        at = match.end()
        if not text.startswith(separator, at):
            break
        at += 1
    return cells if not text[at:].strip("\r\n") else None
