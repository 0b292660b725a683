"""The product of a picture: its cut-out, what it is, how large it looks, where it belongs."""

from dataclasses import dataclass, replace
from typing import cast, get_args

import numpy as np

from visualizer_core.imaging.cutout import Cutout
from visualizer_core.imaging.raster import Pixels, components, fit_within, resize
from visualizer_core.local.compositor.brief import Brief
from visualizer_core.local.compositor.kinds import Kind, Placement
from visualizer_core.local.compositor.lexicon import find_kind
from visualizer_core.local.compositor.prints import framed
from visualizer_core.local.compositor.sizes import Extent, visible_extent

__all__ = ["Subject", "read_subject"]

# A cut less sure than this would show; the photo is shown as a framed print instead.
_TRUSTED = {"alpha": 1.0, "flood": 0.4, "grabcut": 0.26}
# Clothes come on people; a person cut out and hung on a wall is nobody's preview.
_NEVER_CUT = ("Clothing",)
_PRINT_CM = 50.0
# Things usually put on a table stand on the floor from this height on.
_TOO_TALL_CM = 95.0
_SEVERAL = 3
_SOLID = 128
# Parts of the width: what a lamp on a chain covers above, and at least below.
_NARROW, _WIDE = 0.22, 0.5


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


def read_subject(photo: Pixels, cut: Cutout, brief: Brief, seed: int) -> Subject:
    """Decide how to show a product whose cut-out is known."""
    kind = find_kind(brief.noun).kind
    worn = kind.category in _NEVER_CUT and cut.method != "alpha"
    if worn or cut.uncertainty > _TRUSTED[cut.method]:
        return _as_print(photo, kind, seed)
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
    if kind.placement == "surface" and _scattered(rgba):
        return "lying"
    tall = brief.height_cm or 0.0
    if kind.placement == "surface" and tall > _TOO_TALL_CM:
        return "floor"
    if asked == "floor" and not kind.aliases:
        return "floor"
    return kind.placement


def _scattered(rgba: Pixels) -> bool:
    """Several things apart from each other, one above another: seen from above."""
    solid = fit_within(rgba, 160)[:, :, 3] > _SOLID
    _, areas = components(solid)
    sizes = np.sort(areas[1:])[::-1]
    if len(sizes) < _SEVERAL:
        return False
    first, third = float(sizes[0]), float(sizes[_SEVERAL - 1])
    return third > 0.2 * first and first < 0.6 * float(sizes.sum())


def _hangs(rgba: Pixels) -> bool:
    """A lamp narrow above and wide below its middle hangs: a shade on a foot is the other way."""
    coverage = (rgba[:, :, 3] > _SOLID).sum(axis=1) / max(1, rgba.shape[1])
    third = max(1, len(coverage) // 3)
    return float(coverage[:third].mean()) < _NARROW and float(coverage[third:].max()) > _WIDE


def _as_print(photo: Pixels, kind: Kind, seed: int) -> Subject:
    rgba = framed(photo[:, :, :3], seed)
    height, width = rgba.shape[:2]
    tall = _PRINT_CM * min(1.0, height / width)
    extent = Extent(tall * width / height, tall, 3.0)
    return Subject(rgba, replace(kind, placement="surface"), extent, "surface")
