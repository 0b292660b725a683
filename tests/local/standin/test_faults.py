"""Scripted faults hit the calls they are meant for, as often as they are meant to."""

import time

import httpx2
import pytest

from tests.local.standin.contract import body_of, inside, items, part, picture_in
from tests.local.standin.control import (
    IMAGE_PATH,
    TEXT_PATH,
    Control,
    analysis_request,
    picture_request,
    room_jpeg,
)

_LITE = "/v1beta/models/gemini-3.1-flash-lite-image:generateContent"


def _status(raw: httpx2.Client, path: str = IMAGE_PATH, prompt: str = "Place it there.") -> int:
    return raw.post(path, json=picture_request(prompt=prompt)).status_code


def test_a_fault_hits_as_often_as_counted(raw: httpx2.Client, control: Control) -> None:
    control.fault("err_503_overloaded", count=2)
    assert [_status(raw) for _ in range(3)] == [503, 503, 200]


def test_a_fault_without_a_count_never_stops(raw: httpx2.Client, control: Control) -> None:
    control.fault("err_500", count=None)
    assert {_status(raw) for _ in range(3)} == {500}


def test_skipped_calls_pass_first(raw: httpx2.Client, control: Control) -> None:
    control.fault("err_500", skip=1)
    assert [_status(raw) for _ in range(3)] == [200, 500, 200]


def test_faults_are_used_in_the_order_of_the_script(raw: httpx2.Client, control: Control) -> None:
    control.post("faults", {"faults": [{"kind": "err_500"}, {"kind": "err_504"}]})
    assert [_status(raw) for _ in range(3)] == [500, 504, 200]


def test_a_fault_hits_only_what_it_matches(raw: httpx2.Client, control: Control) -> None:
    control.fault("err_500", model="gemini-3.1-flash-lite-image", prompt="sofa", count=None)
    assert _status(raw) == 200
    assert _status(raw, _LITE) == 200
    assert _status(raw, IMAGE_PATH, prompt="the sofa") == 200
    assert _status(raw, _LITE, prompt="the sofa") == 500


def test_a_fault_can_be_meant_for_one_correlation_id(raw: httpx2.Client, control: Control) -> None:
    control.fault("err_500", call="one")
    other = raw.post(IMAGE_PATH, json=picture_request(), headers={"x-visualizer-call": "other"})
    one = raw.post(IMAGE_PATH, json=picture_request(), headers={"x-visualizer-call": "one"})
    assert (other.status_code, one.status_code) == (200, 500)


def test_picture_faults_leave_analyses_alone(raw: httpx2.Client, control: Control) -> None:
    control.fault("image_no_image")
    schema = {"type": "OBJECT", "properties": {"style": {"type": "STRING"}}}
    analysis = raw.post(TEXT_PATH, json=analysis_request(schema))
    assert "NO_IMAGE" not in analysis.text
    assert "NO_IMAGE" in raw.post(IMAGE_PATH, json=picture_request()).text


def test_chance_falls_the_same_for_the_same_items_in_any_order(
    raw: httpx2.Client, control: Control
) -> None:
    prompts = [f"prompt {number}" for number in range(24)]
    script = {"faults": [{"kind": "err_500", "count": None, "probability": 0.5, "seed": 3}]}
    control.post("faults", script)
    forwards = {prompt: _status(raw, prompt=prompt) for prompt in prompts}
    control.post("faults", script)
    backwards = {prompt: _status(raw, prompt=prompt) for prompt in reversed(prompts)}
    assert forwards == backwards
    assert set(forwards.values()) == {200, 500}


def test_a_retry_gets_another_chance(raw: httpx2.Client, control: Control) -> None:
    control.fault("err_500", count=None, probability=0.5)
    assert {_status(raw) for _ in range(16)} == {200, 500}


