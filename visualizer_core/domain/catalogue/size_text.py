"""Sizes written into one cell: ``80 x 40 x 75 cm``, ``45.7D x 119.4W x 63.5H Centimeters``."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from visualizer_core.domain.catalogue.numbers import NumberStyle
from visualizer_core.domain.catalogue.problems import ProblemCode
from visualizer_core.domain.catalogue.sizes import (
    MAX_CHARS,
    MAX_SIZE_CM,
    NO_SIZE,
    NUMBER_PATTERN,
    UNIT_PATTERN,
    Axis,
    Size,
    Unit,
    find_unit,
    read_number,
    to_centimetres,
)
from visualizer_core.domain.catalogue.text import fold

__all__ = ["ParsedSize", "find_axis", "find_order", "parse_size", "size_of"]

_AXIS_WORDS = {
    Axis.WIDTH: "w width wide breite b br largeur larghezza ancho breedte bredd szelesseg latime",
    Axis.DEPTH: "d depth deep tiefe t profondeur prof p profondita profundidad fondo diepte djup",
    Axis.HEIGHT: "h height high hohe hauteur altezza alto altura hoogte hojd magassag inaltime",
    Axis.LENGTH: "l length long lange longueur lunghezza largo longitud lengte langd hosszusag",
}
_AXES = {word: axis for axis, words in _AXIS_WORDS.items() for word in words.split()}
_ROUND = frozenset({"ø", "dia", "diam", "diameter", "durchmesser", "diametre", "diametro"})

_ITEM = re.compile(
    rf"(?:(?P<before>[^\W\d_]+|ø)\s*[.:=]?\s*)?(?P<number>{NUMBER_PATTERN})\s*"
    rf"(?P<unit>{UNIT_PATTERN})?\.?\s*(?P<after>[^\W\d_]+?)?\s*(?P<unit_after>{UNIT_PATTERN})?\.?",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"\s*[x×✕*]\s*|\s+by\s+|\s*[,;/|]\s+|\s*\n\s*",  # noqa: RUF001 - the times sign is meant
    re.IGNORECASE,
)
_NOTE = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_WORD = re.compile(r"[^\W\d_]+|ø")
_PLAIN_ORDER = (Axis.WIDTH, Axis.DEPTH, Axis.HEIGHT)  # how shops in Europe write it
_MAX_ITEMS = 3
_LONE_LETTERS = frozenset("lpbtd")  # alone they are litres, pieces, bar, tonnes, days


@dataclass(frozen=True, slots=True)
class ParsedSize:
    """A size as far as the text says, or why there is none.

    Parameters
    ----------
    size : Size
        In centimetres.
    problem : ProblemCode or None
        Why the size is empty although the text is not.
    is_unit_assumed : bool
        No unit anywhere: centimetres were assumed.
    is_labelled : bool
        The text (or its heading) names the measures; without, their order is a convention.
    """

    size: Size = NO_SIZE
    problem: ProblemCode | None = None
    is_unit_assumed: bool = False
    is_labelled: bool = False


@dataclass(frozen=True, slots=True)
class _Item:
    number: str
    unit: Unit | None
    label: str


def find_axis(word: str) -> Axis | None:
    """Return which measure `word`, a letter or a word of any known language, names."""
    return _AXES.get(fold(word))


def find_order(text: str) -> tuple[Axis, ...] | None:
    """Return the order of measures that `text` spells out, such as ``L x W x H``.

    ``None`` unless two or three different measures are named. A second ``l`` is the French
    *largeur*, as in ``L x l x H``.
    """
    axes: list[Axis] = []
    for word in _WORD.findall(text):
        letters = word.casefold().split("x")
        if len(letters) > 1 and all(map(find_axis, letters)):  # "BxTxH"
            return find_order(" ".join(letters))
        axis = find_axis(word)
        if axis is Axis.LENGTH and axis in axes:
            axis = Axis.WIDTH
        if axis is not None:
            axes.append(axis)
    is_order = 1 < len(axes) <= _MAX_ITEMS and len(set(axes)) == len(axes)
    return tuple(axes) if is_order else None


def size_of(measures: Mapping[Axis, float]) -> Size:
    """Turn named measures (cm) into a size.

    A length beside a width is the depth; a length without one is the width.
    """
    width, depth = measures.get(Axis.WIDTH), measures.get(Axis.DEPTH)
    length = measures.get(Axis.LENGTH)
    if width is None:
        width = length
    elif depth is None:
        depth = length
    return Size(width, depth, measures.get(Axis.HEIGHT))


def parse_size(
    text: str,
    unit: Unit | None = None,
    order: Sequence[Axis] | None = None,
    style: NumberStyle = NumberStyle.UNKNOWN,
) -> ParsedSize:
    """Read up to three measures from one cell.

    Parameters
    ----------
    text : str
        The cell. Letters or words beside the numbers decide; else an order in a note in brackets;
        else `order`; else three numbers are width, depth and height.
    unit, order
        What the heading says.
    style : NumberStyle
        The column's decimal sign.
    """
    if not text.strip():
        return ParsedSize()
    items = _items(text) if len(text) <= MAX_CHARS else None
    if items is None:
        return ParsedSize(problem=ProblemCode.UNREADABLE_SIZE)
    noted = find_order(" ".join(_NOTE.findall(text))) or order
    labels = _labels(items, noted)
    if labels is None:
        return ParsedSize(problem=ProblemCode.AMBIGUOUS_SIZE)
    units = {item.unit for item in items if item.unit}
    if len(units) > 1 and not all(item.unit for item in items):
        return ParsedSize(problem=ProblemCode.AMBIGUOUS_SIZE)
    common = min(units, default=unit)
    measures = _measures(items, labels, common, style)
    if isinstance(measures, ProblemCode):
        return ParsedSize(problem=measures)
    is_labelled = bool(noted) or any(item.label for item in items)
    return ParsedSize(size_of(measures), None, common is None, is_labelled)


def _measures(
    items: Sequence[_Item],
    labels: Sequence[tuple[Axis, ...]],
    common: Unit | None,
    style: NumberStyle,
) -> dict[Axis, float] | ProblemCode:
    measures: dict[Axis, float] = {}
    for item, axes in zip(items, labels, strict=True):
        used = item.unit or common
        value = read_number(item.number, used, style)
        if value is None:
            return ProblemCode.UNREADABLE_SIZE
        cm = to_centimetres(value, used or Unit.CM)
        if not 0 < cm <= MAX_SIZE_CM:
            return ProblemCode.ABSURD_SIZE
        measures.update(dict.fromkeys(axes, cm))
    return measures


def _items(text: str) -> list[_Item] | None:
    parts = [part for part in _BETWEEN.split(_NOTE.sub(" ", text).strip()) if part]
    if not 1 <= len(parts) <= _MAX_ITEMS:
        return None
    items = [_item(part) for part in parts]
    known = [item for item in items if item is not None]
    if len(known) < len(items) or (len(known) == 1 and known[0].label in _LONE_LETTERS):
        return None
    return known


def _item(part: str) -> _Item | None:
    match = _ITEM.fullmatch(part.strip())
    if match is None:
        return None
    unit_word = match["unit"] or match["unit_after"]
    labels = [word.casefold() for word in (match["before"], match["after"]) if word]
    if len(labels) > 1 or not all(find_axis(word) or word in _ROUND for word in labels):
        return None
    return _Item(match["number"], find_unit(unit_word) if unit_word else None, "".join(labels))


def _labels(items: list[_Item], order: Sequence[Axis] | None) -> list[tuple[Axis, ...]] | None:
    """Say which measures each item gives; ``None`` when the text leaves it open."""
    labelled = [item.label for item in items if item.label]
    if labelled:
        if len(labelled) < len(items):
            return None
        found = [_axes_of(label) for label in labelled]
    elif order is not None and len(order) == len(items):
        found = [(axis,) for axis in order]
    elif len(items) == _MAX_ITEMS and not _is_two_things(items):
        found = [(axis,) for axis in _PLAIN_ORDER]
    else:
        return None
    flat = [axis for axes in found for axis in axes]
    return found if len(set(flat)) == len(flat) else None


def _axes_of(label: str) -> tuple[Axis, ...]:
    axis = find_axis(label)
    return (Axis.WIDTH, Axis.DEPTH) if axis is None else (axis,)


def _is_two_things(items: list[_Item]) -> bool:
    # "110x125,35x55 cm" is a cover and a pillow, not a box of 125.35 cm depth.
    first, middle, last = (item.number for item in items)
    return "," in middle and first.isdigit() and last.isdigit()
