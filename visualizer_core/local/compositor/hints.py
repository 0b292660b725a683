"""Words that give away a room, a material, a style, a light."""

import re
from functools import lru_cache
from importlib.resources import files

__all__ = ["all_named", "first_named", "materials_by_kind", "styles_of"]

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

# Styles by warmth (0-1) where no word names one.
_BY_WARMTH: tuple[tuple[float, list[str]], ...] = (
    (0.66, ["Rustic / Natural", "Mid-Century"]),
    (0.56, ["Scandinavian", "Contemporary"]),
    (-1.0, ["Modern Minimalist", "Contemporary"]),
)


@lru_cache(maxsize=1)
def _table() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    text = (files("visualizer_core.local.compositor") / "hints.txt").read_text(encoding="utf-8")
    table: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        group, name, words = (cell.strip() for cell in line.split("|"))
        either = "|".join(word.strip() for word in words.split(","))
        table.setdefault(group, []).append((name, re.compile(rf" (?:{either})(?:s|es|n|en)? ")))
    return table


def all_named(group: str, words: str) -> list[str]:
    """Names of a group whose words occur in a text, earliest first.

    Parameters
    ----------
    group : str
        ``room``, ``material``, ``style``, ``lighting``, ``camera`` or ``mood``.
    words : str
        Prepared by `lexicon.plain_words`.
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
    return next(list(styles) for least, styles in _BY_WARMTH if warmth > least)
