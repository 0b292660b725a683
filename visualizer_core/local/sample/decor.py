"""Lamps, mirrors, rugs, vases, plants and pictures of the sample."""

import math

from visualizer_core.local.sample.mesh import (
    Mesh, box, joined, lathe, leaf, moved, rod, sheet, soft_box, turned,
)

__all__ = [
    "arc_lamp", "basket", "big_leaf_plant", "candle_holder", "drum_pendant", "floor_lamp",
    "framed_print", "globe_pendant", "olive_tree", "planter", "potted_grass", "round_mirror",
    "rug", "sconce", "standing_mirror", "table_lamp", "throw_pillow", "vase", "wall_clock",
]


def floor_lamp(metal: str, shade: str) -> Mesh:
    """Tripod floor lamp, diameter 45 cm, 150 cm high."""
    parts = [_shade(22, 17, 32, shade, at=118)]
    for index in range(3):
        leg = rod((26, 0, 0), (2, 0, 116), metal, radius=1.1, end_radius=1.4)
        parts.append(turned(leg, 120 * index + 15))
    parts.append(rod((0, 0, 112), (0, 0, 122), "brass", radius=2.2))
    return joined(*parts)


def _shade(low: float, high: float, tall: float, finish: str, *, at: float) -> Mesh:
    outer = [(low, at), (high, at + tall)]
    inner = [(high - 0.4, at + tall), (low - 0.4, at)]
    return joined(lathe([*outer, outer[1], inner[0], inner[0], inner[1]], finish), _bulb(at + tall * 0.4))


def _bulb(z: float) -> Mesh:
    return moved(lathe([(0, -5), (2.6, -3.6), (3.4, 0), (2.6, 2.8), (1.2, 5), (0, 5.4)], "bulb"), (0, 0, z))


def arc_lamp(metal: str, foot: str, shade: str) -> Mesh:
    """Arc lamp on a stone foot, 120 x 36 x 185 cm."""
    parts = [lathe([(0, 0), (17, 0), (18, 1), (18, 4), (17, 5), (17, 5), (0, 5)], foot)]
    points = []
    for index in range(13):
        angle = math.radians(90 * index / 12 * 1.22)
        points.append((-50 + 98 * (1 - math.cos(angle)) * 0.86, 0.0, 60 + 122 * math.sin(angle)))
    parts[0] = moved(parts[0], (-50, 0, 0))
    parts.append(rod((-50, 0, 4), (-50, 0, 61), metal, radius=1.5))
    parts.extend(
        rod(first, last, metal, radius=1.3, segments=12)
        for first, last in zip(points, points[1:], strict=False)
    )
    end = points[-1]
    bowl = lathe([(17, 0), (16.4, 7), (12, 13), (5, 16.5), (0, 17.2)], shade)
    inner = lathe([(0, 16.4), (11, 12.2), (15.6, 6.6), (16.4, 0)], "shade")
    parts.append(moved(joined(bowl, inner, _bulb(6)), (end[0], 0, end[2] - 18)))
    return joined(*parts)


def table_lamp(body: str, shade: str) -> Mesh:
    """Ceramic table lamp, diameter 32 cm, 52 cm high."""
    base = lathe(
        [(0, 0), (7, 0), (8, 0.8), (9.4, 4), (10.6, 9), (10.4, 14), (8, 20), (4.2, 24), (2.6, 26), (2.6, 29)],
        body,
    )
    return joined(base, rod((0, 0, 28), (0, 0, 36), "brass", radius=0.8), _shade(16, 12, 20, shade, at=31))


def globe_pendant(metal: str) -> Mesh:
    """Three glass globes on a bar with a rose, 90 x 22 x 60 cm."""
    parts = [
        lathe([(0, 57), (8, 57), (8.6, 58), (8.6, 60), (8.6, 60), (0, 60)], metal),
        rod((0, 0, 31), (0, 0, 58), metal, radius=0.8),
        rod((-36, 0, 31), (36, 0, 31), metal, radius=1.1),
    ]
    for x in (-34.0, 0.0, 34.0):
        parts.append(rod((x, 0, 22), (x, 0, 31), metal, radius=1.6))
        ball = [(11 * math.sin(math.radians(a)), 11 - 11 * math.cos(math.radians(a))) for a in range(0, 181, 12)]
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
    """Wall lamp with a small cone shade, 18 x 24 x 32 cm."""
    plate = moved(turned(lathe([(0, 0), (6, 0), (6, 0), (6, 1.6), (6, 1.6), (0, 1.6)], metal), 90, 0), (0, 11, 8))
    return joined(
        plate,
        rod((0, 10, 8), (0, -3, 8), metal, radius=0.9),
        rod((0, -3, 7), (0, -3, 15), metal, radius=1.0),
        moved(_shade(9, 5.6, 15, shade, at=14), (0, -3, 0)),
    )


