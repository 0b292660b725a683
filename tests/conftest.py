"""Fixtures for every test: real servers, started once a test process, emptied between tests."""

from collections.abc import Iterator

import pytest

from tests.support.factories import Clients
from tests.support.postgres import DatabaseUrls, Emptier, copied, migrated_server
from tests.support.world import Servers, Standin, flush_redis, runtime_on, servers_running
from visualizer_core.db.session import Database
from visualizer_core.domain.ids import ClientId
from visualizer_core.settings import Settings
from visualizer_core.workspace import Runtime, Workspace

# --- the database ---------------------------------------------------------------------------


@pytest.fixture(scope="session")
def migrated_database() -> Iterator[DatabaseUrls]:
    """A migrated database nobody connects to: the template of the others."""
    with migrated_server() as urls:
        yield urls


@pytest.fixture(scope="session")
def database_urls(migrated_database: DatabaseUrls) -> Iterator[DatabaseUrls]:
    """The database the tests of this process use, as each role."""
    with copied(migrated_database, "tests") as urls:
        yield urls


@pytest.fixture(scope="session")
def doors(database_urls: DatabaseUrls) -> Iterator[tuple[Database, Emptier]]:
    """The doors of all tests of this process: connecting anew for each would take longer."""
    opened = database_urls.open()
    with Emptier(database_urls) as emptier:
        yield opened, emptier
    opened.dispose()


@pytest.fixture
def database(doors: tuple[Database, Emptier]) -> Database:
    """The doors to an empty, migrated database."""
    opened, emptier = doors
    emptier.empty()
    return opened


@pytest.fixture
def clients(database: Database) -> Clients:
    """Makes clients and rows of theirs."""
    return Clients(database)


@pytest.fixture
def client_id(clients: Clients) -> ClientId:
    """One client."""
    return clients.make()


@pytest.fixture
def two_clients(clients: Clients) -> tuple[ClientId, ClientId]:
    """Two clients that must never meet."""
    return clients.make(), clients.make()


# --- the whole program ----------------------------------------------------------------------


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Redis, S3 and the provider stand-in of this test process."""
    with servers_running() as running:
        yield running


@pytest.fixture
def standin(servers: Servers) -> Standin:
    """The stand-in, without faults, limits, latency or history."""
    control = Standin(servers.env["GEMINI_BASE_URL"])
    control.reset()
    return control


@pytest.fixture(scope="session")
def running(servers: Servers, database_urls: DatabaseUrls) -> Iterator[Runtime]:
    """The program, built once: building it anew for each would take longer than most tests."""
    with runtime_on(_settings(servers, database_urls)) as running:
        yield running


def _settings(servers: Servers, urls: DatabaseUrls) -> Settings:
    return servers.settings(urls, MAX_IN_FLIGHT="8", WORKER_THREADS="8")


@pytest.fixture
def settings(servers: Servers, database_urls: DatabaseUrls, standin: Standin) -> Settings:
    """Settings on an empty Redis and a quiet stand-in."""
    assert standin
    flush_redis(servers.env)
    return _settings(servers, database_urls)


@pytest.fixture
def runtime(running: Runtime, database: Database, servers: Servers, standin: Standin) -> Runtime:
    """The program on real, empty servers."""
    assert database, standin
    flush_redis(servers.env)
    return running


@pytest.fixture
def workspace(runtime: Runtime, client_id: ClientId) -> Workspace:
    """One client of it."""
    return runtime.workspace(client_id, actor="test")
