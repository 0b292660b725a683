"""Which scene each product gets, with the reasons.

`match` maximises the sum of scores so that no scene takes much more than its share unless it must,
and products of one category spread over the scenes. It must when the other scenes are wrong:
indoors for an outdoor product, or a room that is not even near to one the product belongs in.
The same products and scenes give the same matches, in whatever order they come.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from visualizer_core.domain.analysis import ProductAnalysis, SceneAnalysis
from visualizer_core.domain.matching.affinity import SUITING_ROOM
from visualizer_core.domain.matching.assignment import Problem, assign
from visualizer_core.domain.matching.facts import (
    Match,
    MatchScore,
    ProductFacts,
    Reason,
    ReasonCode,
    SceneFacts,
)
from visualizer_core.domain.matching.scoring import WEIGHTS, WRONG_SETTING, Grid, grid_of
from visualizer_core.errors import InvalidInput

__all__ = [
    "Match",
    "MatchScore",
    "ProductFacts",
    "Reason",
    "ReasonCode",
    "SceneFacts",
    "ScoreTable",
    "capacity_of",
    "match",
    "score",
    "score_table",
]

_SLACK = 1.5  # one scene may take half as much again as its even share
_GOOD, _FAIR = 0.8, 0.5  # of a part, 0-1: what a person would call a good and a fair fit


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """All scores, for the coverage matrix.

    Parameters
    ----------
    product_ids, scene_ids : tuple of UUID
        Rows and columns, as given.
    values : (n, m) array of float
        Scores, 0-1.
    """

    product_ids: tuple[UUID, ...]
    scene_ids: tuple[UUID, ...]
    values: NDArray[np.float64]


def score(product: ProductFacts, scene: SceneFacts) -> MatchScore:
    """How well one product and one scene go together."""
    return _explain(grid_of([product], [scene]), 0, 0)


def score_table(products: Sequence[ProductFacts], scenes: Sequence[SceneFacts]) -> ScoreTable:
    """Scores of every product in every scene; empty when there are none of either."""
    values = grid_of(products, scenes).total if products and scenes else np.empty((0, 0))
    return ScoreTable(
        tuple(product.id for product in products), tuple(scene.id for scene in scenes), values
    )


def capacity_of(products: int, scenes: int) -> int:
    """How many products one scene takes unless it must take more."""
    return math.ceil(products / scenes * _SLACK)


def match(
    products: Sequence[ProductFacts],
    scenes: Sequence[SceneFacts],
    *,
    fixed: Mapping[UUID, UUID] | None = None,
) -> list[Match]:
    """Give every product a scene.

    Parameters
    ----------
    products, scenes : sequence
        Ids are unique in each. Without scenes nothing is matched and the list is empty.
    fixed : mapping of product id to scene id, optional
        What a person chose; kept whatever it scores, and counted in the balance. Entries of
        products that are not in `products` are ignored.

    Returns
    -------
    list of Match
        One per product, in the order of `products`.

    Raises
    ------
    InvalidInput
        When an id occurs twice, or `fixed` names a scene that is not in `scenes`.
    """
    if not products or not scenes:
        return []
    by_id = sorted(products, key=lambda product: product.id)
    places = sorted(scenes, key=lambda scene: scene.id)
    chosen = _chosen(by_id, places, fixed or {})
    grid = grid_of(by_id, places)
    at = assign(
        Problem(
            value=grid.total,
            allowed=_allowed(grid),
            group=_groups(by_id),
            fixed=chosen,
            capacity=capacity_of(len(by_id), len(places)),
        )
    )
    found: dict[UUID, Match] = {}
    for row, product in enumerate(by_id):
        explained = _explain(grid, row, int(at[row]))
        found[product.id] = Match(
            product.id,
            places[int(at[row])].id,
            explained.value,
            explained.reasons,
            fixed=bool(chosen[row] >= 0),
        )
    return [found[product.id] for product in products]


def _chosen(
    products: Sequence[ProductFacts], scenes: Sequence[SceneFacts], fixed: Mapping[UUID, UUID]
) -> NDArray[np.intp]:
    column: dict[UUID, int] = {scene.id: at for at, scene in enumerate(scenes)}
    if len(column) < len(scenes) or len({product.id for product in products}) < len(products):
        raise InvalidInput("A product or an inspiration is in the list twice. Leave one out.")
    rows = np.full(len(products), -1, dtype=np.intp)
    for row, product in enumerate(products):
        scene_id = fixed.get(product.id)
        if scene_id is None:
            continue
        if scene_id not in column:
            raise InvalidInput(
                f"“{product.name}” is assigned to an inspiration that is not in this collection."
                " Choose another one for it."
            )
        rows[row] = column[scene_id]
    return rows


def _allowed(grid: Grid) -> NDArray[np.bool_]:
    """The best class of scenes each product has: right room and setting, right setting, any."""
    room_fits = grid.room >= SUITING_ROOM
    rank = np.where(grid.setting, np.where(room_fits, 2, 1), 0)
    return rank == rank.max(axis=1, keepdims=True)


def _groups(products: Sequence[ProductFacts]) -> NDArray[np.intp]:
    """Number of each product's group; -1 where a group has one member, or no name."""
    names = [product.group() for product in products]
    sizes = Counter(name for name in names if name)
    shared = sorted(name for name, size in sizes.items() if size > 1)
    numbers = {name: at for at, name in enumerate(shared)}
    return np.array([numbers.get(name, -1) for name in names], dtype=np.intp)


