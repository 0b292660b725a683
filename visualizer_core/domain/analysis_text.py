"""What catalogue text alone tells about a product or a scene.

Used when no picture could be analysed; callers mark the result as a fallback. The word lists are
data (``kinds.txt``, ``analysis_words.json``) and know English with common German and French words.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from visualizer_core.domain.analysis import (
    HexColour,
    ProductAnalysis,
    SceneAnalysis,
    Surrounding,
)
from visualizer_core.domain.kinds import Kind, find_kind, plain_words, scale_of
from visualizer_core.domain.vocabulary import (
    OUTDOOR_SCENES,
    CameraAngle,
    Lighting,
    Mood,
    Placement,
    SceneType,
    Style,
)

__all__ = ["UNKNOWN_CLASS", "CatalogueText", "product_from_text", "scene_from_text"]

_Meaning = TypeVar("_Meaning", bound=str)

UNKNOWN_CLASS = "item"
"""The generic class of a thing whose text names no kind."""

# Of what no word tells: greys, which harmonise with everything, apart enough not to blend.
_UNKNOWN_COLOUR = "#B8B0A4"
_UNKNOWN_WALL = "#EEEAE2"
_UNKNOWN_ROOMS: list[SceneType] = ["Living Room", "Home Office", "Bedroom"]
_TABLE_TOP_CM = 100.0  # taller things stand on the floor: a "lamp" of 143 cm is a floor lamp
_FLOOR_FROM_CM = 60.0  # an unknown thing this long stands on the floor rather than on a table
_MAX_ROOMS, _MAX_STYLES, _MAX_MOODS, _MAX_COLOURS, _MAX_MATERIALS = 5, 3, 3, 6, 6

# Shop departments, not places: "Home & Garden > Plants".
_DEPARTMENTS = re.compile(r" (?:home|lawn|patio) (?:and )?garden | sports? (?:and )?outdoors? ")


@dataclass(frozen=True, slots=True)
class CatalogueText:
    """What a catalogue says about a product; sizes in cm."""

    name: str
    category: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    width_cm: float | None = None
    depth_cm: float | None = None
    height_cm: float | None = None


class _Words(BaseModel):
    """The tables of ``analysis_words.json``: a word as `plain_words` writes it, to its meaning."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    colours: dict[str, HexColour]
    materials: dict[str, str]
    styles: dict[str, Style]
    rooms: dict[str, SceneType]
    lights: dict[str, Lighting]
    moods: dict[str, Mood]
    angles: dict[str, CameraAngle]


@cache
def _words() -> _Words:
    path = Path(__file__).with_name("analysis_words.json")
    return _Words.model_validate(json.loads(path.read_text(encoding="utf-8")))


@cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = "|".join(sorted(words, key=lambda word: (-len(word), word)))
    return re.compile(rf"(?<= )({longest_first})(?= )")


def _find(table: dict[str, _Meaning], *texts: str) -> list[_Meaning]:
    """Meanings in order of appearance, each once."""
    pattern = _pattern(tuple(table))
    found: dict[_Meaning, None] = {}
    for text in texts:
        plain = _DEPARTMENTS.sub(" ", plain_words(text))
        found |= dict.fromkeys(table[match.group(1)] for match in pattern.finditer(plain))
    return list(found)


def product_from_text(text: CatalogueText) -> ProductAnalysis:
    """The best analysis that words allow; never fails, whatever the text."""
    tags = ", ".join(text.tags)
    kind = find_kind(text.name, text.category, tags, text.description)
    indoor, outdoor, rooms = _places(kind, text)
    words = _words()
    own = (text.name, tags, text.description)
    return ProductAnalysis(
        generic_class=kind.noun if kind else UNKNOWN_CLASS,
        placement=_placement(kind, text),
        indoor=indoor,
        outdoor=outdoor,
        rooms=rooms[:_MAX_ROOMS],
        styles=_find(words.styles, *own)[:_MAX_STYLES] or ["Contemporary"],
        moods=_find(words.moods, *own)[:_MAX_MOODS],
        materials=_find(words.materials, *own)[:_MAX_MATERIALS],
        colours=_find(words.colours, *own)[:_MAX_COLOURS] or [_UNKNOWN_COLOUR],
        scale=scale_of(text.width_cm, text.depth_cm, text.height_cm)
        or (kind.scale if kind else "medium"),
        summary="Derived from the catalogue's text; no picture was read.",
    )