def test_an_unknown_kind_is_refused_and_nothing_changes(control: Control) -> None:
    control.fault("err_500", count=None)
    refused = control.post("faults", {"faults": [{"kind": "err_418"}]}, expect=400)
    assert "err_418" in str(refused["error"])
    assert len(items(control.get("faults")["faults"])) == 1


def test_a_script_can_be_added_to(control: Control) -> None:
    control.fault("err_500")
    added = control.post("faults", {"add": True, "faults": [{"kind": "err_504"}]})
    assert len(items(added["faults"])) == 2


def test_any_finish_and_block_reason_can_be_scripted(raw: httpx2.Client, control: Control) -> None:
    control.fault("finish_reason", reason="SPII")
    answer = raw.post(IMAGE_PATH, json=picture_request())
    candidate = inside(items(inside(body_of(answer))["candidates"])[0])
    assert candidate["finishReason"] == "SPII"
    control.fault("block_reason", reason="JAILBREAK")
    answer = raw.post(IMAGE_PATH, json=picture_request())
    assert inside(inside(body_of(answer))["promptFeedback"])["blockReason"] == "JAILBREAK"


def test_an_echo_returns_the_scene_s_own_bytes(raw: httpx2.Client, control: Control) -> None:
    control.fault("image_same_as_input")
    answer = raw.post(IMAGE_PATH, json=picture_request())
    assert picture_in(body_of(answer)) == room_jpeg()


@pytest.mark.parametrize("seconds", [0.4])
def test_a_fault_can_take_its_time(seconds: float, raw: httpx2.Client, control: Control) -> None:
    control.fault("err_503_deadline", seconds=seconds)
    began = time.monotonic()
    assert _status(raw) == 503
    assert time.monotonic() - began >= seconds


def test_errors_cost_nothing_unless_the_script_says_so(
    raw: httpx2.Client, control: Control
) -> None:
    control.fault("err_500")
    _status(raw)
    assert control.last_entry()["billed_micros"] == 0
    control.fault("err_504", billed=True)
    _status(raw)
    assert int(str(control.last_entry()["billed_micros"])) > 30_000


def test_a_lost_answer_may_have_been_billed(raw: httpx2.Client, control: Control) -> None:
    control.fault("wire_close", billed=True)
    with pytest.raises(httpx2.RemoteProtocolError):
        _status(raw)
    entry = control.last_entry()
    assert (entry["outcome"], entry["status"], entry["returned"]) == ("wire_close", 0, [])
    assert int(str(entry["billed_micros"])) > 30_000


def test_a_withheld_picture_is_not_billed(raw: httpx2.Client, control: Control) -> None:
    control.fault("image_other")
    _status(raw)
    assert control.last_entry()["billed_micros"] == 0


def test_the_log_names_the_scripted_fault(raw: httpx2.Client, control: Control) -> None:
    control.fault("err_500")
    number = inside(items(control.get("faults")["faults"])[0])["number"]
    _status(raw)
    assert control.last_entry()["fault"] == number


def test_the_quota_of_zero_says_no_access(raw: httpx2.Client, control: Control) -> None:
    control.fault("err_429_no_access")
    assert '"quotaValue": "0"' in raw.post(IMAGE_PATH, json=picture_request()).text


def test_a_reset_forgets_the_script(raw: httpx2.Client, control: Control) -> None:
    control.fault("err_500", count=None)
    control.post("reset")
    assert _status(raw) == 200


def test_control_routes_say_what_they_do_not_understand(control: Control) -> None:
    assert "colour" in str(control.post("latency", {"colour": 1}, expect=400)["error"])
    assert "/_control/faults" in str(control.post("nothing", expect=404)["error"])


def test_the_contract_s_429_carries_retry_after(raw: httpx2.Client, control: Control) -> None:
    control.fault("err_429_rpm")
    answer = raw.post(IMAGE_PATH, json=picture_request())
    assert (
        answer.headers["retry-after"]
        == inside(part("responses", "err_429_rpm")["headers"])["retry-after"]
    )
