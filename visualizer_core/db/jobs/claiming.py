"""Finding and taking work: what is ready, the fair claim, the heartbeat."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from visualizer_core.db.jobs.values import ClaimedAsset, ReadyModel
from visualizer_core.domain.ids import LeaseToken
from visualizer_core.domain.status import Queue

__all__ = ["claim", "count_ready", "count_running", "ready_models", "renew"]

_READY_MODELS = text("""
    SELECT m.model, l.requests_per_minute, l.input_tokens_per_minute, l.images_per_minute,
           l.micros_per_ten_minutes, l.requests_per_day, coalesce(l.max_in_flight, :fallback)
             AS max_in_flight
    FROM unnest(CAST(:models AS text[])) WITH ORDINALITY AS m(model, rank)
    LEFT JOIN app.provider_limits l ON l.model = m.model
    WHERE (l.paused_until IS NULL OR l.paused_until <= now())
      AND EXISTS (SELECT 1 FROM app.generated_assets a
                  WHERE a.queue = :queue AND a.model = m.model AND a.status = 'pending'
                    AND a.hold IS NULL AND a.run_after <= now()
                    AND (a.crashes >= 2) = :quarantine)
    ORDER BY m.rank
""")


def ready_models(
    session: Session,
    queue: Queue,
    models: Sequence[str],
    *,
    max_in_flight: int,
    quarantine: bool = False,
) -> list[ReadyModel]:
    """Models of `models` with work that could be claimed now, in that order."""
    rows = session.execute(
        _READY_MODELS,
        {
            "queue": queue,
            "models": list(models),
            "fallback": max_in_flight,
            "quarantine": quarantine,
        },
    ).mappings()
    return [ReadyModel(**row) for row in rows]


_CLAIM = text("""
    SELECT id, client_id, collection_id, product_id, inspiration_id, job_id, lease_token AS lease,
           model, lane, settings, seed, variant,
           instruction, reasons, hint, parent_id, attempts, deferrals,
           crashes, recalls, paid_call_id, reserved_month, reserved_micros
    FROM app.claim_asset(:queue, :model, :worker, :lease_s, :quarantine)
""")


def claim(
    session: Session,
    queue: Queue,
    model: str,
    *,
    worker: str,
    lease_s: float,
    quarantine: bool = False,
) -> ClaimedAsset | None:
    """Take the next asset, fairly; None when nothing may be taken now."""
    row = (
        session.execute(
            _CLAIM,
            {
                "queue": queue,
                "model": model,
                "worker": worker,
                "lease_s": lease_s,
                "quarantine": quarantine,
            },
        )
        .mappings()
        .one_or_none()
    )
    return None if row is None else ClaimedAsset(**row)


_RENEW = text("""
    UPDATE app.generated_assets a SET lease_until = now() + make_interval(secs => :lease_s)
    FROM (SELECT client_id, id FROM app.generated_assets
          WHERE lease_token = ANY(CAST(:leases AS uuid[])) AND status = 'generating'
          ORDER BY seq FOR NO KEY UPDATE) mine
    WHERE a.client_id = mine.client_id AND a.id = mine.id
    RETURNING a.lease_token, a.cancel_requested
""")


def renew(
    session: Session, leases: Sequence[LeaseToken], *, lease_s: float
) -> dict[LeaseToken, bool]:
    """Renew leases; those still held, each with whether a cancel was asked for."""
    rows = session.execute(_RENEW, {"leases": [str(x) for x in leases], "lease_s": lease_s})
    return {LeaseToken(row.lease_token): row.cancel_requested for row in rows}


_COUNT_READY = text("""
    SELECT count(*) FROM (
      SELECT 1 FROM app.generated_assets
      WHERE queue = :queue AND status = 'pending' AND hold IS NULL AND run_after <= now()
        AND crashes < 2
      LIMIT :most) ready
""")
# A statement of its own: only in these words does the index of suspects serve, which is nearly
# always empty; otherwise every tick would walk through all that is pending.
_COUNT_SUSPECTS = text("""
    SELECT count(*) FROM (
      SELECT 1 FROM app.generated_assets
      WHERE queue = :queue AND status = 'pending' AND hold IS NULL AND run_after <= now()
        AND crashes >= 2
      LIMIT :most) ready
""")
_COUNT_RUNNING = text(
    "SELECT count(*) FROM app.generated_assets WHERE status = 'generating' AND queue = :queue"
)


def count_ready(session: Session, queue: Queue, *, most: int, quarantine: bool = False) -> int:
    """How many assets of a queue could be claimed now, counted up to `most`."""
    which = _COUNT_SUSPECTS if quarantine else _COUNT_READY
    return session.execute(which, {"queue": queue, "most": most}).scalar_one()


def count_running(session: Session, queue: Queue) -> int:
    """How many assets of a queue are being made now."""
    return session.execute(_COUNT_RUNNING, {"queue": queue}).scalar_one()
