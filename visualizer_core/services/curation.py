"""Collections: what is in them, which scene each product gets, and with which settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import bindparam

from visualizer_core.db.allowance import limits_of
from visualizer_core.db.plan import CollectionPlan, load_plan
from visualizer_core.domain.generation_settings import SettingsOverrides
from visualizer_core.domain.ids import CollectionId, InspirationId, ProductId, new_id
from visualizer_core.domain.matching import Match, match
from visualizer_core.domain.resolve import base_from_analyses
from visualizer_core.errors import InvalidInput, NotFound, QuotaExceeded
from visualizer_core.workspace import Workspace

__all__ = [
    "MAX_NAME_CHARS",
    "Added",
    "add_products",
    "assign",
    "create_collection",
    "delete_collection",
    "derive_base_settings",
    "find_collection",
    "match_products",
    "plan",
    "remove_products",
    "rename_collection",
    "set_base_settings",
    "set_overrides",
]

MAX_NAME_CHARS = 120  # fits a card and a file name


def _clean_name(name: str) -> str:
    cleaned = " ".join(name.split())
    if not 0 < len(cleaned) <= MAX_NAME_CHARS:
        raise InvalidInput(f"A collection's name has 1 to {MAX_NAME_CHARS} characters.")
    return cleaned


_CREATE = text("INSERT INTO app.collections (id, name) VALUES (:id, :name)")


def create_collection(ws: Workspace, name: str) -> CollectionId:
    """Make an empty collection; names need not be unique."""
    collection_id = CollectionId(new_id())
    with ws.begin() as session:
        session.execute(_CREATE, {"id": collection_id, "name": _clean_name(name)})
    return collection_id


_FIND = text("""
    SELECT id FROM app.collections WHERE name = :name AND deleted_at IS NULL
    ORDER BY created_at LIMIT 1
""")


def find_collection(ws: Workspace, name: str) -> CollectionId | None:
    """The oldest collection of that name."""
    with ws.begin() as session:
        found = session.execute(_FIND, {"name": _clean_name(name)}).scalar_one_or_none()
    return None if found is None else CollectionId(found)


_CHANGE_NAME = text("""
    UPDATE app.collections SET name = :name, updated_at = now(), version = version + 1
    WHERE id = :collection_id AND deleted_at IS NULL RETURNING 1
""")
_DELETE = text("""
    UPDATE app.collections SET deleted_at = now(), updated_at = now(), version = version + 1
    WHERE id = :collection_id AND deleted_at IS NULL RETURNING 1
""")
_BASE = text("""
    UPDATE app.collections SET base_settings = :base, updated_at = now(), version = version + 1
    WHERE id = :collection_id AND deleted_at IS NULL RETURNING 1
""").bindparams(bindparam("base", type_=JSONB))


def _must_exist(found: Row[Any] | None) -> None:
    if found is None:
        raise NotFound("There is no such collection. It may have been deleted.")


def rename_collection(ws: Workspace, collection_id: CollectionId, name: str) -> None:
    """Change a collection's name."""
    with ws.begin() as session:
        changed = session.execute(
            _CHANGE_NAME, {"collection_id": collection_id, "name": _clean_name(name)}
        )
        _must_exist(changed.one_or_none())


def delete_collection(ws: Workspace, collection_id: CollectionId) -> None:
    """Put a collection into the trash, where it stays 30 days; cancel its run first."""
    with ws.begin() as session:
        _must_exist(session.execute(_DELETE, {"collection_id": collection_id}).one_or_none())


def set_base_settings(
    ws: Workspace, collection_id: CollectionId, settings: SettingsOverrides
) -> None:
    """Replace what the collection changes of the settings."""
    with ws.begin() as session:
        changed = session.execute(
            _BASE,
            {
                "collection_id": collection_id,
                "base": settings.model_dump(mode="json", exclude_none=True),
            },
        )
        _must_exist(changed.one_or_none())


_DERIVED = text("""
    UPDATE app.collections SET product_analysis = :summary, updated_at = now(),
           version = version + 1
    WHERE id = :collection_id AND deleted_at IS NULL RETURNING 1
""").bindparams(bindparam("summary", type_=JSONB))


