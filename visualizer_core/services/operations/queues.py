"""What waits, what runs, and what holds it up: all clients together."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from visualizer_core.domain.status import Queue
from visualizer_core.ports import ModelLimits
from visualizer_core.services.operations.limits import model_limits
from visualizer_core.workspace import Runtime

__all__ = ["ModelLine", "QueueLine", "QueueState", "queue_state"]


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One queue; all but `tokens` count pictures.

    Attributes
    ----------
    tokens : int
        Wake-ups in Redis; as many as work that is ready, up to what may be in flight.
    later : int
        Waiting for another try, or for tomorrow's allowance.
    held : int
        Paused by their people.
    oldest_ready_s : float or None
        How long the oldest ready picture has been waiting.
    """

    queue: Queue
    tokens: int
    ready: int
    generating: int
    later: int
    held: int
    oldest_ready_s: float | None


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One model, as the limiter and the operator have it.

    Attributes
    ----------
    cooldown_s : float
        Seconds until calls may begin again, after the provider asked to slow down.
    factor : float
        Share of the configured rates in use, lowered after refusals (0-1).
    paused_until : datetime or None
        By an operator, or because the provider refuses every call.
    """

    model: str
    limits: ModelLimits
    in_flight: int
    cooldown_s: float
    factor: float
    paused_until: datetime | None
    paused_reason: str | None


@dataclass(frozen=True, slots=True)
class QueueState:
    """Everything at one moment."""

    queues: tuple[QueueLine, ...]
    models: tuple[ModelLine, ...]


_COUNTS = text("""
    SELECT queue,
           count(*) FILTER (WHERE status = 'pending' AND hold IS NULL AND run_after <= now())
             AS ready,
           count(*) FILTER (WHERE status = 'generating') AS generating,
           count(*) FILTER (WHERE status = 'pending' AND hold IS NULL AND run_after > now())
             AS later,
           count(*) FILTER (WHERE status = 'pending' AND hold IS NOT NULL) AS held,
           extract(epoch FROM now() - min(greatest(created_at, run_after))
             FILTER (WHERE status = 'pending' AND hold IS NULL AND run_after <= now()))
             ::double precision AS oldest_ready_s
    FROM app.generated_assets WHERE status IN ('pending', 'generating') GROUP BY queue
""")
_PAUSES = text("""
    SELECT model, paused_until, paused_reason FROM app.provider_limits WHERE paused_until > now()
""")


def queue_state(rt: Runtime) -> QueueState:
    """Read what waits and why.

    Raises
    ------
    PartMissing
        When the database or Redis is away.
    """
    with rt.begin() as session:
        counts = {row.queue: row for row in session.execute(_COUNTS)}
        pauses = {row.model: row for row in session.execute(_PAUSES)}
    return QueueState(
        queues=tuple(_queue(rt, queue, counts.get(queue.value)) for queue in Queue),
        models=tuple(_model(rt, entry.id, pauses.get(entry.id)) for entry in rt.registry.models),
    )


def _queue(rt: Runtime, queue: Queue, row: Row[Any] | None) -> QueueLine:
    tokens = rt.queue.waiting(queue)
    if row is None:
        return QueueLine(queue, tokens, 0, 0, 0, 0, None)
    return QueueLine(
        queue, tokens, row.ready, row.generating, row.later, row.held, row.oldest_ready_s
    )


def _model(rt: Runtime, model: str, pause: Row[Any] | None) -> ModelLine:
    state = rt.limiter.state(model)
    return ModelLine(
        model=model,
        limits=model_limits(rt, model),
        in_flight=int(state.get("in_flight", 0)),
        cooldown_s=state.get("cooldown_s", 0.0),
        factor=state.get("factor", 1.0),
        paused_until=None if pause is None else pause.paused_until,
        paused_reason=None if pause is None else pause.paused_reason,
    )