def round_mirror(frame: str) -> Mesh:
    """Round wall mirror in a slim frame, diameter 70 cm."""
    disc = lathe([(0, 0), (33.4, 0), (33.4, 0), (33.4, 0.6)], "mirror", segments=72)
    glass = lathe([(33.4, 0.8), (0, 0.8)], "mirror", segments=72)
    ring = lathe(
        [(33, 0), (35, 0), (35, 0), (35, 2.6), (35, 2.6), (33.2, 2.6), (33.2, 2.6), (33, 0.8)], frame,
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
            wood, radius=1.9, segments=10,
        )
        for a in range(0, 180, 12)
    ]
    glass = [sheet([(-27, 0.6, 3), (27, 0.6, 3), (27, 0.6, 136), (-27, 0.6, 136)], "mirror")]
    for a in range(0, 180, 12):
        first, last = math.radians(a), math.radians(a + 12)
        glass.append(
            sheet(
                [(0, 0.6, 136), (27 * math.cos(first), 0.6, 136 + 27 * math.sin(first)),
                 (27 * math.cos(last), 0.6, 136 + 27 * math.sin(last)), (0, 0.6, 136)], "mirror",
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
        profile = [(0, 0), (5.4, 0), (6.4, 0.8), (8.6, 6), (9.2, 12), (7.8, 18), (4.6, 23), (3.4, 26),
                   (4.4, 29.4), (4.8, 30), (4.2, 29.6), (3.0, 26), (3.4, 22)]
        return lathe(profile, finish, segments=56)
    profile = [(0, 0), (4.6, 0), (5.6, 0.8), (6, 6), (5.4, 16), (3.4, 24), (2.6, 28), (3.2, 30), (2.8, 29.8), (2.2, 26)]
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
            [(0, 0), (4, 0), (4.2, 0.6), (2.6, 1.4), (0.9, 2.6), (0.8, tall - 2), (1.9, tall - 0.6), (1.9, tall), (0, tall)],
            metal,
        )
        candle = lathe([(1.1, tall), (1.05, tall + 14), (1.05, tall + 14), (0, tall + 14.3)], "canvas paper")
        parts.append(moved(joined(stick, candle), (x, y, 0)))
    return joined(*parts)


def planter(finish: str, wood: str) -> Mesh:
    """Empty plant pot on a wooden stand, diameter 32 cm, 44 cm high."""
    pot = lathe(
        [(0, 16), (12, 16), (13.4, 17), (15.6, 30), (16, 43), (16, 44), (16, 44), (14.8, 44), (14.8, 44),
         (14.4, 38), (14.4, 38), (0, 38)], finish, segments=48,
    )
    soil = lathe([(14.4, 38.4), (0, 39.4)], "soil")
    parts = [pot, soil]
    for index in range(4):
        parts.append(turned(box((2.4, 2.4, 30), wood, (16.6, 0, 0), bevel=0.3), 90 * index + 45))
    for angle in (45, 135):
        parts.append(turned(box((32, 2, 2.4), wood, (0, 0, 12), bevel=0.3), angle))
    return joined(*parts)


def big_leaf_plant(pot: str) -> Mesh:
    """Rubber-plant-like pot plant, 70 cm wide, 110 cm high."""
    parts = [_pot(pot, 15, 28)]
    for stem, (lean_x, lean_y, tall) in enumerate(((3, 2, 92), (-6, -2, 74), (4, -6, 60))):
        top = (lean_x * 1.6, lean_y * 1.6, tall)
        parts.append(rod((lean_x * 0.4, lean_y * 0.4, 26), top, "bark", radius=1.0, end_radius=0.5))
        count = tall // 9
        for index in range(count):
            part = 0.38 + 0.62 * index / max(1, count - 1)
            root = (lean_x * (0.4 + 1.2 * part), lean_y * (0.4 + 1.2 * part), 26 + (tall - 26) * part)
            size = 25 - 7 * part
            parts.append(
                leaf(
                    root, length=size, width=size * 0.5, heading=137.5 * index + 70 * stem,
                    rise=34 + 30 * part, droop=58, material="leaf" if index % 3 else "pale leaf",
                )
            )
    return joined(*parts)


def _pot(finish: str, radius: float, tall: float) -> Mesh:
    return joined(
        lathe(
            [(0, 0), (radius * 0.72, 0), (radius * 0.78, 0.8), (radius, tall), (radius, tall),
             (radius * 0.93, tall), (radius * 0.93, tall), (radius * 0.9, tall - 4)], finish, segments=48,
        ),
        lathe([(radius * 0.91, tall - 3.2), (0, tall - 2.2)], "soil"),
    )


def potted_grass(pot: str) -> Mesh:
    """Upright strap leaves in a pot, 40 cm wide, 78 cm high."""
    parts = [_pot(pot, 13, 22)]
    for index in range(26):
        angle = 137.5 * index
        away = 6.5 * math.sqrt(index / 26)
        root = (away * math.cos(math.radians(angle)), away * math.sin(math.radians(angle)), 20)
        parts.append(
            leaf(
                root, length=34 + (index * 7 % 24), width=4.6, heading=angle, rise=86 - index * 0.7,
                droop=14 + index * 1.3, material="leaf" if index % 2 else "pale leaf",
            )
        )
    return joined(*parts)


def olive_tree(pot: str) -> Mesh:
    """Small tree with a round crown of narrow leaves, 75 cm wide, 160 cm high."""
    parts = [_pot(pot, 17, 32), rod((0, 0, 30), (2, 0, 104), "bark", radius=2.0, end_radius=1.2)]
    for index in range(150):
        part = (index + 0.5) / 150
        high = 1 - 2 * part
        ring = math.sqrt(max(0.0, 1 - high * high))
        angle = math.radians(137.5 * index)
        grown = 19 + (index * 37 % 11)
        root = (
            2 + grown * ring * math.cos(angle), grown * ring * math.sin(angle), 122 + grown * 1.1 * high,
        )
        parts.append(
            leaf(
                root, length=13, width=3.6, heading=137.5 * index + 20 * math.sin(index), rise=50 * high + 14,
                droop=20, material="pale leaf" if index % 3 == 0 else "leaf", steps=5,
            )
        )
    for index in range(7):
        angle = math.radians(51 * index)
        parts.append(
            rod((2, 0, 100), (2 + 17 * math.cos(angle), 17 * math.sin(angle), 126 + 5 * (index % 3)), "bark", radius=0.8, end_radius=0.3, segments=8)
        )
    return joined(*parts)


def framed_print(wood: str, motif: str) -> Mesh:
    """Framed picture with a simple motif, 50 x 3 x 70 cm."""
    parts = [box((48, 1, 68), "canvas paper", (0, 0.6, 1))]
    for sx in (-1, 1):
        parts.append(box((2, 3, 70), wood, (sx * 24, 0, 0), bevel=0.3))
    for z in (0.0, 68.0):
        parts.append(box((46, 3, 2), wood, (0, 0, z), bevel=0.3))
    if motif == "sun":
        parts.append(_disc(11, (2, -0.1, 46), "canvas sun"))
        parts.append(sheet([(-16, -0.2, 12), (16, -0.2, 12), (16, -0.2, 30), (-16, -0.2, 24)], "canvas hill"))
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
    ring = lathe([(14.4, 0), (16, 0), (16, 0), (16, 3.2), (16, 3.2), (14.6, 3.2), (14.6, 3.2), (14.4, 0.6)], rim, segments=64)
    marks = [
        turned(box((0.7, 2.2, 0.3), "black", (0, 12.4, 0.7), bevel=0.05), 30 * index) for index in range(12)
    ]
    hour = turned(box((0.9, 8, 0.3), "black", (0, 3.4, 1.0), bevel=0.05), 55)
    minute = turned(box((0.6, 11.6, 0.3), "black", (0, 5.2, 1.3), bevel=0.05), -60)
    flat = joined(face, ring, *marks, hour, minute, lathe([(0.9, 1.2), (0.9, 2), (0, 2)], rim))
    return moved(turned(flat, 90, 0), (0, 0, 16))


def basket(weave: str) -> Mesh:
    """Round storage basket, diameter 38 cm, 36 cm high."""
    outer = [(0, 0), (15, 0), (17, 1), (19, 14), (19, 26), (17.6, 35), (17.9, 36), (17.2, 36), (16.8, 34), (18, 26), (18, 14), (14, 2), (0, 1.6)]
    return joined(lathe(outer, weave, segments=56), *(
        moved(turned(lathe([(2.6, -0.7), (3.3, 0), (2.6, 0.7)], weave, segments=20), 90, 0), (sx * 0, sx * 18.8, 30))
        for sx in (-1, 1)
    ))


def throw_pillow(cloth: str) -> Mesh:
    """Square cushion standing on an edge, 45 x 15 x 45 cm."""
    return moved(turned(soft_box((45, 7, 45), cloth, (0, 0, 0), radius=3.2, puff=6.5), -12, 0), (0, 0, 1))
