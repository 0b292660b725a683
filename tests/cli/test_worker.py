"""One worker in the foreground, of a running stack."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Command, OwnStack
from visualizer_core.services import operations
from visualizer_core.services.operations import Part
from visualizer_core.settings import settings_from
from visualizer_core.wiring import build_runtime

ROOT = Path(__file__).parents[2]
READY_S = 40.0


def test_a_role_that_does_not_exist_is_wrong_input_with_those_that_do(alone: Command) -> None:
    ran = alone("worker", "cook")
    assert ran.code == 2
    assert "quarantine" in ran.told


def test_a_worker_starts_no_servers(alone: Command, tmp_path: Path) -> None:
    ran = alone("worker", "client")
    assert ran.code == 3
    assert "visualizer up" in ran.told
    assert not (tmp_path / ".visualizer" / "postgres").exists()


@pytest.fixture
def control_worker(alone: Command, own_stack: OwnStack) -> Iterator[subprocess.Popen[str]]:
    assert alone("migrate", "--state", own_stack.state).code == 0
    process = subprocess.Popen(  # noqa: S603 - our own command
        [
            *(sys.executable, "-m", "visualizer_core.cli"),
            *("worker", "control", "--state", str(own_stack.state)),
        ],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate(timeout=10)


def test_a_worker_of_a_running_stack_lives_and_knows_no_owner_role(
    control_worker: subprocess.Popen[str], own_stack: OwnStack
) -> None:
    runtime = build_runtime(settings_from(own_stack.env))
    deadline = time.monotonic() + READY_S
    alive = False
    while not alive and time.monotonic() < deadline and control_worker.poll() is None:
        time.sleep(0.2)
        checks = operations.health(runtime, parts=[Part.WORKERS])
        alive = any(check.name == "worker control" and check.ok for check in checks)
    runtime.close()
    assert alive
    environ = Path(f"/proc/{control_worker.pid}/environ")
    if environ.exists():
        names = {line.split(b"=")[0] for line in environ.read_bytes().split(b"\0")}
        assert b"OPERATOR_DATABASE_URL" in names
        assert names.isdisjoint({b"MIGRATION_DATABASE_URL", b"VISUALIZER_BOOTSTRAP_DATABASE_URL"})
    control_worker.send_signal(signal.SIGTERM)
    assert control_worker.wait(20) == 0
