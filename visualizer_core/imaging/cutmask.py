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

# Distances are CIE76, measured at the mask's size (about 420 px).
_SURE = 3.0
# An edge of a thing is sharp, that of a shadow is not: the slope seen through a narrow window less
# this many times the slope seen through a wide one is positive only for sharp steps.
_NARROW_PX, _WIDE_PX, _WIDE_WEIGHT = 0.7, 2.4, 1.3
# About a step of 2 in lightness; below it noise and JPEG blocks would count.
_LEAST_EDGE = 0.42
# Gaps in an outline up to twice this wide do not let the background in.
_GAP_PX = 2
_WIDER_GAP_PX = 5
# A background in shadow keeps its hue: chroma may change by this, and by a share of the darkening.
_HUE_SLACK, _HUE_PER_L = 7.0, 0.22
# Even a deep contact shadow keeps about a third of the light: what is darker is a thing.
_DARKEST, _BRIGHTEST = -58.0, 30.0
_NEAR_GROUND = 8.0
_DARK_GROUND = 35.0
_BRIGHT_GROUND, _BRIGHT_GRAIN, _DARK_GRAIN = 70.0, 0.55, 1.6
# Shade is this much darker than the ground; it lies open when so much of its rim is outside.
_TINT, _OPEN_RIM = 2.0, 0.22
# Enclosed patches are gaps when their distance from the background (mean and spread) is below this,
# more than this part of their rim is near the outside, and more than this part of what surrounds
# them is unlike the background. Read off 114 product pictures.
_GAPS = ((1.5, 0.08, 0.0), (2.8, 0.6, 0.8), (9.0, 0.95, 0.88))
_UNLIKE, _NEAR_SHARE, _HOLE_ROUNDS = 14.0, 0.045, 3
_LEAST_HOLE_PX = 14
# Seen through a gap the background may lie in shade, but not change its hue.
_HOLE_SHADE, _HOLE_CHROMA = -16.0, 4.5
# Losing more than this share of the product by a smaller gap means that it leaked.
_LEAK = 0.12
# What makes an outline clear: its sharpness, its distance from the ground, its slope in a scene.
_CLEAR_EDGE, _CLEAR_APART, _CLEAR_STEP = 0.6, 8.0, 3.0
# Share of the picture outside which a product is unlikely.
_TINY, _HUGE = 0.01, 0.88
_HALF = 0.5
# GrabCut takes far longer on larger pictures; its edge is found again at full size anyway.
_GRAB_PX = 128
_GRAB_ROUNDS = 2
# Parts smaller than this share of the product are dust.
_DUST = 0.004


def grown_mask(small: Pixels, ground: Ground) -> tuple[Mask, float]:
    """Everything the background cannot be reached from the border through.

    The background may darken and brighten smoothly (shadows, vignettes) but not step.

    Returns
    -------
    mask : Mask
    uncertainty : float
        0-1, from how much of the border fits and how clearly the edge stands out.
    """
    lab = to_lab(small)
    delta = lab - ground.lab(small.shape[1], small.shape[0])
    chroma = np.hypot(delta[:, :, 1], delta[:, :, 2])
    distance = np.sqrt(delta[:, :, 0] ** 2 + chroma**2)
    edge = _sharp_edges(lab)
    above = float(np.median(lab[:4, :, 0]))
    barrier = edge > max(_LEAST_EDGE, _graininess(edge, distance, above))
    alike = chroma < _HUE_SLACK + _HUE_PER_L * np.abs(delta[:, :, 0])
    alike &= (delta[:, :, 0] > _DARKEST) & (delta[:, :, 0] < _BRIGHTEST)
    free = ~barrier & alike
    sure = distance < max(_SURE, 3.0 * ground.spread)
    outside = _poured(free, sure, _GAP_PX)
    tight = _poured(free, sure, _WIDER_GAP_PX)
    leaked = float((outside & ~tight).sum()) / max(1.0, float((~tight).sum()))
    outside = tight if leaked > _LEAK else outside
    outside = outside | _open_shade(outside, free & (delta[:, :, 0] < -_TINT))
    lit = alike & (delta[:, :, 0] > _HOLE_SHADE) & (chroma < _HOLE_CHROMA)
    holes = _see_through((free & lit) | (sure & ~barrier), distance, outside)
    holes = dilate(holes, 2) & (holes | sure | lit) & ~outside
    mask = _without_dust(~(outside | holes))
    doubt = _doubt_of_grown(mask, distance, edge, ground) + min(0.3, leaked) + _cut_off(mask)
    if above < _DARK_GROUND:
        doubt += _frayed(mask)
    return mask, min(1.0, doubt)


