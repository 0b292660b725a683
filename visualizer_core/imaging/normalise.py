"""Bytes in, a clean picture out: nothing of the file survives but its pixels.

Meant for the sandbox (`sandbox.py`): decoders are C code fed by strangers. Calling it in the own
process is for tests and tools.
"""

import hashlib
import io
import warnings
from dataclasses import dataclass
from typing import TypedDict

from PIL import Image, JpegImagePlugin

from visualizer_core.errors import ImageRejected
from visualizer_core.imaging.admission import (
    SMALL_PX,
    TOO_SMALL_FOR_CATALOGUE_PX,
    check_bytes,
    check_opened,
    check_weight,
)
from visualizer_core.imaging.contents import look
from visualizer_core.imaging.decode import DECODER_ERRORS, open_one
from visualizer_core.imaging.headers import PngFacts, png_facts
from visualizer_core.imaging.metadata import UPRIGHT, read_metadata
from visualizer_core.imaging.notes import Note, Outcome, outcome_of
from visualizer_core.imaging.pixels import MASTER_SIDE_PX, SHRINKABLE, Pixels, finish, shrink
from visualizer_core.imaging.sniff import Kind, display_name, extension_differs, sniff

__all__ = ["NormalisedImage", "normalise"]


class JpegSettings(TypedDict, total=False):
    """What Pillow's JPEG writer is told."""

    quality: int
    subsampling: int
    qtables: list[list[int]]


_SAMPLING_444, _SAMPLING_420 = 0, 2
# Full colour resolution: no visible loss, half the bytes of quality 95.
_FRESH_JPEG: JpegSettings = {"quality": 92, "subsampling": _SAMPLING_444}
_QUARTER_TURNS = (5, 6, 7, 8)  # EXIF orientations that swap width and height
PNG_COMPRESS_LEVEL = 4  # measured: 5-8 % larger than level 6 in half of its time

# Shops, browsers and the provider take these as they are; everything else is noted as converted.
_PLAIN_KINDS = (Kind.JPEG, Kind.PNG, Kind.WEBP)

COLLAGE_OBJECTS = 10  # one more than a table with eight chairs, each shown apart
STRIP_RATIO, STRIP_OBJECTS = 4.0, 4  # a row of things: a size chart or a line-up, not a product
SEVERAL_OBJECTS = 4  # up to three parts (a lamp and its two shades) are common in one photo
UNUSUAL_RATIO = 2.5  # beyond the widest common picture, 21 : 9
# Between these shares of what is shown, black is neither trimmings nor a black product.
SILHOUETTE_SHARE = (0.25, 0.75)


@dataclass(frozen=True)
class NormalisedImage:
    """A picture as it is stored.

    Parameters
    ----------
    data : bytes
        The encoded picture: sRGB, upright, without metadata, at most 3072 px on a side.
    mime : str
        ``image/jpeg``, or ``image/png`` where there is real transparency.
    width, height : int
        Pixels of ``data``.
    sha256 : str
        Of ``data``, hexadecimal.
    source_format : str
        What the file was, for example ``HEIF``.
    outcome : Outcome
        ``accept`` (usable as it was) or ``normalise`` (usable after what ``notes`` say).
    notes : tuple[Note, ...]
        For the person who added it.
    """

    data: bytes
    mime: str
    width: int
    height: int
    sha256: str
    source_format: str
    outcome: Outcome
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class _Source:
    """What arrived."""

    data: bytes
    name: str
    kind: Kind
    png: PngFacts | None


def normalise(data: bytes, filename: str) -> NormalisedImage:
    """Check, decode, convert and encode one picture again.

    Parameters
    ----------
    data : bytes
        The whole file.
    filename : str
        As it was called; for messages only, never believed.

    Returns
    -------
    NormalisedImage
        Costs about 10 CPU ms a megapixel.

    Raises
    ------
    ImageRejected
        The picture cannot be used; the message says what to do instead.
    """
    name = display_name(filename)
    check_weight(len(data), name)
    kind = sniff(data, name)
    check_bytes(data, kind, name)
    source = _Source(data, name, kind, png_facts(data) if kind is Kind.PNG else None)
    with warnings.catch_warnings():
        # Pillow's remarks on odd files; what matters of them is found again in the headers.
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            return _normalise(source)
        except Image.DecompressionBombError:
            raise _too_many_pixels(name) from None
        except MemoryError:
            raise _too_heavy(name) from None
        except DECODER_ERRORS as damage:
            raise _damaged(name) from damage


def _normalise(source: _Source) -> NormalisedImage:
    with open_one(source.data, source.kind) as opened:
        check_opened(opened, source.data, source.kind, source.png, source.name)
        pixels = Pixels(opened)
        if extension_differs(source.name, source.kind):
            pixels.noted("extension_mismatch", kind=source.kind.value)
        if source.kind not in _PLAIN_KINDS:
            pixels.noted("format_converted", kind=source.kind.value)
        _note_other_pictures(opened, source, pixels)
        if source.kind is Kind.PNG:
            opened.load()  # its metadata may stand behind the pixels; damage shows here
        turn, remarks = read_metadata(opened, source.kind)
        pixels.notes.extend(remarks)
        size = opened.size
        _load(opened, turn, pixels)
        picture = finish(pixels, opened.info.get("icc_profile"), source.png, source.name)
        _judge_contents(picture, pixels, source.name)
        as_it_was = opened.size == size and all(n.code != "colour_converted" for n in pixels.notes)
        settings = _own_settings(opened, turn) if as_it_was else None
        return _encode(picture, settings or _FRESH_JPEG, source, tuple(pixels.notes))


