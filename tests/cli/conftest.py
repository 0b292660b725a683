"""Commands in this process, on the servers of the tests, and a stack of their own for some."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.postgres import DatabaseUrls
from tests.support.world import Servers
from visualizer_core.cli.main import app
from visualizer_core.local.stack import Stack
from visualizer_core.local.state import temporary_state
from visualizer_core.workspace import Runtime

SHARED = Path(__file__).parents[3] / "shared" / "data"


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str  # results
    told: str  # words for people

    @property
    def json(self) -> Any:
        """The object on the last line of the results."""
        return json.loads(self.out.splitlines()[-1])


Command = Callable[..., Ran]


def invoke(*words: object) -> Ran:
    """Run a command in this process."""
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    return Ran(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command with nothing in its environment, in an empty folder."""
    for name in list(os.environ):
        if name.endswith(("_URL", "_KEY", "_SECRET", "_BUCKET")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return invoke


@pytest.fixture
def command(
    alone: Command,
    runtime: Runtime,
    servers: Servers,
    database_urls: DatabaseUrls,
    monkeypatch: pytest.MonkeyPatch,
) -> Command:
    """Run a command on real servers that its environment names."""
    assert runtime
    for name, value in servers.environment(database_urls, WORKER_THREADS="8").items():
        monkeypatch.setenv(name, value)
    return alone


@dataclass(frozen=True)
class OwnStack:
    """Embedded servers with their own state folder."""

    state: Path
    env: Mapping[str, str]


@pytest.fixture(scope="session")
def own_stack() -> Iterator[OwnStack]:
    """A whole embedded stack; who needs it migrated migrates it."""
    with temporary_state() as state, Stack(state, environ={}, durable=False).running() as env:
        yield OwnStack(state, env)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real input beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("the shared input data is not beside this checkout")
    return SHARED
