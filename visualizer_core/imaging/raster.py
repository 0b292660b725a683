"""Typed, small steps on pixel arrays; the one place that wraps OpenCV's filters.

Arrays are row-major: ``Pixels`` are sRGB bytes shaped ``(h, w, 3)`` or ``(h, w, 4)`` in red, green,
blue(, alpha) order, ``Plane`` is one float32 layer ``(h, w)`` or several ``(h, w, c)``, ``Mask`` is
boolean ``(h, w)``.
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

__all__ = [
    "AnyFloat",
    "Mask",
    "Pixels",
    "Plane",
    "blur",
    "components",
    "dilate",
    "erode",
    "fit_within",
    "noise",
    "resize",
    "resize_plane",
    "to_bytes",
]

Pixels = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
AnyFloat = npt.NDArray[np.floating[Any]]

# Above this a Gaussian is made on a smaller picture: same look, a fraction of the time.
_DIRECT_SIGMA_PX = 5.0


def resize(image: Pixels, width: int, height: int) -> Pixels:
    """Pixels at another size: area average when shrinking, cubic when growing."""
    return np.asarray(_resized(image, width, height), dtype=np.uint8)


def resize_plane(plane: AnyFloat, width: int, height: int) -> Plane:
    """Like `resize` for float layers, linear when growing so that nothing overshoots."""
    shrinking = width * height < plane.shape[0] * plane.shape[1]
    how = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(plane, (width, height), interpolation=how), dtype=np.float32)


def _resized(image: Pixels, width: int, height: int) -> Pixels:
    if (width, height) == (image.shape[1], image.shape[0]):
        return image
    shrinking = width * height < image.shape[0] * image.shape[1]
    how = cv2.INTER_AREA if shrinking else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (width, height), interpolation=how), dtype=np.uint8)


def fit_within(image: Pixels, longest_px: int) -> Pixels:
    """The image no longer than this on its longer side; never enlarged."""
    height, width = image.shape[:2]
    scale = longest_px / max(height, width)
    if scale >= 1.0:
        return image
    return resize(image, max(1, round(width * scale)), max(1, round(height * scale)))


def blur(plane: Plane, sigma_px: float) -> Plane:
    """Gaussian blur; a wide one is made on a reduced copy."""
    if sigma_px <= 0.0:
        return plane
    height, width = plane.shape[:2]
    step = int(sigma_px / (_DIRECT_SIGMA_PX / 2)) if sigma_px > _DIRECT_SIGMA_PX else 1
    if step > 1:
        small = resize_plane(plane, max(1, width // step), max(1, height // step))
        return resize_plane(blur(small, sigma_px / step), width, height)
    edge = cv2.BORDER_REPLICATE
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma_px, borderType=edge), dtype=np.float32)


def dilate(mask: Mask, radius_px: int) -> Mask:
    """Mask grown by a disc."""
    return _morph(mask, radius_px, cv2.MORPH_DILATE)


def erode(mask: Mask, radius_px: int) -> Mask:
    """Mask shrunk by a disc; outside the image counts as inside the mask."""
    return _morph(mask, radius_px, cv2.MORPH_ERODE)


def _morph(mask: Mask, radius_px: int, operation: int) -> Mask:
    if radius_px <= 0:
        return mask
    side = 2 * radius_px + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), operation, disc), dtype=np.bool_)


def components(mask: Mask) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """8-connected parts of a mask.

    Returns
    -------
    labels : ndarray of int32, (h, w)
        0 where the mask is false, else the part's number from 1.
    areas_px : ndarray of int32
        Area by part number; entry 0 is the outside.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    return np.asarray(labels, dtype=np.int32), np.asarray(
        stats[:, cv2.CC_STAT_AREA], dtype=np.int32
    )


def noise(height: int, width: int, seed: int) -> Plane:
    """Standard normal noise that depends on the seed only."""
    drawn = np.random.default_rng(seed).standard_normal((height, width), dtype=np.float32)
    return np.asarray(drawn, dtype=np.float32)


def to_bytes(plane: AnyFloat) -> Pixels:
    """Float layers on the 0-255 scale as bytes, rounded and clipped."""
    return np.asarray(np.clip(plane + 0.5, 0.0, 255.0), dtype=np.uint8)
