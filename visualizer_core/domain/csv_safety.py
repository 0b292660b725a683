"""Cells that a spreadsheet would run as a formula, made harmless and back again.

Applied to every text cell of every CSV or XLSX this program writes (OWASP ASVS 5.0, 1.2.10).
Numbers are written as numbers and pass through untouched.
"""

from typing import TypeVar, overload

__all__ = ["neutralise_cell", "restore_cell"]

T = TypeVar("T")

_FORMULA = tuple("=+-@＝＋－＠")  # noqa: RUF001 - the full-width forms are evaluated too
_LEADING = (*_FORMULA, "\t", "\r", "\n", "\0", "|")  # a spreadsheet strips or pipes these first


def _is_dangerous(text: str) -> bool:
    # Apostrophes in front are looked through, so that writing and reading undo each other.
    core = text.lstrip("'")
    return core.startswith(_LEADING) or core.lstrip().startswith(_FORMULA)


@overload
def neutralise_cell(value: str) -> str: ...
@overload
def neutralise_cell(value: T) -> T: ...
def neutralise_cell(value: object) -> object:
    """Return `value` as it may be written to a spreadsheet.

    Parameters
    ----------
    value : object
        Text that a spreadsheet could evaluate gets an apostrophe in front; everything else,
        numbers and dates included, is returned as it is.
    """
    if isinstance(value, str) and _is_dangerous(value):
        return f"'{value}"
    return value


def restore_cell(text: str) -> str:
    """Undo `neutralise_cell`, so that what was exported can be imported again."""
    if text.startswith("'") and _is_dangerous(text):
        return text[1:]
    return text
