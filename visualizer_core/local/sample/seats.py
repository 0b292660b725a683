"""Chairs, armchairs, sofas, stools and beds of the sample."""

import math

from visualizer_core.local.sample.mesh import (
    Mesh,
    box,
    joined,
    lathe,
    moved,
    rod,
    soft_box,
    turned,
)

__all__ = [
    "armchair",
    "bar_stool",
    "bed",
    "bench",
    "dining_chair",
    "garden_armchair",
    "lounge_chair",
    "office_chair",
    "ottoman",
    "shell_chair",
    "sofa",
]


def _four_legs(
    width: float,
    depth: float,
    height: float,
    material: str,
    *,
    radius: float = 1.9,
    splay: float = 2.0,
    inset: float = 4.0,
) -> Mesh:
    legs: list[Mesh] = []
    for sx in (-1, 1):
        for sy in (-1, 1):
            top = (sx * (width / 2 - inset), sy * (depth / 2 - inset), height)
            foot = (top[0] + sx * splay, top[1] + sy * splay, 0.0)
            legs.append(rod(foot, top, material, radius=radius * 0.62, end_radius=radius))
    return joined(*legs)


def dining_chair(wood: str, seat: str) -> Mesh:
    """Wooden chair with a padded seat and a curved top rail, 45 x 49 x 80 cm."""
    parts = [_four_legs(43, 42, 43, wood, radius=2.0, splay=1.5)]
    parts.append(box((43, 42, 4), wood, (0, 0, 41)))
    parts.append(soft_box((44, 43, 5), seat, (0, 0, 44.5), radius=2.4, puff=1.2))
    parts.extend(
        rod((sx * 18, 17, 43), (sx * 19.5, 24, 80), wood, radius=1.9, end_radius=1.3)
        for sx in (-1, 1)
    )
    for rail, tall in ((74, 8.0), (60, 4.0)):
        back = soft_box((41, 2.4, tall), wood, (0, 0, 0), radius=1.1)
        parts.append(moved(turned(back, -10, 0), (0, 19 + (rail - 43) * 0.19, rail - tall / 2)))
    return joined(*parts)


def shell_chair(shell: str, legs: str) -> Mesh:
    """Moulded shell on slim legs, 46 x 54 x 80 cm."""
    seat = soft_box((46, 44, 5), shell, (0, -1, 42), radius=2.4, puff=-0.9)
    back = moved(
        turned(soft_box((44, 4, 38), shell, (0, 0, 0), radius=1.9, puff=0.8), -14, 0), (0, 20, 43)
    )
    bend = moved(turned(soft_box((43, 9, 9), shell, (0, 0, 0), radius=4.2), -40, 0), (0, 18, 40))
    parts = [seat, back, bend, _four_legs(40, 38, 42.5, legs, radius=1.5, splay=5.0, inset=7)]
    return joined(*parts)


def lounge_chair(wood: str, cloth: str) -> Mesh:
    """Open wooden frame with two loose cushions, 68 x 75 x 90 cm."""
    parts: list[Mesh] = []
    for sx in (-1, 1):
        x = sx * 31.0
        parts.append(rod((x, -30, 0), (x, -27, 56), wood, radius=1.7, end_radius=2.0))
        parts.append(rod((x, 33, 0), (x, 27, 54), wood, radius=1.7, end_radius=2.0))
        parts.append(soft_box((6.5, 68, 3), wood, (x, -1, 55), radius=1.4))
        parts.append(rod((x, -27, 30), (x, 29, 27), wood, radius=1.6))
    for y, z in ((-25, 30), (27, 27)):
        parts.append(rod((-31, y, z), (31, y, z), wood, radius=1.7))
    parts.extend(rod((x, 24, 30), (x, 38, 74), wood, radius=0.9) for x in (-20, -10, 0, 10, 20))
    parts.append(rod((-29, 38, 75), (29, 38, 75), wood, radius=1.9))
    seat = turned(soft_box((57, 58, 13), cloth, (0, 0, 0), radius=4.5, puff=2.0), 4, 0)
    parts.append(moved(seat, (0, -1, 32)))
    back = turned(soft_box((56, 13, 50), cloth, (0, 0, 0), radius=4.5, puff=2.5), -17, 0)
    parts.append(moved(back, (0, 19, 41)))
    return joined(*parts)


