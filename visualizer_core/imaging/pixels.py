"""Any mode Pillow can decode to 8-bit sRGB with real transparency."""

from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from PIL import Image

from visualizer_core.errors import ImageRejected
from visualizer_core.imaging.headers import PngFacts
from visualizer_core.imaging.notes import Note, note
from visualizer_core.imaging.profiles import to_srgb

__all__ = ["MASTER_SIDE_PX", "SHRINKABLE", "Pixels", "finish", "shrink"]

# Stored pictures: enough for a 2K result and for a tight crop; larger only costs storage and time.
MASTER_SIDE_PX = 3072

# Modes that may be shrunk before anything else is done to them (half the memory and time).
SHRINKABLE = ("RGB", "L", "CMYK", "YCbCr", "RGBA", "LA")

# An alpha channel that never falls below this is a leftover of some editor, not transparency.
OPAQUE_ALPHA = 250

_SIXTEEN_BIT = ("I;16", "I;16L", "I;16B", "I;16N")
_WITH_ALPHA = {"RGBA": "RGBA", "RGBa": "RGBA", "LA": "LA", "La": "LA", "PA": "RGBA"}
_DEEP_PNG_BITS = 16
_SRGB_GAMMA = 0.45455
_SAME_GAMMA = 0.06  # cameras and editors write 0.45 or 0.4545; both mean sRGB
_SANE_GAMMA = (0.2, 2.0)  # outside, the number is a mistake


@dataclass
class Pixels:
    """The picture while it is being converted, and what was done to it."""

    image: Image.Image
    notes: list[Note] = field(default_factory=list[Note])

    def noted(self, code: str, **values: str | float) -> None:
        """Add a note."""
        self.notes.append(note(code, **values))


def shrink(image: Image.Image) -> Image.Image:
    """Fit into the master size; smaller pictures are left alone, never enlarged."""
    if max(image.size) > MASTER_SIDE_PX:
        size = (MASTER_SIDE_PX, MASTER_SIDE_PX)
        image.thumbnail(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    return image


def finish(pixels: Pixels, icc: bytes | None, png: PngFacts | None, name: str) -> Image.Image:
    """Convert to RGB, or RGBA where something really is transparent; at most the master size.

    Parameters
    ----------
    pixels : Pixels
        Loaded and upright; notes are added to it.
    icc : bytes | None
        The embedded profile.
    png : PngFacts | None
        Header of a PNG, for what Pillow does not tell (bit depth, gamma).
    name : str
        For messages.

    Raises
    ------
    ImageRejected
        ``unsupported_depth`` or ``invisible``.
    """
    image, alpha = _split(_to_eight_bits(pixels, png, name), pixels)
    if image.mode in ("L", "1"):
        pixels.noted("grey_converted")
    image, remark = to_srgb(image, icc)
    if remark is not None:
        pixels.notes.append(remark)
    elif png is not None:
        image = _apply_gamma(image, png.gamma, pixels)
    if alpha is None:
        return shrink(image)
    return shrink(_with_alpha(image, alpha, name))


def _to_eight_bits(pixels: Pixels, png: PngFacts | None, name: str) -> Image.Image:
    image = pixels.image
    if image.mode in _SIXTEEN_BIT:
        pixels.noted("depth_reduced")
        return _scale_grey(image)
    if image.mode in ("I", "F"):
        raise ImageRejected(
            "unsupported_depth",
            f"“{name}” stores 32 bits a channel. Export it with 8 or 16 bits and add that file.",
        )
    if png is not None and png.bit_depth == _DEEP_PNG_BITS:
        pixels.noted("depth_reduced")
        key: Any = image.info.get("transparency")
        if isinstance(key, tuple):  # Pillow kept the high bytes of the pixels: the same for the key
            image.info["transparency"] = tuple(v >> 8 for v in cast("tuple[int, ...]", key))
    return image


def _scale_grey(image: Image.Image) -> Image.Image:
    """16-bit grey to 8 bits by division; Pillow's own conversion clips everything above 255."""
    values = np.asarray(image).astype(np.uint32)
    grey = Image.fromarray(((values * 255 + 32_767) // 65_535).astype(np.uint8))
    key = image.info.get("transparency")
    if not isinstance(key, int):
        return grey
    alpha = Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8))
    return Image.merge("LA", (grey, alpha))


def _split(image: Image.Image, pixels: Pixels) -> tuple[Image.Image, Image.Image | None]:
    """Colours without alpha, and the alpha channel where it is one."""
    if "transparency" in image.info and image.mode in ("1", "L", "RGB", "P"):
        pixels.noted("transparency_expanded")
        image = image.convert("RGBA")
    elif image.mode == "P":
        pixels.noted("palette_expanded")
        image = image.convert("RGBA" if image.palette and image.palette.mode == "RGBA" else "RGB")
    if image.mode not in _WITH_ALPHA:
        return image, None
    image = image.convert(_WITH_ALPHA[image.mode])  # divides premultiplied colours
    alpha = image.getchannel("A")
    low, _ = alpha.getextrema()
    colours = image.convert("L" if image.mode == "LA" else "RGB")
    is_opaque = not isinstance(low, tuple) and low >= OPAQUE_ALPHA
    return colours, None if is_opaque else alpha


def _apply_gamma(image: Image.Image, gamma: float | None, pixels: Pixels) -> Image.Image:
    """Re-encode a PNG that states another gamma than sRGB's (linear renders: 1.0)."""
    if gamma is None or abs(gamma - _SRGB_GAMMA) < _SAME_GAMMA:
        return image
    if not _SANE_GAMMA[0] <= gamma <= _SANE_GAMMA[1]:
        return image
    pixels.noted("gamma_applied", gamma=gamma)
    light = (np.arange(256) / 255.0) ** (1.0 / gamma)
    table: list[int] = np.rint(255 * light**_SRGB_GAMMA).astype(int).tolist()
    return image.point(table * 3)


def _with_alpha(image: Image.Image, alpha: Image.Image, name: str) -> Image.Image:
    """Join colours and alpha; what lies under full transparency is wiped, not only hidden."""
    _, high = alpha.getextrema()
    if high == 0:
        raise ImageRejected(
            "invisible",
            f"“{name}” is transparent everywhere: nothing can be seen. Export the picture again.",
        )
    hidden = alpha.point([255] + [0] * 255)
    image.paste((255, 255, 255), mask=hidden)
    image.putalpha(alpha)
    return image
