"""A collection's row: locked while it changes, and moved on as its work goes on."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from visualizer_core.domain.ids import CollectionId
from visualizer_core.domain.status import CollectionStatus
from visualizer_core.errors import NotFound

__all__ = ["NO_COLLECTION", "SETTLED", "advance", "lock_collection", "members"]

NO_COLLECTION = "There is no such collection. It may have been deleted."

SETTLED = (CollectionStatus.ANALYZING, CollectionStatus.READY, CollectionStatus.COMPLETED)
"""What becomes untrue when a collection gets another product or inspiration. A run is left alone:
it ends as completed, and what was added meanwhile is made by the next one."""

_LOCK = text("""
    SELECT 1 FROM app.collections WHERE id = :collection_id AND deleted_at IS NULL
    FOR NO KEY UPDATE
""")


def lock_collection(session: Session, collection_id: CollectionId) -> None:
    """Make every other change to what is in this collection wait for this transaction.

    Raises
    ------
    NotFound
        When this client has no such collection.
    """
    if session.execute(_LOCK, {"collection_id": collection_id}).one_or_none() is None:
        raise NotFound(NO_COLLECTION)


_ADVANCE = text("""
    UPDATE app.collections SET status = :status, updated_at = now(), version = version + 1
    WHERE id = :collection_id AND status = ANY(CAST(:before AS text[]))
""")


def advance(
    session: Session,
    collection_id: CollectionId,
    status: CollectionStatus,
    *,
    before: Sequence[CollectionStatus],
) -> None:
    """Set the status if it is one of `before`; otherwise nothing happens."""
    session.execute(
        _ADVANCE,
        {"collection_id": collection_id, "status": status, "before": [str(x) for x in before]},
    )


_MEMBERS = text("""
    SELECT cp.product_id FROM app.collection_products cp
    WHERE cp.collection_id = :collection_id AND cp.product_id = ANY(CAST(:product_ids AS uuid[]))
""")


def members(
    session: Session, collection_id: CollectionId, product_ids: Sequence[UUID]
) -> set[UUID]:
    """Those of `product_ids` that are in the collection."""
    found = session.execute(
        _MEMBERS,
        {"collection_id": collection_id, "product_ids": [str(value) for value in product_ids]},
    )
    return set(found.scalars())
