"""How large a product looks: its real size seen from the side its photo shows."""

from dataclasses import dataclass

import numpy as np

from visualizer_core.local.compositor.brief import Brief
from visualizer_core.local.compositor.kinds import Kind

__all__ = ["Extent", "real_size", "visible_extent"]

# Product photos usually show a thing turned by a third and from slightly above.
_WIDTH_SHARE, _DEPTH_IN_WIDTH = 0.90, 0.35
_HEIGHT_SHARE, _DEPTH_IN_HEIGHT = 0.97, 0.22
# A listed size this many times the usual one is a parcel's or a typing error.
_ABSURD = 3.2
# Only small things are sold in boxes many times their size.
_SMALL_CM = 60.0


@dataclass(frozen=True)
class Extent:
    """Size of a cut-out's box in the plane of the picture, in cm, and the depth behind it.

    Parameters
    ----------
    width_cm, height_cm, depth_cm : float
    """

    width_cm: float
    height_cm: float
    depth_cm: float

    @property
    def longest_cm(self) -> float:
        """The longer of width and height."""
        return max(self.width_cm, self.height_cm)


def real_size(brief: Brief, kind: Kind) -> tuple[float, float, float]:
    """Width, depth, height in cm: the brief's where given and credible, else the usual ones."""
    given = (brief.width_cm, brief.depth_cm, brief.height_cm)
    known = [value if value and value > 0.0 else None for value in given]
    ratios = [value / usual for value, usual in zip(known, kind.size_cm, strict=True) if value]
    if not ratios:
        return kind.size_cm
    typical = float(np.exp(np.mean(np.log(ratios))))
    small = max(kind.size_cm) < _SMALL_CM
    if kind.aliases and small and (typical > _ABSURD or typical < 1.0 / _ABSURD):
        return kind.size_cm
    filled = [value or usual * typical for value, usual in zip(known, kind.size_cm, strict=True)]
    return (filled[0], filled[1], filled[2])


def visible_extent(brief: Brief, kind: Kind, box_width: int, box_height: int) -> Extent:
    """Extent of a cut-out whose box has this shape.

    Width and height are both predicted from the real size; their geometric mean scales the box, so
    that a photo taken from another side is off by little.
    """
    width, depth, height = real_size(brief, kind)
    flat_on = kind.placement == "wall"
    seen_w = width if flat_on else _WIDTH_SHARE * width + _DEPTH_IN_WIDTH * depth
    seen_h = height if flat_on else _HEIGHT_SHARE * height + _DEPTH_IN_HEIGHT * depth
    shape = box_height / max(1, box_width)
    tall = float(np.sqrt(seen_h * seen_w * shape))
    return Extent(tall / shape, tall, depth)
