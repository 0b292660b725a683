"""What a pull token starts: a permit first, then the next asset, fairly, then the next token."""

import time
from dataclasses import dataclass
from enum import StrEnum

from visualizer_core.db.jobs import ReadyModel, claim, ready_models
from visualizer_core.domain.outcomes import CallOutcome
from visualizer_core.domain.registry import ModelEntry
from visualizer_core.domain.status import AssetStatus, Lane, Queue
from visualizer_core.ports import CallEstimate, ModelLimits, Permit
from visualizer_core.services.generation.leases import Desk
from visualizer_core.services.generation.making import Made, make
from visualizer_core.workspace import Runtime

__all__ = ["Ran", "RanKind", "run_next"]

MAX_PERMIT_WAIT_S = 3.0  # longer than that, the thread is better used for another token
NAP_S = 1.0  # after a refusal for pace, before the token is given back


class RanKind(StrEnum):
    """What a token came to."""

    WORKED = "worked"
    IDLE = "idle"  # nothing is ready
    WAITING = "waiting"  # work is ready, but no permit is


@dataclass(frozen=True, slots=True)
class Ran:
    """One token's use."""

    kind: RanKind
    status: AssetStatus | None = None
    reason: str | None = None


def run_next(rt: Runtime, desk: Desk, queue: Queue, *, suspects: bool = False) -> Ran:
    """Make the next picture of a queue, if there is one and the provider's limits allow it.

    Parameters
    ----------
    desk : Desk
        This process, which keeps the lease alive meanwhile.
    suspects : bool
        Take only assets that took workers down before.

    Raises
    ------
    PartMissing
        When the database, Redis or storage is away; nothing is lost.
    """
    known = [entry.id for entry in rt.registry.models if entry.kind == "image"]
    with rt.begin() as session:
        ready = ready_models(
            session, queue, known, max_in_flight=rt.settings.max_in_flight, quarantine=suspects
        )
    ran = Ran(RanKind.IDLE)
    for candidate in ready:
        ran = _with_permit(rt, desk, queue, candidate, suspects=suspects)
        if ran.kind is RanKind.WORKED:
            # One token out, one token in: the chain goes on while there is work.
            rt.queue.wake(queue, 1)
            return ran
    return ran


def _limits(candidate: ReadyModel) -> ModelLimits:
    return ModelLimits(
        requests_per_minute=candidate.requests_per_minute,
        input_tokens_per_minute=candidate.input_tokens_per_minute,
        images_per_minute=candidate.images_per_minute,
        micros_per_ten_minutes=candidate.micros_per_ten_minutes,
        requests_per_day=candidate.requests_per_day,
        max_in_flight=candidate.max_in_flight,
    )


def _estimate(model: ModelEntry) -> CallEstimate:
    return CallEstimate(
        input_tokens=model.typical_prompt_tokens,
        images=1,
        cost_micros=model.estimate_micros("1K", Lane.STANDARD),
    )


def _with_permit(
    rt: Runtime, desk: Desk, queue: Queue, candidate: ReadyModel, *, suspects: bool
) -> Ran:
    model = rt.registry.get(candidate.model)
    permit = rt.limiter.acquire(
        model.id, _limits(candidate), _estimate(model), max_wait_s=MAX_PERMIT_WAIT_S
    )
    if not isinstance(permit, Permit):
        time.sleep(min(permit.retry_in_s, NAP_S))
        return Ran(RanKind.WAITING, reason=permit.reason)
    time.sleep(permit.wait_s)
    with rt.begin() as session:
        # The choice of what to make is taken at the last moment.
        asset = claim(
            session,
            queue,
            model.id,
            worker=desk.name,
            lease_s=rt.settings.lease_s,
            quarantine=suspects,
        )
    if asset is None:
        rt.limiter.refund(permit)
        return Ran(RanKind.IDLE)
    made = Made(None)
    desk.hold(asset.lease)
    try:
        rt.mirror.show(queue, asset.job_id, {"status": "generating", "progress": "5"}, final=False)
        made = make(rt.workspace(asset.client_id, actor="worker", queue=queue), asset)
    finally:
        desk.drop(asset.lease)
        _settle(rt, permit, made)
    return Ran(RanKind.WORKED, status=made.status)


def _settle(rt: Runtime, permit: Permit, made: Made) -> None:
    """Give the slot back; correct what the estimate took by what the call used."""
    if made.outcome is None:
        rt.limiter.release(permit)
        return
    rt.limiter.release(permit, used=_used(made.outcome, made.cost_micros))


def _used(outcome: CallOutcome, cost_micros: int) -> CallEstimate | None:
    if outcome.usage is None:
        return None
    return CallEstimate(
        input_tokens=outcome.usage.prompt_tokens,
        images=outcome.images_returned,
        cost_micros=cost_micros,
    )
