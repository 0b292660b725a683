"""Fill any schema with facts, so that the answer is always valid under it.

Where a fact answers a field its value is bent into the field's type and bounds; where none does,
the field gets the most cautious value the schema allows.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from visualizer_core.local.standin.concepts import Facts, find_fact, same_word, words_of
from visualizer_core.local.standin.loose import as_list, as_mapping
from visualizer_core.local.standin.shape import Shape

__all__ = ["can_fill", "fill"]

_CAUTIOUS = ("unknown", "other", "none", "neutral", "not sure", "n/a")
# Tried in turn for a `pattern`; what matches none of them is refused up front.
_SAMPLES = ("unknown", "#808080", "0", "1", "A", "a", "2026-01-01", "00000000", "item-1", "1:1")
_FORMATS = {
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "time": "00:00:00",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "uri": "https://example.com/",
    "email": "nobody@example.com",
}
_LIKE = 0.34  # two of three words are the same


def can_fill(shape: Shape) -> str | None:
    """Say why a schema cannot be filled, None when it can."""
    if shape.pattern is not None and not shape.enum:
        try:
            fits = any(_fits(sample, shape) for sample in _SAMPLES)
        except re.error:
            return f"the pattern {shape.pattern} is not a regular expression"
        if not fits:
            return f"the stand-in knows no text that matches the pattern {shape.pattern}"
    if shape.minimum is not None and shape.maximum is not None and shape.minimum > shape.maximum:
        return "minimum is above maximum"
    children = [child for _, child in shape.properties] + list(shape.options)
    children += [shape.items] if shape.items else []
    return next((why for child in children if (why := can_fill(child)) is not None), None)


def fill(shape: Shape, facts: Facts, *, name: str = "", text: str = "") -> object:
    """Make a value of a shape.

    Parameters
    ----------
    shape : Shape
    facts : mapping
        What was found out; looked up by the names of the properties.
    name : str
        Name of the field this value belongs to, empty at the top.
    text : str
        Words sent along; an enumeration takes a member that occurs in them before guessing.
    """
    return _Filler(facts, text).value(shape, find_fact(name, facts) if name else None)


class _Filler:
    def __init__(self, facts: Facts, text: str) -> None:
        self._facts = facts
        self._words = set(words_of(text))

    def value(self, shape: Shape, fact: object) -> object:
        """Bend a fact into a shape; None is no fact."""
        if shape.options:
            return self._option(shape, fact)
        if shape.kind == "object":
            return self._object(shape, fact)
        if shape.kind == "array":
            return self._array(shape, fact)
        if shape.enum:
            return self._member(shape, fact)
        return None if fact is None and shape.nullable else _scalar(shape, fact)

    def _option(self, shape: Shape, fact: object) -> object:
        kinds = [option for option in shape.options if option.kind != "null"]
        if not kinds or (fact is None and len(kinds) < len(shape.options)):
            return None if len(kinds) < len(shape.options) else self.value(shape.options[0], fact)
        wanted = "array" if as_list(fact) is not None else None
        chosen = next((option for option in kinds if option.kind == wanted), kinds[0])
        return self.value(chosen, fact)

    def _object(self, shape: Shape, fact: object) -> dict[str, object]:
        facts = {**self._facts, **(as_mapping(fact) or {})}
        filled: dict[str, object] = {}
        for name, child in shape.properties:
            found = find_fact(name, facts)
            if found is None and name not in shape.required and not _plain(child):
                continue  # an optional list or object nobody knows anything about
            filled[name] = self.value(child, found)
        return filled

    def _array(self, shape: Shape, fact: object) -> list[object] | None:
        if fact is None and shape.nullable:
            return None
        item = shape.items or Shape(kind="string")
        values: list[object] = []
        for one in _listed(fact):
            value = self._member(item, one, strict=True) if item.enum else self.value(item, one)
            if value is not None and value not in values:
                values.append(value)
        if shape.max_items is not None:
            values = values[: shape.max_items]
        return self._padded(shape, item, values)

    def _padded(self, shape: Shape, item: Shape, values: list[object]) -> list[object]:
        solid = replace(item, nullable=False)
        spare = [value for value in item.enum if value not in values]
        while len(values) < shape.min_items:
            values.append(spare.pop(0) if spare else self.value(solid, None))
        return values

    def _member(self, shape: Shape, fact: object, *, strict: bool = False) -> object:
        """Choose the member of an enumeration that is most like the fact, or like the text."""
        for one in _listed(fact):
            best = max(shape.enum, key=lambda member: _likeness(str(member), str(one)))
            if _likeness(str(best), str(one)) >= _LIKE:
                return best
        if strict:
            return None
        if shape.nullable:
            return None
        named = [m for m in shape.enum if (w := set(words_of(str(m)))) and w <= self._words]
        cautious = [m for m in shape.enum if str(m).lower() in _CAUTIOUS]
        return (named or cautious or list(shape.enum))[0]


def _scalar(shape: Shape, fact: object) -> object:
    match shape.kind:
        case "boolean":
            return _truth(fact)
        case "number" | "integer":
            return _number(shape, fact)
        case "null":
            return None
        case _:
            return _string(shape, fact)


def _likeness(member: str, fact: str) -> float:
    if member.lower() == fact.lower():
        return 2.0
    one, other = set(words_of(member)), set(words_of(fact))
    inside = 1.0 if one and other and (one <= other or other <= one) else 0.0
    return max(same_word(member, fact), inside * 0.9)


def _plain(shape: Shape) -> bool:
    return shape.kind not in {"object", "array"}


def _listed(fact: object) -> Sequence[object]:
    if fact is None:
        return ()
    elements = as_list(fact)
    return (fact,) if elements is None else elements


def _truth(fact: object) -> bool:
    if isinstance(fact, str):
        return fact.lower() in {"true", "yes", "1"}
    return bool(fact)


def _number(shape: Shape, fact: object) -> float | int:
    known = next(iter(_listed(fact)), None)
    low = shape.minimum
    high = shape.maximum
    if isinstance(known, int | float):
        value = float(known)
    elif low is not None and high is not None:
        value = (low + high) / 2
    else:
        value = low or min(0.0, high or 0.0)
    value = value if low is None else max(value, low)
    value = value if high is None else min(value, high)
    if shape.kind == "integer":
        return math.floor(value) if high is not None and round(value) > high else math.ceil(value)
    return round(value, 4) if low is None and high is None else value


def _string(shape: Shape, fact: object) -> str:
    first = next(iter(_listed(fact)), None)
    candidates = [] if first is None or as_mapping(first) is not None else [str(first)]
    if shape.format in _FORMATS:
        candidates = [_FORMATS[shape.format]]
    for candidate in (*candidates, *_SAMPLES):
        value = candidate if shape.max_length is None else candidate[: shape.max_length].rstrip()
        if _fits(value.ljust(shape.min_length, "."), shape):
            return value.ljust(shape.min_length, ".")
    return "".ljust(shape.min_length, ".")


def _fits(value: str, shape: Shape) -> bool:
    return shape.pattern is None or re.search(shape.pattern, value) is not None
