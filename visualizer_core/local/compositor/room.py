"""Reading a room photo: where its floor and its bare wall are, and how it is lit.

Heuristics on a small copy, not recognition. They answer one question: where can something stand or
hang without covering what is there.
"""

from dataclasses import dataclass

import numpy as np

from visualizer_core.imaging.colour import to_lab
from visualizer_core.imaging.raster import Mask, Pixels, Plane, blur, components, fit_within

__all__ = ["CAMERA_CM", "HORIZON", "Light", "Room", "read_light", "read_room"]

# Interior photos are taken from about here, so the horizon cuts everything at this height.
CAMERA_CM = 125.0
# Where the horizon lies in an interior photo, as part of its height, when nothing tells.
HORIZON = 0.46

_MAP_PX = 192
_SEED_ROWS = 0.14


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
    height, width = busy.shape
    soft = blur(lab, 2.0)
    seeds = soft[int(height * (1 - _SEED_ROWS)) :].reshape(-1, 3)
    calm = seeds[busy[int(height * (1 - _SEED_ROWS)) :].reshape(-1) < 0.55]
    if len(calm) < 0.15 * len(seeds):
        return np.zeros_like(busy)
    typical = np.median(calm, axis=0)
    picks = np.stack([typical, *np.quantile(calm, (0.2, 0.8), axis=0)])
    weights = np.array([0.6, 1.3, 1.3], dtype=np.float32)
    apart = (np.abs(soft[:, :, None] - picks[None, None]) * weights).sum(axis=3).min(axis=2)
    alike = np.clip(1.35 - apart / 22.0, 0.0, 1.0)
    low = np.clip((np.arange(height) / height - 0.5) * 8.0, 0.0, 1.0)[:, None]
    likely = np.asarray(alike * low * (1.0 - 0.6 * busy), dtype=np.float32)
    return np.asarray(likely * _from_below(likely > 0.35), dtype=np.float32)


def _from_below(mask: Mask) -> Plane:
    labels, _ = components(mask)
    rows = labels[-3:]
    kept = np.isin(labels, np.unique(rows[rows > 0]))
    return np.clip(blur(kept.astype(np.float32), 1.2), 0.0, 1.0)


def _wall(lab: Plane, busy: Plane, floor: Plane) -> Plane:
    height = busy.shape[0]
    rows = np.arange(height)[:, None] / height
    band = np.clip((rows - 0.06) * 12.0, 0.0, 1.0) * np.clip((0.64 - rows) * 9.0, 0.0, 1.0)
    calm = np.clip(1.15 - 2.6 * blur(busy, 2.0), 0.0, 1.0)
    # Burnt-out areas are windows and lamps.
    dull = np.clip((99.0 - blur(lab, 2.0)[:, :, 0]) / 4.0, 0.0, 1.0)
    return np.asarray(band * calm * dull * (1.0 - floor), dtype=np.float32)


def _wall_foot(floor: Plane) -> float:
    """Median row of the floor's upper end over the columns that show floor."""
    shown = floor > 0.4
    columns = shown.any(axis=0)
    if float(columns.mean()) < 0.2:
        return 0.74
    tops = np.argmax(shown[:, columns], axis=0) / floor.shape[0]
    return float(np.clip(np.quantile(tops, 0.3), HORIZON + 0.1, 0.85))


def read_light(image: Pixels) -> Light:
    """Light of a picture, read from a small copy."""
    small = fit_within(image, 128)
    lab = to_lab(small)
    lightness = lab[:, :, 0]
    chroma = np.hypot(lab[:, :, 1], lab[:, :, 2])
    neutral = (chroma < 22.0) & (lightness > np.quantile(lightness, 0.35))
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
