"""The furnished rooms of the sample."""

from collections.abc import Callable
from dataclasses import dataclass

from visualizer_core.local.sample import decor, lamps, plants, seats, tables
from visualizer_core.local.sample.mesh import Mesh, box, joined, moved, rod, sheet, turned
from visualizer_core.local.sample.scenery import Daylight, Set
from visualizer_core.local.sample.shell import Opening, Shell, curtain, shell

__all__ = ["ROOMS", "Interior"]


@dataclass(frozen=True)
class Interior:
    """A room of the sample and what its listing says.

    Parameters
    ----------
    name : str
        File name without suffix.
    scene_type, description : str
    tags : tuple of str
    photographer : str
        Name shown as credit; these rooms are drawn, the names are made up.
    colour : str
        Hex shown while the picture loads.
    build : callable
        Gives the furnished room.
    eye_x, turn : float
        The camera's place and where it looks, as `scenery.shoot` takes them.
    """

    name: str
    scene_type: str
    description: str
    tags: tuple[str, ...]
    photographer: str
    colour: str
    build: Callable[[], Set]
    eye_x: float = 0.0
    turn: float = 0.0


def _at(mesh: Mesh, x: float, y: float, z: float = 0.0, turn: float = 0.0) -> Mesh:
    return moved(turned(mesh, turn), (x, y, z))


def _room(plan: Shell, light: Daylight, *things: Mesh) -> Set:
    shown, walls = shell(plan)
    furniture = joined(*things)
    return Set(
        joined(shown, furniture),
        furniture,
        joined(walls, furniture),
        plan.width / 2,
        plan.height,
        light,
    )


def _living_sage() -> Set:
    plan = Shell(560, 265, "oak floor", "wall white", "wall sage", (Opening("left", -330, -150),))
    return _room(
        plan,
        Daylight((-1.0, -0.1, 0.55), (-1.0, -0.25, 0.72), 0.35),
        _at(seats.sofa("oat linen", "oak", seats=3, width=216, pillow="terracotta"), 20, -52),
        _at(decor.rug("rug cream", width=250, depth=170), 20, -150),
        _at(tables.round_coffee_table("oak", "black metal"), 25, -150),
        _at(decor.vase("sand ceramic", slender=True), 15, -148, 36),
        _at(lamps.floor_lamp("oak", "shade"), 168, -48),
        _at(plants.big_leaf_plant("white ceramic"), -168, -52, 0, 40),
        _at(decor.framed_print("oak", "sun"), -25, -1.8, 128),
        _at(decor.framed_print("oak", "moons"), 45, -1.8, 128),
        curtain("left", 280, -362, -330, top=240, finish="white linen"),
        curtain("left", 280, -150, -118, top=240, finish="white linen"),
    )


def _living_blue() -> Set:
    plan = Shell(
        620, 280, "pale floor", "wall white", "wall blue", (Opening("right", -360, -160, 10, 235),)
    )
    return _room(
        plan,
        Daylight((1.0, -0.1, 0.5), (1.0, -0.3, 0.62), 0.1),
        _at(tables.sideboard("walnut", "walnut", "brass"), -95, -27),
        _at(lamps.table_lamp("white ceramic", "shade"), -150, -26, 72),
        _at(decor.vase("celadon"), -60, -26, 72),
        _at(decor.round_mirror("brass"), -100, -2.8, 118),
        _at(plants.olive_tree("clay"), 215, -60),
        _at(seats.lounge_chair("walnut", "oat linen"), 120, -80, 0, -32),
        _at(decor.basket("rattan"), -232, -40),
        curtain("right", 310, -160, -112, top=255, finish="oat linen"),
    )


def _bedroom() -> Set:
    plan = Shell(540, 262, "pale floor", "wall white", "wall clay", (Opening("left", -310, -130),))
    return _room(
        plan,
        Daylight((-1.0, -0.1, 0.5), (-1.0, -0.2, 0.85), 0.5),
        _at(seats.bed("oak", "oat linen", "terracotta"), 30, -112),
        _at(tables.nightstand("oak", "brass"), -88, -24),
        _at(tables.nightstand("oak", "brass"), 148, -24),
        _at(lamps.table_lamp("sand ceramic", "shade"), -88, -24, 54),
        _at(lamps.table_lamp("sand ceramic", "shade"), 148, -24, 54),
        _at(decor.rug("rug cream", width=280, depth=170), 30, -210),
        _at(decor.framed_print("oak", "moons"), 0, -1.8, 136),
        _at(decor.framed_print("oak", "sun"), 62, -1.8, 136),
        _at(plants.potted_grass("concrete"), -190, -60),
        _at(lamps.drum_pendant("rattan"), 30, -150, 200),
        curtain("left", 270, -130, -98, top=238, finish="white linen"),
        curtain("left", 270, -342, -310, top=238, finish="white linen"),
    )


