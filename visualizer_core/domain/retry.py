"""What happens after a provider call, and after a crash: the whole decision table.

Every path is bounded: attempts, deferrals, crashes and re-calls are counted apart, and each has its
limit here with the reason beside it. Randomness and time are passed in.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

from visualizer_core.domain.corrections import RetryHint, hint_after
from visualizer_core.domain.outcomes import CallOutcome, OutcomeClass
from visualizer_core.domain.retry_words import WORDS, Words

__all__ = [
    "MAX_ATTEMPTS",
    "MAX_CRASHES",
    "MAX_DEFERRALS",
    "MAX_RECALLS",
    "Action",
    "Counter",
    "Counters",
    "Decision",
    "Scope",
    "decide",
    "decide_crash",
    "next_pacific_midnight",
]

# --- limits -------------------------------------------------------------------------------------

MAX_ATTEMPTS = 5  # over all kinds of failure: what five tries did not give, a sixth will not
MAX_DEFERRALS = 100  # with waits up to five minutes: half a night of provider trouble
MAX_CRASHES = 3  # poison: the asset itself kills its worker
QUARANTINE_CRASHES = 2  # from here on alone in a process, so that it takes nobody with it
MAX_RECALLS = 1  # after a crash with an unknown outcome: the only way to pay twice, so only once
SPEND_LIMIT_AFTER = 5  # bare 429s in a row: then it is the provider's 10-minute spend limit

_FIRST_WAIT_S = 2.0
_LONGEST_WAIT_S = 60.0  # of a retry: the provider's own clients use the same bounds
_LONGEST_DEFERRAL_S = 300.0  # of an overloaded model: outages last minutes to hours
_SPEND_PAUSE_S = 600.0  # the spend limit looks at rolling ten minutes
_RATE_PAUSE_S = 15.0  # a per-minute limit that names no wait: a quarter of its window
_LONGEST_RETRY_AFTER_S = 3_600.0  # a provider that asks for more is asked again after an hour
_UNKNOWN_HOLD_S = 60.0  # a frozen worker's answer may still arrive, and is adopted instead of paid
_DAY_SPREAD_S = 60.0  # so that not everybody calls in the first second of the day
_PACIFIC = ZoneInfo("America/Los_Angeles")  # where the provider's day limits are reset

# --- values -------------------------------------------------------------------------------------


class Action(StrEnum):
    """What to do with the asset, and with its surroundings."""

    FINISH = "finish"  # the picture is there
    RETRY = "retry"  # pending again after the delay
    DEFER = "defer"  # pending again after the delay; no attempt is burnt
    COOL_DOWN = "cool_down"  # the model pauses for the delay; the asset is pending, none burnt
    FAIL = "fail"  # the asset is in error, its reservation released
    STOP_MODEL = "stop_model"  # the model pauses until a person acts; the asset is pending
    STOP_RUN = "stop_run"  # everything on this key pauses until a person acts; it is pending


Counter = Literal["attempts", "deferrals", "crashes", "recalls"]
Scope = Literal["asset", "model", "run"]


@dataclass(frozen=True, slots=True)
class Counters:
    """What was counted before this call came back, in the asset's current budget.

    Parameters
    ----------
    attempts : int
        Calls that burnt an attempt.
    deferrals : int
        Waits for limits and overload.
    crashes, recalls : int
        See `decide_crash`.
    soft_failures : int, optional
        Calls without a usable picture among the attempts. None: count all attempts as such, which
        only gives up earlier.
    same_kind : int, optional
        Calls among the attempts that ended like this one. None: as for `soft_failures`.
    bare_429_in_a_row : int
        Of the model, not of the asset: 429 answers without details since its last other answer.
    """

    attempts: int = 0
    deferrals: int = 0
    crashes: int = 0
    recalls: int = 0
    soft_failures: int | None = None
    same_kind: int | None = None
    bare_429_in_a_row: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do now.

    Parameters
    ----------
    action : Action
    delay_s : float
        Before the asset may be claimed again.
    model_pause_s : float
        Above 0: nobody calls this model for so long, whatever happens to the asset.
    error_code : str
        Machine-readable; empty for a finished asset.
    message : str
        For a person: what happened, to which item, what to do.
    counts_as : Counter, optional
        Which counter of the asset goes up by one.
    scope : Scope
        What the stop or the wait is about.
    hint : RetryHint, optional
        How the next prompt differs.
    slow_down : bool
        Lower the learned rate of the model, or its concurrency.
    quarantine : bool
        Try it alone, in a process of its own.
    """

    action: Action
    delay_s: float = 0.0
    model_pause_s: float = 0.0
    error_code: str = ""
    message: str = ""
    counts_as: Counter | None = None
    scope: Scope = "asset"
    hint: RetryHint | None = None
    slow_down: bool = False
    quarantine: bool = False


