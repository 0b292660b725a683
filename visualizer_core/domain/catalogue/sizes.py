"""Lengths and sizes in every unit shops use, as centimetres."""

import re
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from visualizer_core.domain.catalogue.numbers import NumberStyle, parse_number
from visualizer_core.domain.catalogue.problems import ProblemCode

__all__ = [
    "MAX_SIZE_CM",
    "NO_SIZE",
    "Axis",
    "ParsedLength",
    "Size",
    "Unit",
    "find_unit",
    "parse_length",
    "to_centimetres",
]

MAX_SIZE_CM = 2_000.0  # 20 m: nothing longer stands in a room; such values are slips of the unit
MAX_CHARS = 200  # no size needs more; keeps the patterns cheap on hostile cells


class Unit(StrEnum):
    """A unit of length."""

    MM = "mm"
    CM = "cm"
    M = "m"
    INCH = "in"
    FOOT = "ft"


class Axis(StrEnum):
    """Which way a measure goes; ``length`` is turned into width or depth by its company."""

    WIDTH = "width"
    DEPTH = "depth"
    HEIGHT = "height"
    LENGTH = "length"


_CENTIMETRES = {Unit.MM: 0.1, Unit.CM: 1.0, Unit.M: 100.0, Unit.INCH: 2.54, Unit.FOOT: 30.48}
_UNIT_WORDS = {
    Unit.MM: "mm millimeter millimeters millimetre millimetres",
    Unit.CM: "cm cms centimeter centimeters centimetre centimetres zentimeter centimètres",
    Unit.M: "m mtr meter meters metre metres mètres metri metros",
    Unit.INCH: "in inch inches zoll pouce pouces pulgadas pollici \" ” ″ ''",
    Unit.FOOT: "ft foot feet ' ’ ′",  # noqa: RUF001 - prime signs
}
_UNITS = {word: unit for unit, words in _UNIT_WORDS.items() for word in words.split()}

UNIT_PATTERN = "|".join(re.escape(word) for word in sorted(_UNITS, key=len, reverse=True))
NUMBER_PATTERN = (
    r"(?:\d+(?:[.,]\d+)*[ \xa0]+\d+/\d+|\d+/\d+|\d*[ \xa0]?[½¼¾⅛⅜⅝⅞]|-?\d+(?:[.,]\d+)*|-?[.,]\d+)"
)

_APPROXIMATELY = re.compile(
    r"^(?:approx\.?|about|circa|ca\.?|c\.|env\.?|~|≈|ø|dia\.?)\s*", re.IGNORECASE
)
_NOTE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_LENGTH = re.compile(rf"(?P<number>{NUMBER_PATTERN})\s*(?P<unit>{UNIT_PATTERN})?\.?", re.IGNORECASE)
_FEET_AND_INCHES = re.compile(
    rf"(?P<feet>\d+)\s*(?:ft\.?|feet|foot|['’′])\s*(?P<inches>{NUMBER_PATTERN})\s*"  # noqa: RUF001
    r"(?:in\.?|inch|inches|[\"”″]|'')?",
    re.IGNORECASE,
)
_VULGAR = {"½": "1/2", "¼": "1/4", "¾": "3/4", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8"}


@dataclass(frozen=True, slots=True)
class Size:
    """Outer measures as seen from the front, in centimetres; ``None`` where unknown."""

    width_cm: float | None = None
    depth_cm: float | None = None
    height_cm: float | None = None


NO_SIZE = Size()


@dataclass(frozen=True, slots=True)
class ParsedLength:
    """A length in centimetres as far as the text says, or why there is none."""

    cm: float | None = None
    problem: ProblemCode | None = None
    is_unit_assumed: bool = False


def find_unit(word: str) -> Unit | None:
    """Return the unit that `word` means, in any of the spellings known here."""
    return _UNITS.get(word.strip().casefold().removesuffix("."))


def to_centimetres(value: float, unit: Unit) -> float:
    """Convert, rounded to a tenth of a millimetre: finer is noise of the conversion."""
    return round(value * _CENTIMETRES[unit], 2)


def parse_length(
    text: str, unit: Unit | None = None, style: NumberStyle = NumberStyle.UNKNOWN
) -> ParsedLength:
    """Read one length such as ``80 cm``, ``82"``, ``5' 10"``, ``31 1/2 in`` or ``0,8 m``.

    Parameters
    ----------
    text : str
        The cell; a note in brackets and words such as "approx." are passed over.
    unit : Unit or None
        What the heading says; used when the cell names none. With neither, centimetres are
        assumed, and the answer says so.
    style : NumberStyle
        The column's decimal sign, for ``1.200``.
    """
    if len(text) > MAX_CHARS:
        return ParsedLength(problem=ProblemCode.UNREADABLE_SIZE)
    bare = _APPROXIMATELY.sub("", _NOTE.sub(" ", text).strip())
    if not bare:
        return ParsedLength()
    if feet := _FEET_AND_INCHES.fullmatch(bare):
        inches = read_number(feet["inches"], Unit.INCH, style)
        return _checked(None if inches is None else int(feet["feet"][:6]) * 12 + inches, Unit.INCH)
    match = _LENGTH.fullmatch(bare)
    if match is None:
        return ParsedLength(problem=ProblemCode.UNREADABLE_SIZE)
    own = find_unit(match["unit"]) if match["unit"] else unit
    length = _checked(read_number(match["number"], own, style), own or Unit.CM)
    if own is None and length.cm is not None:
        return ParsedLength(length.cm, is_unit_assumed=True)
    return length


def _checked(value: float | None, unit: Unit) -> ParsedLength:
    if value is None:
        return ParsedLength(problem=ProblemCode.UNREADABLE_SIZE)
    cm = to_centimetres(value, unit)
    if not 0 < cm <= MAX_SIZE_CM:
        return ParsedLength(problem=ProblemCode.ABSURD_SIZE)
    return ParsedLength(cm)


def read_number(text: str, unit: Unit | None, style: NumberStyle) -> float | None:
    """Read the number of a length, fractions included; ``None`` when it is malformed."""
    for sign, fraction in _VULGAR.items():
        text = text.replace(sign, f" {fraction}")
    *whole, last = text.split()
    if "/" in last:
        top, _, bottom = last.partition("/")
        if not int(bottom[:6]):
            return None
        whole_value = float(whole[0].replace(",", ".")) if whole else 0.0
        return whole_value + float(Fraction(int(top[:6]), int(bottom[:6])))
    if style is NumberStyle.UNKNOWN and unit is not Unit.MM:
        # "1.234" is decimals here: nobody groups centimetres. Millimetres are, as in "1.200 mm".
        style = NumberStyle.DOT if "." in last else NumberStyle.COMMA
    number = parse_number(last, style)
    return None if number is None else float(number.value)
