"""Taking back what dead workers held."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from visualizer_core.db.jobs.ending import hand_back
from visualizer_core.db.jobs.values import HandBack, Leased, Reaped
from visualizer_core.domain.ids import AssetId, ClientId, CollectionId, LeaseToken
from visualizer_core.domain.status import Queue

__all__ = ["Dead", "expired", "reap"]


@dataclass(frozen=True, slots=True)
class Dead:
    """An asset whose worker let its lease run out.

    Attributes
    ----------
    in_doubt : bool
        A call was sent and nobody knows its outcome; never so when there is a paid answer.
    """

    product: str
    variant: int
    crashes: int
    recalls: int
    cancel_requested: bool
    in_doubt: bool


_EXPIRED = text("""
    SELECT DISTINCT client_id, collection_id FROM app.generated_assets
    WHERE status = 'generating' AND lease_until < now() ORDER BY client_id, collection_id
""")


def expired(session: Session) -> list[tuple[ClientId, CollectionId]]:
    """Collections that hold assets whose lease is over."""
    rows = session.execute(_EXPIRED)
    return [(ClientId(row.client_id), CollectionId(row.collection_id)) for row in rows]


_LOCK = text("""
    SELECT 1 FROM app.collections WHERE client_id = :client_id AND id = :collection_id
    FOR NO KEY UPDATE
""")
_DEAD = text("""
    SELECT a.id, a.job_id, a.lease_token, a.queue, a.variant, a.crashes, a.recalls,
           a.cancel_requested, p.name AS product,
           a.paid_call_id IS NULL AND EXISTS (
             SELECT 1 FROM app.provider_calls c WHERE c.client_id = a.client_id
               AND c.asset_id = a.id AND c.state = 'sent') AS in_doubt
    FROM app.generated_assets a
    JOIN app.products p ON p.client_id = a.client_id AND p.id = a.product_id
    WHERE a.client_id = :client_id AND a.collection_id = :collection_id
      AND a.status = 'generating' AND a.lease_until < now()
    ORDER BY a.seq FOR NO KEY UPDATE OF a
""")
_DOUBT = text("""
    UPDATE app.provider_calls SET state = 'unknown', charge = 'maybe', outcome = 'unknown',
           message = 'The worker stopped while this call was under way.', done_at = now()
    WHERE client_id = :client_id AND asset_id = :asset_id AND state = 'sent'
""")


def reap(
    session: Session,
    client_id: ClientId,
    collection_id: CollectionId,
    decide: Callable[[Dead], HandBack],
) -> list[Reaped]:
    """Take one collection's expired leases back; one transaction each keeps locks in order.

    Parameters
    ----------
    decide : callable
        Says what becomes of each.
    """
    where = {"client_id": client_id, "collection_id": collection_id}
    session.execute(_LOCK, where)
    reaped: list[Reaped] = []
    for row in session.execute(_DEAD, where).all():
        session.execute(_DOUBT, {"client_id": client_id, "asset_id": row.id})
        leased = Leased(
            id=AssetId(row.id),
            client_id=client_id,
            collection_id=collection_id,
            job_id=row.job_id,
            lease=LeaseToken(row.lease_token),
        )
        handed = hand_back(session, leased, decide(_dead(row)))
        if handed is not None:
            reaped.append(
                Reaped(leased.id, client_id, leased.job_id, handed.status, Queue(row.queue))
            )
    return reaped


def _dead(row: Row[Any]) -> Dead:
    return Dead(
        product=row.product,
        variant=row.variant,
        crashes=row.crashes,
        recalls=row.recalls,
        cancel_requested=row.cancel_requested,
        in_doubt=row.in_doubt,
    )
