"""Which pictures are let in: limits checked on headers, before a pixel is decoded.

The reasons behind the less obvious rules are in docs/design-log/0002-image-rules.md.
"""

from collections.abc import Callable

from PIL import Image

from visualizer_core.errors import ImageRejected
from visualizer_core.imaging.headers import PngFacts, jpeg_scans, tiff_facts
from visualizer_core.imaging.sniff import Kind

__all__ = [
    "MAX_FILE_BYTES",
    "SMALL_PX",
    "TOO_SMALL_FOR_CATALOGUE_PX",
    "check_bytes",
    "check_opened",
    "check_weight",
]

MAX_FILE_BYTES = 20 * 1024 * 1024  # a 48-megapixel phone JPEG has 10-15 MB
MAX_PIXELS = 50_000_000  # a 48-megapixel phone passes; 50 MP RGBA is 200 MB while decoding
MAX_SIDE_PX = 16_000  # no camera; keeps a single row's buffers small
MAX_RATIO = 8.0  # the longest strip any image model takes or makes

# Each scan is a whole pass over the picture: 400 of them in a 106 kB file cost 9.5 s of CPU.
MAX_JPEG_SCANS = 100
# 20 passes over 50 MP: 0.5 CPU s when they are empty, about 4 when they are dense.
MAX_JPEG_SCAN_PIXELS = 1_000_000_000

# One JPEG block is 8 x 8: a picture of one block or less is a colour, not a picture. Tracking
# pixels and placeholders end here.
MIN_SIDE_PX = 9
# HEIC comes from cameras only. A main picture this small is a tile or a preview whose photo is
# not in the file.
MIN_HEIF_SIDE_PX = 128
ICON_PX = 64  # below it, a colour table with graded alpha is an icon drawn for a screen

TOO_SMALL_FOR_CATALOGUE_PX = 64  # usable for trying out, not for selling
SMALL_PX = 256  # a quarter of the smallest result

# Bilevel pictures from this long side on are page scans (A5 at 150 dpi); below, drawings.
SCAN_SIDE_PX = 1_000

# What is wrong and what to do, by code; {width} and {height} are the picture's.
_WHAT = {
    "too_many_pixels": "has {width} x {height} px; at most 50 megapixels are taken. Export it "
    "with a long side of 3,000 to 6,000 px.",
    "too_small": "has only {width} x {height} px: nothing can be recognised. Add a picture of "
    "800 px or more.",
    "too_narrow": "is a strip of {width} x {height} px. Crop it to the product.",
    "too_complex": "is built from so many passes that decoding it would block others. Save it "
    "again as an ordinary JPEG.",
    "icon": "is an icon of {width} x {height} px, not a product photo. Add a picture of 800 px or "
    "more.",
    "document": "is a page scan in black and white, not a photo. Add a photo of the product.",
    "fax": "is a fax or page scan, not a photo. Add a photo of the product.",
    "several_pages": "is a TIFF with several pages. Export the page you need as JPEG or PNG.",
    "type_raw": "is a camera raw file. Export it as JPEG and add that file.",
}


def check_weight(size_bytes: int, name: str) -> None:
    """Refuse a file that is too large to be read at all.

    Raises
    ------
    ImageRejected
        ``too_many_bytes``.
    """
    if size_bytes > MAX_FILE_BYTES:
        raise ImageRejected(
            "too_many_bytes",
            f"“{name}” has {size_bytes / 2**20:.1f} MiB; at most {MAX_FILE_BYTES // 2**20} MiB are "
            "taken. Export it as JPEG with fewer pixels or stronger compression.",
        )


def check_bytes(data: bytes, kind: Kind, name: str) -> None:
    """Refuse by what only the bytes tell: passes, pages, raw previews.

    Raises
    ------
    ImageRejected
        ``type_raw``, ``fax`` or ``several_pages``.
    """
    if kind is not Kind.TIFF:
        return
    facts = tiff_facts(data)
    objections = (("type_raw", facts.raw), ("fax", facts.fax), ("several_pages", facts.pages > 1))
    for code, applies in objections:
        if applies:
            raise ImageRejected(code, f"“{name}” {_WHAT[code]}")


def check_opened(
    image: Image.Image, data: bytes, kind: Kind, png: PngFacts | None, name: str
) -> None:
    """Refuse by the opened header, before decoding.

    Raises
    ------
    ImageRejected
        ``too_many_pixels``, ``too_small``, ``too_narrow``, ``too_complex``, ``icon`` or
        ``document``.
    """
    width, height = image.size
    code = _first_objection(image, data, kind, png)
    if code is not None:
        raise ImageRejected(code, f"“{name}” {_WHAT[code].format(width=width, height=height)}")


def _first_objection(
    image: Image.Image, data: bytes, kind: Kind, png: PngFacts | None
) -> str | None:
    short, long = sorted(image.size)
    checks: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("too_many_pixels", lambda: short * long > MAX_PIXELS or long > MAX_SIDE_PX),
        ("too_small", lambda: short < _min_side(kind)),
        ("too_narrow", lambda: long > MAX_RATIO * short),
        ("too_complex", lambda: kind is Kind.JPEG and _is_laborious(data, short * long)),
        ("icon", lambda: long < ICON_PX and _has_graded_palette(image, kind)),
        ("document", lambda: long >= SCAN_SIDE_PX and _is_bilevel(image, png)),
    )
    return next((code for code, applies in checks if applies()), None)


def _min_side(kind: Kind) -> int:
    return MIN_HEIF_SIDE_PX if kind is Kind.HEIF else MIN_SIDE_PX


def _is_laborious(data: bytes, pixels: int) -> bool:
    scans = jpeg_scans(data)
    return scans > MAX_JPEG_SCANS or scans * pixels > MAX_JPEG_SCAN_PIXELS


def _has_graded_palette(image: Image.Image, kind: Kind) -> bool:
    """A colour table whose entries are partly transparent: how icons for screens are exported."""
    table = image.info.get("transparency")
    return kind is Kind.PNG and image.mode == "P" and isinstance(table, bytes)


def _is_bilevel(image: Image.Image, png: PngFacts | None) -> bool:
    if "transparency" in image.info:
        return False  # a stencil: someone meant the hole
    return image.mode == "1" or (png is not None and png.bilevel)