def _dining() -> Set:
    plan = Shell(
        580, 268, "oak floor", "wall white", "plaster", (Opening("back", -215, -55, 78, 226),)
    )
    chair = seats.dining_chair("oak", "grey wool")
    return _room(
        plan,
        Daylight((-0.45, 1.0, 0.62), (-0.5, 1.0, 0.95), 0.3),
        _at(tables.dining_table("oak", width=190), 20, -178),
        _at(chair, -28, -222, 0, 180),
        _at(chair, 62, -222, 0, 176),
        _at(chair, -25, -128),
        _at(chair, 66, -128),
        _at(lamps.drum_pendant("rattan"), 20, -178, 206),
        _at(decor.vase("celadon"), 6, -176, 75),
        _at(tables.sideboard("oak", "white front", "brass"), 135, -26),
        _at(decor.framed_print("black ash", "sun"), 125, -1.8, 112),
        _at(decor.candle_holder("brass"), 178, -26, 72),
        _at(plants.big_leaf_plant("clay"), -244, -52),
    )


def _office() -> Set:
    plan = Shell(
        540, 262, "oak floor", "wall white", "wall grey", (Opening("back", 40, 205, 84, 224),)
    )
    return _room(
        plan,
        Daylight((0.5, 1.0, 0.6), (0.55, 1.0, 1.0), 0.1),
        _at(tables.desk("oak", "brass"), 110, -48),
        _at(seats.office_chair("charcoal wool", "chrome"), 92, -118, 0, 160),
        _at(lamps.table_lamp("ink ceramic", "shade"), 155, -46, 75),
        _at(box((38, 2, 24), "black", bevel=0.5), 98, -38, 80),
        _at(box((16, 12, 5), "black"), 98, -36, 75),
        _at(tables.bookcase("oak"), -130, -20),
        _at(plants.potted_grass("white ceramic"), -50, -42),
        _at(decor.wall_clock("walnut"), -28, -1.6, 162),
        _at(decor.rug("rug stripes", width=230, depth=150), 60, -165),
    )


def _kitchen() -> Set:
    plan = Shell(
        560, 262, "tiles", "wall white", "wall white", (Opening("right", -300, -150, 100, 220),)
    )
    base: list[Mesh] = []
    for index in range(6):
        x = -230.0 + index * 60
        base.append(_at(box((60, 58, 86), "white front"), x, -31, 8))
        base.append(_at(box((57.6, 2, 80), "green front", bevel=0.6), x, -61, 11))
        base.append(rod((x - 8, -64.5, 82), (x + 8, -64.5, 82), "brass", radius=0.7))
    base.append(_at(box((362, 62, 3.6), "marble"), -80, -32, 94))
    base.append(_at(box((362, 1.4, 52), "marble", bevel=0.2), -80, -1.2, 97.6))
    base.append(_at(box((360, 26, 3), "oak"), -80, -14, 158))
    base.append(_at(box((58, 62, 200), "white front"), 134, -32, 2))
    base.append(_at(box((56, 2, 118), "green front", bevel=0.6), 134, -64, 6))
    base.append(_at(box((56, 2, 72), "green front", bevel=0.6), 134, -64, 127))
    ware: list[Mesh] = [
        _at(decor.vase("white ceramic"), -210, -15, 161),
        _at(decor.vase("celadon"), -30, -15, 161),
        _at(plants.potted_grass("clay"), -215, -30, 97.6),
        _at(decor.basket("rattan"), -135, -15, 161),
        _at(decor.candle_holder("brass"), 60, -15, 161),
    ]
    island: list[Mesh] = [
        _at(box((170, 66, 86), "white front"), -55, -205, 4),
        _at(box((186, 84, 4), "oak"), -55, -208, 90),
        *(
            _at(seats.bar_stool("oak", "black metal"), x, -262, -4, 15 * k)
            for k, x in enumerate((-108, -55, -2))
        ),
        _at(decor.vase("sand ceramic", slender=True), -85, -200, 94),
    ]
    overhead = [_at(lamps.drum_pendant("black"), x, -205, 196) for x in (-100, -10)]
    return _room(
        plan, Daylight((1.0, -0.1, 0.55), (1.0, -0.2, 0.8), 0.15), *base, *ware, *island, *overhead
    )


