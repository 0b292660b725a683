"""Smaller pictures made from stored ones: thumbnails and what the provider is sent.

Input comes from `normalise` or passed `compare.judge_picture`; anything else
belongs into the sandbox first.
"""

import io
from dataclasses import dataclass

from PIL import Image

from visualizer_core.errors import ImageRejected
from visualizer_core.imaging.decode import DECODER_ERRORS, open_one
from visualizer_core.imaging.gate import pixel_work
from visualizer_core.imaging.sniff import Kind, sniff

__all__ = ["Probe", "encode_webp", "open_reduced", "probe", "provider_input", "thumbnail"]

# Measured on 1024 x 1024 rooms, 512 px, CPU ms and bytes: method 0 4.1/11 kB, 1 4.5/10 kB,
# 2 5.9/8 kB, 3 14.7/8 kB. Method 2 is the last cheap one.
WEBP_METHOD, WEBP_QUALITY = 2, 75

PROVIDER_SIDE_PX = 2048  # the provider works on less; more only makes requests slow
PROVIDER_QUALITY = 90
PROVIDER_MAX_BYTES = 1_500_000  # several pictures and base64 fit into a 20 MB request
# Tried in turn; a photo nearly always fits with the first pair.
_SMALLER_SIDES_PX = (PROVIDER_SIDE_PX, 1448, 1024)
_SMALLER_QUALITIES = (PROVIDER_QUALITY, 82, 70)

_MIME = {Kind.JPEG: "image/jpeg", Kind.PNG: "image/png", Kind.WEBP: "image/webp"}


@dataclass(frozen=True)
class Probe:
    """Header of a stored picture.

    Parameters
    ----------
    kind : Kind
        By content.
    mime : str
        For ``Content-Type``; ``application/octet-stream`` for what browsers do not show.
    width, height : int
        Pixels as stored, before any EXIF turn.
    """

    kind: Kind
    mime: str
    width: int
    height: int


def probe(data: bytes) -> Probe:
    """Read the header only, about 0.1 ms.

    Raises
    ------
    ImageRejected
        Not a picture, or a damaged header.
    """
    kind = sniff(data)
    with _opened(data, kind) as image:
        mime = _MIME.get(kind, "application/octet-stream")
        return Probe(kind, mime, image.width, image.height)


def thumbnail(data: bytes, width: int) -> bytes:
    """WebP of this width (or the original's, when that is smaller), ratio kept.

    Transparency stays. About 8 CPU ms from a 1024 x 1024 JPEG to 512 px.

    Parameters
    ----------
    data : bytes
        A stored picture.
    width : int
        Pixels.

    Raises
    ------
    ImageRejected
        ``corrupt``.
    """
    with pixel_work():
        return encode_webp(open_reduced(data, width), width)


def open_reduced(data: bytes, width: int) -> Image.Image:
    """Decode to at least this width, as little as possible: JPEG decodes at 1/2, 1/4 or 1/8.

    The caller holds `gate.pixel_work`.

    Returns
    -------
    Image.Image
        Loaded, mode RGB or RGBA.

    Raises
    ------
    ImageRejected
        ``corrupt``.
    """
    kind = sniff(data)
    with _opened(data, kind) as image:
        try:
            if kind is Kind.JPEG and image.width > width:
                # Pillow keeps both sides at least as large as asked.
                image.draft("RGB", (width, max(1, width * image.height // image.width)))
            image.load()
            return _rgb_or_rgba(image)
        except (*DECODER_ERRORS, MemoryError) as damage:
            raise _corrupt() from damage


def encode_webp(image: Image.Image, width: int) -> bytes:
    """Scale down to this width and encode; the caller holds `gate.pixel_work`."""
    if image.width > width:
        size = (width, max(1, round(image.height * width / image.width)))
        image = image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    out = io.BytesIO()
    image.save(out, "WEBP", quality=WEBP_QUALITY, method=WEBP_METHOD)
    return out.getvalue()


def provider_input(data: bytes) -> tuple[bytes, str]:
    """Make what the provider is sent: JPEG, at most 2048 px and 1.5 MB.

    Transparency becomes white, which is what product photos stand on: models treat an alpha channel
    as black, as noise, or refuse it. A JPEG that fits is returned as it is.

    Returns
    -------
    tuple[bytes, str]
        The picture and its mime type, always ``image/jpeg``.

    Raises
    ------
    ImageRejected
        ``corrupt``.
    """
    found = probe(data)
    fits = max(found.width, found.height) <= PROVIDER_SIDE_PX and len(data) <= PROVIDER_MAX_BYTES
    if found.kind is Kind.JPEG and fits:
        return data, "image/jpeg"
    with pixel_work():
        longest = max(found.width, found.height)
        wanted = max(1, found.width * min(longest, PROVIDER_SIDE_PX) // longest)
        return _within_bytes(_on_white(open_reduced(data, wanted))), "image/jpeg"


def _within_bytes(image: Image.Image) -> bytes:
    """Encode with the first size and quality that fits; noise may need the last."""
    encoded = b""
    for side in _SMALLER_SIDES_PX:
        image.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
        for quality in _SMALLER_QUALITIES:
            out = io.BytesIO()
            image.save(out, "JPEG", quality=quality)
            encoded = out.getvalue()
            if len(encoded) <= PROVIDER_MAX_BYTES:
                return encoded
    return encoded


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _rgb_or_rgba(image: Image.Image) -> Image.Image:
    see_through = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    clean = image.convert("RGBA" if see_through else "RGB")
    clean.info = {}  # Pillow would write comments and profiles along
    return clean


def _opened(data: bytes, kind: Kind) -> Image.Image:
    try:
        return open_one(data, kind)
    except (*DECODER_ERRORS, MemoryError) as damage:
        raise _corrupt() from damage


def _corrupt() -> ImageRejected:
    return ImageRejected("corrupt", "The picture is damaged or cut off and cannot be decoded.")
