"""What a picture shows, as far as counting blobs on a plain ground can tell.

Cheap enough for every upload (about 5 ms): it keeps collages and size charts out of a catalogue
and warns about the rest. Photos with a real background are left alone.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

__all__ = ["Contents", "look"]

LOOK_SIDE_PX = 192  # finer than the gaps between objects of a collage, coarse enough for 5 ms

_UNIFORM_SPREAD = 6  # of 255, between the 1st and 99th percentile: sensor noise on a blank wall
_GROUND_DISTANCE = 10  # of 255, per channel: a pale product on white still stands out
_PLAIN_BORDER = 0.9  # share of the border that must be ground for the ground to count as plain
_WHITE_GROUND = 235  # of 255; silhouettes are a studio convention, shown on white
_OBJECT_SHARE = 0.01  # of the picture; smaller blobs are captions, shadows, crumbs
_BLACK = 16  # of 255: clipped, as in a silhouette; black products in a photo keep some light

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Contents:
    """What was seen.

    Parameters
    ----------
    uniform : bool
        One plain colour, nothing else.
    objects : int
        Separate things on a plain ground; 0 when the ground is not plain.
    black_share : float
        How much of what is not ground is plain black, 0-1; 0 when the ground is not plain white.
    """

    uniform: bool
    objects: int
    black_share: float


def look(image: Image.Image) -> Contents:
    """Look at a picture in mode RGB, or RGBA as it shows on white."""
    small = image.copy()
    small.thumbnail((LOOK_SIDE_PX, LOOK_SIDE_PX), Image.Resampling.BOX)
    if small.mode == "RGBA":
        ground = Image.new("RGBA", small.size, "white")
        ground.alpha_composite(small)
        small = ground
    pixels = np.asarray(small.convert("RGB")).astype(np.int16)
    low, high = np.percentile(pixels, (1, 99), axis=(0, 1))
    if float((high - low).max()) <= _UNIFORM_SPREAD:
        return Contents(uniform=True, objects=0, black_share=0.0)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    ground_colour = np.median(border, axis=0)
    distance = np.abs(border - ground_colour).max(axis=1)
    if float((distance <= _GROUND_DISTANCE).mean()) < _PLAIN_BORDER:
        return Contents(uniform=False, objects=0, black_share=0.0)
    things: Mask = np.abs(pixels - ground_colour).max(axis=2) > _GROUND_DISTANCE
    objects = sum(area >= _OBJECT_SHARE * things.size for area in _blob_areas(things))
    is_white = float(ground_colour.min()) >= _WHITE_GROUND
    return Contents(
        uniform=False,
        objects=objects,
        black_share=_black_share(pixels, things) if is_white else 0.0,
    )


def _black_share(pixels: npt.NDArray[np.int16], things: Mask) -> float:
    black = (pixels.max(axis=2) < _BLACK) & things
    return float(black.sum()) / max(1, int(things.sum()))


def _blob_areas(mask: Mask) -> list[int]:
    """Areas in pixels of the connected parts of a mask (4-neighbourhood).

    Joins the runs of each row with the runs they touch in the row above. OpenCV would do it too,
    but loading it costs a sandbox child 0.3 s of CPU.
    """
    parents: list[int] = []
    areas: list[int] = []

    def root(i: int) -> int:
        while parents[i] != i:
            parents[i] = parents[parents[i]]
            i = parents[i]
        return i

    above: list[tuple[int, int, int]] = []
    for row in mask:
        runs: list[tuple[int, int, int]] = []
        for start, end in _runs(row):
            label = len(parents)
            parents.append(label)
            areas.append(end - start)
            for upper_start, upper_end, upper in above:
                if upper_start < end and start < upper_end:
                    kept, joined = root(upper), root(label)
                    if kept != joined:
                        parents[joined] = kept
                        areas[kept] += areas[joined]
            runs.append((start, end, label))
        above = runs
    return [areas[i] for i in range(len(parents)) if parents[i] == i]


def _runs(row: Mask) -> list[tuple[int, int]]:
    """Half-open ranges of True in one row."""
    steps = np.flatnonzero(np.diff(row.astype(np.int8), prepend=0, append=0))
    edges: list[int] = steps.tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))
