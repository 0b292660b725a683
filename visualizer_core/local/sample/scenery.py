"""Photographing a room: daylight through its windows, soft light everywhere, sun on the floor."""

from dataclasses import dataclass, replace

import numpy as np

from visualizer_core.imaging.raster import Pixels, Plane, blur, noise, to_bytes
from visualizer_core.local.sample.mesh import Floats, Mesh, Vector
from visualizer_core.local.sample.occlusion import blocker, dome, visible
from visualizer_core.local.sample.shading import Lamp, arriving, lit, to_display
from visualizer_core.local.sample.view import Camera, Seen, look

__all__ = ["Daylight", "Set", "shoot"]

_AMBIENT = 0.36
_BOUNCE = (0.33, 0.305, 0.27)
_STRIDE = 4
_GRAZING = 0.02
# What counts as floor: level, and no higher than a rug.
_LEVEL, _FLOOR_CM = 0.97, 3.0
_LEAST_SUM = 1e-4
_DOME_LAMPS = 14
_WINDOW_LAMPS = 7
_FURNITURE_CELLS = 220
_SUN_CELLS = 560


@dataclass(frozen=True)
class Daylight:
    """Light of a room.

    Parameters
    ----------
    window : tuple of float
        Direction from the middle of the room towards the brightest window.
    sun : tuple of float or None
        Direction towards the sun; None when it does not reach in.
    warmth : float
        -1 cool to 1 warm.
    level : float
        1 is a bright day.
    """

    window: Vector
    sun: Vector | None
    warmth: float = 0.2
    level: float = 1.0


@dataclass(frozen=True)
class Set:
    """A furnished room.

    Parameters
    ----------
    shown : Mesh
        Shell and furniture.
    furniture : Mesh
        What throws soft shadows.
    sun_blockers : Mesh
        What throws sun shadows: furniture and the walls around windows.
    half_width, height : float
        Of the room in cm, for the dimness of its corners; 0 outdoors.
    light : Daylight
    """

    shown: Mesh
    furniture: Mesh
    sun_blockers: Mesh
    half_width: float
    height: float
    light: Daylight


def shoot(room: Set, *, width: int, height: int, eye_x: float = 0.0, turn: float = 0.0) -> Pixels:
    """A picture of a furnished room from eye height, ``(height, width, 3)``.

    Parameters
    ----------
    eye_x : float
        Camera's place to the side, cm.
    turn : float
        Where it looks at the back wall, cm to the side of its own place.
    """
    eye = (eye_x, -575.0, 125.0)
    camera = Camera(eye, (eye_x + turn, 0.0, 125.0), 0.86, width, height, shift=-0.04)
    seen = look(room.shown, camera)
    warm = np.array([1 + 0.05 * room.light.warmth, 1, 1 - 0.09 * room.light.warmth], np.float32)
    light = _soft(room, seen, (height, width))[:, None] * warm + _sun(room, seen, (height, width))
    ambient = tuple(_AMBIENT * room.light.level * float(part) for part in warm)
    bounce = tuple(part * room.light.level for part in _BOUNCE)
    colours = to_display(
        lit(room.shown, seen, light, _triple(np.array(ambient)), _triple(np.array(bounce)))
    )
    picture = np.full((height, width, 3), 232.0, dtype=np.float32)
    picture[seen.rows, seen.columns] = colours
    return to_bytes(_developed(picture))


def _soft(room: Set, seen: Seen, shape: tuple[int, int]) -> Floats:
    """Light from everywhere above and from the window's side, shadowed by furniture."""
    block = blocker(room.furniture, cells=_FURNITURE_CELLS)
    level = np.float32(room.light.level)
    ways = dome(_DOME_LAMPS, lowest=0.1)
    even = [Lamp(_triple(way), 0.068) for way in ways]
    around = arriving(seen, shape, even, block, stride=_STRIDE)
    towards = np.array(room.light.window, dtype=np.float64)
    towards /= np.linalg.norm(towards)
    drawn = np.random.default_rng(5)
    lamps: list[Lamp] = []
    for _ in range(_WINDOW_LAMPS):
        way = towards + 0.30 * drawn.standard_normal(3)
        way[2] = abs(way[2])
        lamps.append(Lamp(_triple((way / np.linalg.norm(way)).astype(np.float32)), 0.094))
    window = arriving(seen, shape, lamps, block, stride=_STRIDE)
    return np.asarray(
        level * _corners(room, seen) * (around + window * _falloff(room, seen)), np.float32
    )