# --- reasons ------------------------------------------------------------------------------------


def _explain(grid: Grid, row: int, column: int) -> MatchScore:
    reasons = [
        Reason(code, _text(grid, code, row, column), round(float(part[row, column]), 6))
        for code, part in grid.parts.items()
    ]
    reasons.sort(key=lambda reason: (-reason.contribution, reason.code))
    return MatchScore(float(grid.total[row, column]), tuple(reasons))


def _text(grid: Grid, code: ReasonCode, row: int, column: int) -> str:
    product, scene = grid.products[row], grid.scenes[column]
    if code == "room":
        return _room_text(product, scene, float(grid.room[row, column]))
    if code == "setting":
        return _setting_text(scene, right=bool(grid.setting[row, column]))
    gate = 1.0 if grid.setting[row, column] else WRONG_SETTING
    fit = float(grid.parts[code][row, column]) / WEIGHTS[code] / gate
    level = 0 if fit >= _GOOD else 1 if fit >= _FAIR else 2
    return _TEXTS[code][level].format(
        style=product.styles[0],
        scene_style=scene.styles[0],
        angle=product.camera_angle,
        scene_angle=scene.camera_angle,
    )


_TEXTS: dict[ReasonCode, tuple[str, str, str]] = {
    "style": (
        "{style} and {scene_style} go together",
        "{style} sits acceptably in {scene_style}",
        "{style} is a contrast to {scene_style}",
    ),
    "colour": (
        "the colours harmonise",
        "the colours are acceptable together",
        "the colours clash, or the product vanishes in them",
    ),
    "scale": (
        "there is room for its size",
        "it fills the free floor",
        "the free floor is small for its size",
    ),
    "camera": (
        "the photo's angle ({angle}) suits the scene's ({scene_angle})",
        "the photo's angle ({angle}) has to be turned a little",
        "the photo's angle ({angle}) is far from the scene's ({scene_angle})",
    ),
}


def _room_text(product: ProductAnalysis, scene: SceneAnalysis, fit: float) -> str:
    if scene.scene_type == product.rooms[0]:
        return f"{scene.scene_type} is its first room"
    if scene.scene_type in product.rooms:
        return f"{scene.scene_type} is one of its rooms"
    if fit >= SUITING_ROOM:
        return f"{scene.scene_type} is near to its rooms ({', '.join(product.rooms)})"
    return f"{scene.scene_type} is none of its rooms ({', '.join(product.rooms)})"


def _setting_text(scene: SceneAnalysis, *, right: bool) -> str:
    where = "indoors" if scene.indoor else "outdoors"
    return f"it may be {where}" if right else f"it does not belong {where}"
