"""What stands behind a product: is it plain, and which colour has it where."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from visualizer_core.imaging.colour import from_lab, to_lab
from visualizer_core.imaging.raster import Pixels, Plane, resize_plane

__all__ = ["Ground", "read_ground"]

_RING_PX = 3
_ROUNDS = 4
# A border pixel within this of the fitted colours (CIE76) belongs to the background.
_NEAR = 5.0
# A plain background covers at least this part of the border; the rest may be the product's.
_PLAIN_SHARE = 0.72
_TERMS = 6


@dataclass(frozen=True)
class Ground:
    """Colours behind a product, fitted to the border of the photo.

    Parameters
    ----------
    plain : bool
        The border is one colour or one smooth shade.
    share : float
        Part of the border that fits, 0-1.
    spread : float
        Median distance of the fitting border pixels from the fit, CIE76.
    terms : ndarray of float64, (6, 3)
        Quadratic in x and y (both -1 to 1) for L, a and b.
    """

    plain: bool
    share: float
    spread: float
    terms: npt.NDArray[np.float64]

    def lab(self, width: int, height: int) -> Plane:
        """Lab of the background alone at this size, ``(height, width, 3)``."""
        small_w, small_h = min(width, 96), min(height, 96)
        x, y = np.meshgrid(np.linspace(-1, 1, small_w), np.linspace(-1, 1, small_h))
        fitted = _design(x.ravel(), y.ravel()) @ self.terms
        plane = np.asarray(fitted, dtype=np.float32).reshape(small_h, small_w, 3)
        plane[:, :, 0] = np.clip(plane[:, :, 0], 0.0, 100.0)
        return resize_plane(plane, width, height)

    def colours(self, width: int, height: int) -> Pixels:
        """SRGB of the background alone at this size."""
        return from_lab(self.lab(width, height))


def read_ground(image: Pixels) -> Ground:
    """Fit a smooth shade to the border of a (small) photo, ignoring what is not background."""
    lab = to_lab(image)
    height, width = lab.shape[:2]
    ring = np.zeros((height, width), dtype=np.bool_)
    ring[:_RING_PX] = ring[-_RING_PX:] = True
    ring[:, :_RING_PX] = ring[:, -_RING_PX:] = True
    rows, columns = np.nonzero(ring)
    samples = lab[rows, columns].astype(np.float64)
    x = columns / max(1, width - 1) * 2.0 - 1.0
    y = rows / max(1, height - 1) * 2.0 - 1.0
    design = _design(x, y)
    terms, distance = _robust_fit(design, samples)
    fits = distance < _NEAR
    share = float(fits.mean())
    spread = float(np.median(distance[fits])) if fits.any() else 99.0
    return Ground(share >= _PLAIN_SHARE, share, spread, terms)


def _design(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1)


def _robust_fit(
    design: npt.NDArray[np.float64], samples: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    centre = np.median(samples, axis=0)
    distance = np.linalg.norm(samples - centre, axis=1)
    terms = np.zeros((_TERMS, 3))
    terms[0] = centre
    limit = max(12.0, float(np.quantile(distance, 0.6)))
    for _ in range(_ROUNDS):
        kept = distance < limit
        if int(kept.sum()) < 4 * _TERMS:
            break
        # A little ridge keeps the fit flat where one side of the border is covered.
        left = design[kept].T @ design[kept] + np.diag([0.0, *[0.02 * kept.sum()] * 5])
        terms = np.linalg.solve(left, design[kept].T @ (samples[kept] - centre))
        terms[0] += centre
        distance = np.linalg.norm(samples - design @ terms, axis=1)
        limit = max(_NEAR, 3.0 * float(np.median(distance[kept])))
    return np.asarray(terms, np.float64), np.asarray(distance, np.float64)
