"""Scores of every product in every scene, as whole matrices (n products, m scenes).

A score is the weighted sum of six parts, each 0-1. Where the setting is wrong (an outdoor sofa in
a bedroom) everything else counts little: `WRONG_SETTING` of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visualizer_core.domain.analysis import ProductAnalysis, SceneAnalysis
from visualizer_core.domain.colour import lab
from visualizer_core.domain.kinds import scale_of
from visualizer_core.domain.matching.affinity import camera_table, room_table, style_table
from visualizer_core.domain.matching.facts import ProductFacts, ReasonCode, SceneFacts
from visualizer_core.domain.vocabulary import CAMERA_ANGLES, SCENE_TYPES, STYLES

__all__ = ["WEIGHTS", "WRONG_SETTING", "Grid", "grid_of"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

WEIGHTS: dict[ReasonCode, float] = {
    "room": 0.35,  # the wrong room is the mistake people see first
    "style": 0.20,
    "colour": 0.15,
    "setting": 0.10,
    "scale": 0.10,
    "camera": 0.10,
}
WRONG_SETTING = 0.25

_ROOM_RANKS = np.array([1.0, 0.95, 0.9, 0.85, 0.8])  # an analysis lists rooms best first
_STYLE_RANKS = np.array([1.0, 0.9, 0.8])
_PRODUCT_COLOURS = np.array([0.6, 0.3, 0.1])  # largest area first
_SCENE_COLOURS = np.array([0.4, 0.3, 0.2, 0.1])

# Free floor a thing of each size wants to stand on, as a share of the picture.
_FLOOR_WANTED = {"tiny": 0.02, "small": 0.05, "medium": 0.12, "large": 0.22, "very large": 0.32}

_ROOMS = np.array(room_table())
_STYLES = np.array(style_table())
_CAMERAS = np.array(camera_table())
_ROOM_AT: dict[str, int] = {name: at for at, name in enumerate(SCENE_TYPES)}
_STYLE_AT: dict[str, int] = {name: at for at, name in enumerate(STYLES)}
_CAMERA_AT = {name: at for at, name in enumerate(CAMERA_ANGLES)}
_STUDIO = _ROOM_AT["Studio Set"]


@dataclass(frozen=True, slots=True)
class Grid:
    """Everything that is known about all pairs.

    Parameters
    ----------
    products, scenes : tuple
        What the rows and columns are.
    parts : dict of ReasonCode to (n, m) array
        What each reason adds to the score.
    room : (n, m) array
        Room affinity alone, 0-1.
    setting : (n, m) array of bool
        Whether indoors or outdoors is right.
    total : (n, m) array
        The scores, 0-1, rounded to six places so that equal pairs are equal.
    """

    products: tuple[ProductAnalysis, ...]
    scenes: tuple[SceneAnalysis, ...]
    parts: dict[ReasonCode, Floats]
    room: Floats
    setting: Bools
    total: Floats


def grid_of(products: Sequence[ProductFacts], scenes: Sequence[SceneFacts]) -> Grid:
    """Score every product in every scene."""
    things = tuple(product.described() for product in products)
    places = tuple(scene.described() for scene in scenes)
    setting = _setting(things, places)
    room = _room(things, places)
    fits: dict[ReasonCode, Floats] = {
        "room": room,
        "style": _style(things, places),
        "colour": _colour(things, places),
        "scale": _scale(products, things, places),
        "camera": _camera(things, places),
    }
    gate = np.where(setting, 1.0, WRONG_SETTING)
    parts: dict[ReasonCode, Floats] = {}
    for code, fit in fits.items():
        parts[code] = WEIGHTS[code] * fit * gate
    parts["setting"] = WEIGHTS["setting"] * setting.astype(np.float64)
    total = np.zeros_like(room)
    for part in parts.values():
        total += part
    return Grid(things, places, parts, room, setting, np.clip(np.round(total, 6), 0, 1))


def _room(things: Sequence[ProductAnalysis], places: Sequence[SceneAnalysis]) -> Floats:
    wanted = _nearest([thing.rooms for thing in things], _ROOMS, _ROOM_AT, _ROOM_RANKS)
    return wanted[:, [_ROOM_AT[place.scene_type] for place in places]]


def _style(things: Sequence[ProductAnalysis], places: Sequence[SceneAnalysis]) -> Floats:
    wanted = _nearest([thing.styles for thing in things], _STYLES, _STYLE_AT, _STYLE_RANKS)
    fit = np.empty((len(things), len(places)))
    for column, place in enumerate(places):
        of_scene = wanted[:, [_STYLE_AT[style] for style in place.styles]]
        fit[:, column] = np.max(of_scene * _STYLE_RANKS[: len(place.styles)], axis=1)
    return fit


def _nearest(
    lists: Sequence[Sequence[str]], table: Floats, index: Mapping[str, int], ranks: Floats
) -> Floats:
    """How near each word of a table is to each list, (lists, words); first words count most."""
    at = np.zeros((len(lists), len(ranks)), dtype=np.intp)
    weight = np.zeros((len(lists), len(ranks)))
    for row, names in enumerate(lists):
        at[row, : len(names)] = [index[name] for name in names]
        weight[row, : len(names)] = ranks[: len(names)]
    near = table[at] * weight[:, :, None]
    return near.max(axis=1)


def _setting(things: Sequence[ProductAnalysis], places: Sequence[SceneAnalysis]) -> Bools:
    """Whether the setting is right; who claims none may be in both, and a studio is either."""
    neither = np.array([not thing.indoor and not thing.outdoor for thing in things], dtype=bool)
    indoor = np.array([thing.indoor for thing in things], dtype=bool) | neither
    outdoor = np.array([thing.outdoor for thing in things], dtype=bool) | neither
    inside = np.array([place.indoor for place in places], dtype=bool)
    studio = np.array([_ROOM_AT[place.scene_type] == _STUDIO for place in places], dtype=bool)
    return np.where(inside, indoor[:, None], outdoor[:, None]) | studio


def _scale(
    products: Sequence[ProductFacts],
    things: Sequence[ProductAnalysis],
    places: Sequence[SceneAnalysis],
) -> Floats:
    """Room to stand; what hangs or stands on a table asks for none."""
    wanted = np.zeros(len(things))
    for row, (product, thing) in enumerate(zip(products, things, strict=True)):
        if thing.placement == "floor":
            size = scale_of(product.width_cm, product.depth_cm, product.height_cm) or thing.scale
            wanted[row] = _FLOOR_WANTED[size]
    free = np.array([place.free_floor for place in places])
    return np.clip((free + 0.02) / (wanted[:, None] + 0.02), 0.0, 1.0)


def _camera(things: Sequence[ProductAnalysis], places: Sequence[SceneAnalysis]) -> Floats:
    rows = [_CAMERA_AT[thing.camera_angle] for thing in things]
    return _CAMERAS[np.ix_(rows, [_CAMERA_AT[place.camera_angle] for place in places])]


# --- colours ------------------------------------------------------------------------------------


def _colour(things: Sequence[ProductAnalysis], places: Sequence[SceneAnalysis]) -> Floats:
    product_lab, product_share = _palettes([thing.colours for thing in things], _PRODUCT_COLOURS)
    scene_lab, scene_share = _palettes([place.colours for place in places], _SCENE_COLOURS)
    n, m = len(things), len(places)
    fit = _harmony(product_lab.reshape(-1, 3), scene_lab.reshape(-1, 3))
    fit = fit.reshape(n, len(_PRODUCT_COLOURS), m, len(_SCENE_COLOURS))
    weighted = fit * product_share[:, :, None, None] * scene_share[None, None, :, :]
    mean = weighted.sum(axis=(1, 3))
    return mean * _stands_out(product_lab[:, 0], scene_lab[:, 0])


def _palettes(palettes: Sequence[Sequence[str]], ranks: Floats) -> tuple[Floats, Floats]:
    """Lab values (k, len(ranks), 3) and shares (k, len(ranks)); shares of a palette sum to 1."""
    values = np.zeros((len(palettes), len(ranks), 3))
    shares = np.zeros((len(palettes), len(ranks)))
    for row, palette in enumerate(palettes):
        count = min(len(palette), len(ranks))
        values[row, :count] = [lab(colour) for colour in palette[:count]]
        shares[row, :count] = ranks[:count] / ranks[:count].sum()
    return values, shares


def _harmony(left: Floats, right: Floats) -> Floats:
    """How well colours sit together, (k, 3) against (l, 3).

    Greys go with everything; related hues sit best, opposite ones well, those in between worst.
    """
    strength = np.minimum(
        np.hypot(left[:, 1], left[:, 2])[:, None], np.hypot(right[:, 1], right[:, 2])[None, :]
    )
    hue = np.degrees(
        np.arctan2(left[:, 2], left[:, 1])[:, None] - np.arctan2(right[:, 2], right[:, 1])[None, :]
    )
    apart = np.abs((hue + 180) % 360 - 180)
    by_hue = np.interp(apart, [0, 30, 75, 120, 150, 180], [1.0, 1.0, 0.55, 0.45, 0.85, 0.85])
    coloured: Floats = np.clip(strength / 25, 0, 1)
    return 0.8 * (1 - coloured) + by_hue * coloured


def _stands_out(left: Floats, right: Floats) -> Floats:
    """A product of the room's own colour vanishes in it."""
    between = left[:, None, :] - right[None, :, :]
    apart: Floats = np.sqrt((between * between).sum(axis=2))
    return np.interp(apart, [0, 6, 18], [0.55, 0.75, 1.0])
