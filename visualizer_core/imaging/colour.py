"""Colour as people see it: Lab, dominant colours, names for temperature."""

from dataclasses import dataclass

import cv2
import numpy as np

from visualizer_core.imaging.raster import Mask, Pixels, Plane, fit_within, resize_plane

__all__ = ["Swatch", "dominant_colours", "from_lab", "to_lab"]

# Colours closer than this (CIE76) look like one swatch in a palette.
_SAME_SWATCH = 9.0
_SAMPLES = 4096
_MOSTLY = 0.6
_ROUNDS = 12


@dataclass(frozen=True)
class Swatch:
    """One dominant colour.

    Parameters
    ----------
    hex : str
        ``#rrggbb``, lower case.
    share : float
        Part of the counted pixels nearest to it, 0-1.
    lab : tuple of float
        L 0-100, a and b about -128 to 127.
    """

    hex: str
    share: float
    lab: tuple[float, float, float]


def to_lab(image: Pixels) -> Plane:
    """CIE Lab (D65) of sRGB pixels; an alpha channel is ignored."""
    rgb = np.asarray(image[:, :, :3], dtype=np.float32) / np.float32(255.0)
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab), dtype=np.float32)


def from_lab(lab: Plane) -> Pixels:
    """The sRGB bytes of Lab values, clipped to the gamut."""
    rgb = np.asarray(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), dtype=np.float32)
    return np.asarray(np.clip(rgb * 255.0 + 0.5, 0.0, 255.0), dtype=np.uint8)


def dominant_colours(image: Pixels, mask: Mask | None = None, *, most: int = 6) -> list[Swatch]:
    """The colours that make up an image, largest first.

    Parameters
    ----------
    image : Pixels
        sRGB; looked at on a reduced copy.
    mask : Mask, optional
        Pixels to count, same height and width; all when None or empty.
    most : int
        At most this many swatches.

    Notes
    -----
    K-means in Lab from evenly spaced starting points along the lightness order, so the same pixels
    always give the same list.
    """
    small = fit_within(image, 160)
    samples = to_lab(small).reshape(-1, 3)
    if mask is not None and bool(mask.any()):
        reduced = resize_plane(mask.astype(np.float32), small.shape[1], small.shape[0])
        kept = samples[reduced.reshape(-1) > _MOSTLY]
        samples = kept if len(kept) else samples
    if len(samples) > _SAMPLES:
        samples = samples[:: len(samples) // _SAMPLES + 1]
    centres, shares = _k_means(samples, min(most + 2, len(samples)))
    return _merged(centres, shares)[:most]


def _k_means(samples: Plane, count: int) -> tuple[Plane, Plane]:
    order = np.argsort(samples[:, 0] + 0.01 * samples[:, 1], kind="stable")
    picks = np.linspace(0, len(samples) - 1, 2 * count + 1).astype(np.intp)[1::2]
    centres = samples[order[picks]].copy()
    nearest = np.zeros(len(samples), dtype=np.intp)
    for _ in range(_ROUNDS):
        nearest = np.argmin(((samples[:, None] - centres[None]) ** 2).sum(axis=2), axis=1)
        for index in range(count):
            members = samples[nearest == index]
            if len(members):
                centres[index] = members.mean(axis=0)
    shares = np.bincount(nearest, minlength=count).astype(np.float32) / np.float32(len(samples))
    return centres, shares


def _merged(centres: Plane, shares: Plane) -> list[Swatch]:
    kept: list[tuple[Plane, float]] = []
    for index in np.argsort(-shares, kind="stable"):
        centre, share = centres[index], float(shares[index])
        if share <= 0.0:
            continue
        for place, (other, total) in enumerate(kept):
            if float(np.linalg.norm(other - centre)) < _SAME_SWATCH:
                mixed = np.asarray((other * total + centre * share) / (total + share), np.float32)
                kept[place] = (mixed, total + share)
                break
        else:
            kept.append((centre, share))
    kept.sort(key=lambda pair: -pair[1])
    return [_swatch(centre, share) for centre, share in kept]


def _swatch(centre: Plane, share: float) -> Swatch:
    red, green, blue = (int(value) for value in from_lab(centre.reshape(1, 1, 3))[0, 0])
    lab = (float(centre[0]), float(centre[1]), float(centre[2]))
    return Swatch(hex=f"#{red:02x}{green:02x}{blue:02x}", share=round(share, 4), lab=lab)
