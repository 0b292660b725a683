"""A photo as a framed print: for products that cannot be cut out of their picture cleanly."""

import numpy as np

from visualizer_core.imaging.raster import Pixels, fit_within, to_bytes

__all__ = ["framed"]

_FRAMES = ((38, 36, 34), (176, 138, 98), (236, 234, 230), (92, 66, 46))
_MAT = (246, 244, 239)
# Without any tone darker than this (0-255) a print would look blank.
_PALE = 130.0
# Beyond this the steps of the JPEG show.
_MOST_SPREAD = 4.0
_BLANK = 254.0


def framed(photo: Pixels, seed: int) -> Pixels:
    """The photo behind a mat in a narrow frame, ``(h, w, 4)``, opaque."""
    photo = _legible(fit_within(photo, 900))
    longest = max(photo.shape[:2])
    mat, rail = round(0.055 * longest), max(6, round(0.026 * longest))
    whole = mat + rail
    height, width = photo.shape[0] + 2 * whole, photo.shape[1] + 2 * whole
    picture = np.empty((height, width, 3), dtype=np.float32)
    picture[:] = np.array(_FRAMES[seed % len(_FRAMES)], dtype=np.float32)
    # Light from above: the upper rail is brighter than the lower one.
    picture[:rail] *= 1.10
    picture[-rail:] *= 0.82
    picture[rail:-rail, rail:-rail] = _MAT
    inner = picture[rail:-rail, rail:-rail]
    depth = max(3, rail // 2)
    shade = np.linspace(0.80, 1.0, depth, dtype=np.float32)
    inner[:depth] *= shade[:, None, None]
    inner[:, :depth] *= shade[None, :, None] * 0.5 + 0.5
    picture[whole:-whole, whole:-whole] = photo
    picture[whole - 1, whole - 1 : -whole + 1] *= 0.86
    opaque = np.full((height, width), 255, dtype=np.uint8)
    return np.dstack([to_bytes(picture), opaque])


def _legible(photo: Pixels) -> Pixels:
    """A pale picture (white things on white) with its faint tones spread out."""
    floor = float(np.quantile(photo[::4, ::4], 0.015))
    if floor < _PALE or floor > _BLANK:
        return photo
    gain = min(_MOST_SPREAD, (255.0 - _PALE / 2) / (256.0 - floor))
    spread = 255.0 - (255.0 - photo.astype(np.float32)) * np.float32(gain)
    return to_bytes(np.asarray(spread, dtype=np.float32))
