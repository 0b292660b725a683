"""The doors to the database: transactions, what happens when it is away, what addresses mean."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from tests.support.postgres import DatabaseUrls, copied
from visualizer_core.db.models import Product
from visualizer_core.db.roles import AUTH, OPERATOR, TENANT
from visualizer_core.db.session import Database, psycopg_url
from visualizer_core.domain.ids import ClientId
from visualizer_core.errors import Misconfigured, PartMissing


def _names(database: Database, client_id: ClientId) -> list[str]:
    with database.tenant(client_id) as session:
        return list(session.scalars(select(Product.name)))


def test_what_a_transaction_did_is_there_after_it(database: Database, client_id: ClientId) -> None:
    with database.tenant(client_id) as session:
        session.add(Product(import_key="sku:1", name="Chair"))
    assert _names(database, client_id) == ["Chair"]


def test_an_error_undoes_the_whole_transaction(database: Database, client_id: ClientId) -> None:
    def stumble() -> None:
        with database.tenant(client_id) as session:
            session.add(Product(import_key="sku:1", name="Chair"))
            session.flush()
            raise LookupError

    with pytest.raises(LookupError):
        stumble()
    assert _names(database, client_id) == []


def test_rows_can_be_read_after_their_transaction(database: Database, client_id: ClientId) -> None:
    with database.tenant(client_id) as session:
        product = Product(import_key="sku:1", name="Chair")
        session.add(product)
    assert (product.client_id, product.name) == (client_id, "Chair")


def test_a_mistake_in_a_statement_is_not_called_an_outage(
    database: Database, client_id: ClientId
) -> None:
    with pytest.raises(ProgrammingError), database.tenant(client_id) as session:
        session.execute(text("SELECT nonsense"))


def test_a_database_that_is_away_is_said_so_through_every_door(
    database_urls: DatabaseUrls, client_id: ClientId
) -> None:
    port = str(database_urls.server.port)
    away = Database(*(database_urls.url(r).replace(port, "1") for r in (TENANT, OPERATOR, AUTH)))
    for door in (away.tenant(client_id), away.operator(), away.auth()):
        with pytest.raises(PartMissing, match="does not answer"), door as session:
            session.execute(text("SELECT 1"))
    away.dispose()


def test_a_connection_lost_in_the_pool_is_replaced_unnoticed(
    database: Database, client_id: ClientId
) -> None:
    _names(database, client_id)
    with database.operator() as session:
        session.execute(text("SELECT 1"))
    _kill_connections(database)
    assert _names(database, client_id) == []


def test_a_connection_lost_in_the_middle_is_an_outage(
    database: Database, client_id: ClientId
) -> None:
    def work() -> None:
        with database.tenant(client_id) as session:
            session.execute(text("SELECT 1"))
            _kill_connections(database)
            session.execute(text("SELECT 1"))

    with pytest.raises(PartMissing, match="does not answer"):
        work()
    assert _names(database, client_id) == []


def _kill_connections(database: Database) -> None:
    """As a restart of the server would; each role may end its own connections."""
    with database.engine("tenant").connect() as other:
        other.execute(
            text("""
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE usename = current_user AND pid <> pg_backend_pid()
            """)
        )


def test_a_database_that_was_dropped_is_an_outage(migrated_database: DatabaseUrls) -> None:
    with copied(migrated_database, "leaving") as urls:
        doors = urls.open()
        with doors.operator() as session:
            session.execute(text("SELECT 1"))
    with pytest.raises(PartMissing), doors.operator() as session:
        session.execute(text("SELECT 1"))
    doors.dispose()


def test_a_role_this_process_was_not_given_is_not_opened(client_id: ClientId) -> None:
    nothing = Database(None, None, None)
    with (
        pytest.raises(Misconfigured, match="no access to the tenant database role"),
        nothing.tenant(client_id),
    ):
        pass


@pytest.mark.parametrize(
    "url", ["postgres://u:p@h:5432/d", "postgresql://u:p@h:5432/d", "postgresql+psycopg2://u:p@h/d"]
)
def test_addresses_of_hosting_providers_mean_our_driver(url: str) -> None:
    assert psycopg_url(url).drivername == "postgresql+psycopg"
    assert psycopg_url(url).password == "p"


@pytest.mark.parametrize(
    "url", ["mysql://u:secret@h/d", "secret", "", "postgresql://u:secret@h:x/d"]
)
def test_an_address_of_something_else_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(Misconfigured) as refusal:
        psycopg_url(url)
    assert "secret" not in str(refusal.value)
