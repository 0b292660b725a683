"""The embedded stack: Postgres, Redis, S3 and the provider on a machine that has none of them.

Two ways to have one. `Stack.up` is the foreground of ``visualizer up``: it owns the state folder
until Ctrl-C and looks after workers and apps too. `Stack.running` is for the time of one command or
test session: quiet, and it uses a stack that already runs on the same folder instead of starting
another. Either gives an environment, from which settings and child processes are made.
"""

import contextlib
import logging
import time
from collections.abc import Collection, Generator, Mapping
from pathlib import Path
from typing import TextIO

from visualizer_core.errors import Conflict, Misconfigured, PartMissing
from visualizer_core.local.environment import external_pieces, merged, read_environment
from visualizer_core.local.locks import HeldLock
from visualizer_core.local.logs import Console
from visualizer_core.local.process import ChildSpec
from visualizer_core.local.record import Phase, StackRecord, read_record
from visualizer_core.local.session import PARTS, Session, SessionOptions, with_defaults
from visualizer_core.local.signals import StopSignals
from visualizer_core.local.state import DEFAULT_STATE, StateFolder

__all__ = ["PARTS", "Stack", "UpStack"]

_log = logging.getLogger(__name__)

_STARTING_SECONDS = 150.0  # another command's start may include the recovery of a database
_STOPPING_SECONDS = 60.0  # how long a stack that is just stopping may take
_GLANCE_SECONDS = 0.5  # somebody may be looking at the lock
_POLL_SECONDS = 0.1


class UpStack:
    """A stack in the foreground: parts run, workers and apps can be added.

    Attributes
    ----------
    env : dict
        Environment for settings and children.
    """

    def __init__(
        self, session: Session, state: StateFolder, console: Console, env: dict[str, str]
    ) -> None:
        self.env = env
        self._session = session
        self._state = state
        self._console = console

    def start(self, *specs: ChildSpec) -> None:
        """Start children (workers, apps) at the same time and wait until all are ready.

        Raises
        ------
        PartMissing
            When one does not get ready. The stack can then only be left.
        """
        self._session.start(*specs)

    def port(self, name: str, wanted: int | None = None) -> int:
        """Return a port for a child: that of the last start, else ``wanted``, else a free one."""
        return self._state.port(name, wanted)

    def say(self, text: str) -> None:
        """Show lines between those of the children."""
        self._console.say("stack", text)

    def wait(self) -> None:
        """Return at Ctrl-C, SIGTERM or a closed terminal.

        Raises
        ------
        PartMissing
            When a child died again and again and was given up.
        """
        supervisor = self._session.supervisor
        with contextlib.suppress(KeyboardInterrupt):
            while not supervisor.gave_up.wait(_POLL_SECONDS):
                pass
        if not supervisor.gave_up.is_set():
            return
        raise PartMissing(supervisor.failure)


