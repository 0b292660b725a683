"""Backdrops: a table top in front of the scene, a floor in front of it, or a drawn room."""

import numpy as np

from visualizer_core.imaging.colour import to_lab
from visualizer_core.imaging.raster import (
    Pixels,
    Plane,
    blur,
    fit_within,
    noise,
    resize_plane,
    to_bytes,
)
from visualizer_core.local.compositor.planes import Material, lay, soft_edge

__all__ = ["bare_room", "in_front_floor", "table_top"]

_OAK = Material("grain", (214, 178, 136), (164, 120, 78), 0.10)
_WALNUT = Material("grain", (134, 96, 68), (84, 54, 36), 0.12)
_ASH = Material("grain", (226, 212, 190), (186, 166, 140), 0.08)
_MARBLE = Material("stone", (246, 244, 240), (150, 148, 146), 0.16)
_OAK_FLOOR = Material("planks", (206, 172, 132), (132, 96, 64), 0.08)
_PALE_FLOOR = Material("planks", (222, 208, 188), (158, 140, 116), 0.08)
_DARK_FLOOR = Material("planks", (124, 92, 68), (62, 42, 30), 0.10)
_DECK = Material("planks", (172, 142, 114), (92, 70, 54), 0.02)
_TILES = Material("stone", (228, 226, 222), (150, 150, 150), 0.14)

_OUTDOORS = ("Outdoor Patio", "Garden", "Rooftop Terrace", "Poolside Deck", "Beach")
_WALLS: dict[str, tuple[int, int, int]] = {
    "Bedroom": (206, 200, 196),
    "Kitchen": (226, 226, 220),
    "Bathroom": (208, 218, 218),
    "Home Office": (204, 210, 206),
    "Dining Room": (212, 200, 184),
    "Kids Room": (214, 222, 226),
    "Entryway": (222, 216, 206),
    "Studio Set": (224, 222, 220),
}
_WALL = (218, 211, 201)
# Mean L below which a scene wants dark wood, mean b from which warm wood.
_DARK_SCENE, _WARM_SCENE = 42.0, 9.0


def table_top(backdrop: Pixels, *, edge_px: int, side: float, seed: int) -> Pixels:
    """A table in front of a scene, its far edge at row ``edge_px``; the scene behind is soft."""
    height, width = backdrop.shape[:2]
    material = _suiting(backdrop, seed, (_ASH, _OAK, _WALNUT, _MARBLE))
    picture = soft_edge(backdrop, 0.0075 * width)
    top = lay(
        material,
        width=width,
        height=height - edge_px,
        horizon_px=0.42 * height,
        repeat_px=1.1 * width,
        seed=seed,
    )
    lit = _lit_plane(top, picture, edge_px, material.gloss, side)
    picture[edge_px:] = to_bytes(lit)
    return _edge_line(picture, edge_px)


def in_front_floor(backdrop: Pixels, *, edge_px: int, side: float, seed: int) -> Pixels:
    """A wooden floor in front of a scene that shows none, from row ``edge_px`` down."""
    height, width = backdrop.shape[:2]
    material = _suiting(backdrop, seed, (_PALE_FLOOR, _OAK_FLOOR, _DARK_FLOOR, _PALE_FLOOR))
    picture = soft_edge(backdrop, 0.003 * width)
    floor = lay(
        material,
        width=width,
        height=height - edge_px,
        horizon_px=0.22 * height,
        repeat_px=0.9 * width,
        seed=seed,
    )
    lit = _lit_plane(floor, picture, edge_px, material.gloss, side)
    # A floor far away is out of focus too: it fades into the room behind instead of ending.
    fade = max(4, round(0.05 * height))
    part = np.clip(np.arange(len(lit), dtype=np.float32) / fade, 0.0, 1.0)[:, None, None]
    part = part * part * (3.0 - 2.0 * part)
    picture[edge_px:] = to_bytes(picture[edge_px:].astype(np.float32) * (1.0 - part) + lit * part)
    return picture


def bare_room(scene_type: str, *, width: int, height: int, seed: int) -> Pixels:
    """A plain room, or a terrace, lit from one side; the floor begins at 64 % of the height."""
    edge = round(0.64 * height)
    outdoors = scene_type in _OUTDOORS
    picture = np.empty((height, width, 3), dtype=np.uint8)
    side = -1.0 if seed % 2 else 1.0
    picture[:edge] = _sky(width, edge, seed) if outdoors else _wall(scene_type, width, edge, side)
    material = _DECK if outdoors else (_OAK_FLOOR, _PALE_FLOOR, _DARK_FLOOR)[seed % 3]
    if scene_type in ("Kitchen", "Bathroom"):
        material = _TILES
    floor = lay(
        material,
        width=width,
        height=height - edge,
        horizon_px=0.16 * height,
        repeat_px=0.8 * width,
        seed=seed,
    )
    picture[edge:] = to_bytes(_lit_plane(floor, picture, edge, material.gloss, side))
    return picture if outdoors else _skirting(picture, edge)


