"""The word SIMULATED in a corner: legible when looked for, quiet otherwise."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from visualizer_core.imaging.raster import Pixels, Plane, to_bytes

__all__ = ["stamp"]

_WORD = "SIMULATED"


def stamp(picture: Pixels) -> None:
    """Write the mark into the lower right corner, in place."""
    height, width = picture.shape[:2]
    size = max(9, round(0.017 * min(width, height)))
    letters, plate = _mark(size)
    rows, columns = letters.shape
    gap = round(0.9 * size)
    corner = picture[height - rows - gap : height - gap, width - columns - gap : width - gap]
    below = corner.astype(np.float32)
    darkened = below * (1.0 - 0.5 * plate[:, :, None])
    marked = darkened + (245.0 - darkened) * letters[:, :, None] * np.float32(0.92)
    corner[:] = to_bytes(np.asarray(marked, dtype=np.float32))


@lru_cache(maxsize=8)
def _mark(size: int) -> tuple[Plane, Plane]:
    font = ImageFont.load_default(size)
    gap = round(0.16 * size)
    widths = [font.getlength(letter) for letter in _WORD]
    top, bottom = font.getbbox(_WORD)[1], font.getbbox(_WORD)[3]
    pad_x, pad_y = round(0.8 * size), round(0.5 * size)
    box = (
        round(sum(widths) + gap * (len(_WORD) - 1)) + 2 * pad_x,
        round(bottom - top) + 2 * pad_y,
    )
    letters = Image.new("L", box)
    pen = ImageDraw.Draw(letters)
    at = float(pad_x)
    for letter, width in zip(_WORD, widths, strict=True):
        pen.text((at, pad_y - top), letter, fill=255, font=font)
        at += width + gap
    plate = Image.new("L", box)
    ImageDraw.Draw(plate).rounded_rectangle((0, 0, box[0] - 1, box[1] - 1), box[1] / 2, fill=255)
    return (
        np.asarray(letters, dtype=np.float32) / np.float32(255),
        np.asarray(plate, dtype=np.float32) / np.float32(255),
    )
