"""What every shared limiter must do; see `contracts`."""

import pytest

from visualizer_core.ports import (
    CallEstimate,
    ModelLimits,
    Permit,
    PermitDenied,
    RateLimiter,
)


def granted(answer: Permit | PermitDenied) -> Permit:
    """The permit; fails when it was denied."""
    assert isinstance(answer, Permit), answer
    return answer


def denied(answer: Permit | PermitDenied) -> PermitDenied:
    """The refusal; fails when there is none."""
    assert isinstance(answer, PermitDenied), answer
    return answer


ESTIMATE = CallEstimate(input_tokens=700, images=1, cost_micros=40_000)


class RateLimiterContract:
    """Needs the fixture `limiter`, knowing nothing yet."""

    MODEL = "some-model"

    def ask(
        self,
        limiter: RateLimiter,
        limits: ModelLimits,
        estimate: CallEstimate = ESTIMATE,
        max_wait_s: float = 3_600,
    ) -> Permit | PermitDenied:
        return limiter.acquire(self.MODEL, limits, estimate, max_wait_s=max_wait_s)

    def test_without_limits_nobody_waits(self, limiter: RateLimiter) -> None:
        waits = [granted(self.ask(limiter, ModelLimits())).wait_s for _ in range(100)]
        assert waits == [0] * 100

    @pytest.mark.parametrize(
        ("limits", "interval_s", "reason"),
        [
            (ModelLimits(requests_per_minute=6), 10, "requests"),
            (ModelLimits(input_tokens_per_minute=4_200), 10, "tokens"),
            (ModelLimits(images_per_minute=6), 10, "images"),
            (ModelLimits(micros_per_ten_minutes=2_400_000), 10, "spend"),
        ],
        ids=["requests", "tokens", "images", "spend"],
    )
    def test_each_rate_spaces_calls(
        self, limiter: RateLimiter, limits: ModelLimits, interval_s: float, reason: str
    ) -> None:
        first, second, third = (granted(self.ask(limiter, limits)).wait_s for _ in range(3))
        assert second - first == pytest.approx(interval_s, abs=0.2)
        assert third - second == pytest.approx(interval_s, abs=0.2)
        refusal = denied(self.ask(limiter, limits, max_wait_s=1))
        assert refusal.reason == reason
        assert refusal.retry_in_s == pytest.approx(third + interval_s, abs=0.5)

    def test_the_tightest_rate_decides(self, limiter: RateLimiter) -> None:
        limits = ModelLimits(requests_per_minute=600, micros_per_ten_minutes=2_400_000)
        first, second = (granted(self.ask(limiter, limits)).wait_s for _ in range(2))
        assert second - first == pytest.approx(10, abs=0.2)

    def test_a_denied_call_takes_nothing(self, limiter: RateLimiter) -> None:
        limits = ModelLimits(requests_per_minute=6)
        before = granted(self.ask(limiter, limits)).wait_s
        for _ in range(20):
            denied(self.ask(limiter, limits, max_wait_s=0.1))
        assert granted(self.ask(limiter, limits)).wait_s - before == pytest.approx(10, abs=0.3)

    def test_a_rate_of_zero_lets_nobody_through(self, limiter: RateLimiter) -> None:
        assert denied(self.ask(limiter, ModelLimits(requests_per_minute=0))).reason == "requests"

    def test_what_a_call_did_not_use_comes_back(self, limiter: RateLimiter) -> None:
        limits = ModelLimits(micros_per_ten_minutes=2_400_000)
        first = granted(self.ask(limiter, limits))
        limiter.release(first, used=CallEstimate(700, 1, 20_000))
        second = granted(self.ask(limiter, limits))
        assert second.wait_s - first.wait_s == pytest.approx(5, abs=0.2)

    def test_what_a_call_used_beyond_its_estimate_is_taken(self, limiter: RateLimiter) -> None:
        limits = ModelLimits(micros_per_ten_minutes=2_400_000)
        first = granted(self.ask(limiter, limits))
        limiter.release(first, used=CallEstimate(700, 1, 80_000))
        limiter.release(first, used=CallEstimate(700, 1, 800_000))  # settled already
        second = granted(self.ask(limiter, limits))
        assert second.wait_s - first.wait_s == pytest.approx(20, abs=0.2)

    def test_a_call_that_was_not_made_takes_nothing(self, limiter: RateLimiter) -> None:
        limits = ModelLimits(requests_per_minute=6, requests_per_day=1, max_in_flight=1)
        first = granted(self.ask(limiter, limits))
        assert denied(self.ask(limiter, limits)).reason in {"in_flight", "day"}
        limiter.refund(first)
        limiter.refund(first)
        again = granted(self.ask(limiter, limits))
        assert again.wait_s == pytest.approx(first.wait_s, abs=0.2)

    def test_calls_in_flight_are_capped(self, limiter: RateLimiter) -> None:
        limits = ModelLimits(max_in_flight=2)
        first, _ = granted(self.ask(limiter, limits)), granted(self.ask(limiter, limits))
        refusal = denied(self.ask(limiter, limits))
        assert (refusal.reason, refusal.retry_in_s > 0) == ("in_flight", True)
        limiter.release(first)
        limiter.release(first)
        granted(self.ask(limiter, limits))
        assert denied(self.ask(limiter, limits)).reason == "in_flight"

    def test_a_cooldown_stops_everyone_until_it_ends(self, limiter: RateLimiter) -> None:
        limiter.cool_down(self.MODEL, 30, "429")
        limiter.cool_down(self.MODEL, 10, "a shorter one does not shorten it")
        refusal = denied(self.ask(limiter, ModelLimits()))
        assert refusal.reason == "cooldown"
        assert refusal.retry_in_s == pytest.approx(30, abs=1)

    def test_models_do_not_disturb_each_other(self, limiter: RateLimiter) -> None:
        limiter.cool_down("other-model", 30, "429")
        assert granted(self.ask(limiter, ModelLimits())).wait_s == 0

    def test_the_day_has_its_number_of_calls(self, limiter: RateLimiter) -> None:
        limits = ModelLimits(requests_per_day=3)
        for _ in range(3):
            limiter.release(granted(self.ask(limiter, limits)))
        refusal = denied(self.ask(limiter, limits))
        assert refusal.reason == "day"
        assert 0 < refusal.retry_in_s <= 25 * 3_600

    def test_a_429_slows_everyone_once_for_all_that_were_on_their_way(
        self, limiter: RateLimiter
    ) -> None:
        limits = ModelLimits(requests_per_minute=6)
        for _ in range(5):
            limiter.slow_down(self.MODEL)
        first, second = (granted(self.ask(limiter, limits)).wait_s for _ in range(2))
        assert second - first == pytest.approx(10 / 0.7, abs=0.3)

    def test_people_can_see_how_it_stands(self, limiter: RateLimiter) -> None:
        assert limiter.state(self.MODEL) == {
            "cooldown_s": 0,
            "in_flight": 0,
            "factor": 1,
            "day_used": 0,
        }
        granted(self.ask(limiter, ModelLimits(requests_per_day=10)))
        limiter.slow_down(self.MODEL)
        limiter.cool_down(self.MODEL, 30, "429")
        state = limiter.state(self.MODEL)
        assert state["cooldown_s"] == pytest.approx(30, abs=1)
        assert (state["in_flight"], state["day_used"]) == (1, 1)
        assert state["factor"] == pytest.approx(0.7, abs=0.01)
