"""Progress, in a notebook and on a terminal.

In a notebook the bar is HTML that is replaced in place: it needs neither widgets nor JavaScript,
and what is saved with the notebook is its last state.
"""

import html
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

__all__ = ["Bar", "bar"]

EVERY_S = 0.2  # how often a notebook is sent a new state; more than an eye can follow


class Bar(Protocol):
    """Shows how far something is."""

    def show(self, done: int, total: int, words: str = "") -> None:
        """Say that `done` of `total` are done; a total of 0 is not known yet."""
        ...

    def close(self) -> None:
        """Show the last state and stop."""
        ...


@contextmanager
def bar(what: str) -> Generator[Bar]:
    """A bar for the time of a block; it appears with the first thing it shows."""
    shown: Bar = _NotebookBar(what) if _in_a_kernel() else _TerminalBar(what)
    try:
        yield shown
    finally:
        shown.close()


def _in_a_kernel() -> bool:
    """Whether a notebook's kernel runs this; nothing of IPython is imported to find out."""
    ipython: Any = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None


class _TerminalBar:
    """A line on stderr, so that a script's own output stays clean."""

    def __init__(self, what: str) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[counted]} {task.fields[words]}", markup=False),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )
        self._task: TaskID = self._progress.add_task(what, total=None, counted="", words="")

    def show(self, done: int, total: int, words: str = "") -> None:
        self._progress.start()
        counted = f"{done} of {total}" if total else ""
        self._progress.update(
            self._task, completed=done, total=total or None, counted=counted, words=words
        )

    def close(self) -> None:
        self._progress.stop()


class _NotebookBar:
    """One output of the cell, replaced as work goes on."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._begun = time.monotonic()
        self._sent_at = 0.0
        self._state = (0, 0, "")
        self._handle: Any = None

    def show(self, done: int, total: int, words: str = "") -> None:
        self._state = (done, total, words)
        if time.monotonic() - self._sent_at > EVERY_S:
            self._send()

    def close(self) -> None:
        if self._handle is not None:
            self._send()

    def _send(self) -> None:
        self._sent_at = time.monotonic()
        if self._handle is None:
            display: Any = import_module("IPython.display").display  # there only in a notebook
            self._handle = display(self._bundle(), raw=True, display_id=True)
        else:
            self._handle.update(self._bundle(), raw=True)

    def _bundle(self) -> dict[str, str]:
        done, total, words = self._state
        counted = f"{done} of {total}" if total else ""
        seconds = f"{time.monotonic() - self._begun:.0f} s"
        told = " · ".join(part for part in (counted, words, seconds) if part)
        value = f'value="{done}" max="{total}"' if total else ""
        drawn = (
            '<div style="display:flex;gap:.8em;align-items:center;font-size:90%">'
            f'<span style="min-width:9em">{html.escape(self._what)}</span>'
            f'<progress {value} style="width:18em;accent-color:#0f766e"></progress>'
            f"<span>{html.escape(told)}</span></div>"
        )
        return {"text/html": drawn, "text/plain": f"{self._what}: {told}"}
