"""Where in a scene a product goes, and which part of the scene the picture shows.

Every candidate (crop, zoom, position) is scored at once on the room's maps; the best one wins, with
a small seeded preference so that variants differ.
"""

from dataclasses import dataclass, replace
from itertools import product as combinations

import numpy as np
import numpy.typing as npt

from visualizer_core.imaging.raster import Plane
from visualizer_core.local.compositor.room import CAMERA_CM, Room
from visualizer_core.local.compositor.sizes import Extent

__all__ = ["Frame", "Spot", "ceiling_spot", "floor_spot", "wall_spot"]

_Floats = npt.NDArray[np.float64]

_ZOOMS = (1.0, 1.2, 1.45, 1.75)
_STRETCHES = (0.75, 0.9, 1.0, 1.12, 1.3)
# Variants never coincide: each is moved and sized a little, within what nobody would call wrong.
_ASIDE, _GROWN = 0.012, 0.03
# Pictures hang with their middle about here above the floor.
_EYE_LEVEL_CM = 150.0


@dataclass(frozen=True)
class Frame:
    """Sizes everything is measured against.

    Parameters
    ----------
    scene_w, scene_h, width, height : int
        Pixels of the scene and of the picture to make.
    """

    scene_w: int
    scene_h: int
    width: int
    height: int


@dataclass(frozen=True)
class Spot:
    """A place for the product.

    Parameters
    ----------
    crop : tuple of float
        ``(x0, y0, width, height)`` in scene pixels, shaped like the picture.
    x, y : float
        Picture pixels of the middle of the product's lower edge.
    width, height : float
        Picture pixels of the product's box.
    merit : float
        How well it can stand there, about 0 (not at all) to 1.
    """

    crop: tuple[float, float, float, float]
    x: float
    y: float
    width: float
    height: float
    merit: float


@dataclass(frozen=True)
class _Candidates:
    """Columns of equal length, one entry a candidate; scene pixels unless said otherwise."""

    x0: _Floats
    y0: _Floats
    crop_w: _Floats
    crop_h: _Floats
    x: _Floats
    y: _Floats
    wide: _Floats
    tall: _Floats
    stretch: _Floats


def floor_spot(room: Room, frame: Frame, extent: Extent, *, seed: int, flat: bool = False) -> Spot:
    """The best place on the floor; ``flat`` for things that lie on it, like rugs."""
    grid = _grid(frame, (0.4, 0.75, 1.0), (0.3, 0.4, 0.5, 0.6, 0.7), (0.8, 0.86, 0.91, 0.95))
    scale = np.maximum(0.05, (grid.y - room.horizon * frame.scene_h) / CAMERA_CM)
    grid = _sized(grid, scale, extent)
    deep = np.minimum(grid.tall, scale * extent.depth_cm * 0.3) if not flat else grid.tall
    half = grid.wide * 0.46
    stands = _mean(room.floor, frame, grid.x - half, grid.y - deep, grid.x + half, grid.y)
    covers = _mean(
        room.clutter, frame, grid.x - half, grid.y - grid.tall, grid.x + half, grid.y - 0.3 * deep
    )
    score = (
        2.4 * stands
        - 0.7 * covers
        - 0.25 * np.abs(grid.x - grid.x0 - grid.crop_w / 2) / grid.crop_w
    )
    score -= _off_size(grid, _wanted_share(extent)) + _outside(grid, top=0.04)
    return _best(grid, score, stands, frame, seed)


def wall_spot(room: Room, frame: Frame, extent: Extent, *, seed: int) -> Spot:
    """The best bare piece of wall."""
    grid = _grid(frame, (0.0, 0.3, 0.6), (0.28, 0.4, 0.5, 0.6, 0.72), (0.5, 0.58, 0.66, 0.74))
    at_wall = (room.wall_foot - room.horizon) * frame.scene_h / CAMERA_CM
    grid = _sized(grid, np.full_like(grid.x, at_wall * 1.1), extent)
    half = grid.wide * 0.58
    bare = _mean(
        room.wall,
        frame,
        grid.x - half,
        grid.y - 1.1 * grid.tall,
        grid.x + half,
        grid.y + 0.12 * grid.tall,
    )
    level = room.wall_foot * frame.scene_h - _EYE_LEVEL_CM * at_wall
    off_level = np.abs(grid.y - grid.tall / 2 - level) / grid.crop_h
    score = 2.4 * bare - 1.2 * off_level - _off_size(grid, 0.34) - _outside(grid, top=0.06)
    return _best(grid, score, bare, frame, seed)


