"""One simulated product-in-room picture, from bytes to bytes."""

from functools import lru_cache

import numpy as np

from visualizer_core.imaging.cutout import Cutout, cut_out
from visualizer_core.imaging.raster import Pixels, resize
from visualizer_core.local.compositor.brief import Brief
from visualizer_core.local.compositor.decode import decode, encode_jpeg
from visualizer_core.local.compositor.mark import stamp
from visualizer_core.local.compositor.room import Room, read_room
from visualizer_core.local.compositor.stage import Stage, staged
from visualizer_core.local.compositor.subject import read_subject

__all__ = ["compose"]

# Sources are seldom larger; beyond this pixels are only invented, so they are enlarged at the end.
_WORK_PX = 1408
_SOURCE_PX = 1600
_PRODUCT_PX = 1024


def compose(
    product: bytes, scene: bytes | None, *, width: int, height: int, seed: int, brief: Brief
) -> bytes:
    """A picture of the product in the scene.

    Parameters
    ----------
    product : bytes
        Product photo, any format Pillow reads.
    scene : bytes or None
        Room photo; None draws a plain room that suits ``brief.scene_type``.
    width, height : int
        Exact size of the result in pixels.
    seed : int
        The same inputs and seed give the same bytes; another seed another position and crop.
    brief : Brief

    Returns
    -------
    bytes
        JPEG with a discreet SIMULATED mark.

    Raises
    ------
    InvalidInput
        One of the pictures cannot be read.
    """
    scale = min(1.0, _WORK_PX / max(width, height))
    work_w, work_h = max(16, round(width * scale)), max(16, round(height * scale))
    photo, cut = _cut_product(product)
    subject = read_subject(photo, cut, brief, seed)
    setting = _read_scene(scene) if scene is not None else None
    picture = staged(Stage(subject, setting, work_w, work_h, seed, brief.scene_type))
    picture = resize(picture, width, height)
    stamp(picture)
    return encode_jpeg(picture)


# Variants of a product, and products in one room, come close together: what depends on one picture
# alone is kept for a moment. The arrays are never written to.
@lru_cache(maxsize=8)
def _cut_product(product: bytes) -> tuple[Pixels, Cutout]:
    photo = decode(product, longest_px=_PRODUCT_PX)
    return photo, cut_out(photo)


@lru_cache(maxsize=12)
def _read_scene(scene: bytes) -> tuple[Pixels, Room]:
    pixels = np.ascontiguousarray(decode(scene, longest_px=_SOURCE_PX)[:, :, :3])
    return pixels, read_room(pixels)
