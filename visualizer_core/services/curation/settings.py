"""What a collection, and single products in it, change of the generation settings."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import bindparam

from visualizer_core.db.collection import lock_collection, members
from visualizer_core.db.plan import load_plan
from visualizer_core.domain.generation_settings import SettingsOverrides
from visualizer_core.domain.ids import CollectionId, ProductId
from visualizer_core.domain.resolve import base_from_analyses
from visualizer_core.errors import InvalidInput, NotFound
from visualizer_core.workspace import Workspace

__all__ = ["derive_base_settings", "set_base_settings", "set_overrides"]

_BASE = text("""
    UPDATE app.collections SET base_settings = :base, updated_at = now(), version = version + 1
    WHERE id = :collection_id
""").bindparams(bindparam("base", type_=JSONB))


def set_base_settings(
    ws: Workspace, collection_id: CollectionId, settings: SettingsOverrides
) -> None:
    """Replace what a person changes of the collection's settings; they win over derived ones.

    Raises
    ------
    NotFound
        When the collection, or an inspiration the settings name, is not there.
    InvalidInput
        When the settings name a model that makes no pictures or that nobody knows.
    """
    with ws.begin() as session:
        lock_collection(session, collection_id)
        _check(session, ws, collection_id, settings)
        session.execute(_BASE, {"collection_id": collection_id, "base": _stored(settings)})


_DERIVED = text("""
    UPDATE app.collections SET product_analysis = :summary, updated_at = now(),
           version = version + 1
    WHERE id = :collection_id
""").bindparams(bindparam("summary", type_=JSONB))


def derive_base_settings(ws: Workspace, collection_id: CollectionId) -> SettingsOverrides:
    """Derive base settings from the analyses of the products and scenes, and save them.

    They stand below what a person set with `set_base_settings`.

    Raises
    ------
    NotFound
        When this client has no such collection.
    """
    with ws.begin() as session:
        lock_collection(session, collection_id)
        current = load_plan(session, collection_id)
        derived = base_from_analyses(
            [product.analysis for product in current.products if product.analysis],
            [scene.analysis for scene in current.scenes if scene.analysis],
        )
        summary = {"base": _stored(derived)}
        session.execute(_DERIVED, {"collection_id": collection_id, "summary": summary})
    return derived


_OVERRIDES = text("""
    UPDATE app.collection_products SET overrides = :overrides
    WHERE collection_id = :collection_id AND product_id = ANY(CAST(:product_ids AS uuid[]))
""").bindparams(bindparam("overrides", type_=JSONB))


def set_overrides(
    ws: Workspace,
    collection_id: CollectionId,
    product_ids: Sequence[ProductId],
    overrides: SettingsOverrides,
) -> None:
    """Replace what these products change of the settings in this collection.

    Raises
    ------
    NotFound
        When the collection, one of the products in it, or an inspiration the settings name is not
        there; nothing is changed.
    InvalidInput
        When the settings name a model that makes no pictures or that nobody knows.
    """
    wanted = set(product_ids)
    with ws.begin() as session:
        lock_collection(session, collection_id)
        _check(session, ws, collection_id, overrides)
        missing = len(wanted) - len(members(session, collection_id, list(wanted)))
        if missing:
            raise NotFound(f"{missing} of these products are not in this collection.")
        session.execute(
            _OVERRIDES,
            {
                "collection_id": collection_id,
                "product_ids": [str(product_id) for product_id in wanted],
                "overrides": _stored(overrides),
            },
        )


_SCENES = text("SELECT id FROM app.inspirations WHERE collection_id = :collection_id")


def _check(
    session: Session, ws: Workspace, collection_id: CollectionId, wishes: SettingsOverrides
) -> None:
    if wishes.model and ws.runtime.registry.get(wishes.model).kind != "image":
        raise InvalidInput(f"Model “{wishes.model}” makes no pictures. Choose an image model.")
    named: set[UUID] = {use.inspiration_id for use in wishes.inspirations or ()}
    if named:
        own = set(session.execute(_SCENES, {"collection_id": collection_id}).scalars())
        if not named <= own:
            raise NotFound("An inspiration these settings name is not in this collection.")


def _stored(settings: SettingsOverrides) -> dict[str, object]:
    return settings.model_dump(mode="json", exclude_none=True)
