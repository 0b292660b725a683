"""Real worker processes for a test: started, killed, frozen, replaced."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from visualizer_core.cli.children import PROJECT, worker_argv

__all__ = ["Crew", "crew_on", "eventually"]

START_S = 60.0  # a worker imports half of the program, on a busy machine


class Crew:
    """Worker processes that share an environment."""

    def __init__(self, env: Mapping[str, str], logs: Path) -> None:
        self._env = {**os.environ, **env, "TZ": "UTC", "PYTHONUNBUFFERED": "1"}
        self._logs = logs
        self._running: list[subprocess.Popen[bytes]] = []

    def hire(self, role: str, threads: int) -> subprocess.Popen[bytes]:
        """Start a worker and wait until it says that it is ready."""
        log = self._logs / f"{role}-{len(self._running)}.log"
        with log.open("wb") as out:
            worker = subprocess.Popen(  # noqa: S603 - our own command line
                worker_argv(role, threads),
                env=self._env,
                cwd=PROJECT,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running.append(worker)
        eventually(lambda: f"{role} worker is ready" in log.read_text(), START_S, log.read_text)
        return worker

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """End it as a crash would: at once, with nothing cleaned up."""
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(10)

    def signal(self, worker: subprocess.Popen[bytes], what: signal.Signals) -> None:
        """Send any other signal."""
        os.killpg(worker.pid, what)

    def dismiss(self) -> None:
        """End everybody."""
        for worker in self._running:
            if worker.poll() is None:
                os.killpg(worker.pid, signal.SIGCONT)
                os.killpg(worker.pid, signal.SIGKILL)
                worker.wait(10)

    def said(self) -> str:
        """All that was logged."""
        return "\n".join(path.read_text() for path in sorted(self._logs.glob("*.log")))


@contextmanager
def crew_on(env: Mapping[str, str], logs: Path) -> Generator[Crew]:
    """A crew that is dismissed at the end."""
    crew = Crew(env, logs)
    try:
        yield crew
    finally:
        crew.dismiss()


def eventually(
    true: Callable[[], bool], seconds: float, otherwise: Callable[[], object] = lambda: ""
) -> None:
    """Wait until something is true, or fail with what `otherwise` says."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, otherwise()
        time.sleep(0.1)
