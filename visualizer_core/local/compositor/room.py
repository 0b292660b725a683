"""Reading a room photo: where its floor and its bare wall are, and how it is lit.

Heuristics on a small copy, not recognition. They answer one question: where can something stand or
hang without covering what is there.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from visualizer_core.imaging.colour import dominant_colours, from_lab, to_lab
from visualizer_core.imaging.raster import (
    Mask,
    Pixels,
    Plane,
    blur,
    components,
    dilate,
    erode,
    fit_within,
)

__all__ = ["CAMERA_CM", "HORIZON", "Light", "Room", "read_light", "read_room"]

# Interior photos are taken from about here, so the horizon cuts everything at this height.
CAMERA_CM = 125.0
# Where the horizon lies in an interior photo, as part of its height, when nothing tells.
HORIZON = 0.46

_MAP_PX = 192
_SHOWS_FLOOR = 0.4
_WALL_FOOT_DEFAULT, _TOO_FEW_COLUMNS = 0.74, 0.2
# Chroma up to which a colour tells the tint of the light.
_NEUTRAL = 22.0
# Weighted change per map pixel at which something ends the floor.
_STOP = 2.6
# Floor must reach up to here (part of the height) and cover this part of the lower edge.
_DEEP = 0.82
_LEAST_WIDTH, _LEAST_DEPTH = 0.34, 0.2
# An upper end this uneven (between its quartiles) is believed only of a wide floor.
_RAGGED, _WIDE_DEPTH = 0.2, 0.45
# More of the ground than this going on up a wall: it was no ground.
_CLIMBING = 0.23
# Likeness (0-1) that counts; share of the lower edge that makes a main colour; share of the upper
# half in the floor's colours from which hue no longer tells floor from wall.
_ALIKE, _MAIN_COLOUR, _SAME_AS_WALLS = 0.5, 0.18, 0.2


@dataclass(frozen=True)
class Room:
    """Maps of a room on a small grid, each 0-1, all the same shape.

    Parameters
    ----------
    floor, wall, clutter : Plane
        How likely floor; how likely bare wall; how busy.
    horizon : float
        Part of the height at which the horizon lies.
    wall_foot : float
        Part of the height where the far wall meets the floor.
    """

    floor: Plane
    wall: Plane
    clutter: Plane
    horizon: float
    wall_foot: float

    def mirrored(self) -> "Room":
        """The maps of the room seen in a mirror."""
        turned = (plane[:, ::-1] for plane in (self.floor, self.wall, self.clutter))
        return Room(*turned, horizon=self.horizon, wall_foot=self.wall_foot)


@dataclass(frozen=True)
class Light:
    """How a picture is lit.

    Parameters
    ----------
    bright, dark : float
        L of the lightest and the darkest parts (97th and 3rd percentile).
    cast : tuple of float
        a and b of its near-neutral parts.
    side : float
        -1 light from the left, 1 from the right.
    grain : float
        Standard deviation of its noise, 0-255 scale.
    """

    bright: float
    dark: float
    cast: tuple[float, float]
    side: float
    grain: float


def read_room(scene: Pixels) -> Room:
    """Maps of a room photo; about 15 ms."""
    small = fit_within(scene, _MAP_PX)
    lab = to_lab(small)
    busy = _busy(lab)
    floor = _floor(lab, busy)
    wall = _wall(lab, busy, floor)
    return Room(floor, wall, busy, HORIZON, _wall_foot(floor))


def _busy(lab: Plane) -> Plane:
    across = np.abs(np.diff(lab, axis=1, prepend=lab[:, :1])).sum(axis=2)
    along = np.abs(np.diff(lab, axis=0, prepend=lab[:1])).sum(axis=2)
    edges = np.clip((across + along) / 40.0, 0.0, 1.0).astype(np.float32)
    return np.clip(blur(edges, 2.5) * 2.6, 0.0, 1.0)


def _floor(lab: Plane, busy: Plane) -> Plane:
    """Open ground: coloured like the lower edge, joined to it, reaching well up into the picture.

    Where the walls have the floor's colour, hue cannot tell them apart: then the ground ends at the
    first edge on the way up. A sofa in the foreground also begins at the lower edge, but ends soon.
    """
    height = lab.shape[0]
    alike = _like_lower_edge(lab)
    upper = alike[round(0.08 * height) : round(0.42 * height)]
    region = alike > _ALIKE
    region[: round(height * (HORIZON + 0.05))] = False
    if float((upper > _ALIKE).mean()) > _SAME_AS_WALLS:
        region &= _free_run(lab)
    region = _opened(_joined_below(region), 3)
    region = _below_walls(region)
    low_row = float(region[round(0.94 * height)].mean())
    deep = float(region[round(_DEEP * height)].mean())
    shown = region.any(axis=0)
    tops = np.argmax(region, axis=0)[shown] / height
    ragged = float(np.quantile(tops, 0.75) - np.quantile(tops, 0.25)) if shown.any() else 1.0
    if low_row < _LEAST_WIDTH or deep < _LEAST_DEPTH or (ragged > _RAGGED and deep < _WIDE_DEPTH):
        return np.zeros_like(busy)
    return np.asarray(np.clip(blur(region.astype(np.float32), 1.0), 0.0, 1.0), dtype=np.float32)


def _below_walls(region: Mask) -> Mask:
    """The region without columns that run up to the horizon: those go on up a wall."""
    height = region.shape[0]
    columns = region.any(axis=0)
    tops = np.argmax(region, axis=0)
    climbing = columns & (tops < round(height * (HORIZON + 0.09)))
    if float(climbing.sum()) > _CLIMBING * max(1.0, float(columns.sum())):
        return np.zeros_like(region)
    ending = columns & ~climbing
    foot = int(np.quantile(tops[ending], 0.15)) if ending.any() else height
    cut = region.copy()
    cut[:foot] = False
    return cut


def _like_lower_edge(lab: Plane) -> Plane:
    """Likeness to the main colours along the lower edge, 0-1."""
    height = lab.shape[0]
    weights = np.array([0.55, 1.5, 1.5], dtype=np.float32)
    soft = blur(lab, 1.6)
    picks = [
        np.array(swatch.lab, dtype=np.float32)
        for swatch in dominant_colours(from_lab(soft[round(0.88 * height) :]), most=4)
        if swatch.share > _MAIN_COLOUR
    ]
    if not picks:
        return np.zeros(lab.shape[:2], dtype=np.float32)
    apart = np.min([np.linalg.norm((soft - pick) * weights, axis=2) for pick in picks], axis=0)
    return np.asarray(np.clip(1.4 - apart / 15.0, 0.0, 1.0), dtype=np.float32)


def _free_run(lab: Plane) -> Mask:
    """From the lower edge up to the first edge that a floor would not have, per column."""
    height = lab.shape[0]
    rows = np.arange(height, dtype=np.intp).reshape(-1, 1)
    last_stop = np.where(_stops(lab) > _STOP, rows, -1).max(axis=0)
    tops = _median_of_neighbours(np.maximum(last_stop, round(height * (HORIZON + 0.05))), 7)
    return np.asarray(rows > tops[None, :] + 1, dtype=np.bool_)


def _joined_below(mask: Mask) -> Mask:
    labels, _ = components(mask)
    rows = labels[-4:]
    return np.asarray(np.isin(labels, np.unique(rows[rows > 0])), dtype=np.bool_)


def _opened(mask: Mask, radius_px: int) -> Mask:
    return dilate(erode(mask, radius_px), radius_px)


def _stops(lab: Plane) -> Plane:
    """Edges that things have and floors have not: a change of hue counts more than of light.

    Sun and shade on a floor change the light, boards and tiles change little of either.
    """
    soft = blur(lab, 0.9) * np.array([0.42, 1.5, 1.5], dtype=np.float32)
    along = np.zeros(lab.shape[:2], dtype=np.float32)
    along[1:-1] = np.linalg.norm(soft[2:] - soft[:-2], axis=2) / 2.0
    return along


def _median_of_neighbours(
    values: npt.NDArray[np.float64] | npt.NDArray[np.intp], reach: int
) -> npt.NDArray[np.float64]:
    padded = np.pad(values.astype(np.float64), reach, mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1), axis=1)


def _wall(lab: Plane, busy: Plane, floor: Plane) -> Plane:
    height = busy.shape[0]
    rows = np.linspace(0.0, 1.0, height, dtype=np.float32).reshape(-1, 1)
    band = np.clip((rows - 0.06) * 12.0, 0.0, 1.0) * np.clip((0.64 - rows) * 9.0, 0.0, 1.0)
    calm = np.clip(1.15 - 2.6 * blur(busy, 2.0), 0.0, 1.0)
    # Burnt-out areas are windows and lamps.
    dull = np.clip((99.0 - blur(lab, 2.0)[:, :, 0]) / 4.0, 0.0, 1.0)
    return np.asarray(band * calm * dull * (1.0 - floor), dtype=np.float32)


def _wall_foot(floor: Plane) -> float:
    """Median row of the floor's upper end over the columns that show floor."""
    shown = floor > _SHOWS_FLOOR
    columns = shown.any(axis=0)
    if float(columns.mean()) < _TOO_FEW_COLUMNS:
        return _WALL_FOOT_DEFAULT
    tops = np.argmax(shown[:, columns], axis=0) / floor.shape[0]
    return float(np.clip(np.quantile(tops, 0.3), HORIZON + 0.1, 0.85))


