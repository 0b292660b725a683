"""Named surfaces of the sample: colour, texture, sheen."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from visualizer_core.imaging.raster import noise
from visualizer_core.local.compositor.planes import grain_texture, plank_texture, stone_texture
from visualizer_core.local.sample.mesh import Floats

__all__ = ["FINISHES", "Finish", "lookup", "textured"]

_SIDE = 512


@dataclass(frozen=True)
class Finish:
    """How a surface looks.

    Parameters
    ----------
    colour : tuple of int
        sRGB.
    second : tuple of int or None
        The texture's other colour; None for an even surface.
    texture : str
        ``grain``, ``planks``, ``stone``, ``cloth``, ``stripes``, ``cane``, ``pile`` or ``none``.
    scale_cm : float
        What one tile of the texture covers.
    sheen : float
        How much it mirrors, 0-1.
    metal : bool
        Mirrors in its own colour.
    glow : float
        Gives light of its own, 0-1.
    """

    colour: tuple[int, int, int]
    second: tuple[int, int, int] | None = None
    texture: str = "none"
    scale_cm: float = 60.0
    sheen: float = 0.05
    metal: bool = False
    glow: float = 0.0


def _wood(light: tuple[int, int, int], dark: tuple[int, int, int], sheen: float = 0.08) -> Finish:
    return Finish(light, dark, "grain", 70.0, sheen)


def _cloth(colour: tuple[int, int, int], depth: float = 0.86) -> Finish:
    red, green, blue = (round(value * depth) for value in colour)
    return Finish(colour, (red, green, blue), "cloth", 26.0, 0.015)


FINISHES: dict[str, Finish] = {
    "oak": _wood((214, 176, 130), (172, 128, 84)),
    "walnut": _wood((132, 90, 60), (82, 52, 34)),
    "ash": _wood((232, 216, 190), (200, 178, 146)),
    "teak": _wood((186, 132, 84), (132, 86, 52)),
    "black ash": _wood((58, 54, 52), (34, 32, 32), 0.1),
    "white": Finish((236, 235, 231), sheen=0.10),
    "cream": Finish((238, 230, 214), sheen=0.08),
    "sage": Finish((150, 166, 142), sheen=0.08),
    "navy": Finish((52, 66, 92), sheen=0.08),
    "black": Finish((38, 38, 40), sheen=0.10),
    "black metal": Finish((44, 44, 46), sheen=0.16),
    "brass": Finish((206, 166, 98), sheen=0.75, metal=True),
    "chrome": Finish((206, 208, 210), sheen=0.85, metal=True),
    "grey wool": _cloth((158, 160, 162)),
    "charcoal wool": _cloth((78, 80, 86)),
    "oat linen": _cloth((218, 206, 184)),
    "ivory boucle": Finish((236, 229, 216), (206, 197, 182), "pile", 14.0, 0.01),
    "terracotta": _cloth((190, 104, 74)),
    "mustard velvet": _cloth((204, 156, 56), 0.80),
    "forest velvet": _cloth((54, 92, 74), 0.78),
    "blue velvet": _cloth((58, 88, 132), 0.78),
    "rose velvet": _cloth((202, 148, 142), 0.84),
    "cognac leather": Finish((170, 100, 58), (146, 82, 46), "stone", 60.0, 0.16),
    "black leather": Finish((46, 44, 44), (34, 33, 34), "stone", 60.0, 0.18),
    "white linen": _cloth((238, 234, 226), 0.93),
    "rattan": Finish((202, 160, 108), (146, 106, 64), "cane", 9.0, 0.05),
    "grey rattan": Finish((142, 136, 128), (96, 92, 86), "cane", 9.0, 0.04),
    "marble": Finish((240, 238, 234), (156, 154, 152), "stone", 90.0, 0.24),
    "travertine": Finish((222, 208, 186), (178, 160, 136), "stone", 50.0, 0.08),
    "concrete": Finish((176, 174, 170), (148, 146, 143), "stone", 44.0, 0.04),
    "clay": Finish((188, 116, 82), (170, 100, 68), "stone", 30.0, 0.04),
    "white ceramic": Finish((240, 238, 233), sheen=0.22),
    "sand ceramic": Finish((214, 196, 168), (196, 176, 146), "stone", 20.0, 0.06),
    "ink ceramic": Finish((48, 70, 88), (38, 56, 72), "stone", 24.0, 0.26),
    "celadon": Finish((146, 176, 160), (130, 162, 146), "stone", 24.0, 0.24),
    "mirror": Finish((214, 222, 226), sheen=0.9, metal=True),
    "shade": Finish((250, 240, 218), (242, 228, 200), "cloth", 22.0, 0.01, glow=0.42),
    "dark shade": Finish((70, 82, 78), (58, 70, 66), "cloth", 22.0, 0.01),
    "bulb": Finish((255, 242, 214), glow=0.9),
    "leaf": Finish((74, 112, 62), (50, 86, 46), "stone", 12.0, 0.10),
    "pale leaf": Finish((120, 150, 96), (92, 126, 74), "stone", 12.0, 0.08),
    "soil": Finish((70, 54, 42)),
    "stem": Finish((108, 112, 66)),
    "bark": Finish((116, 88, 64), (88, 64, 46), "grain", 20.0),
    "rug cream": Finish((232, 224, 208), (208, 197, 178), "pile", 16.0, 0.0),
    "rug stripes": Finish((226, 216, 198), (112, 120, 128), "stripes", 34.0, 0.0),
    "rug rust": Finish((176, 92, 66), (146, 70, 50), "pile", 16.0, 0.0),
    "book red": Finish((156, 70, 58)),
    "book blue": Finish((74, 98, 124)),
    "book sand": Finish((206, 186, 152)),
    "book green": Finish((104, 122, 96)),
    "book white": Finish((232, 228, 220)),
    "canvas sky": Finish((196, 208, 212)),
    "canvas sun": Finish((222, 156, 96)),
    "canvas hill": Finish((110, 128, 112)),
    "canvas paper": Finish((244, 240, 232)),
    "oak floor": Finish((206, 170, 128), (146, 108, 72), "planks", 150.0, 0.12),
    "pale floor": Finish((222, 206, 182), (176, 156, 130), "planks", 150.0, 0.12),
    "dark floor": Finish((128, 94, 68), (76, 52, 36), "planks", 150.0, 0.14),
    "deck": Finish((182, 150, 118), (118, 92, 68), "planks", 120.0, 0.04),
    "tiles": Finish((228, 225, 218), (176, 172, 166), "stone", 160.0, 0.20),
    "plaster": Finish((232, 226, 215)),
    "wall sage": Finish((176, 187, 170)),
    "wall blue": Finish((152, 168, 182)),
    "wall clay": Finish((214, 184, 164)),
    "wall grey": Finish((200, 200, 198)),
    "wall white": Finish((238, 236, 231)),
    "ceiling": Finish((244, 243, 240)),
    "trim": Finish((244, 243, 239), sheen=0.06),
    "glass": Finish((226, 238, 246), glow=1.0),
    "hedge": Finish((112, 126, 92), (72, 90, 62), "pile", 110.0, 0.0),
    "lawn": Finish((142, 156, 106), (118, 134, 86), "pile", 90.0, 0.0),
    "sky": Finish((186, 212, 232), glow=0.62),
    "far green": Finish((164, 178, 146), (132, 150, 116), "pile", 160.0, 0.0, glow=0.6),
    "white front": Finish((232, 232, 228), sheen=0.12),
    "blue front": Finish((92, 112, 128), sheen=0.10),
    "green front": Finish((104, 122, 104), sheen=0.10),
}


def textured(finish: Finish, place: Floats) -> Floats:
    """Linear-light colour of a surface, ``(n, 3)``, at places ``(n, 2)`` on its part, cm."""
    first = _linear(np.array(finish.colour, dtype=np.float32))
    if finish.second is None or finish.texture == "none":
        return np.broadcast_to(first, (len(place), 3)).astype(np.float32)
    second = _linear(np.array(finish.second, dtype=np.float32))
    level = _sampled(finish, place)[:, None]
    return np.asarray(second + (first - second) * level, dtype=np.float32)


def _sampled(finish: Finish, place: Floats) -> Floats:
    cells = np.float32(_SIDE / finish.scale_cm)
    table = _table(finish.texture)
    x, y = ((place[:, axis] * cells) % _SIDE for axis in (0, 1))
    return lookup(table, x, y)


def lookup(table: Floats, x: Floats, y: Floats) -> Floats:
    """Values of a small picture at places ``(n,)``, between its pixels too; it repeats."""
    # remap wants pictures shorter than 32768; fold the list of places into rows.
    wide = 4096
    pad = -len(x) % wide
    xs = np.pad(x, (0, pad)).reshape(-1, wide).astype(np.float32)
    ys = np.pad(y, (0, pad)).reshape(-1, wide).astype(np.float32)
    found = cv2.remap(table, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return np.asarray(found.reshape(-1, *table.shape[2:])[: len(x)], dtype=np.float32)


@lru_cache(maxsize=12)
def _table(kind: str) -> npt.NDArray[np.float32]:
    if kind == "grain":
        return grain_texture(4)
    if kind == "planks":
        return plank_texture(2).T.copy()
    return stone_texture(3) if kind == "stone" else _textile(kind)


def _textile(kind: str) -> npt.NDArray[np.float32]:
    """Woven and tufted surfaces: a pattern, a little unevenness, a little noise."""
    turn = np.linspace(0.0, 2 * np.pi, _SIDE, endpoint=False)
    x, y = np.meshgrid(turn, turn)
    speck = cv2.GaussianBlur(noise(_SIDE, _SIDE, 8), (0, 0), 1.2) * 1.6
    cloud = cv2.GaussianBlur(noise(_SIDE, _SIDE, 9), (0, 0), 6.0) * 8.0
    patterns = {
        "stripes": lambda: np.clip(2.4 * np.sin(3 * x) + 0.9, 0, 1) + 0.10 * speck,
        "cane": lambda: 0.55 + 0.6 * np.sin(8 * x) * np.sin(8 * y) + 0.12 * speck,
        "pile": lambda: 0.55 + 0.24 * cloud + 0.12 * speck,
        "cloth": lambda: 0.62 + 0.16 * np.sin(64 * x) * np.sin(64 * y) + 0.12 * speck,
    }
    return np.asarray(np.clip(patterns[kind](), 0.0, 1.0), dtype=np.float32)


def _linear(colour: Floats) -> Floats:
    return np.asarray((colour / np.float32(255)) ** np.float32(2.2), dtype=np.float32)
