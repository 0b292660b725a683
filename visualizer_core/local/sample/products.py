"""The sample's products: what the catalogue says and what is photographed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from visualizer_core.local.sample import decor, seats, tables
from visualizer_core.local.sample.mesh import Mesh
from visualizer_core.local.sample.studio import Pose

__all__ = ["PRODUCTS", "Product"]

_FLAT_ON = Pose(turn=0.0, lift=2.0, hung=True)
_HUNG = Pose(turn=24.0, lift=3.0, hung=True)
_LOW = Pose(turn=30.0, lift=24.0)
_CLOSE = Pose(turn=22.0, lift=10.0)
_ROOM = Pose()


@dataclass(frozen=True)
class Product:
    """One row of the sample catalogue.

    Parameters
    ----------
    sku, name, category, description : str
    size_cm : tuple of float
        Width, depth, height.
    price : str
        In euro, as written in the file.
    tags : tuple of str
    model : callable
        Gives the thing itself, facing -y, standing on z = 0.
    pose : Pose
    """

    sku: str
    name: str
    category: str
    description: str
    size_cm: tuple[float, float, float]
    price: str
    tags: tuple[str, ...]
    model: Callable[[], Mesh]
    pose: Pose = _ROOM


def _seating() -> tuple[Product, ...]:
    return (
        Product(
            "SMP-CH-101", "Alder Dining Chair", "Dining chairs",
            "Solid oak dining chair with a curved top rail and a padded seat in grey wool felt.",
            (47, 54, 82), "189.00", ("dining room", "oak", "wool", "scandinavian"),
            partial(seats.dining_chair, "oak", "grey wool"),
        ),
        Product(
            "SMP-CH-102", "Alder Dining Chair, Black", "Dining chairs",
            "Black stained ash dining chair with a seat in cognac leather.",
            (47, 54, 82), "209.00", ("dining room", "black", "leather", "contemporary"),
            partial(seats.dining_chair, "black ash", "cognac leather"),
        ),
        Product(
            "SMP-CH-110", "Pebble Shell Chair", "Dining chairs",
            "Moulded shell chair in sage green on slim oak legs. Light, stackable, easy to wipe clean.",
            (50, 54, 82), "129.00", ("kitchen", "dining room", "sage", "modern"),
            partial(seats.shell_chair, "sage", "oak"),
        ),
        Product(
            "SMP-AC-201", "Harbour Armchair", "Armchairs",
            "Deep armchair with rounded arms in forest green velvet on walnut legs.",
            (82, 82, 79), "749.00", ("living room", "velvet", "green", "luxury"),
            partial(seats.armchair, "forest velvet", "walnut"),
        ),
        Product(
            "SMP-AC-202", "Harbour Armchair, Boucle", "Armchairs",
            "Deep armchair with rounded arms in ivory boucle on oak legs.",
            (82, 82, 79), "779.00", ("living room", "bedroom", "boucle", "scandinavian"),
            partial(seats.armchair, "ivory boucle", "oak"),
        ),
        Product(
            "SMP-AC-210", "Strand Lounge Chair", "Armchairs",
            "Open walnut frame with loose cushions in oat linen. A mid-century classic at heart.",
            (68, 78, 78), "690.00", ("living room", "walnut", "linen", "mid-century"),
            partial(seats.lounge_chair, "walnut", "oat linen"),
        ),
        Product(
            "SMP-SO-301", "Fjord Sofa, three seats", "Sofas",
            "Three-seat sofa with loose cushions in terracotta weave on oak legs; two linen pillows.",
            (212, 88, 85), "1490.00", ("living room", "terracotta", "fabric", "contemporary"),
            partial(seats.sofa, "terracotta", "oak", seats=3, width=212, pillow="oat linen"),
        ),
        Product(
            "SMP-SO-302", "Fjord Sofa, two seats", "Sofas",
            "Two-seat sofa with loose cushions in charcoal wool on black legs.",
            (158, 88, 85), "1190.00", ("living room", "wool", "charcoal", "modern"),
            partial(seats.sofa, "charcoal wool", "black ash", seats=2, width=158),
        ),
        Product(
            "SMP-PF-320", "Drum Pouf", "Poufs",
            "Round pouf in mustard velvet on short brass legs.",
            (56, 56, 43), "219.00", ("living room", "bedroom", "velvet", "mustard"),
            partial(seats.ottoman, "mustard velvet", "brass"),
        ),
        Product(
            "SMP-ST-330", "Counter Stool", "Bar stools",
            "Counter stool with a turned oak seat and a black metal frame.",
            (42, 42, 75), "149.00", ("kitchen", "oak", "metal", "industrial"),
            partial(seats.bar_stool, "oak", "black metal"),
        ),
        Product(
            "SMP-OC-340", "Task Office Chair", "Office chairs",
            "Swivel office chair in blue fabric with a chrome five-star base.",
            (66, 66, 97), "329.00", ("home office", "blue", "chrome", "modern"),
            partial(seats.office_chair, "blue velvet", "chrome"),
        ),
        Product(
            "SMP-GA-350", "Lagoon Garden Armchair", "Outdoor seating",
            "Woven outdoor armchair in grey rattan look with white cushions.",
            (74, 76, 85), "459.00", ("outdoor patio", "garden", "rattan", "grey"),
            partial(seats.garden_armchair, "grey rattan", "white linen"),
        ),
        Product(
            "SMP-BE-360", "Mudroom Bench", "Benches",
            "Oak bench with a charcoal wool cushion and a shelf for shoes.",
            (120, 38, 48), "299.00", ("entryway", "oak", "wool"),
            partial(seats.bench, "oak", "charcoal wool"),
        ),
        Product(
            "SMP-BD-401", "Dune Bed 160", "Beds",
            "Walnut double bed with a plain headboard, shown with linen bedding and a terracotta throw.",
            (169, 212, 104), "1290.00", ("bedroom", "walnut", "linen", "japandi"),
            partial(seats.bed, "walnut", "oat linen", "terracotta"),
        ),
    )


def _tables() -> tuple[Product, ...]:
    return (
        Product(
            "SMP-DT-501", "Alder Dining Table 180", "Dining tables",
            "Solid oak dining table for six with rounded corners and tapered legs.",
            (180, 90, 75), "1090.00", ("dining room", "kitchen", "oak", "scandinavian"),
            partial(tables.dining_table, "oak"), _LOW,
        ),
        Product(
            "SMP-DT-510", "Trumpet Table", "Dining tables",
            "Round pedestal table with a white marble top on a trumpet foot.",
            (110, 110, 74), "980.00", ("dining room", "marble", "white", "mid-century"),
            partial(tables.pedestal_table, "marble", "white"),
        ),
        Product(
            "SMP-CT-520", "Hollow Coffee Table", "Coffee tables",
            "Walnut coffee table with a shelf for magazines.",
            (110, 58, 42), "420.00", ("living room", "walnut", "mid-century"),
            partial(tables.coffee_table, "walnut"), _LOW,
        ),
        Product(
            "SMP-CT-530", "Halo Coffee Table", "Coffee tables",
            "Round travertine top on a drum of slim brass bars.",
            (80, 80, 36), "560.00", ("living room", "travertine", "brass", "luxury"),
            partial(tables.round_coffee_table, "travertine", "brass"), _LOW,
        ),
        Product(
            "SMP-DK-540", "Quill Desk", "Desks",
            "Oak writing desk with two drawers and brass pulls.",
            (130, 62, 75), "640.00", ("home office", "oak", "brass", "scandinavian"),
            partial(tables.desk, "oak", "brass"),
        ),
        Product(
            "SMP-NS-550", "Dune Nightstand", "Nightstands",
            "Walnut bedside table with a drawer and an open shelf.",
            (46, 40, 54), "249.00", ("bedroom", "walnut"),
            partial(tables.nightstand, "walnut", "brass"),
        ),
        Product(
            "SMP-SB-601", "Meadow Sideboard", "Sideboards",
            "Oak sideboard with four sage green doors and brass knobs.",
            (160, 46, 72), "1180.00", ("living room", "dining room", "oak", "sage"),
            partial(tables.sideboard, "oak", "sage", "brass"),
        ),
        Product(
            "SMP-TV-610", "Lowline TV Bench", "TV furniture",
            "Long walnut media bench with two cream doors and an open middle.",
            (180, 40, 46), "690.00", ("living room", "walnut", "cream"),
            partial(tables.tv_bench, "walnut", "cream"),
        ),
        Product(
            "SMP-BC-620", "Column Bookcase", "Bookcases",
            "Open oak bookcase with five shelves; books and vases not included.",
            (90, 32, 190), "590.00", ("living room", "home office", "oak"),
            partial(tables.bookcase, "oak"),
        ),
        Product(
            "SMP-DR-630", "Tide Dresser", "Dressers",
            "Chest of six drawers in pale ash with brass knobs.",
            (120, 48, 80), "790.00", ("bedroom", "ash", "brass", "japandi"),
            partial(tables.dresser, "ash", "brass"),
        ),
    )


def _decor() -> tuple[Product, ...]:
    return (
        Product(
            "SMP-FL-701", "Tripod Floor Lamp", "Floor lamps",
            "Floor lamp on three oak legs with an ivory linen shade.",
            (52, 48, 150), "229.00", ("living room", "bedroom", "oak", "linen"),
            partial(decor.floor_lamp, "oak", "shade"),
        ),
        Product(
            "SMP-TL-710", "Celadon Table Lamp", "Table lamps",
            "Table lamp with a celadon glazed ceramic foot and a linen shade.",
            (32, 32, 52), "139.00", ("bedroom", "living room", "ceramic", "linen"),
            partial(decor.table_lamp, "celadon", "shade"), _CLOSE,
        ),
        Product(
            "SMP-PL-720", "Dome Pendant Lamp", "Pendant lamps",
            "Woven rattan pendant lamp on a black cord.",
            (50, 50, 62), "159.00", ("dining room", "kitchen", "rattan", "bohemian"),
            partial(decor.drum_pendant, "rattan"), _HUNG,
        ),
        Product(
            "SMP-WL-730", "Reading Wall Lamp", "Wall lamps",
            "Brass wall lamp with a small linen shade.",
            (18, 24, 29), "119.00", ("bedroom", "entryway", "brass"),
            partial(decor.sconce, "brass", "shade"), _HUNG,
        ),
        Product(
            "SMP-MI-801", "Halo Wall Mirror 70", "Mirrors",
            "Round wall mirror in a slim brass frame.",
            (70, 3, 70), "179.00", ("entryway", "bathroom", "brass"),
            partial(decor.round_mirror, "brass"), _FLAT_ON,
        ),
        Product(
            "SMP-RU-810", "Stripe Rug 200 x 140", "Rugs",
            "Flat-woven wool rug with slate stripes on cream.",
            (200, 140, 1.6), "349.00", ("living room", "bedroom", "wool", "scandinavian"),
            partial(decor.rug, "rug stripes", width=200, depth=140), Pose(turn=0.0, lift=32.0),
        ),
        Product(
            "SMP-VA-820", "Ink Vase", "Vases",
            "Hand-thrown stoneware vase with a deep blue glaze.",
            (18.5, 18.5, 30), "59.00", ("living room", "ceramic", "blue"),
            partial(decor.vase, "ink ceramic"), _CLOSE,
        ),
        Product(
            "SMP-PP-830", "Terrace Planter", "Planters",
            "Terracotta plant pot on an oak stand, for indoors and covered patios.",
            (36, 36, 44), "89.00", ("outdoor patio", "living room", "terracotta", "oak"),
            partial(decor.planter, "clay", "oak"), _CLOSE,
        ),
        Product(
            "SMP-PA-840", "Print Midsummer 50 x 70", "Wall art",
            "Framed art print with a sun over a hill, oak frame.",
            (50, 3, 70), "99.00", ("living room", "bedroom", "oak", "print"),
            partial(decor.framed_print, "oak", "sun"), _FLAT_ON,
        ),
        Product(
            "SMP-CK-850", "Station Wall Clock", "Clocks",
            "Round wall clock with a walnut rim and a plain face.",
            (32, 3.5, 32), "79.00", ("kitchen", "home office", "walnut"),
            partial(decor.wall_clock, "walnut"), _FLAT_ON,
        ),
    )


PRODUCTS: tuple[Product, ...] = (*_seating(), *_tables(), *_decor())
