"""Starting a run: everything in one transaction, then the bell."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import bindparam

from visualizer_core.db.allowance import allowance
from visualizer_core.db.plan import load_plan
from visualizer_core.domain.ids import AssetId, CollectionId, new_id
from visualizer_core.domain.recipe import seed_for
from visualizer_core.domain.status import Priority
from visualizer_core.errors import Conflict, InvalidInput
from visualizer_core.services.generation.booking import Booking, book
from visualizer_core.services.generation.drafting import (
    Draft,
    Drafts,
    RunRequest,
    Skipped,
    Wish,
    draft_run,
)
from visualizer_core.services.generation.opening import (
    Job,
    Revival,
    enter_queue,
    go_on,
    lock_collection,
    revive,
    ring,
)
from visualizer_core.workspace import Workspace

__all__ = ["Estimate", "Started", "estimate", "start"]

MAX_REQUEST_ID_CHARS = 255  # the length integrators know from payment services


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run would make and cost, before anything is spent.

    Attributes
    ----------
    pictures : int
        To be made; those that exist already are not among them.
    existing : int
        Made or under way already.
    cost_micros : int
        Expected, in millionths of a dollar.
    seconds : float
        Expected, with the configured number of calls in flight.
    generations_left : int or None
        Of today; None means no limit.
    """

    pictures: int
    existing: int
    skipped: tuple[Skipped, ...]
    cost_micros: int
    seconds: float
    generations_left: int | None
    micros_left: int | None


@dataclass(frozen=True, slots=True)
class Started:
    """What a start came to; the same request id always gives the same answer."""

    created: int
    existing: int
    later: int
    estimated_micros: int
    skipped: tuple[Skipped, ...] = ()


