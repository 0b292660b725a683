"""Shadows of a cut-out on whatever it stands on or hangs before."""

import cv2
import numpy as np
import numpy.typing as npt

from visualizer_core.imaging.raster import Plane, blur

__all__ = ["ground_shadow", "wall_shadow"]

# Only what is this low in the cut-out (part of its height) can touch the ground.
_FOOT_BAND = 0.34
_SOLID = 0.35


def ground_shadow(alpha: Plane, *, side: float, depth_px: float, strength: float) -> Plane:
    """Darkness on the ground, 0-1, around and under a thing standing on it.

    Parameters
    ----------
    alpha : Plane
        The cut-out's coverage 0-1 on a canvas with room around it.
    side : float
        Where the light comes from, -1 left to 1 right; the cast shadow falls the other way.
    depth_px : float
        How far the ground the thing covers reaches up in the picture.
    strength : float
        Darkest value, 0-1.
    """
    height, width = alpha.shape
    feet = _feet(alpha, depth_px)
    if not len(feet):
        return np.zeros_like(alpha)
    rows = np.flatnonzero((alpha > _SOLID).any(axis=1))
    tall = float(rows[-1] - rows[0] + 1)
    wide = float(np.ptp(feet[:, 0]) + 1)
    soft = max(2.0, 0.02 * max(wide, tall * 0.5))
    under = np.zeros((height, width), dtype=np.uint8)
    cv2.fillConvexPoly(under, cv2.convexHull(_covered(feet, depth_px).astype(np.int32)), 255)
    footprint = under.astype(np.float32) / np.float32(255)
    wide_blur = blur(footprint, 2.2 * soft) * np.float32(0.55) + blur(
        footprint, 5 * soft
    ) * np.float32(0.35)
    contact = np.zeros((height, width), dtype=np.float32)
    for x, y in feet:
        contact[min(height - 1, int(y)), int(x)] = 1.0
    contact = np.asarray(cv2.dilate(contact, np.ones((3, 5), np.uint8)), dtype=np.float32)
    touch = np.clip(blur(contact, 0.34 * soft) * 2.2, 0, 1) * np.float32(0.6)
    touch += np.clip(blur(contact, 1.1 * soft) * 3.2, 0, 1) * np.float32(0.35)
    cast = _cast(alpha, feet, side) * np.float32(0.38)
    total = 1.0 - (1.0 - wide_blur) * (1.0 - np.clip(touch, 0, 1)) * (1.0 - cast)
    return np.asarray(np.clip(total, 0.0, 1.0) * strength, dtype=np.float32)


def _covered(feet: npt.NDArray[np.float32], depth_px: float) -> npt.NDArray[np.float32]:
    """The feet and, seen from the front, where the hidden ones behind them must be."""
    missing = 0.8 * depth_px - float(np.ptp(feet[:, 1]))
    if missing <= 0.0:
        return feet
    return np.concatenate([feet, feet - np.array([0.0, missing], dtype=np.float32)])


def _feet(alpha: Plane, depth_px: float) -> npt.NDArray[np.float32]:
    """Points of the lower outline that touch the ground, ``(n, 2)`` as x, y."""
    solid = alpha > _SOLID
    columns = np.flatnonzero(solid.any(axis=0))
    if not len(columns):
        return np.zeros((0, 2), dtype=np.float32)
    lowest = solid.shape[0] - 1 - np.argmax(solid[::-1][:, columns], axis=0)
    rows = np.flatnonzero(solid.any(axis=1))
    tall = float(rows[-1] - rows[0] + 1)
    band = min(_FOOT_BAND * tall, max(0.06 * tall, depth_px))
    touching = lowest >= rows[-1] - band
    reach = max(2, len(columns) // 40)
    # A leg's end is lower than what is beside it; a sofa's lower edge is as low as its neighbours.
    padded = np.pad(lowest.astype(np.float32), reach, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    local = lowest >= windows.max(axis=1) - max(1.0, 0.012 * tall) - 0.35 * reach
    kept = touching & local
    return np.stack([columns[kept], lowest[kept]], axis=1).astype(np.float32)


def _cast(alpha: Plane, feet: npt.NDArray[np.float32], side: float) -> Plane:
    """The cut-out laid down on the ground away from the light, fading with distance."""
    height, width = alpha.shape
    base = float(np.quantile(feet[:, 1], 0.6))
    slant = -0.42 * side - (0.12 if side <= 0 else -0.12) * 0.5
    flat = 0.2
    # A point h above the base falls slant*h aside and flat*h up the picture.
    matrix = np.array([[1.0, -slant, slant * base], [0.0, flat, base - flat * base]], np.float64)
    laid = np.asarray(cv2.warpAffine(alpha, matrix, (width, height)), dtype=np.float32)
    rows = np.arange(height, dtype=np.float32)[:, None]
    far = np.clip((base - rows) / max(1.0, flat * height * 0.6), 0.0, 1.0)
    near_soft = blur(laid, max(1.5, 0.008 * height))
    far_soft = blur(laid, max(3.0, 0.03 * height))
    mixed = near_soft * (1.0 - far) + far_soft * far
    return np.asarray(mixed * (1.0 - 0.75 * far), dtype=np.float32)


def wall_shadow(alpha: Plane, *, side: float, lift_px: float, strength: float) -> Plane:
    """Shadow on a wall close behind the cut-out, below it and away from the light."""
    height, width = alpha.shape
    shift = np.array([[1.0, 0.0, -side * lift_px], [0.0, 1.0, lift_px]], dtype=np.float64)
    moved = np.asarray(cv2.warpAffine(alpha, shift, (width, height)), dtype=np.float32)
    close = blur(alpha, max(1.0, 0.5 * lift_px)) * np.float32(0.5)
    soft = blur(moved, max(1.5, 1.1 * lift_px)) * np.float32(0.75)
    return np.asarray(np.clip(np.maximum(close, soft), 0.0, 1.0) * strength, dtype=np.float32)
