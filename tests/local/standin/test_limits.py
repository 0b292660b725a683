"""Rate limits refuse with the provider's words and let go when the window has passed."""

import time

import httpx2

from tests.local.standin.contract import Json, body_of, inside, items
from tests.local.standin.control import IMAGE_PATH, Control, picture_request
from visualizer_core.local.standin.limits import Demand, Limits, LimitSettings, ModelLimits

_MODEL = "gemini-nano-banana-2.1"


def _send(raw: httpx2.Client) -> httpx2.Response:
    return raw.post(IMAGE_PATH, json=picture_request())


def _violation(answer: httpx2.Response) -> Json:
    error = inside(inside(body_of(answer))["error"])
    failure = inside(items(error["details"])[0])
    return inside(items(failure["violations"])[0])


def test_requests_a_minute_are_limited_by_model(raw: httpx2.Client, control: Control) -> None:
    control.post("limits", {"models": {_MODEL: {"rpm": 2}}})
    answers = [_send(raw) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    violation = _violation(answers[-1])
    assert violation["quotaId"] == "GenerateRequestsPerMinutePerProjectPerModel"
    assert violation["quotaValue"] == "2"
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60
    other = "/v1beta/models/gemini-3.1-flash-lite-image:generateContent"
    assert raw.post(other, json=picture_request()).status_code == 200


def test_a_minute_passes(raw: httpx2.Client, control: Control) -> None:
    control.post("limits", {"models": {"*": {"rpm": 1}}, "minute_s": 0.5})
    assert [_send(raw).status_code for _ in range(2)] == [200, 429]
    time.sleep(0.5)
    assert _send(raw).status_code == 200


def test_a_day_s_limit_has_its_own_quota(raw: httpx2.Client, control: Control) -> None:
    control.post("limits", {"models": {_MODEL: {"rpd": 1}}})
    _send(raw)
    refused = _send(raw)
    assert _violation(refused)["quotaId"] == "GenerateRequestsPerDayPerProjectPerModel"
    assert "retry-after" not in refused.headers


def test_tokens_a_minute_are_limited(raw: httpx2.Client, control: Control) -> None:
    control.post("limits", {"models": {_MODEL: {"tpm": 700}}})
    assert [_send(raw).status_code for _ in range(2)] == [200, 429]
    assert control.last_entry()["outcome"] == "err_429_tpm"


def test_pictures_a_minute_are_limited(raw: httpx2.Client, control: Control) -> None:
    control.post("limits", {"models": {_MODEL: {"ipm": 1}}})
    assert [_send(raw).status_code for _ in range(2)] == [200, 429]
    assert control.last_entry()["outcome"] == "err_429_ipm"


def test_dollars_of_ten_minutes_are_limited_over_all_models(
    raw: httpx2.Client, control: Control
) -> None:
    control.post("limits", {"usd_per_10min": 0.06})
    assert [_send(raw).status_code for _ in range(2)] == [200, 429]
    refused = control.last_entry()
    assert refused["outcome"] == "err_429_spend_10min"
    assert refused["billed_micros"] == 0


def test_a_refused_call_takes_nothing_out_of_the_limits() -> None:
    limits = Limits()
    limits.change(LimitSettings(models={"m": ModelLimits(rpm=2, tpm=100)}))
    assert limits.take(Demand("m", tokens=90, pictures=1, micros=1)) is None
    assert limits.take(Demand("m", tokens=90, pictures=1, micros=1)) is not None
    assert limits.take(Demand("m", tokens=10, pictures=1, micros=1)) is None


def test_a_reset_lifts_the_limits(raw: httpx2.Client, control: Control) -> None:
    control.post("limits", {"models": {"*": {"rpm": 0}}})
    assert _send(raw).status_code == 429
    control.post("reset")
    assert _send(raw).status_code == 200
