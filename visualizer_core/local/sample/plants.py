"""Plants and planters of the sample."""

import math

from visualizer_core.local.sample.mesh import Mesh, box, joined, lathe, leaf, rod, turned

__all__ = ["big_leaf_plant", "olive_tree", "planter", "potted_grass"]


def planter(finish: str, wood: str) -> Mesh:
    """Empty plant pot on a wooden stand, diameter 32 cm, 44 cm high."""
    pot = lathe(
        [
            (0, 16),
            (12, 16),
            (13.4, 17),
            (15.6, 30),
            (16, 43),
            (16, 44),
            (16, 44),
            (14.8, 44),
            (14.8, 44),
            (14.4, 38),
            (14.4, 38),
            (0, 38),
        ],
        finish,
        segments=48,
    )
    soil = lathe([(14.4, 38.4), (0, 39.4)], "soil")
    parts = [pot, soil]
    parts.extend(
        turned(box((2.4, 2.4, 30), wood, (16.6, 0, 0), bevel=0.3), 90 * index + 45)
        for index in range(4)
    )
    parts.extend(
        turned(box((32, 2, 2.4), wood, (0, 0, 12), bevel=0.3), angle) for angle in (45, 135)
    )
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
            root = (
                lean_x * (0.4 + 1.2 * part),
                lean_y * (0.4 + 1.2 * part),
                26 + (tall - 26) * part,
            )
            size = 25 - 7 * part
            parts.append(
                leaf(
                    root,
                    length=size,
                    width=size * 0.5,
                    heading=137.5 * index + 70 * stem,
                    rise=34 + 30 * part,
                    droop=58,
                    material="leaf" if index % 3 else "pale leaf",
                )
            )
    return joined(*parts)


def _pot(finish: str, radius: float, tall: float) -> Mesh:
    return joined(
        lathe(
            [
                (0, 0),
                (radius * 0.72, 0),
                (radius * 0.78, 0.8),
                (radius, tall),
                (radius, tall),
                (radius * 0.93, tall),
                (radius * 0.93, tall),
                (radius * 0.9, tall - 4),
            ],
            finish,
            segments=48,
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
                root,
                length=34 + (index * 7 % 24),
                width=4.6,
                heading=angle,
                rise=86 - index * 0.7,
                droop=14 + index * 1.3,
                material="leaf" if index % 2 else "pale leaf",
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
            2 + grown * ring * math.cos(angle),
            grown * ring * math.sin(angle),
            122 + grown * 1.1 * high,
        )
        parts.append(
            leaf(
                root,
                length=13,
                width=3.6,
                heading=137.5 * index + 20 * math.sin(index),
                rise=50 * high + 14,
                droop=20,
                material="pale leaf" if index % 3 == 0 else "leaf",
                steps=5,
            )
        )
    for index in range(7):
        angle = math.radians(51 * index)
        parts.append(
            rod(
                (2, 0, 100),
                (2 + 17 * math.cos(angle), 17 * math.sin(angle), 126 + 5 * (index % 3)),
                "bark",
                radius=0.8,
                end_radius=0.3,
                segments=8,
            )
        )
    return joined(*parts)
