"""Start the stand-in as a process of its own, for tests and benchmarks."""

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from visualizer_core.errors import PartMissing

__all__ = ["RunningStandIn", "launch"]

_PROJECT = Path(__file__).parents[3]  # `-m` finds the package from here, installed or not
_START_S = 60.0  # a loaded machine imports slowly
_STOP_S = 10.0


@dataclass(frozen=True, slots=True)
class RunningStandIn:
    """A stand-in that answers.

    Parameters
    ----------
    base_url : str
        ``http://127.0.0.1:PORT``.
    log_file : Path
        Its history.
    pid : int
        Its process, for tests that kill it.
    """

    base_url: str
    log_file: Path
    pid: int


@contextmanager
def launch(log_file: Path, *arguments: str, port: int = 0) -> Generator[RunningStandIn, None, None]:
    """Run a stand-in until the block ends.

    Parameters
    ----------
    log_file : Path
        History; continued when it exists.
    *arguments : str
        Further command line, such as ``"--latency", "10"``; paths absolute.
    port : int
        0 takes a free one.

    Raises
    ------
    PartMissing
        When it does not start.
    """
    command = [sys.executable, "-m", "visualizer_core.local.standin", "--port", str(port)]
    command += ["--log-file", str(log_file.resolve()), *arguments]
    with subprocess.Popen(  # noqa: S603  # our own module, arguments from the caller's code
        command, stdout=subprocess.PIPE, text=True, cwd=_PROJECT
    ) as process:
        try:
            if process.stdout is None:
                raise PartMissing("The stand-in's output cannot be read.")
            first = process.stdout.readline()  # ends when the process does
            if "http://" not in first:
                raise PartMissing("The stand-in did not start; what it wrote above says why.")
            base_url = first[first.index("http://") :].strip()
            _await_health(base_url)
            yield RunningStandIn(base_url, log_file, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _await_health(base_url: str) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(  # noqa: S310  # http on this machine
                f"{base_url}/_control/health", timeout=5
            ) as answer:
                if answer.status == 200:  # noqa: PLR2004  # OK
                    return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.05)
    raise PartMissing(f"The stand-in at {base_url} does not answer. Look at its output.")
