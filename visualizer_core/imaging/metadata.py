"""What a picture carries beside its pixels: which way is up, and what must not be published."""

import warnings
from dataclasses import dataclass
from typing import Any, Literal, cast

from PIL import ExifTags, Image

from visualizer_core.imaging.decode import DECODER_ERRORS
from visualizer_core.imaging.notes import Note, note
from visualizer_core.imaging.sniff import Kind

__all__ = ["UPRIGHT", "orientation_of", "read_metadata"]

# EXIF orientation to the turn that makes a picture upright; 0 and 1 need none.
UPRIGHT: dict[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_NO_TURN = (0, 1)

# Their decoders turn the pixels themselves, from the container's own fields.
_TURNED_BY_DECODER = (Kind.HEIF, Kind.TIFF)

_EXIF_PREFIX = b"Exif\0\0"
_TIFF_HEADER_BYTES = 8

_Base, _IFD = ExifTags.Base, ExifTags.IFD

# Says something about a person, a place, a time or a device. Resolution and the like do not.
_PERSONAL = {
    _Base.ImageDescription, _Base.Make, _Base.Model, _Base.Software, _Base.DateTime, _Base.Artist,
    _Base.HostComputer, _Base.Copyright, _Base.XPTitle, _Base.XPComment, _Base.XPAuthor,
    _Base.XPKeywords, _Base.XPSubject, _Base.DateTimeOriginal, _Base.DateTimeDigitized,
    _Base.MakerNote, _Base.UserComment, _Base.ImageUniqueID, _Base.CameraOwnerName,
    _Base.BodySerialNumber, _Base.LensMake, _Base.LensModel, _Base.LensSerialNumber,
}  # fmt: skip
_XMP_KEYS = ("xmp", "XML:com.adobe.xmp")
_IPTC_RECORD = 0x0404  # of Photoshop's resource block


@dataclass(frozen=True)
class _Exif:
    tags: dict[int, Any]
    detail: dict[int, Any]
    has_location: bool
    damaged: bool


def orientation_of(image: Image.Image, kind: Kind) -> int:
    """EXIF orientation the caller has to apply, 1-8.

    Read before the pixels are loaded: Pillow's TIFF reader turns the picture while loading and
    then forgets that it did.
    """
    if kind is Kind.HEIF:
        return 1
    exif = _read_exif(image)
    value = exif.tags.get(_Base.Orientation)
    return value if value in UPRIGHT else 1


def read_metadata(image: Image.Image, kind: Kind) -> tuple[int, list[Note]]:
    """Which turn is left to do (1 = none), and what is noted about the metadata.

    Parameters
    ----------
    image : Image.Image
        Opened, not loaded.
    kind : Kind
        What the file is; some decoders turn the pixels themselves.
    """
    exif, notes = _read_exif(image), list[Note]()
    turn = orientation_of(image, kind)
    if turn in UPRIGHT:
        notes.append(note("orientation_applied"))
    stated = exif.tags.get(_Base.Orientation, 1)
    if exif.damaged or not (stated in UPRIGHT or stated in _NO_TURN):
        notes.append(note("exif_ignored"))
    if exif.has_location:
        notes.append(note("location_removed"))
    elif _is_personal(exif):
        notes.append(note("metadata_removed"))
    elif _has_annotations(image):
        notes.append(note("annotations_removed"))
    return (1 if kind in _TURNED_BY_DECODER else turn), notes


def _read_exif(image: Image.Image) -> _Exif:
    """Read the EXIF block whatever state it is in.

    Pillow reports most damage as a warning and the rest as any exception its parsing can meet.
    """
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            exif = image.getexif()
            tags, detail = dict(exif), dict(exif.get_ifd(_IFD.Exif))
            has_location = bool(exif.get_ifd(_IFD.GPSInfo))
        except DECODER_ERRORS:
            return _Exif({}, {}, has_location=False, damaged=True)
    unread = not tags and _states_entries(image.info.get("exif"))
    return _Exif(tags, detail, has_location, damaged=bool(heard) or unread)


def _states_entries(block: object) -> bool:
    """Whether an EXIF block claims to hold something; some programs write an empty one."""
    if not isinstance(block, bytes):
        return False
    tiff = block.removeprefix(_EXIF_PREFIX)
    if len(tiff) < _TIFF_HEADER_BYTES:
        return bool(tiff)
    order: Literal["little", "big"] = "little" if tiff[:2] == b"II" else "big"
    at = int.from_bytes(tiff[4:8], order)
    return tiff[at : at + 2] != b"\0\0"


def _is_personal(exif: _Exif) -> bool:
    return bool(_PERSONAL & (exif.tags.keys() | exif.detail.keys()))


def _has_annotations(image: Image.Image) -> bool:
    """XMP or IPTC; comments and the like are dropped without a word."""
    if any(image.info.get(key) for key in _XMP_KEYS):
        return True
    resources: Any = image.info.get("photoshop")
    return isinstance(resources, dict) and bool(cast("dict[int, Any]", resources).get(_IPTC_RECORD))
