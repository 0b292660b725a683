import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.strategies import some
from visualizer_core.domain.corrections import RetryHint
from visualizer_core.domain.outcomes import CallOutcome, Charge, OutcomeClass
from visualizer_core.domain.retry import (
    MAX_ATTEMPTS,
    MAX_CRASHES,
    MAX_DEFERRALS,
    MAX_RECALLS,
    Action,
    Counters,
    Decision,
    decide,
    decide_crash,
    next_pacific_midnight,
)
from visualizer_core.domain.retry_words import WORDS

NOON = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)  # 12:00 in Los Angeles
ITEM = "“Oak chair” (variant 2)"


class Dice(random.Random):  # noqa: S311  # jitter is no secret
    """A generator that always rolls the same."""

    def __init__(self, roll: float) -> None:
        super().__init__(0)
        self._roll = roll

    def random(self) -> float:
        return self._roll


def outcome(kind: OutcomeClass, **changes: object) -> CallOutcome:
    plain = CallOutcome(kind=kind, charge=Charge.NONE)
    return replace(plain, **changes)  # pyright: ignore[reportArgumentType]  # cases name fields freely


def after(
    kind: OutcomeClass,
    counters: Counters | None = None,
    *,
    roll: float = 0.5,
    now: datetime = NOON,
    **changes: object,
) -> Decision:
    return decide(
        outcome(kind, **changes), counters or Counters(), item=ITEM, now=now, rng=Dice(roll)
    )


K = OutcomeClass
A = Action

# kind, attempts before, deferrals before, what happens, what is counted
TABLE: list[tuple[OutcomeClass, int, int, Action, str | None]] = [
    (K.SUCCESS, 0, 0, A.FINISH, None),
    (K.SUCCESS, 4, 99, A.FINISH, None),
    *((kind, 0, 0, A.RETRY, "attempts") for kind in (K.NO_IMAGE_TEXT, K.SOFT_FAIL, K.BAD_PICTURE)),
    *((kind, 1, 0, A.RETRY, "attempts") for kind in (K.NO_IMAGE_TEXT, K.SOFT_FAIL, K.BAD_PICTURE)),
    *((kind, 2, 0, A.FAIL, "attempts") for kind in (K.NO_IMAGE_TEXT, K.SOFT_FAIL, K.BAD_PICTURE)),
    *((kind, 0, 0, A.RETRY, "attempts") for kind in (K.BLOCKED, K.RECITATION, K.TRUNCATED)),
    *((kind, 1, 0, A.FAIL, "attempts") for kind in (K.BLOCKED, K.RECITATION, K.TRUNCATED)),
    (K.CANCELLED, 0, 0, A.RETRY, "attempts"),
    (K.CANCELLED, 1, 0, A.FAIL, "attempts"),
    (K.SERVER_ERROR, 2, 0, A.RETRY, "attempts"),
    (K.SERVER_ERROR, 3, 0, A.FAIL, "attempts"),
    (K.TIMEOUT, 1, 0, A.RETRY, "attempts"),
    (K.TIMEOUT, 2, 0, A.FAIL, "attempts"),
    (K.UNKNOWN, 2, 0, A.RETRY, "attempts"),
    (K.UNKNOWN, 3, 0, A.FAIL, "attempts"),
    (K.UNEXPECTED, 0, 0, A.FAIL, "attempts"),
    (K.INVALID_REQUEST, 0, 0, A.FAIL, "attempts"),
    (K.BAD_KEY, 0, 0, A.STOP_RUN, None),
    (K.BILLING, 4, 99, A.STOP_RUN, None),
    (K.FORBIDDEN, 0, 0, A.STOP_RUN, None),
    (K.MODEL_GONE, 0, 0, A.STOP_MODEL, None),
    (K.NO_ACCESS, 0, 0, A.STOP_MODEL, None),
    (K.RATE_LIMITED, 4, 98, A.COOL_DOWN, "deferrals"),
    (K.RATE_LIMITED, 0, 99, A.FAIL, "attempts"),
    (K.DAY_LIMIT, 4, 0, A.COOL_DOWN, "deferrals"),
    (K.DAY_LIMIT, 0, 99, A.FAIL, "attempts"),
    (K.OVERLOADED, 4, 98, A.DEFER, "deferrals"),
    (K.OVERLOADED, 0, 99, A.FAIL, "attempts"),
    (K.CONNECTION, 4, 98, A.DEFER, "deferrals"),
    (K.CONNECTION, 0, 99, A.FAIL, "attempts"),
]


def test_the_table_speaks_of_every_outcome() -> None:
    assert {row[0] for row in TABLE} == set(OutcomeClass)
    assert set(WORDS) == set(OutcomeClass) - {OutcomeClass.SUCCESS}


