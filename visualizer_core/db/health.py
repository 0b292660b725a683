"""Is the database well? Facts for the `doctor` command, each with what to do when it is not."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ProgrammingError, SQLAlchemyError

from visualizer_core.db import migrate, wall
from visualizer_core.db.models import Base
from visualizer_core.db.models.base import SCHEMA
from visualizer_core.db.session import Database
from visualizer_core.errors import Misconfigured

__all__ = ["DatabaseCheck", "check_database"]

_OLDEST_MAJOR = 15  # the first with ON DELETE SET NULL of one column, which the tables use
_MANY_CONNECTIONS = 0.8  # share of max_connections above which a burst is refused
_CLOCK_TOLERANCE_S = 2.0  # log lines of two machines can still be matched; signed addresses work


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseCheck:
    """One fact.

    Parameters
    ----------
    name : str
        What was looked at.
    ok : bool
        Whether it is as it must be.
    found : str
        What was found, for a person.
    remedy : str
        What to do when it is not.
    """

    name: str
    ok: bool
    found: str
    remedy: str


def check_database(database: Database) -> list[DatabaseCheck]:
    """Look at the database through each of its doors; never raises for what it finds.

    Checks that need a connection are left out when there is none.
    """
    reached = [_reach(database, role) for role in ("tenant", "operator", "auth")]
    checks = list(reached)
    if reached[1].ok:
        with database.engine("operator").connect() as connection:
            checks += [look(connection) for look in _OPERATOR_CHECKS]
    if reached[0].ok:
        with database.engine("tenant").connect() as naked:
            checks.append(_check_wall(naked))
    return checks


def _reach(database: Database, role: str) -> DatabaseCheck:
    name, variable = f"database as {role}", _VARIABLES[role]
    started = time.perf_counter()
    try:
        with database.engine(role).connect() as connection:
            user = connection.scalar(text("SELECT current_user"))
    except (Misconfigured, SQLAlchemyError, TimeoutError) as error:
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        remedy = (
            f"Start the database, or set {variable} right; a new one needs `visualizer migrate`."
        )
        return DatabaseCheck(name=name, ok=False, found=cause, remedy=remedy)
    milliseconds = (time.perf_counter() - started) * 1000
    return DatabaseCheck(name=name, ok=True, found=f"{user}, {milliseconds:.0f} ms", remedy="")


_VARIABLES = {
    "tenant": "DATABASE_URL",
    "operator": "OPERATOR_DATABASE_URL",
    "auth": "AUTH_DATABASE_URL",
}


def _check_version(connection: Connection) -> DatabaseCheck:
    number = int(connection.scalar(text("SHOW server_version_num")) or 0)
    major = number // 10_000
    return DatabaseCheck(
        name="database version",
        ok=major >= _OLDEST_MAJOR,
        found=f"PostgreSQL {major}.{number % 10_000}",
        remedy=f"Upgrade the server to PostgreSQL {_OLDEST_MAJOR} or newer.",
    )


def _check_revision(connection: Connection) -> DatabaseCheck:
    present, head = migrate.current_revision(connection), migrate.head_revision()
    comment = connection.scalar(
        text("SELECT obj_description(to_regnamespace('app'), 'pg_namespace')")
    )
    same_wall = comment == wall.fingerprint()
    found = f"revision {present or 'none'} of {head}"
    if present == head and not same_wall:
        found += ", with the policies of another version"
    return DatabaseCheck(
        name="migrations",
        ok=present == head and same_wall,
        found=found,
        remedy="Run `visualizer migrate`.",
    )


def _check_connections(connection: Connection) -> DatabaseCheck:
    used, most = connection.execute(
        text("""
            SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
                   current_setting('max_connections')::int
        """)
    ).one()
    return DatabaseCheck(
        name="database connections",
        ok=used < most * _MANY_CONNECTIONS,
        found=f"{used} of {most} in use",
        remedy="Lower DATABASE_POOL_SIZE, run fewer processes, or raise max_connections.",
    )


def _check_clock(connection: Connection) -> DatabaseCheck:
    before = time.time()
    theirs = float(connection.scalar(text("SELECT extract(epoch FROM clock_timestamp())")) or 0)
    skew = theirs - (before + time.time()) / 2
    return DatabaseCheck(
        name="database clock",
        ok=abs(skew) <= _CLOCK_TOLERANCE_S,
        found=f"{skew:+.1f} s from this machine's",
        remedy="Let both machines keep time (NTP). Nothing is decided by this machine's clock, "
        "but logs of the two cannot be matched.",
    )


_OPERATOR_CHECKS: tuple[Callable[[Connection], DatabaseCheck], ...] = (
    _check_version,
    _check_revision,
    _check_connections,
    _check_clock,
)


def _check_wall(naked: Connection) -> DatabaseCheck:
    """Whether a tenant transaction that does not say whose it is sees nothing at all."""
    fault = _wall_fault(naked)
    return DatabaseCheck(
        name="row-level security",
        ok=fault is None,
        found=fault or f"alive on {len(_FENCED)} tables",
        remedy="Stop the apps, point DATABASE_URL at the role wb_tenant, run `visualizer migrate`, "
        "and find out who changed roles, grants or policies.",
    )


_FENCED = [name for name, rule in wall.RULES.items() if rule.tenant and rule.rows != "true"]
_ROLE_IS_STRONG = text("""
    SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user
""")
_UNFORCED = text("""
    SELECT relname FROM pg_class
    WHERE relnamespace = to_regnamespace('app') AND relkind = 'r' AND relname <> 'alembic_version'
      AND NOT (relrowsecurity AND relforcerowsecurity)
    ORDER BY relname
""")


def _wall_fault(naked: Connection) -> str | None:
    if naked.scalar(_ROLE_IS_STRONG):
        return "the tenant role may pass it (superuser or BYPASSRLS)"
    unforced = naked.scalars(_UNFORCED).all()
    if unforced:
        return f"not forced on {', '.join(unforced)}"
    try:
        readable = [name for name in _FENCED if _shows_a_row(naked, name)]
    except ProgrammingError as error:
        return f"cannot be tried: {error.orig}"
    return f"rows of {', '.join(readable)} are seen without a client" if readable else None


def _shows_a_row(naked: Connection, name: str) -> bool:
    table = Base.metadata.tables[f"{SCHEMA}.{name}"]
    return bool(naked.scalar(select(select(table.primary_key.columns[0]).exists())))
