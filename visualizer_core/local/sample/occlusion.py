"""How much light from each direction reaches a place, by depth maps of points on the surfaces."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from visualizer_core.local.sample.mesh import Floats, Mesh

__all__ = ["Blocker", "blocker", "dome", "visible"]

_MAP_CELLS = 150
_STEEP = 0.9


@dataclass(frozen=True)
class Blocker:
    """Points spread over what throws shadows.

    Parameters
    ----------
    points : ndarray of float32, (n, 3)
    cell_cm : float
        Distance between neighbouring points, and the size of a depth map's cell.
    """

    points: Floats
    cell_cm: float


def blocker(mesh: Mesh, *, cells: int = _MAP_CELLS, thin: bool = True) -> Blocker:
    """Spread points over a mesh, close enough that a depth map of them has no holes.

    Thinning costs more than it saves when the points are used for one direction only.
    """
    span = float(np.ptp(mesh.points, axis=0).max())
    cell = max(0.2, span * 1.4 / cells)
    tip, left, right = _tips(mesh)
    along = _steps(np.linalg.norm(left - tip, axis=1), cell)
    across = _steps(np.linalg.norm(right - left, axis=1), cell)
    spread: list[Floats] = []
    for steps in np.unique(along * 1000 + across):
        chosen = (along * 1000 + across) == steps
        s, t = np.meshgrid(
            np.linspace(0, 1, steps // 1000 + 1), np.linspace(0, 1, steps % 1000 + 1), indexing="ij"
        )
        s, t = (values.astype(np.float32).reshape(1, -1, 1) for values in (s, t))
        far = left[chosen, None] * (1 - t) + right[chosen, None] * t
        placed = (tip[chosen, None] * (1 - s) + far * s).reshape(-1, 3)
        spread.append(np.asarray(placed, dtype=np.float32))
    points = np.concatenate(spread)
    return Blocker(_thinned(points, cell * 0.7) if thin else points, cell)


def _thinned(points: Floats, cell: float) -> Floats:
    """One point a cell: small triangles would otherwise give far too many."""
    lattice = ((points - points.min(axis=0)) * np.float32(1 / cell)).astype(np.int64)
    sizes = lattice.max(axis=0) + 1
    key = (lattice[:, 0] * sizes[1] + lattice[:, 1]) * sizes[2] + lattice[:, 2]
    order = np.argsort(key)
    first = np.flatnonzero(np.diff(key[order], prepend=-1))
    return points[order[first]]


def _tips(mesh: Mesh) -> tuple[Floats, Floats, Floats]:
    """Corners of each triangle, the one opposite its shortest side first."""
    corners = mesh.points[mesh.triangles]
    opposite = np.linalg.norm(corners[:, [2, 0, 1]] - corners[:, [1, 2, 0]], axis=2)
    first = np.argmin(opposite, axis=1)
    rows = np.arange(len(first))
    a, b, c = (corners[rows, (first + turn) % 3] for turn in range(3))
    return a, b, c


def _steps(lengths: Floats, cell: float) -> npt.NDArray[np.int64]:
    """Steps of about a cell, from a short list of numbers so that triangles share one lattice."""
    choices = np.array([1, 2, 3, 5, 8, 12, 18, 27, 40, 60, 90, 135, 200, 300, 450, 700])
    wanted = np.minimum(np.ceil(lengths / (cell * 0.95)), choices[-1])
    return choices[np.searchsorted(choices, wanted)]


def dome(count: int, *, lowest: float = 0.08) -> Floats:
    """Unit directions spread evenly over the sky, ``(count, 3)``; none below z = ``lowest``."""
    index = np.arange(count) + 0.5
    z = 1.0 - (1.0 - lowest) * index / count
    turn = np.pi * (1.0 + 5.0**0.5) * index
    flat = np.sqrt(1.0 - z**2)
    return np.stack([flat * np.cos(turn), flat * np.sin(turn), z], axis=1).astype(np.float32)


def visible(
    block: Blocker, points: Floats, normals: Floats, way: Floats
) -> npt.NDArray[np.float32]:
    """Share of the light from a direction that reaches each point, 0-1.

    Parameters
    ----------
    block : Blocker
    points, normals : ndarray of float32, (n, 3)
    way : ndarray of float32, (3,)
        Unit direction towards the light.
    """
    axes = _axes_towards(way)
    low_x, low_y, heights = _depth_map(block, axes)
    cell = np.float32(block.cell_cm)
    # Off the surface by a cell and a half, or a surface would shade itself.
    asked = [
        points[:, 0] * axis[0]
        + points[:, 1] * axis[1]
        + points[:, 2] * axis[2]
        + (normals[:, 0] * axis[0] + normals[:, 1] * axis[1] + normals[:, 2] * axis[2])
        * (cell * np.float32(1.6))
        for axis in axes
    ]
    x = (asked[0] - low_x) / cell + np.float32(1.5)
    y = (asked[1] - low_y) / cell + np.float32(1.5)
    return _passed(heights, x, y, asked[2] / cell)


def _axes_towards(way: Floats) -> Floats:
    helper = np.array([0.0, 0.0, 1.0]) if abs(way[2]) < _STEEP else np.array([1.0, 0.0, 0.0])
    side = np.cross(helper, way)
    side /= np.linalg.norm(side)
    return np.stack([side, np.cross(way, side), way]).astype(np.float32)


def _depth_map(block: Blocker, axes: Floats) -> tuple[float, float, npt.NDArray[np.float32]]:
    """Origin in x and y, and per cell how near to the light something is, in cells."""
    x, y, z = (
        block.points[:, 0] * axis[0] + block.points[:, 1] * axis[1] + block.points[:, 2] * axis[2]
        for axis in axes
    )
    cell = np.float32(block.cell_cm)
    low_x, low_y = float(x.min()), float(y.min())
    column = ((x - np.float32(low_x)) / cell).astype(np.int32) + 2
    row = ((y - np.float32(low_y)) / cell).astype(np.int32) + 2
    wide, tall = int(column.max()) + 3, int(row.max()) + 3
    depth = np.full(tall * wide, -1e9, dtype=np.float32)
    np.maximum.at(depth, row * wide + column, z / cell)
    grown = cv2.dilate(depth.reshape(tall, wide), np.ones((2, 2), np.uint8))
    return low_x, low_y, np.asarray(grown, dtype=np.float32)


def _passed(
    heights: npt.NDArray[np.float32],
    x: npt.NDArray[np.float32],
    y: npt.NDArray[np.float32],
    level: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    """How much of the four cells around each place lies below its level, the nearer the more."""
    tall, wide = heights.shape
    flat = heights.reshape(-1)
    column = np.clip(x.astype(np.int32), 0, wide - 2)
    row = np.clip(y.astype(np.int32), 0, tall - 2)
    start = row * wide + column
    right, down = np.clip(x - column, 0.0, 1.0), np.clip(y - row, 0.0, 1.0)
    limit = level + np.float32(0.6)
    total = np.zeros(len(x), dtype=np.float32)
    for step, across, along in (
        (0, 1.0 - right, 1.0 - down),
        (1, right, 1.0 - down),
        (wide, 1.0 - right, down),
        (wide + 1, right, down),
    ):
        total += np.clip(flat[start + step] - limit, 0.0, 1.0) * across * along
    return 1.0 - total
