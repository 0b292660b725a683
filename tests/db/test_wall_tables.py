"""Every table of a client, one by one: the other client reaches nothing of it."""

from collections.abc import Sequence
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import ForeignKeyViolation, InsufficientPrivilege
from sqlalchemy import ForeignKeyConstraint, Table, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.sql.elements import ColumnElement

from tests.support.postgres import DatabaseUrls
from tests.support.rows import OWNED, Rows, owned_references
from visualizer_core.db.roles import OWNER, TENANT
from visualizer_core.db.session import Database
from visualizer_core.db.wall import RULES
from visualizer_core.domain.ids import ClientId

_Two = tuple[ClientId, ClientId]
_KEYS = [(table, key) for table in OWNED for key in owned_references(table)]


def _name(value: object) -> str:
    return str(value.name) if isinstance(value, Table | ForeignKeyConstraint) else str(value)


each_table = pytest.mark.parametrize("table", OWNED, ids=_name)


@pytest.fixture
def rows(database: Database) -> Rows:
    return Rows(database)


def _this(table: Table, values: dict[str, Any]) -> Sequence[ColumnElement[bool]]:
    return [table.columns[column.name] == values[column.name] for column in table.primary_key]


@each_table
def test_without_a_client_there_are_no_rows(
    table: Table, rows: Rows, two_clients: _Two, database_urls: DatabaseUrls
) -> None:
    rows.of(table, two_clients[0])
    for role in (TENANT, OWNER):
        with psycopg.connect(database_urls.dsn(role)) as connection:
            name = sql.Identifier("app", table.name)
            count = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(name))
            assert count.fetchone() == (0,), role


@each_table
def test_a_forgotten_where_finds_the_own_rows_only(
    table: Table, rows: Rows, two_clients: _Two, database: Database
) -> None:
    for client_id in two_clients:
        rows.of(table, client_id)
    with database.operator() as session:
        assert session.scalar(select(func.count()).select_from(table)) == len(two_clients)
    for client_id in two_clients:
        with database.tenant(client_id) as session:
            found = session.scalars(select(table.columns["client_id"])).all()
        assert found == [client_id]


@each_table
def test_the_other_client_can_neither_see_nor_change_nor_delete_a_row(
    table: Table, rows: Rows, two_clients: _Two, database: Database
) -> None:
    mine, other = two_clients
    row = rows.of(table, other)
    with database.tenant(mine) as session:
        assert session.execute(select(table).where(*_this(table, row))).all() == []
        changed = session.execute(
            update(table).where(*_this(table, row)).values(client_id=mine).returning(1)
        )
        assert changed.all() == []
        if "DELETE" in RULES[table.name].tenant:
            gone = session.execute(delete(table).where(*_this(table, row)).returning(1))
            assert gone.all() == []
    with database.operator() as session:
        assert len(session.execute(select(table).where(*_this(table, row))).all()) == 1


@each_table
def test_a_row_cannot_be_made_for_another_client(
    table: Table, rows: Rows, two_clients: _Two, database: Database
) -> None:
    mine, other = two_clients
    values = rows.values(table, other)
    with pytest.raises(ProgrammingError) as refused, database.tenant(mine) as session:
        session.execute(insert(table).values(**values))
    assert isinstance(refused.value.orig, InsufficientPrivilege)


@each_table
def test_a_row_cannot_be_given_to_another_client(
    table: Table, rows: Rows, two_clients: _Two, database: Database
) -> None:
    mine, other = two_clients
    row = rows.of(table, mine)
    with pytest.raises(ProgrammingError) as refused, database.tenant(mine) as session:
        session.execute(update(table).where(*_this(table, row)).values(client_id=other))
    assert isinstance(refused.value.orig, InsufficientPrivilege)


@each_table
def test_a_row_belongs_to_the_client_of_its_transaction_when_nobody_says(
    table: Table, rows: Rows, two_clients: _Two, database: Database
) -> None:
    values = rows.values(table, two_clients[0])
    del values["client_id"]
    with database.tenant(two_clients[0]) as session:
        owner = session.scalar(insert(table).values(**values).returning(table.columns["client_id"]))
    assert owner == two_clients[0]


@pytest.mark.parametrize(("table", "key"), _KEYS, ids=_name)
def test_a_link_to_another_clients_row_cannot_be_stored_by_anyone(
    table: Table, key: ForeignKeyConstraint, rows: Rows, two_clients: _Two, database: Database
) -> None:
    """The server checks foreign keys past row-level security, so the key holds the client too."""
    mine, other = two_clients
    column = next(c.name for c in key.columns if c.name != "client_id")
    foreign = rows.of(key.referred_table, other)["id"]
    values = rows.values(table, mine) | {column: foreign}
    for door in (database.tenant(mine), database.operator()):
        with pytest.raises(IntegrityError) as refused, door as session:
            session.execute(insert(table).values(**values))
        assert isinstance(refused.value.orig, ForeignKeyViolation)
