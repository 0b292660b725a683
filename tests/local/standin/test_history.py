"""The history is written before the answer goes out and survives whatever happens to the server."""

import hashlib
import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import cast

import httpx2
import pytest

from tests.local.standin.contract import Json, body_of, inside, picture_in
from tests.local.standin.control import (
    IMAGE_PATH,
    Control,
    picture_request,
    product_png,
    room_jpeg,
)
from tests.support.web import web
from visualizer_core.local.standin import RunningStandIn, launch


def _lines(path: Path) -> list[Json]:
    return [cast("Json", json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def _post(running: RunningStandIn, **headers: str) -> httpx2.Response:
    return web.post(
        running.base_url + IMAGE_PATH,
        json=picture_request(),
        headers={"x-goog-api-key": "standin", **headers},
    )


def test_a_line_says_what_was_asked_and_what_was_given(
    standin: RunningStandIn, control: Control
) -> None:
    answer = _post(standin, **{"x-visualizer-call": "call-7"})
    entry = control.last_entry()
    assert entry["call"] == "call-7"
    assert entry["images"] == [
        hashlib.sha256(data).hexdigest() for data in (product_png(), room_jpeg())
    ]
    assert entry["returned"] == [hashlib.sha256(picture_in(body_of(answer))).hexdigest()]
    assert "Place the product" in str(entry["prompt"])
    assert (entry["seed"], entry["ratio"], entry["size"]) == (7, "1:1", "1K")
    assert entry["key"] == hashlib.sha256(b"standin").hexdigest()[:16]
    assert cast("float", entry["arrived_at"]) <= cast("float", entry["answered_at"])
    assert entry["usage"] == inside(body_of(answer))["usageMetadata"]


def test_the_line_is_in_the_file_before_the_answer_arrives(
    standin: RunningStandIn, control: Control
) -> None:
    control.fault("wire_trickle", seconds=2)
    before = len(_lines(standin.log_file))
    thread = threading.Thread(target=_post, args=(standin,))
    thread.start()
    deadline = time.monotonic() + 30
    while len(_lines(standin.log_file)) == before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert thread.is_alive()  # still reading its answer
    assert _lines(standin.log_file)[-1]["outcome"] == "wire_trickle"
    thread.join()


def test_asking_since_a_number_gives_what_came_after(
    standin: RunningStandIn, control: Control
) -> None:
    last = control.last_number()
    _post(standin)
    _post(standin)
    assert [entry["seq"] for entry in control.log(last)] == [last + 1, last + 2]
    assert control.log(last + 2) == []


def test_sums_begin_anew_after_a_reset_and_lines_stay(
    standin: RunningStandIn, control: Control
) -> None:
    _post(standin)
    stats = control.stats()
    assert stats["pictures"] == 1
    assert stats["billed_micros"] == control.last_entry()["billed_micros"]
    last = control.last_number()
    control.post("reset")
    assert control.stats()["requests"] == 0
    assert control.last_number() == last


def test_a_killed_server_goes_on_where_it_stopped(log_file: Path) -> None:
    with launch(log_file, "--workers", "1") as running:
        _post(running)
        billed = Control(running.base_url).stats()["billed_micros"]
        os.kill(running.pid, signal.SIGKILL)
    with log_file.open("ab") as file:
        file.write(b'{"seq": 2, "cut sh')
    with launch(log_file, "--workers", "1") as running:
        control = Control(running.base_url)
        assert (control.last_number(), control.stats()["billed_micros"]) == (1, billed)
        _post(running)
        assert [entry["seq"] for entry in control.log(0)] == [1, 2]
        assert control.stats()["billed_micros"] == 2 * cast("int", billed)


def test_a_client_that_hung_up_is_billed_all_the_same(
    standin: RunningStandIn, control: Control
) -> None:
    control.post("latency", {"image": 0.8})
    with pytest.raises(httpx2.ReadTimeout):
        web.post(
            standin.base_url + IMAGE_PATH,
            json=picture_request(),
            headers={"x-goog-api-key": "standin"},
            timeout=0.2,
        )
    before = control.last_number()
    deadline = time.monotonic() + 10
    while control.last_number() == before and time.monotonic() < deadline:
        time.sleep(0.05)
    entry = control.last_entry()
    assert entry["client_gone"] is True
    assert cast("int", entry["billed_micros"]) > 30_000


def test_control_requests_are_not_part_of_the_history(control: Control) -> None:
    last = control.last_number()
    control.stats()
    assert control.last_number() == last
