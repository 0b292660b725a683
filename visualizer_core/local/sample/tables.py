"""Tables and storage of the sample."""

from visualizer_core.local.sample.mesh import Mesh, box, joined, lathe, moved, rod, soft_box, turned

__all__ = [
    "bookcase",
    "coffee_table",
    "console",
    "desk",
    "dining_table",
    "dresser",
    "nightstand",
    "pedestal_table",
    "round_coffee_table",
    "side_table",
    "sideboard",
    "trestle_bench",
    "tv_bench",
    "wall_shelf",
    "wardrobe",
]

# Lower fronts are drawers, pulled in the middle; taller ones are doors.
_DRAWER_CM = 45.0


def _legs(
    width: float, depth: float, height: float, material: str, thick: float, inset: float
) -> Mesh:
    return joined(
        *(
            rod(
                (sx * (width / 2 - inset), sy * (depth / 2 - inset), 0),
                (sx * (width / 2 - inset - 2), sy * (depth / 2 - inset - 2), height),
                material,
                radius=thick * 0.6,
                end_radius=thick,
            )
            for sx in (-1, 1)
            for sy in (-1, 1)
        )
    )


def dining_table(wood: str, *, width: float = 180, depth: float = 90) -> Mesh:
    """Table with rounded corners on tapered legs, 75 cm high."""
    return joined(
        soft_box((width, depth, 3.4), wood, (0, 0, 71.6), radius=1.6),
        box((width - 22, depth - 22, 7), wood, (0, 0, 64.6)),
        _legs(width, depth, 70, wood, 3.0, 9),
    )


def pedestal_table(top: str, foot: str) -> Mesh:
    """Round table on a trumpet foot, diameter 110 cm, 74 cm high."""
    return joined(
        lathe(
            [(0, 71.4), (50, 71.4), (54, 72.6), (55, 73.4), (55, 73.4), (54.6, 74), (0, 74)], top
        ),
        lathe(
            [
                (0, 0),
                (29, 0),
                (29, 0),
                (29, 0.8),
                (24, 1.6),
                (13, 4),
                (6.5, 12),
                (4.5, 26),
                (4.6, 48),
                (7, 62),
                (16, 70),
                (24, 71.4),
            ],
            foot,
        ),
    )


def coffee_table(wood: str) -> Mesh:
    """Low table with a shelf, 110 x 58 x 42 cm."""
    return joined(
        soft_box((110, 58, 3), wood, (0, 0, 39), radius=1.4),
        box((96, 44, 1.6), wood, (0, 0, 15)),
        _legs(108, 56, 39, wood, 2.3, 5),
    )


def round_coffee_table(top: str, metal: str) -> Mesh:
    """Round top on a drum of bars, diameter 80 cm, 36 cm high."""
    parts = [
        lathe([(0, 33.6), (39, 33.6), (40, 34.2), (40, 35.4), (39, 36), (39, 36), (0, 36)], top),
        lathe([(29, 0), (31, 0), (31, 0), (31, 1.6), (31, 1.6), (29, 1.6)], metal),
        lathe([(29, 32), (31, 32), (31, 32), (31, 33.6), (31, 33.6), (29, 33.6)], metal),
    ]
    for index in range(18):
        bar = rod((30, 0, 1.5), (30, 0, 33), metal, radius=0.6, segments=8)
        parts.append(turned(bar, 20 * index))
    return joined(*parts)


def side_table(top: str, metal: str) -> Mesh:
    """Small round table on three legs, diameter 45 cm, 52 cm high."""
    parts = [
        lathe(
            [
                (0, 50),
                (21.6, 50),
                (22.5, 50.8),
                (22.5, 52.6),
                (22.5, 52.6),
                (21.3, 52.6),
                (21.3, 52.6),
                (21.3, 51.4),
                (21.3, 51.4),
                (0, 51.4),
            ],
            top,
        )
    ]
    for index in range(3):
        leg = rod((19, 0, 0), (11, 0, 50), metal, radius=1.0, end_radius=1.2)
        parts.append(turned(leg, 120 * index + 20))
    parts.append(lathe([(13.6, 22), (14.6, 22.6), (14.6, 23.4), (13.6, 24)], metal))
    return joined(*parts)


