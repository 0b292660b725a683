"""Masks of a product on a small copy of its photo, each with how far to trust it."""

import cv2
import numpy as np

from visualizer_core.imaging.colour import to_lab
from visualizer_core.imaging.ground import Ground
from visualizer_core.imaging.raster import (
    Mask,
    Pixels,
    Plane,
    blur,
    components,
    dilate,
    erode,
    fit_within,
    resize_plane,
)

__all__ = ["grown_mask", "segmented_mask"]

# Distances are CIE76. Sure background; soft shadow that may still be background.
_SURE = 3.0
_SHADOW = 34.0
# Steps per pixel a shadow may take; a product's edge takes more.
_SHADOW_STEP = 2.2
_SHADOW_CHROMA = 5.0
# GrabCut's time grows fast with size; its edge is found again at full size anyway.
_GRAB_PX = 150
_GRAB_ROUNDS = 2
# Parts smaller than this share of the product are dust.
_DUST = 0.004


def grown_mask(small: Pixels, ground: Ground) -> tuple[Mask, float]:
    """Everything the background cannot be reached from the border through.

    Returns
    -------
    mask : Mask
    uncertainty : float
        0-1, from how much of the border fits and how clearly the edge stands out.
    """
    lab = to_lab(small)
    behind = ground.lab(small.shape[1], small.shape[0])
    delta = lab - behind
    chroma = np.hypot(delta[:, :, 1], delta[:, :, 2])
    distance = np.sqrt(delta[:, :, 0] ** 2 + chroma**2)
    sure = distance < max(_SURE, 3.0 * ground.spread)
    open_ground = _reached_from_border(sure)
    step = _steps(lab)
    shade = (delta[:, :, 0] < 0) & (delta[:, :, 0] > -_SHADOW) & (chroma < _SHADOW_CHROMA)
    shadow = _reached(open_ground, (shade & (step < _SHADOW_STEP)) | open_ground)
    outside = _kept_shadow(open_ground, shadow)
    holes = _see_through(sure & ~outside, distance, outside)
    mask = _without_dust(~(outside | holes))
    return mask, _doubt_of_grown(mask, distance, step, ground)


def _steps(lab: Plane) -> Plane:
    """Change per pixel, CIE76, by central differences."""
    soft = blur(lab, 0.7)
    across = np.zeros(lab.shape[:2], dtype=np.float32)
    along = np.zeros_like(across)
    across[:, 1:-1] = np.linalg.norm(soft[:, 2:] - soft[:, :-2], axis=2) / 2.0
    along[1:-1] = np.linalg.norm(soft[2:] - soft[:-2], axis=2) / 2.0
    return np.asarray(np.maximum(across, along), dtype=np.float32)


def _reached_from_border(region: Mask) -> Mask:
    seed = np.zeros_like(region)
    seed[0] = seed[-1] = True
    seed[:, 0] = seed[:, -1] = True
    return _reached(seed & region, region)


def _reached(seed: Mask, region: Mask) -> Mask:
    labels, _ = components(region)
    wanted = np.unique(labels[seed & region])
    return np.asarray(np.isin(labels, wanted[wanted > 0]), dtype=np.bool_)


def _kept_shadow(open_ground: Mask, shadow: Mask) -> Mask:
    """Open ground and its shadow, unless the shadow ate into the product's upper half."""
    product = ~open_ground
    rows = np.flatnonzero(product.any(axis=1))
    if not len(rows):
        return open_ground
    middle = int(rows[0] + 0.45 * (rows[-1] - rows[0]))
    eaten = shadow & ~open_ground
    outside = open_ground | eaten
    # A shadow lies on the ground: above the middle only a thin rim of it is believed.
    rim = dilate(open_ground, 3)
    outside[:middle] = open_ground[:middle] | (eaten[:middle] & rim[:middle])
    left = float((~outside).sum()) / max(1.0, float(product.sum()))
    return outside if left > 0.25 else open_ground


def _see_through(candidates: Mask, distance: Plane, outside: Mask) -> Mask:
    """Enclosed patches of pure background close to the outside: gaps between legs, not white parts."""
    labels, areas = components(candidates)
    found = np.zeros_like(candidates)
    near_outside = dilate(outside, max(3, round(0.035 * max(outside.shape))))
    for part in range(1, len(areas)):
        if areas[part] < 12:
            continue
        region = labels == part
        rim = dilate(region, 1) & ~region
        pure = float(distance[region].mean()) < 1.5 and float(distance[region].std()) < 0.9
        if pure and float(near_outside[rim].mean()) > 0.3:
            found |= region
    return found


def _without_dust(mask: Mask) -> Mask:
    labels, areas = components(mask)
    if len(areas) <= 1:
        return mask
    least = max(6.0, _DUST * float(areas[1:].max()))
    kept = np.flatnonzero(areas >= least)
    return np.asarray(np.isin(labels, kept[kept > 0]), dtype=np.bool_)


