"""The product of a picture: its cut-out, what it is, how large it looks, where it belongs."""

from dataclasses import dataclass, replace
from typing import cast, get_args

import numpy as np

from visualizer_core.imaging.cutout import Cutout, cut_out
from visualizer_core.imaging.raster import Pixels, resize
from visualizer_core.local.compositor.brief import Brief
from visualizer_core.local.compositor.kinds import Kind, Placement
from visualizer_core.local.compositor.lexicon import find_kind
from visualizer_core.local.compositor.prints import framed
from visualizer_core.local.compositor.sizes import Extent, visible_extent

__all__ = ["Subject", "read_subject"]

# A cut less sure than this would show; the photo is shown as a framed print instead.
_TRUSTED = {"alpha": 1.0, "flood": 0.4, "grabcut": 0.32}
# Clothes come on people; a person cut out and hung on a wall is nobody's preview.
_NEVER_CUT = ("Clothing",)
_PRINT_CM = 50.0
# Things usually put on a table stand on the floor from this height on.
_TOO_TALL_CM = 95.0


@dataclass(frozen=True)
class Subject:
    """A product ready to be placed.

    Parameters
    ----------
    rgba : Pixels
        Cropped to what is visible.
    kind : Kind
    extent : Extent
    placement : str
    """

    rgba: Pixels
    kind: Kind
    extent: Extent
    placement: Placement

    def at(self, width: float, height: float) -> Pixels:
        """The cut-out at a size in pixels."""
        return resize(self.rgba, max(4, round(width)), max(4, round(height)))


def read_subject(image: Pixels, brief: Brief, seed: int) -> Subject:
    """Cut the product out and decide how to show it."""
    kind = find_kind(brief.noun).kind
    cut = cut_out(image)
    worn = kind.category in _NEVER_CUT and cut.method != "alpha"
    if worn or cut.uncertainty > _TRUSTED[cut.method]:
        return _as_print(image, kind, seed)
    rgba = _cropped(cut)
    placement = _placement(brief, kind, rgba)
    extent = visible_extent(brief, kind, rgba.shape[1], rgba.shape[0])
    return Subject(rgba, kind, extent, placement)


def _cropped(cut: Cutout) -> Pixels:
    x0, y0, x1, y1 = cut.box
    return np.ascontiguousarray(cut.rgba[y0:y1, x0:x1])


def _placement(brief: Brief, kind: Kind, rgba: Pixels) -> Placement:
    asked = (brief.placement or "").strip().casefold()
    if asked in get_args(Placement) and asked != "floor":
        return cast(Placement, asked)
    if kind.noun == "lamp" and _hangs(rgba):
        return "ceiling"
    tall = brief.height_cm or 0.0
    if kind.placement == "surface" and tall > _TOO_TALL_CM:
        return "floor"
    if asked == "floor" and not kind.aliases:
        return "floor"
    return kind.placement


def _hangs(rgba: Pixels) -> bool:
    """A lamp narrow above and wide below its middle hangs: a shade on a foot is the other way."""
    coverage = (rgba[:, :, 3] > 128).sum(axis=1) / max(1, rgba.shape[1])
    third = max(1, len(coverage) // 3)
    return float(coverage[:third].mean()) < 0.22 and float(coverage[third:].max()) > 0.5


def _as_print(image: Pixels, kind: Kind, seed: int) -> Subject:
    rgba = framed(image[:, :, :3], seed)
    height, width = rgba.shape[:2]
    tall = _PRINT_CM * min(1.0, height / width)
    extent = Extent(tall * width / height, tall, 3.0)
    return Subject(rgba, replace(kind, placement="surface"), extent, "surface")