def _sharp_edges(lab: Plane) -> Plane:
    """Slope of sharp steps; smooth changes, however strong, give nothing."""
    narrow = _slope(blur(lab, _NARROW_PX))
    return np.asarray(narrow - _WIDE_WEIGHT * _slope(blur(lab, _WIDE_PX)), dtype=np.float32)


def _open_shade(outside: Mask, shade: Mask) -> Mask:
    """Shade in corners too narrow to pour into, where it lies openly beside the outside."""
    left = shade & ~outside
    left[: shade.shape[0] // 2] = False
    labels, areas = components(left)
    beside = dilate(outside, 1)
    found = np.zeros_like(outside)
    for part in range(1, len(areas)):
        region = labels == part
        rim = region & ~erode(region, 1)
        if float(beside[rim].mean()) > _OPEN_RIM:
            found |= region
    return found


def _graininess(edge: Plane, distance: Plane, lightness: float) -> float:
    """What counts as an edge in the background itself: its grain, read near the border."""
    strips = (slice(2, 10), slice(-10, -2))
    near = np.concatenate(
        [edge[part].ravel() for part in strips] + [edge[:, part].ravel() for part in strips]
    )
    apart = np.concatenate(
        [distance[part].ravel() for part in strips] + [distance[:, part].ravel() for part in strips]
    )
    plain = near[apart < _NEAR_GROUND]
    if not len(plain):
        return 0.0
    # Lab stretches the noise of dark pictures; on a bright ground so much would be a product.
    most = _BRIGHT_GRAIN if lightness > _BRIGHT_GROUND else _DARK_GRAIN
    return min(most, 1.15 * float(np.quantile(plain, 0.985)))


def _slope(lab: Plane) -> Plane:
    """Change per pixel, CIE76, by central differences."""
    across = np.zeros(lab.shape[:2], dtype=np.float32)
    along = np.zeros_like(across)
    for layer in cv2.split(lab):
        across[:, 1:-1] += (layer[:, 2:] - layer[:, :-2]) ** 2
        along[1:-1] += (layer[2:] - layer[:-2]) ** 2
    return np.asarray(np.sqrt(across + along) / 2.0, dtype=np.float32)


def _poured(free: Mask, sure: Mask, gap_px: int) -> Mask:
    """What the background reaches from the border without passing gaps this narrow."""
    wide = erode(free, gap_px)
    body = _reached_from_border(wide)
    reached = dilate(body, gap_px) & free
    # The last pixels up to the product: those that are plainly background.
    return reached | (dilate(reached, gap_px + 1) & sure)


def _steps(lab: Plane) -> Plane:
    """Change per pixel, CIE76, by central differences."""
    return _slope(blur(lab, 0.7))


def _reached_from_border(region: Mask) -> Mask:
    seed = np.zeros_like(region)
    seed[0] = seed[-1] = True
    seed[:, 0] = seed[:, -1] = True
    return _reached(seed & region, region)


def _reached(seed: Mask, region: Mask) -> Mask:
    labels, _ = components(region)
    wanted = np.unique(labels[seed & region])
    return np.asarray(np.isin(labels, wanted[wanted > 0]), dtype=np.bool_)


def _see_through(candidates: Mask, distance: Plane, outside: Mask) -> Mask:
    """Enclosed patches where the background shows: gaps between legs, not white parts.

    A gap looks like the background, what surrounds it does not, and it is near the outside or near
    another gap: a label in the middle of a thing is none.
    """
    found = np.zeros_like(candidates)
    labels, areas = components(candidates & ~outside)
    patches = [
        _Patch(labels == part, distance, outside)
        for part in range(1, len(areas))
        if areas[part] >= _LEAST_HOLE_PX
    ]
    for _ in range(_HOLE_ROUNDS):
        near = dilate(outside | found, max(3, round(_NEAR_SHARE * max(outside.shape))))
        through = [patch for patch in patches if patch.is_gap(near)]
        for patch in through:
            found |= patch.region
        patches = [patch for patch in patches if patch not in through]
        if not through:
            break
    return found


class _Patch:
    """An enclosed patch of background colour and what tells whether it is a gap."""

    def __init__(self, region: Mask, distance: Plane, outside: Mask) -> None:
        self.region = region
        self._rim = dilate(region, 1) & ~region
        around = dilate(region, 6) & ~dilate(region, 2) & ~outside
        self._framed = float((distance[around] > _UNLIKE).mean()) if around.any() else 0.0
        self._apart = max(float(distance[region].mean()), float(distance[region].std()))

    def is_gap(self, near_outside: Mask) -> bool:
        """The less it looks like the background, the closer to the outside it must be."""
        near = float(near_outside[self._rim].mean())
        return any(
            self._apart < apart and near > least and self._framed > framed
            for apart, least, framed in _GAPS
        )


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
    clear = float(np.mean((step[rim] > _CLEAR_EDGE) | (distance[rim] > _CLEAR_APART)))
    doubt = 0.04 + 0.6 * (1.0 - clear) + 0.5 * max(0.0, 0.97 - ground.share)
    doubt += 0.4 if area < _TINY else 0.0
    doubt += 0.3 if area > _HUGE else 0.0
    return min(1.0, doubt)


def _cut_off(mask: Mask) -> float:
    """Doubt for what runs out of the picture, unless over its upper edge, where things hang."""
    sides = np.concatenate([mask[-2], mask[:, 1], mask[:, -2]])
    return min(0.4, 2.5 * max(0.0, float(sides.mean()) - 0.04))


def _frayed(mask: Mask) -> float:
    """Doubt for an outline much longer than its smoothed self: blotches of a noisy background."""
    smooth = dilate(erode(erode(dilate(mask, 3), 3), 3), 3)
    own = float((mask & ~erode(mask, 1)).sum())
    ideal = float((smooth & ~erode(smooth, 1)).sum())
    return min(0.5, max(0.0, own / max(1.0, ideal) - 1.05))


def segmented_mask(small: Pixels) -> tuple[Mask, float]:
    """The main thing in a scene by GrabCut, started from the middle of the picture."""
    tiny = fit_within(small, _GRAB_PX)
    height, width = tiny.shape[:2]
    prior = _prior(tiny)
    state = np.full((height, width), cv2.GC_PR_BGD, dtype=np.uint8)
    state[prior > _HALF] = cv2.GC_PR_FGD
    edge = max(2, round(0.02 * max(height, width)))
    state[:edge] = state[:, :edge] = state[:, -edge:] = cv2.GC_BGD
    # GrabCut clusters with OpenCV's own random numbers; a fixed start makes the cut repeatable.
    cv2.setRNGSeed(7)
    back, front = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(tiny, state, (0, 0, 0, 0), back, front, _GRAB_ROUNDS, cv2.GC_INIT_WITH_MASK)
    mask = _main_part(np.asarray((state == cv2.GC_FGD) | (state == cv2.GC_PR_FGD), np.bool_))
    doubt = _doubt_of_segmented(tiny, mask)
    grown = resize_plane(mask.astype(np.float32), small.shape[1], small.shape[0])
    return np.asarray(grown > _HALF, dtype=np.bool_), doubt


def _prior(tiny: Pixels) -> Plane:
    """How likely each pixel is the product: unlike the border, and near the middle."""
    lab = to_lab(tiny)
    height, width = lab.shape[:2]
    ring = np.concatenate(
        [lab[:3].reshape(-1, 3), lab[:, :3].reshape(-1, 3), lab[:, -3:].reshape(-1, 3)]
    )
    ring = ring[:: max(1, len(ring) // 96)]
    flat = lab.reshape(-1, 3)
    squared = (flat**2).sum(axis=1)[:, None] + (ring**2).sum(axis=1) - 2.0 * flat @ ring.T
    nearest = np.partition(squared, 2, axis=1)[:, :3]
    unlike = np.sqrt(np.maximum(nearest, 0.0)).mean(axis=1).reshape(height, width)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    middle = np.exp(-1.6 * (x**2 + 0.8 * y**2)).astype(np.float32)
    strength = unlike / max(8.0, float(np.quantile(unlike, 0.9)))
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
    if not _TINY < area < _HUGE:
        return 1.0
    lab = to_lab(tiny)
    step = _steps(lab)
    rim = mask & ~erode(mask, 1)
    clear = float(np.mean(step[rim] > _CLEAR_STEP)) if rim.any() else 0.0
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