@pytest.mark.parametrize(("kind", "attempts", "deferrals", "action", "counts_as"), TABLE)
def test_each_outcome_leads_to_what_was_agreed(
    kind: OutcomeClass, attempts: int, deferrals: int, action: Action, counts_as: str | None
) -> None:
    found = after(kind, Counters(attempts=attempts, deferrals=deferrals))

    assert (found.action, found.counts_as) == (action, counts_as)


@pytest.mark.parametrize("kind", [kind for kind in OutcomeClass if kind is not K.SUCCESS])
@pytest.mark.parametrize("counters", [Counters(), Counters(attempts=5, deferrals=99)])
def test_a_person_reads_which_item_and_what_the_provider_said(
    kind: OutcomeClass, counters: Counters
) -> None:
    found = after(kind, counters, message="Blocked: furniture.")

    assert ITEM in found.message
    assert "Blocked: furniture." in found.message
    assert "{" not in found.message
    assert found.error_code == WORDS[kind].code


def test_kinds_of_failure_are_counted_apart_when_the_caller_knows_them() -> None:
    # Two server faults before do not use up the tries for a missing picture, nor the reverse.
    two_faults = Counters(attempts=2, soft_failures=0, same_kind=0)

    assert after(K.SOFT_FAIL, two_faults).action is A.RETRY
    assert after(K.BLOCKED, two_faults).action is A.RETRY
    assert after(K.SOFT_FAIL, replace(two_faults, soft_failures=2)).action is A.FAIL
    assert after(K.BLOCKED, replace(two_faults, same_kind=1)).action is A.FAIL


def test_all_attempts_together_are_bounded() -> None:
    fresh = Counters(soft_failures=0, same_kind=0)

    assert after(K.SERVER_ERROR, replace(fresh, attempts=MAX_ATTEMPTS - 2)).action is A.RETRY
    assert after(K.SERVER_ERROR, replace(fresh, attempts=MAX_ATTEMPTS - 1)).action is A.FAIL


@pytest.mark.parametrize(
    ("kind", "hint"),
    [
        (K.NO_IMAGE_TEXT, RetryHint.RETURN_IMAGE),
        (K.BLOCKED, RetryHint.REWORDED),
        (K.RECITATION, RetryHint.CHANGED),
        (K.TRUNCATED, RetryHint.MORE_TOKENS),
        (K.BAD_PICTURE, RetryHint.NOT_THE_INPUT),
        (K.SOFT_FAIL, None),
        (K.SERVER_ERROR, None),
    ],
)
def test_a_retry_says_how_the_next_prompt_differs(
    kind: OutcomeClass, hint: RetryHint | None
) -> None:
    assert after(kind).hint is hint


@pytest.mark.parametrize(("attempts", "longest"), [(0, 2), (1, 4), (2, 8)])
def test_retries_wait_anything_up_to_the_exponential(attempts: int, longest: float) -> None:
    counters = Counters(attempts=attempts)

    assert after(K.SERVER_ERROR, counters, roll=0.0).delay_s == 0
    assert after(K.SERVER_ERROR, counters, roll=1.0).delay_s == longest


@pytest.mark.parametrize(("deferrals", "longest"), [(0, 2), (4, 32), (8, 300), (98, 300)])
def test_an_overloaded_provider_is_given_longer_and_longer(deferrals: int, longest: float) -> None:
    found = after(K.OVERLOADED, Counters(deferrals=deferrals), roll=1.0)

    assert found.delay_s == longest
    assert found.model_pause_s == 0
    assert found.slow_down


def test_a_wait_the_provider_names_is_for_the_whole_model() -> None:
    overloaded = after(K.OVERLOADED, retry_after_s=42.0)
    fault = after(K.SERVER_ERROR, retry_after_s=42.0)

    assert (overloaded.action, overloaded.model_pause_s) == (A.COOL_DOWN, 42)
    assert (fault.action, fault.model_pause_s, fault.delay_s) == (A.RETRY, 42, 42)


def test_a_limit_per_minute_pauses_the_model_for_the_time_asked() -> None:
    found = after(K.RATE_LIMITED, quota_id="GenerateRequestsPerMinute", retry_after_s=31.5)

    assert (found.scope, found.delay_s, found.model_pause_s) == ("model", 31.5, 31.5)
    assert found.slow_down


def test_a_limit_per_minute_without_a_time_pauses_part_of_a_minute() -> None:
    assert after(K.RATE_LIMITED, quota_id="GenerateRequestsPerMinute").model_pause_s == 15


