"""Both apps as they are served: a process each, on a free port."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.support.web import web
from visualizer_core.local.server import HOST
from visualizer_core.local.state import port_is_free

ROOT = Path(__file__).parents[2]
READY_S = 60.0


@dataclass(frozen=True)
class Served:
    """A running app."""

    address: str
    log: Path

    def get(self) -> httpx2.Response:
        """Its page, as a browser first gets it."""
        return web.get(self.address)


Serve = Callable[[str, Mapping[str, str]], Served]


@contextmanager
def _serving(script: str, env: Mapping[str, str], log: Path) -> Generator[Served]:
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    name = script.removesuffix(".py")
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [
                *(sys.executable, "-m", "panel", "serve", str(ROOT / "apps" / script)),
                *("--address", HOST, "--port", str(port)),
                *("--allow-websocket-origin", f"{HOST}:{port}"),
            ],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **env},
            stdout=output,
            stderr=output,
        )
    try:
        served = Served(f"http://{HOST}:{port}/{name}", log)
        deadline = time.monotonic() + READY_S
        while port_is_free(port) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        assert process.poll() is None, log.read_text("utf-8")
        yield served
    finally:
        process.terminate()
        process.wait(15)


@pytest.fixture
def serve(tmp_path: Path) -> Generator[Serve]:
    """Serve an app until the end of the test."""
    with ExitStack() as running:

        def start(script: str, env: Mapping[str, str]) -> Served:
            return running.enter_context(_serving(script, env, tmp_path / f"{script}.log"))

        yield start
