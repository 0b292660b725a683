"""Following a run until nothing is left that can happen now, and saying why when it waits."""

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from visualizer_core.cli.children import DRAIN_S, have_workers
from visualizer_core.cli.live import Line
from visualizer_core.cli.report import count
from visualizer_core.cli.showing import say
from visualizer_core.domain.ids import CollectionId
from visualizer_core.errors import (
    Misconfigured,
    NotAllowed,
    PartMissing,
    ProviderUnavailable,
)
from visualizer_core.services import generation
from visualizer_core.services.generation import Progress, Waiting, WaitKind
from visualizer_core.services.generation.progress import RATE_WINDOW_S
from visualizer_core.workspace import Workspace

__all__ = ["Before", "Left", "follow"]

POLL_S = 0.5  # how often progress is read; one cheap query each time
WORKERS_EVERY_S = 5.0  # how soon a run notices that the workers it used have gone
AWAY_S = 120.0  # a database that restarts and recovers is back by then
LONG_WAIT_S = 900.0  # a command may be left running for a quarter of an hour, not until tomorrow
STUCK_S = 300.0  # nothing moves for this long and no reason is known: something is broken
STUCK_UNDER_WAY_S = 900.0  # the same while calls are under way, of which the longest takes 300 s


@dataclass(frozen=True)
class Before:
    """How a collection stood before the run, and what the run is about to make."""

    completed: int
    error: int
    cost_micros: int
    pictures: int
    at: datetime


@dataclass(frozen=True)
class Left:
    """What is open when a run ends: for another day, or until somebody acts."""

    pictures: int
    words: str = ""
    is_paused: bool = False


def follow(
    ws: Workspace,
    collection_id: CollectionId,
    before: Before,
    *,
    env: Mapping[str, str],
    logs: Path,
) -> Left:
    """Have workers, show progress, and return when all that can be made now is made.

    Raises
    ------
    Misconfigured
        When the model is paused: by an admin, or since the provider refuses every call.
    NotAllowed
        When the client was suspended.
    ProviderUnavailable
        When the provider asks for a wait longer than a command should be left running.
    PartMissing
        When a part stays away, or nothing moves although nothing is known to be wrong.
    """
    own = False
    with contextlib.ExitStack() as workers:

        def see_to_workers() -> None:
            nonlocal own
            own |= workers.enter_context(have_workers(ws.runtime, env, logs))

        try:
            see_to_workers()
            with Line() as line:
                return _Watch(ws, collection_id, before, line, see_to_workers).until_end()
        except KeyboardInterrupt:
            if own:
                say(
                    f"stopping; calls under way are finished first, for {DRAIN_S} s at most "
                    "(Ctrl-C again: now)"
                )
            raise


