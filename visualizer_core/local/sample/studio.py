"""A product on white: soft studio light, contact shadow, slightly from above."""

from dataclasses import dataclass

import cv2
import numpy as np

from visualizer_core.imaging.raster import Pixels, blur, resize, resize_plane, to_bytes
from visualizer_core.local.sample.mesh import Floats, Mesh
from visualizer_core.local.sample.occlusion import Blocker, blocker, dome
from visualizer_core.local.sample.shading import (
    Lamp,
    arriving,
    irradiance,
    lit,
    to_display,
)
from visualizer_core.local.sample.view import Camera, look

__all__ = ["Pose", "photograph"]

# Rendered this much larger, then averaged down: smooth edges.
_OVERSAMPLE = 1.3
# A floor shows every single lamp as a shadow of its own; many make one soft shadow.
_LAMPS = 22
_FLOOR_LAMPS = 40
_FLOOR_GRID = 96
_AMBIENT = (0.16, 0.16, 0.165)
_BOUNCE = (0.26, 0.26, 0.255)


@dataclass(frozen=True)
class Pose:
    """How a product is photographed.

    Parameters
    ----------
    turn : float
        Degrees the camera stands to the right of straight ahead.
    lift : float
        Degrees it looks down.
    hung : bool
        On a wall or from above: no shadow on a floor.
    """

    turn: float = 28.0
    lift: float = 14.0
    hung: bool = False


def photograph(mesh: Mesh, pose: Pose, *, side_px: int) -> Pixels:
    """A square photo of a product on white, ``(side_px, side_px, 3)``."""
    side = round(side_px * _OVERSAMPLE)
    camera = _framed(mesh, pose, side)
    seen = look(mesh, camera)
    block = blocker(mesh)
    light = arriving(seen, (side, side), _softboxes(pose, _LAMPS), block, stride=3)
    colours = to_display(lit(mesh, seen, light[:, None], _AMBIENT, _BOUNCE))
    backdrop = np.full((side, side, 3), 255.0, dtype=np.float32)
    if not pose.hung:
        backdrop *= _floor_shade(mesh, camera, _softboxes(pose, _FLOOR_LAMPS), block)[:, :, None]
    backdrop[seen.rows, seen.columns] = colours
    return resize(to_bytes(backdrop), side_px, side_px)


def _softboxes(pose: Pose, count: int) -> list[Lamp]:
    """A large box above and to the left of the camera, weaker light from everywhere else."""
    ways = dome(count)
    turn = np.radians(pose.turn)
    # The box stays with the camera, so that every product is lit alike.
    key = np.array([np.sin(turn - 0.75), -np.cos(turn - 0.75), 1.15])
    key /= np.linalg.norm(key)
    weight = 0.35 + 2.6 * np.clip(ways @ key, 0.0, 1.0) ** 3
    weight *= 0.98 / float((weight * ways[:, 2]).sum())
    return [
        Lamp((float(way[0]), float(way[1]), float(way[2])), float(part))
        for way, part in zip(ways, weight, strict=True)
    ]


def _framed(mesh: Mesh, pose: Pose, side: int) -> Camera:
    """A long lens at a distance where the product fills most of the frame."""
    low, high = mesh.points.min(axis=0), mesh.points.max(axis=0)
    middle = (low + high) / 2
    reach = float(np.linalg.norm(high - low))
    turn, lift = np.radians(pose.turn), np.radians(pose.lift)
    way = np.array([np.sin(turn) * np.cos(lift), -np.cos(turn) * np.cos(lift), np.sin(lift)])
    eye = middle + way * reach * 3.2
    first = Camera(_triple(eye), _triple(middle), 2.2, side, side)
    corners = first.project(mesh.points)
    low_px, high_px = corners[:, :2].min(axis=0), corners[:, :2].max(axis=0)
    scale = 0.80 * side / float((high_px - low_px).max())
    axes = first.axes()
    off = ((low_px + high_px) / 2 - side / 2) / (2.2 * side) * reach * 3.2
    target = middle + axes[0] * off[0] + axes[1] * (off[1] - 0.012 * reach)
    return Camera(_triple(target + way * reach * 3.2), _triple(target), 2.2 * scale, side, side)


def _floor_shade(mesh: Mesh, camera: Camera, lamps: list[Lamp], block: Blocker) -> Floats:
    """How bright the white floor is at every pixel, 0-1."""
    low, high = mesh.points.min(axis=0), mesh.points.max(axis=0)
    pad = 0.55 * float(np.linalg.norm(high - low))
    xs = np.linspace(low[0] - pad, high[0] + pad, _FLOOR_GRID, dtype=np.float32)
    ys = np.linspace(low[1] - pad, high[1] + pad, _FLOOR_GRID, dtype=np.float32)
    x, y = np.meshgrid(xs, ys)
    places = np.stack([x.ravel(), y.ravel(), np.zeros(x.size, np.float32)], axis=1)
    up = np.broadcast_to(np.array([0, 0, 1], dtype=np.float32), places.shape)
    light = irradiance(places, np.ascontiguousarray(up), lamps, block)
    full = sum(lamp.power * lamp.way[2] for lamp in lamps)
    level = np.clip(light / np.float32(full), 0.0, 1.0).reshape(x.shape)
    # Towards the edge of the grid the shade runs out.
    edge = np.abs(np.linspace(-1, 1, _FLOOR_GRID, dtype=np.float32))
    keep = np.clip((1.0 - np.maximum.outer(edge, edge)) * 3.0, 0.0, 1.0)
    level = blur(np.asarray(1.0 - (1.0 - level) * keep, dtype=np.float32), 1.6)
    rows, columns = np.mgrid[0 : camera.height : 3, 0 : camera.width : 3]
    rays = camera.rays(rows.ravel(), columns.ravel())
    down = np.minimum(rays[:, 2], -1e-4)
    ground = np.array(camera.eye, np.float32) + rays * (-np.float32(camera.eye[2]) / down)[:, None]
    u = (ground[:, 0] - xs[0]) / (xs[1] - xs[0])
    v = (ground[:, 1] - ys[0]) / (ys[1] - ys[0])
    shape = rows.shape
    shown = cv2.remap(
        level,
        u.reshape(shape).astype(np.float32),
        v.reshape(shape).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=1.0,
    )
    shade = 1.0 - 0.62 * (1.0 - np.asarray(shown, dtype=np.float32)) ** 1.15
    return resize_plane(np.asarray(shade, np.float32), camera.width, camera.height)


def _triple(values: Floats) -> tuple[float, float, float]:
    return (float(values[0]), float(values[1]), float(values[2]))
