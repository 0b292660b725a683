"""What a file's own headers say, read by hand before any decoder runs.

Decoders answer "how big?" for nothing, but not "how many passes?", "how many pages?" or "is this a
preview inside a camera's raw file?". Each walker here touches headers only and is bounded.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

__all__ = ["PngFacts", "TiffFacts", "jpeg_scans", "png_chunks", "png_facts", "tiff_facts"]

# ------------------------------------------------------------------ JPEG

# Real progressive pictures have about 10 scans. Counting stops here: the answer is "too many".
COUNTED_SCANS = 2_000

_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd7\xff])")
_SOS, _EOI, _FILL = 0xDA, 0xD9, 0xFF


def jpeg_scans(data: bytes) -> int:
    """Number of scans, each one a whole pass over the picture for the decoder.

    Counted from start-of-scan to end-of-image markers; inside entropy-coded data a marker cannot
    occur by chance. Counting stops at 2,000.
    """
    scans, at = 0, _first_scan(data)
    while scans < COUNTED_SCANS:
        found = _MARKER.search(data, at)
        if found is None or found[1][0] == _EOI:
            break
        scans += found[1][0] == _SOS
        length = int.from_bytes(data[found.end() : found.end() + 2], "big")
        at = found.end() + max(length, 2)
    return scans


def _first_scan(data: bytes) -> int:
    """Offset of the first start-of-scan marker, skipping header segments by their length."""
    at = 2
    while at + 4 <= len(data) and data[at] == _FILL and data[at + 1] != _SOS:
        is_fill = data[at + 1] == _FILL
        at += 1 if is_fill else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return at


# ------------------------------------------------------------------ PNG

_PNG_PALETTE = 3  # colour type
_IHDR_BYTES, _GAMA_BYTES = 13, 4


@dataclass(frozen=True)
class PngFacts:
    """Header of a PNG.

    Parameters
    ----------
    bit_depth : int
        Bits a channel: 1, 2, 4, 8 or 16.
    bilevel : bool
        One bit a pixel and no palette: black and white only.
    animated : bool
        Carries an animation (APNG), readable or not.
    gamma : float | None
        Stated encoding exponent; None when absent or overruled by a profile or an sRGB statement.
    """

    bit_depth: int
    bilevel: bool
    animated: bool
    gamma: float | None


def png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Chunks as (type, offset of the chunk, length of its data), as long as they are whole."""
    at = 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if at + 12 + length > len(data):
            return
        yield data[at + 4 : at + 8], at, length
        at += 12 + length


def png_facts(data: bytes) -> PngFacts:
    """Read the chunks before the pixels.

    A broken header gives harmless values: refusing it is the decoder's part.
    """
    depth, colour, gamma = 8, 2, None
    seen: set[bytes] = set()
    for kind, at, length in png_chunks(data):
        body = data[at + 8 : at + 8 + min(length, 16)]
        if kind == b"IHDR" and length >= _IHDR_BYTES:
            depth, colour = body[8], body[9]
        elif kind == b"gAMA" and length == _GAMA_BYTES:
            gamma = int.from_bytes(body, "big") / 100_000
        elif kind == b"IDAT":
            break
        seen.add(kind)
    if seen & {b"iCCP", b"sRGB", b"cICP"}:
        gamma = None
    bilevel = depth == 1 and colour != _PNG_PALETTE
    return PngFacts(depth, bilevel, b"acTL" in seen, gamma or None)


# ------------------------------------------------------------------ TIFF

MAX_TIFF_PAGES = 16  # enough to answer "more than one?"; a chain of directories may be a loop

_NEW_SUBFILE_TYPE, _BITS, _COMPRESSION, _PHOTOMETRIC, _DNG_VERSION = 254, 258, 259, 262, 50706
_REDUCED_RESOLUTION = 1
_CFA, _LINEAR_RAW = 32803, 34892  # photometric values only raw files use
_FAX = {2, 3, 4}  # CCITT compressions


@dataclass(frozen=True)
class TiffFacts:
    """Directories of a TIFF.

    Parameters
    ----------
    pages : int
        Full-size pages; reduced previews do not count. At most 16 are counted.
    raw : bool
        A camera's raw file (DNG, NEF, CR2 …): what a TIFF reader sees is only a preview.
    fax : bool
        Compressed as fax machines do.
    """

    pages: int
    raw: bool
    fax: bool


def tiff_facts(data: bytes) -> TiffFacts:
    """Walk the chain of directories; broken or looping chains end the walk."""
    order: Literal["little", "big"] = "little" if data[:2] == b"II" else "big"
    pages, raw, fax = 0, data[8:10] == b"CR", False
    at, visited = int.from_bytes(data[4:8], order), set[int]()
    while at and at not in visited and len(visited) < MAX_TIFF_PAGES:
        visited.add(at)
        tags, following = _directory(data, at, order)
        reduced = bool(tags.get(_NEW_SUBFILE_TYPE, 0) & _REDUCED_RESOLUTION)
        first = len(visited) == 1
        raw = raw or _looks_raw(tags) or (first and reduced)
        fax = fax or tags.get(_COMPRESSION) in _FAX
        pages += not reduced
        at = following
    return TiffFacts(pages, raw, fax)


def _looks_raw(tags: dict[int, int]) -> bool:
    return _DNG_VERSION in tags or tags.get(_PHOTOMETRIC) in (_CFA, _LINEAR_RAW)


def _directory(data: bytes, at: int, order: Literal["little", "big"]) -> tuple[dict[int, int], int]:
    """Short and long values of one directory and the offset of the next (0 at the end)."""
    count = int.from_bytes(data[at : at + 2], order)
    end = at + 2 + 12 * count
    if end + 4 > len(data):
        return {}, 0
    tags: dict[int, int] = {}
    for entry in range(at + 2, end, 12):
        tag = int.from_bytes(data[entry : entry + 2], order)
        short = data[entry + 2 : entry + 4] in (b"\3\0", b"\0\3")
        raw = data[entry + 8 : entry + (10 if short else 12)]
        tags[tag] = int.from_bytes(raw, order)
    return tags, int.from_bytes(data[end : end + 4], order)
