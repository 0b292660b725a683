"""How fast each model may be called, for everybody, taking effect with the next call."""

from typing import Any, TypedDict, Unpack

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from visualizer_core.db.audit import record
from visualizer_core.errors import InvalidInput
from visualizer_core.ports import ModelLimits
from visualizer_core.workspace import Runtime

__all__ = ["Rates", "model_limits", "pause_model", "resume_model", "set_model_limits"]

FOREVER_DAYS = 3_650  # "until somebody resumes it", as a date every library can hold
MAX_PAUSE_MINUTES = 60 * 24 * 365
MAX_REASON_CHARS = 200  # shown in a line wherever pictures wait for it


class Rates(TypedDict, total=False):
    """What to change; None lifts a limit, what is left out stays as it is.

    ``reserved_slots`` of ``max_in_flight`` are kept for single pictures a person waits for.
    """

    requests_per_minute: float | None
    input_tokens_per_minute: float | None
    images_per_minute: float | None
    micros_per_ten_minutes: float | None
    requests_per_day: int | None
    max_in_flight: int
    reserved_slots: int


_FIELDS = tuple(Rates.__annotations__)
_READ = text("""
    SELECT model, requests_per_minute, input_tokens_per_minute, images_per_minute,
           micros_per_ten_minutes, requests_per_day, max_in_flight, reserved_slots
    FROM app.provider_limits WHERE model = :model FOR UPDATE
""")
_MAKE = text("INSERT INTO app.provider_limits (model) VALUES (:model) ON CONFLICT DO NOTHING")
_WRITE = text("""
    UPDATE app.provider_limits SET
      requests_per_minute = :requests_per_minute,
      input_tokens_per_minute = :input_tokens_per_minute,
      images_per_minute = :images_per_minute, micros_per_ten_minutes = :micros_per_ten_minutes,
      requests_per_day = :requests_per_day, max_in_flight = :max_in_flight,
      reserved_slots = :reserved_slots, updated_at = now()
    WHERE model = :model
""")


def set_model_limits(rt: Runtime, model: str, *, actor: str, **rates: Unpack[Rates]) -> None:
    """Change rates of one model.

    Raises
    ------
    InvalidInput
        When the registry does not know the model, nothing is changed, or a rate stops everything.
    """
    rt.registry.get(model)
    wanted: dict[str, Any] = dict(rates)
    if not wanted:
        raise InvalidInput(f"Say which limit of {model} to change.")
    for name, value in wanted.items():
        _check(name, value)
    with rt.begin() as session:
        before = _row(session, model)
        after = before | wanted
        if after["reserved_slots"] >= after["max_in_flight"]:
            raise InvalidInput(
                f"Of {after['max_in_flight']} calls in flight, {after['reserved_slots']} would be "
                "kept for single pictures and none left for runs. Reserve fewer or allow more."
            )
        session.execute(_WRITE, {"model": model, **after})
        changed = {name: value for name, value in after.items() if before[name] != value}
        if changed:
            _log(session, actor, "limits_set", model, {name: before[name] for name in changed},
                 changed)  # fmt: skip


def _check(name: str, value: object) -> None:
    if name == "reserved_slots":
        least, words = 0, "0 or more"
    else:
        least, words = 1e-9, "more than 0; to stop a model, pause it"
    if value is None and name not in {"max_in_flight", "reserved_slots"}:
        return
    if not isinstance(value, int | float) or value < least:
        raise InvalidInput(f"{name.replace('_', ' ')} is {words}. Got {value}.")


def _row(session: Session, model: str) -> dict[str, Any]:
    """The configured limits, locked; made from the defaults when nobody has configured any."""
    session.execute(_MAKE, {"model": model})
    row: Row[Any] = session.execute(_READ, {"model": model}).one()
    return {name: getattr(row, name) for name in _FIELDS}


_LIMITS = text("""
    SELECT requests_per_minute, input_tokens_per_minute, images_per_minute,
           micros_per_ten_minutes, requests_per_day, max_in_flight
    FROM app.provider_limits WHERE model = :model
""")


def model_limits(rt: Runtime, model: str) -> ModelLimits:
    """The limits a call of `model` has to keep now."""
    with rt.begin() as session:
        row = session.execute(_LIMITS, {"model": model}).mappings().one_or_none()
    if row is None:
        return ModelLimits(max_in_flight=rt.settings.max_in_flight)
    return ModelLimits(**row)


_PAUSE = text("""
    UPDATE app.provider_limits
    SET paused_until = now() + make_interval(mins => :minutes), paused_reason = :reason,
        updated_at = now()
    WHERE model = :model
""")
_RESUME = text("""
    UPDATE app.provider_limits SET paused_until = NULL, paused_reason = NULL, updated_at = now()
    WHERE model = :model AND paused_until > now() RETURNING 1
""")


def pause_model(
    rt: Runtime, model: str, *, actor: str, reason: str, minutes: int | None = None
) -> None:
    """Let nobody begin a call of `model`; calls under way end normally, waiting pictures wait.

    Parameters
    ----------
    reason : str
        Shown to everybody whose pictures wait for it.
    minutes : int, optional
        For how long; without it until `resume_model`.
    """
    rt.registry.get(model)
    said = " ".join(reason.split())
    if not 0 < len(said) <= MAX_REASON_CHARS:
        raise InvalidInput(f"Give a reason of 1 to {MAX_REASON_CHARS} characters; people read it.")
    if minutes is not None and not 0 < minutes <= MAX_PAUSE_MINUTES:
        raise InvalidInput(f"A pause lasts 1 to {MAX_PAUSE_MINUTES:,} minutes.")
    lasts = FOREVER_DAYS * 24 * 60 if minutes is None else minutes
    with rt.begin() as session:
        _row(session, model)
        session.execute(_PAUSE, {"model": model, "minutes": lasts, "reason": said})
        _log(session, actor, "paused", model, None, {"minutes": minutes, "reason": said})


def resume_model(rt: Runtime, model: str, *, actor: str) -> bool:
    """Let calls of `model` begin again. Returns whether it was paused."""
    rt.registry.get(model)
    with rt.begin() as session:
        resumed = session.execute(_RESUME, {"model": model}).one_or_none() is not None
        if resumed:
            _log(session, actor, "resumed", model, None, None)
    return resumed


def _log(
    session: Session,
    actor: str,
    action: str,
    model: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    record(
        session,
        client_id=None,
        actor=actor,
        action=f"model.{action}",
        subject=f"model:{model}",
        before=before,
        after=after,
    )
