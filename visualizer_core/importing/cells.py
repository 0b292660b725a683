"""Cells of one table as typed values; what is wrong with them is noted with line and column."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from visualizer_core.domain.catalogue.headings import Heading
from visualizer_core.domain.catalogue.numbers import NumberStyle, infer_style
from visualizer_core.domain.catalogue.prices import parse_currency, parse_price
from visualizer_core.domain.catalogue.problems import Findings, ProblemCode
from visualizer_core.domain.catalogue.text import clean_text, html_to_text, one_line
from visualizer_core.domain.csv_safety import restore_cell
from visualizer_core.importing.table import Record, Table

__all__ = ["Cells", "Column", "slug"]

MAX_NAME_CHARS = 500  # the longest real titles have 200; beyond this it is a description
MAX_TEXT_CHARS = 20_000  # of a description as text; prompts use the first thousand

_SPREADSHEET_ERRORS = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#GETTING_DATA"}
)
_NOTHING = frozenset(
    {"", "-", "--", "n/a", "na", "none", "null", "nan"}
)  # blank, for numbers and codes
_RUINED = re.compile(r"\d+(?:[.,]\d+)?e[+-]?\d+|\d+\.\d+", re.IGNORECASE)
_EXPONENT = re.compile(r"\d+(?:[.,]\d+)?e[+-]?\d+", re.IGNORECASE)
_TRUE = frozenset({"true", "1", "yes", "y", "wahr", "ja", "oui", "si", "vrai", "active", "x"})
_FALSE = frozenset({"false", "0", "-1", "no", "n", "falsch", "nein", "non", "faux", "draft"})
_NOT_SLUG = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Column:
    """Where a field stands, and its heading."""

    index: int
    heading: Heading


def slug(name: str) -> str:
    """Return `name` as shops make handles of it: lower case, words joined by hyphens."""
    return _NOT_SLUG.sub("-", name.casefold()).strip("-")


@dataclass(slots=True)
class Cells:
    """Reads the cells of `table`."""

    table: Table
    findings: Findings
    _styles: dict[int, NumberStyle] = field(default_factory=dict[int, NumberStyle])

    def column(self, *names: str) -> Column | None:
        """Return the first column that bears one of `names` (as `parse_heading` writes them)."""
        for name in names:
            index = self.table.by_name.get(name)
            if index is not None:
                return Column(index, self.table.headings[index])
        return None

    def columns(self, is_wanted: Callable[[Heading], bool]) -> list[Column]:
        """Return every column whose heading `is_wanted`, in file order."""
        return [
            Column(index, heading)
            for index, heading in enumerate(self.table.headings)
            if is_wanted(heading)
        ]

    def note(
        self, code: ProblemCode, record: Record, column: Column, detail: str = "", value: str = ""
    ) -> None:
        """Note a problem with one cell."""
        shown = value or record.cells[column.index]
        heading = column.heading.text
        self.findings.add(code, record.line, column=heading, value=shown, detail=detail)

    def text(self, record: Record, column: Column | None) -> str:
        """Return a cell, clean; line breaks stay."""
        if column is None:
            return ""
        raw = record.cells[column.index]
        if not raw:
            return ""
        text = clean_text(raw)
        if text.startswith("'"):
            text = restore_cell(text)
        elif text.startswith("#") and text in _SPREADSHEET_ERRORS:
            self.note(ProblemCode.SPREADSHEET_ERROR, record, column)
            return ""
        return text

    def line(self, record: Record, column: Column | None) -> str:
        """Return a cell on one line, with single blanks."""
        return " ".join(self.text(record, column).split())

    def html(self, record: Record, column: Column | None, newline: str = "\n") -> str:
        """Return a description as plain text; `newline` is how the layout writes a line break."""
        text = self.text(record, column).replace(newline, "\n")
        return html_to_text(text)[:MAX_TEXT_CHARS].rstrip()

    def name(self, record: Record, column: Column | None) -> str:
        """Return a product name as plain text on one line, cut to `MAX_NAME_CHARS`."""
        text = self.line(record, column)
        if "<" in text or "&" in text:
            text = one_line(html_to_text(text))
        if len(text) > MAX_NAME_CHARS and column is not None:
            detail = f"{len(text):,} characters"
            self.note(ProblemCode.NAME_TOO_LONG, record, column, detail)
            text = text[:MAX_NAME_CHARS].rstrip()
        return text

    def sku(self, record: Record, column: Column | None) -> str | None:
        """Return a SKU exactly as written; warns when a spreadsheet has made a number of it."""
        text = self.line(record, column)
        if self.is_nothing(text):
            return None
        if column is not None and _RUINED.fullmatch(text):
            self.note(ProblemCode.RUINED_SKU, record, column)
        return text

    def barcode(self, record: Record, column: Column | None) -> str | None:
        """Return a barcode without the apostrophe shops protect it with."""
        text = self.line(record, column).lstrip("'").strip()
        if column is not None and _EXPONENT.fullmatch(text):
            self.note(ProblemCode.RUINED_BARCODE, record, column)
            return None
        return None if self.is_nothing(text) else text.removesuffix(".0")

    def words(self, record: Record, column: Column | None) -> tuple[str, ...]:
        """Return a list such as tags, split at commas, semicolons and bars."""
        text = self.text(record, column)
        parts = (" ".join(part.split()) for part in re.split(r"[,;|\n]", text))
        return tuple(dict.fromkeys(part for part in parts if part))

    def flag(self, record: Record, column: Column | None) -> bool | None:
        """Return yes or no; ``None`` when the file does not say."""
        text = self.text(record, column).casefold()
        if text in _TRUE:
            return True
        return False if text in _FALSE else None

    def style(self, column: Column) -> NumberStyle:
        """Return the decimal sign of a column, from its clear values, else from the container."""
        known = self._styles.get(column.index)
        if known is None:
            values = (record.cells[column.index] for record in self.table.records)
            known = infer_style(values)
            if known is NumberStyle.UNKNOWN:
                known = self.table.style
            self._styles[column.index] = known
        return known

    def price(
        self, record: Record, column: Column | None, currency: Column | None = None
    ) -> tuple[Decimal | None, str | None]:
        """Return amount and currency of a price; problems cost the price, never the row."""
        text = self.text(record, column)
        if column is None or text.casefold() in _NOTHING:
            return None, None
        parsed = parse_price(text, self.style(column))
        if parsed.problem is not None:
            self.note(parsed.problem, record, column, detail=str(parsed.amount))
        if parsed.amount is None:
            return None, None
        return parsed.amount, self._currency(record, parsed.currency, column, currency)

    def _currency(
        self, record: Record, own: str | None, price: Column, column: Column | None
    ) -> str | None:
        text = self.text(record, column)
        beside = parse_currency(text) if text else price.heading.currency
        if text and beside is None and column is not None:
            self.note(ProblemCode.UNKNOWN_CURRENCY, record, column)
        if own and beside and own != beside:
            detail = f"{own}, but the currency column or the heading says {beside}"
            self.note(ProblemCode.CURRENCY_CONTRADICTION, record, price, detail)
        return own or beside

    def is_nothing(self, text: str) -> bool:
        """Tell whether a cell that should hold a number or a code says that there is none."""
        return text.casefold() in _NOTHING

    def first(self, columns: Iterable[Column | None], record: Record) -> str:
        """Return the first text that is not blank."""
        return next((text for column in columns if (text := self.line(record, column))), "")