def _suiting(scene: Pixels, seed: int, choices: tuple[Material, ...]) -> Material:
    """Dark wood to a dark scene, warm to a warm one, else pale wood or stone."""
    lab = to_lab(fit_within(scene, 64))
    brightness, warmth = float(lab[:, :, 0].mean()), float(lab[:, :, 2].mean())
    if brightness < _DARK_SCENE:
        return choices[2]
    if warmth > _WARM_SCENE:
        return choices[1]
    return choices[0] if seed % 3 else choices[3]


def _lit_plane(plane: Pixels, behind: Pixels, edge_px: int, gloss: float, side: float) -> Plane:
    rows, width = plane.shape[:2]
    lit = plane.astype(np.float32)
    mirrored = behind[max(0, edge_px - rows) : edge_px][::-1]
    if len(mirrored):
        depth = np.linspace(1.0, 0.0, len(mirrored), dtype=np.float32)[:, None, None]
        part = depth * np.float32(gloss * 2.2)
        glow = blur(mirrored.astype(np.float32), 0.02 * width)
        lit[: len(mirrored)] = lit[: len(mirrored)] * (1.0 - part) + glow * part
    brightness = float(to_lab(fit_within(behind[:edge_px], 64))[:, :, 0].mean())
    level = np.float32(np.clip(0.52 + brightness / 150.0, 0.55, 1.04))
    across = 1.0 + 0.10 * side * np.linspace(-1.0, 1.0, width, dtype=np.float32)[None, :, None]
    near = np.linspace(1.03, 0.88, rows, dtype=np.float32)[:, None, None]
    return np.asarray(lit * level * across * near, dtype=np.float32)


def _edge_line(picture: Pixels, edge_px: int) -> Pixels:
    """The far edge: a hair of light on it, a hair of shade behind it, nothing pixel-sharp."""
    height = picture.shape[0]
    thick = max(2, height // 340)
    band = picture[edge_px - 3 * thick : edge_px + 3 * thick].astype(np.float32)
    rows = np.arange(len(band), dtype=np.float32)[:, None, None] - 3.0 * thick
    band *= 1.0 - 0.16 * np.exp(-(((rows + 1.2 * thick) / (1.2 * thick)) ** 2))
    band += 16.0 * np.exp(-(((rows - 0.6 * thick) / (0.7 * thick)) ** 2))
    picture[edge_px - 3 * thick : edge_px + 3 * thick] = to_bytes(blur(band, 0.45 * thick))
    return picture


def _wall(scene_type: str, width: int, height: int, side: float) -> Pixels:
    base = np.array(_WALLS.get(scene_type, _WALL), dtype=np.float32)
    x = np.linspace(-1.0, 1.0, width, dtype=np.float32)[None, :]
    y = np.linspace(-1.0, 1.0, height, dtype=np.float32)[:, None]
    glow = np.exp(-((x - 0.75 * side) ** 2 * 1.1 + (y + 0.1) ** 2 * 0.7))
    shade = 0.80 + 0.24 * glow - 0.05 * np.abs(y) ** 3
    return to_bytes(np.asarray(base * shade[:, :, None], dtype=np.float32))


def _sky(width: int, height: int, seed: int) -> Pixels:
    drawn = np.random.default_rng(seed)
    top, low = np.array([168, 200, 226.0]), np.array([236, 240, 240.0])
    part = np.linspace(0.0, 1.0, height)[:, None, None] ** 0.8
    sky = np.asarray(np.broadcast_to(top + (low - top) * part, (height, width, 3)), np.float32)
    bumps = drawn.standard_normal((1, max(8, width // 12)), dtype=np.float32)
    skyline = blur(resize_plane(np.asarray(bumps, np.float32), width, 1), width / 40)[0]
    crown = 0.56 * height + 0.05 * height * skyline
    leaves = (np.arange(height)[:, None] > crown[None, :]).astype(np.float32)
    leaves = blur(leaves, 0.008 * width)[:, :, None]
    mottle = blur(noise(height, width, seed), 0.011 * width)
    mottle = (mottle / max(1e-6, float(mottle.std())))[:, :, None]
    green = np.array([86, 112, 66], np.float32) + mottle * np.array([15, 17, 10], np.float32)
    return to_bytes(np.asarray(sky * (1 - leaves) + green * leaves, dtype=np.float32))


def _skirting(picture: Pixels, edge: int) -> Pixels:
    board = max(4, round(0.022 * picture.shape[0]))
    picture[edge - board : edge] = to_bytes(
        picture[edge - board : edge].astype(np.float32) * np.float32(0.35) + np.float32(0.65 * 236)
    )
    picture[edge - board] = to_bytes(picture[edge - board].astype(np.float32) * np.float32(0.86))
    shade = np.exp(-np.arange(3 * board, dtype=np.float32) / board)[:, None, None]
    below = picture[edge : edge + 3 * board].astype(np.float32)
    picture[edge : edge + 3 * board] = to_bytes(below * (1.0 - 0.28 * shade[: len(below)]))
    return picture
