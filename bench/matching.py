"""Matching 500 analysed products with 12 analysed scenes, reasons included; nothing is stored."""

from bench.harness import Figure, Goal, median_of, middle
from visualizer_core.domain.analysis_text import CatalogueText, product_from_text, scene_from_text
from visualizer_core.domain.ids import InspirationId, ProductId, new_id
from visualizer_core.domain.matching import ProductFacts, SceneFacts, match

__all__ = ["GOALS", "measure"]

PRODUCTS, SCENES = 500, 12
RUNS = 15

GOALS = (Goal("match_500x12_ms", "ms", 100),)

_THINGS = (
    *("oak dining chair", "velvet sofa", "walnut desk", "floor lamp", "rattan armchair"),
    *("king size bed", "bathroom mirror", "garden bench", "kitchen stool", "wool rug"),
)
_STYLES = ("modern", "rustic", "scandinavian", "industrial", "classic")
_PLACES = (
    *("living room", "bedroom", "dining room", "home office"),
    *("terrace", "bathroom", "kitchen", "hallway"),
)


def measure() -> list[Figure]:
    """The median of fifteen runs."""
    products, scenes = _products(), _scenes()
    seconds = median_of(lambda: match(products, scenes), runs=RUNS, warm=2)
    details = {
        "fastest_ms": round(seconds[0] * 1000, 1),
        "slowest_ms": round(seconds[-1] * 1000, 1),
    }
    return [GOALS[0].figure(middle(seconds) * 1000, runs=RUNS, **details)]


def _products() -> list[ProductFacts]:
    facts: list[ProductFacts] = []
    for number in range(PRODUCTS):
        thing, style = _THINGS[number % len(_THINGS)], _STYLES[number % len(_STYLES)]
        name, width = f"{style} {thing} {number}", 40.0 + number % 170
        analysis = product_from_text(CatalogueText(name=name, width_cm=width))
        facts.append(
            ProductFacts(ProductId(new_id()), name, thing.split()[-1], analysis, width_cm=width)
        )
    return facts


def _scenes() -> list[SceneFacts]:
    return [
        SceneFacts(
            InspirationId(new_id()),
            scene_from_text(
                f"{_STYLES[number % len(_STYLES)]} {_PLACES[number % len(_PLACES)]}",
                f"{number}.jpg",
            ),
        )
        for number in range(SCENES)
    ]