@pytest.mark.parametrize(
    ("earlier", "pause"), [(0, 2), (1, 4), (2, 8), (3, 16), (4, 600), (5, 600), (50, 600)]
)
def test_bare_429s_back_off_and_are_the_spend_limit_after_five(earlier: int, pause: float) -> None:
    counters = Counters(bare_429_in_a_row=earlier)

    assert after(K.RATE_LIMITED, counters).model_pause_s == pause


def test_a_wait_the_provider_names_is_never_cut_short_by_ours() -> None:
    for earlier in (0, 9):
        counters = Counters(bare_429_in_a_row=earlier)
        assert after(K.RATE_LIMITED, counters, retry_after_s=900.0).model_pause_s == 900


def test_an_absurd_wait_is_cut_to_an_hour() -> None:
    found = after(K.RATE_LIMITED, quota_id="x", retry_after_s=1e12)

    assert found.model_pause_s == 3_600


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2026, 11, 22, 20, 0, tzinfo=UTC), 12),  # noon in Los Angeles
        (datetime(2026, 11, 22, 7, 59, tzinfo=UTC), 1 / 60),
        (datetime(2026, 11, 22, 8, 0, tzinfo=UTC), 24),
        (datetime(2026, 3, 8, 8, 0, tzinfo=UTC), 23),  # the day summer time begins
        (datetime(2026, 11, 1, 7, 0, tzinfo=UTC), 25),  # the day it ends
    ],
)
def test_the_daily_limit_parks_the_model_until_the_pacific_midnight(
    now: datetime, hours: float
) -> None:
    found = after(K.DAY_LIMIT, roll=0.0, now=now, retry_after_s=7.0)

    assert found.model_pause_s == pytest.approx(hours * 3_600)
    assert after(K.DAY_LIMIT, roll=1.0, now=now).delay_s == pytest.approx(hours * 3_600 + 60)


@some
@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  # hypothesis adds the zone
def test_the_pacific_midnight_is_always_ahead_and_never_far(now: datetime) -> None:
    assert timedelta() < next_pacific_midnight(now) - now <= timedelta(hours=25)


def test_a_crash_is_tried_again_then_alone_then_given_up() -> None:
    first, second, third = (
        decide_crash(Counters(crashes=n), call_unknown=False, item=ITEM, rng=Dice(1.0))
        for n in range(3)
    )

    assert (first.action, first.quarantine, first.delay_s) == (A.RETRY, False, 2)
    assert (second.action, second.quarantine, second.delay_s) == (A.RETRY, True, 4)
    assert (third.action, third.error_code) == (A.FAIL, "poison")
    assert {d.counts_as for d in (first, second, third)} == {"crashes"}
    assert ITEM in third.message


def test_a_call_with_unknown_outcome_is_held_and_made_again_only_once() -> None:
    first = decide_crash(Counters(), call_unknown=True, item=ITEM, rng=Dice(0.0))
    second = decide_crash(Counters(recalls=1), call_unknown=True, item=ITEM, rng=Dice(0.0))
    harmless = decide_crash(Counters(recalls=1), call_unknown=False, item=ITEM, rng=Dice(0.0))

    assert (first.action, first.delay_s) == (A.RETRY, 60)
    assert (second.action, second.error_code) == (A.FAIL, "outcome_unknown")
    assert harmless.action is A.RETRY


outcomes = st.builds(
    CallOutcome,
    kind=st.sampled_from([kind for kind in OutcomeClass if kind is not K.SUCCESS]),
    charge=st.just(Charge.NONE),
    retry_after_s=st.none() | st.floats(-10, 1e15),
    quota_id=st.none() | st.just("GenerateRequestsPerMinute"),
)
TERMINAL = {A.FINISH, A.FAIL, A.STOP_MODEL, A.STOP_RUN}
STEPS = MAX_ATTEMPTS + MAX_DEFERRALS + MAX_CRASHES + MAX_RECALLS


@some
@given(
    st.lists(st.none() | outcomes, min_size=1, max_size=8),
    st.sampled_from([Counters(), Counters(soft_failures=0, same_kind=0)]),
    st.randoms(use_true_random=False),
)
def test_whatever_keeps_happening_an_asset_comes_to_an_end(
    pattern: list[CallOutcome | None], counters: Counters, rng: random.Random
) -> None:
    for step in range(STEPS + 1):
        happened = pattern[step % len(pattern)]
        if happened is None:
            found = decide_crash(counters, call_unknown=step % 2 == 0, item=ITEM, rng=rng)
        else:
            found = decide(happened, counters, item=ITEM, now=NOON, rng=rng)
        if found.action in TERMINAL:
            return
        assert found.counts_as is not None
        assert 0 <= found.delay_s <= 26 * 3_600
        assert 0 <= found.model_pause_s <= found.delay_s
        counters = replace(counters, **{found.counts_as: getattr(counters, found.counts_as) + 1})
    pytest.fail("still going")
