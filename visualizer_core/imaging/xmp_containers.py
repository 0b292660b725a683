"""Put an XMP packet into JPEG, PNG and WebP bytes, and get it out, without touching a pixel.

Pillow could only do it by encoding again. Formats: Adobe's XMP specification, part 3, and the WebP
container specification.
"""

import zlib
from collections.abc import Iterator

from visualizer_core.errors import ImageRejected
from visualizer_core.imaging.headers import png_chunks
from visualizer_core.imaging.sniff import Kind, sniff

__all__ = ["MAX_PACKET_BYTES", "extract_packet", "insert_packet"]

# A JPEG segment holds 65,533 bytes with its name; the same limit for all keeps files exchangeable.
MAX_PACKET_BYTES = 65_000

_JPEG_NAME = b"http://ns.adobe.com/xap/1.0/\0"
_JPEG_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
_APP0, _APP1, _SOS, _FILL = 0xE0, 0xE1, 0xDA, 0xFF

# Keyword, then: not compressed, compression method 0, no language, no translated keyword.
_PNG_KEYWORD = b"XML:com.adobe.xmp\0"
_PNG_PREFIX = _PNG_KEYWORD + b"\0\0\0\0"

_WEBP_XMP_FLAG, _WEBP_ALPHA_FLAG = 0x04, 0x10
_VP8_START, _VP8L_START = b"\x9d\x01\x2a", b"\x2f"


def insert_packet(data: bytes, packet: bytes) -> bytes:
    """The same picture with this XMP packet; one that was there before is replaced.

    Parameters
    ----------
    data : bytes
        A JPEG, PNG or WebP.
    packet : bytes
        UTF-8, at most 65,000 bytes.

    Raises
    ------
    ImageRejected
        ``no_xmp`` for other formats or a longer packet, ``corrupt`` when the container is damaged.
    """
    if len(packet) > MAX_PACKET_BYTES:
        raise ImageRejected("no_xmp", "The description of the picture is too long to be stored.")
    kind = sniff(data)
    if kind is Kind.JPEG:
        return _into_jpeg(data, packet)
    if kind is Kind.PNG:
        return _into_png(data, packet)
    if kind is Kind.WEBP:
        return _into_webp(data, packet)
    raise ImageRejected(
        "no_xmp", f"A {kind.value} file cannot be marked. Export JPEG, PNG or WebP."
    )


def extract_packet(data: bytes) -> bytes | None:
    """The XMP packet, or None when there is none.

    Raises
    ------
    ImageRejected
        Not a picture, or a damaged container.
    """
    kind = sniff(data)
    if kind is Kind.JPEG:
        return _from_jpeg(data)
    if kind is Kind.PNG:
        return _from_png(data)
    if kind is Kind.WEBP:
        return next((body for name, body in _webp_chunks(data) if name == b"XMP "), None)
    return None


# ------------------------------------------------------------------ JPEG


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Header segments as (marker, start, end); the last one is the start of the scan."""
    at = 2
    while at + 4 <= len(data) and data[at] == _FILL:
        marker = data[at + 1]
        if marker == _FILL:
            at += 1
            continue
        end = len(data) if marker == _SOS else at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if end > len(data):
            break
        yield marker, at, end
        if marker == _SOS:
            return
        at = end
    raise _damaged()


def _into_jpeg(data: bytes, packet: bytes) -> bytes:
    body = _JPEG_NAME + packet
    segment = bytes((_FILL, _APP1)) + (len(body) + 2).to_bytes(2, "big") + body
    head, rest = [data[:2]], list[bytes]()
    for marker, start, end in _jpeg_segments(data):
        payload = data[start + 4 : start + 4 + len(_JPEG_EXTENSION)]
        if marker == _APP1 and payload.startswith((_JPEG_NAME, _JPEG_EXTENSION)):
            continue
        # Readers want JFIF first, then EXIF; whatever follows may follow the new segment as well.
        leads = not rest and (marker == _APP0 or payload.startswith(b"Exif\0"))
        (head if leads else rest).append(data[start:end])
    return b"".join([*head, segment, *rest])


def _from_jpeg(data: bytes) -> bytes | None:
    for marker, start, end in _jpeg_segments(data):
        if marker == _APP1 and data.startswith(_JPEG_NAME, start + 4):
            return data[start + 4 + len(_JPEG_NAME) : end]
    return None


# ------------------------------------------------------------------ PNG


def _into_png(data: bytes, packet: bytes) -> bytes:
    body = b"iTXt" + _PNG_PREFIX + packet
    chunk = (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    parts, at, is_written = [data[:8]], 8, False
    for kind, start, length in png_chunks(data):
        at = start + 12 + length
        if kind == b"iTXt" and data.startswith(_PNG_KEYWORD, start + 8):
            continue
        if kind == b"IDAT" and not is_written:
            parts.append(chunk)
            is_written = True
        parts.append(data[start:at])
        if kind == b"IEND":
            break
    if not is_written:
        raise _damaged()
    return b"".join([*parts, data[at:]])


def _from_png(data: bytes) -> bytes | None:
    for kind, start, length in png_chunks(data):
        body = data[start + 8 : start + 8 + length]
        if kind == b"iTXt" and body.startswith(_PNG_KEYWORD):
            is_compressed = body[len(_PNG_KEYWORD)] != 0 if len(body) > len(_PNG_KEYWORD) else True
            rest = body[len(_PNG_KEYWORD) + 2 :].split(b"\0", 2)
            return (
                None
                if is_compressed or len(rest) < len(("language", "keyword", "text"))
                else rest[2]
            )
    return None


# ------------------------------------------------------------------ WebP


def _webp_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """All chunks as (name, body)."""
    end = min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    chunks: list[tuple[bytes, bytes]] = []
    at = 12
    while at + 8 <= end:
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + length > end:
            raise _damaged()
        chunks.append((data[at : at + 4], data[at + 8 : at + 8 + length]))
        at += 8 + length + length % 2
    if not chunks:
        raise _damaged()
    return chunks


def _into_webp(data: bytes, packet: bytes) -> bytes:
    chunks = [(name, body) for name, body in _webp_chunks(data) if name != b"XMP "]
    name, body = chunks[0]
    if name == b"VP8X" and body:
        chunks[0] = (name, bytes((body[0] | _WEBP_XMP_FLAG,)) + body[1:])
    else:
        chunks.insert(0, (b"VP8X", _webp_header(name, body)))
    chunks.append((b"XMP ", packet))
    joined = b"WEBP" + b"".join(
        name + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2)
        for name, body in chunks
    )
    return b"RIFF" + len(joined).to_bytes(4, "little") + joined


def _webp_header(name: bytes, body: bytes) -> bytes:
    """The extended header a plain WebP does not have: flags and size."""
    if name == b"VP8 " and body[3:6] == _VP8_START:
        width = int.from_bytes(body[6:8], "little") & 0x3FFF
        height = int.from_bytes(body[8:10], "little") & 0x3FFF
        has_alpha = False
    elif name == b"VP8L" and body[:1] == _VP8L_START:
        bits = int.from_bytes(body[1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        has_alpha = bool(bits >> 28 & 1)
    else:
        raise _damaged()
    flags = _WEBP_XMP_FLAG | (_WEBP_ALPHA_FLAG if has_alpha else 0)
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return flags.to_bytes(4, "little") + sides


def _damaged() -> ImageRejected:
    return ImageRejected("corrupt", "The picture's container is damaged; it cannot be marked.")
