"""Plain facts about a product or a room, from its pixels and its words.

What the stand-in's analyses are filled from. Every value is JSON-able; words come from the
vocabulary of rooms, styles, lighting, cameras and moods. They are guesses of a stand-in: repeatable
and never empty, not a model's judgement.
"""

import numpy as np

from visualizer_core.imaging.colour import Swatch, dominant_colours, to_lab
from visualizer_core.imaging.cutout import cut_out
from visualizer_core.imaging.raster import Mask, Pixels, Plane, fit_within
from visualizer_core.local.compositor.decode import decode
from visualizer_core.local.compositor.hints import (
    all_named,
    first_named,
    materials_by_kind,
    styles_of,
)
from visualizer_core.local.compositor.kinds import Kind
from visualizer_core.local.compositor.lexicon import find_kind, plain_words
from visualizer_core.local.compositor.room import read_light, read_room
from visualizer_core.local.compositor.tones import (
    colour_name,
    lighting_of,
    mood_of,
    room_by_tone,
    scheme_of,
    surroundings_of,
)

__all__ = ["analyse_product", "analyse_scene"]

_LOOK_PX = 512
_OUTDOORS = ("Outdoor Patio", "Garden", "Rooftop Terrace", "Poolside Deck", "Beach")
# A cut-out less sure than this would mix the background's colours in: the whole photo counts then.
_TRUSTED = 0.6
_SOLID = 200
# Parts of the room maps that count as free (0-1), and how even light must be to have no side.
_FREE_FLOOR, _FREE_WALL, _EVEN = 0.5, 0.6, 0.25
# Mean difference of a cut-out from its mirror image (0-1) up to which it was taken from the front.
_SYMMETRIC = 0.06
# Lab of foliage (a below, b above) and of sky (b below, L above).
_FOLIAGE, _SKY = (-8.0, 6.0), (-8.0, 60.0)


def analyse_product(image: bytes | None, text: str) -> dict[str, object]:
    """Facts about a product.

    Parameters
    ----------
    image : bytes or None
        Product photo; without one the colours are empty and everything else comes from the text.
    text : str
        Name first, then category and description, separated by newlines.

    Returns
    -------
    dict
        ``noun``, ``category``, ``dominant_colors`` (hex, largest first), ``color_shares``,
        ``color_names``, ``color_scheme``, ``brightness``, ``contrast``, ``warmth`` (each 0-1),
        ``background`` (plain, transparent, scene, none), ``materials``, ``style``, ``styles``,
        ``rooms`` (best first), ``room_affinities`` (name to 0-1), ``indoor_outdoor``,
        ``placement``, ``lighting``, ``camera_angle``, ``mood``, ``uncertainty``.

    Raises
    ------
    InvalidInput
        The picture cannot be read.
    """
    match = find_kind(*text.splitlines())
    words = plain_words(text)
    looks = _product_looks(image) if image is not None else _no_looks()
    affinities = _room_affinities(match.kind, words)
    styles = styles_of(words, match.kind.category, _float(looks, "warmth"))
    rooms = [name for name, _ in sorted(affinities.items(), key=lambda pair: -pair[1])]
    return {
        **looks,
        "noun": match.words or match.kind.noun,
        "generic_noun": match.kind.noun,
        "category": match.kind.category,
        "materials": _materials(words, match.kind),
        "style": styles[0],
        "styles": styles,
        "rooms": rooms,
        "room_affinities": affinities,
        "indoor_outdoor": _indoor_outdoor(rooms),
        "placement": {"lying": "surface", "rug": "floor"}.get(
            match.kind.placement, match.kind.placement
        ),
        "mood": mood_of(_float(looks, "brightness"), _float(looks, "warmth"), styles[0]),
    }


def analyse_scene(image: bytes, text: str) -> dict[str, object]:
    """Facts about a room photo.

    Parameters
    ----------
    image : bytes
    text : str
        Anything known about it: file name, description, tags.

    Returns
    -------
    dict
        ``scene_type``, ``style``, ``styles``, ``dominant_colors``, ``color_shares``,
        ``color_names``, ``color_scheme``, ``brightness``, ``contrast``, ``warmth``, ``lighting``,
        ``camera_angle``, ``mood``, ``materials``, ``surroundings``, ``props``, ``indoor_outdoor``,
        ``human_presence``, ``free_floor`` and ``free_wall`` (share of the picture, 0-1),
        ``light_from`` (left, right, even).

    Raises
    ------
    InvalidInput
        The picture cannot be read.
    """
    pixels = decode(image, longest_px=_LOOK_PX)[:, :, :3]
    words = plain_words(text)
    swatches = dominant_colours(pixels)
    lab = to_lab(fit_within(pixels, 128))
    tone = _tone(lab, np.ones(lab.shape[:2], dtype=np.bool_))
    room = read_room(pixels)
    scene_type = first_named("room", words) or _room_by_pixels(lab)
    styles = styles_of(words, "", tone["warmth"])
    side = read_light(pixels).side
    return {
        **_palette(swatches),
        **tone,
        "scene_type": scene_type,
        "style": styles[0],
        "styles": styles,
        "lighting": first_named("lighting", words)
        or lighting_of(tone["brightness"], tone["warmth"], outdoors=scene_type in _OUTDOORS),
        "camera_angle": first_named("camera", words) or "Eye Level",
        "mood": first_named("mood", words)
        or mood_of(tone["brightness"], tone["warmth"], styles[0]),
        "materials": all_named("material", words) or ["wood", "textile"],
        "props": _props(text),
        "surroundings": surroundings_of(float(room.clutter.mean())),
        "indoor_outdoor": "outdoor" if scene_type in _OUTDOORS else "indoor",
        "human_presence": "None",
        "free_floor": round(float(np.mean(room.floor > _FREE_FLOOR)), 3),
        "free_wall": round(float(np.mean(room.wall > _FREE_WALL)), 3),
        "light_from": "even" if abs(side) < _EVEN else "right" if side > 0 else "left",
    }


