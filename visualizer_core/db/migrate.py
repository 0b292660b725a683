"""Bring a database to the version of this program: roles, tables, then the wall.

One transaction under an advisory lock: two machines that deploy at once do it once, and a failure
leaves everything as it was.
"""

import os
from argparse import Namespace
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from visualizer_core.db import wall
from visualizer_core.db.models import Base
from visualizer_core.db.roles import (
    APP_ROLES,
    DATABASE,
    OWNER,
    create_roles,
    missing_roles,
    roles_sql,
)
from visualizer_core.db.session import psycopg_url
from visualizer_core.errors import Misconfigured, PartMissing

__all__ = ["current_revision", "head_revision", "passwords_of", "upgrade", "write_revision"]

_VERSIONS = Path(__file__).parent / "migrations" / "versions"
_LOCK = 7_241_950_366  # any number that nothing else on this server locks
# Waiting for another machine's migration may take as long as that migration.
_WAIT_FOR_TURN_MS = 300_000
# A migration that cannot get a table within 5 s gives up; every reader queues behind it meanwhile.
_LOCK_TIMEOUT_MS = 5_000
_STATEMENT_TIMEOUT_MS = 600_000


def upgrade(
    bootstrap_url: str | None,
    owner_url: str | None,
    *,
    role_passwords: Mapping[str, str] | None = None,
) -> str:
    """Migrate to the newest version; does nothing when already there.

    Parameters
    ----------
    bootstrap_url : str or None
        Superuser address of the embedded server: roles, the database and the extension are made.
    owner_url : str or None
        Owner's address of the database to migrate; by default `wb_owner` on `visualizer` at the
        bootstrap address.
    role_passwords : mapping, optional
        Role to password, set with the bootstrap address only.

    Returns
    -------
    str
        The revision the database is at now.

    Raises
    ------
    Misconfigured
        When roles or rights are missing; says what to run.
    PartMissing
        When the database does not answer, or another transaction holds a table for too long.
    """
    if bootstrap_url is None and owner_url is None:
        raise Misconfigured(
            "Set MIGRATION_DATABASE_URL: migrating needs the address of the database's owner role."
        )
    passwords = role_passwords or {}
    owner = psycopg_url(owner_url) if owner_url else None
    if bootstrap_url is not None:
        server = psycopg_url(bootstrap_url)
        owner = owner or server.set(
            username=OWNER, password=passwords.get(OWNER), database=DATABASE
        )
        _bootstrap(server, owner, passwords)
    if owner is None:
        raise AssertionError("unreachable: one of the two addresses is given")
    with _answering(), _transaction(owner) as connection:
        _prepare(connection)
        command.upgrade(_config(connection), "head")
        wall.apply(connection)
        return _current(connection) or ""


def passwords_of(urls: Iterable[str]) -> dict[str, str]:
    """Role to password, as the addresses of this installation say: what `upgrade` then sets."""
    parsed = [psycopg_url(url) for url in urls]
    known = (OWNER, *APP_ROLES)
    return {url.username: str(url.password) for url in parsed
            if url.username in known and url.password}  # fmt: skip


def head_revision() -> str:
    """The newest revision this program knows."""
    return ScriptDirectory.from_config(_config(None)).get_current_head() or ""


def current_revision(connection: Connection) -> str | None:
    """The revision a database is at, readable by every role; None before the first migration."""
    if connection.scalar(text("SELECT to_regclass('app.alembic_version')")) is None:
        return None
    return _current(connection)


def write_revision(owner_url: str, message: str, *, folder: Path | None = None) -> Path | None:
    """Write a migration from the difference between models and a migrated database, to be read.

    Parameters
    ----------
    folder : Path, optional
        Where to; by default among the others.

    Returns
    -------
    Path or None
        The new file; None when there is no difference.
    """
    with _answering(), _transaction(psycopg_url(owner_url)) as connection:
        wall.run_sql(connection, f"SET LOCAL search_path = {_PATH}")
        config = _config(connection)
        if folder is not None:
            config.set_main_option("path_separator", "os")
            config.set_main_option("version_locations", f"{_VERSIONS}{os.pathsep}{folder}")
        script = command.revision(
            config,
            message,
            autogenerate=True,
            rev_id=f"{int(head_revision()) + 1:04d}",
            version_path=str(folder or _VERSIONS),
            process_revision_directives=_drop_if_empty,
        )
    return Path(script.path) if isinstance(script, Script) else None


