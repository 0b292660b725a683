"""Which fact answers which question: names of schema fields and of facts meet in concepts.

A schema may call the colours ``dominant_colors``, ``palette`` or ``colours``; the pixel analysis
has one name for them. Both sides are looked up here, so that any schema is answered from facts.
"""

import re
from collections.abc import Mapping

__all__ = ["Facts", "concept_of", "find_fact", "same_word", "words_of"]

Facts = Mapping[str, object]

_CONCEPTS: dict[str, str] = {
    "colours": (
        "colours colors dominant_colours dominant_colors palette colour_palette color_palette "
        "main_colours main_colors hex_colours hex_colors colour_hex color_hex"
    ),
    "colour": "colour color main_colour main_color primary_colour primary_color dominant_colour "
    "dominant_color accent_colour accent_color",
    "colour_names": "colour_names color_names colour_name color_name",
    "noun": (
        "generic_class generic_noun noun product_type object_type item_type kind class "
        "product_class subject object name_generic"
    ),
    "category": "category product_category family",
    "placement": "placement mounting placed mount position stands where_it_stands",
    "rooms": "rooms room_types suitable_rooms scene_types recommended_rooms",
    "scene_type": "scene_type room_type room scene space setting environment",
    "styles": "styles style design_style interior_style style_tags aesthetic",
    "moods": "moods mood atmosphere feeling",
    "materials": "materials material surface_materials finishes finish",
    "lighting": "lighting light light_type illumination lighting_type",
    "camera_angle": "camera_angle camera angle viewpoint view perspective shot",
    "scale": "scale scale_hint size_class relative_size",
    "has_text": "has_text text_visible text_or_logo has_logo logo",
    "background": "background background_type backdrop",
    "summary": "summary description caption short_description alt_text overview",
    "surroundings": "surroundings surrounding styling clutter decoration_level",
    "props": "props objects accessories items_present visible_objects decor",
    "free_floor": "free_floor floor_share free_floor_share open_floor empty_floor",
    "brightness": "brightness luminance exposure lightness",
    "contrast": "contrast",
    "indoor": "indoor indoors is_indoor inside interior",
    "outdoor": "outdoor outdoors is_outdoor outside exterior",
    "confidence": "confidence certainty score probability",
    "width_cm": "width_cm width",
    "depth_cm": "depth_cm depth",
    "height_cm": "height_cm height",
    "people": "people human_presence humans has_people person",
}
_BY_NAME = {name: concept for concept, names in _CONCEPTS.items() for name in names.split()}
# One answers for the other when the fact itself is missing.
_NEAR: dict[str, tuple[str, ...]] = {
    "colour": ("colours",),
    "colours": ("colour",),
    "noun": ("category",),
    "category": ("noun",),
    "scene_type": ("rooms",),
    "rooms": ("scene_type",),
    "summary": ("noun", "scene_type"),
}
_OPPOSITES = {"indoor": "outdoor", "outdoor": "indoor"}
_PLURAL = re.compile(r"(?<=[a-rt-z0-9]{2})s$")
_SNAKE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def concept_of(name: str) -> str | None:
    """Concept a field's name stands for, None when the name is not known."""
    return _BY_NAME.get(_SNAKE.sub("_", name).lower())


def words_of(text: str) -> tuple[str, ...]:
    """Lower-case words of a name or phrase, plurals cut: ``dominantColors``, ``Living Rooms``."""
    spaced = _SNAKE.sub(" ", text).lower()
    return tuple(_PLURAL.sub("", word) for word in re.findall(r"[a-z0-9]+", spaced))


def same_word(one: str, other: str) -> float:
    """Likeness of two phrases by their words, 0 to 1; British and American spellings agree."""
    a, b = (
        {word.replace("colour", "color").replace("cosy", "cozy") for word in words_of(text)}
        for text in (one, other)
    )
    return len(a & b) / len(a | b) if a and b else 0.0


def find_fact(name: str, facts: Facts) -> object | None:
    """Find the fact that answers a field.

    Parameters
    ----------
    name : str
        Name of the schema's property, in any casing.
    facts : mapping
        What the analysis of pixels and words found out.
    """
    known = {_SNAKE.sub("_", key).lower(): value for key, value in facts.items()}
    asked = _SNAKE.sub("_", name).lower()
    if known.get(asked) is not None:
        return known[asked]
    by_concept = {_BY_NAME.get(key, key): value for key, value in known.items()}
    concept = _BY_NAME.get(asked)
    for candidate in (concept, *_NEAR.get(concept or "", ())):
        if candidate is not None and by_concept.get(candidate) is not None:
            return by_concept[candidate]
    opposite = by_concept.get(_OPPOSITES.get(concept or "", ""))
    if isinstance(opposite, bool):
        return not opposite
    return _nearest(asked, known)


def _nearest(asked: str, known: Facts) -> object | None:
    """Fall back on the fact whose name shares at least half of its words."""
    scored = [(same_word(asked, key), key) for key, value in known.items() if value is not None]
    best, key = max(scored, default=(0.0, ""))
    return known[key] if best >= 0.5 else None  # noqa: PLR2004  # half of all words
