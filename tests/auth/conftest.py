"""A runtime with a client and its owner."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.factories import Clients
from tests.support.postgres import DatabaseUrls
from tests.support.runtime import database_runtime
from visualizer_core.auth.people import create_user, find_person
from visualizer_core.auth.rows import Kind, Person
from visualizer_core.db.session import Database
from visualizer_core.domain.ids import ClientId, UserId
from visualizer_core.workspace import Runtime

PASSWORD = "teal otter hums under glass"
EMAIL = "Ada@North-Oak.example"


@dataclass(frozen=True)
class Owner:
    """Somebody who owns a client and knows their password."""

    id: UserId
    client_id: ClientId
    person: Person


@pytest.fixture
def rt(database: Database, database_urls: DatabaseUrls) -> Iterator[Runtime]:
    assert database
    runtime = database_runtime(database_urls)
    yield runtime
    runtime.close()


@pytest.fixture
def ada(rt: Runtime, clients: Clients) -> Owner:
    client_id = clients.make(name="North Oak", slug="north-oak")
    user_id = create_user(
        rt, EMAIL, "Ada Lovelace", client_id=client_id, password=PASSWORD, actor="command line"
    )
    return Owner(user_id, client_id, find_person(rt, Kind.USER, EMAIL))
