"""Numbers as people and shops write them, in every convention at once."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

__all__ = ["NumberStyle", "ParsedNumber", "infer_style", "parse_number"]

MAX_DIGITS = 18  # beyond every price and size, and far below what costs time to convert

_SPACES = " \xa0\u2007\u2009\u202f"
_GROUPING_BLANKS = re.compile(rf"(?<=\d)[{_SPACES}'’](?=\d{{3}}(?!\d))")  # noqa: RUF001 - Swiss
_PLAIN = re.compile(r"-?[\d.,]*\d[\d.,]*")
_DECIMAL_END = re.compile(r"(?:^|\D)\d[\d.,]*?([.,])\d{1,2}(?!\d|[.,]\d)")
_THOUSANDS = 3  # digits of a group


class NumberStyle(StrEnum):
    """Which sign a column uses before its decimals."""

    DOT = "dot"
    COMMA = "comma"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ParsedNumber:
    """A number, and whether it could have meant another one."""

    value: Decimal
    is_ambiguous: bool = False


def infer_style(values: Iterable[str]) -> NumberStyle:
    """Tell a column's decimal sign from the values that leave no doubt.

    A sign before one or two last digits is a decimal sign. Columns that use both are unknown.
    """
    seen: set[str] = set()
    for value in values:
        if match := _DECIMAL_END.search(value):
            seen.add(match[1])
            if len(seen) > 1:
                return NumberStyle.UNKNOWN
    if not seen:
        return NumberStyle.UNKNOWN
    return NumberStyle.DOT if seen == {"."} else NumberStyle.COMMA


def parse_number(text: str, style: NumberStyle = NumberStyle.UNKNOWN) -> ParsedNumber | None:
    """Read a number with any grouping (blank, apostrophe, dot, comma) and decimal sign.

    Parameters
    ----------
    text : str
        Digits, signs and blanks only; anything else gives ``None``.
    style : NumberStyle
        Decides what ``1.299`` means. Unknown: it is grouping, and the answer is marked ambiguous.

    Returns
    -------
    ParsedNumber or None
        ``None`` when it is no number or its groups are malformed (``1.29.9``).
    """
    compact = _GROUPING_BLANKS.sub("", text.strip())
    if not _PLAIN.fullmatch(compact) or sum(map(str.isdigit, compact)) > MAX_DIGITS:
        return None
    sign, digits = ("-", compact[1:]) if compact.startswith("-") else ("", compact)
    plain, is_ambiguous = _plain_digits(digits, style)
    if plain is None:
        return None
    try:
        return ParsedNumber(Decimal(sign + plain), is_ambiguous)
    except InvalidOperation:  # non-ASCII digits in odd company
        return None


def _plain_digits(digits: str, style: NumberStyle) -> tuple[str | None, bool]:
    dots, commas = digits.count("."), digits.count(",")
    if not dots and not commas:
        return digits, False
    if dots and commas:
        decimal = max(".,", key=digits.rfind)
        return _split(digits, decimal), False
    mark = "." if dots else ","
    if dots + commas > 1:
        return _ungroup(digits, mark), False
    before, after = digits.split(mark)
    if len(after) != _THOUSANDS or not 1 <= len(before) <= _THOUSANDS or before.startswith("0"):
        return _split(digits, mark), False
    if style is NumberStyle.UNKNOWN:
        return before + after, True
    is_decimal = (style is NumberStyle.DOT) == (mark == ".")
    return (f"{before}.{after}" if is_decimal else before + after), False


def _split(digits: str, decimal: str) -> str | None:
    whole, _, fraction = digits.rpartition(decimal)
    grouping = "," if decimal == "." else "."
    if grouping in fraction or decimal in whole:
        return None
    if grouping in whole:
        ungrouped = _ungroup(whole, grouping)
        if ungrouped is None:
            return None
        whole = ungrouped
    return f"{whole or '0'}.{fraction or '0'}"


def _ungroup(digits: str, mark: str) -> str | None:
    first, *groups = digits.split(mark)
    # Two-digit groups before the last are how India writes 1,00,000.
    whole = all(len(group) in {2, _THOUSANDS} for group in groups[:-1])
    if not 1 <= len(first) <= _THOUSANDS or not whole or len(groups[-1]) != _THOUSANDS:
        return None
    return first + "".join(groups)
