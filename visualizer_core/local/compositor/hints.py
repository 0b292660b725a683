"""Words that give away a room, a material, a style, a light; and what colours are called."""

import re
from functools import lru_cache
from importlib.resources import files

import numpy as np

__all__ = [
    "all_named",
    "colour_name",
    "first_named",
    "materials_by_kind",
    "mood_of",
    "scheme_of",
    "styles_of",
]

Lab = tuple[float, float, float]

_BY_CATEGORY: dict[str, list[str]] = {
    "Seating": ["fabric", "wood"],
    "Outdoor seating": ["rattan", "metal"],
    "Tables": ["wood"],
    "Outdoor tables": ["metal"],
    "Storage": ["wood"],
    "Beds": ["wood", "fabric"],
    "Lighting": ["metal", "glass"],
    "Textiles": ["fabric"],
    "Clothing": ["fabric"],
    "Footwear": ["leather"],
    "Plants": ["plant", "ceramic"],
    "Tableware": ["ceramic"],
    "Bathroom": ["ceramic"],
    "Electronics": ["plastic", "metal"],
    "Kitchen appliances": ["metal", "plastic"],
    "Large appliances": ["metal"],
}

# Chroma below this is seen as grey.
_GREY = 7.0
_HUES: tuple[tuple[float, str], ...] = (
    (20.0, "pink"),
    (50.0, "red"),
    (72.0, "orange"),
    (105.0, "yellow"),
    (168.0, "green"),
    (230.0, "teal"),
    (298.0, "blue"),
    (335.0, "purple"),
    (360.0, "pink"),
)


@lru_cache(maxsize=1)
def _table() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    text = (files(__package__) / "hints.txt").read_text(encoding="utf-8")
    table: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        group, name, words = (cell.strip() for cell in line.split("|"))
        either = "|".join(word.strip() for word in words.split(","))
        table.setdefault(group, []).append((name, re.compile(rf" (?:{either})(?:s|es|n|en)? ")))
    return table


def all_named(group: str, words: str) -> list[str]:
    """Every name of a group (``room``, ``material``, ``style``, ``lighting``, ``camera``, ``mood``)
    whose words occur in text prepared by `lexicon.plain_words`, earliest first.
    """
    found = [
        (hit.start(), name) for name, pattern in _table()[group] if (hit := pattern.search(words))
    ]
    return [name for _, name in sorted(found, key=lambda pair: pair[0])]


def first_named(group: str, words: str) -> str | None:
    """The name of a group that occurs first in prepared text."""
    found = all_named(group, words)
    return found[0] if found else None


def materials_by_kind(category: str) -> list[str]:
    """Usual materials of a family of things."""
    return _BY_CATEGORY.get(category, ["mixed materials"])


def styles_of(words: str, category: str, warmth: float) -> list[str]:
    """Styles the words name; else one that suits the family and the colours."""
    named = all_named("style", words)
    if named:
        return named
    if category.startswith("Outdoor") or category == "Garden":
        return ["Coastal / Mediterranean", "Rustic / Natural"]
    if warmth > 0.66:
        return ["Rustic / Natural", "Mid-Century"]
    if warmth > 0.56:
        return ["Scandinavian", "Contemporary"]
    return ["Modern Minimalist", "Contemporary"]


def mood_of(brightness: float, warmth: float, style: str) -> str:
    """A mood that brightness, warmth (0-1) and style suggest."""
    if style.startswith("Luxury"):
        return "Elegant"
    if brightness < 0.32:
        return "Dramatic" if warmth < 0.55 else "Sophisticated"
    if warmth > 0.6:
        return "Cozy"
    return "Fresh & Airy" if brightness > 0.68 else "Calm"


def colour_name(lab: Lab) -> str:
    """An everyday English name."""
    lightness, a, b = lab
    chroma = float(np.hypot(a, b))
    if chroma < _GREY:
        return _grey_name(lightness, b)
    hue = float(np.degrees(np.arctan2(b, a))) % 360.0
    name = next(label for limit, label in _HUES if hue <= limit)
    if name in ("orange", "yellow") and chroma < 22.0 and lightness > 55.0:
        return "beige" if lightness < 86.0 else "cream"
    if name in ("orange", "red", "yellow") and lightness < 52.0 and chroma < 48.0:
        return "brown" if lightness > 22.0 else "dark brown"
    if lightness < 28.0:
        return f"dark {name}"
    return f"light {name}" if lightness > 80.0 and chroma < 40.0 else name


def _grey_name(lightness: float, b: float) -> str:
    if lightness > 92.0:
        return "white"
    if lightness > 80.0:
        return "off-white" if b > 2.0 else "light grey"
    if lightness > 45.0:
        return "grey"
    return "charcoal" if lightness > 16.0 else "black"


def scheme_of(colours: list[tuple[Lab, float]]) -> str:
    """The vocabulary's colour scheme nearest to a palette of Lab values and shares."""
    if not colours:
        return "Neutral"
    shares = np.array([share for _, share in colours])
    labs = np.array([lab for lab, _ in colours])
    mean = (labs * shares[:, None]).sum(axis=0) / shares.sum()
    chroma = float((np.hypot(labs[:, 1], labs[:, 2]) * shares).sum() / shares.sum())
    lightness, a, b = (float(value) for value in mean)
    if chroma > 38.0:
        return "Vibrant Pop"
    if chroma < 6.0:
        spread = float(labs[:, 0].max() - labs[:, 0].min())
        if spread > 70.0 and lightness < 75.0:
            return "High-Contrast B&W"
        return "Scandinavian Whites" if lightness > 72.0 else "Industrial Greys"
    if a < -6.0:
        return "Emerald & Gold"
    if b < -3.0:
        return "Cool Slate & Blues"
    if b > 9.0 and lightness < 72.0:
        return "Warm Earth Tones"
    return "Soft Pastels" if lightness > 74.0 and chroma > 12.0 else "Neutral"