class _Watch:
    """Looks at a run again and again, and remembers since when nothing moved."""

    def __init__(
        self,
        ws: Workspace,
        collection_id: CollectionId,
        before: Before,
        line: Line,
        see_to_workers: Callable[[], None],
    ) -> None:
        self._ws, self._collection_id, self._before = ws, collection_id, before
        self._line, self._see_to_workers = line, see_to_workers
        self._moved_at = self._ended_at = self._asked_at = time.monotonic()
        self._seen: tuple[int, int] = (-1, -1)
        self._away_since: float | None = None

    def until_end(self) -> Left:
        while True:
            try:
                left = self._look()
            except PartMissing as error:
                self._bear(error)
            else:
                self._away_since = None
                if left is not None:
                    return left
            time.sleep(POLL_S)

    def _look(self) -> Left | None:
        now = generation.progress(self._ws, self._collection_id)
        waits = None if now.generating else generation.waiting(self._ws, self._collection_id)
        self._show(now, waits)
        if now.done:
            return Left(0)
        if waits is not None and waits.kind is WaitKind.DAY:
            return Left(now.open, waits.words)
        if waits is not None and waits.kind is WaitKind.PAUSED:
            return Left(now.open, waits.words, is_paused=True)
        if waits is not None:
            _refuse_to_wait(waits, now.open)
        self._keep_moving(now, waits)
        return None

    def _bear(self, error: PartMissing) -> None:
        """Wait while a part is away: workers keep what is paid, and the work is in the database."""
        now = time.monotonic()
        if self._away_since is None:
            self._away_since = now
        away_s = now - self._away_since
        if away_s > AWAY_S:
            raise error
        self._line.show(f"{error} Waiting for it since {away_s:.0f} s.", topic="away")
        self._moved_at = self._ended_at = now

    def _keep_moving(self, now: Progress, waits: Waiting | None) -> None:
        """See to workers, and end a run that will not go on by itself.

        Without a reason, one that stands still is broken. With one, it is the provider's trouble:
        tries go on as long as somebody waits, but nobody waits for hours.
        """
        moment = time.monotonic()
        if now.open != self._seen[0]:
            self._ended_at = moment
        if (now.open, now.generating) != self._seen or (waits is not None and waits.seconds):
            self._moved_at, self._seen = moment, (now.open, now.generating)
        if waits is not None and moment - self._ended_at > LONG_WAIT_S:
            _give_up_waiting(waits, now.open)
        idle_s = moment - self._moved_at
        if idle_s > (STUCK_UNDER_WAY_S if now.generating else STUCK_S):
            raise PartMissing(
                f"Nothing moved for {idle_s:.0f} s, and {count(now.open, 'picture')} left. "
                f"{waits.words if waits else ''} Run `visualizer doctor`; then run this again: "
                "what is made is kept."
            )
        if not now.generating and moment - self._asked_at > WORKERS_EVERY_S:
            self._see_to_workers()
            self._asked_at = time.monotonic()

    def _show(self, now: Progress, waits: Waiting | None) -> None:
        made = now.completed - self._before.completed
        failed = now.error - self._before.error
        spent = (now.cost_micros - self._before.cost_micros) / 1e6
        parts = [
            f"{made} of {self._before.pictures} made",
            f"{now.generating} under way" if now.generating else "",
            f"{failed} failed" if failed > 0 else "",
            *self._pace(now, made),
            f"${spent:.2f} spent",
            waits.words if waits else "",
        ]
        topic = waits.kind if waits and waits.kind is not WaitKind.WORKER else ""
        self._line.show(" · ".join(part for part in parts if part), topic=topic)

    def _pace(self, now: Progress, made: int) -> list[str]:
        """Rate and time left: of the last minute, in the first minute of this run alone."""
        elapsed_s = max((now.at - self._before.at).total_seconds(), 1.0)
        rate = now.per_minute if elapsed_s >= RATE_WINDOW_S else made / elapsed_s * 60
        if not rate or not now.open:
            return []
        return [f"{rate:.0f} a minute", f"about {_duration(now.open / rate * 60)} left"]


def _duration(seconds: float) -> str:
    if seconds < 90:  # noqa: PLR2004 - people count in seconds up to about here
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"


def _refuse_to_wait(waits: Waiting, left: int) -> None:
    """End where only a person or a long time helps; the pictures stay open."""
    kept = f"{count(left, 'picture')} left; what is made is kept. Run this again then."
    if waits.kind is WaitKind.MODEL:
        raise Misconfigured(
            f"{waits.words} When that is mended: `visualizer admin model resume {waits.model}`. "
            f"{kept}"
        )
    if waits.kind is WaitKind.SUSPENDED:
        raise NotAllowed(f"{waits.words} {kept}")
    if waits.seconds > LONG_WAIT_S:
        _give_up_waiting(waits, left)


def _give_up_waiting(waits: Waiting, left: int) -> NoReturn:
    raise ProviderUnavailable(
        f"{waits.words} {count(left, 'picture')} left; what is made is kept. Run this again later."
    )
