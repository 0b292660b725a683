"""Making one picture again: a new asset linked to the old one, ahead of bulk work."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import bindparam

from visualizer_core.db.allowance import allowance
from visualizer_core.domain.corrections import ReviewReason
from visualizer_core.domain.generation_settings import FlowGenerationSettings, SettingsOverrides
from visualizer_core.domain.ids import AssetId, new_id
from visualizer_core.domain.recipe import seed_for
from visualizer_core.domain.resolve import check_against
from visualizer_core.domain.status import Priority
from visualizer_core.errors import InvalidInput, NotFound
from visualizer_core.services.generation.booking import book
from visualizer_core.services.generation.opening import Job, enter_queue, lock_collection, ring
from visualizer_core.workspace import Workspace

__all__ = ["regenerate"]

MAX_INSTRUCTION_CHARS = 1_000  # a correction is a sentence or two; longer ones drown the product

_PARENT = text("""
    SELECT id, collection_id, product_id, inspiration_id, settings, settings_trace,
           variant
    FROM app.generated_assets WHERE id = :asset_id AND deleted_at IS NULL
""")
_CHILD = text("""
    INSERT INTO app.generated_assets (
      id, collection_id, product_id, inspiration_id, settings, settings_trace, variant, seed,
      job_id, queue, model, lane, priority, parent_id, instruction, reasons, reserved_day,
      reserved_month,
      reserved_micros)
    VALUES (
      :id, :collection_id, :product_id, :inspiration_id, :settings, :trace, :variant, :seed,
      :job_id, :queue, :model, :lane, :priority, :parent_id, :instruction, :reasons, :reserved_day,
      :reserved_month, :reserved_micros)
""").bindparams(
    bindparam("settings", type_=JSONB),
    bindparam("trace", type_=JSONB),
    bindparam("reasons", type_=JSONB),
)


_TWIN = text("""
    SELECT id, job_id FROM app.generated_assets
    WHERE collection_id = :collection_id AND parent_id = :parent_id
      AND status IN ('pending', 'generating')
      AND settings = :settings AND instruction = :instruction AND reasons = :reasons
    LIMIT 1
""").bindparams(bindparam("settings", type_=JSONB), bindparam("reasons", type_=JSONB))


def regenerate(
    ws: Workspace,
    asset_id: AssetId,
    *,
    changes: SettingsOverrides | None = None,
    instruction: str = "",
    reasons: Sequence[ReviewReason] = (),
) -> AssetId:
    """Make one picture again as a new asset linked to the old one; a person waits for it.

    Asking for the same while it is being made gives the one under way: a double click pays once.

    Parameters
    ----------
    changes : SettingsOverrides, optional
        Settings that differ from the old picture's.
    instruction : str
        What to correct, in a person's words; at most 1,000 characters.
    reasons : sequence of ReviewReason
        What was wrong; each becomes a corrective clause of the prompt.

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
        values = {"instruction": instruction.strip(), "reasons": list(dict.fromkeys(reasons))}
        job = _insert_child(session, ws, parent, changes or SettingsOverrides(), values)
        enter_queue(session, ws, parent.collection_id)
    ring(ws, [job])
    return job[0]


def _insert_child(
    session: Session,
    ws: Workspace,
    parent: Row[Any],
    changes: SettingsOverrides,
    values: dict[str, Any],
) -> Job:
    changed = changes.model_dump(exclude_none=True)
    settings = FlowGenerationSettings.model_validate({**parent.settings, **changed})
    model = ws.runtime.registry.get(settings.model)
    problems = check_against(model, settings)
    if problems:
        raise InvalidInput(f"That cannot be made like this: {' '.join(problems)}")
    stored = settings.model_dump(mode="json")
    same = {"collection_id": parent.collection_id, "parent_id": parent.id, "settings": stored}
    twin = session.execute(_TWIN, {**same, **values})
    if (under_way := twin.one_or_none()) is not None:
        return AssetId(under_way.id), under_way.job_id
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
            "settings": stored,
            "trace": {**parent.settings_trace, **dict.fromkeys(changed, "regenerate")},
            "variant": parent.variant,
            "seed": seed_for(child, 0),
            "job_id": job_id,
            "queue": ws.app,
            "model": settings.model,
            "lane": settings.lane,
            "priority": Priority.PERSON,
            "parent_id": parent.id,
            **values,
            "reserved_day": booking.day,
            "reserved_month": booking.month,
            "reserved_micros": booking.micros,
        },
    )
    return child, job_id
