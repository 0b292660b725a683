"""The state folder: everything an embedded stack keeps between two starts.

::

    .visualizer/
        lock, users.lock        who runs the stack, who uses it
        secrets.json            generated passwords and keys, 0600
        ports.json              ports of the last start
        stack.json              the running stack: processes, addresses, 0600
        environment.json        its environment with secrets, 0600, only while it runs
        logs/NAME.log           output of each child
        postgres/ redis/ s3/    data of each server
"""

import contextlib
import json
import os
import random
import secrets
import shutil
import socket
import tempfile
import threading
from collections.abc import Generator
from pathlib import Path

from visualizer_core.errors import Misconfigured
from visualizer_core.local.locks import FileLock

__all__ = ["DEFAULT_STATE", "StateFolder", "port_is_free", "temporary_state", "write_private"]

DEFAULT_STATE = Path(".visualizer")

_SECRET_BYTES = 32  # 256 bits, what an HMAC key should have; hex, so safe in a URL
# Above the well-known ports and below the range from which systems give outgoing connections
# their ports (32768 on Linux, 49152 on macOS): nobody takes one between choosing and listening.
_PORTS = range(20_000, 32_000)
_PORT_ATTEMPTS = 200


class StateFolder:
    """One folder on disk; safe to use from several threads.

    Parameters
    ----------
    path : Path
        The folder; made by `create`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.logs = self.path / "logs"
        self.lock = FileLock(self.path / "lock")
        self.users = FileLock(self.path / "users.lock")
        self._mutex = threading.RLock()
        self._given: set[int] = set()

    def create(self) -> None:
        """Make the folder and its log folder, private to this account.

        Raises
        ------
        Misconfigured
            When it cannot be written.
        """
        try:
            if not self.path.exists():
                self.path.mkdir(parents=True)
                # Root's Postgres runs under another account, which must pass through.
                self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
            self._check_owner()
            self.logs.mkdir(mode=0o700, exist_ok=True)
            write_private(self.path / ".gitignore", "*\n")
        except OSError as error:
            raise Misconfigured(
                f"The state folder {self.path} cannot be written ({error.strerror}). Start as its "
                "owner, or name another folder."
            ) from error

    def _check_owner(self) -> None:
        """Refuse another account's folder: files left in it by root could not be read again."""
        owner = self.path.stat().st_uid
        if owner != os.geteuid():
            raise Misconfigured(
                f"The state folder {self.path} belongs to user {owner}, and this is user "
                f"{os.geteuid()}. Start as its owner, or name another folder."
            )

    def folder(self, name: str) -> Path:
        """Return a private data folder of that name, made when missing."""
        path = self.path / name
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    def secret(self, name: str) -> str:
        """Return the secret of that name, 64 hex digits, made at its first use."""
        with self._mutex:
            known = self._read("secrets.json")
            if name not in known:
                known[name] = secrets.token_hex(_SECRET_BYTES)
                self._write("secrets.json", known)
            return known[name]

    def has_secret(self, name: str) -> bool:
        """Whether that secret was made before."""
        with self._mutex:
            return name in self._read("secrets.json")

    def port(self, name: str, wanted: int | None = None) -> int:
        """Return a free port of 127.0.0.1: that of the last start, else ``wanted``, else any.

        Parameters
        ----------
        name : str
            Who needs it.
        wanted : int, optional
            A port people know, tried when there was no earlier one.
        """
        with self._mutex:
            known = self._read("ports.json")
            others = {int(port) for other, port in known.items() if other != name}
            port = self._choose(known.get(name, ""), wanted, self._given | others)
            self._given.add(port)
            if known.get(name) != str(port):
                self._write("ports.json", known | {name: str(port)})
            return port

    def drop_port(self, name: str) -> None:
        """Forget a port that turned out to be taken, so that `port` chooses another."""
        with self._mutex:
            self._write(
                "ports.json", {k: v for k, v in self._read("ports.json").items() if k != name}
            )

    def _choose(self, earlier: str, wanted: int | None, taken: set[int]) -> int:
        if earlier and port_is_free(int(earlier)):
            return int(earlier)
        tries = random.sample(_PORTS, _PORT_ATTEMPTS)
        if wanted is not None:
            tries.insert(0, wanted)
        for port in tries:
            if port not in taken and port_is_free(port):
                return port
        raise Misconfigured(
            f"No free port between {_PORTS.start} and {_PORTS.stop} on 127.0.0.1: stop what "
            "occupies them."
        )

    def _read(self, name: str) -> dict[str, str]:
        path = self.path / name
        try:
            found: object = json.loads(path.read_text("utf-8")) if path.exists() else {}
        except PermissionError:
            raise Misconfigured(
                f"{path} belongs to another account. Start as that account, or name another state "
                "folder."
            ) from None
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Misconfigured(
                f"{path} is damaged. Restore it, or remove {self.path} to start over (its data "
                "goes with it)."
            )
        return {str(key): str(value) for key, value in found.items()}  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]  # JSON

    def _write(self, name: str, values: dict[str, str]) -> None:
        try:
            write_private(self.path / name, json.dumps(values, indent=1, sort_keys=True))
        except OSError as error:
            raise Misconfigured(
                f"{self.path / name} cannot be written ({error.strerror}). Make room or check the "
                "folder's permissions, and start again."
            ) from error


def write_private(path: Path, text: str, *, durable: bool = True) -> None:
    """Write a file for this account only; readers see the old or the new text, never half of it.

    Parameters
    ----------
    path : Path
        The file.
    text : str
        Its new content.
    durable : bool
        Whether it must also survive a power cut.
    """
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # made 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def port_is_free(port: int) -> bool:
    """Whether a server could listen on that port of 127.0.0.1 now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Servers set it too; without it, closed connections would block the port for a minute.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@contextlib.contextmanager
def temporary_state() -> Generator[Path]:
    """Give a state folder for a test and remove it, with data that had to live outside it.

    It lies where an unprivileged Postgres can reach it also when root runs the tests, which
    pytest's own temporary folders do not.
    """
    root = Path(tempfile.mkdtemp(prefix="visualizer-"))
    root.chmod(0o711)
    path = root / "state"
    try:
        yield path
    finally:
        database = path / "postgres"
        if database.is_symlink():
            shutil.rmtree(database.resolve(), ignore_errors=True)
        shutil.rmtree(root, ignore_errors=True)
