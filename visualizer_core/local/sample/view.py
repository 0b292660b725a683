"""A pinhole camera and the triangles it sees: which triangle, where, at every pixel."""

from dataclasses import dataclass
from itertools import product as combinations

import numpy as np
import numpy.typing as npt

from visualizer_core.imaging.raster import AnyFloat
from visualizer_core.local.sample.mesh import Floats, Mesh, Vector

__all__ = ["Camera", "Seen", "dots", "look"]

# Triangles are drawn in batches of like size; larger ones one by one.
_BATCH_SIDES = (4, 8, 16, 32, 64, 128)
_BATCH_CELLS = 250_000
_NEAR_CM = 4.0
_PIECE = 1 << 15
_FLAT = np.float32(1e-9)
# Neighbouring triangles overlap by this share, so that no gap shows between them.
_SEAM = np.float32(1e-4)
_FAR = np.uint64(0xFFFFFFFFFFFFFFFF)


@dataclass(frozen=True)
class Camera:
    """Pinhole camera.

    Parameters
    ----------
    eye, target : tuple of float
        Where it stands and what is in the middle of the picture, cm.
    focal : float
        Focal length as a multiple of the picture's width.
    width, height : int
        Pixels.
    shift : float
        Moves the picture up by this part of its height, like a shift lens: uprights stay upright
        when ``eye`` and ``target`` are level.
    """

    eye: Vector
    target: Vector
    focal: float
    width: int
    height: int
    shift: float = 0.0

    def axes(self) -> npt.NDArray[np.float64]:
        """Rows: right, down, forward."""
        forward = np.array(self.target) - np.array(self.eye)
        forward /= np.linalg.norm(forward)
        right = np.cross(forward, [0.0, 0.0, 1.0])
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(forward, right), forward])

    def project(self, points: Floats) -> npt.NDArray[np.float64]:
        """Pixel x, pixel y and distance along the view for points ``(n, 3)``."""
        inside = (points.astype(np.float64) - np.array(self.eye)) @ self.axes().T
        deep = np.maximum(inside[:, 2], 1e-3)
        scale = self.focal * self.width
        x = inside[:, 0] / deep * scale + self.width / 2
        y = inside[:, 1] / deep * scale + self.height * (0.5 + self.shift)
        return np.stack([x, y, inside[:, 2]], axis=1)

    def rays(self, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> Floats:
        """Directions (not unit) through pixel middles, ``(n, 3)``."""
        scale = np.float32(self.focal * self.width)
        right, down, forward = self.axes().astype(np.float32)
        x = (columns.astype(np.float32) + np.float32(0.5 - self.width / 2)) / scale
        y = (rows.astype(np.float32) + np.float32(0.5 - self.height * (0.5 + self.shift))) / scale
        rays = np.empty((len(rows), 3), dtype=np.float32)
        for axis in range(3):
            rays[:, axis] = x * right[axis] + y * down[axis] + forward[axis]
        return rays


def dots(first: AnyFloat, second: AnyFloat) -> Floats:
    """Row by row scalar products, ``(n,)``."""
    return np.asarray(np.einsum("ij,ij->i", first, second), dtype=np.float32)


@dataclass(frozen=True)
class Seen:
    """What the visible pixels show; all arrays have one row a pixel.

    Parameters
    ----------
    rows, columns : ndarray of int
        Which pixels.
    triangle : ndarray of int
        Index of the triangle.
    points, normals, towards : ndarray of float32, (n, 3)
        Place, unit normal turned to the viewer, unit direction to the eye.
    texture : ndarray of float32, (n, 2)
        Place on the part's surface.
    """

    rows: npt.NDArray[np.intp]
    columns: npt.NDArray[np.intp]
    triangle: npt.NDArray[np.intp]
    points: Floats
    normals: Floats
    texture: Floats
    towards: Floats


def look(mesh: Mesh, camera: Camera) -> Seen:
    """Everything the camera sees of a mesh."""
    keys = _nearest(camera.project(mesh.points), mesh, camera)
    rows, columns = np.nonzero(keys != _FAR)
    found = (keys[rows, columns] & np.uint64(0xFFFFFFFF)).astype(np.intp)
    return _resolved(mesh, camera, rows, columns, found)


def _nearest(
    projected: npt.NDArray[np.float64], mesh: Mesh, camera: Camera
) -> npt.NDArray[np.uint64]:
    """Per pixel the nearest triangle: inverse depth in the high half, its index in the low one."""
    keys = np.full((camera.height, camera.width), _FAR, dtype=np.uint64)
    corners = projected[mesh.triangles]
    low = np.floor(corners[:, :, :2].min(axis=1)).astype(np.int64)
    high = np.ceil(corners[:, :, :2].max(axis=1)).astype(np.int64)
    shown = (
        (corners[:, :, 2].min(axis=1) > _NEAR_CM)
        & (high[:, 0] >= 0)
        & (high[:, 1] >= 0)
        & (low[:, 0] < camera.width)
        & (low[:, 1] < camera.height)
        & (mesh.thin | _faces(mesh, camera))
    )
    low = np.maximum(low, 0)
    high = np.minimum(high, [camera.width, camera.height])
    span = high - low
    done = ~shown
    for wide, tall in combinations(_BATCH_SIDES, _BATCH_SIDES):
        chosen = np.flatnonzero(~done & (span[:, 0] <= wide) & (span[:, 1] <= tall))
        done[chosen] = True
        step = max(1, _BATCH_CELLS // (wide * tall))
        for start in range(0, len(chosen), step):
            part = chosen[start : start + step]
            _draw(keys, corners[part], part, low[part], wide, tall)
    for index in np.flatnonzero(~done):
        one = np.array([index])
        _draw(keys, corners[one], one, low[one], int(span[index, 0]), int(span[index, 1]))
    return keys


def _faces(mesh: Mesh, camera: Camera) -> npt.NDArray[np.bool_]:
    """Triangles with a corner whose normal is not turned away."""
    towards = np.array(camera.eye, dtype=np.float32) - mesh.points
    shown = (dots(mesh.normals, towards) > 0)[mesh.triangles]
    return np.asarray(shown.any(axis=1), dtype=np.bool_)


def _draw(
    keys: npt.NDArray[np.uint64],
    corners: npt.NDArray[np.float64],
    index: npt.NDArray[np.intp],
    low: npt.NDArray[np.int64],
    wide: int,
    tall: int,
) -> None:
    height, width = keys.shape
    x = (low[:, :1] + np.arange(wide)).astype(np.float32)[:, None, :] + np.float32(0.5)
    y = (low[:, 1:] + np.arange(tall)).astype(np.float32)[:, :, None] + np.float32(0.5)
    flat = corners.astype(np.float32)
    (x0, x1, x2), (y0, y1, y2) = (flat[:, :, axis].T[:, :, None, None] for axis in (0, 1))
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    area = np.where(np.abs(area) < _FLAT, _FLAT, area)
    second = ((x - x0) * (y2 - y0) - (x2 - x0) * (y - y0)) / area
    third = ((x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)) / area
    inside = (second >= -_SEAM) & (third >= -_SEAM) & (second + third <= 1 + _SEAM)
    inside &= (x < width) & (y < height)
    which, row, column = np.nonzero(inside)
    if not len(which):
        return
    near = 1.0 / corners[:, :, 2]
    b, c = second[which, row, column], third[which, row, column]
    inverse = near[which, 0] * (1 - b - c) + near[which, 1] * b + near[which, 2] * c
    deep = (4.0e9 * (1.0 - np.clip(inverse * _NEAR_CM, 0.0, 1.0))).astype(np.uint64)
    key = (deep << np.uint64(32)) | index[which].astype(np.uint64)
    place = (row + low[which, 1]) * width + column + low[which, 0]
    np.minimum.at(keys.reshape(-1), place, key)


def _resolved(
    mesh: Mesh,
    camera: Camera,
    rows: npt.NDArray[np.intp],
    columns: npt.NDArray[np.intp],
    found: npt.NDArray[np.intp],
) -> Seen:
    """Place, normal and texture of each pixel by meeting its ray with its triangle."""
    eye = np.array(camera.eye, dtype=np.float32)
    records = _records(mesh, eye)
    points, normals, towards = (np.empty((len(found), 3), dtype=np.float32) for _ in range(3))
    texture = np.empty((len(found), 2), dtype=np.float32)
    # In pieces that stay in the processor's cache.
    for start in range(0, len(found), _PIECE):
        part = slice(start, start + _PIECE)
        rays = camera.rays(rows[part], columns[part])
        record = records[found[part]]
        across = dots(record[:, 0:3], rays)
        distance = record[:, 3] / np.where(np.abs(across) < _FLAT, _FLAT, across)
        place = rays * distance[:, None]
        points[part] = place + eye
        weight_b = np.clip(dots(record[:, 4:7], place) + record[:, 7], 0, 1)[:, None]
        weight_c = np.clip(dots(record[:, 8:11], place) + record[:, 11], 0, 1)[:, None]
        towards[part] = rays / -np.sqrt(dots(rays, rays))[:, None]
        normal = record[:, 12:15] + record[:, 15:18] * weight_b + record[:, 18:21] * weight_c
        length = np.maximum(np.sqrt(dots(normal, normal)), np.float32(1e-6))
        # Thin things are seen from behind as well.
        length *= np.where(dots(normal, towards[part]) < 0, np.float32(-1), np.float32(1))
        normals[part] = normal / length[:, None]
        texture[part] = record[:, 21:23] + record[:, 23:25] * weight_b + record[:, 25:27] * weight_c
    return Seen(rows, columns, found, points, normals, texture, towards)


def _records(mesh: Mesh, eye: Floats) -> Floats:
    """What a pixel needs of its triangle, side by side, ``(t, 27)``.

    Plane normal and offset as seen from the eye; the weights of the second and third corner as
    linear functions of the place; normal and texture at the first corner and their change towards
    the other two.
    """
    corners = mesh.points[mesh.triangles] - eye
    a, ab, ac = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    facing = np.cross(ab, ac)
    size = np.maximum(dots(facing, facing), np.float32(1e-12))[:, None]
    grad_b, grad_c = np.cross(ac, facing) / size, np.cross(facing, ab) / size
    normal, texture = mesh.normals[mesh.triangles], mesh.texture[mesh.triangles]
    columns = [
        facing,
        dots(facing, a)[:, None],
        grad_b,
        -dots(grad_b, a)[:, None],
        grad_c,
        -dots(grad_c, a)[:, None],
        normal[:, 0],
        normal[:, 1] - normal[:, 0],
        normal[:, 2] - normal[:, 0],
        texture[:, 0],
        texture[:, 1] - texture[:, 0],
        texture[:, 2] - texture[:, 0],
    ]
    return np.ascontiguousarray(np.concatenate(columns, axis=1), dtype=np.float32)
