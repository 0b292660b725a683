"""What a pull token starts: a permit first, then the next asset, fairly, then the next token."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from visualizer_core.db.jobs import ClaimedAsset, ReadyModel, claim
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
    wanted = _Wanted(rt, desk, queue, suspects)
    lately = desk.glance.lately(queue, suspects=suspects)
    ran = _first_of(wanted, lately)
    if ran.kind is not RanKind.WORKED:
        # What was ready a moment ago is not, or must wait: is there anything else?
        now = desk.glance.look(rt, queue, suspects=suspects)
        waiting = [seen.model for seen in lately] if ran.kind is RanKind.WAITING else []
        further = _first_of(wanted, [seen for seen in now if seen.model not in waiting])
        ran = ran if further.kind is RanKind.IDLE else further
    if ran.kind is RanKind.WORKED:
        # One token out, one token in: the chain goes on while there is work.
        rt.queue.wake(queue, 1)
    return ran


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Whose work is looked for, by whom."""

    rt: Runtime
    desk: Desk
    queue: Queue
    suspects: bool


def _first_of(wanted: _Wanted, candidates: Sequence[ReadyModel]) -> Ran:
    """Try models in turn until one gave work."""
    ran = Ran(RanKind.IDLE)
    for candidate in candidates:
        ran = _with_permit(wanted, candidate)
        if ran.kind is RanKind.WORKED:
            break
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


def _with_permit(wanted: _Wanted, candidate: ReadyModel) -> Ran:
    rt, desk = wanted.rt, wanted.desk
    model = rt.registry.get(candidate.model)
    permit = rt.limiter.acquire(
        model.id, _limits(candidate), _estimate(model), max_wait_s=MAX_PERMIT_WAIT_S
    )
    if not isinstance(permit, Permit):
        time.sleep(min(permit.retry_in_s, NAP_S))
        return Ran(RanKind.WAITING, reason=permit.reason)
    time.sleep(permit.wait_s)
    asset = _claim(wanted, model, permit)
    if asset is None:
        return Ran(RanKind.IDLE)
    made: Made | None = None
    desk.hold(asset.lease)
    try:
        shown = {"status": "generating", "progress": "5"}
        rt.mirror.show(wanted.queue, asset.job_id, shown, final=False)
        made = make(rt.workspace(asset.client_id, actor="worker", queue=wanted.queue), asset)
        return Ran(RanKind.WORKED, status=made.status)
    finally:
        desk.drop(asset.lease)
        _settle(rt, permit, made)


def _claim(wanted: _Wanted, model: ModelEntry, permit: Permit) -> ClaimedAsset | None:
    """Choose what to make, at the last moment; gives the permit back when there is nothing."""
    asset = None
    claimed = False
    try:
        with wanted.rt.statement() as session:
            asset = claim(
                session,
                wanted.queue,
                model.id,
                worker=wanted.desk.name,
                lease_s=wanted.rt.settings.lease_s,
                quarantine=wanted.suspects,
            )
        claimed = asset is not None
    finally:
        if not claimed:  # also when the database is away: no slot may stay taken for minutes
            wanted.rt.limiter.refund(permit)
    return asset


def _settle(rt: Runtime, permit: Permit, made: Made | None) -> None:
    """Give the slot back; correct what the estimate took by what the call used."""
    if made is None:  # cut off by an error: there may have been a call
        rt.limiter.release(permit)
    elif made.outcome is None:  # no call was made
        rt.limiter.refund(permit)
    else:
        rt.limiter.release(permit, used=_used(made.outcome, made.cost_micros))


def _used(outcome: CallOutcome, cost_micros: int) -> CallEstimate | None:
    if outcome.usage is None:
        return None
    return CallEstimate(
        input_tokens=outcome.usage.prompt_tokens,
        images=outcome.images_returned,
        cost_micros=cost_micros,
    )
