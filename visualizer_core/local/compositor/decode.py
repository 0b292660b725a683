"""Bytes of a picture to pixels, for pictures the server has already accepted."""

from io import BytesIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from visualizer_core.errors import InvalidInput
from visualizer_core.imaging.raster import Pixels

__all__ = ["decode", "encode_jpeg"]

_QUALITY = 90


def decode(data: bytes, *, longest_px: int) -> Pixels:
    """Upright pixels, ``(h, w, 3)`` or with transparency ``(h, w, 4)``, at most this long.

    Raises
    ------
    InvalidInput
        The bytes are no picture Pillow can read.
    """
    try:
        with Image.open(BytesIO(data)) as opened:
            # JPEGs can be read at a half or a quarter for nothing.
            opened.draft("RGB", (longest_px, longest_px))
            image = ImageOps.exif_transpose(opened)
            clear = "A" in image.getbands() or "transparency" in image.info
            image = image.convert("RGBA" if clear else "RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise InvalidInput(f"The picture cannot be read: {error}. Send a JPEG or PNG.") from error
    if max(image.size) > longest_px:
        image.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return np.array(image, dtype=np.uint8)


def encode_jpeg(image: Pixels) -> bytes:
    """A baseline JPEG of ``(h, w, 3)`` pixels."""
    out = BytesIO()
    Image.fromarray(image).save(out, "JPEG", quality=_QUALITY, subsampling=1)
    return out.getvalue()
