"""A pinhole camera and the triangles it sees: which triangle, where, at every pixel."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from visualizer_core.local.sample.mesh import Floats, Mesh, Vector

__all__ = ["Camera", "Seen", "look"]

# Triangles are drawn in batches of like size; larger ones one by one.
_BATCH_SIDES = (4, 8, 16, 32, 64)
_BATCH_CELLS = 2_000_000
_NEAR_CM = 4.0
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
        scale = self.focal * self.width
        x = (columns + 0.5 - self.width / 2) / scale
        y = (rows + 0.5 - self.height * (0.5 + self.shift)) / scale
        inside = np.stack([x, y, np.ones_like(x)], axis=1)
        return np.asarray(inside @ self.axes(), dtype=np.float32)


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
        & (high[:, 0] >= 0) & (high[:, 1] >= 0)
        & (low[:, 0] < camera.width) & (low[:, 1] < camera.height)
    )
    low = np.maximum(low, 0)
    high = np.minimum(high, [camera.width, camera.height])
    extent = (high - low).max(axis=1)
    done = ~shown
    for side in _BATCH_SIDES:
        chosen = np.flatnonzero(~done & (extent <= side))
        done[chosen] = True
        step = max(1, _BATCH_CELLS // (side * side))
        for start in range(0, len(chosen), step):
            part = chosen[start : start + step]
            _draw(keys, corners[part], part, low[part], side, side)
    for index in np.flatnonzero(~done):
        span = high[index] - low[index]
        one = np.array([index])
        _draw(keys, corners[one], one, low[one], int(span[0]), int(span[1]))
    return keys


def _draw(
    keys: npt.NDArray[np.uint64], corners: npt.NDArray[np.float64], index: npt.NDArray[np.intp],
    low: npt.NDArray[np.int64], wide: int, tall: int,
) -> None:
    height, width = keys.shape
    x = (low[:, :1] + np.arange(wide)).astype(np.float32)[:, None, :] + np.float32(0.5)
    y = (low[:, 1:] + np.arange(tall)).astype(np.float32)[:, :, None] + np.float32(0.5)
    flat = corners.astype(np.float32)
    (x0, x1, x2), (y0, y1, y2) = (flat[:, :, axis].T[:, :, None, None] for axis in (0, 1))
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    area = np.where(np.abs(area) < 1e-9, np.float32(1e-9), area)
    second = ((x - x0) * (y2 - y0) - (x2 - x0) * (y - y0)) / area
    third = ((x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)) / area
    inside = (second >= -1e-4) & (third >= -1e-4) & (second + third <= 1.0001)
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
    mesh: Mesh, camera: Camera, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp],
    found: npt.NDArray[np.intp],
) -> Seen:
    """Place, normal and texture of each pixel by meeting its ray with its triangle."""
    eye = np.array(camera.eye, dtype=np.float32)
    rays = camera.rays(rows, columns)
    a, b, c = (mesh.points[mesh.triangles[:, corner]] for corner in range(3))
    ab, ac = b - a, c - a
    facing = np.cross(ab, ac)
    size = np.maximum((facing**2).sum(axis=1), 1e-12)
    start = (facing * (a - eye)).sum(axis=1)
    # Barycentric weights are linear in the place: w = p . g + k, prepared per triangle.
    grad_b = np.cross(ac, facing) / size[:, None]
    grad_c = np.cross(facing, ab) / size[:, None]
    plane = facing[found]
    across = (plane * rays).sum(axis=1)
    distance = start[found] / np.where(np.abs(across) < 1e-9, np.float32(1e-9), across)
    points = eye + rays * distance[:, None]
    from_a = points - a[found]
    weight_b = np.clip((from_a * grad_b[found]).sum(axis=1), 0, 1)[:, None]
    weight_c = np.clip((from_a * grad_c[found]).sum(axis=1), 0, 1)[:, None]
    weight_a = 1.0 - weight_b - weight_c
    corners = mesh.triangles[found]

    def mixed(values: Floats) -> Floats:
        return np.asarray(
            values[corners[:, 0]] * weight_a + values[corners[:, 1]] * weight_b
            + values[corners[:, 2]] * weight_c, dtype=np.float32,
        )

    towards = -rays / np.linalg.norm(rays, axis=1, keepdims=True)
    normals = mixed(mesh.normals)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
    away = (normals * towards).sum(axis=1) < 0
    normals[away] *= -1.0
    return Seen(
        rows, columns, found, np.asarray(points, dtype=np.float32), normals,
        mixed(mesh.texture), np.asarray(towards, dtype=np.float32),
    )
