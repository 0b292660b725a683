"""What kind of file these bytes are, judged by content alone.

A file's name and the type a browser claims are never believed: phones call HEIC pictures
``.jpg``, shops serve WebP as ``.png``, attackers call anything anything.
"""

import re
import unicodedata
from enum import StrEnum
from pathlib import PurePosixPath

from visualizer_core.errors import ImageRejected

__all__ = ["PICTURE_SUFFIXES", "Kind", "display_name", "extension_differs", "sniff"]

MAX_NAME_CHARS = 120  # fits a table cell and a Content-Disposition header

_SNIFF_BYTES = 512  # every signature below, and the start of a text format, lies in here


class Kind(StrEnum):
    """Formats that are decoded; the value is the one parser Pillow may use for it."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    AVIF = "AVIF"
    HEIF = "HEIF"
    TIFF = "TIFF"
    GIF = "GIF"
    BMP = "BMP"


_SUFFIXES = {
    Kind.JPEG: {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"},
    Kind.PNG: {".png", ".apng"},
    Kind.WEBP: {".webp"},
    Kind.AVIF: {".avif", ".avifs"},
    Kind.HEIF: {".heic", ".heif", ".hif"},
    Kind.TIFF: {".tif", ".tiff"},
    Kind.GIF: {".gif"},
    Kind.BMP: {".bmp", ".dib"},
}
PICTURE_SUFFIXES = frozenset(suffix for suffixes in _SUFFIXES.values() for suffix in suffixes)
"""Names pictures may have, in lower case: to choose files of a folder, never to judge one."""

_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", Kind.JPEG),
    (b"\x89PNG\r\n\x1a\n", Kind.PNG),
    (b"II*\0", Kind.TIFF),
    (b"MM\0*", Kind.TIFF),
    (b"GIF87a", Kind.GIF),
    (b"GIF89a", Kind.GIF),
)

# ISO media brands. `mif1`/`msf1` only say "a HEIF-like box file": the compatible brands decide.
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"}
_AVIF_BRANDS = {b"avif", b"avis"}

_EXPORT = "Export it as JPEG (or as PNG when the background is transparent) and add that file."

_JPEG2000 = f"is JPEG 2000, which shops and browsers cannot show. {_EXPORT}"
_POSTSCRIPT = f"is PostScript/EPS. {_EXPORT}"
_BIGTIFF = f"is a BigTIFF. {_EXPORT}"
_RAW = f"is a camera raw file. {_EXPORT}"
_ICON = "is a Windows icon. Add the product photo itself, as JPEG or PNG."
_ARCHIVE = "is an archive or an office document. Unpack it and add the pictures."
_PROGRAM = "is a program, not a picture."

# (bytes at the start, code, what the file is and what to do instead)
_REFUSED: tuple[tuple[bytes, str, str], ...] = (
    (b"8BPS", "photoshop", f"is a Photoshop file. {_EXPORT}"),
    (b"%PDF", "pdf", "is a PDF. Export the picture on the page as JPEG or PNG and add that file."),
    (b"%!PS", "postscript", _POSTSCRIPT),
    (b"\xc5\xd0\xd3\xc6", "postscript", _POSTSCRIPT),
    (b"\0\0\0\x0cjP  \r\n", "jpeg2000", _JPEG2000),
    (b"\xff\x4f\xff\x51", "jpeg2000", _JPEG2000),
    (b"\xff\x0a", "jpegxl", f"is JPEG XL. {_EXPORT}"),
    (b"\0\0\0\x0cJXL ", "jpegxl", f"is JPEG XL. {_EXPORT}"),
    (b"\0\0\1\0", "icon", _ICON),
    (b"\0\0\2\0", "icon", _ICON),
    (b"II+\0", "bigtiff", _BIGTIFF),
    (b"MM\0+", "bigtiff", _BIGTIFF),
    (b"FUJIFILMCCD-RAW", "raw", _RAW),
    (b"IIRO", "raw", _RAW),
    (b"IIU\0", "raw", _RAW),
    (b"PK\3\4", "archive", _ARCHIVE),
    (b"\x1f\x8b", "archive", _ARCHIVE),
    (b"Rar!", "archive", _ARCHIVE),
    (b"7z\xbc\xaf", "archive", _ARCHIVE),
    (b"\x7fELF", "program", _PROGRAM),
    (b"MZ", "program", _PROGRAM),
    (b"RIFF", "media", "is a sound or film file, not a picture."),
)

_TEXT = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<")
_SVG = re.compile(rb"<svg[\s>]|<!DOCTYPE\s+svg", re.IGNORECASE)
# A binary picture that went through "read as text, write as UTF-8": every byte >= 0x80 became the
# replacement character U+FFFD, or its Latin-1 character as two bytes. The pixels are gone.
_MOJIBAKE = re.compile(
    rb"\A(?:\xef\xbf\xbd|\xc3\xbf|\xc2\x89)(?:PNG|\xef\xbf\xbd|\xc3\x98)", re.DOTALL
)


def display_name(filename: str) -> str:
    """Name for people: last part only, without control or direction characters.

    For messages and ``Content-Disposition``; never a path and never part of a storage key.

    Parameters
    ----------
    filename : str
        As given by a browser, a folder or a catalogue.

    Returns
    -------
    str
        At most 120 characters, suffix kept; ``"picture"`` when nothing readable is left.
    """
    last = unicodedata.normalize("NFC", filename).replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(c for c in last if unicodedata.category(c)[0] != "C").strip(" .")
    if len(shown) > MAX_NAME_CHARS:
        suffix = PurePosixPath(shown).suffix[:10]
        shown = shown[: MAX_NAME_CHARS - len(suffix)] + suffix
    return shown or "picture"


def extension_differs(filename: str, kind: Kind) -> bool:
    """Whether the name ends in something that stands for another kind of file."""
    suffix = PurePosixPath(display_name(filename)).suffix.lower()
    return bool(suffix) and suffix not in _SUFFIXES[kind]


def sniff(data: bytes, filename: str = "") -> Kind:
    """Say which one parser may open these bytes.

    Parameters
    ----------
    data : bytes
        The file, or at least its first 512 bytes.
    filename : str
        Only for the message.

    Raises
    ------
    ImageRejected
        ``empty`` or ``type_…``: not a format we take; the message says what to do instead.
    """
    name = display_name(filename)
    head = data[:_SNIFF_BYTES]
    if not head:
        raise ImageRejected("empty", f"“{name}” is empty (0 bytes). Copy or upload it again.")
    kind = _by_magic(head)
    if kind is not None:
        return kind
    code, what = _refusal(head)
    raise ImageRejected(f"type_{code}", f"“{name}” {what}")


def _by_magic(head: bytes) -> Kind | None:
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Kind.WEBP
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0":  # the reserved words tell BMP from text
        return Kind.BMP
    return _by_brand(head) if head[4:8] == b"ftyp" else None


def _by_brand(head: bytes) -> Kind | None:
    """Tell AVIF from HEIC by the brands in the first box."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12], *(head[i : i + 4] for i in range(16, end - 3, 4))}
    if brands & _AVIF_BRANDS:
        return Kind.AVIF
    return Kind.HEIF if brands & _HEIF_BRANDS else None


def _refusal(head: bytes) -> tuple[str, str]:
    for magic, code, what in _REFUSED:
        if head.startswith(magic):
            return code, what
    if head[4:8] == b"ftyp":
        return "media", "is a film, or a picture in a format we do not read. " + _EXPORT
    if _MOJIBAKE.match(head):
        return "mangled", (
            "was a picture once, but some program saved it as text and destroyed it. "
            "Get the original file from where it came from."
        )
    if _TEXT.match(head):
        return _markup(head)
    return "unknown", f"is not a picture in a format we read. {_EXPORT}"


def _markup(head: bytes) -> tuple[str, str]:
    if _SVG.search(head):
        return "svg", (
            "is an SVG drawing; these may load other files, so they are never opened. "
            "Export it as PNG and add that file."
        )
    return "markup", (
        "is a web page or XML, not a picture. A download link probably answered with an "
        "error page: open it in a browser and save the picture."
    )