@dataclass(frozen=True, slots=True)
class _Rule:
    """How often one kind of failure is tried again, and which counter tells."""

    retries: int
    soft: bool = False


_SOFT = _Rule(retries=2, soft=True)

_RETRIED: Mapping[OutcomeClass, _Rule] = {
    OutcomeClass.NO_IMAGE_TEXT: _SOFT,
    OutcomeClass.SOFT_FAIL: _SOFT,
    OutcomeClass.BAD_PICTURE: _SOFT,
    OutcomeClass.BLOCKED: _Rule(retries=1),  # once, reworded; never blindly
    OutcomeClass.RECITATION: _Rule(retries=1),  # once, with a changed prompt
    OutcomeClass.TRUNCATED: _Rule(retries=1),  # once, with a higher output limit
    OutcomeClass.CANCELLED: _Rule(retries=1),
    OutcomeClass.SERVER_ERROR: _Rule(retries=3),  # transient, or a context it cannot take
    OutcomeClass.TIMEOUT: _Rule(retries=2),
    OutcomeClass.UNKNOWN: _Rule(retries=3),  # booked as maybe charged each time
}

_FAILS = frozenset({OutcomeClass.UNEXPECTED, OutcomeClass.INVALID_REQUEST})

_STOPS: Mapping[OutcomeClass, Action] = {
    OutcomeClass.BAD_KEY: Action.STOP_RUN,
    OutcomeClass.BILLING: Action.STOP_RUN,
    OutcomeClass.FORBIDDEN: Action.STOP_RUN,
    OutcomeClass.MODEL_GONE: Action.STOP_MODEL,
    OutcomeClass.NO_ACCESS: Action.STOP_MODEL,
}


# --- after a call -------------------------------------------------------------------------------


def decide(
    outcome: CallOutcome,
    counters: Counters,
    *,
    item: str,
    now: datetime,
    rng: random.Random,
) -> Decision:
    """What to do after one provider call.

    Parameters
    ----------
    outcome : CallOutcome
        Already with the result of the local checks: a picture that failed them is `BAD_PICTURE`.
    counters : Counters
        Before this outcome is counted.
    item : str
        How a person knows the picture, for messages: ``“Oak chair” (variant 2)``.
    now : datetime
        Of the database, with a time zone.
    rng : random.Random
        For jitter.
    """
    kind = outcome.kind
    if kind is OutcomeClass.SUCCESS:
        return Decision(Action.FINISH)
    words = WORDS[kind]
    if kind in _STOPS:
        return _stop(outcome, words, item)
    if kind in _FAILS:
        return _fail(words.code, _told(words.final, item, outcome))
    if kind in _RETRIED:
        return _retry(outcome, counters, words, item, rng)
    return _wait(outcome, counters, words, item, now, rng)


def _stop(outcome: CallOutcome, words: Words, item: str) -> Decision:
    """Nothing is counted: it is not the asset's fault, and it goes on when a person has acted."""
    action = _STOPS[outcome.kind]
    return Decision(
        action,
        error_code=words.code,
        message=_told(words.final, item, outcome),
        scope="run" if action is Action.STOP_RUN else "model",
    )


def _fail(code: str, message: str) -> Decision:
    return Decision(Action.FAIL, error_code=code, message=message, counts_as="attempts")


def _retry(
    outcome: CallOutcome, counters: Counters, words: Words, item: str, rng: random.Random
) -> Decision:
    rule = _RETRIED[outcome.kind]
    told = counters.soft_failures if rule.soft else counters.same_kind
    before = counters.attempts if told is None else told
    if before >= rule.retries or counters.attempts + 1 >= MAX_ATTEMPTS:
        return _fail(words.code, _told(words.final, item, outcome))
    wait = _full_jitter(counters.attempts, _LONGEST_WAIT_S, rng)
    asked = _asked_wait(outcome)
    return Decision(
        Action.RETRY,
        delay_s=max(wait, asked),
        model_pause_s=asked,
        error_code=words.code,
        message=_told(words.again, item, outcome),
        counts_as="attempts",
        hint=hint_after(outcome.kind),
    )


