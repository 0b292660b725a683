"""Colours to sRGB, by the picture's own profile where it has a sound one."""

import io
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from PIL import Image, ImageCms

from visualizer_core.imaging.decode import DECODER_ERRORS
from visualizer_core.imaging.notes import Note, note

__all__ = ["to_srgb"]

# The largest profile printers use (CMYK, 16-bit tables) is about 2 MiB; beyond it is a bomb.
MAX_ICC_BYTES = 2 * 1024 * 1024

# A profile that moves no colour by more than this (of 255) is sRGB under another name:
# converting through it would only add rounding.
SAME_AS_SRGB = 2

_PROBE_SIDE = 9  # colours an axis when asking what a profile does: 9 x 9 x 9

_SPACE = slice(16, 20)  # of an ICC header: the colour space it describes
_MODES = {"RGB": "RGB", "CMYK": "CMYK", "GRAY": "L", "Lab": "LAB"}


@dataclass(frozen=True)
class _Conversion:
    """A prepared conversion; ``transform`` is None when the profile is sRGB already."""

    transform: ImageCms.ImageCmsTransform | None
    profile: str


def to_srgb(image: Image.Image, icc: bytes | None) -> tuple[Image.Image, Note | None]:
    """Convert to mode RGB in sRGB.

    Parameters
    ----------
    image : Image.Image
        Loaded, without alpha: mode RGB, L, CMYK, LAB or YCbCr.
    icc : bytes | None
        The embedded profile as found in the file.

    Returns
    -------
    tuple
        The picture in mode RGB, and what is noted about its colours, if anything.
    """
    if image.mode == "LAB":  # states its colours itself; an embedded profile adds nothing
        return _apply(_lab(), image), note("colour_converted", profile="CIE L*a*b*")
    if image.mode not in _MODES.values():
        image = image.convert("RGB")
    if icc and len(icc) <= MAX_ICC_BYTES:
        return _by_profile(image, icc)
    plain = image.convert("RGB")
    if icc:
        return plain, note("icc_too_big")
    return plain, note("cmyk_guessed") if image.mode == "CMYK" else None


def _by_profile(image: Image.Image, icc: bytes) -> tuple[Image.Image, Note | None]:
    try:
        conversion = _conversion(icc, image.mode)
        if conversion is not None and conversion.transform is not None:
            converted = _apply(conversion.transform, image)
            return converted, note("colour_converted", profile=conversion.profile)
    except (*DECODER_ERRORS, ImageCms.PyCMSError):
        return image.convert("RGB"), note("icc_ignored")
    mismatch = note("icc_mode_mismatch") if conversion is None else None
    return image.convert("RGB"), mismatch


def _apply(transform: ImageCms.ImageCmsTransform, image: Image.Image) -> Image.Image:
    converted = ImageCms.applyTransform(image, transform)
    return image if converted is None else converted


@lru_cache(maxsize=8)  # a folder has one or two profiles; a CMYK one takes 50 ms to prepare
def _conversion(icc: bytes, mode: str) -> _Conversion | None:
    """Prepare the conversion; None when the profile is for another kind of picture."""
    if _MODES.get(icc[_SPACE].decode("latin-1").strip()) != mode:
        return None
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    transform = _transform(profile, mode)
    name = "".join(c for c in ImageCms.getProfileDescription(profile) if c.isprintable()).strip()
    return _Conversion(None if _changes_nothing(transform, mode) else transform, name[:60])


@lru_cache(maxsize=1)
def _lab() -> ImageCms.ImageCmsTransform:
    return _transform(_built_in("LAB"), "LAB")


def _built_in(space: Literal["LAB", "sRGB"]) -> ImageCms.ImageCmsProfile:
    made = ImageCms.createProfile(space)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # Pillow leaves its type open
    return ImageCms.ImageCmsProfile(made)  # pyright: ignore[reportUnknownArgumentType]  # the same


def _transform(profile: ImageCms.ImageCmsProfile, mode: str) -> ImageCms.ImageCmsTransform:
    # Perceptual: photos and CMYK prints keep their gradations instead of clipping them.
    return ImageCms.buildTransform(
        profile,
        _built_in("sRGB"),
        mode,
        "RGB",
        renderingIntent=ImageCms.Intent.PERCEPTUAL,
    )


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Whether a grid of colours comes out as it went in."""
    if mode == "L":
        probe = Image.frombytes("L", (256, 1), bytes(range(256)))
    elif mode == "RGB":
        steps = [round(i * 255 / (_PROBE_SIDE - 1)) for i in range(_PROBE_SIDE)]
        cube = bytes(v for r in steps for g in steps for b in steps for v in (r, g, b))
        probe = Image.frombytes("RGB", (_PROBE_SIDE**3, 1), cube)
    else:
        return False
    before, after = probe.convert("RGB").tobytes(), _apply(transform, probe).tobytes()
    return all(abs(a - b) <= SAME_AS_SRGB for a, b in zip(before, after, strict=True))
