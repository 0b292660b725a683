"""What the children write: files on disk, and readable lines on a terminal.

Children write into files, not into pipes of the supervisor: a pipe would break under them when the
supervisor is killed, and Postgres should still be able to say why it shut down.
"""

import contextlib
import os
import shutil
import threading
from pathlib import Path
from typing import TextIO

__all__ = ["Console", "LogFollower", "rotate", "tail"]

MAX_LOG_BYTES = 16 * 1024 * 1024  # a day of workers at INFO; one older file is kept
_TAIL_BYTES = 8 * 1024  # enough for the dozen lines an error message shows
_LONGEST_LINE = 2000  # characters shown on a terminal; the file has the rest
_COLOURS = (36, 33, 32, 35, 34, 31)  # ANSI foregrounds, one per child in turn


def rotate(path: Path) -> None:
    """Start ``path`` afresh when it has grown over the limit, keeping the old text as ``….1``.

    The file is copied and cut, not renamed, because a running child keeps it open for appending.
    """
    if path.exists() and path.stat().st_size > MAX_LOG_BYTES:
        with contextlib.suppress(OSError):  # a full disk is one more reason to cut it
            shutil.copyfile(path, path.with_name(path.name + ".1"))
        os.truncate(path, 0)


def tail(path: Path, *, start: int = 0, lines: int = 15) -> str:
    """Return the last lines written after byte ``start``, without control characters."""
    if not path.exists():
        return ""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(min(start, size), size - _TAIL_BYTES))
        text = file.read().decode("utf-8", "replace")
    return "\n".join(_printable(line) for line in text.splitlines()[-lines:])


def _printable(line: str) -> str:
    """Keep what cannot steer a terminal: a log may quote a hostile product name."""
    return "".join(c if c.isprintable() or c == "\t" else "?" for c in line)[:_LONGEST_LINE]


class Console:
    """Lines with the name of who says them in front; safe from several threads.

    Parameters
    ----------
    output : TextIO or None
        Where to write; None says nothing.
    """

    def __init__(self, output: TextIO | None) -> None:
        self._output = output
        self._colours = output is not None and output.isatty()
        self._names: list[str] = []
        self._lock = threading.Lock()

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is shown, so that following logs would be wasted."""
        return self._output is None

    def say(self, name: str, text: str) -> None:
        """Write each line of ``text`` with ``name`` before it."""
        with self._lock:
            if self._output is None:
                return
            prefix = self._prefix(name)
            try:
                for line in text.splitlines():
                    self._output.write(f"{prefix}{_printable(line)}\n")
                self._output.flush()
            except (BrokenPipeError, ValueError):
                self._output = None  # the reader has gone (`… | head`); the stack goes on

    def _prefix(self, name: str) -> str:
        if name not in self._names:
            self._names.append(name)
        label = f"{name:>10} | "
        if not self._colours:
            return label
        colour = _COLOURS[self._names.index(name) % len(_COLOURS)]
        return f"\x1b[{colour}m{label}\x1b[0m"


class LogFollower:
    """Shows on a console what is appended to one log file.

    Parameters
    ----------
    name : str
        Prefix of the lines.
    path : Path
        The file.
    start : int
        Byte to begin at.
    not_shown : tuple of str
        Lines holding one of these are left out.
    """

    def __init__(self, name: str, path: Path, start: int, not_shown: tuple[str, ...] = ()) -> None:
        self._name = name
        self._path = path
        self._position = start
        self._rest = b""
        self._not_shown = tuple(text.encode() for text in not_shown)

    def show(self, console: Console) -> None:
        """Show whole lines written since the last call, and keep the file within its limit."""
        with contextlib.suppress(OSError), self._path.open("rb") as file:
            if self._position > file.seek(0, 2):
                self._position = 0  # the file was cut
            file.seek(self._position)
            data = file.read()
            self._position += len(data)
            *lines, self._rest = (self._rest + data).split(b"\n")
            shown = [line for line in lines if not any(text in line for text in self._not_shown)]
            if shown:
                console.say(self._name, b"\n".join(shown).decode("utf-8", "replace"))
            if self._position > MAX_LOG_BYTES:
                rotate(self._path)
