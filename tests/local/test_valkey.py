from typing import Any

import pytest
import redis

from visualizer_core.local.state import StateFolder
from visualizer_core.local.valkey import ValkeyServer


# Any: redis leaves **kwargs of every command without a type.
def start(state: StateFolder, *, durable: bool) -> tuple[ValkeyServer, Any]:
    server = ValkeyServer(state, durable=durable)
    return server, connect(server.start())


def connect(url: str) -> Any:
    return redis.Redis.from_url(url)  # pyright: ignore[reportUnknownMemberType]  # as above


def test_it_asks_for_the_password(state: StateFolder) -> None:
    server, client = start(state, durable=False)
    stranger = connect(f"redis://{server.address}/0")
    with pytest.raises(redis.AuthenticationError):
        stranger.ping()
    assert client.ping()
    assert state.secret("redis") not in " ".join(server.spec().argv)
    stranger.close()
    client.close()
    server.stop()


def test_it_refuses_writes_rather_than_forget_keys(state: StateFolder) -> None:
    server, client = start(state, durable=False)
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert client.config_get("bind") == {"bind": "127.0.0.1"}
    client.close()
    server.stop()


@pytest.mark.parametrize(("durable", "kept"), [(True, b"42"), (False, None)])
def test_what_it_knew_survives_a_restart_when_durable(
    state: StateFolder, *, durable: bool, kept: bytes | None
) -> None:
    server, client = start(state, durable=durable)
    client.set("limit", 42)
    client.close()
    server.stop()

    server, client = start(state, durable=durable)
    assert client.get("limit") == kept
    client.close()
    server.stop()