def armchair(cloth: str, legs: str) -> Mesh:
    """Upholstered armchair with rounded arms, 82 x 84 x 82 cm."""
    parts = [
        soft_box((78, 74, 22), cloth, (0, 2, 14), radius=5),
        soft_box((56, 62, 15), cloth, (0, -6, 32), radius=5, puff=2.5),
        soft_box((14, 76, 46), cloth, (-34, 0, 14), radius=6.5),
        soft_box((14, 76, 46), cloth, (34, 0, 14), radius=6.5),
        moved(
            turned(soft_box((70, 17, 52), cloth, (0, 0, 0), radius=7, puff=2), -9, 0), (0, 30, 27)
        ),
        moved(
            turned(soft_box((54, 13, 38), cloth, (0, 0, 0), radius=5, puff=3), -13, 0), (0, 17, 44)
        ),
        _four_legs(74, 68, 15, legs, radius=2.2, splay=1.0, inset=6),
    ]
    return joined(*parts)


def sofa(cloth: str, legs: str, *, seats: int, width: float, pillow: str | None = None) -> Mesh:
    """Sofa with loose cushions; depth 85 cm, height 85 cm."""
    arm = 16.0
    inner = width - 2 * arm
    each = inner / seats
    parts = [
        soft_box((width - 4, 80, 18), cloth, (0, 3, 15), radius=4),
        soft_box((width - 8, 18, 50), cloth, (0, 36, 20), radius=6),
        _four_legs(width - 6, 78, 15.5, legs, radius=2.4, splay=0.8, inset=8),
    ]
    parts.extend(
        soft_box((arm, 82, 44), cloth, (sx * (width - arm) / 2, 1, 15), radius=6) for sx in (-1, 1)
    )
    for index in range(seats):
        x = (index - (seats - 1) / 2) * each
        parts.append(soft_box((each - 0.8, 66, 15), cloth, (x, -6, 32), radius=5, puff=2.2))
        back = soft_box((each - 1.5, 15, 41), cloth, (0, 0, 0), radius=6, puff=3.5)
        parts.append(moved(turned(back, -13, 0), (x, 21, 44)))
    if pillow is not None:
        for sx in (-1, 1):
            cushion = soft_box((43, 9, 43), pillow, (0, 0, 0), radius=4, puff=4.5)
            tilted = turned(turned(cushion, -24, 0), sx * -14)
            parts.append(moved(tilted, (sx * (inner / 2 - 23), 6, 46)))
    return joined(*parts)


def ottoman(cloth: str, legs: str) -> Mesh:
    """Round pouf on short legs, diameter 55 cm, 42 cm high."""
    body = lathe(
        [(0, 8), (25, 8), (27, 10), (27.5, 22), (27.5, 34), (26, 39), (20, 41.5), (0, 42.5)], cloth
    )
    ring = lathe([(27.2, 21), (28.2, 22), (28.2, 23.5), (27.2, 24.5)], cloth)
    return joined(body, ring, _four_legs(38, 38, 9, legs, radius=1.9, splay=1, inset=4))


def bar_stool(wood: str, metal: str) -> Mesh:
    """Counter stool with a foot ring, 39 x 39 x 75 cm."""
    seat = lathe([(0, 71), (17, 71), (19, 72), (19.3, 74), (17, 75.4), (0, 74.2)], wood)
    legs = _four_legs(28, 28, 71, metal, radius=1.3, splay=7, inset=3)
    ring = [
        rod((-15, -15, 24), (15, -15, 24), metal, radius=0.9),
        rod((-15, 15, 24), (15, 15, 24), metal, radius=0.9),
        rod((-15, -15, 24), (-15, 15, 24), metal, radius=0.9),
        rod((15, -15, 24), (15, 15, 24), metal, radius=0.9),
    ]
    return joined(seat, legs, *ring)


