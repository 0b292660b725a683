"""Following a run until nothing is left that can happen now."""

import time
from collections.abc import Callable

from visualizer_core.domain.ids import CollectionId
from visualizer_core.domain.status import RunState
from visualizer_core.errors import PartMissing
from visualizer_core.notebook.bars import Bar
from visualizer_core.services import generation
from visualizer_core.workspace import Workspace

__all__ = ["watch"]

POLL_S = 0.4  # one cheap query each time
# Workers may belong to another command and end with it: while nothing is under way, they are seen
# to again.
WORKERS_EVERY_S = 10.0
STUCK_S = 300.0  # nothing moved for this long: a person has to look


def watch(
    ws: Workspace,
    collection_id: CollectionId,
    shown: Bar,
    *,
    see_to_workers: Callable[[], None],
    later: int = 0,
) -> generation.Progress:
    """Show progress until the run is done, paused, or waits for another day.

    Parameters
    ----------
    see_to_workers : callable
        Called at the start and whenever nothing is under way for a while.
    later : int
        Pictures that wait for another day's allowance.

    Raises
    ------
    PartMissing
        When nothing moves for five minutes; with the reason, if there is one.
    """
    see_to_workers()
    moved_at = asked_at = time.monotonic()
    ended = -1
    while True:
        now = generation.progress(ws, collection_id)
        waits = None if now.generating else generation.why_waiting(ws, collection_id)
        shown.show(now.total - now.open, now.total, _words(now, waits))
        if _is_over(now, later):
            return now
        if now.generating or now.total - now.open != ended:
            moved_at, ended = time.monotonic(), now.total - now.open
        if time.monotonic() - max(moved_at, asked_at) > WORKERS_EVERY_S:
            see_to_workers()
            asked_at = time.monotonic()
        if time.monotonic() - moved_at > STUCK_S:
            raise PartMissing(f"Nothing moved for {STUCK_S:.0f} s. {waits or ''}".strip())
        time.sleep(POLL_S)


def _is_over(now: generation.Progress, later: int) -> bool:
    if now.generating:
        return False
    return now.open <= later or now.run_state is RunState.PAUSED


def _words(now: generation.Progress, waits: str | None) -> str:
    parts = [
        f"{now.generating} under way" if now.generating else "",
        f"{now.error} failed" if now.error else "",
        f"{now.per_minute:.0f} a minute" if now.generating and now.per_minute else "",
        f"about {now.eta_s:.0f} s left" if now.open and now.eta_s else "",
        f"${now.cost_micros / 1e6:.2f}",
        waits or "",
    ]
    return " · ".join(part for part in parts if part)
