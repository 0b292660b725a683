"""The two doors to the database, and the narrow one for sign-in.

A tenant transaction says whose it is before its first statement and forgets it at its end; the
policies in `wall` read only that. There is no other way to a session.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    InvalidatePoolError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from visualizer_core.domain.ids import ClientId
from visualizer_core.errors import Misconfigured, PartMissing

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn

__all__ = ["Database", "psycopg_url"]

_CONNECT_TIMEOUT_S = 5  # longer than any healthy connect, shorter than a person's patience
_POOL_TIMEOUT_S = 20  # a worker may wait for a connection; then the task is rung again
_RECYCLE_S = 1_800  # hosted proxies drop idle connections after half an hour
_UNHEARD_MS = 30_000  # what the server's machine does not take within this, nobody takes any more


class Database:
    """Lazily connected engines, one per role.

    Parameters
    ----------
    tenant_url, operator_url, auth_url : str or None
        SQLAlchemy addresses; None for a role this process must not have.
    pool_size : int
        Connections per engine.
    """

    def __init__(
        self,
        tenant_url: str | None,
        operator_url: str | None,
        auth_url: str | None,
        *,
        pool_size: int = 8,
    ) -> None:
        self._urls = {"tenant": tenant_url, "operator": operator_url, "auth": auth_url}
        self._pool_size = pool_size
        self._engines: dict[str, Engine] = {}

    def engine(self, role: str) -> Engine:
        """The engine of a role, made on first use.

        Raises
        ------
        Misconfigured
            When this process was not given that role.
        """
        if role not in self._engines:
            url = self._urls[role]
            if url is None:
                raise Misconfigured(f"This process has no access to the {role} database role.")
            self._engines[role] = _make_engine(url, self._pool_size, secret=role == "auth")
        return self._engines[role]

    @contextmanager
    def tenant(self, client_id: ClientId) -> Generator[Session]:
        """One transaction as one client: committed at the end, rolled back on an error."""
        with _translated(), _session(self.engine("tenant")) as session:
            _speak_for(session, client_id)
            yield session
            session.commit()

    @contextmanager
    def operator(self) -> Generator[Session]:
        """One transaction over all clients."""
        with _translated(), _session(self.engine("operator")) as session, session.begin():
            yield session

    @contextmanager
    def operator_statement(self) -> Generator[Session]:
        """One statement over all clients, which is its own transaction.

        What it locks is free when it ends on the server, not when its answer has been read here.
        """
        with _translated(), _session(self.engine("operator")) as session:
            session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
            yield session

    @contextmanager
    def auth(self) -> Generator[Session]:
        """One transaction over the sign-in tables."""
        with _translated(), _session(self.engine("auth")) as session, session.begin():
            yield session

    def dispose(self) -> None:
        """Close every connection."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()


def psycopg_url(url: str) -> URL:
    """Read a database address; ``postgres://`` of hosting providers means our driver too.

    Raises
    ------
    Misconfigured
        When it is no address of a Postgres; the address itself, with its password, stays unsaid.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        raise Misconfigured(
            "A database address cannot be read. It looks like "
            "postgresql://user:password@host:5432/database."
        ) from None
    if parsed.get_backend_name() not in {"postgres", "postgresql"}:
        raise Misconfigured(f"{parsed.get_backend_name()} is not supported: Postgres is needed.")
    return parsed.set(drivername="postgresql+psycopg")


def _session(engine: Engine) -> Session:
    return Session(engine, expire_on_commit=False, autoflush=False)


def _speak_for(session: Session, client_id: ClientId) -> None:
    """Say whose every transaction of `session` is, in the round trip that begins it."""
    announcement = f"SELECT set_config('app.client_id', '{UUID(str(client_id))}', true)"

    def announce(_session: Session, _tx: SessionTransaction, connection: Connection) -> None:
        server = _server(connection.connection.driver_connection)
        begin = "BEGIN;" if server.transaction_status == TransactionStatus.IDLE else ""
        _at_once(server, begin + announcement)

    event.listen(session, "after_begin", announce)


def _server(connection: object) -> "PGconn":
    if not isinstance(connection, psycopg.Connection):
        raise TypeError("the doors need psycopg")
    return connection.pgconn


def _at_once(server: "PGconn", statements: str) -> None:
    """Run statements without parameters in one round trip, straight through libpq.

    Through a cursor it would take two, each with ten times the overhead, in every transaction
    there is.
    """
    result = server.exec_(statements.encode())
    if result.status != ExecStatus.TUPLES_OK:
        raise psycopg.OperationalError(result.error_message.decode(errors="replace"))


@contextmanager
def _translated() -> Generator[None]:
    """Turn "the database is away" into our own error; everything else is a bug and stays."""
    try:
        yield
    except psycopg.OperationalError as error:  # before the first statement
        raise PartMissing(_AWAY) from error
    except (OperationalError, InterfaceError) as error:
        if _is_away(error):
            raise PartMissing(_AWAY) from error
        if _is_crowded(error):
            raise PartMissing(_CROWDED) from error
        raise
    except PoolTimeout as error:
        raise PartMissing("Every database connection is busy. Try again in a moment.") from error


_AWAY = "The database does not answer. The work is kept; try again in a moment."
_CROWDED = "Others were changing the same rows. Nothing was written; try again in a moment."
_CROWDED_STATES = ("40", "55P03")  # deadlock, serialization, lock not available: passes by itself
_AWAY_STATES = ("08", "53", "57P")  # connection lost, out of resources, shutting down


def _is_crowded(error: DBAPIError) -> bool:
    return str(getattr(error.orig, "sqlstate", None)).startswith(_CROWDED_STATES)


def _is_away(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    return state is None or str(state).startswith(_AWAY_STATES)


def _make_engine(url: str, pool_size: int, *, secret: bool) -> Engine:
    engine = create_engine(
        psycopg_url(url),
        pool_size=pool_size,
        max_overflow=4,
        pool_timeout=_POOL_TIMEOUT_S,
        pool_recycle=_RECYCLE_S,
        hide_parameters=secret,  # hashes must not reach a log with some error's message
        connect_args={
            "connect_timeout": _CONNECT_TIMEOUT_S,
            "tcp_user_timeout": _UNHEARD_MS,
            "options": "-c timezone=UTC -c search_path=app",
            "application_name": "visualizer",
        },
    )
    event.listen(engine, "checkout", _start_afresh)
    return engine


_FORGET = "SELECT set_config('app.client_id', '', false)"


def _start_afresh(
    raw: DBAPIConnection, _entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection
) -> None:
    """Drop any session-level tenant a stray statement left behind; that proves it alive as well."""
    try:
        _at_once(_server(raw), _FORGET)
    except psycopg.OperationalError as error:
        # The server was restarted: the others in the pool are as dead as this one.
        raise InvalidatePoolError from error
