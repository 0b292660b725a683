"""What starting, retrying and regenerating share: lock, revive, enter the queue, ring."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import bindparam

from visualizer_core.domain.ids import AssetId, CollectionId
from visualizer_core.domain.status import CollectionStatus
from visualizer_core.errors import NotFound
from visualizer_core.services.generation.booking import Booking
from visualizer_core.workspace import Workspace

__all__ = ["Job", "Revival", "enter_queue", "go_on", "lock_collection", "revive", "ring"]

Job = tuple[AssetId, str]
"""An asset and its job id."""

_LOCK = text("""
    SELECT 1 FROM app.collections WHERE id = :collection_id AND deleted_at IS NULL
    FOR NO KEY UPDATE
""")


def lock_collection(session: Session, collection_id: CollectionId) -> None:
    """Make every other change to this collection's run wait.

    Raises
    ------
    NotFound
        When this client has no such collection.
    """
    if session.execute(_LOCK, {"collection_id": collection_id}).one_or_none() is None:
        raise NotFound("There is no such collection. It may have been deleted.")


_REVIVE = text("""
    UPDATE app.generated_assets a SET
      status = 'pending', attempts = 0, deferrals = 0, crashes = 0, recalls = 0, progress = 0,
      hold = NULL, cancel_requested = false, error_code = NULL, error_message = NULL,
      run_after = coalesce(r.run_after, now()), reserved_day = r.reserved_day,
      reserved_month = r.reserved_month, reserved_micros = r.reserved_micros, queue = :queue,
      settings = coalesce(r.settings, a.settings),
      settings_trace = coalesce(r.trace, a.settings_trace), model = coalesce(r.model, a.model),
      lane = coalesce(r.lane, a.lane), updated_at = now()
    FROM jsonb_to_recordset(:rows) AS r(
      id uuid, run_after timestamptz, reserved_day date, reserved_month date,
      reserved_micros bigint, settings jsonb, trace jsonb, model text, lane text)
    WHERE a.id = r.id AND a.status IN ('error', 'cancelled')
    RETURNING a.id, a.job_id, r.run_after
""").bindparams(bindparam("rows", type_=JSONB))


Revival = tuple[AssetId, Mapping[str, Any]]
"""An ended asset, and columns that differ this time: settings, trace, model, lane."""


def revive(
    session: Session, ws: Workspace, revivals: Sequence[Revival], bookings: Sequence[Booking]
) -> list[Job]:
    """Open ended assets again, with a new attempt budget; returns those that may run now."""
    if not revivals:
        return []
    rows = [
        {"id": str(asset_id), **columns, **booking.columns()}
        for (asset_id, columns), booking in zip(revivals, bookings, strict=True)
    ]
    revived = session.execute(_REVIVE, {"rows": rows, "queue": ws.app})
    return [(AssetId(row.id), row.job_id) for row in revived if row.run_after is None]


_FAIR_SHARE = text("""
    INSERT INTO app.fair_shares (queue, client_id, weight)
    SELECT :queue, id, weight FROM app.clients WHERE id = :client_id
    ON CONFLICT (queue, client_id) DO UPDATE SET weight = excluded.weight
""")
_GENERATING = text("""
    UPDATE app.collections SET status = :status, completed_at = NULL,
           run_state = CASE run_state WHEN 'paused' THEN 'paused' ELSE 'active' END,
           updated_at = now(), version = version + 1
    WHERE id = :collection_id
""")
_ACTIVE = text("UPDATE app.collections SET run_state = 'active' WHERE id = :collection_id")
_FREE = text("""
    UPDATE app.generated_assets SET hold = NULL, updated_at = now()
    WHERE collection_id = :collection_id AND status = 'pending' AND hold = 'paused'
""")
_WANTED_AGAIN = text("""
    UPDATE app.generated_assets SET cancel_requested = false, updated_at = now()
    WHERE collection_id = :collection_id AND status = 'generating' AND cancel_requested
""")


def go_on(session: Session, collection_id: UUID) -> None:
    """Take a pause or a cancel of the run back: somebody wants its pictures after all.

    Before anything is booked, so that locks are taken in the order of `db.jobs.ending`.
    """
    for statement in (_ACTIVE, _FREE, _WANTED_AGAIN):
        session.execute(statement, {"collection_id": collection_id})


def enter_queue(session: Session, ws: Workspace, collection_id: UUID) -> None:
    """Put the client on the fair scheduler's list and the collection into its run.

    A pause stays a pause: who wants it over calls `go_on`.
    """
    session.execute(_FAIR_SHARE, {"queue": ws.app, "client_id": ws.client_id})
    session.execute(
        _GENERATING, {"collection_id": collection_id, "status": CollectionStatus.GENERATING}
    )


def ring(ws: Workspace, jobs: Sequence[Job]) -> None:
    """Show the jobs to readers of Redis and wake workers; call it after the commit."""
    if not jobs:
        return
    ws.runtime.mirror.show_many(
        ws.app,
        [
            (
                job_id,
                {
                    "assetId": str(asset_id),
                    "clientId": str(ws.client_id),
                    "status": "pending",
                    "progress": "0",
                },
            )
            for asset_id, job_id in jobs
        ],
        final=False,
    )
    ws.wake(min(len(jobs), ws.runtime.settings.max_in_flight))