def _note_other_pictures(opened: Image.Image, source: _Source, pixels: Pixels) -> None:
    """Note animations and multi-picture files; only the first or main picture is ever read."""
    if source.kind is Kind.JPEG:
        if "mp" in opened.info or opened.format == "MPO":
            pixels.noted("other_pictures_dropped")
    elif source.kind is Kind.PNG:
        if source.png is not None and source.png.animated:
            pixels.noted("animation_dropped")
    elif source.kind is Kind.HEIF:
        if getattr(opened, "n_frames", 1) > 1:
            pixels.noted("other_pictures_dropped")
    elif source.kind in (Kind.GIF, Kind.WEBP, Kind.AVIF) and getattr(opened, "is_animated", False):
        pixels.noted("animation_dropped")


def _load(opened: Image.Image, turn: int, pixels: Pixels) -> None:
    """Decode, shrink where that may come first, and turn upright."""
    width, height = opened.size
    if max(width, height) > MASTER_SIDE_PX:
        pixels.noted("downscaled", width=width, height=height, side=MASTER_SIDE_PX)
    if opened.mode in SHRINKABLE and "transparency" not in opened.info:
        shrink(opened)
    opened.load()
    pixels.image = opened
    if turn in UPRIGHT:
        pixels.image = opened.transpose(UPRIGHT[turn])


def _own_settings(opened: Image.Image, turn: int) -> JpegSettings | None:
    """How an untouched JPEG was quantised.

    With the same tables its coefficients fall where they were (measured: 53-72 dB to the decoded
    source, against 50-63 dB at quality 92) and the file stays as small as it came.
    """
    if not isinstance(opened, JpegImagePlugin.JpegImageFile) or opened.mode != "RGB":
        return None
    sampling = JpegImagePlugin.get_sampling(opened)
    quarter_turn = turn in _QUARTER_TURNS
    if sampling not in (_SAMPLING_444, _SAMPLING_420):  # 4:2:2 would have to turn as well
        return None
    tables = [list(table) for table in opened.quantization.values()]
    if quarter_turn:
        tables = [[t[8 * (i % 8) + i // 8] for i in range(64)] for t in tables]
    return {"qtables": tables, "subsampling": sampling}


def _judge_contents(picture: Image.Image, pixels: Pixels, name: str) -> None:
    """Refuse collages, warn about what is probably not one product.

    Raises
    ------
    ImageRejected
        ``collage``.
    """
    width, height = picture.size
    short, ratio = min(width, height), max(width, height) / min(width, height)
    seen = look(picture)
    is_strip = ratio >= STRIP_RATIO and seen.objects >= STRIP_OBJECTS
    if seen.objects >= COLLAGE_OBJECTS or is_strip:
        raise ImageRejected(
            "collage",
            f"“{name}” shows {seen.objects} separate objects on a plain ground: a collage or a "
            "size chart. Crop it to one product and add that picture.",
        )
    if seen.uniform:
        pixels.noted("blank")
    if short < TOO_SMALL_FOR_CATALOGUE_PX:
        pixels.noted("too_small_for_catalogue", width=width, height=height)
    elif short < SMALL_PX:
        pixels.noted("small", width=width, height=height)
    if ratio > UNUSUAL_RATIO:
        pixels.noted("unusual_ratio", ratio=ratio)
    if seen.objects >= SEVERAL_OBJECTS:
        pixels.noted("several_objects", count=seen.objects)
    is_isolated = picture.mode == "RGBA"
    if not is_isolated and SILHOUETTE_SHARE[0] <= seen.black_share <= SILHOUETTE_SHARE[1]:
        pixels.noted("large_black_area")


def _encode(
    picture: Image.Image, settings: JpegSettings, source: _Source, notes: tuple[Note, ...]
) -> NormalisedImage:
    """Encode from bare pixels: Pillow would write comments and profiles back from ``info``."""
    clean = Image.frombytes(picture.mode, picture.size, picture.tobytes())
    out = io.BytesIO()
    if clean.mode == "RGBA":
        mime = "image/png"
        clean.save(out, "PNG", compress_level=PNG_COMPRESS_LEVEL)
    else:
        mime = "image/jpeg"
        clean.save(out, "JPEG", **settings)
    data = out.getvalue()
    return NormalisedImage(
        data=data,
        mime=mime,
        width=clean.width,
        height=clean.height,
        sha256=hashlib.sha256(data).hexdigest(),
        source_format=source.kind.value,
        outcome=outcome_of(notes),
        notes=notes,
    )


def _too_many_pixels(name: str) -> ImageRejected:
    return ImageRejected(
        "too_many_pixels",
        f"“{name}” has more than 50 megapixels. Export it with a long side of 3,000 to 6,000 px.",
    )


def _too_heavy(name: str) -> ImageRejected:
    return ImageRejected(
        "too_heavy",
        f"“{name}” needs more memory than a picture may. Export it as JPEG with fewer pixels.",
    )


def _damaged(name: str) -> ImageRejected:
    return ImageRejected(
        "corrupt",
        f"“{name}” is damaged or cut off and cannot be decoded. Copy it again from its source, or "
        "open it in a picture editor and export it as JPEG.",
    )
