"""Progress for people: one line that changes on a terminal, a new line now and then elsewhere."""

import time
from typing import Self

from rich.live import Live
from rich.text import Text

from visualizer_core.cli.console import out
from visualizer_core.cli.showing import plain, say

__all__ = ["Line"]

PIPE_EVERY_S = 5.0  # in a log or a pipe: often enough to see life, rare enough to read
PIPE_AT_ONCE_S = 1.0  # when the reason of a wait is new
REDRAWS_PER_S = 4  # on a terminal


class Line:
    """What a step is at; erased at the end of the block, where the step says what it came to.

    On a terminal it is redrawn in place. In a pipe or a file there are no control codes: a line is
    written every few seconds, so that short steps write none.
    """

    def __init__(self) -> None:
        self._live = (
            Live(console=out, transient=True, refresh_per_second=REDRAWS_PER_S)
            if out.is_terminal and not out.is_dumb_terminal
            else None
        )
        self._said_at = 0.0
        self._topic = ""

    def __enter__(self) -> Self:
        self._said_at = time.monotonic()
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, words: str, *, topic: str = "") -> None:
        """Show how it stands.

        Parameters
        ----------
        topic : str
            When it is another than before, and not empty, a pipe is told at once.
        """
        words = plain(words)
        if self._live is not None:
            self._live.update(Text(f"  {words}"))
            return
        is_new = bool(topic) and topic != self._topic
        silent_s = time.monotonic() - self._said_at
        if silent_s >= (PIPE_AT_ONCE_S if is_new else PIPE_EVERY_S):
            say(f"  {words}")
            self._said_at, self._topic = time.monotonic(), topic

    def counting(self, what: str) -> "_Counter":
        """For steps that report how many are done and how many there are."""
        return _Counter(self, what)


class _Counter:
    """A callback of a step; what was reached before is not said again."""

    def __init__(self, line: Line, what: str) -> None:
        self._line, self._what = line, what

    def __call__(self, done: int, total: int) -> None:
        self._line.show(f"{self._what}: {done} of {total}")
