"""The database roles: who logs in as what, and the SQL that makes them.

Four login roles, none of them superuser, none past row-level security. On the embedded server the
migration makes them; elsewhere the database administrator does, with the SQL printed here.
"""

from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.engine import Connection

__all__ = [
    "APP_ROLES",
    "AUTH",
    "DATABASE",
    "OPERATOR",
    "OWNER",
    "TENANT",
    "create_roles",
    "missing_roles",
    "roles_sql",
]

OWNER = "wb_owner"  # migrations only; owns the tables and is fenced off from their rows
TENANT = "wb_tenant"  # one client at a time
OPERATOR = "wb_operator"  # every client: claim, reaper, sweeps, the operator's tools
AUTH = "wb_auth"  # sign-in tables only
APP_ROLES = (TENANT, OPERATOR, AUTH)
DATABASE = "visualizer"  # name of the embedded server's database

# Milliseconds. A person's query that needs longer is a bug; the operator's reports and sweeps may
# take a while; nobody may sit on locks. The claim waits on its advisory lock, never long.
_SETTINGS: dict[str, dict[str, int]] = {
    TENANT: {
        "statement_timeout": 15_000,
        "idle_in_transaction_session_timeout": 30_000,
        "lock_timeout": 5_000,
    },
    OPERATOR: {
        "statement_timeout": 60_000,
        "idle_in_transaction_session_timeout": 30_000,
        "lock_timeout": 10_000,
    },
    AUTH: {
        "statement_timeout": 10_000,
        "idle_in_transaction_session_timeout": 30_000,
        "lock_timeout": 5_000,
    },
    OWNER: {},
}


def roles_sql(names: tuple[str, ...] = (OWNER, *APP_ROLES)) -> list[str]:
    """The statements that make the roles `names`, without passwords."""
    made = [
        f"CREATE ROLE {name} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE "
        "NOREPLICATION NOINHERIT"
        for name in names
    ]
    return made + _settings_sql(names)


def _settings_sql(names: tuple[str, ...]) -> list[str]:
    return [
        f"ALTER ROLE {name} SET {setting} = '{milliseconds}ms'"
        for name in names
        for setting, milliseconds in _SETTINGS[name].items()
    ]


def missing_roles(connection: Connection, names: tuple[str, ...] = APP_ROLES) -> tuple[str, ...]:
    """Those of `names` the server does not have."""
    known = set(connection.scalars(text("SELECT rolname FROM pg_roles")))
    return tuple(name for name in names if name not in known)


def create_roles(
    connection: Connection, *, database: str, passwords: Mapping[str, str] | None
) -> None:
    """Make roles, passwords and the database itself, as superuser; does nothing twice.

    Parameters
    ----------
    connection : Connection
        Superuser, in autocommit: a database cannot be made inside a transaction.
    database : str
        Name of the database to make.
    passwords : mapping, optional
        Role to password; a role without one can only log in where the server trusts it.
    """
    everyone = (OWNER, *APP_ROLES)
    for statement in roles_sql(missing_roles(connection, everyone)) + _settings_sql(everyone):
        connection.execute(text(statement))
    for role, password in (passwords or {}).items():
        # The server quotes, so that a password is never spliced into a statement here.
        statement = connection.scalar(
            text(
                "SELECT format('ALTER ROLE %I PASSWORD %L', CAST(:role AS text), "
                "CAST(:password AS text))"
            ),
            {"role": role, "password": password},
        )
        connection.exec_driver_sql(str(statement).replace("%", "%%"))
    _create_database(connection, connection.dialect.identifier_preparer.quote(database))


def _create_database(connection: Connection, quoted: str) -> None:
    if connection.scalar(
        text("SELECT 1 FROM pg_database WHERE quote_ident(datname) = :name"), {"name": quoted}
    ):
        return
    connection.execute(text(_CREATE_DATABASE.format(database=quoted)))
    connection.execute(text(f"REVOKE ALL ON DATABASE {quoted} FROM PUBLIC"))
    connection.execute(text(f"GRANT CONNECT ON DATABASE {quoted} TO {', '.join(APP_ROLES)}"))


# Built-in locale: the same order on every machine and after every update of the system's libraries.
_CREATE_DATABASE = (
    f"CREATE DATABASE {{database}} OWNER {OWNER} TEMPLATE template0 ENCODING 'UTF8' "
    "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE 'C'"
)
