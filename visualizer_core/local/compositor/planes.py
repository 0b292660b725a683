"""Drawn surfaces: wooden floors, table tops and bare rooms, in perspective.

Textures are small, made once per process from seeded noise, and laid on a plane by `lay`.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import cv2
import numpy as np

from visualizer_core.imaging.raster import Pixels, Plane, blur, noise, to_bytes

__all__ = ["Material", "grain_texture", "lay", "plank_texture", "soft_edge", "stone_texture"]

_SIDE = 512
_BOARDS = 6


@dataclass(frozen=True)
class Material:
    """Look of a drawn surface.

    Parameters
    ----------
    kind : str
        ``planks``, ``grain`` or ``stone``.
    light, dark : tuple of int
        sRGB ends of its texture.
    gloss : float
        How much it mirrors, 0-1.
    """

    kind: str
    light: tuple[int, int, int]
    dark: tuple[int, int, int]
    gloss: float


def lay(
    material: Material, *, width: int, height: int, horizon_px: float, repeat_px: float, seed: int
) -> Pixels:
    """A horizontal plane seen from above, filling ``height`` rows below its far edge.

    Parameters
    ----------
    horizon_px : float
        Rows above the far edge at which the plane would vanish; small is a flat view.
    repeat_px : float
        How many picture pixels of the near edge one texture tile covers.
    """
    texture = _texture(material.kind, seed % 3)
    rows = np.arange(height, dtype=np.float32)[:, None] + np.float32(horizon_px)
    columns = np.arange(width, dtype=np.float32)[None, :] - np.float32(width / 2)
    near = np.float32(height + horizon_px)
    unit = np.float32(_SIDE / repeat_px)
    u = columns * (near / rows) * unit + np.float32(seed * 37 % _SIDE)
    v = np.broadcast_to(near * (near / rows) * unit * np.float32(0.55), u.shape)
    sampled = cv2.remap(
        texture,
        u % _SIDE,
        np.ascontiguousarray(v % _SIDE),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_WRAP,
    )
    # Far away the texture runs together instead of shimmering.
    haze = np.clip((rows - np.float32(horizon_px)) / np.float32(0.35 * height + 1), 0.25, 1.0)
    level = np.asarray(0.5 + (sampled - 0.5) * haze, dtype=np.float32)[:, :, None]
    light = np.array(material.light, dtype=np.float32)
    dark = np.array(material.dark, dtype=np.float32)
    return to_bytes(np.asarray(dark + (light - dark) * level, dtype=np.float32))


@lru_cache(maxsize=12)
def _texture(kind: str, seed: int) -> Plane:
    makers = {"planks": plank_texture, "grain": grain_texture, "stone": stone_texture}
    return makers[kind](seed)


def grain_texture(seed: int) -> Plane:
    """Wood grain along x, 0-1: broad growth rings, short fibres."""
    broad = _wrapped(noise(_SIDE, _SIDE, seed), 70.0, 9.0)
    bent = _wrapped(noise(_SIDE, _SIDE, seed + 1), 120.0, 26.0)
    fibre = _wrapped(noise(_SIDE, _SIDE, seed + 2), 9.0, 0.7)
    pore = np.minimum(_wrapped(noise(_SIDE, _SIDE, seed + 3), 5.0, 0.6) + 1.6, 0.0)
    rings = np.sin(bent * 3.2 + np.linspace(0, 22 * np.pi, _SIDE)[:, None])
    mixed = 0.55 * broad + 0.34 * rings + 0.20 * fibre + 0.5 * pore
    return _normal(np.asarray(mixed, dtype=np.float32))


def plank_texture(seed: int) -> Plane:
    """Boards running away from the viewer: grain along y, seams, a tint a board; 0-1."""
    level = grain_texture(seed).T.copy()
    drawn = np.random.default_rng(seed)
    edges = np.linspace(0, _SIDE, _BOARDS + 1).astype(int).tolist()
    for start, end in pairwise(edges):
        strip = slice(start, end)
        level[:, strip] = np.roll(level[:, strip], int(drawn.integers(_SIDE)), axis=0)
        level[:, strip] = level[:, strip] * 0.42 + 0.30 + 0.24 * float(drawn.random())
        level[:, start : start + 2] *= 0.35
        joint = int(drawn.integers(_SIDE))
        level[joint : joint + 2, strip] *= 0.4
    return level


def stone_texture(seed: int) -> Plane:
    """Faint veins and clouds, 0-1."""
    cloud = _wrapped(noise(_SIDE, _SIDE, seed), 34.0, 34.0)
    warp = _wrapped(noise(_SIDE, _SIDE, seed + 9), 22.0, 14.0)
    vein = np.exp(-np.abs(warp + 0.35 * cloud) * 9.0)
    speck = _wrapped(noise(_SIDE, _SIDE, seed + 5), 0.8, 0.8)
    return np.asarray(
        np.clip(0.82 + 0.07 * cloud - 0.32 * vein + 0.02 * speck, 0.0, 1.0), dtype=np.float32
    )


def _wrapped(plane: Plane, sigma_x: float, sigma_y: float) -> Plane:
    """Blurred so that opposite edges still meet, scaled to unit deviation."""
    across = np.fft.rfftfreq(plane.shape[1])
    along = np.fft.fftfreq(plane.shape[0])
    weight = np.exp(-2.0 * np.pi**2 * ((along[:, None] * sigma_y) ** 2 + (across * sigma_x) ** 2))
    weight[0, 0] = 0.0
    soft = np.fft.irfft2(np.fft.rfft2(plane) * weight, s=plane.shape)
    return np.asarray(soft / max(1e-9, float(soft.std())), dtype=np.float32)


def _normal(plane: Plane) -> Plane:
    low, high = np.quantile(plane, (0.02, 0.98))
    return np.asarray(np.clip((plane - low) / (high - low), 0.0, 1.0), dtype=np.float32)


def soft_edge(image: Pixels, sigma_px: float) -> Pixels:
    """A blurred copy in bytes."""
    return to_bytes(blur(image.astype(np.float32), sigma_px))