def derive_base_settings(ws: Workspace, collection_id: CollectionId) -> SettingsOverrides:
    """Derive base settings from the analyses of the products and scenes, and save them.

    They stand below what a person set with `set_base_settings`.
    """
    current = plan(ws, collection_id)
    derived = base_from_analyses(
        [product.analysis for product in current.products if product.analysis],
        [scene.analysis for scene in current.scenes if scene.analysis],
    )
    summary = {"base": derived.model_dump(mode="json", exclude_none=True)}
    with ws.begin() as session:
        changed = session.execute(_DERIVED, {"collection_id": collection_id, "summary": summary})
        _must_exist(changed.one_or_none())
    return derived


def plan(ws: Workspace, collection_id: CollectionId) -> CollectionPlan:
    """Products, scenes, matches and resolved settings with their trace."""
    with ws.begin() as session:
        return load_plan(session, collection_id)


@dataclass(frozen=True, slots=True)
class Added:
    """What adding products came to."""

    added: int
    already: int
    without_photo: int  # of those added; no picture can be made of them yet


_SIZE = text("""
    SELECT count(*) FROM app.collection_products WHERE collection_id = :collection_id
""")
_ADD = text("""
    INSERT INTO app.collection_products (collection_id, product_id, position)
    SELECT :collection_id, p.id, :offset + w.rank
    FROM unnest(CAST(:product_ids AS uuid[])) WITH ORDINALITY AS w(id, rank)
    JOIN app.products p ON p.id = w.id AND p.deleted_at IS NULL
    ON CONFLICT (client_id, collection_id, product_id) DO NOTHING
    RETURNING product_id
""")
_WITHOUT_PHOTO = text("""
    SELECT count(*) FROM unnest(CAST(:product_ids AS uuid[])) AS w(id)
    WHERE NOT EXISTS (SELECT 1 FROM app.product_images i
                      WHERE i.product_id = w.id AND i.is_primary)
""")
_KNOWN = text("""
    SELECT id FROM app.products WHERE id = ANY(CAST(:product_ids AS uuid[])) AND deleted_at IS NULL
""")
_LOCK = text("""
    SELECT 1 FROM app.collections WHERE id = :collection_id AND deleted_at IS NULL
    FOR NO KEY UPDATE
""")


def _strings(ids: Sequence[UUID]) -> list[str]:
    return [str(value) for value in ids]


def add_products(
    ws: Workspace, collection_id: CollectionId, product_ids: Sequence[ProductId]
) -> Added:
    """Put products into a collection, in the given order after those it has.

    Raises
    ------
    QuotaExceeded
        When the plan allows fewer products a collection; nothing is added.
    NotFound
        When a product is not this client's.
    """
    wanted = list(dict.fromkeys(product_ids))
    with ws.begin() as session:
        _must_exist(session.execute(_LOCK, {"collection_id": collection_id}).one_or_none())
        known = set(session.execute(_KNOWN, {"product_ids": _strings(wanted)}).scalars())
        if len(known) < len(wanted):
            missing = len(wanted) - len(known)
            raise NotFound(f"{missing} of these products do not exist. Reload the list.")
        size = session.execute(_SIZE, {"collection_id": collection_id}).scalar_one()
        added = session.execute(
            _ADD,
            {
                "collection_id": collection_id,
                "product_ids": _strings(wanted),
                "offset": size,
            },
        ).all()
        _check_size(session, ws, size + len(added))
        bare = session.execute(
            _WITHOUT_PHOTO, {"product_ids": [str(row.product_id) for row in added]}
        ).scalar_one()
    return Added(added=len(added), already=len(wanted) - len(added), without_photo=bare)


def _check_size(session: Session, ws: Workspace, size: int) -> None:
    limits, _now = limits_of(session, ws.client_id)
    if size > limits.products_per_collection:
        raise QuotaExceeded(
            f"A collection of this plan holds {limits.products_per_collection} products; this "
            f"would make it {size}. Choose fewer, or start a second collection.",
            left=max(limits.products_per_collection - size, 0),
        )


