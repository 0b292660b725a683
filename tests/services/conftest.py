"""One program for all tests of a process, on servers emptied before each: building it takes longer
than most tests."""

from collections.abc import Iterator

import pytest

from tests.support.factories import Clients
from tests.support.postgres import DatabaseUrls
from tests.support.shop import Shop
from tests.support.world import Servers, flush_redis, runtime_on
from visualizer_core.db.session import Database
from visualizer_core.workspace import Runtime, Workspace


@pytest.fixture(scope="session")
def running(servers: Servers, database_urls: DatabaseUrls) -> Iterator[Runtime]:
    """The program, started once."""
    with runtime_on(servers.settings(database_urls, MAX_IN_FLIGHT="8", WORKER_THREADS="8")) as rt:
        yield rt


@pytest.fixture
def rt(running: Runtime, database: Database, servers: Servers) -> Runtime:
    """The program on empty servers; what asks the provider takes `standin` too."""
    assert database
    flush_redis(servers.env)
    return running


@pytest.fixture
def ws(rt: Runtime, clients: Clients) -> Workspace:
    """One client."""
    return rt.workspace(clients.make(), actor="user:ada")


@pytest.fixture
def other(rt: Runtime, clients: Clients) -> Workspace:
    """Another client, who must never be met."""
    return rt.workspace(clients.make(), actor="user:eve")


@pytest.fixture
def shop(ws: Workspace, clients: Clients, database_urls: DatabaseUrls) -> Shop:
    """What the client has, made and looked at from behind."""
    return Shop(ws, clients, database_urls)