def read_light(image: Pixels) -> Light:
    """Light of a picture, read from a small copy."""
    small = fit_within(image, 128)
    lab = to_lab(small)
    lightness = lab[:, :, 0]
    chroma = np.hypot(lab[:, :, 1], lab[:, :, 2])
    neutral = (chroma < _NEUTRAL) & (lightness > np.quantile(lightness, 0.35))
    cast = lab[neutral][:, 1:].mean(axis=0) if neutral.any() else np.zeros(2, np.float32)
    third = lightness.shape[1] // 3
    left, right = float(lightness[:, :third].mean()), float(lightness[:, -third:].mean())
    return Light(
        bright=float(np.quantile(lightness, 0.97)),
        dark=float(np.quantile(lightness, 0.03)),
        cast=(float(cast[0]), float(cast[1])),
        side=float(np.clip((right - left) / 16.0, -1.0, 1.0)),
        grain=_grain(image),
    )


def _grain(image: Pixels) -> float:
    """Noise by the median absolute second difference (Immerkaer), over a middle strip."""
    height = image.shape[0]
    strip = image[height // 3 : height // 3 + 96 : 1, :, 1].astype(np.float32)
    second = strip[:, 2:] - 2.0 * strip[:, 1:-1] + strip[:, :-2]
    return float(np.median(np.abs(second)) / 0.6745 / np.sqrt(6.0))
