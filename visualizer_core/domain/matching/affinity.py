"""How well words of the vocabulary go together: rooms, styles, camera angles.

The figures are judgements, not measurements: 1 is the same, `UNRELATED` is what a pair gets that
nobody listed. They are symmetric.
"""

from collections.abc import Mapping, Sequence

from visualizer_core.domain.vocabulary import (
    CAMERA_ANGLES,
    SCENE_TYPES,
    STYLES,
    CameraAngle,
    SceneType,
    Style,
)

__all__ = ["SUITING_ROOM", "camera_table", "room_table", "style_table"]

SUITING_ROOM = 0.4
"""A room at least this near to one a product belongs in is no mistake to show it in."""

_UNRELATED_ROOMS = 0.1
_ROOMS: Mapping[tuple[SceneType, SceneType], float] = {
    ("Living Room", "Hotel Lobby"): 0.8,
    ("Living Room", "Dining Room"): 0.6,
    ("Living Room", "Bedroom"): 0.5,
    ("Living Room", "Home Office"): 0.5,
    ("Living Room", "Cafe"): 0.4,
    ("Living Room", "Entryway"): 0.45,
    ("Living Room", "Kids Room"): 0.4,
    ("Bedroom", "Kids Room"): 0.6,
    ("Bedroom", "Home Office"): 0.4,
    ("Bedroom", "Hotel Lobby"): 0.3,
    ("Dining Room", "Kitchen"): 0.7,
    ("Dining Room", "Cafe"): 0.7,
    ("Kitchen", "Cafe"): 0.5,
    ("Entryway", "Hotel Lobby"): 0.5,
    ("Entryway", "Home Office"): 0.3,
    ("Cafe", "Hotel Lobby"): 0.6,
    ("Outdoor Patio", "Garden"): 0.85,
    ("Outdoor Patio", "Rooftop Terrace"): 0.85,
    ("Outdoor Patio", "Poolside Deck"): 0.75,
    ("Outdoor Patio", "Beach"): 0.4,
    ("Garden", "Rooftop Terrace"): 0.6,
    ("Garden", "Poolside Deck"): 0.6,
    ("Rooftop Terrace", "Poolside Deck"): 0.65,
    ("Poolside Deck", "Beach"): 0.7,
}
_STUDIO = 0.55  # a studio set suits anything, and nothing in particular

_UNRELATED_STYLES = 0.3
_STYLES: Mapping[tuple[Style, Style], float] = {
    ("Modern Minimalist", "Scandinavian"): 0.8,
    ("Modern Minimalist", "Japandi"): 0.8,
    ("Modern Minimalist", "Contemporary"): 0.8,
    ("Modern Minimalist", "Futuristic / Tech"): 0.55,
    ("Modern Minimalist", "Industrial Loft"): 0.5,
    ("Scandinavian", "Japandi"): 0.9,
    ("Scandinavian", "Mid-Century"): 0.7,
    ("Scandinavian", "Contemporary"): 0.7,
    ("Scandinavian", "Rustic / Natural"): 0.55,
    ("Scandinavian", "Coastal / Mediterranean"): 0.55,
    ("Industrial Loft", "Contemporary"): 0.6,
    ("Industrial Loft", "Vintage / Retro"): 0.6,
    ("Industrial Loft", "Rustic / Natural"): 0.5,
    ("Mid-Century", "Contemporary"): 0.65,
    ("Mid-Century", "Vintage / Retro"): 0.75,
    ("Mid-Century", "Japandi"): 0.5,
    ("Contemporary", "Japandi"): 0.65,
    ("Contemporary", "Luxury / Premium"): 0.7,
    ("Contemporary", "Futuristic / Tech"): 0.55,
    ("Contemporary", "Eclectic"): 0.55,
    ("Contemporary", "Coastal / Mediterranean"): 0.5,
    ("Contemporary", "Traditional"): 0.45,
    ("Traditional", "Luxury / Premium"): 0.65,
    ("Traditional", "Vintage / Retro"): 0.65,
    ("Traditional", "Rustic / Natural"): 0.6,
    ("Rustic / Natural", "Bohemian"): 0.6,
    ("Rustic / Natural", "Coastal / Mediterranean"): 0.6,
    ("Rustic / Natural", "Japandi"): 0.55,
    ("Bohemian", "Eclectic"): 0.8,
    ("Bohemian", "Coastal / Mediterranean"): 0.55,
    ("Bohemian", "Vintage / Retro"): 0.55,
    ("Vintage / Retro", "Eclectic"): 0.7,
    ("Luxury / Premium", "Artistic Conceptual"): 0.5,
    ("Eclectic", "Artistic Conceptual"): 0.7,
    ("Futuristic / Tech", "Artistic Conceptual"): 0.55,
}

_UNRELATED_ANGLES = 0.5
_ANGLES: Mapping[tuple[CameraAngle, CameraAngle], float] = {
    ("Front", "Eye Level"): 0.95,
    ("Front", "3/4 View"): 0.8,
    ("Front", "Wide Shot"): 0.9,
    ("Front", "Side"): 0.55,
    ("Front", "Low Angle"): 0.65,
    ("Front", "Top-Down"): 0.15,
    ("3/4 View", "Eye Level"): 0.95,
    ("3/4 View", "Wide Shot"): 0.9,
    ("3/4 View", "Side"): 0.7,
    ("3/4 View", "Low Angle"): 0.7,
    ("3/4 View", "Top-Down"): 0.25,
    ("Side", "Eye Level"): 0.85,
    ("Side", "Wide Shot"): 0.8,
    ("Side", "Top-Down"): 0.15,
    ("Eye Level", "Wide Shot"): 0.95,
    ("Eye Level", "Low Angle"): 0.7,
    ("Eye Level", "Top-Down"): 0.2,
    ("Low Angle", "Wide Shot"): 0.7,
    ("Low Angle", "Top-Down"): 0.1,
    ("Close-Up", "Wide Shot"): 0.3,
    ("Top-Down", "Wide Shot"): 0.3,
}


def _table(
    words: Sequence[str], pairs: Mapping[tuple[str, str], float], unrelated: float
) -> list[list[float]]:
    both_ways = {**pairs} | {(right, left): value for (left, right), value in pairs.items()}
    return [
        [1.0 if left == right else both_ways.get((left, right), unrelated) for right in words]
        for left in words
    ]


def room_table() -> list[list[float]]:
    """Affinity of every scene type to every other, in the order of `SCENE_TYPES`."""
    studio: dict[tuple[str, str], float] = {
        ("Studio Set", room): _STUDIO for room in SCENE_TYPES if room != "Studio Set"
    }
    return _table(SCENE_TYPES, {**_ROOMS, **studio}, _UNRELATED_ROOMS)


def style_table() -> list[list[float]]:
    """Affinity of every style to every other, in the order of `STYLES`."""
    return _table(STYLES, {**_STYLES}, _UNRELATED_STYLES)


def camera_table() -> list[list[float]]:
    """How well a photo from one angle can be shown from another, in `CAMERA_ANGLES` order."""
    return _table(CAMERA_ANGLES, {**_ANGLES}, _UNRELATED_ANGLES)
