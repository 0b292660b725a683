"""The control tick: take back what dead workers held, and ring where work is waiting.

Wipe Redis at any moment and the next tick refills it; kill any worker and its work comes back.
"""

import logging
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from visualizer_core.db.jobs import (
    Reaped,
    close_collection,
    count_ready,
    count_running,
    expired,
    reap,
)
from visualizer_core.domain.ids import ClientId, CollectionId
from visualizer_core.domain.status import AssetStatus, Queue
from visualizer_core.services.generation.handling import after_crash
from visualizer_core.workspace import Runtime

__all__ = ["Tick", "clean", "heartbeat", "tick"]

STALE_CALL_S = 900.0  # no call lasts longer; a ledger row still open by then was lost in a crash
IDEMPOTENCY_HOURS = 48  # long enough for any client's retries, short enough to stay small
RAW_DAYS = 30  # how long a provider's answer can be looked at
WORKER_MINUTES = 60  # a worker not seen for this long is forgotten

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tick:
    """What one control tick did.

    Attributes
    ----------
    reaped : int
        Leases taken back.
    rung : mapping of Queue to int
        Pull tokens minted.
    suspects : mapping of Queue to int
        Assets waiting for quarantine.
    """

    reaped: int
    rung: Mapping[Queue, int]
    suspects: Mapping[Queue, int]


def tick(rt: Runtime) -> Tick:
    """Reap, close what is done, and mint tokens where ready work exceeds tokens + work in flight.

    Raises
    ------
    PartMissing
        When the database or Redis is away; the next tick does it.
    """
    reaped = _reap(rt)
    _close_finished(rt)
    rung: dict[Queue, int] = {}
    suspects: dict[Queue, int] = {}
    for queue in Queue:
        rung[queue], suspects[queue] = _ring(rt, queue)
    return Tick(reaped=reaped, rung=rung, suspects=suspects)


@contextmanager
def _alone(what: str) -> Generator[None]:
    """Keep what is wrong with one collection from stopping the care for all others."""
    try:
        yield
    except SQLAlchemyError:
        log.exception("%s failed; it is tried again at the next tick", what)


def _reap(rt: Runtime) -> int:
    with rt.begin() as session:
        places = expired(session)
    count = 0
    for client_id, collection_id in places:
        taken: list[Reaped] = []
        with _alone(f"taking back collection {collection_id}"), rt.begin() as session:
            taken = reap(session, client_id, collection_id, after_crash)
        count += len(taken)
        for asset in taken:
            log.warning("asset %s was taken back from a dead worker", asset.asset_id)
            final = asset.status is not AssetStatus.PENDING
            rt.mirror.show(asset.queue, asset.job_id, {"status": asset.status}, final=final)
    return count


# A second net under `jobs.close_collection`: a collection's status always becomes true.
_OPEN_FOR_NOTHING = text("""
    SELECT c.client_id, c.id FROM app.collections c
    WHERE c.status = 'generating' AND c.updated_at < now() - interval '10 seconds'
      AND NOT EXISTS (SELECT 1 FROM app.generated_assets a
                      WHERE a.client_id = c.client_id AND a.collection_id = c.id
                        AND a.status IN ('pending', 'generating'))
    LIMIT 100
""")
_LOCK = text("""
    SELECT 1 FROM app.collections WHERE client_id = :client_id AND id = :id FOR NO KEY UPDATE
""")


def _close_finished(rt: Runtime) -> None:
    with rt.begin() as session:
        rows = session.execute(_OPEN_FOR_NOTHING).all()
    for row in rows:
        with _alone(f"closing collection {row.id}"), rt.begin() as session:
            session.execute(_LOCK, {"client_id": row.client_id, "id": row.id})
            close_collection(session, ClientId(row.client_id), CollectionId(row.id))


def _ring(rt: Runtime, queue: Queue) -> tuple[int, int]:
    most = rt.settings.max_in_flight
    with rt.begin() as session:
        ready = count_ready(session, queue, most=most)
        running = count_running(session, queue)
        suspects = count_ready(session, queue, most=1, quarantine=True)
    wanted = min(ready, most - running) - rt.queue.waiting(queue)
    if wanted > 0:
        rt.queue.wake(queue, wanted)
    return max(wanted, 0), suspects


_CLEAN = (
    text("""
        UPDATE app.provider_calls p SET state = 'unknown', charge = 'maybe', outcome = 'unknown',
               message = 'The program stopped while this call was under way.', done_at = now()
        WHERE state = 'sent' AND sent_at < now() - make_interval(secs => :stale_call_s)
          AND NOT EXISTS (SELECT 1 FROM app.generated_assets a
                          WHERE a.client_id = p.client_id AND a.id = p.asset_id
                            AND a.lease_token = p.lease_token)
    """).bindparams(stale_call_s=STALE_CALL_S),
    text("""
        DELETE FROM app.idempotency_keys WHERE created_at < now() - make_interval(hours => :hours)
    """).bindparams(hours=IDEMPOTENCY_HOURS),
    text("""
        DELETE FROM app.workers WHERE seen_at < now() - make_interval(mins => :minutes)
    """).bindparams(minutes=WORKER_MINUTES),
)


# Answers are kept for disputes and repairs, not for ever; the pictures among them stay.
_OLD_ANSWERS = text("""
    SELECT client_id, id, raw_key FROM app.provider_calls
    WHERE raw_key IS NOT NULL AND done_at < now() - make_interval(days => :days)
    ORDER BY done_at LIMIT 500
""")
_FORGET_ANSWERS = text("""
    UPDATE app.provider_calls SET raw_key = NULL WHERE id = ANY(CAST(:ids AS uuid[]))
""")


def _forget_answers(rt: Runtime) -> None:
    with rt.begin() as session:
        old = session.execute(_OLD_ANSWERS, {"days": RAW_DAYS}).all()
    if old:
        rt.store.delete([row.raw_key for row in old])
        with rt.begin() as session:
            session.execute(_FORGET_ANSWERS, {"ids": [str(row.id) for row in old]})


_ENSURE_LIMITS = text("""
    INSERT INTO app.provider_limits (model, max_in_flight)
    SELECT m, :most FROM unnest(CAST(:models AS text[])) AS m
    ON CONFLICT (model) DO NOTHING
""")


def clean(rt: Runtime) -> None:
    """Close calls nobody will close, and forget what is past its time; run it every few minutes.

    Models nobody configured get a row of limits from the settings, so that the claim, the pace
    and the screens read the same figures.
    """
    models = [entry.id for entry in rt.registry.models]
    with rt.begin() as session:
        session.execute(_ENSURE_LIMITS, {"models": models, "most": rt.settings.max_in_flight})
    for statement in _CLEAN:
        with rt.begin() as session:
            session.execute(statement)
    _forget_answers(rt)


_HEARTBEAT = text("""
    INSERT INTO app.workers (id, role, version) VALUES (:id, :role, :version)
    ON CONFLICT (id) DO UPDATE SET seen_at = now()
""")


def heartbeat(rt: Runtime, worker: str, role: str, version: str) -> None:
    """Say that a worker process is alive."""
    with rt.begin() as session:
        session.execute(_HEARTBEAT, {"id": worker, "role": role, "version": version})
