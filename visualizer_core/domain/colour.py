"""Colours as people see them: CIE Lab (D65), differences, and the words for a palette.

Formulas: sRGB to linear light to XYZ to Lab as in IEC 61966-2-1 and CIE 15; the difference is
CIE76, which is exact enough for palettes of six.
"""

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

__all__ = ["Lab", "chroma", "difference", "distinct", "lab", "scheme"]

_WHITE = (0.95047, 1.0, 1.08883)  # D65
_DISTINCT = 12.0  # below this difference two colours of a palette read as one
_NEUTRAL_CHROMA = 12.0  # below this a colour reads as grey, white or black
_VIVID_CHROMA = 50.0  # from here a colour reads as bright
_PASTEL_LIGHTNESS = 75.0
_WHITES_LIGHTNESS = 80.0
_BLACK_WHITE_SPREAD = 60.0  # lightness between the darkest and the lightest


class Lab(NamedTuple):
    """Lightness 0-100 and two colour axes, about -100 to 100."""

    lightness: float
    a: float
    b: float


def _linear(channel: int) -> float:
    value = channel / 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4  # noqa: PLR2004  # IEC 61966-2-1


def _curve(value: float) -> float:
    return value ** (1 / 3) if value > 216 / 24389 else value * 841 / 108 + 4 / 29


@lru_cache(maxsize=4096)
def lab(hex_colour: str) -> Lab:
    """Convert ``#RRGGBB``."""
    red, green, blue = (_linear(int(hex_colour[at : at + 2], 16)) for at in (1, 3, 5))
    x = _curve((0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / _WHITE[0])
    y = _curve((0.2126729 * red + 0.7151522 * green + 0.0721750 * blue) / _WHITE[1])
    z = _curve((0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / _WHITE[2])
    return Lab(116 * y - 16, 500 * (x - y), 200 * (y - z))


def chroma(colour: Lab) -> float:
    """How far from grey."""
    return math.hypot(colour.a, colour.b)


def difference(one: str, other: str) -> float:
    """Distance of two hex colours in Lab; about 2 is just noticeable."""
    return math.dist(lab(one), lab(other))


def distinct(weighted: Iterable[tuple[str, float]], size: int) -> tuple[str, ...]:
    """The `size` strongest colours that look different.

    Parameters
    ----------
    weighted : iterable of (hex colour, weight)
        Colours that look alike add their weights; the first heaviest of them stands for all.
    size : int
        How many at most.
    """
    totals: dict[str, float] = {}
    for colour, weight in weighted:
        totals[colour.upper()] = totals.get(colour.upper(), 0.0) + weight
    groups: list[tuple[str, float]] = []
    for colour, weight in sorted(totals.items(), key=lambda item: (-item[1], item[0])):
        for at, (leader, sum_so_far) in enumerate(groups):
            if difference(colour, leader) < _DISTINCT:
                groups[at] = (leader, sum_so_far + weight)
                break
        else:
            groups.append((colour, weight))
    groups.sort(key=lambda item: (-item[1], item[0]))
    return tuple(colour for colour, _ in groups[:size])


def scheme(colours: Sequence[str]) -> str:
    """The colour scheme of the vocabulary that fits best, the first colour counting most."""
    if not colours:
        return "Neutral"
    points = [lab(colour) for colour in colours]
    weights = [1 / (rank + 1) for rank in range(len(points))]
    total = sum(weights)
    lightness = sum(point.lightness * weight for point, weight in zip(points, weights, strict=True))
    mean_chroma = sum(chroma(point) * weight for point, weight in zip(points, weights, strict=True))
    spread = max(point.lightness for point in points) - min(point.lightness for point in points)
    if mean_chroma / total < _NEUTRAL_CHROMA:
        return _grey_scheme(lightness / total, spread)
    return _hued_scheme(max(points, key=chroma), lightness / total, mean_chroma / total)


def _grey_scheme(lightness: float, spread: float) -> str:
    if spread >= _BLACK_WHITE_SPREAD:
        return "High-Contrast B&W"
    if lightness >= _WHITES_LIGHTNESS:
        return "Scandinavian Whites"
    return "Neutral" if lightness >= 60 else "Industrial Greys"  # noqa: PLR2004  # mid grey and up


def _hued_scheme(strongest: Lab, lightness: float, mean_chroma: float) -> str:
    if mean_chroma >= _VIVID_CHROMA:
        return "Vibrant Pop"
    if lightness >= _PASTEL_LIGHTNESS:
        return "Soft Pastels"
    hue = math.degrees(math.atan2(strongest.b, strongest.a)) % 360
    for up_to, name in (
        (110, "Warm Earth Tones"),
        (190, "Emerald & Gold"),
        (300, "Cool Slate & Blues"),
    ):
        if hue < up_to:
            return name
    return "Warm Earth Tones"
