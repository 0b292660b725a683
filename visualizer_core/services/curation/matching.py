"""Which scene each product gets: by score, or by hand."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import bindparam

from visualizer_core.db.collection import advance, lock_collection, members
from visualizer_core.db.plan import CollectionPlan, load_plan
from visualizer_core.domain.ids import CollectionId, InspirationId, ProductId
from visualizer_core.domain.matching import Match, match
from visualizer_core.domain.status import CollectionStatus
from visualizer_core.errors import InvalidInput, NotFound
from visualizer_core.workspace import Workspace

__all__ = ["assign", "match_products"]

_UNREADY = (CollectionStatus.SELECTING, CollectionStatus.ANALYZING)

_IN_COLLECTION = text("""
    SELECT 1 FROM app.inspirations WHERE collection_id = :collection_id AND id = :scene_id
""")
_ASSIGN = text("""
    UPDATE app.collection_products SET inspiration_id = :scene_id, match_score = NULL,
           match_reasons = '[]', matched_by = :by
    WHERE collection_id = :collection_id AND product_id = ANY(CAST(:product_ids AS uuid[]))
""")
_UNMATCHED = text("""
    SELECT 1 FROM app.collection_products cp
    JOIN app.products p ON p.client_id = cp.client_id AND p.id = cp.product_id
    WHERE cp.collection_id = :collection_id AND cp.inspiration_id IS NULL
      AND p.deleted_at IS NULL LIMIT 1
""")


def assign(
    ws: Workspace,
    collection_id: CollectionId,
    product_ids: Sequence[ProductId],
    scene_id: InspirationId | None,
) -> None:
    """Give these products a scene by hand; later matches leave them alone.

    Parameters
    ----------
    scene_id : InspirationId or None
        None takes the choice back: the next match decides.

    Raises
    ------
    NotFound
        When the collection has no such inspiration, or not all of these products; nothing is
        changed.
    """
    wanted = set(product_ids)
    with ws.begin() as session:
        lock_collection(session, collection_id)
        _check_scene(session, collection_id, scene_id)
        missing = len(wanted) - len(members(session, collection_id, list(wanted)))
        if missing:
            raise NotFound(f"{missing} of these products are not in this collection.")
        session.execute(
            _ASSIGN,
            {
                "collection_id": collection_id,
                "product_ids": [str(product_id) for product_id in wanted],
                "scene_id": scene_id,
                "by": "nobody" if scene_id is None else "user",
            },
        )
        if wanted and _is_matched(session, collection_id):
            advance(session, collection_id, CollectionStatus.READY, before=_UNREADY)


def _is_matched(session: Session, collection_id: CollectionId) -> bool:
    return session.execute(_UNMATCHED, {"collection_id": collection_id}).one_or_none() is None


def _check_scene(
    session: Session, collection_id: CollectionId, scene_id: InspirationId | None
) -> None:
    if scene_id is None:
        return
    where = {"collection_id": collection_id, "scene_id": scene_id}
    if session.execute(_IN_COLLECTION, where).one_or_none() is None:
        raise NotFound("There is no such inspiration in this collection.")


_WRITE_MATCHES = text("""
    UPDATE app.collection_products cp SET inspiration_id = m.scene_id, match_score = m.score,
           match_reasons = m.reasons,
           matched_by = CASE WHEN cp.matched_by = 'user' AND m.fixed THEN 'user' ELSE 'auto' END
    FROM jsonb_to_recordset(:matches) AS m(
      product_id uuid, scene_id uuid, score double precision, reasons jsonb, fixed boolean)
    WHERE cp.collection_id = :collection_id AND cp.product_id = m.product_id
""").bindparams(bindparam("matches", type_=JSONB))


def match_products(
    ws: Workspace, collection_id: CollectionId, *, afresh: bool = False
) -> list[Match]:
    """Match every product to a scene; saves score and reasons.

    Choices made by hand stay, and so do earlier matches: a product or a room that is added later
    must not move the others, or running again would make other pictures and pay for them.

    Parameters
    ----------
    afresh : bool
        Give earlier automatic matches up and match anew.

    Raises
    ------
    InvalidInput
        When the collection has no products or no inspirations.
    NotFound
        When this client has no such collection.
    """
    with ws.begin() as session:
        lock_collection(session, collection_id)  # a choice made meanwhile must not be overwritten
        current = load_plan(session, collection_id)
        _check_complete(current)
        matches = match(*current.facts(), fixed=_kept(current, afresh=afresh))
        session.execute(
            _WRITE_MATCHES,
            {"collection_id": collection_id, "matches": [_row(found) for found in matches]},
        )
        advance(session, collection_id, CollectionStatus.READY, before=_UNREADY)
    return matches


def _check_complete(current: CollectionPlan) -> None:
    if not current.products:
        raise InvalidInput(f"“{current.name}” has no products. Choose some first.")
    if not current.scenes:
        raise InvalidInput(f"“{current.name}” has no inspirations. Add at least one first.")


def _kept(current: CollectionPlan, *, afresh: bool) -> dict[UUID, UUID]:
    """Product to scene, of the matches that stay."""
    kept = {"user"} if afresh else {"user", "auto"}
    return {
        product.id: product.scene_id
        for product in current.products
        if product.scene_id is not None and product.matched_by in kept
    }


def _row(found: Match) -> dict[str, object]:
    return {
        "product_id": str(found.product_id),
        "scene_id": str(found.scene_id),
        "score": found.score,
        "reasons": [reason.text for reason in found.reasons],
        "fixed": found.fixed,
    }