_REMOVE = text("""
    DELETE FROM app.collection_products
    WHERE collection_id = :collection_id AND product_id = ANY(CAST(:product_ids AS uuid[]))
    RETURNING 1
""")


def remove_products(
    ws: Workspace, collection_id: CollectionId, product_ids: Sequence[ProductId]
) -> int:
    """Take products out; their pictures stay. Returns how many were in it."""
    with ws.begin() as session:
        removed = session.execute(
            _REMOVE, {"collection_id": collection_id, "product_ids": _strings(product_ids)}
        )
        return len(removed.all())


_OVERRIDES = text("""
    UPDATE app.collection_products SET overrides = :overrides
    WHERE collection_id = :collection_id AND product_id = ANY(CAST(:product_ids AS uuid[]))
    RETURNING 1
""").bindparams(bindparam("overrides", type_=JSONB))


def set_overrides(
    ws: Workspace,
    collection_id: CollectionId,
    product_ids: Sequence[ProductId],
    overrides: SettingsOverrides,
) -> int:
    """Replace what these products change of the settings here. Returns how many."""
    with ws.begin() as session:
        changed = session.execute(
            _OVERRIDES,
            {
                "collection_id": collection_id,
                "product_ids": _strings(product_ids),
                "overrides": overrides.model_dump(mode="json", exclude_none=True),
            },
        )
        return len(changed.all())


_ASSIGN = text("""
    UPDATE app.collection_products SET inspiration_id = :inspiration_id, match_score = NULL,
           match_reasons = '[]', matched_by = 'user'
    WHERE collection_id = :collection_id AND product_id = ANY(CAST(:product_ids AS uuid[]))
    RETURNING 1
""")


def assign(
    ws: Workspace,
    collection_id: CollectionId,
    product_ids: Sequence[ProductId],
    scene_id: InspirationId,
) -> int:
    """Give these products a scene by hand; a later match leaves them alone. Returns how many."""
    if plan(ws, collection_id).scene(scene_id) is None:
        raise NotFound("There is no such inspiration in this collection.")
    with ws.begin() as session:
        changed = session.execute(
            _ASSIGN,
            {
                "collection_id": collection_id,
                "product_ids": _strings(product_ids),
                "inspiration_id": scene_id,
            },
        )
        return len(changed.all())


_WRITE_MATCHES = text("""
    UPDATE app.collection_products cp SET inspiration_id = m.scene_id, match_score = m.score,
           match_reasons = m.reasons, matched_by = CASE WHEN m.fixed THEN 'user' ELSE 'auto' END
    FROM jsonb_to_recordset(:matches) AS m(
      product_id uuid, scene_id uuid, score double precision, reasons jsonb, fixed boolean)
    WHERE cp.collection_id = :collection_id AND cp.product_id = m.product_id
""").bindparams(bindparam("matches", type_=JSONB))
_READY = text("""
    UPDATE app.collections SET status = 'ready', updated_at = now(), version = version + 1
    WHERE id = :collection_id AND status IN ('selecting', 'analyzing')
""")


def match_products(ws: Workspace, collection_id: CollectionId) -> list[Match]:
    """Match every product to a scene, leaving choices made by hand alone; saves score and reasons.

    Raises
    ------
    InvalidInput
        When the collection has no inspirations.
    """
    current = plan(ws, collection_id)
    if not current.scenes:
        raise InvalidInput(f"“{current.name}” has no inspirations. Add at least one first.")
    fixed: dict[UUID, UUID] = {
        product.id: product.scene_id
        for product in current.products
        if product.matched_by == "user" and product.scene_id is not None
    }
    matches = match(*current.facts(), fixed=fixed)
    with ws.begin() as session:
        session.execute(
            _WRITE_MATCHES,
            {"collection_id": collection_id, "matches": [_row(found) for found in matches]},
        )
        session.execute(_READY, {"collection_id": collection_id})
    return matches


def _row(found: Match) -> dict[str, object]:
    return {
        "product_id": str(found.product_id),
        "scene_id": str(found.scene_id),
        "score": found.score,
        "reasons": [reason.text for reason in found.reasons],
        "fixed": found.fixed,
    }
