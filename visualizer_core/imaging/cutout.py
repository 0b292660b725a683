"""Cut a product out of its photo.

Three ways, cheapest and surest first: the picture's own alpha channel; growing in from the border
over a plain background; GrabCut where the background is a scene. The edge is then found again at
full size and the background's colour taken out of it, so that no halo shows on another background.
"""

from dataclasses import dataclass

import numpy as np

from visualizer_core.imaging import matte
from visualizer_core.imaging.cutmask import grown_mask, segmented_mask
from visualizer_core.imaging.ground import Ground, read_ground
from visualizer_core.imaging.raster import Mask, Pixels, fit_within

__all__ = ["Cutout", "cut_out"]

# Masks are found at this size: smaller loses chair legs, larger costs time and gains nothing,
# because the edge is found again at full size.
_MASK_PX = 420
_OPAQUE = 250
_VISIBLE = 24
_RGBA = 4
# Less transparency than this is a stray channel, not a cut-out.
_LEAST_TRANSPARENT = 0.004


@dataclass(frozen=True)
class Cutout:
    """A product without its background.

    Parameters
    ----------
    rgba : ndarray of uint8, (h, w, 4)
        Size of the photo; colours under a partly transparent edge are the product's own.
    box : tuple of int
        ``(x0, y0, x1, y1)`` around everything visible, the end exclusive.
    method : str
        ``alpha``, ``flood`` or ``grabcut``.
    uncertainty : float
        0 (the picture said so itself) to 1 (do not use this cut).
    """

    rgba: Pixels
    box: tuple[int, int, int, int]
    method: str
    uncertainty: float


def cut_out(image: Pixels) -> Cutout:
    """Product of a photo, on nothing.

    Parameters
    ----------
    image : Pixels
        ``(h, w, 3)`` or ``(h, w, 4)``, upright, sRGB. About 40 ms at 1024 px.
    """
    if image.shape[2] == _RGBA:
        alpha = image[:, :, 3]
        if _carries_cutout(alpha):
            return _finished(image, "alpha", 0.02)
        image = _on_white(image)
    small = fit_within(image, _MASK_PX)
    ground = read_ground(small)
    if ground.plain:
        mask, uncertainty = grown_mask(small, ground)
        method = "flood"
    else:
        mask, uncertainty = segmented_mask(small)
        method = "grabcut"
    if not mask.any():
        mask, uncertainty = np.ones_like(mask), 1.0
    return _finished(_at_full_size(image, small, mask, ground), method, uncertainty)


def _carries_cutout(alpha: Pixels) -> bool:
    transparent = float(np.mean(alpha < _OPAQUE))
    return _LEAST_TRANSPARENT < transparent < 1.0 - _LEAST_TRANSPARENT


def _on_white(image: Pixels) -> Pixels:
    alpha = image[:, :, 3:].astype(np.float32) / 255.0
    mixed = image[:, :, :3] * alpha + 255.0 * (1.0 - alpha)
    return np.asarray(mixed + 0.5, dtype=np.uint8)


def _at_full_size(image: Pixels, small: Pixels, mask: Mask, ground: Ground) -> Pixels:
    if ground.plain:
        backdrop = ground.colours(small.shape[1], small.shape[0])
        return matte.against_known(image, small, mask, backdrop)
    return matte.against_unknown(image, small, mask)


def _finished(rgba: Pixels, method: str, uncertainty: float) -> Cutout:
    return Cutout(rgba, _box(rgba[:, :, 3]), method, round(min(1.0, max(0.0, uncertainty)), 3))


def _box(alpha: Pixels) -> tuple[int, int, int, int]:
    visible = alpha > _VISIBLE
    rows = np.flatnonzero(visible.any(axis=1))
    columns = np.flatnonzero(visible.any(axis=0))
    if not len(rows):
        return (0, 0, alpha.shape[1], alpha.shape[0])
    return (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
