"""A collection with everything that decides its pictures: products, scenes, matches, settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from visualizer_core.domain.analysis import ProductAnalysis, SceneAnalysis
from visualizer_core.domain.generation_settings import InspirationUse, SettingsOverrides
from visualizer_core.domain.ids import CollectionId, ImageId, InspirationId, ProductId
from visualizer_core.domain.matching import ProductFacts, SceneFacts
from visualizer_core.domain.resolve import Level, Resolved, overrides_from_scene, resolve
from visualizer_core.domain.status import CollectionStatus, RunState
from visualizer_core.errors import NotFound

__all__ = ["CollectionPlan", "PlannedProduct", "PlannedScene", "load_plan"]


@dataclass(frozen=True, slots=True)
class PlannedScene:
    """An inspiration as a place to put products."""

    id: InspirationId
    title: str
    analysis: SceneAnalysis | None
    may_send_pixels: bool
    position: int


@dataclass(frozen=True, slots=True)
class PlannedProduct:
    """A product of a collection, its match and its resolved settings."""

    id: ProductId
    sku: str | None
    name: str
    description: str
    category: str
    width_cm: float | None
    depth_cm: float | None
    height_cm: float | None
    analysis: ProductAnalysis | None
    photo_id: ImageId | None
    photo_sha256: str | None
    scene_id: InspirationId | None
    match_score: float | None
    matched_by: str
    resolved: Resolved
    chosen: tuple[tuple[Level, SettingsOverrides], ...]  # what people set, without what follows


@dataclass(frozen=True, slots=True)
class CollectionPlan:
    """What a run of this collection would be made of, as of one transaction."""

    id: CollectionId
    name: str
    status: CollectionStatus
    run_state: RunState
    products: tuple[PlannedProduct, ...]
    scenes: tuple[PlannedScene, ...]

    def scene(self, scene_id: InspirationId | None) -> PlannedScene | None:
        """The scene of that id, if it is still there."""
        return next((scene for scene in self.scenes if scene.id == scene_id), None)

    def facts(self) -> tuple[list[ProductFacts], list[SceneFacts]]:
        """What matching looks at, in the order of `products` and `scenes`."""
        products = [
            ProductFacts(
                id=product.id,
                name=product.name,
                category=product.category,
                description=product.description,
                analysis=product.analysis,
                width_cm=product.width_cm,
                depth_cm=product.depth_cm,
                height_cm=product.height_cm,
            )
            for product in self.products
        ]
        scenes = [
            SceneFacts(id=scene.id, analysis=scene.analysis, file_name=scene.title)
            for scene in self.scenes
        ]
        return products, scenes


_COLLECTION = text("""
    SELECT c.name, c.status, c.run_state, c.base_settings,
           c.product_analysis, k.generation_defaults, k.brand_kit,
           k.category_defaults
    FROM app.collections c JOIN app.clients k ON k.id = c.client_id
    WHERE c.id = :collection_id AND c.deleted_at IS NULL
""")
_SCENES = text("""
    SELECT id, title, analysis, may_send_pixels, position FROM app.inspirations
    WHERE collection_id = :collection_id ORDER BY position, id
""")
_PRODUCTS = text("""
    SELECT p.id, p.sku, p.name, p.description, p.category, p.width_cm, p.depth_cm, p.height_cm,
           CASE WHEN :analyses THEN p.analysis END AS analysis, p.default_settings, cp.overrides,
           cp.inspiration_id, cp.match_score,
           cp.matched_by, i.image_id AS photo_id, m.sha256 AS photo_sha256
    FROM app.collection_products cp
    JOIN app.products p ON p.client_id = cp.client_id AND p.id = cp.product_id
    LEFT JOIN app.product_images i
      ON i.client_id = p.client_id AND i.product_id = p.id AND i.is_primary
    LEFT JOIN app.images m ON m.client_id = i.client_id AND m.id = i.image_id
    WHERE cp.collection_id = :collection_id AND p.deleted_at IS NULL
    ORDER BY cp.position, p.id
