"""Steering a run: pause, resume, cancel, retry what failed."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from visualizer_core.db.allowance import allowance
from visualizer_core.db.jobs import cancel_open, close_collection
from visualizer_core.domain.generation_settings import FlowGenerationSettings
from visualizer_core.domain.ids import AssetId, CollectionId
from visualizer_core.services.generation.booking import book
from visualizer_core.services.generation.opening import (
    enter_queue,
    go_on,
    lock_collection,
    revive,
    ring,
)
from visualizer_core.workspace import Workspace

__all__ = ["Cancelled", "cancel", "pause", "resume", "retry_failed"]

_PAUSE = text("""
    UPDATE app.generated_assets SET hold = 'paused', updated_at = now()
    WHERE collection_id = :collection_id AND status = 'pending' AND hold IS NULL
    RETURNING 1
""")
_RESUME = text("""
    UPDATE app.generated_assets SET hold = NULL, updated_at = now()
    WHERE collection_id = :collection_id AND status = 'pending' AND hold = 'paused'
    RETURNING 1
""")
_RUN_STATE = text("""
    UPDATE app.collections SET run_state = :run_state, updated_at = now(), version = version + 1
    WHERE id = :collection_id
""")


def pause(ws: Workspace, collection_id: CollectionId) -> int:
    """Hold every pending picture; calls under way end normally. Returns how many are held."""
    with ws.begin() as session:
        lock_collection(session, collection_id)
        where = {"collection_id": collection_id}
        session.execute(_RUN_STATE, {**where, "run_state": "paused"})
        return len(session.execute(_PAUSE, where).all())


def resume(ws: Workspace, collection_id: CollectionId) -> int:
    """Let held pictures go on. Returns how many."""
    with ws.begin() as session:
        lock_collection(session, collection_id)
        where = {"collection_id": collection_id}
        session.execute(_RUN_STATE, {**where, "run_state": "active"})
        freed = len(session.execute(_RESUME, where).all())
    ws.wake(min(freed, ws.runtime.settings.max_in_flight))
    return freed


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What a cancel came to."""

    ended: int  # pictures that will not be made
    running: int  # calls under way: they end, and a picture that arrives paid is kept


def cancel(ws: Workspace, collection_id: CollectionId) -> Cancelled:
    """End a run; finished pictures stay, no new call starts after this commits."""
    with ws.begin() as session:
        lock_collection(session, collection_id)
        session.execute(_RUN_STATE, {"collection_id": collection_id, "run_state": "cancelled"})
        ended, running = cancel_open(session, ws.client_id, collection_id)
        close_collection(session, ws.client_id, collection_id)
    ws.runtime.mirror.show_many(
        ws.app, [(job_id, {"status": "cancelled"}) for job_id in ended], final=True
    )
    return Cancelled(ended=len(ended), running=running)


_FAILED = text("""
    SELECT id, settings FROM app.generated_assets
    WHERE collection_id = :collection_id AND status = ANY(CAST(:statuses AS text[]))
      AND deleted_at IS NULL
    ORDER BY seq FOR NO KEY UPDATE
""")


def retry_failed(
    ws: Workspace,
    collection_id: CollectionId,
    *,
    cancelled_too: bool = False,
    later_too: bool = False,
) -> int:
    """Try every failed picture again, with a new attempt budget. Returns how many.

    Raises
    ------
    QuotaExceeded
        When the allowance does not suffice; nothing is changed.
    """
    statuses = ["error", "cancelled"] if cancelled_too else ["error"]
    with ws.begin() as session:
        lock_collection(session, collection_id)
        rows = session.execute(
            _FAILED, {"collection_id": collection_id, "statuses": statuses}
        ).all()
        if rows:
            go_on(session, collection_id)
        micros = [_estimate(ws, row.settings) for row in rows]
        left = allowance(session, ws.client_id)
        bookings = book(session, ws, micros, left, later_too=later_too)
        jobs = revive(session, ws, [(AssetId(row.id), {}) for row in rows], bookings)
        if rows:
            enter_queue(session, ws, collection_id)
    ring(ws, jobs)
    return len(rows)


def _estimate(ws: Workspace, stored: dict[str, Any]) -> int:
    settings = FlowGenerationSettings.model_validate(stored)
    model = ws.runtime.registry.get(settings.model)
    return model.estimate_micros(settings.image_size, settings.lane)
