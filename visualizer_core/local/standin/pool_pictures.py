"""Pictures made ahead, for benchmarks: an answer costs microseconds, and no two are equal.

A pooled JPEG ends in a comment segment that is written for each answer. Everything before it is
encoded and digested once; its length is a multiple of three, so that base64 can be joined.
"""

import base64
import hashlib
import io
import itertools
import secrets
import struct

import numpy as np
from PIL import Image, ImageDraw

from visualizer_core.local.standin.rendered import Rendered

__all__ = ["PicturePool", "draw_picture"]

_COMMENT = b"\xff\xfe"  # JPEG marker: comment
_END = b"\xff\xd9"  # JPEG marker: end of image
_COARSE = 16  # cells a side of the colour field
_GRAIN = 7.0  # noise amplitude; makes a 1024 x 1024 picture weigh about as much as a photo
_QUALITY = 88


def draw_picture(width: int, height: int, number: int) -> bytes:
    """Draw one abstract picture with the detail of a photo, as JPEG bytes.

    Parameters
    ----------
    width, height : int
        Pixels.
    number : int
        Equal numbers give equal pictures.
    """
    random = np.random.default_rng([width, height, number])
    coarse = random.integers(40, 215, (_COARSE, _COARSE, 3), dtype=np.uint8)
    field = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    grain = random.normal(0.0, _GRAIN, (height, width, 1)).astype(np.float32)
    pixels = np.clip(np.asarray(field, dtype=np.float32) + grain, 0, 255).astype(np.uint8)
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    draw.text((16, height - 40), f"SIMULATED {number}", fill="white", font_size=24)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


class PicturePool:
    """Distinct pictures of one size, handed out in turn.

    Parameters
    ----------
    pictures : list of bytes
        JPEG files.
    """

    def __init__(self, pictures: list[bytes]) -> None:
        self._heads = itertools.cycle([_Head(jpeg) for jpeg in pictures])
        self._numbers = itertools.count(1)
        self._run = secrets.token_hex(4)  # another run of the server makes other bytes

    def next(self) -> Rendered:
        """Take the next picture; its bytes were never handed out before by this pool."""
        number = next(self._numbers)
        return next(self._heads).with_comment(f"stand-in {self._run} {number}".encode())


class _Head:
    def __init__(self, jpeg: bytes) -> None:
        body = jpeg[:-2] if jpeg.endswith(_END) else jpeg
        filler = b"." * ((-len(body) - 4) % 3)  # the filler's own segment has four bytes
        head = body + _segment(filler)
        self._base64 = base64.b64encode(head)
        self._digest = hashlib.sha256(head)

    def with_comment(self, text: bytes) -> Rendered:
        tail = _segment(text) + _END
        digest = self._digest.copy()
        digest.update(tail)
        return Rendered(digest.hexdigest(), (self._base64, base64.b64encode(tail)))


def _segment(content: bytes) -> bytes:
    return _COMMENT + struct.pack(">H", len(content) + 2) + content
