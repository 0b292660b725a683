"""Health: what is well, what is ill, and that one ill part hides no other."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import psycopg
import pytest

from tests.support.factories import Clients
from tests.support.postgres import DatabaseUrls
from tests.support.world import Servers, collection_of, runtime_on
from visualizer_core import __version__
from visualizer_core.services import generation, operations
from visualizer_core.services.generation.sweeps import heartbeat
from visualizer_core.services.operations import Check, Part
from visualizer_core.services.operations.checks import look_at_all
from visualizer_core.workspace import Runtime, Workspace

Changed = Callable[..., Runtime]


@pytest.fixture
def changed(servers: Servers, database_urls: DatabaseUrls, runtime: Runtime) -> Iterator[Changed]:
    """Make a runtime with some variables set otherwise."""
    assert runtime
    with ExitStack() as opened:

        def make(**changes: str) -> Runtime:
            settings = servers.settings(database_urls, **changes)
            return opened.enter_context(runtime_on(settings))

        yield make


def _found(rt: Runtime, *parts: Part, workers_expected: bool = True) -> dict[str, Check]:
    checks = operations.health(rt, parts=parts, workers_expected=workers_expected)
    return {check.name: check for check in checks}


def test_real_servers_are_well(runtime: Runtime) -> None:
    checks = operations.health(runtime, workers_expected=False)
    assert [check for check in checks if not check.ok] == []
    assert [part for part in Part if part not in {check.part for check in checks}] == []
    found = {check.name: check.detail for check in checks}
    assert __version__ in found["versions"]
    assert found["signed addresses"] == "open a file"
    assert found["unsigned addresses"].startswith("are refused (HTTP 4")
    assert found[f"model {runtime.image_model}"].startswith("usable, the default")


def test_nothing_is_left_in_the_bucket(runtime: Runtime) -> None:
    operations.health(runtime, parts=[Part.STORAGE])
    assert list(runtime.store.list("health/")) == []


@pytest.mark.parametrize(
    ("changes", "ill"),
    [
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, {Part.REDIS}),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, {Part.STORAGE}),
        ({"AWS_SECRET_ACCESS_KEY": "another-key-than-the-right-one"}, {Part.STORAGE}),
        ({"GEMINI_BASE_URL": "http://127.0.0.1:1"}, {Part.PROVIDER}),
        (
            {
                "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x",
                "OPERATOR_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x",
            },
            {Part.DATABASE, Part.WORKERS, Part.WORK},
        ),
    ],
)
def test_an_ill_part_is_told_with_a_remedy_and_hides_no_other(
    changed: Changed, changes: dict[str, str], ill: set[Part]
) -> None:
    checks = operations.health(changed(**changes), workers_expected=False)
    failed = [check for check in checks if not check.ok]
    assert {check.part for check in failed} == ill
    assert all(check.detail and check.remedy for check in failed)
    assert {check.part for check in checks} == set(Part)


def test_a_key_the_provider_refuses_is_told_once(changed: Changed) -> None:
    found = _found(changed(GEMINI_API_KEY="AIza-looks-like-a-real-one"), Part.PROVIDER)
    assert not found["provider key"].ok
    assert "GEMINI_API_KEY" in found["provider key"].remedy
    assert not any(name.startswith("model ") for name in found)


def test_a_model_that_is_gone_fails_only_when_it_is_the_default(runtime: Runtime) -> None:
    first, second, *rest = runtime.registry.models
    for default, is_ok in ((second.id, True), ("gone", False)):
        registry = runtime.registry.model_copy(
            update={
                "models": (first.model_copy(update={"id": "gone"}), second, *rest),
                "default_image_model": default,
            }
        )
        check = _found(dataclasses.replace(runtime, registry=registry), Part.PROVIDER)["model gone"]
        assert (check.ok, bool(check.remedy)) == (is_ok, True)


def test_a_model_that_retires_soon_is_advice(runtime: Runtime) -> None:
    first, *rest = runtime.registry.models
    for days, advised in ((20, True), (200, False)):
        retiring = first.model_copy(
            update={"retires_on": datetime.now(UTC).date() + timedelta(days=days)}
        )
        registry = runtime.registry.model_copy(update={"models": (retiring, *rest)})
        found = _found(dataclasses.replace(runtime, registry=registry), Part.PROVIDER)
        assert found[f"model {first.id}"].ok
        assert found[f"model {first.id}"].is_advice is advised


def test_pictures_that_are_not_real_in_production_are_advice(changed: Changed) -> None:
    found = _found(changed(VISUALIZER_MODE="production"), Part.PROGRAM)["settings"]
    assert found.detail.startswith("production")
    assert found.is_advice
    assert "GEMINI_BASE_URL" in found.remedy


def test_workers_are_missed_until_they_say_that_they_live(runtime: Runtime) -> None:
    missing = _found(runtime, Part.WORKERS)
    assert {name for name, check in missing.items() if not check.ok} == {
        "worker client",
        "worker control",
        "worker quarantine",
    }
    assert _found(runtime, Part.WORKERS, workers_expected=False)["workers"].ok
    for role in ("client", "control", "quarantine", "admin"):
        heartbeat(runtime, f"here:1:{role}", role, __version__)
    assert all(check.ok and not check.remedy for check in _found(runtime, Part.WORKERS).values())


def test_a_worker_of_another_version_is_advice_and_a_silent_one_is_missed(
    runtime: Runtime, database_urls: DatabaseUrls
) -> None:
    heartbeat(runtime, "here:1:client", "client", "0.0.9")
    assert "0.0.9" in _found(runtime, Part.WORKERS)["worker client"].detail
    _run(database_urls, "UPDATE app.workers SET seen_at = now() - interval '61 seconds'")
    assert not _found(runtime, Part.WORKERS)["worker client"].ok


def _run(urls: DatabaseUrls, sql: str) -> None:
    with psycopg.connect(urls.superuser, autocommit=True) as connection:
        connection.execute(sql.encode())


def test_work_that_nobody_takes_is_stuck_and_says_so(
    runtime: Runtime, workspace: Workspace, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 1)
    generation.start(workspace, collection_id, request_id="one")
    fresh = _found(runtime, Part.WORK)
    assert fresh["pictures to make"].ok
    assert fresh["pictures to make"].detail.startswith("1 ready")
    _run(
        database_urls,
        "UPDATE app.generated_assets SET created_at = now() - interval '11 minutes', "
        "run_after = now() - interval '11 minutes'",
    )
    stuck = _found(runtime, Part.WORK)["pictures to make"]
    assert not stuck.ok
    assert "11 min" in stuck.detail


def test_a_claim_nobody_takes_back_points_at_the_control_worker(
    runtime: Runtime, workspace: Workspace, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 1)
    generation.start(workspace, collection_id, request_id="one")
    _run(
        database_urls,
        "UPDATE app.generated_assets SET status = 'generating', lease_token = gen_random_uuid(), "
        "lease_until = now() - interval '2 minutes'",
    )
    left = _found(runtime, Part.WORK)["claims of dead workers"]
    assert not left.ok
    assert "visualizer worker control" in left.remedy


def test_work_of_a_suspended_client_is_not_stuck(
    runtime: Runtime, workspace: Workspace, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 1)
    generation.start(workspace, collection_id, request_id="one")
    _run(
        database_urls,
        "UPDATE app.generated_assets SET created_at = now() - interval '1 day', "
        "run_after = now() - interval '1 day'; UPDATE app.clients SET status = 'suspended'",
    )
    assert _found(runtime, Part.WORK)["pictures to make"].ok


def test_a_paused_model_is_advice_with_the_command_that_resumes_it(runtime: Runtime) -> None:
    model = runtime.image_model
    operations.pause_model(runtime, model, actor="test", reason="the bill is unpaid")
    paused = _found(runtime, Part.WORK)[f"model {model} is paused"]
    assert paused.is_advice
    assert paused.detail == "the bill is unpaid"
    assert f"visualizer admin model resume {model}" in paused.remedy


def test_the_disk_of_a_folder_that_is_not_there_yet_is_looked_at(
    runtime: Runtime, tmp_path: Path
) -> None:
    folders = [tmp_path / "not" / "yet"]
    checks = operations.health(runtime, parts=[Part.DISK], folders=folders)
    assert checks
    assert all("free at" in check.detail for check in checks)


def test_a_look_that_breaks_or_hangs_is_a_finding_about_that_part_only() -> None:
    hanging = Event()

    def breaks() -> list[Check]:
        raise KeyError("no such thing")

    def hangs() -> list[Check]:
        hanging.wait(30)
        return []

    well = Check(Part.DISK, "disk", ok=True, detail="room")
    found = look_at_all(
        {Part.REDIS: breaks, Part.STORAGE: hangs, Part.DISK: lambda: [well]}, patience_s=0.2
    )
    hanging.set()
    assert [check.part for check in found if not check.ok] == [Part.REDIS, Part.STORAGE]
    assert "KeyError" in found[0].detail
    assert "no answer within" in found[1].detail
    assert found[2] == well


def test_no_finding_names_a_client(runtime: Runtime, clients: Clients) -> None:
    ws = runtime.workspace(clients.make(), actor="test")
    collection_id, _ = collection_of(ws, 1, name="Very Secret Spring")
    generation.start(ws, collection_id, request_id="one")
    words = " ".join(f"{check.name} {check.detail}" for check in operations.health(runtime))
    assert str(ws.client_id) not in words
    assert "Very Secret Spring" not in words
