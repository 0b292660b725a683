"""Facts about a product or a room: those of the compositor, and what follows from them."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Literal

from visualizer_core.errors import InvalidInput
from visualizer_core.local.compositor import analyse_product, analyse_scene
from visualizer_core.local.compositor.lexicon import find_kind
from visualizer_core.local.standin.briefing import brief_of
from visualizer_core.local.standin.loose import as_list, as_mapping

__all__ = ["Subject", "look", "telling_words"]

Subject = Literal["product", "scene"]

_SIZES_CM = ((12.0, "tiny"), (45.0, "small"), (110.0, "medium"), (200.0, "large"))
_FIELDS = ("name", "title", "product_name", "category", "type", "tags", "materials", "description")
_LINE = re.compile(
    r"(?im)^[\s\-*]*(?:(?:product|file)[ _])?(name|title|category|type|tags|materials?|description)"
    r"\s*[:=]\s*(.+)$"
)
_PREFERRED = ("name", "title", "category", "type", "tags", "material", "materials", "description")


def look(subject: Subject, image: bytes | None, text: str) -> dict[str, object] | None:
    """Find out everything about a picture; runs in a drawing process.

    Parameters
    ----------
    subject : str
        ``product`` or ``scene``.
    image : bytes or None
    text : str
        Words of the request that belong to it.

    Returns
    -------
    dict or None
        None when the picture cannot be analysed.
    """
    words = telling_words(text)
    try:
        if subject == "scene" and image is not None:
            facts = analyse_scene(image, words)
        else:
            facts = analyse_product(image, words)
    except InvalidInput:  # errors with a code do not survive the way back between processes
        return None
    return {**facts, **_derived(subject, facts, text, words)}


def telling_words(text: str) -> str:
    """Take name, category and description out of a request, the name first.

    They may stand in a JSON object or on lines ``name: …``; else the whole text is taken.
    """
    found: dict[str, str] = {}
    for block in _json_blocks(text):
        for name in _FIELDS:
            if name in block and name not in found:
                found[name] = _plain(block[name])
    for line in _LINE.finditer(text):
        found.setdefault(line[1].lower(), line[2].strip(" \t\"',"))
    ordered = sorted(found, key=_rank)
    return "\n".join(found[name] for name in ordered if found[name]) or text


def _rank(name: str) -> int:
    return _PREFERRED.index(name) if name in _PREFERRED else 0


def _json_blocks(text: str) -> Iterator[Mapping[str, object]]:
    decoder = json.JSONDecoder()
    start = text.find("{")
    while start >= 0:
        try:
            value, end = decoder.raw_decode(text, start)
        except ValueError:
            end = start + 1
        else:
            if (block := as_mapping(value)) is not None:
                yield block
        start = text.find("{", end)


def _plain(value: object) -> str:
    elements = as_list(value)
    if elements is not None:
        return ", ".join(str(element) for element in elements)
    return "" if value is None else str(value)


def _derived(
    subject: Subject, facts: Mapping[str, object], text: str, words: str
) -> dict[str, object]:
    place = facts.get("indoor_outdoor")
    uncertainty = facts.get("uncertainty", 0.2)
    doubt = float(uncertainty) if isinstance(uncertainty, int | float) else 0.2
    derived: dict[str, object] = {
        "indoor": place in {"indoor", "both"},
        "outdoor": place in {"outdoor", "both"},
        "confidence": round(1.0 - doubt, 2),
        "has_text": False,
        "people": False,
        "summary": _summary(subject, facts),
    }
    if subject == "product":
        derived["scale"] = _scale(text, words)
    return derived


def _summary(subject: Subject, facts: Mapping[str, object]) -> str:
    colours = as_list(facts.get("color_names")) or ()
    colour = f"{colours[0]} " if colours else ""
    style = str(facts.get("style", "")).lower()
    if subject == "scene":
        return f"A {style} {str(facts.get('scene_type', 'room')).lower()} in {colour}tones."
    materials = as_list(facts.get("materials")) or ()
    made_of = f" of {materials[0]}" if materials else ""
    return f"A {colour}{facts.get('noun', 'item')}{made_of}, {style} in style."


def _scale(text: str, words: str) -> str:
    """Size class by the sizes in the text, else by what such a thing usually measures."""
    brief = brief_of(text)
    sizes = [brief.width_cm, brief.depth_cm, brief.height_cm]
    given = [size for size in sizes if size is not None]
    longest = max(given or find_kind(*words.splitlines()).kind.size_cm)
    return next((word for limit, word in _SIZES_CM if longest < limit), "very large")