def _product_looks(image: bytes) -> dict[str, object]:
    pixels = decode(image, longest_px=_LOOK_PX)
    cut = cut_out(pixels)
    trusted = cut.uncertainty < _TRUSTED
    shape = cut.rgba.shape[:2]
    mask = cut.rgba[:, :, 3] > _SOLID if trusted else np.ones(shape, dtype=np.bool_)
    small = fit_within(np.dstack([cut.rgba[:, :, :3], mask.astype(np.uint8) * 255]), 128)
    tone = _tone(to_lab(small), np.asarray(small[:, :, 3] > _SOLID, dtype=np.bool_))
    background = {"alpha": "transparent", "flood": "plain"}.get(cut.method, "scene")
    return {
        **_palette(dominant_colours(cut.rgba[:, :, :3], mask)),
        **tone,
        "background": background,
        "lighting": "Natural Daylight" if background == "scene" else "Studio Soft Light",
        "camera_angle": _camera(cut.box, cut.rgba),
        "uncertainty": cut.uncertainty,
    }


def _no_looks() -> dict[str, object]:
    return {
        **_palette([]),
        "brightness": 0.5,
        "contrast": 0.5,
        "warmth": 0.5,
        "background": "none",
        "lighting": "Studio Soft Light",
        "camera_angle": "3/4 View",
        "uncertainty": 1.0,
    }


def _palette(swatches: list[Swatch]) -> dict[str, object]:
    return {
        "dominant_colors": [swatch.hex for swatch in swatches],
        "color_shares": [swatch.share for swatch in swatches],
        "color_names": list(dict.fromkeys(colour_name(swatch.lab) for swatch in swatches)),
        "color_scheme": scheme_of([(swatch.lab, swatch.share) for swatch in swatches]),
    }


def _tone(lab: Plane, mask: Mask) -> dict[str, float]:
    values = lab[mask] if mask.any() else lab.reshape(-1, 3)
    lightness = values[:, 0]
    spread = float(np.quantile(lightness, 0.95) - np.quantile(lightness, 0.05))
    warmth = float(values[:, 2].mean() + 0.4 * values[:, 1].mean())
    return {
        "brightness": round(float(lightness.mean()) / 100.0, 3),
        "contrast": round(min(1.0, spread / 90.0), 3),
        "warmth": round(float(np.clip(0.5 + warmth / 50.0, 0.0, 1.0)), 3),
    }


def _camera(box: tuple[int, int, int, int], rgba: Pixels) -> str:
    """Front where left and right mirror each other, else a three-quarter view."""
    x0, y0, x1, y1 = box
    alpha = fit_within(np.ascontiguousarray(rgba[y0:y1, x0:x1]), 96)[:, :, 3].astype(np.float32)
    if alpha.size == 0:
        return "3/4 View"
    apart = float(np.abs(alpha - alpha[:, ::-1]).mean()) / 255.0
    return "Front" if apart < _SYMMETRIC else "3/4 View"


def _room_affinities(kind: Kind, words: str) -> dict[str, float]:
    scores = {room: round(0.95 - 0.14 * place, 2) for place, room in enumerate(kind.rooms)}
    for room in all_named("room", words):
        scores[room] = round(min(1.0, scores.get(room, 0.55) + 0.15), 2)
    return scores


def _materials(words: str, kind: Kind) -> list[str]:
    return all_named("material", words) or materials_by_kind(kind.category)


def _indoor_outdoor(rooms: list[str]) -> str:
    outdoors = [room in _OUTDOORS for room in rooms]
    if outdoors and all(outdoors):
        return "outdoor"
    return "both" if any(outdoors) else "indoor"


def _room_by_pixels(lab: Plane) -> str:
    """Outdoors shows sky above and green; a kitchen is white and cool."""
    upper, whole = lab[: lab.shape[0] // 3].reshape(-1, 3), lab.reshape(-1, 3)
    green = float(np.mean((whole[:, 1] < _FOLIAGE[0]) & (whole[:, 2] > _FOLIAGE[1])))
    sky = float(np.mean((upper[:, 2] < _SKY[0]) & (upper[:, 0] > _SKY[1])))
    return room_by_tone(green, sky, float(whole[:, 0].mean()), float(whole[:, 2].mean()))


def _props(text: str) -> list[str]:
    found = [find_kind(part).words for part in text.replace(".", ",").split(",")]
    return list(dict.fromkeys(word for word in found if word))[:6]


def _float(facts: dict[str, object], key: str) -> float:
    value = facts[key]
    return float(value) if isinstance(value, int | float) else 0.5
