"""What a run would be made of: one draft for each picture, before anything is reserved."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from visualizer_core.db.plan import CollectionPlan, PlannedProduct
from visualizer_core.domain.generation_settings import FlowGenerationSettings, SettingsOverrides
from visualizer_core.domain.ids import AssetId, CollectionId, ProductId
from visualizer_core.domain.recipe import choices_digest, slot_key
from visualizer_core.domain.registry import ModelEntry
from visualizer_core.domain.resolve import Level, check_against
from visualizer_core.domain.status import AssetStatus
from visualizer_core.errors import InvalidInput
from visualizer_core.workspace import Workspace

__all__ = ["Draft", "Drafts", "RunRequest", "Skipped", "Wish", "draft_run"]


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a person asked for when pressing *Generate*.

    Attributes
    ----------
    changes : SettingsOverrides
        Applied last, for example the number of variants or the lane.
    again : bool
        Make pictures that exist already once more.
    later_too : bool
        When today's allowance does not suffice, reserve the rest on following days.
    product_ids : frozenset of ProductId, optional
        Only these products of the collection; None means all.
    """

    changes: SettingsOverrides = field(default_factory=SettingsOverrides)
    again: bool = False
    later_too: bool = False
    product_ids: frozenset[ProductId] | None = None

    def body_hash(self, collection_id: CollectionId) -> str:
        """What an idempotency key is bound to."""
        body: list[object] = [
            str(collection_id),
            self.changes.model_dump(mode="json"),
            self.again,
            self.later_too,
        ]
        if self.product_ids is not None:
            body.append(sorted(str(product_id) for product_id in self.product_ids))
        return hashlib.sha256(json.dumps(body).encode()).hexdigest()

    def covers(self, product_id: ProductId) -> bool:
        """Whether the run is about this product."""
        return self.product_ids is None or product_id in self.product_ids


@dataclass(frozen=True, slots=True)
class Skipped:
    """A product no picture can be made of, and why."""

    product_id: UUID
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What several pictures of a run are made with; most of them share it."""

    settings: FlowGenerationSettings
    trace: dict[str, Any]
    model: ModelEntry
    choices: str  # digest of what people set


@dataclass(frozen=True, slots=True)
class Draft:
    """One asset about to be inserted."""

    product: PlannedProduct
    wish: Wish
    variant: int
    slot: str | None

    @property
    def estimated_micros(self) -> int:
        """Expected cost, in millionths of a dollar."""
        settings = self.wish.settings
        return self.wish.model.estimate_micros(settings.image_size, settings.lane)


@dataclass(frozen=True, slots=True)
class Drafts:
    """A run, sorted by what each picture needs.

    Attributes
    ----------
    fresh : tuple of Draft
        Not there yet.
    again : tuple of tuple of AssetId and Draft
        There, but failed or cancelled: the same asset is tried again.
    existing : int
        Made or under way.
    """

    fresh: tuple[Draft, ...]
    again: tuple[tuple[AssetId, Draft], ...]
    existing: int
    skipped: tuple[Skipped, ...]

    @property
    def to_make(self) -> tuple[Draft, ...]:
        """Every draft that needs a generation, the fresh ones first."""
        return (*self.fresh, *(draft for _, draft in self.again))


def draft_run(session: Session, ws: Workspace, plan: CollectionPlan, request: RunRequest) -> Drafts:
    """Work out every picture of a run.

    Raises
    ------
    InvalidInput
        When no product has a photo, or the model does not offer the settings.
    """
    drafts: list[Draft] = []
    skipped: list[Skipped] = []
    wishes: dict[tuple[int, int], Wish] = {}  # by identity: the plan shares what is the same
    for product in filter(lambda planned: request.covers(planned.id), plan.products):
        if product.photo_id is None:
            skipped.append(Skipped(product.id, product.name, "It has no photo."))
        else:
            same = (id(product.resolved), id(product.chosen))
            if same not in wishes:
                wishes[same] = _wish(ws, product, request)
            drafts.extend(_variants(product, wishes[same], again=request.again))
    if not drafts:
        raise InvalidInput(_nothing_to_make(plan, skipped))
    return _sorted_by_need(session, plan.id, drafts, tuple(skipped))


def _wish(ws: Workspace, product: PlannedProduct, request: RunRequest) -> Wish:
    changes = request.changes.model_dump(exclude_none=True)
    settings = product.resolved.settings.model_copy(update=changes)
    settings = settings.model_copy(update={"model": settings.model or ws.runtime.image_model})
    model = ws.runtime.registry.get(settings.model)
    problems = check_against(model, settings)
    if problems:
        raise InvalidInput(f"“{product.name}” cannot be made like this: {' '.join(problems)}")
    return Wish(
        settings=settings,
        trace={**product.resolved.trace_json(), **dict.fromkeys(changes, "run")},
        model=model,
        choices=choices_digest([*product.chosen, (Level.OVERRIDE, request.changes)]),
    )


def _variants(product: PlannedProduct, wish: Wish, *, again: bool) -> Iterator[Draft]:
    for variant in range(1, wish.settings.variants + 1):
        slot = None
        if not again:
            slot = slot_key(
                product_id=product.id,
                photo_sha256=product.photo_sha256 or "",
                inspiration_id=product.scene_id,
                variant=variant,
                choices=wish.choices,
            )
        yield Draft(product, wish, variant, slot)


_TAKEN_SLOTS = text("""
    SELECT slot, id, status FROM app.generated_assets
    WHERE collection_id = :collection_id AND slot IS NOT NULL
""")
_ENDED_WITHOUT = {AssetStatus.ERROR, AssetStatus.CANCELLED}


def _sorted_by_need(
    session: Session,
    collection_id: CollectionId,
    drafts: Sequence[Draft],
    skipped: tuple[Skipped, ...],
) -> Drafts:
    rows = session.execute(_TAKEN_SLOTS, {"collection_id": collection_id})
    taken = {row.slot: (AssetId(row.id), AssetStatus(row.status)) for row in rows}
    fresh: list[Draft] = []
    again: list[tuple[AssetId, Draft]] = []
    for draft in drafts:
        asset_id, status = taken.get(draft.slot, (None, None))
        if asset_id is None:
            fresh.append(draft)
        elif status in _ENDED_WITHOUT:
            again.append((asset_id, draft))
    return Drafts(
        fresh=tuple(fresh),
        again=tuple(again),
        existing=len(drafts) - len(fresh) - len(again),
        skipped=skipped,
    )


def _nothing_to_make(plan: CollectionPlan, skipped: Sequence[Skipped]) -> str:
    if not plan.products:
        return f"“{plan.name}” has no products. Choose some first."
    if not skipped:
        return f"“{plan.name}” holds none of the chosen products. Add them first."
    return f"None of the {len(skipped)} products of “{plan.name}” has a photo. Add photos first."
