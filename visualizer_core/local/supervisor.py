"""Keeps children running: starts them together, restarts what dies, stops them in order."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from visualizer_core.errors import PartMissing, VisualizerError
from visualizer_core.local.logs import Console, LogFollower
from visualizer_core.local.process import Child, ChildSpec

__all__ = ["Supervisor"]

MAX_RESTARTS = 5  # in a row; a program that dies six times will die a seventh time
FIRST_BACKOFF_SECONDS = 0.5  # doubled at each restart: 0.5, 1, 2, 4, 8
HEALTHY_SECONDS = 60.0  # after this long alive, earlier deaths are forgiven
_TICK_SECONDS = 0.1  # how soon a death is noticed and a log line shown


@dataclass
class _Watched:
    """One child, its log on the console, and its history of deaths."""

    child: Child
    follower: LogFollower
    restarts: int = 0
    ready_since: float | None = None  # time.monotonic(); None while it is not ready
    respawn_at: float | None = None
    ready_by: float = 0.0
    given_up: bool = False


class Supervisor:
    """Owns a set of children.

    Parameters
    ----------
    logs : Path
        Folder for one log file per child.
    console : Console
        Where their lines, and the supervisor's own, are shown.
    on_change : callable
        Called after every start of a process, from any thread, so that a record of all pids can
        be kept on disk.
    first_backoff_seconds : float
        Pause before the first restart of a child that died.
    """

    def __init__(
        self,
        logs: Path,
        console: Console,
        on_change: Callable[[], None],
        *,
        first_backoff_seconds: float = FIRST_BACKOFF_SECONDS,
    ) -> None:
        self.gave_up = threading.Event()
        self.hurry = threading.Event()
        self.failure = ""
        self._logs = logs
        self._console = console
        self._on_change = on_change
        self._first_backoff_seconds = first_backoff_seconds
        self._watched: list[_Watched] = []
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    @property
    def children(self) -> tuple[Child, ...]:
        """Every child it is responsible for now."""
        with self._lock:
            return tuple(watched.child for watched in self._watched)

    @property
    def is_stopping(self) -> bool:
        """Whether `stop` was called or a start was abandoned."""
        return self._stopping.is_set()

    def start(self, spec: ChildSpec) -> Child:
        """Start one child and wait until it is ready; callable from several threads.

        Raises
        ------
        PartMissing
            When it does not get ready; it is stopped again and forgotten.
        """
        child = Child(spec, self._logs / f"{spec.name}.log")
        with self._lock:
            if self._stopping.is_set():
                raise PartMissing(f"{spec.name} was not started: everything is being stopped.")
            _spawn(child)
            follower = LogFollower(spec.name, child.log, child.log_start, spec.not_shown)
            watched = _Watched(child, follower)
            self._watched.append(watched)
            if self._watcher.ident is None:
                self._watcher.start()
        try:
            self._on_change()
            child.wait_until_ready(self._stopping)
        except BaseException:
            self._forget(watched)
            raise
        watched.ready_since = time.monotonic()
        return child

    def start_all(self, starts: Sequence[Callable[[], object]]) -> None:
        """Run several starts at the same time and wait for all.

        Raises
        ------
        PartMissing
            The first failure; the others are abandoned, what runs is stopped by `stop`.
        """
        if not starts:
            return
        with ThreadPoolExecutor(len(starts), thread_name_prefix="start") as pool:
            futures = [pool.submit(start) for start in starts]
            try:
                for future in futures:
                    future.result()
            except BaseException:
                self._stopping.set()  # ends the other waits
                raise

    def stop(self) -> None:
        """Stop everything: workers and apps first, then the servers they need.

        Set `hurry` (from a signal handler, say) to stop waiting and kill.
        """
        self._stopping.set()
        if self._watcher.ident is not None:
            self._watcher.join()
        for servers in (False, True):
            wave = [c for c in self.children if c.spec.is_server is servers]
            for child in wave:
                child.ask_to_stop()
            for child in wave:
                if not child.finish(self.hurry):
                    self._console.say("stack", f"{child.spec.name} had to be killed")
        self._show_logs()
        with self._lock:
            self._watched.clear()

    def _forget(self, watched: _Watched) -> None:
        watched.child.ask_to_stop()
        watched.child.finish(self.hurry)
        self._show_logs()
        with self._lock:
            if watched in self._watched:
                self._watched.remove(watched)
        self._on_change()

    # -- the watching thread ----------------------------------------------------------------

    def _watch(self) -> None:
        while not self._stopping.wait(_TICK_SECONDS):
            self._show_logs()
            with self._lock:
                watched = list(self._watched)
            for one in watched:
                self._look_after(one)

    def _show_logs(self) -> None:
        if not self._console.is_quiet:
            with self._lock:
                for watched in self._watched:
                    watched.follower.show(self._console)

    def _look_after(self, watched: _Watched) -> None:
        if watched.given_up:
            return
        now = time.monotonic()
        if watched.ready_since is not None:
            if watched.child.has_ended():
                self._note_death(watched, now)
        elif watched.respawn_at is not None:
            if now >= watched.respawn_at:
                self._respawn(watched, now)
        elif watched.restarts:
            self._check_return(watched, now)

    def _note_death(self, watched: _Watched, now: float) -> None:
        if watched.ready_since is not None and now - watched.ready_since > HEALTHY_SECONDS:
            watched.restarts = 0
        watched.ready_since = None
        name = watched.child.spec.name
        reason = watched.child.how_it_ended()
        if watched.restarts >= MAX_RESTARTS:
            self._give_up(watched, f"{name} died {MAX_RESTARTS + 1} times in a row: {reason}")
            return
        pause = self._first_backoff_seconds * 2**watched.restarts
        watched.respawn_at = now + pause
        self._console.say("stack", f"{name} died and is restarted in {pause:g} s: {reason}")

    def _give_up(self, watched: _Watched, why: str) -> None:
        watched.given_up = True
        self.failure = why
        self._console.say("stack", why)
        self.gave_up.set()

    def _respawn(self, watched: _Watched, now: float) -> None:
        watched.respawn_at = None
        watched.restarts += 1
        watched.ready_by = now + watched.child.spec.ready_within_seconds
        with self._lock:
            if self._stopping.is_set():
                return
            try:
                _spawn(watched.child)
            except VisualizerError as error:
                self._give_up(watched, f"Restart: {error}")
                return
        self._on_change()

    def _check_return(self, watched: _Watched, now: float) -> None:
        child = watched.child
        if child.is_ready():
            watched.ready_since = now
            self._console.say("stack", f"{child.spec.name} is back (restart {watched.restarts})")
        elif child.has_ended():
            self._note_death(watched, now)
        elif now > watched.ready_by:
            child.ask_to_stop()
            child.finish(self.hurry)
            self._note_death(watched, now)


def _spawn(child: Child) -> None:
    try:
        child.spawn()
    except OSError as error:  # no room for its log, too many processes, …
        raise PartMissing(f"{child.spec.name} could not be started: {error}.") from error
