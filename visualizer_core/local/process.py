"""One supervised child process: started, proved ready, stopped with all it started."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from visualizer_core.errors import PartMissing
from visualizer_core.local.accounts import Account
from visualizer_core.local.logs import rotate, tail
from visualizer_core.local.stamps import ProcessStamp, kill_group

__all__ = ["Child", "ChildSpec", "wrapped"]

_LAUNCHER = Path(__file__).with_name("launch.py")
_READY_POLL_SECONDS = 0.03  # a test waits for several servers; each poll costs well under 1 ms
_STOP_POLL_SECONDS = 0.02

# The kernel sends the "your parent died" signal when the *thread* that started the child ends.
# Children are therefore started by one thread that lives as long as the program.
_SPAWNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")


@dataclass(frozen=True, kw_only=True)
class ChildSpec:
    """How to run one child.

    Parameters
    ----------
    name : str
        Short and unique in a stack: log file name and line prefix.
    argv : sequence of str
        Program (absolute path) and arguments. No secrets: everybody can read them.
    env : mapping
        The whole environment of the child.
    cwd : Path or None
        Working directory; None keeps the supervisor's.
    ready : callable or None
        Says whether it can serve; asked every 30 ms, must answer within a second. An `OSError`
        counts as no.
    ready_log : str or None
        Text its log must contain to be ready; for programs without a port.
    ready_within_seconds : float
        When neither came true by then, the start has failed.
    stop_signal : Signals
        The polite signal; also sent by the kernel when the supervisor is killed.
    stop_within_seconds : float
        How long it may take before SIGKILL.
    address : str
        What to show people: ``host:port`` or a URL; may be empty.
    is_server : bool
        Stopped after all children that are not, since they need it to finish their work.
    run_as : Account or None
        Unprivileged account to run as; None keeps the supervisor's.
    not_shown : tuple of str
        Log lines holding one of these stay in the file and are not shown to people.
    before_start : callable or None
        Called before every start, restarts included.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path | None = None
    ready: Callable[[], bool] | None = None
    ready_log: str | None = None
    ready_within_seconds: float = 30.0
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within_seconds: float = 10.0
    address: str = ""
    is_server: bool = False
    run_as: Account | None = None
    not_shown: tuple[str, ...] = ()
    before_start: Callable[[], None] | None = None


def wrapped(argv: Sequence[str], stop_signal: int, run_as: Account | None) -> list[str]:
    """Return the command line that runs ``argv`` so that it dies with this process."""
    uid, gid = (-1, -1) if run_as is None else (run_as.uid, run_as.gid)
    numbers = [str(int(number)) for number in (os.getpid(), stop_signal, uid, gid)]
    return [sys.executable, "-I", "-S", str(_LAUNCHER), *numbers, *argv]


class Child:
    """A running (or ended) process of one `ChildSpec`.

    Parameters
    ----------
    spec : ChildSpec
        How to run it.
    log : Path
        File that takes its output, appended to.
    """

    def __init__(self, spec: ChildSpec, log: Path) -> None:
        self.spec = spec
        self.log = log
        self.log_start = 0
        self.stamp: ProcessStamp | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def spawn(self) -> None:
        """Start the process without waiting for it to be ready."""
        if self.spec.before_start is not None:
            self.spec.before_start()
        rotate(self.log)
        descriptor = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self.log_start = os.fstat(descriptor).st_size
            self._process = _SPAWNER.submit(self._popen, descriptor).result()
        finally:
            os.close(descriptor)
        self.stamp = ProcessStamp.of(self._process.pid)

    def _popen(self, output: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603  # argument lists made by this program, no shell
            wrapped(self.spec.argv, self.spec.stop_signal, self.spec.run_as),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(self.spec.env),
            cwd=self.spec.cwd,
            # Ctrl-C in the terminal is for the supervisor alone, which stops children in order.
            start_new_session=True,
        )

    @property
    def pid(self) -> int | None:
        """Process id, also of a process that has ended; None before the first start."""
        return None if self._process is None else self._process.pid

    def has_ended(self) -> bool:
        """Whether the process is gone (or was never started)."""
        return self._process is None or self._process.poll() is not None

    def is_ready(self) -> bool:
        """Whether it runs and says that it can serve."""
        if self.has_ended():
            return False
        wanted = self.spec.ready_log
        if wanted is not None and wanted not in tail(self.log, start=self.log_start, lines=400):
            return False
        try:
            answers = self.spec.ready is None or self.spec.ready()
        except OSError:
            answers = False
        # It may end while it is asked, and a stranger answer in its place.
        return answers and not self.has_ended()

    def wait_until_ready(self, cancelled: threading.Event) -> None:
        """Wait for `is_ready`.

        Raises
        ------
        PartMissing
            When it ends first, takes too long or ``cancelled`` is set; shows the end of its log.
        """
        deadline = time.monotonic() + self.spec.ready_within_seconds
        while not self.is_ready():
            if self.has_ended():
                raise PartMissing(f"{self.spec.name} ended at its start: {self.how_it_ended()}")
            if time.monotonic() > deadline:
                limit = self.spec.ready_within_seconds
                raise PartMissing(
                    f"{self.spec.name} was not ready after {limit:g} s{self.last_words()}"
                )
            if cancelled.wait(_READY_POLL_SECONDS):
                raise PartMissing(f"{self.spec.name} was stopped before it was ready.")

    def how_it_ended(self) -> str:
        """Return its exit in words, with the last lines of its log."""
        code = None if self._process is None else self._process.poll()
        if code is None:
            return "it still runs"
        words = f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
        return words + self.last_words()

    def last_words(self) -> str:
        """Return the end of its log, indented, with the file's name; for error messages."""
        text = tail(self.log, start=self.log_start)
        shown = "\n".join(f"    {line}" for line in text.splitlines()) or "    (it wrote nothing)"
        return f"; the end of {self.log}:\n{shown}"

    def ask_to_stop(self) -> None:
        """Send the polite signal, at once."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(self.spec.stop_signal)

    def finish(self, hurry: threading.Event) -> bool:
        """Wait for the end after `ask_to_stop`; kill what takes too long or when in a hurry.

        Returns
        -------
        bool
            False when it had to be killed.
        """
        if self._process is None:
            return True
        deadline = time.monotonic() + self.spec.stop_within_seconds
        while self._process.poll() is None:
            if time.monotonic() > deadline or hurry.is_set():
                kill_group(self._process.pid)
                self._process.wait()
                return False
            time.sleep(_STOP_POLL_SECONDS)
        # The leader is gone; whatever it forgot to stop goes too. A pid is not given away again
        # while its group has members, so this cannot hit a stranger that matters.
        kill_group(self._process.pid)
        return True
