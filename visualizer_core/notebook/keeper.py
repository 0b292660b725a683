"""The process that keeps the stack while a notebook is open, seen from the notebook.

The servers and workers are children of that process and not of the kernel: kernels are interrupted,
restarted and killed, and a picture that is being paid for must outlive that. The two are joined by
the keeper's stdin, which ends with the kernel however it ends.
"""

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
from itertools import count
from pathlib import Path
from typing import Any

from visualizer_core import errors
from visualizer_core.errors import PartMissing, VisualizerError

__all__ = ["PROJECT", "Keeper", "raised"]

PROJECT = Path(__file__).parents[2]  # where `python -m` finds the program and not a user's files
# Idle workers and servers need about 3 s. Calls under way may take longer, or another command may
# still use the servers: the keeper waits for them, nobody has to wait for the keeper.
CLOSE_WAIT_S = 8.0
_LAST_WORDS = 2_000  # characters of what a keeper that died wrote


class Keeper:
    """Starts the keeper of a state folder and waits until the parts are there.

    Parameters
    ----------
    state : Path
        Absolute. A stack that runs on it is used, otherwise its parts are started.

    Attributes
    ----------
    env : dict
        The variables of the stack, for settings.

    Raises
    ------
    PartMissing, Conflict, Misconfigured
        As the stack says.
    """

    def __init__(self, state: Path) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the process
        self._numbers = count(1)
        self._process = subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-m", "visualizer_core.cli.keep", str(state)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd=PROJECT,
            start_new_session=True,  # an interrupt of the kernel is not for the keeper
        )
        with contextlib.ExitStack() as undo:
            undo.callback(self.close)
            self.env: dict[str, str] = self._answer()["env"]
            undo.pop_all()

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def see_to_workers(self) -> None:
        """Have workers: those that live, or some of our own.

        Raises
        ------
        PartMissing
            When they cannot be started, or the keeper is gone.
        """
        number = str(next(self._numbers))
        assert self._process.stdin is not None  # noqa: S101  # it is a pipe
        try:
            print(number, file=self._process.stdin, flush=True)
        except (BrokenPipeError, ValueError):
            raise PartMissing(self._last_words()) from None
        while self._answer().get("asked") != number:
            pass  # the answer to a question that was interrupted

    def close(self) -> None:
        """Let the keeper end; what takes longer than a few seconds ends without being watched."""
        assert self._process.stdin is not None  # noqa: S101  # it is a pipe
        assert self._process.stdout is not None  # noqa: S101  # it is a pipe
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(CLOSE_WAIT_S)
        except subprocess.TimeoutExpired:
            threading.Thread(target=self._process.wait, name="keeper", daemon=True).start()
        self._process.stdout.close()
        self._log.close()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None  # noqa: S101  # it is a pipe
        line = self._process.stdout.readline()
        if not line:
            raise PartMissing(self._last_words())
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise raised(answer["kind"], answer["error"])
        return answer

    def _last_words(self) -> str:
        if self._log.closed:
            return "This workspace was closed. Open it again."
        self._log.seek(0)
        words = self._log.read().decode(errors="replace").strip()[-_LAST_WORDS:]
        return f"The process that keeps the stack has ended. Open the workspace again. {words}"


def raised(kind: str, message: str) -> VisualizerError:
    """Make an error of another process one of ours again."""
    found = getattr(errors, kind, None)
    simple = (errors.Conflict, errors.InvalidInput, errors.Misconfigured, errors.NotFound)
    return found(message) if found in simple else PartMissing(message)