def desk(wood: str, metal: str) -> Mesh:
    """Desk with two drawers, 130 x 62 x 75 cm."""
    parts = [
        soft_box((130, 62, 2.8), wood, (0, 0, 72.2), radius=1.2),
        box((122, 54, 11), wood, (0, 1, 61)),
        _legs(124, 58, 62, wood, 2.4, 5),
    ]
    for sx in (-1, 1):
        parts.append(box((57, 1.4, 8.4), wood, (sx * 29.5, -26.6, 62.3), bevel=0.5))
        parts.append(
            rod((sx * 29.5 - 6, -28.8, 66.5), (sx * 29.5 + 6, -28.8, 66.5), metal, radius=0.6)
        )
    return joined(*parts)


def console(top: str, metal: str) -> Mesh:
    """Narrow hall table in a metal frame, 110 x 34 x 80 cm."""
    parts = [box((110, 34, 2.6), top, (0, 0, 77.4)), box((104, 30, 1.8), top, (0, 0, 16))]
    for sx in (-1, 1):
        parts.extend(box((2, 2, 77.4), metal, (sx * 53, sy * 15, 0), bevel=0.2) for sy in (-1, 1))
        parts.append(box((2, 28, 2), metal, (sx * 53, 0, 14), bevel=0.2))
        parts.append(box((2, 28, 2), metal, (sx * 53, 0, 75.4), bevel=0.2))
    return joined(*parts)


def _fronts(
    width: float,
    height: float,
    depth: float,
    at: float,
    columns: int,
    rows: int,
    front: str,
    pull: str,
) -> list[Mesh]:
    parts: list[Mesh] = []
    each_w, each_h = width / columns, height / rows
    for column in range(columns):
        for row in range(rows):
            x = (column + 0.5) * each_w - width / 2
            z = at + row * each_h
            parts.append(
                box((each_w - 0.7, 1.8, each_h - 0.7), front, (x, -depth / 2 - 0.6, z + 0.35))
            )
            knob = z + each_h * (0.5 if each_h < _DRAWER_CM else 0.82)
            parts.append(
                rod((x, -depth / 2 - 1.4, knob), (x, -depth / 2 - 3.6, knob), pull, radius=1.1)
            )
    return parts


def dresser(wood: str, pull: str, *, columns: int = 2, rows: int = 3) -> Mesh:
    """Chest of drawers, 120 x 46 x 80 cm."""
    return joined(
        soft_box((120, 46, 2.4), wood, (0, 0, 77.6), radius=1.0),
        box((116, 44, 66), wood, (0, 0, 12)),
        *_fronts(113, 63, 44, 13.2, columns, rows, wood, pull),
        _legs(114, 42, 13, wood, 2.4, 5),
    )


def nightstand(wood: str, pull: str) -> Mesh:
    """Bedside table with a drawer and an open shelf, 46 x 43 x 54 cm."""
    return joined(
        box((46, 40, 2), wood, (0, 0, 52)),
        box((2, 38, 34), wood, (-21.8, 0, 18)),
        box((2, 38, 34), wood, (21.8, 0, 18)),
        box((42, 1, 34), wood, (0, 18.4, 18)),
        box((42, 38, 2), wood, (0, 0, 18)),
        box((42, 38, 14), wood, (0, 0.6, 37)),
        *_fronts(43, 14, 38, 37, 1, 1, wood, pull),
        _legs(44, 38, 18, wood, 1.9, 4),
    )


def sideboard(wood: str, front: str, pull: str) -> Mesh:
    """Low cabinet with four doors, 160 x 44 x 72 cm."""
    return joined(
        soft_box((160, 44, 2.4), wood, (0, 0, 69.6), radius=1.0),
        box((158, 43, 2), wood, (0, 0, 16)),
        box((2.4, 43, 54), wood, (-78.4, 0, 16)),
        box((2.4, 43, 54), wood, (78.4, 0, 16)),
        box((153, 40, 51), front, (0, 1, 18)),
        *_fronts(153, 51, 41, 18.2, 4, 1, front, pull),
        _legs(150, 40, 16.5, wood, 2.2, 8),
    )


def tv_bench(wood: str, front: str) -> Mesh:
    """Long low bench with an open middle, 180 x 40 x 46 cm."""
    parts = [
        soft_box((180, 40, 2.4), wood, (0, 0, 43.6), radius=1.0),
        box((180, 40, 2.4), wood, (0, 0, 12)),
        box((178, 1.4, 30), wood, (0, 18.6, 14)),
    ]
    parts.extend(box((2.2, 39, 30), wood, (x, 0, 14)) for x in (-88.8, -30, 30, 88.8))
    parts.extend(box((56, 1.8, 28.4), front, (sx * 59.4, -19, 14.8)) for sx in (-1, 1))
    parts.append(box((57, 36, 1.6), wood, (0, 1, 28)))
    parts.append(_legs(160, 34, 12.5, wood, 2.2, 6))
    return joined(*parts)