def _wait(
    outcome: CallOutcome,
    counters: Counters,
    words: Words,
    item: str,
    now: datetime,
    rng: random.Random,
) -> Decision:
    """Limits, overload and refused connections: not the asset's fault, but not for ever."""
    if counters.deferrals + 1 >= MAX_DEFERRALS:
        return _fail(words.code, _told(words.final, item, outcome))
    scope, delay = _pause(outcome, counters, now, rng)
    return Decision(
        Action.COOL_DOWN if scope == "model" else Action.DEFER,
        delay_s=delay,
        model_pause_s=delay if scope == "model" else 0.0,
        error_code=words.code,
        message=_told(words.again, item, outcome),
        counts_as="deferrals",
        scope=scope,
        slow_down=outcome.kind in {OutcomeClass.RATE_LIMITED, OutcomeClass.OVERLOADED},
    )


def _pause(
    outcome: CallOutcome, counters: Counters, now: datetime, rng: random.Random
) -> tuple[Scope, float]:
    if outcome.kind is OutcomeClass.DAY_LIMIT:
        # The wait the provider names is misleading here: the limit is of the Pacific day.
        until = next_pacific_midnight(now) - now
        return "model", until.total_seconds() + rng.random() * _DAY_SPREAD_S
    if outcome.kind is OutcomeClass.RATE_LIMITED:
        return "model", _rate_pause(outcome, counters)
    wait = _full_jitter(counters.deferrals, _LONGEST_DEFERRAL_S, rng)
    asked = _asked_wait(outcome)
    return ("model", max(wait, asked)) if asked else ("asset", wait)


def _rate_pause(outcome: CallOutcome, counters: Counters) -> float:
    asked = _asked_wait(outcome)
    if outcome.quota_id is not None:
        return asked or _RATE_PAUSE_S
    in_a_row = counters.bare_429_in_a_row + 1
    if in_a_row >= SPEND_LIMIT_AFTER:
        return max(_SPEND_PAUSE_S, asked)
    return max(_exponential(counters.bare_429_in_a_row, _LONGEST_WAIT_S), asked)


# --- after a crash ------------------------------------------------------------------------------


def decide_crash(
    counters: Counters, *, call_unknown: bool, item: str, rng: random.Random
) -> Decision:
    """What to do with an asset whose worker died: its lease is over.

    Parameters
    ----------
    counters : Counters
        Before this crash is counted.
    call_unknown : bool
        A call was sent and nobody knows its outcome. It counts as a re-call when it is sent
        again, besides the crash, and is held first for the answer of a frozen worker.
    item : str
    rng : random.Random
    """
    crashes = counters.crashes + 1
    if crashes >= MAX_CRASHES:
        return _crashed(Action.FAIL, "poison", item)
    if call_unknown and counters.recalls >= MAX_RECALLS:
        return _crashed(Action.FAIL, "outcome_unknown", item)
    wait = _full_jitter(counters.crashes, _LONGEST_WAIT_S, rng)
    return Decision(
        Action.RETRY,
        delay_s=max(wait, _UNKNOWN_HOLD_S) if call_unknown else wait,
        error_code="worker_lost",
        message=f"The worker making {item} stopped; it is made again.",
        counts_as="crashes",
        quarantine=crashes >= QUARANTINE_CRASHES,
    )


def _crashed(action: Action, code: str, item: str) -> Decision:
    messages = {
        "poison": (
            f"Making {item} stopped its worker {MAX_CRASHES} times. Replace its photo or change its"
            " settings, then retry."
        ),
        "outcome_unknown": (
            f"The worker making {item} stopped twice during the provider's call; the calls may have"
            " been charged. Look at the ledger, then retry if you want it."
        ),
    }
    return Decision(action, error_code=code, message=messages[code], counts_as="crashes")


# --- waits --------------------------------------------------------------------------------------


def next_pacific_midnight(now: datetime) -> datetime:
    """When the provider's day limits are reset, in UTC."""
    tomorrow = now.astimezone(_PACIFIC).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), _PACIFIC).astimezone(UTC)


def _exponential(earlier: int, longest_s: float) -> float:
    return min(longest_s, _FIRST_WAIT_S * 2.0 ** min(earlier, 30))


def _full_jitter(earlier: int, longest_s: float, rng: random.Random) -> float:
    """Anything from nothing to the exponential wait: spreads those who failed together."""
    return rng.random() * _exponential(earlier, longest_s)


def _asked_wait(outcome: CallOutcome) -> float:
    """The provider's own wish, within reason."""
    asked = outcome.retry_after_s or 0.0
    return min(asked, _LONGEST_RETRY_AFTER_S) if asked > 0 else 0.0


def _told(template: str, item: str, outcome: CallOutcome) -> str:
    """The message for a person, with what the provider said where that helps."""
    said = f" The provider says: {outcome.message}" if outcome.message else ""
    return template.format(item=item) + said
