"""A running stand-in for all tests of this folder, put back to its start before each."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from google import genai
from google.genai import types

from tests.local.standin.control import Control
from tests.support.web import NO_TLS, client_at
from visualizer_core.local.standin import RunningStandIn, launch


@pytest.fixture(scope="session")
def one_standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStandIn]:
    folder = tmp_path_factory.mktemp("standin")
    with launch(folder / "log.jsonl", "--workers", "1") as running:
        yield running


@pytest.fixture
def standin(one_standin: RunningStandIn) -> RunningStandIn:
    Control(one_standin.base_url).post("reset")
    return one_standin


@pytest.fixture
def control(standin: RunningStandIn) -> Control:
    return Control(standin.base_url)


@pytest.fixture
def raw(standin: RunningStandIn) -> Iterator[httpx2.Client]:
    with client_at(standin.base_url, headers={"x-goog-api-key": "standin"}) as client:
        yield client


@pytest.fixture
def sdk(standin: RunningStandIn) -> Iterator[genai.Client]:
    client = client_of(standin.base_url)
    yield client
    client.close()


def client_of(base_url: str, *, key: str = "standin", timeout_ms: int = 60_000) -> genai.Client:
    """The unmodified client, set up as the product sets it up."""
    return genai.Client(
        api_key=key,
        enterprise=False,
        http_options=types.HttpOptions(
            base_url=base_url,
            api_version="v1beta",
            timeout=timeout_ms,
            client_args={"trust_env": False, "verify": NO_TLS},
            async_client_args={"verify": NO_TLS, "ssl": NO_TLS},
        ),
    )


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    return tmp_path / "log.jsonl"
