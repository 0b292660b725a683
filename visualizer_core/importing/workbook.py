"""XLSX workbooks: checked as a ZIP first, then read row by row without building a model of it."""

import datetime as dt
import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from visualizer_core.domain.catalogue.problems import Findings, ProblemCode
from visualizer_core.errors import InvalidInput
from visualizer_core.importing.limits import (
    MAX_COLUMNS,
    MAX_ROWS,
    MAX_ZIP_BYTES,
    MAX_ZIP_ENTRIES,
    MAX_ZIP_RATIO,
)
from visualizer_core.importing.table import Record

__all__ = ["read_sheet"]

_HEADROOM_ROWS = 1_000  # titles, blanks and one row too many, so that the row limit is noticed
_RATIO_FREE_BYTES = 10 << 20  # a small part may pack as well as it likes
_NOTHING: tuple[object, ...] = (None,) * (MAX_COLUMNS + 1)
_DECLARATIONS = tuple(
    mark.encode(encoding)
    for mark in ("<!DOCTYPE", "<!ENTITY")
    for encoding in ("ascii", "utf-16-le", "utf-16-be")
)
_HEAD_BYTES = 4_096  # declarations must precede the root element
_DAMAGE = (
    zipfile.BadZipFile,
    InvalidFileException,
    DefusedXmlException,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    EOFError,
    NotImplementedError,
    OSError,
)  # what openpyxl lets through on damaged parts


def read_sheet(data: bytes, filename: str, findings: Findings) -> Iterator[Record]:
    """Yield the rows of the first visible sheet that is not empty, as text.

    Numbers are written without exponent and without a trailing ``.0``; whole dates as
    ``2026-01-31``. A number that has lost its leading zeros in the spreadsheet cannot be mended
    here; it is kept as it is.

    Raises
    ------
    InvalidInput
        When it is no workbook, a damaged one, or one that unpacks beyond all measure.
    """
    _guard(data, filename)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl's remarks on styles and extensions
            yield from _rows(data, findings)
    except _DAMAGE as error:
        raise InvalidInput(
            f"“{filename}” is a damaged workbook. Open it in the spreadsheet program and save it "
            "again as XLSX."
        ) from error


def _guard(data: bytes, filename: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            if "xl/workbook.xml" not in names:
                raise InvalidInput(_not_a_workbook(filename, names))
            _guard_sizes(entries, filename)
            for entry in entries:
                if entry.filename.endswith((".xml", ".rels")):
                    with archive.open(entry) as part:
                        head = part.read(_HEAD_BYTES)
                    if any(mark in head for mark in _DECLARATIONS):
                        raise InvalidInput(
                            f"“{filename}” contains XML declarations that no spreadsheet program "
                            "writes; it was not opened."
                        )
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        # RuntimeError is an encrypted entry
        raise InvalidInput(
            f"“{filename}” is a damaged or encrypted workbook. Save it again as XLSX."
        ) from error


def _not_a_workbook(filename: str, names: set[str]) -> str:
    if "content.xml" in names:
        return f"“{filename}” is an OpenDocument file. Save it as XLSX or CSV."
    if any(name.startswith("xl/") for name in names):
        return f"“{filename}” is a binary workbook (.xlsb). Save it as XLSX."
    return f"“{filename}” is a ZIP archive. Unpack it and choose the catalogue in it."


def _guard_sizes(entries: Sequence[zipfile.ZipInfo], filename: str) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    is_bomb = any(
        entry.file_size > _RATIO_FREE_BYTES
        and entry.file_size > MAX_ZIP_RATIO * max(entry.compress_size, 1)
        for entry in entries
    )
    if is_bomb or unpacked > MAX_ZIP_BYTES or len(entries) > MAX_ZIP_ENTRIES:
        raise InvalidInput(
            f"“{filename}” unpacks to {unpacked / (1 << 20):,.0f} MB in {len(entries):,} parts, "
            "far more than a catalogue needs. Save only the product sheet, as XLSX or CSV."
        )


def _rows(data: bytes, findings: Findings) -> Iterator[Record]:
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    try:
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        for number, sheet in enumerate(sheets):
            is_empty, width = True, 0
            sheet.reset_dimensions()  # the size a workbook declares is often wrong
            found = sheet.iter_rows(
                max_row=MAX_ROWS + _HEADROOM_ROWS, max_col=MAX_COLUMNS + 1, values_only=True
            )
            for line, values in enumerate(found, start=1):
                cells = _cells(values, width)
                if cells:
                    is_empty = False
                    width = len(cells)
                    yield Record(line, cells)
            if not is_empty:
                _note_others(sheet.title, len(sheets) - number - 1, findings)
                return
    finally:
        book.close()


def _note_others(title: str, others: int, findings: Findings) -> None:
    if others:
        detail = f"{others} more sheets" if others > 1 else "another sheet"
        findings.add(ProblemCode.OTHER_SHEETS, 0, value=title, detail=detail)


def _cells(values: tuple[object, ...], likely: int) -> list[str]:
    """Return the cells as text without trailing blanks; an empty row is an empty list.

    Rows come padded to the column limit; `likely`, the last row's width, finds their end quickly.
    """
    last = likely if values[likely:] == _NOTHING[likely : len(values)] else len(values)
    while last and values[last - 1] is None:
        last -= 1
    return [_text(value) for value in values[:last]]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _decimal(value)
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return str(value)


def _decimal(value: float) -> str:
    if value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004 - exact in a spreadsheet up to here
        return str(int(value))
    shown = f"{value:.15g}"  # a spreadsheet's own precision: 0.1 + 0.2 shows as 0.3
    return shown if "e" not in shown else repr(value)