""")


def load_plan(
    session: Session, collection_id: CollectionId, *, analyses: bool = True
) -> CollectionPlan:
    """Read a collection's plan in a tenant transaction.

    Parameters
    ----------
    analyses : bool
        False leaves the products' analyses out: starting does not look at them, and reading 500
        takes longer than everything else about them.

    Raises
    ------
    NotFound
        When this client has no such collection.
    """
    where = {"collection_id": collection_id}
    head = session.execute(_COLLECTION, where).one_or_none()
    if head is None:
        raise NotFound("There is no such collection. It may have been deleted.")
    scenes = tuple(
        PlannedScene(
            id=InspirationId(row.id),
            title=row.title,
            analysis=_model(SceneAnalysis, row.analysis),
            may_send_pixels=row.may_send_pixels,
            position=row.position,
        )
        for row in session.execute(_SCENES, where)
    )
    levels = _Levels.of(head, scenes)
    products = session.execute(_PRODUCTS, {**where, "analyses": analyses})
    return CollectionPlan(
        id=collection_id,
        name=head.name,
        status=CollectionStatus(head.status),
        run_state=RunState(head.run_state),
        products=tuple(_product(row, levels) for row in products),
        scenes=scenes,
    )


_Model = TypeVar("_Model", ProductAnalysis, SceneAnalysis)


def _model(kind: type[_Model], stored: Mapping[str, Any] | None) -> _Model | None:
    return None if stored is None else kind.model_validate(stored)


def _overrides(stored: Mapping[str, Any]) -> SettingsOverrides:
    return SettingsOverrides.model_validate(stored)


_Chosen = tuple[tuple[Level, SettingsOverrides], ...]


@dataclass(frozen=True, slots=True)
class _Levels:
    """The levels that all products of a collection share."""

    shared: tuple[tuple[Level, SettingsOverrides], ...]
    derived: tuple[Level, SettingsOverrides]  # from the analyses
    base: tuple[Level, SettingsOverrides]  # what a person changed of that
    by_category: Mapping[str, SettingsOverrides]
    by_scene: Mapping[UUID, SettingsOverrides]
    # Products of one category and scene without wishes of their own resolve to the same settings:
    # a few dozen resolutions for 500 products.
    resolved: dict[tuple[object, ...], tuple[Resolved, _Chosen]] = field(
        default_factory=dict[tuple[object, ...], tuple[Resolved, _Chosen]]
    )

    @classmethod
    def of(cls, head: Row[Any], scenes: tuple[PlannedScene, ...]) -> "_Levels":
        return cls(
            shared=(
                (Level.CLIENT, _overrides(head.generation_defaults)),
                (Level.BRAND_KIT, _overrides(head.brand_kit)),
            ),
            derived=(Level.COLLECTION, _overrides(head.product_analysis.get("base", {}))),
            base=(Level.COLLECTION, _overrides(head.base_settings)),
            by_category={name: _overrides(value) for name, value in head.category_defaults.items()},
            by_scene={scene.id: _from_scene(scene) for scene in scenes},
        )


def _from_scene(scene: PlannedScene) -> SettingsOverrides:
    use = InspirationUse(inspiration_id=scene.id, send_pixels=scene.may_send_pixels)
    described = (
        SettingsOverrides() if scene.analysis is None else overrides_from_scene(scene.analysis)
    )
    return described.model_copy(update={"inspirations": (use,)})


def _resolve(row: Row[Any], levels: _Levels) -> tuple[Resolved, _Chosen]:
    category = row.category.casefold()
    key = (category, row.inspiration_id, repr(row.default_settings), repr(row.overrides))
    if key not in levels.resolved:
        nothing = SettingsOverrides()
        chosen = (
            *levels.shared,
            (Level.CATEGORY, levels.by_category.get(category, nothing)),
            levels.base,
            (Level.PRODUCT, _overrides(row.default_settings)),
            (Level.OVERRIDE, _overrides(row.overrides)),
        )
        scene = (Level.SCENE, levels.by_scene.get(row.inspiration_id, nothing))
        levels.resolved[key] = (resolve([levels.derived, *chosen, scene]), chosen)
    return levels.resolved[key]


def _product(row: Row[Any], levels: _Levels) -> PlannedProduct:
    resolved, chosen = _resolve(row, levels)
    return PlannedProduct(
        id=ProductId(row.id),
        sku=row.sku,
        name=row.name,
        description=row.description,
        category=row.category,
        width_cm=row.width_cm,
        depth_cm=row.depth_cm,
        height_cm=row.height_cm,
        analysis=_model(ProductAnalysis, row.analysis),
        photo_id=None if row.photo_id is None else ImageId(row.photo_id),
        photo_sha256=row.photo_sha256,
        scene_id=None if row.inspiration_id is None else InspirationId(row.inspiration_id),
        match_score=row.match_score,
        matched_by=row.matched_by,
        resolved=resolved,
        chosen=chosen,
    )