def _drop_if_empty(_context: object, _revision: object, directives: list[MigrationScript]) -> None:
    if directives[0].upgrade_ops is None or directives[0].upgrade_ops.is_empty():
        directives.clear()


def _bootstrap(server: URL, owner: URL, passwords: Mapping[str, str]) -> None:
    with _answering(), _autocommit(server) as connection:
        create_roles(connection, database=owner.database or DATABASE, passwords=passwords)
    with _answering(), _autocommit(server.set(database=owner.database)) as connection:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))


def _prepare(connection: Connection) -> None:
    """Wait for our turn, check what only an administrator can do, make schema and context."""
    _limit(connection, lock_ms=_WAIT_FOR_TURN_MS, statement_ms=_WAIT_FOR_TURN_MS)
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    _limit(connection, lock_ms=_LOCK_TIMEOUT_MS, statement_ms=_STATEMENT_TIMEOUT_MS)
    _check_roles(connection)
    _check_owner(connection)
    wall.run_sql(connection, f"CREATE SCHEMA IF NOT EXISTS app; SET LOCAL search_path = {_PATH}")
    wall.run_sql(connection, wall.sql_file("tenant"))


_PATH = "app, public"  # public: where the trigram operators usually are


def _limit(connection: Connection, *, lock_ms: int, statement_ms: int) -> None:
    wall.run_sql(
        connection,
        f"SET LOCAL lock_timeout = {lock_ms:d}; SET LOCAL statement_timeout = {statement_ms:d}",
    )


def _check_roles(connection: Connection) -> None:
    missing = missing_roles(connection, APP_ROLES)
    if missing:
        lines = "".join(f"\n  {statement};" for statement in roles_sql(missing))
        raise Misconfigured(
            f"The database roles {', '.join(missing)} do not exist. Ask whoever administers the "
            f"database to run this as superuser, and to give each role a password:{lines}"
        )


def _check_owner(connection: Connection) -> None:
    user, is_strong, may_create, has_trigrams = connection.execute(_OWNER_FACTS).one()
    if is_strong:
        raise Misconfigured(
            f"{user} may pass row-level security (superuser or BYPASSRLS), so it must not own the "
            "tables. Point MIGRATION_DATABASE_URL at a role of its own, for example "
            f"{OWNER}:{''.join(f'{chr(10)}  {sql};' for sql in roles_sql((OWNER,)))}"
        )
    if not may_create:
        database = connection.engine.url.database
        raise Misconfigured(
            f"{user} may not make the schema app in {database}. Run as the database's owner: "
            f"GRANT CREATE ON DATABASE {database} TO {user};"
        )
    if not has_trigrams:
        raise Misconfigured(
            "The extension pg_trgm is missing. Run in this database, as a role that may: "
            "CREATE EXTENSION pg_trgm;"
        )


_OWNER_FACTS = text("""
    SELECT rolname, rolsuper OR rolbypassrls,
           has_database_privilege(current_database(), 'CREATE')
             OR to_regnamespace('app') IS NOT NULL,
           EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm')
    FROM pg_roles WHERE rolname = current_user
""")


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(
        connection, opts={"version_table_schema": Base.metadata.schema}
    ).get_current_revision()


def _config(connection: Connection | None) -> Config:
    config = Config(cmd_opts=Namespace(quiet=True))  # it would print what we return
    config.set_main_option("script_location", str(_VERSIONS.parent))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def _engine(url: URL) -> Engine:
    return create_engine(
        url,
        poolclass=NullPool,
        hide_parameters=True,  # passwords of roles are among them
        connect_args={"connect_timeout": 10},
    )


@contextmanager
def _transaction(url: URL) -> Generator[Connection]:
    with _engine(url).begin() as connection:
        yield connection


@contextmanager
def _autocommit(url: URL) -> Generator[Connection]:
    with _engine(url).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection


@contextmanager
def _answering() -> Generator[None]:
    try:
        yield
    except OperationalError as error:
        state = getattr(error.orig, "sqlstate", None)
        if state == "55P03":  # lock_not_available
            raise PartMissing(
                "Another transaction holds a table for too long. Nothing was changed; try again."
            ) from error
        raise PartMissing(f"The database cannot be migrated now: {error.orig}") from error