def bookcase(wood: str, *, shelves: int = 5, filled: bool = True) -> Mesh:
    """Open bookcase with books, 90 x 32 x 190 cm."""
    parts = [box((88, 1, 186), wood, (0, 15, 2))]
    parts.extend(box((2.4, 32, 190), wood, (sx * 43.8, 0, 0)) for sx in (-1, 1))
    for index in range(shelves + 1):
        z = 4 + index * (183.0 / shelves)
        parts.append(box((85.4, 30, 2.4), wood, (0, 0, min(z, 187.6))))
    if filled:
        parts.extend(_books(6.4 + index * (183.0 / shelves), index) for index in range(shelves))
    return joined(*parts)


def _books(z: float, shelf: int) -> Mesh:
    """A row of books that does not fill its shelf, different on every shelf."""
    covers = ("book sand", "book blue", "book white", "book red", "book green")
    parts: list[Mesh] = []
    x = -40.0 if shelf % 2 == 0 else -12.0
    end = x + (46 if shelf % 3 else 66)
    step = shelf * 7 + 3
    while x < min(end, 38):
        step = (step * 31 + 7) % 97
        thick, tall = 2.2 + step % 5 * 0.7, 20 + step % 9
        parts.append(box((thick, 20, tall), covers[step % 5], (x + thick / 2, -1, z), bevel=0.2))
        x += thick + 0.2
    if shelf % 2 == 0:
        vase = lathe([(0, 0), (5, 0), (7, 6), (6, 13), (3.4, 18), (4, 21)], "sand ceramic")
        parts.append(moved(vase, (30, -1, z)))
    else:
        bowl = lathe(
            [(0, 0), (5, 0), (10, 6), (11, 9), (10.4, 9), (4.6, 1.4), (0, 1)], "ink ceramic"
        )
        parts.append(moved(bowl, (-27, -1, z)))
    return joined(*parts)


def wall_shelf(wood: str, metal: str) -> Mesh:
    """Shelf on two brackets with a few things on it, 80 x 22 x 30 cm with them."""
    parts = [box((80, 22, 2.6), wood, (0, 0, 8), bevel=0.5)]
    for sx in (-1, 1):
        parts.append(box((2, 20, 1), metal, (sx * 28, 0, 7), bevel=0.2))
        parts.append(box((2, 1, 9), metal, (sx * 28, 10, -1), bevel=0.2))
    parts.append(
        moved(
            lathe([(0, 0), (4.5, 0), (6, 6), (4.6, 13), (2.4, 17), (3, 19)], "celadon"),
            (-24, 0, 10.6),
        )
    )
    for index, cover in enumerate(("book blue", "book sand", "book red")):
        parts.append(box((3, 15, 19 - index * 2), cover, (6 + 3.3 * index, 0, 10.6), bevel=0.2))
    parts.append(
        moved(
            lathe([(0, 0), (4, 0), (5, 3), (5, 8), (4.6, 8), (4.4, 2), (0, 1.4)], "white ceramic"),
            (27, 0, 10.6),
        )
    )
    return joined(*parts)


def wardrobe(wood: str, front: str, pull: str) -> Mesh:
    """Two-door wardrobe with a drawer, 110 x 58 x 198 cm."""
    parts = [box((110, 58, 190), wood, (0, 0, 8))]
    parts.extend(_fronts(106, 34, 58, 10, 1, 1, front, pull))
    parts.extend(box((52.4, 1.8, 149), front, (sx * 26.7, -29.6, 45)) for sx in (-1, 1))
    parts.extend(
        rod((sx * 5, -31.8, 108), (sx * 5, -31.8, 128), pull, radius=0.8) for sx in (-1, 1)
    )
    parts.append(_legs(106, 54, 9, wood, 2.4, 4))
    return joined(*parts)


def trestle_bench(wood: str) -> Mesh:
    """Plain garden bench, 140 x 34 x 45 cm."""
    parts = [box((140, 8, 3), wood, (0, (index - 1.5) * 8.8, 42)) for index in range(4)]
    parts.extend(
        moved(turned(box((5, 30, 42), wood, (0, 0, 0)), sx * 5, 1), (sx * 52, 0, 0))
        for sx in (-1, 1)
    )
    parts.append(box((104, 4, 5), wood, (0, 0, 20)))
    return joined(*parts)
