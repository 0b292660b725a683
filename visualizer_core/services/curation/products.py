"""Which products are in a collection."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from visualizer_core.db.allowance import limits_of
from visualizer_core.db.collection import SETTLED, advance, lock_collection, members
from visualizer_core.domain.ids import CollectionId, ProductId
from visualizer_core.domain.status import CollectionStatus
from visualizer_core.errors import NotFound, QuotaExceeded
from visualizer_core.workspace import Workspace

__all__ = ["Added", "add_products", "remove_products"]


@dataclass(frozen=True, slots=True)
class Added:
    """What adding products came to."""

    added: int
    already: int
    without_photo: int  # of those added; no picture can be made of them yet


# Products in the trash keep their place, but take none of the plan's.
_SIZE = text("""
    SELECT count(p.id) AS live, coalesce(max(cp.position), 0) AS last
    FROM app.collection_products cp
    LEFT JOIN app.products p
      ON p.client_id = cp.client_id AND p.id = cp.product_id AND p.deleted_at IS NULL
    WHERE cp.collection_id = :collection_id
""")
_KNOWN = text("""
    SELECT p.id, EXISTS (SELECT 1 FROM app.product_images i
                         WHERE i.product_id = p.id AND i.is_primary) AS has_photo
    FROM app.products p
    WHERE p.id = ANY(CAST(:product_ids AS uuid[])) AND p.deleted_at IS NULL
""")
_ADD = text("""
    INSERT INTO app.collection_products (collection_id, product_id, position)
    SELECT :collection_id, w.id, :last + w.rank
    FROM unnest(CAST(:product_ids AS uuid[])) WITH ORDINALITY AS w(id, rank)
""")


def add_products(
    ws: Workspace, collection_id: CollectionId, product_ids: Sequence[ProductId]
) -> Added:
    """Put products into a collection, in the given order after those it has.

    Raises
    ------
    QuotaExceeded
        When the plan allows fewer products a collection; nothing is added.
    NotFound
        When the collection or one of the products is not this client's; nothing is added.
    """
    wanted = list(dict.fromkeys(product_ids))
    with ws.begin() as session:
        lock_collection(session, collection_id)
        size = session.execute(_SIZE, {"collection_id": collection_id}).one()
        inside = members(session, collection_id, wanted)
        new = [product_id for product_id in wanted if product_id not in inside]
        _check_size(session, ws, size.live + len(new))
        has_photo = _known(session, wanted)
        session.execute(
            _ADD,
            {
                "collection_id": collection_id,
                "product_ids": [str(product_id) for product_id in new],
                "last": size.last,
            },
        )
        if new:
            advance(session, collection_id, CollectionStatus.SELECTING, before=SETTLED)
    return Added(
        added=len(new),
        already=len(inside),
        without_photo=sum(not has_photo[product_id] for product_id in new),
    )


def _known(session: Session, wanted: Sequence[ProductId]) -> dict[ProductId, bool]:
    """Whether each product has a photo; all of them must exist."""
    rows = session.execute(_KNOWN, {"product_ids": [str(value) for value in wanted]})
    known = {ProductId(row.id): bool(row.has_photo) for row in rows}
    missing = len(wanted) - len(known)
    if missing:
        raise NotFound(
            f"{missing} of these {len(wanted)} products do not exist (any more). Reload the list."
        )
    return known


def _check_size(session: Session, ws: Workspace, size: int) -> None:
    most = limits_of(session, ws.client_id)[0].products_per_collection
    if size > most:
        raise QuotaExceeded(
            f"A collection of this plan holds {most} products; this would make it {size}. Choose "
            f"{size - most} fewer, or start a second collection.",
            left=max(most - size, 0),
        )


_REMOVE = text("""
    DELETE FROM app.collection_products
    WHERE collection_id = :collection_id AND product_id = ANY(CAST(:product_ids AS uuid[]))
    RETURNING 1
""")


def remove_products(
    ws: Workspace, collection_id: CollectionId, product_ids: Sequence[ProductId]
) -> int:
    """Take products out; their pictures stay. Returns how many were in it.

    Raises
    ------
    NotFound
        When this client has no such collection.
    """
    with ws.begin() as session:
        lock_collection(session, collection_id)
        removed = session.execute(
            _REMOVE,
            {
                "collection_id": collection_id,
                "product_ids": [str(product_id) for product_id in product_ids],
            },
        )
        return len(removed.all())
