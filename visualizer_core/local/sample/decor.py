"""Mirrors, rugs, vases, pictures and the like of the sample."""

import math

from visualizer_core.local.sample.mesh import (
    Mesh,
    box,
    joined,
    lathe,
    moved,
    rod,
    sheet,
    soft_box,
    turned,
)

__all__ = [
    "basket",
    "candle_holder",
    "framed_print",
    "round_mirror",
    "rug",
    "standing_mirror",
    "throw_pillow",
    "vase",
    "wall_clock",
]


def round_mirror(frame: str) -> Mesh:
    """Round wall mirror in a slim frame, diameter 70 cm."""
    disc = lathe([(0, 0), (33.4, 0), (33.4, 0), (33.4, 0.6)], "mirror", segments=72)
    glass = lathe([(33.4, 0.8), (0, 0.8)], "mirror", segments=72)
    ring = lathe(
        [(33, 0), (35, 0), (35, 0), (35, 2.6), (35, 2.6), (33.2, 2.6), (33.2, 2.6), (33, 0.8)],
        frame,
        segments=72,
    )
    return moved(turned(joined(disc, glass, ring), 90, 0), (0, 0, 35))


def standing_mirror(wood: str) -> Mesh:
    """Arched floor mirror on a stand, 60 x 45 x 165 cm."""
    rails = [
        soft_box((4, 3, 136), wood, (-28, 0, 0), radius=1.2),
        soft_box((4, 3, 136), wood, (28, 0, 0), radius=1.2),
        box((56, 3, 4), wood, (0, 0, 0)),
    ]
    arch = [
        rod(
            (28 * math.cos(math.radians(a)), 0, 136 + 28 * math.sin(math.radians(a))),
            (28 * math.cos(math.radians(a + 12)), 0, 136 + 28 * math.sin(math.radians(a + 12))),
            wood,
            radius=1.9,
            segments=10,
        )
        for a in range(0, 180, 12)
    ]
    glass = [sheet([(-27, 0.6, 3), (27, 0.6, 3), (27, 0.6, 136), (-27, 0.6, 136)], "mirror")]
    for a in range(0, 180, 12):
        first, last = math.radians(a), math.radians(a + 12)
        glass.append(
            sheet(
                [
                    (0, 0.6, 136),
                    (27 * math.cos(first), 0.6, 136 + 27 * math.sin(first)),
                    (27 * math.cos(last), 0.6, 136 + 27 * math.sin(last)),
                    (0, 0.6, 136),
                ],
                "mirror",
            )
        )
    leaning = moved(turned(joined(*rails, *arch, *glass), -6, 0), (0, 0, 1))
    feet = [rod((sx * 27, 34, 0), (sx * 27, 10, 110), wood, radius=1.4) for sx in (-1, 1)]
    return joined(leaning, *feet)


def rug(finish: str, *, width: float, depth: float) -> Mesh:
    """Flat rug with a soft edge."""
    return soft_box((width, depth, 1.6), finish, (0, 0, 0), radius=0.7)


def vase(finish: str, *, slender: bool = False) -> Mesh:
    """Thrown vase, 18 cm wide and 30 cm high, or slender 12 x 38 cm with dry stems."""
    if not slender:
        profile = [
            (0, 0),
            (5.4, 0),
            (6.4, 0.8),
            (8.6, 6),
            (9.2, 12),
            (7.8, 18),
            (4.6, 23),
            (3.4, 26),
            (4.4, 29.4),
            (4.8, 30),
            (4.2, 29.6),
            (3.0, 26),
            (3.4, 22),
        ]
        return lathe(profile, finish, segments=56)
    profile = [
        (0, 0),
        (4.6, 0),
        (5.6, 0.8),
        (6, 6),
        (5.4, 16),
        (3.4, 24),
        (2.6, 28),
        (3.2, 30),
        (2.8, 29.8),
        (2.2, 26),
    ]
    parts = [lathe(profile, finish, segments=48)]
    for index in range(9):
        angle = math.radians(40 * index + 11)
        reach = 4.0 + (index * 5 % 7)
        tip = (reach * math.cos(angle), reach * math.sin(angle), 50 + (index * 3 % 8) * 2.2)
        parts.append(rod((0, 0, 22), tip, "stem", radius=0.25, end_radius=0.16, segments=6))
        plume = lathe([(0, -5), (1.1, -3), (1.3, 1), (0.7, 5), (0, 6.4)], "rug cream", segments=10)
        parts.append(moved(plume, tip))
    return joined(*parts)


