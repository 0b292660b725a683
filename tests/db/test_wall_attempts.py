"""Hostile and careless ways around the wall, each tried for real."""

import contextlib
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pandas as pd
import psycopg
import pytest
from psycopg import errors
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, ProgrammingError

from tests.support.factories import Clients
from tests.support.postgres import DatabaseUrls
from visualizer_core.db.models import AuditEntry, Client, Product
from visualizer_core.db.roles import AUTH, OPERATOR, TENANT
from visualizer_core.db.session import Database
from visualizer_core.domain.ids import ClientId, ProductId

_Two = tuple[ClientId, ClientId]
_PRODUCTS = 3


@pytest.fixture
def products(clients: Clients, two_clients: _Two) -> dict[ClientId, list[ProductId]]:
    """Three products of each client."""
    return {
        client_id: [clients.product(client_id) for _ in range(_PRODUCTS)]
        for client_id in two_clients
    }


@pytest.fixture
def one_connection(database_urls: DatabaseUrls) -> Iterator[Database]:
    """Doors that share one physical connection, so that every mix-up would show."""
    doors = database_urls.open(pool_size=1)
    yield doors
    doors.dispose()


# --- one connection, many clients -----------------------------------------------------------


@pytest.mark.usefixtures("products")
def test_a_pooled_connection_never_mixes_clients(
    one_connection: Database, two_clients: _Two
) -> None:
    mine, other = two_clients
    backends: set[int] = set()

    def visit(client_id: ClientId, then: Callable[[], object] = int) -> None:
        with one_connection.tenant(client_id) as session:
            backends.add(session.scalar(select(func.pg_backend_pid())) or 0)
            assert set(session.scalars(select(Product.client_id))) == {client_id}
            then()

    def stumble() -> None:
        raise ValueError

    visit(mine)
    visit(other)
    with pytest.raises(ValueError):  # noqa: PT011 - ours, two lines above
        visit(mine, stumble)
    visit(other)
    with pytest.raises(DBAPIError), one_connection.tenant(mine) as session:
        session.execute(text("SELECT 1/0"))
    visit(other)
    assert len(backends) == 1
    # The very same connection, used without saying whose it is.
    with one_connection.engine("tenant").connect() as naked:
        assert naked.scalar(select(func.pg_backend_pid())) in backends
        assert naked.scalar(select(func.count()).select_from(Product)) == 0
        assert naked.scalar(text("SELECT current_setting('app.client_id', true)")) == ""


@pytest.mark.usefixtures("products")
def test_a_client_set_for_the_whole_session_is_forgotten_with_the_connection(
    one_connection: Database, two_clients: _Two
) -> None:
    engine = one_connection.engine("tenant")
    with engine.begin() as careless:
        careless.execute(
            text("SELECT set_config('app.client_id', :client, false)"),
            {"client": str(two_clients[0])},
        )
        assert careless.scalar(select(func.count()).select_from(Product)) == _PRODUCTS
    with engine.connect() as next_user:
        assert next_user.scalar(select(func.count()).select_from(Product)) == 0


@pytest.mark.usefixtures("products")
def test_a_transaction_after_a_commit_in_the_middle_still_belongs_to_its_client(
    database: Database, two_clients: _Two
) -> None:
    with database.tenant(two_clients[0]) as session:
        session.commit()
        assert set(session.scalars(select(Product.client_id))) == {two_clients[0]}
        session.rollback()
        assert set(session.scalars(select(Product.client_id))) == {two_clients[0]}


@pytest.mark.usefixtures("products")
def test_a_savepoint_that_fails_keeps_the_client(database: Database, two_clients: _Two) -> None:
    with database.tenant(two_clients[0]) as session:
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text("SELECT 1/0"))
        assert set(session.scalars(select(Product.client_id))) == {two_clients[0]}


@pytest.mark.usefixtures("products")
@pytest.mark.parametrize("plan", ["auto", "force_generic_plan"])
def test_prepared_statements_follow_the_client(
    plan: str, database_urls: DatabaseUrls, two_clients: _Two
) -> None:
    with psycopg.connect(database_urls.dsn(TENANT), prepare_threshold=0) as connection:
        connection.execute(f"SET plan_cache_mode = {plan}".encode())
        connection.commit()
        for turn in range(20):
            client_id = two_clients[turn % 2]
            with connection.transaction():
                connection.execute(
                    "SELECT set_config('app.client_id', %s, true)", (str(client_id),)
                )
                found = connection.execute(
                    "SELECT client_id FROM app.products WHERE name <> %s", ("",)
                ).fetchall()
            assert found == [(client_id,)] * _PRODUCTS


