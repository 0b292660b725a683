"""What tests of services start from: the program on empty servers, clients, what they have."""

import pytest

from tests.support.factories import Clients
from tests.support.postgres import DatabaseUrls
from tests.support.shop import Shop
from tests.support.world import Servers, flush_redis
from visualizer_core.db.session import Database
from visualizer_core.workspace import Runtime, Workspace


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