class Stack:
    """The embedded stack of one state folder.

    Parameters
    ----------
    state_dir : Path
        Keeps data, secrets and ports between starts.
    environ : mapping
        The caller's environment. A piece of infrastructure it names is used instead of the
        embedded one: ``DATABASE_URL``; ``REDIS_URL``; ``AWS_S3_BUCKET`` with its keys (and
        ``AWS_ENDPOINT_URL``); ``GEMINI_API_KEY``; ``UNSPLASH_ACCESS_KEY``.
    durable : bool
        False for tests: data need not survive a power cut, so nothing waits for the disk.
    photos : Path, optional
        Folder of rooms the stand-in's Unsplash offers.
    output : TextIO, optional
        Where `up` streams the logs of all children; None is quiet.
    """

    def __init__(
        self,
        state_dir: Path = DEFAULT_STATE,
        *,
        environ: Mapping[str, str],
        durable: bool = True,
        photos: Path | None = None,
        output: TextIO | None = None,
    ) -> None:
        self._state = StateFolder(state_dir)
        self._environ = dict(environ)
        self._durable = durable
        self._photos = photos
        self._console = Console(output)

    @property
    def path(self) -> Path:
        """The state folder."""
        return self._state.path

    def record(self) -> StackRecord | None:
        """Return the stack that runs on this folder now, whoever started it; None if none does."""
        record = read_record(self._state)
        return record if record is not None and record.is_alive() else None

    @contextlib.contextmanager
    def up(self) -> Generator[UpStack]:
        """Own the folder and run all parts in the foreground, until the block is left.

        The first Ctrl-C, SIGTERM or SIGHUP raises `KeyboardInterrupt` in the block (`UpStack.wait`
        turns it into a return); a second one stops waiting for children and kills them.

        Raises
        ------
        Conflict
            When a stack already runs on this folder; says where. It is not disturbed.
        PartMissing, Misconfigured
            When a part cannot be started; everything is stopped again.
        """
        self._state.create()
        with self._take_folder():
            session = self._session(PARTS, one_command=False)
            with StopSignals(session.supervisor.hurry) as signals:
                try:
                    env = session.begin()
                    yield UpStack(session, self._state, self._console, env)
                finally:
                    signals.stopping()
                    self._console.say("stack", "stopping; Ctrl-C now stops without waiting")
                    session.end()
                    self._console.say("stack", "stopped")

    @contextlib.contextmanager
    def running(self, parts: Collection[str] = PARTS) -> Generator[dict[str, str]]:
        """Have the parts for the time of a block and yield the environment.

        A stack that runs on this folder is used as it is. Otherwise the parts are started quietly
        and stopped at the end, after other commands that came to use them.

        Parameters
        ----------
        parts : collection of str
            What is needed, of `PARTS`.

        Raises
        ------
        Conflict
            When the running stack lacks a part, or does not become ready.
        PartMissing, Misconfigured
            When a part cannot be started.
        """
        unknown = set(parts) - PARTS
        if unknown:
            raise Misconfigured(f"No such part of the stack: {', '.join(sorted(unknown))}.")
        self._state.create()
        env, held = self._join_or_take(parts)
        with held:
            if env is not None:
                yield env
                return
            session = self._session(parts, one_command=True)
            try:
                yield session.begin()
            finally:
                self._end_after_users(session)

    def _join_or_take(self, parts: Collection[str]) -> tuple[dict[str, str] | None, HeldLock]:
        """Return the environment of a running stack with a lock that keeps its owner waiting.

        Without a running stack: None and the lock of the folder.
        """
        deadline = time.monotonic() + _STARTING_SECONDS
        while time.monotonic() < deadline:
            using = self._state.users.take(shared=True)
            env = None if using is None else self._join(parts, using)
            if using is not None and env is not None:
                return env, using
            folder = self._state.lock.take()
            if folder is not None:
                return None, folder
            time.sleep(_POLL_SECONDS)
        raise self._conflict()

    def _join(self, parts: Collection[str], using: HeldLock) -> dict[str, str] | None:
        """Return the environment of a running stack, or give ``using`` back."""
        record = read_record(self._state)
        if record is None or not record.is_usable():
            using.release()
            return None
        external = external_pieces(self._environ)
        lacking = set(parts) - _parts_of(record, external)
        if lacking:
            using.release()
            raise Conflict(
                f"The stack running on {self.path} (process {record.supervisor_pid}) lacks "
                f"{', '.join(sorted(lacking))}. Wait for it to end, or stop it."
            )
        return with_defaults(merged(self._environ, read_environment(self._state), external))

    def _end_after_users(self, session: Session) -> None:
        session.leave()
        try:
            users = self._state.users.take()
            if users is None:
                _log.warning("Another command still uses the embedded servers; waiting for it.")
            while users is None:
                users = self._state.users.take(wait_seconds=_STOPPING_SECONDS)
        finally:  # also at Ctrl-C
            session.end()
        users.release()

    def _take_folder(self) -> HeldLock:
        held = self._state.lock.take(wait_seconds=_GLANCE_SECONDS)
        if held is None:
            record = read_record(self._state)
            if record is not None and record.phase is Phase.STOPPING:
                held = self._state.lock.take(wait_seconds=_STOPPING_SECONDS)
        if held is None:
            raise self._conflict()
        return held

    def _conflict(self) -> Conflict:
        record = read_record(self._state)
        if record is None:
            return Conflict(f"Another process is using the state folder {self.path}.")
        what = "A command with its own stack is" if record.one_command else "A stack is already"
        where = record.addresses()
        return Conflict(
            f"{what} running on {self.path} (process {record.supervisor_pid}, {record.phase}):\n"
            f"{where}\nUse it as it is; or end it with Ctrl-C in its terminal or `kill "
            f"{record.supervisor_pid}`; or name another state folder."
        )

    def _session(self, parts: Collection[str], *, one_command: bool) -> Session:
        options = SessionOptions(
            environ=self._environ,
            durable=self._durable,
            photos=self._photos,
            one_command=one_command,
        )
        return Session(self._state, options, parts, self._console)


def _parts_of(record: StackRecord, external: Collection[str]) -> set[str]:
    """Return which of `PARTS` a running stack offers to a caller with pieces of its own."""
    pieces = {part.name for part in record.parts} | {str(piece) for piece in external}
    if {"gemini", "unsplash"} <= pieces:
        pieces.add("standin")  # both are served by others
    return pieces
