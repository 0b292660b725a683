"""Steering a run: pause, resume, cancel, retry what failed, regenerate one picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import bindparam
from visualizer_core.domain.recipe import seed_for

from visualizer_core.db.allowance import allowance
from visualizer_core.db.jobs import cancel_open, close_collection
from visualizer_core.domain.generation_settings import FlowGenerationSettings, SettingsOverrides
from visualizer_core.domain.ids import AssetId, CollectionId, new_id
from visualizer_core.domain.resolve import check_against
from visualizer_core.domain.status import Priority
from visualizer_core.errors import InvalidInput, NotFound
from visualizer_core.services.generation.booking import book
from visualizer_core.services.generation.opening import enter_queue, lock_collection, revive, ring
from visualizer_core.workspace import Workspace

__all__ = ["Cancelled", "cancel", "pause", "regenerate", "resume", "retry_failed"]

MAX_INSTRUCTION_CHARS = 1_000  # a correction is a sentence or two; longer ones drown the product

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
    ORDER BY seq
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
        micros = [_estimate(ws, row.settings) for row in rows]
        left = allowance(session, ws.client_id)
        bookings = book(session, ws, micros, left, later_too=later_too)
        jobs = revive(session, ws, [AssetId(row.id) for row in rows], bookings)
        if rows:
            enter_queue(session, ws, collection_id)
    ring(ws, jobs)
    return len(rows)


def _estimate(ws: Workspace, stored: dict[str, Any]) -> int:
    settings = FlowGenerationSettings.model_validate(stored)
    model = ws.runtime.registry.get(settings.model)
    return model.estimate_micros(settings.image_size, settings.lane)


_PARENT = text("""
    SELECT id, collection_id, product_id, inspiration_id, settings, settings_trace, variant
    FROM app.generated_assets WHERE id = :asset_id AND deleted_at IS NULL
""")
_CHILD = text("""
    INSERT INTO app.generated_assets (
      id, collection_id, product_id, inspiration_id, settings, settings_trace, variant, seed,
      job_id, queue, model, lane, priority, parent_id, instruction, reserved_day, reserved_month,
      reserved_micros)
    VALUES (
      :id, :collection_id, :product_id, :inspiration_id, :settings, :trace, :variant, :seed,
      :job_id, :queue, :model, :lane, :priority, :parent_id, :instruction, :reserved_day,
      :reserved_month, :reserved_micros)
""").bindparams(bindparam("settings", type_=JSONB), bindparam("trace", type_=JSONB))


def regenerate(
    ws: Workspace,
    asset_id: AssetId,
    *,
    changes: SettingsOverrides | None = None,
    instruction: str = "",
    reasons: Sequence[str] = (),
) -> AssetId:
    """Make one picture again as a new asset linked to the old one; a person waits for it.

    Parameters
    ----------
    changes : SettingsOverrides, optional
        Settings that differ from the old picture's.
    instruction : str
        What to correct, in a person's words; at most 1,000 characters.
    reasons : sequence of str
        Review reason codes; each becomes a corrective clause of the prompt.

    Raises
    ------
    NotFound, InvalidInput, QuotaExceeded
    """
    if len(instruction) > MAX_INSTRUCTION_CHARS:
        raise InvalidInput(f"An instruction has at most {MAX_INSTRUCTION_CHARS} characters.")
    with ws.begin() as session:
        parent = session.execute(_PARENT, {"asset_id": asset_id}).one_or_none()
        if parent is None:
            raise NotFound("There is no such picture. It may have been deleted.")
        lock_collection(session, parent.collection_id)
        job = _insert_child(
            session,
            ws,
            parent,
            changes or SettingsOverrides(),
            "\n".join([*(f"[{code}]" for code in reasons), instruction]).strip(),
        )
        enter_queue(session, ws, parent.collection_id)
    ring(ws, [job])
    return job[0]


def _insert_child(
    session: Session, ws: Workspace, parent: Any, changes: SettingsOverrides, instruction: str
) -> tuple[AssetId, str]:
    changed = changes.model_dump(exclude_none=True)
    settings = FlowGenerationSettings.model_validate({**parent.settings, **changed})
    model = ws.runtime.registry.get(settings.model)
    problems = check_against(model, settings)
    if problems:
        raise InvalidInput(f"That cannot be made like this: {' '.join(problems)}")
    micros = model.estimate_micros(settings.image_size, settings.lane)
    [booking] = book(session, ws, [micros], allowance(session, ws.client_id))
    child, job_id = AssetId(new_id()), str(new_id())
    session.execute(
        _CHILD,
        {
            "id": child,
            "collection_id": parent.collection_id,
            "product_id": parent.product_id,
            "inspiration_id": parent.inspiration_id,
            "settings": settings.model_dump(mode="json"),
            "trace": {**parent.settings_trace, **dict.fromkeys(changed, "regenerate")},
            "variant": parent.variant,
            "seed": seed_for(child, 0),
            "job_id": job_id,
            "queue": ws.app,
            "model": settings.model,
            "lane": settings.lane,
            "priority": Priority.PERSON,
            "parent_id": parent.id,
            "instruction": instruction,
            "reserved_day": booking.day,
            "reserved_month": booking.month,
            "reserved_micros": booking.micros,
        },
    )
    return child, job_id
