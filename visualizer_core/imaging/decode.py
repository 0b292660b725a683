"""Open bytes with exactly one parser, and what parsers may throw at us."""

import io
import struct
import zlib
from functools import cache

import pillow_heif
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from visualizer_core.imaging.sniff import Kind

__all__ = ["DECODER_ERRORS", "open_one"]

# Pillow promises no exception type for damaged files: its parsers index and unpack unguarded, so
# these families (not MemoryError, not KeyboardInterrupt) mean "damaged". Anything else ends the
# child process, not the program.
DECODER_ERRORS = (
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)

# Importing a parser makes it known to Pillow; without this, the first WebP of a process would make
# Pillow load all 43 of its parsers.
PARSERS = (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

# One thread a picture: the sandbox runs one child per core.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1


@cache
def _heif_ready() -> None:
    """Teach Pillow HEIC once, without previews, depth maps and gain maps: they are not used."""
    options: dict[str, object] = {
        "thumbnails": False,
        "depth_images": False,
        "aux_images": False,
        "decode_threads": 0,  # no pool; libde265 still starts one thread of its own
    }
    pillow_heif.register_heif_opener(**options)  # pyright: ignore[reportUnknownMemberType]  # its keywords have no types


def open_one(data: bytes, kind: Kind) -> Image.Image:
    """Open with the one parser for ``kind``; pixels are not decoded yet.

    Raises
    ------
    One of ``DECODER_ERRORS``
        The header is damaged, or states more pixels than Pillow's own limit (179 megapixels).
    """
    if kind is Kind.HEIF:
        _heif_ready()
    return Image.open(io.BytesIO(data), formats=[kind.value])