def _visit_both(doors: Database, two_clients: _Two, seed: int) -> list[object]:
    """Visits in a random mix, some ended by an error of ours or of the database; returns leaks."""
    dice = random.Random(seed)  # noqa: S311 - a repeatable mix, no secret
    leaks: list[object] = []
    for _ in range(60):
        client_id = dice.choice(two_clients)
        end = dice.choice(["SELECT 1", "SELECT 1", "SELECT 1", "SELECT 1/0", ""])
        with contextlib.suppress(LookupError, DBAPIError), doors.tenant(client_id) as session:
            found = set(session.scalars(select(Product.client_id)))
            if found != {client_id}:
                leaks.append((client_id, found))
            if not end:
                raise LookupError
            session.execute(text(end))
    return leaks


@pytest.mark.usefixtures("products")
def test_threads_that_share_few_connections_never_see_each_others_rows(
    database_urls: DatabaseUrls, two_clients: _Two
) -> None:
    shared = database_urls.open(pool_size=2)
    with ThreadPoolExecutor(6) as threads:
        leaks = threads.map(partial(_visit_both, shared, two_clients), range(6))
        assert [leak for found in leaks for leak in found] == []
    shared.dispose()


# --- other ways to read and write ------------------------------------------------------------


def test_pandas_reads_the_own_rows_only(
    database: Database, products: dict[ClientId, list[ProductId]], two_clients: _Two
) -> None:
    with database.tenant(two_clients[0]) as session:
        frame = pd.read_sql(select(Product.id, Product.client_id), session.connection())
        joined = pd.read_sql(
            text("SELECT c.name FROM products p FULL JOIN clients c ON true"), session.connection()
        )
    assert set(frame["id"]) == set(products[two_clients[0]])
    assert len(set(joined["name"])) == 1


def test_an_insert_that_meets_anothers_id_changes_nothing(
    database: Database, products: dict[ClientId, list[ProductId]], two_clients: _Two
) -> None:
    mine, other = two_clients
    stolen = products[other][0]
    with pytest.raises(ProgrammingError) as refused, database.tenant(mine) as session:
        session.execute(
            text("""
                INSERT INTO products (id, client_id, import_key, name)
                VALUES (:id, :client, 'sku:x', 'x') ON CONFLICT (id) DO UPDATE SET name = 'taken'
            """),
            {"id": stolen, "client": mine},
        )
    assert isinstance(refused.value.orig, errors.InsufficientPrivilege)
    with database.tenant(other) as session:
        assert session.scalar(select(Product.name).where(Product.id == stolen)) != "taken"


def test_a_merge_cannot_reach_anothers_row(
    database: Database, products: dict[ClientId, list[ProductId]], two_clients: _Two
) -> None:
    mine, other = two_clients
    with database.tenant(mine) as session:
        touched = session.execute(
            text("""
                MERGE INTO products p USING (SELECT CAST(:id AS uuid) AS id) v ON p.id = v.id
                WHEN MATCHED THEN UPDATE SET name = 'taken' RETURNING 1
            """),
            {"id": products[other][0]},
        )
        assert touched.all() == []


@pytest.mark.usefixtures("products")
def test_copying_out_gives_the_own_rows_and_copying_in_is_refused(
    database_urls: DatabaseUrls, two_clients: _Two
) -> None:
    with psycopg.connect(database_urls.dsn(TENANT)) as connection:
        connection.execute("SELECT set_config('app.client_id', %s, true)", (str(two_clients[0]),))
        with connection.cursor().copy(
            "COPY (SELECT client_id FROM app.products) TO STDOUT"
        ) as copy:
            out = b"".join(bytes(block) for block in copy).decode().split()
        assert out == [str(two_clients[0])] * _PRODUCTS
        with (
            pytest.raises(errors.FeatureNotSupported),
            connection.cursor().copy(
                "COPY app.products (client_id, import_key, name) FROM STDIN"
            ) as copy,
        ):
            copy.write_row((two_clients[1], "sku:x", "x"))


# --- what grants must stop, because row-level security does not ---------------------------------


