"""Fixtures for every test: real servers, started once a test process, emptied between tests."""

from collections.abc import Iterator

import pytest

from tests.support.factories import Clients
from tests.support.postgres import DatabaseUrls, copied, empty, migrated_server
from visualizer_core.db.session import Database
from visualizer_core.domain.ids import ClientId

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


@pytest.fixture
def database(database_urls: DatabaseUrls) -> Iterator[Database]:
    """The doors to an empty, migrated database."""
    empty(database_urls)
    doors = database_urls.open()
    yield doors
    doors.dispose()


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
