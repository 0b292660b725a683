"""The doctor: everything well, something ill, and the probe that costs money."""

import pytest
from sqlalchemy import select

from tests.cli.conftest import Command
from tests.support.world import Standin
from visualizer_core.db.models import AuditEntry
from visualizer_core.workspace import Runtime


def test_a_healthy_installation_passes(command: Command) -> None:
    ran = command("doctor", "--json")
    assert ran.code == 0, ran.told
    assert ran.json["ok"] is True
    assert {check["part"] for check in ran.json["checks"]} == {
        *("program", "database", "redis", "storage", "provider", "disk", "workers", "work")
    }
    assert "every part is well" in ran.told


def test_a_part_that_is_away_is_named_with_a_remedy_and_the_others_are_still_looked_at(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    ran = command("doctor", "--json")
    assert ran.code == 3
    [failed] = [check for check in ran.json["checks"] if not check["ok"]]
    assert failed["part"] == "redis"
    assert "REDIS_URL" in failed["remedy"]
    assert "REDIS_URL" in ran.told
    assert "1 of" in ran.told
    assert {"database", "storage", "provider"} <= {check["part"] for check in ran.json["checks"]}


def test_settings_that_stop_the_start_are_said_by_name(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKER_THREADS", "many")
    ran = command("doctor")
    assert ran.code == 3
    assert "WORKER_THREADS" in ran.told


def test_the_probe_spends_nothing_without_consent(command: Command, standin: Standin) -> None:
    ran = command("doctor", "--probe")
    assert ran.code == 2
    assert "--yes" in ran.told
    assert "about $0.04" in ran.told
    assert not [entry for entry in standin.log() if "generateContent" in str(entry)]


def test_the_probe_tells_pixels_tokens_and_cost_and_is_booked(
    command: Command, runtime: Runtime
) -> None:
    ran = command("doctor", "--probe", "--yes", "--json")
    assert ran.code == 0, ran.told
    picture, analysis = ran.json["probe"]
    assert (picture["width"], picture["height"], picture["mime"]) == (1024, 1024, "image/jpeg")
    assert picture["usage"]["output_tokens"] > 1_000
    assert 0 < picture["cost_usd"] < 0.1
    assert analysis["ok"]
    assert "batch" in ran.told  # and that this lane is not probed
    with runtime.begin() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "provider.probed").order_by(AuditEntry.id)
        ).all()
    booked = [dict(entry.after or {})["cost_micros"] for entry in entries]
    assert booked == [round(call["cost_usd"] * 1e6) for call in (picture, analysis)]


def test_a_probe_that_fails_says_why(command: Command, standin: Standin) -> None:
    standin.fault("err_500", path="generateContent", count=None)
    ran = command("doctor", "--probe", "--yes", "--json")
    assert ran.code == 3
    assert not ran.json["probe"][0]["ok"]
    assert ran.json["probe"][0]["message"] in ran.told
    assert all(check["ok"] for check in ran.json["checks"])
