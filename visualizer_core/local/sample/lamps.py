"""Lamps of the sample."""

import math
from itertools import pairwise

from visualizer_core.local.sample.mesh import Mesh, Vector, joined, lathe, moved, rod, turned

__all__ = ["arc_lamp", "drum_pendant", "floor_lamp", "globe_pendant", "sconce", "table_lamp"]


def floor_lamp(metal: str, shade: str) -> Mesh:
    """Tripod floor lamp, diameter 48 cm, 150 cm high."""
    parts = [_shade(22, 17, 32, shade, at=118)]
    for index in range(3):
        leg = rod((26, 0, 0), (2, 0, 116), metal, radius=1.1, end_radius=1.4)
        parts.append(turned(leg, 120 * index + 15))
    parts.append(rod((0, 0, 112), (0, 0, 122), "brass", radius=2.2))
    return joined(*parts)


def _shade(low: float, high: float, tall: float, finish: str, *, at: float) -> Mesh:
    outer = [(low, at), (high, at + tall)]
    inner = [(high - 0.4, at + tall), (low - 0.4, at)]
    return joined(
        lathe([*outer, outer[1], inner[0], inner[0], inner[1]], finish), _bulb(at + tall * 0.4)
    )


def _bulb(z: float) -> Mesh:
    return moved(
        lathe([(0, -5), (2.6, -3.6), (3.4, 0), (2.6, 2.8), (1.2, 5), (0, 5.4)], "bulb"), (0, 0, z)
    )


def arc_lamp(metal: str, foot: str, shade: str) -> Mesh:
    """Arc lamp on a stone foot, 120 x 36 x 185 cm."""
    parts = [lathe([(0, 0), (17, 0), (18, 1), (18, 4), (17, 5), (17, 5), (0, 5)], foot)]
    points: list[Vector] = []
    for index in range(13):
        angle = math.radians(90 * index / 12 * 1.22)
        points.append((-50 + 98 * (1 - math.cos(angle)) * 0.86, 0.0, 60 + 122 * math.sin(angle)))
    parts[0] = moved(parts[0], (-50, 0, 0))
    parts.append(rod((-50, 0, 4), (-50, 0, 61), metal, radius=1.5))
    parts.extend(
        rod(first, last, metal, radius=1.3, segments=12) for first, last in pairwise(points)
    )
    end = points[-1]
    bowl = lathe([(17, 0), (16.4, 7), (12, 13), (5, 16.5), (0, 17.2)], shade)
    inner = lathe([(0, 16.4), (11, 12.2), (15.6, 6.6), (16.4, 0)], "shade")
    parts.append(moved(joined(bowl, inner, _bulb(6)), (end[0], 0, end[2] - 18)))
    return joined(*parts)


def table_lamp(body: str, shade: str) -> Mesh:
    """Ceramic table lamp, diameter 32 cm, 52 cm high."""
    base = lathe(
        [
            (0, 0),
            (7, 0),
            (8, 0.8),
            (9.4, 4),
            (10.6, 9),
            (10.4, 14),
            (8, 20),
            (4.2, 24),
            (2.6, 26),
            (2.6, 29),
        ],
        body,
    )
    return joined(
        base, rod((0, 0, 28), (0, 0, 36), "brass", radius=0.8), _shade(16, 12, 20, shade, at=31)
    )


def globe_pendant(metal: str) -> Mesh:
    """Three glass globes on a bar with a rose, 90 x 22 x 60 cm."""
    parts = [
        lathe([(0, 57), (8, 57), (8.6, 58), (8.6, 60), (8.6, 60), (0, 60)], metal),
        rod((0, 0, 31), (0, 0, 58), metal, radius=0.8),
        rod((-36, 0, 31), (36, 0, 31), metal, radius=1.1),
    ]
    for x in (-34.0, 0.0, 34.0):
        parts.append(rod((x, 0, 22), (x, 0, 31), metal, radius=1.6))
        ball = [
            (11 * math.sin(math.radians(a)), 11 - 11 * math.cos(math.radians(a)))
            for a in range(0, 181, 12)
        ]
        parts.append(moved(lathe(ball, "shade"), (x, 0, 1)))
    return joined(*parts)


def drum_pendant(weave: str) -> Mesh:
    """Woven dome pendant with its cord, diameter 50 cm, 62 cm high."""
    dome = [(25, 0), (24.6, 8), (22, 17), (16, 24), (8, 28), (2, 29)]
    inner = [(r * 0.985, z - 0.3) for r, z in reversed(dome)]
    return joined(
        lathe([*dome, dome[-1], inner[0], inner[0], *inner[1:]], weave),
        rod((0, 0, 28), (0, 0, 60), "black", radius=0.45),
        lathe([(0, 58), (5, 58), (5.4, 59), (5.4, 62), (5.4, 62), (0, 62)], "black metal"),
        _bulb(14),
    )


def sconce(metal: str, shade: str) -> Mesh:
    """Wall lamp with a small cone shade, 18 x 23 x 27 cm."""
    plate = moved(
        turned(lathe([(0, 0), (6, 0), (6, 0), (6, 1.6), (6, 1.6), (0, 1.6)], metal), 90, 0),
        (0, 11, 8),
    )
    return joined(
        plate,
        rod((0, 10, 8), (0, -3, 8), metal, radius=0.9),
        rod((0, -3, 7), (0, -3, 15), metal, radius=1.0),
        moved(_shade(9, 5.6, 15, shade, at=14), (0, -3, 0)),
    )