def _placement(kind: Kind | None, text: CatalogueText) -> Placement:
    sides = [side for side in (text.width_cm, text.depth_cm, text.height_cm) if side]
    if kind is None:
        return "floor" if max(sides, default=0) >= _FLOOR_FROM_CM else "surface"
    if kind.placement == "surface" and (text.height_cm or 0) > _TABLE_TOP_CM:
        return "floor"
    return kind.placement


def _places(kind: Kind | None, text: CatalogueText) -> tuple[bool, bool, list[SceneType]]:
    """Whether it may be indoors and outdoors, and its rooms, best first."""
    rooms = _words().rooms
    department = _find(rooms, text.category, ", ".join(text.tags))
    named = _find(rooms, text.name, text.category, ", ".join(text.tags))
    mentioned = _find(rooms, text.description)
    usual = list(kind.rooms) if kind else _UNKNOWN_ROOMS
    # A department speaks of the thing; a word in a name may be fancy ("garden necklace").
    only_outdoors = bool(department) and department[0] in OUTDOOR_SCENES and not _both(kind)
    indoor = (kind.indoor if kind else True) and not only_outdoors
    outdoor = (kind.outdoor if kind else False) or not OUTDOOR_SCENES.isdisjoint(named + mentioned)
    order: list[SceneType] = [*named, *usual, *mentioned]
    fitting: list[SceneType] = [
        room for room in order if (outdoor if room in OUTDOOR_SCENES else indoor)
    ]
    return indoor, outdoor, _once(fitting) or usual


def _once(rooms: list[SceneType]) -> list[SceneType]:
    return [room for at, room in enumerate(rooms) if room not in rooms[:at]]


def _both(kind: Kind | None) -> bool:
    return kind is not None and kind.indoor and kind.outdoor


def scene_from_text(*texts: str) -> SceneAnalysis:
    """The best scene description that words allow; never fails.

    Parameters
    ----------
    *texts : str
        Most telling first: a person's description, a room type, the file's name.
    """
    words = _words()
    scene_type = _scene_type(*texts)
    outdoor = scene_type in OUTDOOR_SCENES
    lights = _find(words.lights, *texts)
    angles = _find(words.angles, *texts)
    free_floor, surroundings = _fullness(*texts)
    return SceneAnalysis(
        scene_type=scene_type,
        indoor=not outdoor,
        styles=_find(words.styles, *texts)[:_MAX_STYLES] or ["Contemporary"],
        lighting=lights[0] if lights else _usual_light(scene_type),
        camera_angle=angles[0] if angles else "Eye Level",
        moods=_find(words.moods, *texts)[:_MAX_MOODS],
        colours=_find(words.colours, *texts)[:_MAX_COLOURS] or [_UNKNOWN_WALL],
        materials=_find(words.materials, *texts)[:_MAX_MATERIALS],
        surroundings=surroundings,
        free_floor=free_floor,
        summary="Derived from the picture's name and description; the picture was not read.",
    )


def _scene_type(*texts: str) -> SceneType:
    for text in texts:
        if named := _find(_words().rooms, text):
            return named[0]
        if kind := find_kind(text):
            return kind.rooms[0]
    return "Living Room"


def _usual_light(scene_type: SceneType) -> Lighting:
    return "Studio Soft Light" if scene_type == "Studio Set" else "Natural Daylight"


def _fullness(*texts: str) -> tuple[float, Surrounding]:
    """Share of free floor and how much stands around."""
    plain = " ".join(plain_words(text) for text in texts)
    if " empty " in plain:
        return 0.6, "None"
    if " cluttered " in plain or " gallery " in plain:
        return 0.15, "Lifestyle"
    return 0.3, "Minimal"