def _doubt_of_grown(mask: Mask, distance: Plane, step: Plane, ground: Ground) -> float:
    area = float(mask.mean())
    rim = mask & ~erode(mask, 1)
    if not rim.any():
        return 1.0
    clear = float(np.mean((step[rim] > 2.0) | (distance[rim] > 8.0)))
    doubt = 0.04 + 0.6 * (1.0 - clear) + 0.5 * max(0.0, 0.97 - ground.share)
    doubt += 0.4 if area < 0.01 else 0.0
    doubt += 0.3 if area > 0.85 else 0.0
    return min(1.0, doubt)


def segmented_mask(small: Pixels) -> tuple[Mask, float]:
    """The main thing in a scene by GrabCut, started from the middle of the picture."""
    tiny = fit_within(small, _GRAB_PX)
    height, width = tiny.shape[:2]
    prior = _prior(tiny)
    state = np.full((height, width), cv2.GC_PR_BGD, dtype=np.uint8)
    state[prior > 0.5] = cv2.GC_PR_FGD
    edge = max(2, round(0.02 * max(height, width)))
    state[:edge] = state[:, :edge] = state[:, -edge:] = cv2.GC_BGD
    # GrabCut clusters with OpenCV's own random numbers; a fixed start makes the cut repeatable.
    cv2.setRNGSeed(7)
    back, front = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(tiny, state, None, back, front, _GRAB_ROUNDS, cv2.GC_INIT_WITH_MASK)
    mask = _main_part(np.asarray((state == cv2.GC_FGD) | (state == cv2.GC_PR_FGD), np.bool_))
    doubt = _doubt_of_segmented(tiny, mask)
    grown = resize_plane(mask.astype(np.float32), small.shape[1], small.shape[0])
    return np.asarray(grown > 0.5, dtype=np.bool_), doubt


def _prior(tiny: Pixels) -> Plane:
    """How likely each pixel is the product: unlike the border, and near the middle."""
    lab = to_lab(tiny)
    height, width = lab.shape[:2]
    ring = np.concatenate(
        [lab[:3].reshape(-1, 3), lab[:, :3].reshape(-1, 3), lab[:, -3:].reshape(-1, 3)]
    )
    ring = ring[:: max(1, len(ring) // 160)]
    unlike = np.sort(np.linalg.norm(lab[:, :, None] - ring[None, None], axis=3), axis=2)[:, :, :4]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    middle = np.exp(-1.6 * (x**2 + 0.8 * y**2)).astype(np.float32)
    strength = unlike.mean(axis=2) / max(8.0, float(np.quantile(unlike.mean(axis=2), 0.9)))
    return np.asarray(np.clip(strength, 0.0, 1.0) * 0.65 + middle * 0.5, dtype=np.float32)


def _main_part(mask: Mask) -> Mask:
    labels, areas = components(mask)
    if len(areas) <= 1:
        return mask
    kept = np.flatnonzero(areas >= 0.12 * areas[1:].max())
    return np.asarray(np.isin(labels, kept[kept > 0]), dtype=np.bool_)


def _doubt_of_segmented(tiny: Pixels, mask: Mask) -> float:
    """From what tells a good cut: clear edge, other colours outside, nothing cut off, one part."""
    area = float(mask.mean())
    if area < 0.01 or area > 0.9:
        return 1.0
    lab = to_lab(tiny)
    step = _steps(lab)
    rim = mask & ~erode(mask, 1)
    clear = float(np.mean(step[rim] > 3.0)) if rim.any() else 0.0
    border = np.concatenate([mask[-3], mask[3], mask[:, 3], mask[:, -4]])
    cut_off = float(border.mean())
    _, areas = components(mask)
    main = float(areas[1:].max()) / float(areas[1:].sum())
    doubt = 0.25 + 0.5 * (1.0 - clear) + 1.2 * cut_off + 0.5 * (1.0 - main)
    doubt += 0.25 * _overlap(lab, mask)
    return min(1.0, doubt)


def _overlap(lab: Plane, mask: Mask) -> float:
    """Shared part of the colour histograms inside the mask and around it, 0-1."""
    around = dilate(mask, 14) & ~mask
    if not around.any():
        return 1.0
    edges = [np.linspace(0, 100, 9), np.linspace(-60, 60, 9), np.linspace(-60, 60, 9)]
    inside, _ = np.histogramdd(lab[mask].astype(np.float64), bins=edges)
    outside, _ = np.histogramdd(lab[around].astype(np.float64), bins=edges)
    inside /= max(1.0, float(inside.sum()))
    outside /= max(1.0, float(outside.sum()))
    return float(np.minimum(inside, outside).sum())