def bench(wood: str, cloth: str) -> Mesh:
    """Hall bench with a cushion, 120 x 38 x 48 cm."""
    parts = [
        box((120, 38, 4), wood, (0, 0, 36)),
        soft_box((118, 37, 6), cloth, (0, 0, 40), radius=2.6, puff=1.4),
    ]
    for sx in (-1, 1):
        parts.extend(box((4, 4, 36), wood, (sx * 56, sy * 15, 0)) for sy in (-1, 1))
    return joined(*parts)


def office_chair(cloth: str, metal: str) -> Mesh:
    """Swivel chair on a five-star base, 66 x 59 x 96 cm."""
    parts = [
        soft_box((50, 49, 9), cloth, (0, -2, 44), radius=4, puff=2),
        moved(
            turned(soft_box((45, 8, 46), cloth, (0, 0, 0), radius=3.6, puff=2), -9, 0), (0, 21, 50)
        ),
        rod((0, 0, 12), (0, 0, 44), metal, radius=2.6),
        rod((0, 12, 42), (0, 27, 66), metal, radius=2.2),
    ]
    for index in range(5):
        angle = math.radians(72 * index + 18)
        tip = (30 * math.cos(angle), 30 * math.sin(angle))
        parts.append(rod((0, 0, 12), (tip[0], tip[1], 7), metal, radius=2.2, end_radius=1.6))
        parts.append(
            moved(
                turned(
                    lathe(
                        [(0, -1.6), (2.9, -1.6), (2.9, -1.6), (2.9, 1.6), (2.9, 1.6), (0, 1.6)],
                        "black",
                    ),
                    90,
                    0,
                ),
                (tip[0], tip[1], 3),
            )
        )
    for sx in (-1, 1):
        parts.append(rod((sx * 26, 2, 46), (sx * 30, 2, 64), metal, radius=1.4))
        parts.append(soft_box((6, 27, 3), "black", (sx * 30, -1, 64), radius=1.4))
    return joined(*parts)


def bed(wood: str, linen: str, throw: str, *, width: float = 168.0) -> Mesh:
    """Double bed with linen, pillows and a throw; 212 cm long, headboard 104 cm."""
    parts = [
        box((width, 206, 12), wood, (0, 0, 18), bevel=1.0),
        _four_legs(width - 6, 200, 19, wood, radius=3.2, splay=0.5, inset=8),
        soft_box((width, 7, 92), wood, (0, 104, 12), radius=2.5),
        soft_box((width - 6, 200, 20), "white linen", (0, -1, 28), radius=6),
        soft_box((width - 1, 148, 19), linen, (0, -29, 32), radius=7, puff=2.0),
        soft_box((width + 1, 52, 21), throw, (0, -66, 31.6), radius=7, puff=1.6),
    ]
    for sx in (-1, 1):
        back = turned(soft_box((66, 15, 44), "white linen", (0, 0, 0), radius=6, puff=4), -30, 0)
        parts.append(moved(back, (sx * 40, 80, 48)))
        front = turned(soft_box((60, 13, 38), linen, (0, 0, 0), radius=6, puff=4), -38, 0)
        parts.append(moved(front, (sx * 38, 62, 47)))
    return joined(*parts)


def garden_armchair(weave: str, cloth: str) -> Mesh:
    """Woven outdoor armchair with cushions, 74 x 76 x 85 cm."""
    parts = [
        soft_box((72, 72, 24), weave, (0, 0, 8), radius=3),
        soft_box((10, 74, 50), weave, (-32, 0, 8), radius=4),
        soft_box((10, 74, 50), weave, (32, 0, 8), radius=4),
        soft_box((72, 10, 66), weave, (0, 33, 8), radius=4),
        soft_box((53, 60, 13), cloth, (0, -4, 31), radius=5, puff=2.2),
        moved(
            turned(soft_box((52, 13, 40), cloth, (0, 0, 0), radius=5, puff=3), -12, 0), (0, 20, 43)
        ),
        _four_legs(66, 66, 9, "black metal", radius=1.8, splay=0, inset=3),
    ]
    return joined(*parts)
