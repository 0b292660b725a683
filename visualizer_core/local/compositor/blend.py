"""Making a cut-out look as if it had been photographed in the room."""

import numpy as np

from visualizer_core.imaging.colour import from_lab, to_lab
from visualizer_core.imaging.raster import Pixels, Plane, blur, noise, to_bytes
from visualizer_core.local.compositor.room import Light

__all__ = ["fit_to_light", "paste", "shade"]

# How far the room's colour and brightness may pull the product: enough to belong, not enough to
# become another product.
_CAST_PULL = 0.45
_CAST_MOST = 6.0
_BRIGHT_PULL = 0.45
# Less noise than this (0-255) nobody sees; more than the other would spoil the product.
_LEAST_GRAIN, _MOST_GRAIN = 0.4, 3.0


def fit_to_light(rgba: Pixels, light: Light, seed: int) -> Pixels:
    """The cut-out under the scene's light: tint, brightness, contrast, side light, grain."""
    lab = to_lab(rgba)
    gain = 1.0 - _BRIGHT_PULL * np.clip((94.0 - light.bright) / 94.0, -0.02, 0.5)
    lift = np.clip((light.dark - 6.0) * 0.25, 0.0, 4.0)
    height, width = rgba.shape[:2]
    across = np.linspace(-1.0, 1.0, width, dtype=np.float32)[None, :] * np.float32(light.side)
    down = np.linspace(0.0, 1.0, height, dtype=np.float32)[:, None]
    relit = (1.0 + 0.07 * across) * (1.015 - 0.055 * down**2)
    lab[:, :, 0] = np.clip(
        lab[:, :, 0] * np.float32(gain) * relit * (1 - lift / 100) + lift, 0, 100
    )
    for layer, cast in zip((1, 2), light.cast, strict=True):
        lab[:, :, layer] += np.float32(np.clip(cast * _CAST_PULL, -_CAST_MOST, _CAST_MOST))
    lit = from_lab(lab).astype(np.float32)
    if light.grain > _LEAST_GRAIN:
        lit += noise(height, width, seed)[:, :, None] * np.float32(min(_MOST_GRAIN, light.grain))
    return np.dstack([to_bytes(lit), rgba[:, :, 3]])


def shade(picture: Pixels, darkness: Plane, left: int, top: int) -> None:
    """Darken part of a picture in place; ``darkness`` 0-1 is placed at ``left``, ``top``."""
    x0, y0, x1, y1 = _overlap(picture, darkness.shape[1], darkness.shape[0], left, top)
    if x1 <= x0 or y1 <= y0:
        return
    part = darkness[y0 - top : y1 - top, x0 - left : x1 - left, None]
    below = picture[y0:y1, x0:x1].astype(np.float32)
    # Shadows keep a little of the ground's own colour: they get darker and a touch cooler.
    keep = 1.0 - part * np.array([1.0, 0.97, 0.93], dtype=np.float32)
    picture[y0:y1, x0:x1] = to_bytes(np.asarray(below * keep, dtype=np.float32))


def paste(picture: Pixels, rgba: Pixels, left: int, top: int, *, soften_px: float = 0.0) -> None:
    """Lay a cut-out over a picture in place; what hangs over the edge is left out."""
    x0, y0, x1, y1 = _overlap(picture, rgba.shape[1], rgba.shape[0], left, top)
    if x1 <= x0 or y1 <= y0:
        return
    part = rgba[y0 - top : y1 - top, x0 - left : x1 - left]
    alpha = part[:, :, 3:].astype(np.float32) / np.float32(255)
    colours = part[:, :, :3].astype(np.float32)
    if soften_px > 0.0:
        alpha = blur(alpha[:, :, 0], soften_px)[:, :, None]
    below = picture[y0:y1, x0:x1].astype(np.float32)
    picture[y0:y1, x0:x1] = to_bytes(np.asarray(below + (colours - below) * alpha, np.float32))


def _overlap(
    picture: Pixels, width: int, height: int, left: int, top: int
) -> tuple[int, int, int, int]:
    return (
        max(0, left),
        max(0, top),
        min(picture.shape[1], left + width),
        min(picture.shape[0], top + height),
    )