def estimate(
    ws: Workspace, collection_id: CollectionId, request: RunRequest | None = None
) -> Estimate:
    """Say what a run would make, skip and cost; nothing is reserved."""
    with ws.begin() as session:
        plan = load_plan(session, collection_id, analyses=False)
        drafts = draft_run(session, ws, plan, request or RunRequest())
        left = allowance(session, ws.client_id)
    slowest = max((draft.wish.model.latency_s for draft in drafts.to_make), default=0.0)
    rounds = -(-len(drafts.to_make) // ws.runtime.settings.max_in_flight)
    return Estimate(
        pictures=len(drafts.to_make),
        existing=drafts.existing,
        skipped=drafts.skipped,
        cost_micros=sum(draft.estimated_micros for draft in drafts.to_make),
        seconds=rounds * slowest,
        generations_left=left.generations_left,
        micros_left=left.micros_left,
    )


def start(
    ws: Workspace,
    collection_id: CollectionId,
    *,
    request_id: str,
    request: RunRequest | None = None,
) -> Started:
    """Reserve, insert and ring: every picture of a run becomes a pending asset in one transaction.

    Pictures that exist are left alone; failed and cancelled ones are tried again.

    Parameters
    ----------
    request_id : str
        Chosen by the caller, at most 255 characters. Double clicks and two tabs that send the
        same one start one run and get the same answer.

    Raises
    ------
    QuotaExceeded
        When today's generations or this month's budget do not suffice; nothing is started.
    InvalidInput
        When there is nothing to make, or settings the model does not offer.
    Conflict
        When the request id was used for something else.
    """
    asked = request or RunRequest()
    body_hash = asked.body_hash(collection_id)
    if not 0 < len(request_id) <= MAX_REQUEST_ID_CHARS:
        raise InvalidInput(f"A request id has 1 to {MAX_REQUEST_ID_CHARS} characters.")
    with ws.begin() as session:
        lock_collection(session, collection_id)
        earlier = _answered(session, request_id, body_hash)
        if earlier is not None:
            return earlier
        plan = load_plan(session, collection_id, analyses=False)
        drafts = draft_run(session, ws, plan, asked)
        go_on(session, collection_id)
        session.execute(_LOCK_ENDED, {"ids": [str(asset_id) for asset_id, _ in drafts.again]})
        micros = [draft.estimated_micros for draft in drafts.to_make]
        left = allowance(session, ws.client_id)
        bookings = book(session, ws, micros, left, later_too=asked.later_too)
        cut = len(drafts.fresh)
        jobs = _insert(session, ws, collection_id, drafts.fresh, bookings[:cut])
        jobs += revive(session, ws, _revivals(drafts), bookings[cut:])
        if micros:
            enter_queue(session, ws, collection_id)
        answer = Started(
            created=len(micros),
            existing=drafts.existing,
            later=sum(booking.run_after is not None for booking in bookings),
            estimated_micros=sum(micros),
            skipped=drafts.skipped,
        )
        _remember(session, request_id, body_hash, answer)
    ring(ws, jobs)
    return answer


_LOCK_ENDED = text("""
    SELECT 1 FROM app.generated_assets WHERE id = ANY(CAST(:ids AS uuid[]))
    ORDER BY seq FOR NO KEY UPDATE
""")


def _revivals(drafts: Drafts) -> list[Revival]:
    """Ended assets with what is asked for now: lane and default model may be others today."""
    return [(asset_id, _shared(draft.wish)) for asset_id, draft in drafts.again]


_STARTED = TypeAdapter(Started)

_ANSWERED = text("SELECT body_hash, response FROM app.idempotency_keys WHERE key = :key")
_REMEMBER = text("""
    INSERT INTO app.idempotency_keys (key, body_hash, response) VALUES (:key, :body_hash, :answer)
    ON CONFLICT DO NOTHING RETURNING 1
""").bindparams(bindparam("answer", type_=JSONB))


def _answered(session: Session, request_id: str, body_hash: str) -> Started | None:
    row = session.execute(_ANSWERED, {"key": request_id}).one_or_none()
    if row is None:
        return None
    if row.body_hash != body_hash:
        raise _used_before(request_id)
    return _STARTED.validate_python(row.response)


def _used_before(request_id: str) -> Conflict:
    return Conflict(f"Request id “{request_id}” was used for a different run before.")


def _remember(session: Session, request_id: str, body_hash: str, answer: Started) -> None:
    stored = _STARTED.dump_python(answer, mode="json")
    values = {"key": request_id, "body_hash": body_hash, "answer": stored}
    if session.execute(_REMEMBER, values).one_or_none() is None:
        # Of this collection it would have been seen above: another one's start was quicker.
        raise _used_before(request_id)


# One parameter for any number of rows, and what rows share sent once: about ten times quicker
# than a multi-row VALUES.
_INSERT = text("""
    WITH wishes AS MATERIALIZED (
      SELECT w.n - 1 AS n, w.wish -> 'settings' AS settings, w.wish -> 'trace' AS trace,
             w.wish ->> 'model' AS model, w.wish ->> 'lane' AS lane
      FROM jsonb_array_elements(:wishes) WITH ORDINALITY AS w(wish, n)
    )
    INSERT INTO app.generated_assets (
      id, collection_id, product_id, inspiration_id, settings, settings_trace, variant, slot, seed,
      job_id, queue, model, lane, priority, run_after, reserved_day, reserved_month,
      reserved_micros)
    SELECT r.id, :collection_id, r.product_id, r.inspiration_id, w.settings, w.trace, r.variant,
           r.slot, r.seed, r.job_id, :queue, w.model, w.lane, :priority,
           coalesce(r.run_after, now()), r.reserved_day, r.reserved_month, r.reserved_micros
    FROM jsonb_to_recordset(:rows) AS r(
      id uuid, product_id uuid, inspiration_id uuid, wish int, variant int, slot text, seed bigint,
      job_id text, run_after timestamptz, reserved_day date, reserved_month date,
      reserved_micros bigint)
    JOIN wishes w ON w.n = r.wish
""").bindparams(bindparam("rows", type_=JSONB), bindparam("wishes", type_=JSONB))


def _insert(
    session: Session,
    ws: Workspace,
    collection_id: CollectionId,
    drafts: Sequence[Draft],
    bookings: Sequence[Booking],
) -> list[Job]:
    if not drafts:
        return []
    wishes = {id(draft.wish): draft.wish for draft in drafts}
    numbers = {identity: number for number, identity in enumerate(wishes)}
    rows = [
        _row(draft, booking, numbers[id(draft.wish)])
        for draft, booking in zip(drafts, bookings, strict=True)
    ]
    session.execute(
        _INSERT,
        {
            "collection_id": collection_id,
            "queue": ws.app,
            "priority": Priority.BULK,
            "rows": rows,
            "wishes": [_shared(wish) for wish in wishes.values()],
        },
    )
    return [(AssetId(UUID(row["id"])), row["job_id"]) for row in rows if row["run_after"] is None]


def _shared(wish: Wish) -> dict[str, Any]:
    return {
        "settings": wish.settings.model_dump(mode="json"),
        "trace": wish.trace,
        "model": wish.model.id,
        "lane": wish.settings.lane,
    }


def _row(draft: Draft, booking: Booking, wish: int) -> dict[str, Any]:
    asset_id = new_id()
    return {
        "id": str(asset_id),
        "product_id": str(draft.product.id),
        "inspiration_id": None if draft.product.scene_id is None else str(draft.product.scene_id),
        "wish": wish,
        "variant": draft.variant,
        "slot": draft.slot,
        "seed": seed_for(asset_id, 0),
        "job_id": str(new_id()),
        **booking.columns(),
    }