def _falloff(room: Set, seen: Seen) -> Floats:
    """Light from a window weakens into the room."""
    if room.half_width <= 0.0:
        return np.ones(1, dtype=np.float32)
    towards = np.array(room.light.window, dtype=np.float32)
    towards /= np.float32(np.linalg.norm(towards))
    along = (seen.points - np.array([0.0, -200.0, 100.0], np.float32)) @ towards
    return np.asarray(np.clip(1.0 + 0.55 * along / 250.0, 0.45, 1.7), np.float32)


def _corners(room: Set, seen: Seen) -> Floats:
    """Walls that meet take light from each other."""
    if room.half_width <= 0.0:
        return np.ones(1, dtype=np.float32)
    x, y, z = (seen.points[:, axis] for axis in range(3))
    dim = np.ones_like(x)
    for distance in (room.half_width - np.abs(x), -y, z, room.height - z):
        dim *= 1.0 - 0.17 * np.exp(-np.maximum(distance, 0.0) / 26.0)
        dim *= 1.0 - 0.10 * np.exp(-np.maximum(distance, 0.0) / 90.0)
    # The plane a point lies on does not count: give its own share back.
    return np.asarray(np.minimum(dim / 0.747, 1.0), dtype=np.float32)


def _sun(room: Set, seen: Seen, shape: tuple[int, int]) -> Floats:
    if room.light.sun is None:
        return np.zeros_like(seen.points)
    way = np.array(room.light.sun, dtype=np.float32)
    way /= np.float32(np.linalg.norm(way))
    facing = seen.normals @ way
    front = np.flatnonzero(facing > _GRAZING)
    block = blocker(_lit_side(room.sun_blockers, way), cells=_SUN_CELLS, thin=False)
    share = np.zeros(len(seen.points), dtype=np.float32)
    share[front] = visible(block, seen.points[front], seen.normals[front] * 2.5, way)
    share = _softened(share, seen, shape) * np.maximum(facing, 0.0)
    return share[:, None] * np.array([1.25, 1.12, 0.92], np.float32) * np.float32(room.light.level)


def _softened(share: Floats, seen: Seen, shape: tuple[int, int]) -> Floats:
    """Sun on the floor without the teeth of the depth map: the sun is a disc, its edge is soft."""
    floor = (seen.normals[:, 2] > _LEVEL) & (seen.points[:, 2] < _FLOOR_CM)
    layer = np.zeros((*shape, 2), dtype=np.float32)
    cells = (seen.rows[floor], seen.columns[floor])
    layer[cells] = np.stack([share[floor], np.ones_like(share[floor])], axis=1)
    wide = blur(layer, 0.0032 * shape[1])
    share[floor] = wide[:, :, 0][cells] / np.maximum(wide[:, :, 1][cells], _LEAST_SUM)
    return share


def _lit_side(mesh: Mesh, way: Floats) -> Mesh:
    """Only what faces the sun: of a closed body that side alone decides where its shadow falls."""
    facing = (mesh.normals @ way)[mesh.triangles].max(axis=1) > 0
    kept = mesh.thin | facing
    return replace(
        mesh,
        triangles=mesh.triangles[kept],
        material=mesh.material[kept],
        thin=mesh.thin[kept],
    )


def _developed(picture: Plane) -> Plane:
    """Smooth edges, a little glow around bright parts, a little vignette and grain."""
    height, width = picture.shape[:2]
    grey = picture.mean(axis=2)
    step = np.zeros_like(grey)
    step[1:-1, 1:-1] = np.maximum(
        np.abs(grey[2:, 1:-1] - grey[:-2, 1:-1]), np.abs(grey[1:-1, 2:] - grey[1:-1, :-2])
    )
    part = np.clip((step - 10.0) / 40.0, 0.0, 1.0)[:, :, None] * np.float32(0.85)
    smooth = picture + (blur(picture, 0.8) - picture) * part
    glow = blur(np.maximum(smooth - 225.0, 0.0), 0.012 * width)
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    vignette = 1.0 - 0.07 * (x**2 + y**2)
    grain = noise(height, width, 3) * np.float32(1.1)
    return np.asarray((smooth + glow * 1.6) * vignette[:, :, None] + grain[:, :, None], np.float32)


def _triple(values: Floats) -> Vector:
    return (float(values[0]), float(values[1]), float(values[2]))
