"""Many calls at once wait cheaply, on few connections or many."""

import asyncio
import time
from pathlib import Path
from typing import cast

import httpx2
import pytest

from tests.local.standin.control import IMAGE_PATH, Control, picture_request
from tests.support.web import client_at
from visualizer_core.local.standin import RunningStandIn, launch

_MANY = 250


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100  # user and system time, in ticks of 10 ms


async def _at_once(base_url: str, count: int) -> list[httpx2.Response]:
    limits = httpx2.Limits(max_connections=count, max_keepalive_connections=count)
    headers = {"x-goog-api-key": "standin"}
    async with httpx2.AsyncClient(
        base_url=base_url, limits=limits, headers=headers, timeout=60, trust_env=False
    ) as client:
        bodies = [picture_request(seed=seed) for seed in range(count)]
        return await asyncio.gather(*(client.post(IMAGE_PATH, json=body) for body in bodies))


def test_many_calls_sleep_side_by_side_and_cost_little(tmp_path: Path) -> None:
    arguments = ("--picture-mode", "pool:2", "--latency", "3")
    with launch(tmp_path / "log.jsonl", *arguments) as running:
        cpu = _cpu_seconds(running.pid)
        began = time.monotonic()
        answers = asyncio.run(_at_once(running.base_url, _MANY))
        took = time.monotonic() - began
        cpu = _cpu_seconds(running.pid) - cpu
        assert {answer.status_code for answer in answers} == {200}
        stats = Control(running.base_url).stats()
        assert cast("int", stats["max_in_flight"]) > _MANY * 0.8
        assert stats["pictures"] == _MANY
        assert took < 60  # one after the other they would take 750 s
        assert cpu / _MANY < 0.05  # seconds a call; measured 0.004, the rest is a loaded machine


def test_a_connection_is_kept_for_many_calls(standin: RunningStandIn) -> None:
    limits = httpx2.Limits(max_connections=1, max_keepalive_connections=1)
    with client_at(standin.base_url, limits=limits) as client:
        answers = [
            client.get("/v1beta/models", headers={"x-goog-api-key": "standin"}) for _ in range(5)
        ]
        streams = {id(answer.extensions["network_stream"]) for answer in answers}
    assert len(streams) == 1
    assert all("content-length" in answer.headers for answer in answers)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_a_method_nobody_serves_is_answered_404(method: str, raw: httpx2.Client) -> None:
    assert raw.request(method, "/v1beta/models/gemini-3.5-flash-lite").status_code == 404