def _patio() -> Set:
    boards = sheet([(-420, -545, 0), (420, -545, 0), (420, 60, 0), (-420, 60, 0)], "deck", steps=9)
    lawn = sheet(
        [(-2400, 60, -8), (2400, 60, -8), (2400, 1500, -8), (-2400, 1500, -8)], "lawn", steps=5
    )
    hedge = moved(box((2600, 90, 175), "hedge", bevel=14), (0, 420, -8))
    sky = sheet(
        [(-5000, 1600, -200), (5000, 1600, -200), (5000, 1600, 3000), (-5000, 1600, 3000)], "sky"
    )
    wall = [
        sheet(
            [(-300, -545, 0), (-300, 60, 0), (-300, 60, 320), (-300, -545, 320)], "plaster", steps=6
        ),
        *(_at(box((10, 10, 262), "oak"), 290, y) for y in (40, -300)),
        *(moved(box((620, 8, 14), "oak"), (0, y, 262)) for y in (40, -40, -120, -200, -280)),
    ]
    things: list[Mesh] = [
        _at(seats.garden_armchair("grey rattan", "white linen"), -150, -60, 0, 28),
        _at(seats.garden_armchair("grey rattan", "white linen"), 5, -30, 0, -12),
        _at(tables.round_coffee_table("oak", "black metal"), -62, -140),
        _at(decor.candle_holder("black metal"), -62, -140, 36),
        _at(plants.olive_tree("clay"), 205, -30),
        _at(plants.potted_grass("concrete"), 262, -120),
        _at(plants.big_leaf_plant("clay"), -252, -10),
        _at(decor.rug("rug stripes", width=250, depth=170), -70, -110),
    ]
    furniture = joined(*things)
    shown = joined(boards, lawn, hedge, sky, *wall, furniture)
    light = Daylight((0.5, -0.4, 0.9), (0.75, -0.45, 0.95), 0.35, 1.05)
    return Set(shown, furniture, joined(furniture, *wall), 0.0, 0.0, light)


def _entry() -> Set:
    plan = Shell(
        460, 265, "pale floor", "wall white", "wall sage", (Opening("left", -340, -200, 20, 230),)
    )
    return _room(
        plan,
        Daylight((-1.0, -0.2, 0.5), (-1.0, -0.35, 0.65), 0.25),
        _at(tables.console("oak", "black metal"), 40, -20),
        _at(decor.round_mirror("black metal"), 40, -2.8, 118),
        _at(lamps.table_lamp("white ceramic", "shade"), 78, -20, 80),
        _at(decor.vase("ink ceramic"), 4, -20, 80),
        _at(decor.basket("rattan"), 62, -20, 17.8),
        _at(seats.ottoman("mustard velvet", "oak"), -75, -48),
        _at(plants.olive_tree("concrete"), 175, -60),
    )


ROOMS: tuple[Interior, ...] = (
    Interior(
        "living-room-sage",
        "Living Room",
        "Bright living room with a linen sofa, sage wall and oak floor",
        ("living room", "scandinavian", "sofa", "sage", "daylight"),
        "Mara Lindqvist",
        "#9aa78f",
        _living_sage,
        0,
        0,
    ),
    Interior(
        "living-room-blue",
        "Living Room",
        "Airy living room with a walnut sideboard and a blue wall",
        ("living room", "mid-century", "sideboard", "blue", "empty floor"),
        "Jonas Alder",
        "#8296a8",
        _living_blue,
        0,
        0,
    ),
    Interior(
        "bedroom-clay",
        "Bedroom",
        "Calm bedroom with an oak bed, linen and a clay coloured wall",
        ("bedroom", "rustic", "bed", "terracotta", "morning"),
        "Ines Moreau",
        "#c0a08e",
        _bedroom,
        0,
        0,
    ),
    Interior(
        "dining-room-oak",
        "Dining Room",
        "Dining room with an oak table, woven pendant and garden view",
        ("dining room", "scandinavian", "table", "oak", "window"),
        "Tomas Berg",
        "#b89a78",
        _dining,
        0,
        0,
    ),
    Interior(
        "home-office-grey",
        "Home Office",
        "Home office by the window with a desk and a full bookcase",
        ("home office", "modern", "desk", "bookcase", "grey"),
        "Ada Winter",
        "#a6a29c",
        _office,
        0,
        0,
    ),
    Interior(
        "kitchen-green",
        "Kitchen",
        "Kitchen with green fronts, marble counter and an island",
        ("kitchen", "contemporary", "marble", "green", "island"),
        "Leo Marchetti",
        "#b9bbb4",
        _kitchen,
        20,
        0,
    ),
    Interior(
        "patio-garden",
        "Outdoor Patio",
        "Sunny patio with woven armchairs under a pergola",
        ("outdoor patio", "garden", "terrace", "rattan", "sunny"),
        "Nell Okafor",
        "#b7a58a",
        _patio,
        0,
        0,
    ),
    Interior(
        "entryway-sage",
        "Entryway",
        "Entryway with a slim console, round mirror and a pouf",
        ("entryway", "hallway", "console", "mirror", "minimal"),
        "Mara Lindqvist",
        "#a3ab98",
        _entry,
        0,
        0,
    ),
)