@pytest.mark.parametrize("role", [TENANT, OPERATOR, AUTH])
@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE app.products",
        "ALTER TABLE app.products DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE app.products NO FORCE ROW LEVEL SECURITY",
        "CREATE POLICY mine ON app.products USING (true)",
        "DROP TABLE app.products",
        "CREATE TABLE app.mine (n int)",
        "CREATE TABLE public.mine (n int)",
        "CREATE FUNCTION app.tenant() RETURNS uuid LANGUAGE sql RETURN gen_random_uuid()",
        "SET ROLE wb_owner",
        "SET ROLE postgres",
        "SET SESSION AUTHORIZATION postgres",
        "ALTER ROLE CURRENT_USER BYPASSRLS",
        "SELECT pg_read_file('/etc/passwd')",
    ],
)
def test_no_role_of_the_program_may(statement: str, role: str, database_urls: DatabaseUrls) -> None:
    with (
        psycopg.connect(database_urls.dsn(role), autocommit=True) as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


@pytest.mark.usefixtures("products")
def test_switching_row_security_off_makes_an_error_and_opens_nothing(
    database_urls: DatabaseUrls,
) -> None:
    with psycopg.connect(database_urls.dsn(TENANT), autocommit=True) as connection:
        connection.execute("SET row_security = off")
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("SELECT count(*) FROM app.products")


@pytest.mark.parametrize(
    "table", ["users", "memberships", "admin_users", "sessions", "auth_tokens", "workers"]
)
def test_a_client_cannot_look_at_people_sessions_and_workers(
    table: str, database: Database, client_id: ClientId
) -> None:
    with pytest.raises(ProgrammingError) as refused, database.tenant(client_id) as session:
        session.execute(text(f"SELECT * FROM {table}"))  # noqa: S608 - names from the list above
    assert isinstance(refused.value.orig, errors.InsufficientPrivilege)


def test_a_client_changes_its_defaults_but_not_its_plan(
    database: Database, client_id: ClientId
) -> None:
    with database.tenant(client_id) as session:
        session.execute(update(Client).values(generation_defaults={"style": "Japandi"}))
    for column, value in (("plan", "enterprise"), ("weight", 100.0), ("status", "active")):
        with pytest.raises(ProgrammingError) as refused, database.tenant(client_id) as session:
            session.execute(update(Client).values({column: value}))
        assert isinstance(refused.value.orig, errors.InsufficientPrivilege), column


def test_a_client_sees_itself_among_clients(database: Database, two_clients: _Two) -> None:
    with database.tenant(two_clients[1]) as session:
        assert session.scalars(select(Client.id)).all() == [two_clients[1]]


def test_the_audit_log_can_be_added_to_and_never_changed(
    database: Database, two_clients: _Two
) -> None:
    mine, other = two_clients
    entry = {"actor": "user:1", "action": "tested", "subject": "wall"}
    with database.tenant(mine) as session:
        session.execute(insert(AuditEntry).values(client_id=mine, **entry))
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 1
    for client_id in (other, None):
        with pytest.raises(ProgrammingError), database.tenant(mine) as session:
            session.execute(insert(AuditEntry).values(client_id=client_id, **entry))
    for statement in ("UPDATE audit_log SET actor = 'nobody'", "DELETE FROM audit_log"):
        for door in (database.tenant(mine), database.operator(), database.auth()):
            with pytest.raises(ProgrammingError) as refused, door as session:
                session.execute(text(statement))
            assert isinstance(refused.value.orig, errors.InsufficientPrivilege)


def test_the_claim_is_the_operators_alone(database: Database, client_id: ClientId) -> None:
    with pytest.raises(ProgrammingError) as refused, database.tenant(client_id) as session:
        session.execute(text("SELECT * FROM claim_asset('client', 'm', 'w', 60, false)"))
    assert isinstance(refused.value.orig, errors.InsufficientPrivilege)


def test_limits_of_the_provider_can_be_read_but_not_set_by_a_client(
    database: Database, client_id: ClientId
) -> None:
    with database.operator() as session:
        session.execute(text("INSERT INTO provider_limits (model) VALUES ('m')"))
    with database.tenant(client_id) as session:
        assert session.scalar(text("SELECT model FROM provider_limits")) == "m"
    with pytest.raises(ProgrammingError), database.tenant(client_id) as session:
        session.execute(text("UPDATE provider_limits SET max_in_flight = 1000"))
