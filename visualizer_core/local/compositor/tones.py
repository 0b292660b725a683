"""What colours and light are called: tables of ranges, the first row that fits names it."""

import numpy as np

__all__ = ["colour_name", "lighting_of", "mood_of", "room_by_tone", "scheme_of", "surroundings_of"]

Lab = tuple[float, float, float]
Band = tuple[float, float]

_ANY: Band = (-1e9, 1e9)

# Hue in degrees up to which a name holds.
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
# Chroma below this is seen as grey; then lightness and b name it.
_GREY = 7.0
_GREYS: tuple[tuple[str, Band, Band], ...] = (
    ("white", (92.0, 101.0), _ANY),
    ("off-white", (80.0, 92.0), (2.0, 1e9)),
    ("light grey", (80.0, 92.0), _ANY),
    ("grey", (45.0, 80.0), _ANY),
    ("charcoal", (16.0, 45.0), _ANY),
    ("black", _ANY, _ANY),
)
# Hues with names of their own when pale or dark: hues, lightness, chroma.
_SPECIAL: tuple[tuple[str, tuple[str, ...], Band, Band], ...] = (
    ("beige", ("orange", "yellow"), (55.0, 86.0), (0.0, 22.0)),
    ("cream", ("orange", "yellow"), (86.0, 101.0), (0.0, 22.0)),
    ("brown", ("orange", "red", "yellow"), (22.0, 52.0), (0.0, 48.0)),
    ("dark brown", ("orange", "red", "yellow"), (-1.0, 22.0), (0.0, 48.0)),
)
_DARK: Band = (-1.0, 28.0)
_PALE: tuple[Band, Band] = ((80.0, 101.0), (0.0, 40.0))

# Colour schemes of the vocabulary: mean chroma, lightness, a, b, spread of lightness.
_SCHEMES: tuple[tuple[str, tuple[Band, Band, Band, Band, Band]], ...] = (
    ("Vibrant Pop", ((38.0, 1e9), _ANY, _ANY, _ANY, _ANY)),
    ("High-Contrast B&W", ((0.0, 6.0), (0.0, 75.0), _ANY, _ANY, (70.0, 1e9))),
    ("Scandinavian Whites", ((0.0, 6.0), (72.0, 101.0), _ANY, _ANY, _ANY)),
    ("Industrial Greys", ((0.0, 6.0), _ANY, _ANY, _ANY, _ANY)),
    ("Emerald & Gold", (_ANY, _ANY, (-1e9, -6.0), _ANY, _ANY)),
    ("Cool Slate & Blues", (_ANY, _ANY, _ANY, (-1e9, -3.0), _ANY)),
    ("Warm Earth Tones", (_ANY, (0.0, 72.0), _ANY, (9.0, 1e9), _ANY)),
    ("Soft Pastels", ((12.0, 38.0), (74.0, 101.0), _ANY, _ANY, _ANY)),
)

# Brightness and warmth, 0-1.
_MOODS: tuple[tuple[str, Band, Band], ...] = (
    ("Dramatic", (0.0, 0.32), (0.0, 0.55)),
    ("Sophisticated", (0.0, 0.32), _ANY),
    ("Cozy", _ANY, (0.6, 1.01)),
    ("Fresh & Airy", (0.68, 1.01), _ANY),
    ("Calm", _ANY, _ANY),
)
_LIGHTS_INDOORS: tuple[tuple[str, Band, Band], ...] = (
    ("Warm Evening", (0.0, 0.35), (0.55, 1.01)),
    ("Dramatic Side Light", (0.0, 0.35), _ANY),
    ("Candlelight / Warm Interior", (0.35, 0.5), (0.68, 1.01)),
    ("Morning Light", _ANY, (0.68, 1.01)),
    ("Natural Daylight", _ANY, _ANY),
)
_LIGHTS_OUTDOORS: tuple[tuple[str, Band, Band], ...] = (
    ("Golden Hour", _ANY, (0.66, 1.01)),
    ("Bright Noon", _ANY, _ANY),
)
# Share of green, share of sky, mean lightness, mean b.
_ROOMS: tuple[tuple[str, tuple[Band, Band, Band, Band]], ...] = (
    ("Garden", ((0.4, 1.01), _ANY, _ANY, _ANY)),
    ("Outdoor Patio", ((0.18, 0.4), _ANY, _ANY, _ANY)),
    ("Outdoor Patio", (_ANY, (0.35, 1.01), _ANY, _ANY)),
    ("Kitchen", (_ANY, _ANY, (72.0, 101.0), (-1e9, 2.0))),
    ("Living Room", (_ANY, _ANY, _ANY, _ANY)),
)
_CLUTTER: tuple[tuple[str, Band], ...] = (
    ("Minimal", (0.0, 0.2)),
    ("Styled", (0.2, 0.42)),
    ("Lifestyle", _ANY),
)


