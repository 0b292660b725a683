"""Building blocks of the sample's furniture: triangles with normals, in centimetres.

Axes: x to the right, y away from the viewer, z up. A product faces -y and stands on z = 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from visualizer_core.imaging.raster import AnyFloat

__all__ = ["Mesh", "box", "joined", "lathe", "leaf", "moved", "rod", "sheet", "soft_box", "turned"]

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Vector = tuple[float, float, float]

_SEGMENTS = 36
# A profile of more points than this is meant to be round.
_CURVED = 3
_FLAT_CM = 1e-6
_ALONG = 0.9


@dataclass(frozen=True)
class Mesh:
    """Triangles.

    Parameters
    ----------
    points : ndarray of float32, (v, 3)
        Corners in cm.
    normals : ndarray of float32, (v, 3)
        Unit normals at the corners.
    texture : ndarray of float32, (v, 2)
        Where the corner lies on its part's surface, cm; the first runs along the grain.
    triangles : ndarray of int32, (t, 3)
    materials : tuple of str
        Names the triangles refer to.
    material : ndarray of int32, (t,)
        Index into ``materials``.
    thin : ndarray of bool, (t,)
        Seen from both sides; the others belong to closed bodies and are seen from outside only.
    """

    points: Floats
    normals: Floats
    texture: Floats
    triangles: Ints
    materials: tuple[str, ...]
    material: Ints
    thin: npt.NDArray[np.bool_]


def joined(*meshes: Mesh) -> Mesh:
    """One mesh of several."""
    names = list(dict.fromkeys(name for mesh in meshes for name in mesh.materials))
    offsets = np.cumsum([0, *(len(mesh.points) for mesh in meshes)])
    return Mesh(
        points=np.concatenate([mesh.points for mesh in meshes]),
        normals=np.concatenate([mesh.normals for mesh in meshes]),
        texture=np.concatenate([mesh.texture for mesh in meshes]),
        triangles=np.concatenate(
            [mesh.triangles + np.int32(start) for mesh, start in zip(meshes, offsets, strict=False)]
        ),
        materials=tuple(names),
        material=np.concatenate(
            [
                np.array([names.index(name) for name in mesh.materials], np.int32)[mesh.material]
                for mesh in meshes
            ]
        ),
        thin=np.concatenate([mesh.thin for mesh in meshes]),
    )


def moved(mesh: Mesh, by: Vector) -> Mesh:
    """The mesh shifted; its texture stays with it."""
    return replace(mesh, points=mesh.points + np.array(by, dtype=np.float32))


def turned(mesh: Mesh, degrees: float, axis: int = 2) -> Mesh:
    """The mesh turned about an axis through the origin (0 x, 1 y, 2 z), right-handed."""
    angle = np.radians(degrees)
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    first, second = [index for index in range(3) if index != axis]
    if axis == 1:
        sin = -sin
    matrix = np.eye(3, dtype=np.float32)
    matrix[first, first] = matrix[second, second] = cos
    matrix[first, second], matrix[second, first] = -sin, sin
    return replace(mesh, points=mesh.points @ matrix.T, normals=mesh.normals @ matrix.T)


def _grid_mesh(points: AnyFloat, texture: AnyFloat, material: str, *, thin: bool = False) -> Mesh:
    """A mesh of a grid of points ``(rows, columns, 3)`` with smooth normals."""
    rows, columns = points.shape[:2]
    along = np.gradient(points, axis=0)
    across = np.gradient(points, axis=1)
    normals = np.cross(across, along)
    length = np.linalg.norm(normals, axis=2, keepdims=True)
    normals = normals / np.maximum(length, 1e-9)
    index = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    first = np.stack([a, b, c], axis=-1).reshape(-1, 3)
    second = np.stack([b, d, c], axis=-1).reshape(-1, 3)
    triangles = np.concatenate([first, second])
    return Mesh(
        points.reshape(-1, 3).astype(np.float32),
        normals.reshape(-1, 3).astype(np.float32),
        texture.reshape(-1, 2).astype(np.float32),
        triangles,
        (material,),
        np.zeros(len(triangles), dtype=np.int32),
        np.full(len(triangles), thin),
    )


def box(size: Vector, material: str, at: Vector = (0.0, 0.0, 0.0), *, bevel: float = 0.35) -> Mesh:
    """A box standing on ``at`` (middle of its underside), edges broken by a small bevel."""
    return soft_box(size, material, at, radius=min(bevel, min(size) / 2.01), steps=1)


def soft_box(
    size: Vector,
    material: str,
    at: Vector = (0.0, 0.0, 0.0),
    *,
    radius: float,
    steps: int = 3,
    puff: float = 0.0,
) -> Mesh:
    """A box with round edges, its faces blown up by ``puff`` cm in the middle, like a cushion.

    Parameters
    ----------
    size : tuple of float
        Outer width, depth, height in cm, without the puff.
    at : tuple of float
        Middle of its underside.
    radius : float
        Of the edges, cm.
    """
    half = np.array(size, dtype=np.float32) / 2
    radius = min(radius, float(half.min()) * 0.999)
    core = half - radius
    quarter = np.radians(np.linspace(-45.0, 0.0, steps + 1))
    middle = 8 if puff else 2
    angles = np.concatenate([quarter[:-1], np.zeros(middle), -quarter[:-1][::-1]])
    places = np.concatenate([-np.ones(steps), np.linspace(-1.0, 1.0, middle), np.ones(steps)])
    a, b = np.meshgrid(np.tan(angles), np.tan(angles), indexing="ij")
    u, v = np.meshgrid(places, places, indexing="ij")
    faces: list[Mesh] = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            first, second = [index for index in range(3) if index != axis]
            way = np.zeros((*a.shape, 3))
            way[..., first], way[..., second], way[..., axis] = a, b, sign
            way /= np.linalg.norm(way, axis=2, keepdims=True)
            place = np.zeros_like(way)
            place[..., first], place[..., second], place[..., axis] = u, v, sign
            points = place * core + way * radius
            swell = np.cos(u * np.pi / 2) * np.cos(v * np.pi / 2)
            # Stuffing shows on the large faces; the narrow ones between them stay nearly flat.
            part_of = 1.0 if size[axis] == min(size) else 0.25
            points[..., axis] += sign * puff * part_of * np.clip(swell, 0, 1) ** 1.3
            grown = sorted((first, second), key=lambda index: -size[index])
            texture = points[..., grown] + 0.37 * sum(size) * (axis + sign)
            part = _grid_mesh(points.astype(np.float32), texture, material)
            normals = _outward(part, points) if puff else way.reshape(-1, 3)
            faces.append(replace(part, normals=normals.astype(np.float32)))
    lifted = np.array(at, dtype=np.float32) + np.array([0, 0, half[2]], dtype=np.float32)
    whole = joined(*faces)
    return replace(whole, points=whole.points + lifted)


def _outward(part: Mesh, points: npt.NDArray[np.float64]) -> Floats:
    away = np.sign((part.normals * points.reshape(-1, 3)).sum(axis=1, keepdims=True))
    return np.asarray(part.normals * np.where(away == 0, 1, away), dtype=np.float32)


def lathe(
    profile: Sequence[tuple[float, float]],
    material: str,
    at: Vector = (0.0, 0.0, 0.0),
    *,
    segments: int = _SEGMENTS,
) -> Mesh:
    """A surface of revolution about z through ``at``.

    Parameters
    ----------
    profile : sequence of (radius, height)
        From the bottom up along the outside; give a point twice for a sharp edge.
    """
    pieces: list[list[tuple[float, float]]] = [[]]
    for point in profile:
        if pieces[-1] and pieces[-1][-1] == point:
            pieces.append([])
        pieces[-1].append(point)
    turn = np.linspace(0.0, 2 * np.pi, segments + 1)
    meshes: list[Mesh] = []
    for piece in pieces:
        if len(piece) == 1:
            continue
        radius, height = _smooth(np.array(piece)).T
        grid = np.stack(
            [
                radius[:, None] * np.cos(turn),
                radius[:, None] * np.sin(turn),
                np.broadcast_to(height[:, None], (len(height), len(turn))),
            ],
            axis=-1,
        )
        meshes.append(_revolved(grid.astype(np.float32), radius, height, turn, material))
    return moved(joined(*meshes), at)


def _smooth(piece: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """More points between those of a curved piece (Catmull-Rom); a straight one stays as it is."""
    if len(piece) <= _CURVED:
        return piece
    padded = np.concatenate([piece[:1], piece, piece[-1:]])
    t = np.linspace(0.0, 1.0, 4, endpoint=False)[None, :, None]
    before, first, second, after = (padded[i : len(padded) - 3 + i, None] for i in range(4))
    points = 0.5 * (
        2 * first
        + (second - before) * t
        + (2 * before - 5 * first + 4 * second - after) * t**2
        + (3 * first - before - 3 * second + after) * t**3
    )
    # Uneven spacing makes the curve swing out; it stays within its own points.
    points = np.clip(points, piece.min(axis=0), piece.max(axis=0))
    return np.concatenate([points.reshape(-1, 2), piece[-1:]])


def _revolved(
    grid: Floats,
    radius: npt.NDArray[np.float64],
    height: npt.NDArray[np.float64],
    turn: npt.NDArray[np.float64],
    material: str,
) -> Mesh:
    slope_r, slope_z = np.gradient(radius), np.gradient(height)
    length = np.maximum(np.hypot(slope_r, slope_z), 1e-9)
    out, up = slope_z / length, -slope_r / length
    normals = np.stack(
        [
            out[:, None] * np.cos(turn),
            out[:, None] * np.sin(turn),
            np.broadcast_to(up[:, None], (len(up), len(turn))),
        ],
        axis=-1,
    )
    along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(radius), np.diff(height)))])
    around = turn * float(radius.max())
    texture = np.stack(np.meshgrid(along, around, indexing="ij"), axis=-1)
    if float(np.ptp(height)) < _FLAT_CM:
        # A disc: grain straight across it.
        texture = grid[..., :2].astype(np.float64)
    mesh = _grid_mesh(grid, texture, material, thin=True)
    return replace(mesh, normals=normals.reshape(-1, 3).astype(np.float32))


def rod(
    start: Vector,
    end: Vector,
    material: str,
    *,
    radius: float,
    end_radius: float | None = None,
    segments: int = 16,
) -> Mesh:
    """A round bar between two points, tapering to ``end_radius``, with flat ends."""
    first, last = np.array(start), np.array(end)
    length = float(np.linalg.norm(last - first))
    tip = radius if end_radius is None else end_radius
    upright = lathe(
        [(0.0, 0.0), (radius, 0.0), (radius, 0.0), (tip, length), (tip, length), (0.0, length)],
        material,
        segments=segments,
    )
    along = (last - first) / length
    helper = np.array([0.0, 1.0, 0.0]) if abs(along[1]) < _ALONG else np.array([1.0, 0.0, 0.0])
    side = np.cross(helper, along)
    side /= np.linalg.norm(side)
    matrix = np.stack([side, np.cross(along, side), along], axis=1).astype(np.float32)
    return replace(
        upright,
        points=upright.points @ matrix.T + first.astype(np.float32),
        normals=upright.normals @ matrix.T,
    )


def sheet(corners: Sequence[Vector], material: str, *, steps: int = 2, sag: float = 0.0) -> Mesh:
    """A flat or sagging four-sided sheet; corners in order around it."""
    a, b, c, d = (np.array(corner, dtype=np.float64) for corner in corners)
    s, t = np.meshgrid(np.linspace(0, 1, steps), np.linspace(0, 1, steps), indexing="ij")
    s, t = s[..., None], t[..., None]
    points = a * (1 - s) * (1 - t) + b * (1 - s) * t + c * s * t + d * s * (1 - t)
    points[..., 2] -= sag * (16 * s * (1 - s) * t * (1 - t))[..., 0]
    across, along = float(np.linalg.norm(b - a)), float(np.linalg.norm(d - a))
    texture = np.concatenate([t * across, s * along], axis=2)
    return _grid_mesh(points.astype(np.float32), texture, material, thin=True)


def leaf(
    root: Vector,
    *,
    length: float,
    width: float,
    heading: float,
    rise: float,
    droop: float,
    material: str,
    steps: int = 7,
) -> Mesh:
    """A leaf growing from a point.

    Parameters
    ----------
    heading, rise : float
        Degrees about z, and above the horizontal at the root.
    droop : float
        Degrees by which it bends down until its tip.
    """
    along = np.linspace(0.0, 1.0, steps)
    angle = np.radians(rise - droop * along)
    out = np.concatenate([[0.0], np.cumsum(np.cos(angle[:-1]))]) * length / (steps - 1)
    up = np.concatenate([[0.0], np.cumsum(np.sin(angle[:-1]))]) * length / (steps - 1)
    half = width / 2 * np.sin(np.pi * np.clip(along, 0.03, 0.985) ** 0.8)
    across = np.linspace(-1.0, 1.0, 5)
    turn = np.radians(heading)
    ahead = np.array([np.cos(turn), np.sin(turn)])
    beside = np.array([-ahead[1], ahead[0]])
    fold = np.abs(across)[None, :] * half[:, None] * 0.35
    flat = out[:, None, None] * ahead + (half[:, None] * across)[..., None] * beside
    high = up[:, None] + fold
    points = np.concatenate([flat, high[..., None]], axis=2)
    texture = np.stack(np.meshgrid(along * length, across * width, indexing="ij"), axis=-1)
    return moved(_grid_mesh(points.astype(np.float32), texture, material, thin=True), root)