def candle_holder(metal: str) -> Mesh:
    """Three candle sticks of different height, 24 x 16 x 34 cm."""
    parts: list[Mesh] = []
    for x, y, tall in ((-8.0, 2.0, 20.0), (1.0, -3.0, 13.0), (9.0, 3.0, 8.0)):
        stick = lathe(
            [
                (0, 0),
                (4, 0),
                (4.2, 0.6),
                (2.6, 1.4),
                (0.9, 2.6),
                (0.8, tall - 2),
                (1.9, tall - 0.6),
                (1.9, tall),
                (0, tall),
            ],
            metal,
        )
        candle = lathe(
            [(1.1, tall), (1.05, tall + 14), (1.05, tall + 14), (0, tall + 14.3)], "canvas paper"
        )
        parts.append(moved(joined(stick, candle), (x, y, 0)))
    return joined(*parts)


def framed_print(wood: str, motif: str) -> Mesh:
    """Framed picture with a simple motif, 50 x 3 x 70 cm."""
    parts = [box((48, 1, 68), "canvas paper", (0, 0.6, 1))]
    parts.extend(box((2, 3, 70), wood, (sx * 24, 0, 0), bevel=0.3) for sx in (-1, 1))
    parts.extend(box((46, 3, 2), wood, (0, 0, z), bevel=0.3) for z in (0.0, 68.0))
    if motif == "sun":
        parts.append(_disc(11, (2, -0.1, 46), "canvas sun"))
        parts.append(
            sheet([(-16, -0.2, 12), (16, -0.2, 12), (16, -0.2, 30), (-16, -0.2, 24)], "canvas hill")
        )
    else:
        parts.append(_disc(9, (-6, -0.1, 44), "canvas hill"))
        parts.append(_disc(7, (7, -0.2, 34), "canvas sun"))
        parts.append(_disc(5, (-3, -0.3, 25), "book blue"))
    return joined(*parts)


def _disc(radius: float, at: tuple[float, float, float], finish: str) -> Mesh:
    return moved(turned(lathe([(radius, 0), (0, 0.02)], finish), 90, 0), at)


def wall_clock(rim: str) -> Mesh:
    """Round clock, diameter 32 cm."""
    face = lathe([(0, 0.6), (14.6, 0.6)], "white", segments=64)
    ring = lathe(
        [(14.4, 0), (16, 0), (16, 0), (16, 3.2), (16, 3.2), (14.6, 3.2), (14.6, 3.2), (14.4, 0.6)],
        rim,
        segments=64,
    )
    marks = [
        turned(box((0.7, 2.2, 0.3), "black", (0, 12.4, 0.7), bevel=0.05), 30 * index)
        for index in range(12)
    ]
    hour = turned(box((0.9, 8, 0.3), "black", (0, 3.4, 1.0), bevel=0.05), 55)
    minute = turned(box((0.6, 11.6, 0.3), "black", (0, 5.2, 1.3), bevel=0.05), -60)
    flat = joined(face, ring, *marks, hour, minute, lathe([(0.9, 1.2), (0.9, 2), (0, 2)], rim))
    return moved(turned(flat, 90, 0), (0, 0, 16))


def basket(weave: str) -> Mesh:
    """Round storage basket, diameter 38 cm, 36 cm high."""
    outer = [
        (0, 0),
        (15, 0),
        (17, 1),
        (19, 14),
        (19, 26),
        (17.6, 35),
        (17.9, 36),
        (17.2, 36),
        (16.8, 34),
        (18, 26),
        (18, 14),
        (14, 2),
        (0, 1.6),
    ]
    return joined(
        lathe(outer, weave, segments=56),
        *(
            moved(
                turned(lathe([(2.6, -0.7), (3.3, 0), (2.6, 0.7)], weave, segments=20), 90, 0),
                (sx * 0, sx * 18.8, 30),
            )
            for sx in (-1, 1)
        ),
    )


def throw_pillow(cloth: str) -> Mesh:
    """Square cushion standing on an edge, 45 x 15 x 45 cm."""
    return moved(
        turned(soft_box((45, 7, 45), cloth, (0, 0, 0), radius=3.2, puff=6.5), -12, 0), (0, 0, 1)
    )