def _within(value: float, band: Band) -> bool:
    return band[0] <= value < band[1]


def colour_name(lab: Lab) -> str:
    """An everyday English name."""
    lightness, a, b = lab
    chroma = float(np.hypot(a, b))
    if chroma < _GREY:
        return next(
            n for n, light, warm in _GREYS if _within(lightness, light) and _within(b, warm)
        )
    turn = float(np.degrees(np.arctan2(b, a))) % 360.0
    hue = next(name for limit, name in _HUES if turn <= limit)
    for name, hues, light, strength in _SPECIAL:
        if hue in hues and _within(lightness, light) and _within(chroma, strength):
            return name
    if _within(lightness, _DARK):
        return f"dark {hue}"
    pale = _within(lightness, _PALE[0]) and _within(chroma, _PALE[1])
    return f"light {hue}" if pale else hue


def scheme_of(colours: list[tuple[Lab, float]]) -> str:
    """The vocabulary's colour scheme nearest to a palette of Lab values and shares."""
    if not colours:
        return "Neutral"
    shares = np.array([share for _, share in colours])
    labs = np.array([lab for lab, _ in colours])
    mean = (labs * shares[:, None]).sum(axis=0) / shares.sum()
    chroma = float((np.hypot(labs[:, 1], labs[:, 2]) * shares).sum() / shares.sum())
    spread = float(labs[:, 0].max() - labs[:, 0].min())
    told = (chroma, float(mean[0]), float(mean[1]), float(mean[2]), spread)
    return next(
        (
            name
            for name, bands in _SCHEMES
            if all(_within(value, band) for value, band in zip(told, bands, strict=True))
        ),
        "Neutral",
    )


def _by_tone(rows: tuple[tuple[str, Band, Band], ...], brightness: float, warmth: float) -> str:
    return next(
        n for n, light, warm in rows if _within(brightness, light) and _within(warmth, warm)
    )


def mood_of(brightness: float, warmth: float, style: str) -> str:
    """A mood that brightness, warmth (0-1) and style suggest."""
    if style.startswith("Luxury"):
        return "Elegant"
    return _by_tone(_MOODS, brightness, warmth)


def lighting_of(brightness: float, warmth: float, *, outdoors: bool) -> str:
    """Lighting of the vocabulary that brightness and warmth (0-1) suggest."""
    return _by_tone(_LIGHTS_OUTDOORS if outdoors else _LIGHTS_INDOORS, brightness, warmth)


def room_by_tone(green: float, sky: float, lightness: float, warm_b: float) -> str:
    """Scene type by shares of green and of sky (0-1), mean L and mean b."""
    told = (green, sky, lightness, warm_b)
    return next(
        name
        for name, bands in _ROOMS
        if all(_within(value, band) for value, band in zip(told, bands, strict=True))
    )


def surroundings_of(clutter: float) -> str:
    """How furnished a room looks, by the mean of its clutter map."""
    return next(name for name, band in _CLUTTER if _within(clutter, band))
