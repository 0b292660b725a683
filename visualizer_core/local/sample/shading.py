"""Light on what the camera sees: soft light from many directions, reflections, tone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from visualizer_core.imaging.raster import AnyFloat, blur, resize_plane
from visualizer_core.local.sample.finish import FINISHES, Finish, lookup, textured
from visualizer_core.local.sample.mesh import Floats, Mesh, Vector
from visualizer_core.local.sample.occlusion import Blocker, visible
from visualizer_core.local.sample.view import Seen, dots

__all__ = ["Lamp", "arriving", "irradiance", "lit", "to_display", "unhidden"]

# Cosine below which a lamp no longer counts: depth maps are too coarse for grazing light.
_GRAZING = 0.01
_TABLE = 64
_TABLE_REACH = np.float32(1.02)
_PIECE = 1 << 15


@dataclass(frozen=True)
class Lamp:
    """Light from one direction.

    Parameters
    ----------
    way : tuple of float
        Unit vector towards it.
    power : float
    """

    way: Vector
    power: float


def irradiance(points: Floats, normals: Floats, lamps: Sequence[Lamp], block: Blocker) -> Floats:
    """Light arriving at each place from the lamps that are not hidden, ``(n,)``."""
    total = np.zeros(len(points), dtype=np.float32)
    for lamp in lamps:
        way = np.array(lamp.way, dtype=np.float32)
        facing = normals @ way
        front = np.flatnonzero(facing > _GRAZING)
        if len(front):
            reached = visible(block, points[front], normals[front], way)
            total[front] += reached * facing[front] * np.float32(lamp.power)
    return total


def unhidden(normals: Floats, lamps: Sequence[Lamp]) -> Floats:
    """Light arriving at free places facing these ways, ``(n,)``; by a table of directions."""
    grid = (np.arange(_TABLE, dtype=np.float32) / (_TABLE - 1) * 2 - 1) * _TABLE_REACH
    x, y = (values.ravel() for values in np.meshgrid(grid, grid))
    up = np.sqrt(np.clip(1.0 - x * x - y * y, 0.0, None))
    tables: list[Floats] = []
    for sign in (1.0, -1.0):
        ways = np.stack([x, y, np.float32(sign) * up], axis=1)
        ways /= np.linalg.norm(ways, axis=1, keepdims=True)
        table = np.zeros(len(ways), dtype=np.float32)
        for lamp in lamps:
            facing = ways @ np.array(lamp.way, dtype=np.float32)
            table += np.where(facing > _GRAZING, facing, 0.0) * np.float32(lamp.power)
        tables.append(table.reshape(_TABLE, _TABLE))
    scale = np.float32((_TABLE - 1) / 2)
    place = [(normals[:, axis] / _TABLE_REACH + 1) * scale for axis in (0, 1)]
    # Upper and lower half in one tall table.
    place[1] += np.where(normals[:, 2] < 0, np.float32(_TABLE), np.float32(0))
    return lookup(np.concatenate(tables), place[0], place[1])


def arriving(
    seen: Seen, shape: tuple[int, int], lamps: Sequence[Lamp], block: Blocker, *, stride: int
) -> Floats:
    """Light at every visible pixel, ``(n,)``: shadows worked out on some rows and columns only.

    Shadows are soft, so the share of light that gets through is spread from the coarse grid; what
    the surface's own slope does to the light stays sharp.
    """
    coarse = (seen.rows % stride == stride // 2) & (seen.columns % stride == stride // 2)
    points, normals = seen.points[coarse], seen.normals[coarse]
    through = irradiance(points, normals, lamps, block)
    share = through / np.maximum(unhidden(normals, lamps), 1e-3)
    high, wide = -(-shape[0] // stride), -(-shape[1] // stride)
    layer = np.zeros((high, wide, 2), dtype=np.float32)
    cells = (seen.rows[coarse] // stride, seen.columns[coarse] // stride)
    layer[cells] = np.stack([np.clip(share, 0.0, 1.0), np.ones_like(share)], axis=1)
    wider = blur(layer, 1.6) * np.float32(1e-3) + blur(layer, 0.55)
    level = wider[:, :, 0] / np.maximum(wider[:, :, 1], 1e-6)
    full = resize_plane(level, wide * stride, high * stride)
    return unhidden(seen.normals, lamps) * full[seen.rows, seen.columns]


def lit(mesh: Mesh, seen: Seen, light: Floats, ambient: Vector, bounce: Vector) -> Floats:
    """Linear colour of each visible pixel, ``(n, 3)``.

    Parameters
    ----------
    light : ndarray of float32, (n, 3) or (n, 1)
        From the lamps.
    ambient, bounce : tuple of float
        Light from everywhere, and from below, after any number of bounces.
    """
    colour = np.empty((len(seen.points), 3), dtype=np.float32)
    which = mesh.material[seen.triangle].astype(np.uint8)
    order = np.argsort(which, kind="stable")
    ends = np.searchsorted(which[order], np.arange(len(mesh.materials) + 1))
    around = np.array([ambient, bounce], dtype=np.float32)
    for index, name in enumerate(mesh.materials):
        part = order[ends[index] : ends[index + 1]]
        # In pieces that stay in the processor's cache.
        for start in range(0, len(part), _PIECE):
            chosen = part[start : start + _PIECE]
            colour[chosen] = _shaded(FINISHES[name], seen, chosen, light[chosen], around)
    return colour


def _shaded(
    finish: Finish, seen: Seen, chosen: npt.NDArray[np.intp], light: Floats, around: Floats
) -> Floats:
    normals, towards = seen.normals[chosen], seen.towards[chosen]
    own = textured(finish, seen.texture[chosen])
    upward = 0.5 + 0.5 * normals[:, 2:3]
    got = light + around[0] * (0.55 + 0.45 * upward) + around[1] * (1.0 - upward)
    facing = np.clip(dots(normals, towards), 0, 1)[:, None]
    rim = (1.0 - facing) ** 5
    mirrored = _mirrored(2.0 * facing * normals - towards) * np.clip(got * 0.9 + 0.15, 0.25, 1.1)
    if finish.metal:
        shine = own * (0.35 + 0.65 * finish.sheen) + (1 - own) * rim * 0.6
        colour = own * got * 0.25 + mirrored * shine
    else:
        share = np.float32(finish.sheen) * (0.35 + 2.2 * rim)
        colour = own * got * (1 - share * 0.5) + mirrored * share
    return np.asarray(colour + own * np.float32(finish.glow), dtype=np.float32)


def _mirrored(way: AnyFloat) -> Floats:
    """What a mirror would show: a bright ceiling, strip lights aside, a light floor; ``(n, 1)``."""
    above = _step(way[:, 2], 0.45, 0.8) * 1.5
    strips = _step(np.abs(way[:, 0]), 0.62, 0.8) * _step(0.55 - np.abs(way[:, 2]), 0.0, 0.2) * 0.9
    low = _step(-way[:, 2], 0.0, 0.5) * 0.55
    return np.asarray(0.34 + above + strips + low, dtype=np.float32)[:, None]


def _step(value: AnyFloat, low: float, high: float) -> Floats:
    part = np.clip((value - low) / (high - low), 0.0, 1.0)
    return np.asarray(part * part * (3.0 - 2.0 * part), dtype=np.float32)


def to_display(linear: Floats) -> Floats:
    """SRGB 0-255 of linear light, with a soft shoulder so that highlights keep their colour."""
    value = np.maximum(linear, 0.0)
    knee = np.float32(0.72)
    over = np.maximum(value - knee, 0.0)
    soft = np.minimum(value, knee) + (1 - knee) * over / (over + (1 - knee))
    return np.asarray(255.0 * np.clip(soft, 0.0, 1.0) ** np.float32(1 / 2.2), dtype=np.float32)