def ceiling_spot(room: Room, frame: Frame, extent: Extent, *, seed: int) -> Spot:
    """A place to hang from above: the scene's top, over something calm."""
    grid = _grid(frame, (0.0,), (0.3, 0.4, 0.5, 0.6, 0.7), (0.44, 0.5, 0.56, 0.62))
    near = (room.wall_foot - room.horizon) * frame.scene_h / CAMERA_CM * 1.35
    grid = _sized(grid, np.full_like(grid.x, near), extent)
    half = grid.wide * 0.5
    calm = 1.0 - _mean(
        room.clutter, frame, grid.x - half, grid.y - grid.tall, grid.x + half, grid.y
    )
    score = 1.8 * calm - _off_size(grid, 0.36) - _outside(grid, top=0.02)
    return _best(grid, score, calm, frame, seed)


def _grid(
    frame: Frame, down: tuple[float, ...], across: tuple[float, ...], rows: tuple[float, ...]
) -> _Candidates:
    shape = frame.width / frame.height
    columns = np.array(
        list(combinations(_ZOOMS, np.linspace(0.0, 1.0, 5), down, across, rows, _STRETCHES))
    ).T
    zoom, aside, below, along, row, stretch = columns
    crop_w = min(frame.scene_w, frame.scene_h * shape) / zoom
    crop_h = crop_w / shape
    x0 = aside * (frame.scene_w - crop_w)
    y0 = below * (frame.scene_h - crop_h)
    return _Candidates(
        x0,
        y0,
        crop_w,
        crop_h,
        x0 + along * crop_w,
        y0 + row * crop_h,
        np.ones_like(x0),
        np.ones_like(x0),
        stretch,
    )


def _sized(grid: _Candidates, scale: _Floats, extent: Extent) -> _Candidates:
    return replace(
        grid,
        wide=scale * grid.stretch * extent.width_cm,
        tall=scale * grid.stretch * extent.height_cm,
    )


def _wanted_share(extent: Extent) -> float:
    """Part of the picture a thing should fill: large furniture more than a stool."""
    return float(np.clip(0.34 + 0.14 * np.log2(extent.longest_cm / 50.0), 0.24, 0.66))


def _off_size(grid: _Candidates, wanted: float) -> _Floats:
    share = np.maximum(grid.wide / grid.crop_w * 0.92, grid.tall / grid.crop_h)
    # Wrong scale against the room costs more than a smaller picture of the product.
    return 0.9 * np.abs(np.log(share / wanted)) + 0.8 * np.abs(np.log(grid.stretch))


def _outside(grid: _Candidates, *, top: float) -> _Floats:
    """Cost of leaving the picture: nothing of a product may be cut off."""
    left = grid.x0 + 0.03 * grid.crop_w - (grid.x - grid.wide / 2)
    right = grid.x + grid.wide / 2 - (grid.x0 + 0.97 * grid.crop_w)
    over = grid.y0 + top * grid.crop_h - (grid.y - grid.tall)
    worst = np.maximum(np.maximum(left, right) / grid.crop_w, over / grid.crop_h)
    return np.where(worst > 0.0, 3.0 + 20.0 * worst, 0.0)


def _mean(
    plane: Plane, frame: Frame, x0: _Floats, y0: _Floats, x1: _Floats, y1: _Floats
) -> _Floats:
    """Mean of a map over rectangles in scene pixels, by its integral; outside counts as 0."""
    rows, columns = plane.shape
    summed = np.zeros((rows + 1, columns + 1))
    summed[1:, 1:] = plane.cumsum(axis=0, dtype=np.float64).cumsum(axis=1)
    left, right = (
        np.clip(x * columns / frame.scene_w, 0, columns).astype(np.intp) for x in (x0, x1)
    )
    top, low = (np.clip(y * rows / frame.scene_h, 0, rows).astype(np.intp) for y in (y0, y1))
    right, low = np.maximum(right, left), np.maximum(low, top)
    total = summed[low, right] - summed[top, right] - summed[low, left] + summed[top, left]
    area = (x1 - x0) * columns / frame.scene_w * (y1 - y0) * rows / frame.scene_h
    return np.clip(total / np.maximum(area, 1.0), 0.0, 1.0)


def _best(grid: _Candidates, score: _Floats, merit: _Floats, frame: Frame, seed: int) -> Spot:
    drawn = np.random.default_rng(seed)
    index = int(np.argmax(score + 0.16 * drawn.random(len(score))))
    aside, larger = (float(value) for value in drawn.uniform(-1.0, 1.0, 2))
    scale = frame.width / float(grid.crop_w[index])
    grown = scale * (1.0 + _GROWN * larger)
    return Spot(
        crop=(
            float(grid.x0[index]),
            float(grid.y0[index]),
            float(grid.crop_w[index]),
            float(grid.crop_h[index]),
        ),
        x=float(grid.x[index] - grid.x0[index]) * scale + _ASIDE * aside * frame.width,
        y=float(grid.y[index] - grid.y0[index]) * scale,
        width=float(grid.wide[index]) * grown,
        height=float(grid.tall[index]) * grown,
        merit=float(merit[index]),
    )
