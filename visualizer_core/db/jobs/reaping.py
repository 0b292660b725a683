"""Taking back what dead workers held."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from visualizer_core.db.jobs.ending import close_collection
from visualizer_core.db.jobs.values import Reaped
from visualizer_core.domain.ids import AssetId, ClientId, CollectionId
from visualizer_core.domain.status import AssetStatus, Queue

__all__ = ["MAX_CRASHES", "MAX_RECALLS", "expired", "reap"]

MAX_CRASHES = 3  # a picture that took three workers down with it is poison
MAX_RECALLS = 1  # automatic second calls after an unknown outcome; it is the only way to pay twice
CRASH_DELAY_S = 5.0  # base of the jittered pause before a crashed asset is tried again

_REAP = text("""
    WITH locked AS MATERIALIZED (
      SELECT client_id, id, run_state FROM app.collections
      WHERE client_id = :client_id AND id = :collection_id FOR NO KEY UPDATE
    ), dead AS (
      SELECT a.id, a.client_id, locked.run_state,
             EXISTS (SELECT 1 FROM app.provider_calls p WHERE p.client_id = a.client_id
                     AND p.asset_id = a.id AND p.state = 'sent') AS in_doubt
      FROM app.generated_assets a
      JOIN locked ON locked.client_id = a.client_id AND locked.id = a.collection_id
      WHERE a.status = 'generating' AND a.lease_until < now()
      FOR UPDATE OF a
    ), doubted AS (
      UPDATE app.provider_calls p SET state = 'unknown', charge = 'maybe', outcome = 'unknown',
             message = 'The worker stopped while this call was under way.', done_at = now()
      FROM dead WHERE dead.in_doubt AND p.client_id = dead.client_id AND p.asset_id = dead.id
        AND p.state = 'sent'
    ), back AS (
      UPDATE app.generated_assets a SET
        crashes = a.crashes + 1,
        recalls = a.recalls + (dead.in_doubt AND a.paid_call_id IS NULL)::int,
        status = CASE
          WHEN a.cancel_requested AND a.paid_call_id IS NULL THEN 'cancelled'
          WHEN a.crashes + 1 >= :max_crashes THEN 'error'
          WHEN dead.in_doubt AND a.paid_call_id IS NULL AND a.recalls >= :max_recalls THEN 'error'
          ELSE 'pending' END,
        error_code = CASE
          WHEN a.crashes + 1 >= :max_crashes THEN 'poison'
          WHEN dead.in_doubt AND a.paid_call_id IS NULL AND a.recalls >= :max_recalls
            THEN 'outcome_unknown' END,
        error_message = CASE
          WHEN a.crashes + 1 >= :max_crashes THEN
            'This picture stopped the program three times. Try another photo or other settings.'
          WHEN dead.in_doubt AND a.paid_call_id IS NULL AND a.recalls >= :max_recalls THEN
            'Nobody knows whether the last call was charged. Retry it if you accept that.' END,
        hold = CASE WHEN dead.run_state = 'paused' THEN 'paused' END,
        run_after = now() + make_interval(secs =>
          CASE WHEN dead.in_doubt AND a.paid_call_id IS NULL THEN :doubt_s
               ELSE :crash_s * (0.5 + random()) END),
        progress = 0, updated_at = now(),
        lease_token = NULL, lease_until = NULL, leased_by = NULL
      FROM dead WHERE a.client_id = dead.client_id AND a.id = dead.id
      RETURNING a.id AS asset_id, a.client_id, a.collection_id, a.job_id, a.status, a.queue,
                a.reserved_day, a.reserved_month, a.reserved_micros, a.cost_micros
    ), unused AS (
      UPDATE app.usage_days u SET reserved = u.reserved - e.n
      FROM (SELECT client_id, reserved_day, count(*) AS n FROM back
            WHERE status <> 'pending' GROUP BY 1, 2) e
      WHERE u.client_id = e.client_id AND u.day = e.reserved_day
    ), unspent AS (
      UPDATE app.budget_months b SET reserved_micros = b.reserved_micros - e.reserved,
             used_micros = b.used_micros + e.spent
      FROM (SELECT client_id, reserved_month, sum(reserved_micros) AS reserved,
                   sum(cost_micros) AS spent FROM back
            WHERE status <> 'pending' GROUP BY 1, 2) e
      WHERE b.client_id = e.client_id AND b.month = e.reserved_month
    )
    SELECT asset_id, client_id, collection_id, job_id, status, queue FROM back
""")


_EXPIRED = text("""
    SELECT DISTINCT client_id, collection_id FROM app.generated_assets
    WHERE status = 'generating' AND lease_until < now() ORDER BY client_id, collection_id
""")


def expired(session: Session) -> list[tuple[ClientId, CollectionId]]:
    """Collections that hold assets whose lease is over."""
    rows = session.execute(_EXPIRED)
    return [(ClientId(row.client_id), CollectionId(row.collection_id)) for row in rows]


def reap(
    session: Session, client_id: ClientId, collection_id: CollectionId, *, doubt_s: float
) -> list[Reaped]:
    """Take one collection's expired leases back; one transaction each keeps locks in order.

    Parameters
    ----------
    doubt_s : float
        Seconds to wait before a call whose outcome nobody knows may be made again, so that a
        frozen worker's answer is adopted instead of paid twice.
    """
    rows = session.execute(
        _REAP,
        {
            "client_id": client_id,
            "collection_id": collection_id,
            "max_crashes": MAX_CRASHES,
            "max_recalls": MAX_RECALLS,
            "doubt_s": doubt_s,
            "crash_s": CRASH_DELAY_S,
        },
    ).mappings()
    reaped = [
        Reaped(
            asset_id=AssetId(row["asset_id"]),
            client_id=ClientId(row["client_id"]),
            collection_id=CollectionId(row["collection_id"]),
            job_id=row["job_id"],
            status=AssetStatus(row["status"]),
            queue=Queue(row["queue"]),
        )
        for row in rows
    ]
    close_collection(session, client_id, collection_id)
    return reaped
