"""The database of one test process: an embedded Postgres, migrated once, copied as needed."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from visualizer_core.db.migrate import passwords_of, upgrade
from visualizer_core.db.models import Base
from visualizer_core.db.roles import AUTH, DATABASE, OPERATOR, OWNER, TENANT
from visualizer_core.db.session import Database
from visualizer_core.local.postgres import PostgresServer
from visualizer_core.local.state import StateFolder, temporary_state

__all__ = ["DatabaseUrls", "Emptier", "copied", "migrated_server"]


@dataclass(frozen=True)
class DatabaseUrls:
    """One database, as each role."""

    server: URL  # superuser
    passwords: dict[str, str]
    name: str

    def url(self, role: str) -> str:
        """For SQLAlchemy."""
        return self._as(role).render_as_string(hide_password=False)

    def dsn(self, role: str) -> str:
        """For psycopg itself."""
        plain = self._as(role).set(drivername="postgresql")
        return plain.render_as_string(hide_password=False)

    @property
    def bootstrap(self) -> str:
        """Superuser, in the database ``postgres``."""
        return self.server.set(database="postgres").render_as_string(hide_password=False)

    @property
    def superuser(self) -> str:
        """Past the wall: only to prepare a test and to look behind the wall."""
        plain = self.server.set(drivername="postgresql", database=self.name)
        return plain.render_as_string(hide_password=False)

    def named(self, name: str) -> "DatabaseUrls":
        """Another database of the same server."""
        return DatabaseUrls(self.server, self.passwords, name)

    def open(self, *, pool_size: int = 8) -> Database:
        """The program's own doors to it."""
        return Database(self.url(TENANT), self.url(OPERATOR), self.url(AUTH), pool_size=pool_size)

    def _as(self, role: str) -> URL:
        return self.server.set(username=role, password=self.passwords[role], database=self.name)


@contextmanager
def migrated_server() -> Generator[DatabaseUrls]:
    """Run a server; yields its migrated database, to be copied by `copied`."""
    with temporary_state() as folder:
        state = StateFolder(folder)
        state.create()
        server = PostgresServer(state, durable=False)
        server.start()
        try:
            variables = server.variables()
            passwords = passwords_of(variables.values())
            bootstrap = variables["VISUALIZER_BOOTSTRAP_DATABASE_URL"]
            upgrade(bootstrap, variables["MIGRATION_DATABASE_URL"], role_passwords=passwords)
            yield DatabaseUrls(make_url(bootstrap), passwords, DATABASE)
        finally:
            server.stop()


@contextmanager
def copied(source: DatabaseUrls, name: str, *, template: str = DATABASE) -> Generator[DatabaseUrls]:
    """A database of its own (about 50 ms); nobody may be connected to the template."""
    words = {
        "name": sql.Identifier(name),
        "template": sql.Identifier(template),
        "owner": sql.Identifier(OWNER),
    }
    with psycopg.connect(source.named("postgres").superuser, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {name} TEMPLATE {template} OWNER {owner}").format(**words)
        )
        yield source.named(name)
        connection.execute(sql.SQL("DROP DATABASE {name} WITH (FORCE)").format(**words))


class Emptier:
    """Empties every table that has rows; looking is much cheaper than truncating all."""

    def __init__(self, urls: DatabaseUrls) -> None:
        tables = [sql.Identifier("app", table.name) for table in Base.metadata.sorted_tables]
        self._tables = tables
        self._look = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(index, table)
            for index, table in enumerate(tables)
        )
        self._connection = psycopg.connect(urls.superuser, autocommit=True)
        self._connection.execute("SET lock_timeout = '20s'")  # an open transaction of a test

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._connection.close()

    def empty(self) -> None:
        """Make the database as it was after its migration."""
        found = self._connection.execute(self._look).fetchall()
        if found:
            used = [self._tables[int(row[0])] for row in found]
            self._connection.execute(
                sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(sql.SQL(", ").join(used))
            )
