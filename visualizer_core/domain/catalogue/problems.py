"""What can be wrong with a catalogue, in words a person can act on.

One table holds every code with its severity, message and remedy, so that screens, the command
line and the documentation say the same. An error costs its row; a warning does not.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["BadRow", "Findings", "Problem", "ProblemCode", "Severity"]

MAX_WARNINGS = 5_000  # a person reads none of them beyond this; the rest is counted by code
MAX_VALUE_CHARS = 120  # enough to recognise a cell, short enough for a table


class Severity(StrEnum):
    """What a problem costs."""

    ERROR = "error"  # the row does not come in
    WARNING = "warning"  # the row comes in; something in it was dropped or guessed


class ProblemCode(StrEnum):
    """Machine-readable reasons; stable, so that callers may count and filter by them."""

    BROKEN_ROW = "broken_row"
    TOO_MANY_CELLS = "too_many_cells"
    FIELD_TOO_LONG = "field_too_long"
    SHORT_ROW = "short_row"
    STRAY_QUOTE = "stray_quote"
    LINES_SKIPPED = "lines_skipped"
    REPEATED_HEADER = "repeated_header"
    DUPLICATE_COLUMN = "duplicate_column"
    ENCODING_GUESSED = "encoding_guessed"
    DAMAGED_CHARACTER = "damaged_character"
    OTHER_SHEETS = "other_sheets"
    MISSING_KEY = "missing_key"
    MISSING_NAME = "missing_name"
    NAME_TOO_LONG = "name_too_long"
    KEY_TOO_LONG = "key_too_long"
    KEY_FROM_NAME = "key_from_name"
    ID_USED_AS_SKU = "id_used_as_sku"
    RUINED_SKU = "ruined_sku"
    RUINED_BARCODE = "ruined_barcode"
    DUPLICATE_PRODUCT = "duplicate_product"
    IDENTICAL_ROW = "identical_row"
    SHARED_SKU = "shared_sku"
    SHARED_BARCODE = "shared_barcode"
    MISSING_PARENT = "missing_parent"
    UNREADABLE_PRICE = "unreadable_price"
    ABSURD_PRICE = "absurd_price"
    AMBIGUOUS_PRICE = "ambiguous_price"
    UNKNOWN_CURRENCY = "unknown_currency"
    CURRENCY_CONTRADICTION = "currency_contradiction"
    UNREADABLE_SIZE = "unreadable_size"
    AMBIGUOUS_SIZE = "ambiguous_size"
    ABSURD_SIZE = "absurd_size"
    SIZE_CONTRADICTION = "size_contradiction"
    UNIT_ASSUMED = "unit_assumed"
    BAD_IMAGE_REFERENCE = "bad_image_reference"
    SPREADSHEET_ERROR = "spreadsheet_error"
    NOT_PLACEABLE = "not_placeable"
    MORE_PROBLEMS = "more_problems"


_E, _W = Severity.ERROR, Severity.WARNING
_C = ProblemCode
_TEXTS: dict[ProblemCode, tuple[Severity, str, str]] = {
    _C.BROKEN_ROW: (
        _E,
        "This row cannot be split into cells: {detail}.",
        "Put one pair of quotes around the cell and double every quote inside it.",
    ),
    _C.TOO_MANY_CELLS: (
        _E,
        "This row has {detail}; its values may stand under the wrong headings.",
        "Put quotes around the cell that contains a separator.",
    ),
    _C.FIELD_TOO_LONG: (_E, "A cell has {detail}.", "Shorten it, or close a forgotten quote."),
    _C.SHORT_ROW: (
        _W,
        "This row has {detail}; the missing ones were taken as blank.",
        "Check that the row was not cut off or broken over two lines.",
    ),
    _C.STRAY_QUOTE: (
        _W,
        "A quote stands inside a cell without being doubled; the row was read as well as possible.",
        "Double every quote inside a quoted cell.",
    ),
    _C.LINES_SKIPPED: (
        _W,
        "{detail} above the headings were left out.",
        "Nothing to do when they hold no products.",
    ),
    _C.REPEATED_HEADER: (
        _W,
        "The headings are repeated here; the line was left out.",
        "Nothing to do.",
    ),
    _C.DUPLICATE_COLUMN: (
        _W,
        "Several columns are called “{column}”; the first one is used.",
        "Rename the other columns.",
    ),
    _C.ENCODING_GUESSED: (
        _W,
        "The file is not UTF-8; it was read as Windows-1252, and this is its first accented text.",
        "If accents look wrong, save the file as “CSV UTF-8” and import it again.",
    ),
    _C.DAMAGED_CHARACTER: (
        _W,
        "{detail} could not be read and show as �, first on this line.",
        "Save the file as “CSV UTF-8” from the program it came from.",
    ),
    _C.OTHER_SHEETS: (
        _W,
        "Only the sheet “{value}” was read; the workbook has {detail}.",
        "Import the other sheets as files of their own.",
    ),
    _C.MISSING_KEY: (
        _E,
        "This row has no SKU, barcode or handle to recognise the product by.",
        "Give the product a SKU.",
    ),
    _C.MISSING_NAME: (
        _W,
        "The product has no name; “{detail}” is used instead.",
        "Fill in the name.",
    ),
    _C.NAME_TOO_LONG: (_W, "The name has {detail} and was cut.", "Shorten the name."),
    _C.KEY_TOO_LONG: (_E, "The {column} has {detail}.", "Shorten it to 200 characters."),
    _C.KEY_FROM_NAME: (
        _W,
        "There is no SKU and no barcode; the product is recognised by its name from now on.",
        "Give the product a SKU, or it will count as new when its name changes.",
    ),
    _C.ID_USED_AS_SKU: (
        _W,
        "The file has no SKU column; “{column}” is used as the SKU.",
        "Choose another column in the mapping if this is only a row number.",
    ),
    _C.RUINED_SKU: (
        _W,
        "“{value}” looks like a SKU that a spreadsheet has turned into a number; kept as it is.",
        "Format the SKU column as text in the spreadsheet and export again.",
    ),
    _C.RUINED_BARCODE: (
        _W,
        "A spreadsheet has turned the barcode into “{value}”; it was left out.",
        "Format the barcode column as text in the spreadsheet and export again.",
    ),
    _C.DUPLICATE_PRODUCT: (
        _E,
        "{detail}; the first one counts, this row was left out.",
        "Give each product its own SKU, or delete one of the rows.",
    ),
    _C.IDENTICAL_ROW: (_W, "{detail}, with the same content; left out.", "Nothing to do."),
    _C.SHARED_SKU: (
        _W,
        "Variants share the SKU “{value}” ({detail}); they come in as one product.",
        "Give each variant its own SKU if each should get pictures of its own.",
    ),
    _C.SHARED_BARCODE: (
        _W,
        "The barcode also belongs to {detail}.",
        "Check the barcode: photos named by it cannot be matched to one product.",
    ),
    _C.MISSING_PARENT: (
        _W,
        "The parent product “{value}” is not in the file; the variation comes in on its own.",
        "Export parent and variations together.",
    ),
    _C.UNREADABLE_PRICE: (
        _W,
        "“{value}” is not a price; the product comes in without one.",
        "Write an amount such as 1299.00, with or without a currency.",
    ),
    _C.ABSURD_PRICE: (
        _W,
        "The price “{value}” is negative or beyond all measure; it was left out.",
        "Correct the price.",
    ),
    _C.AMBIGUOUS_PRICE: (
        _W,
        "“{value}” could mean two amounts; it was read as {detail}.",
        "Write prices with two decimals.",
    ),
    _C.UNKNOWN_CURRENCY: (
        _W,
        "“{value}” is not a currency code; the price comes in without a currency.",
        "Use a three-letter code such as EUR or USD.",
    ),
    _C.CURRENCY_CONTRADICTION: (
        _W,
        "The price says {detail}; the price's own currency is used.",
        "Make the two agree.",
    ),
    _C.UNREADABLE_SIZE: (
        _W,
        "“{value}” is not a length; it was left out.",
        "Write a number with a unit, such as 80 cm or 31.5 in.",
    ),
    _C.AMBIGUOUS_SIZE: (
        _W,
        "“{value}” does not say which measure is which; it was left out.",
        "Write width x depth x height, such as 80 x 40 x 75 cm.",
    ),
    _C.ABSURD_SIZE: (
        _W,
        "{detail} is not a possible size; it was left out.",
        "A size is more than 0 and at most 20 m; check the unit.",
    ),
    _C.SIZE_CONTRADICTION: (
        _W,
        "The file gives different sizes: {detail}; they were left out.",
        "Correct one of them.",
    ),
    _C.UNIT_ASSUMED: (
        _W,
        "“{column}” gives no unit; centimetres were assumed for the whole column.",
        "Put the unit in the heading, such as “Width (cm)”.",
    ),
    _C.BAD_IMAGE_REFERENCE: (
        _W,
        "“{value}” is neither a web address nor a file name; the photo was left out.",
        "Use an http(s) address or the name of a picture file.",
    ),
    _C.SPREADSHEET_ERROR: (
        _W,
        "The cell holds the spreadsheet error “{value}” and was taken as blank.",
        "Repair the formula in the spreadsheet.",
    ),
    _C.NOT_PLACEABLE: (
        _W,
        "This is {detail}: there is nothing to place in a room.",
        "Nothing to do.",
    ),
    _C.MORE_PROBLEMS: (
        _W,
        "{detail} more warnings of the kind “{value}” are not listed.",
        "Correct those listed and import again.",
    ),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a file.

    Parameters
    ----------
    line : int
        Physical line of the file, counted from 1 (sheet row in a workbook); 0 is the whole file.
    column : str
        Heading as the file writes it; blank when the whole row is meant.
    value : str
        The cell, cut to `MAX_VALUE_CHARS`.
    code : ProblemCode
        Machine-readable reason.
    severity : Severity
        Whether the row was lost.
    message, remedy : str
        What is wrong and what to do, for the person on the screen.
    """

    line: int
    column: str
    value: str
    code: ProblemCode
    severity: Severity
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that did not come in: its line, its cells as they stood, and why."""

    line: int
    cells: tuple[str, ...]
    reason: str


def _short(value: str) -> str:
    flat = " ".join(value.split())
    return flat if len(flat) <= MAX_VALUE_CHARS else f"{flat[: MAX_VALUE_CHARS - 1]}…"


@dataclass(slots=True)
class Findings:
    """Collects problems and bad rows while a file is read."""

    problems: list[Problem] = field(default_factory=list[Problem])
    bad_rows: list[BadRow] = field(default_factory=list[BadRow])
    _warnings: int = 0
    _unlisted: Counter[ProblemCode] = field(default_factory=Counter[ProblemCode])

    def add(
        self, code: ProblemCode, line: int, *, column: str = "", value: str = "", detail: str = ""
    ) -> Problem:
        """Note a problem and return it; warnings beyond `MAX_WARNINGS` are only counted."""
        severity, message, remedy = _TEXTS[code]
        short = _short(value)
        text = message.format(column=column, value=short, detail=_short(detail))
        problem = Problem(line, column, short, code, severity, text, remedy)
        if severity is Severity.WARNING:
            self._warnings += 1
            if self._warnings > MAX_WARNINGS:
                self._unlisted[code] += 1
                return problem
        self.problems.append(problem)
        return problem

    def reject(
        self,
        code: ProblemCode,
        rows: Sequence[tuple[int, Sequence[str]]],
        *,
        column: str = "",
        value: str = "",
        detail: str = "",
    ) -> None:
        """Note a problem that costs `rows`, each a line number and its cells."""
        problem = self.add(code, rows[0][0], column=column, value=value, detail=detail)
        reason = f"{problem.message} {problem.remedy}"
        self.bad_rows.extend(BadRow(line, tuple(cells), reason) for line, cells in rows)

    def all_problems(self) -> tuple[Problem, ...]:
        """Every listed problem in file order, then one line per kind for those only counted."""
        ordered = sorted(self.problems, key=lambda p: (p.line, p.column, p.code))
        counted = Findings()
        for code, count in sorted(self._unlisted.items()):
            counted.add(ProblemCode.MORE_PROBLEMS, 0, value=code.value, detail=str(count))
        return (*ordered, *counted.problems)

    def all_bad_rows(self) -> tuple[BadRow, ...]:
        """Every bad row in file order."""
        return tuple(sorted(self.bad_rows, key=lambda row: row.line))
