"""From a rough mask to a soft edge without the old background's colour in it."""

import cv2
import numpy as np
import numpy.typing as npt

from visualizer_core.imaging.raster import (
    AnyFloat,
    Mask,
    Pixels,
    Plane,
    blur,
    dilate,
    erode,
    resize_plane,
    to_bytes,
)

__all__ = ["against_known", "against_unknown"]

# Below this distance between product and background (0-255 per channel, summed square root) the
# colours say nothing about the edge and the mask's own shape is used.
_TELLS_PX = 40.0
_HALF = 0.5
_FOLD = 4096
_REACHED = 1e-6


def against_known(image: Pixels, small: Pixels, mask: Mask, backdrop: Pixels) -> Pixels:
    """Alpha and clean colours where the background's colour is known at every pixel.

    Parameters
    ----------
    image : Pixels
        ``(h, w, 3)``.
    small : Pixels
        The same, reduced to the mask's size.
    mask : Mask
        The product, at any smaller size.
    backdrop : Pixels
        The background alone, at the mask's size, used where none is near; else the colour beside
        the product counts, which may lie in its shadow.

    Returns
    -------
    Pixels
        ``(h, w, 4)``.
    """
    height, width = image.shape[:2]
    scale = max(1.0, width / mask.shape[1])
    coverage = resize_plane(mask.astype(np.float32), width, height)
    # Wide enough for the blur of a lens and for the mask being off by a pixel of its own.
    reach = 1 + round(1.9 * scale)
    inside = erode(coverage > _HALF, reach)
    near = dilate(coverage > _HALF, max(1, reach - 1)) & ~inside
    rows, columns = np.nonzero(near)
    if not len(rows):
        return _stacked(image, coverage * 255.0)
    places = (rows / scale, columns / scale)
    product = _at(_spread(small, small, erode(mask, 2), 4.0), *places)
    behind = _at(_spread(small, backdrop, ~dilate(mask, 2), 4.0), *places)
    seen = image[rows, columns].astype(np.float32)
    alpha = _share(seen, product, behind, blur(coverage, 0.75 * scale)[rows, columns])
    whole = inside.astype(np.float32)
    whole[rows, columns] = alpha
    colours = image.copy()
    clean = (seen - behind * (1.0 - alpha[:, None])) / np.maximum(alpha[:, None], 0.25)
    trust = np.clip(alpha * 2.0 - 0.9, 0.0, 1.0)[:, None]
    colours[rows, columns] = to_bytes(
        np.asarray(clean * trust + product * (1.0 - trust), dtype=np.float32)
    )
    return _stacked(colours, whole * 255.0)


def _share(seen: Plane, product: Plane, behind: Plane, coverage: Plane) -> Plane:
    """Part of each pixel that is product, by its colour where that tells, else by the mask."""
    towards = product - behind
    length = np.maximum((towards**2).sum(axis=1), 1.0)
    ratio = np.clip(((seen - behind) * towards).sum(axis=1) / length, 0.0, 1.0)
    tells = np.clip(np.sqrt(length) / _TELLS_PX - 0.3, 0.0, 1.0)
    shape = np.clip(coverage * 1.6 - 0.3, 0.0, 1.0)
    alpha = ratio * tells + shape * (1.0 - tells)
    # Contact shadows are dark too: where the mask says outside they may not come back.
    return np.asarray(alpha * np.clip(coverage * 2.4 - 0.2, 0.0, 1.0), dtype=np.float32)


def _at(plane: Plane, rows: npt.NDArray[np.float64], columns: npt.NDArray[np.float64]) -> Plane:
    """Values ``(n, 3)`` of a small plane at places between its pixels."""
    # remap takes no list longer than 32767; fold it into rows.
    pad = -len(rows) % _FOLD
    x = np.pad(columns - 0.25, (0, pad)).reshape(-1, _FOLD).astype(np.float32)
    y = np.pad(rows - 0.25, (0, pad)).reshape(-1, _FOLD).astype(np.float32)
    found = cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found.reshape(-1, 3)[: len(rows)], dtype=np.float32)


def against_unknown(image: Pixels, small: Pixels, mask: Mask) -> Pixels:
    """Alpha that follows the edges of a photo, for a mask found on its reduced copy."""
    height, width = image.shape[:2]
    followed = _guided(small, mask.astype(np.float32), radius_px=5)
    alpha = np.clip((resize_plane(followed, width, height) - 0.2) * 1.7, 0.0, 1.0)
    inner = _spread(small, small, erode(mask, 2), 6.0)
    product = resize_plane(inner, width, height)
    part = alpha[:, :, None]
    soft = np.clip((part - 0.55) * 3.0, 0.0, 1.0)
    colours = image * soft + product * (1.0 - soft)
    return _stacked(to_bytes(np.asarray(colours, dtype=np.float32)), alpha * 255.0)


def _spread(image: Pixels, else_: Pixels, known: Mask, reach_px: float) -> Plane:
    """Colours of the known pixels carried on beyond their edge; ``else_`` where none is near."""
    weight = known.astype(np.float32)
    summed = np.zeros((*weight.shape, 3), dtype=np.float32)
    total = np.zeros_like(weight)
    # A narrow kernel first: it decides where it reaches, a wide one fills what is further off.
    for sigma, trust in ((reach_px * 0.6, 1.0), (reach_px * 2.5, 1e-3)):
        summed += blur(image * weight[:, :, None], sigma) * np.float32(trust)
        total += blur(weight, sigma) * np.float32(trust)
    near = total > _REACHED
    spread = summed / np.maximum(total, _REACHED)[:, :, None]
    return np.asarray(np.where(near[:, :, None], spread, else_), dtype=np.float32)


def _guided(guide: Pixels, plane: Plane, radius_px: int) -> Plane:
    """Guided filter (He, Sun, Tang 2010) with a grey guide."""
    grey = np.asarray(cv2.cvtColor(guide, cv2.COLOR_RGB2GRAY), dtype=np.float32) / np.float32(255)
    side = (2 * radius_px + 1, 2 * radius_px + 1)

    def mean(layer: AnyFloat) -> Plane:
        return np.asarray(cv2.blur(layer, side), dtype=np.float32)

    mean_g, mean_p = mean(grey), mean(plane)
    variance = mean(grey * grey) - mean_g * mean_g
    slope = (mean(grey * plane) - mean_g * mean_p) / (variance + np.float32(4e-4))
    offset = mean_p - slope * mean_g
    return np.asarray(mean(slope) * grey + mean(offset), dtype=np.float32)


def _stacked(colours: Pixels, alpha: Plane) -> Pixels:
    return np.dstack([colours, to_bytes(alpha)])
