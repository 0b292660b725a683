"""One disposable process of the sandbox: started, asked, watched and ended."""

import contextlib
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from visualizer_core.errors import PartMissing
from visualizer_core.imaging.wire import WireError, receive, send

__all__ = ["Child", "SandboxLimits"]

START_SECONDS = 30.0  # importing numpy and Pillow on a busy machine
CLOSE_SECONDS = 2.0  # an idle child ends at once when its input ends

# Where `visualizer_core` lies, so that the child finds it whether or not it is installed.
_ROOT = Path(__file__).resolve().parents[2]

# All a child gets of the environment. One thread: the pool is the parallelism.
_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class SandboxLimits:
    """What one picture may cost.

    Parameters
    ----------
    memory_bytes : int
        Address space of a child. 50 megapixels with alpha need about 650 MB.
    cpu_seconds : int
        CPU time a picture; a 48-megapixel HEIC needs about 2.
    wall_seconds : float
        Real time a picture, for what sleeps instead of working.
    pictures_per_child : int
        Replaced after this many, so that nothing piles up.
    """

    memory_bytes: int = 1024 * 1024 * 1024
    cpu_seconds: int = 10
    wall_seconds: float = 30.0
    pictures_per_child: int = 200


class Child:
    """One process and what is known about it.

    Raises
    ------
    PartMissing
        It does not start: nothing to do with any picture.
    """

    def __init__(self, limits: SandboxLimits) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # a fixed command line, no shell
            [
                sys.executable,
                "-B",
                "-m",
                "visualizer_core.imaging.sandbox_child",
                str(limits.memory_bytes),
                str(limits.cpu_seconds),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=_ROOT,
            env=_ENVIRONMENT,
            start_new_session=True,  # Ctrl-C is for the parent, which then closes its children
        )
        self._limits = limits
        self._pictures = 0
        if self._exchange(START_SECONDS, None) is None:
            self._process.kill()
            complaint = self._complaint()
            self.end()
            raise PartMissing(
                f"The picture sandbox does not start: {complaint} Run `make up` again; when that "
                "does not help, set up the environment anew."
            )

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def is_usable(self) -> bool:
        """Alive and not worn out."""
        is_worn = self._pictures >= self._limits.pictures_per_child
        return not is_worn and self._process.poll() is None

    def ask(self, name: str, data: bytes) -> tuple[dict[str, object], bytes] | None:
        """Send one picture and wait; None when the child did not survive it."""
        self._pictures += 1
        return self._exchange(self._limits.wall_seconds, (name, data))

    def end(self) -> int:
        """Let the process end, or make it, and reap it.

        Returns
        -------
        int
            Its exit code; negative for the signal that ended it.
        """
        with contextlib.suppress(OSError):
            self._pipe(self._process.stdin).close()
        try:
            code = self._process.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._pipe(self._process.stdout).close()
        self._pipe(self._process.stderr).close()
        return code

    def _exchange(
        self, seconds: float, request: tuple[str, bytes] | None
    ) -> tuple[dict[str, object], bytes] | None:
        """Write, then read, with a timer that kills the process: both ends then see an end."""
        self.has_expired = threading.Event()
        watch = threading.Timer(seconds, self._expire)
        watch.daemon = True
        watch.start()
        try:
            if request is not None:
                send(self._pipe(self._process.stdin), {"name": request[0]}, request[1])
            return receive(self._pipe(self._process.stdout))
        except OSError:
            return None
        except BaseException:  # boundary: an answer left behind would be the next picture
            self._process.kill()
            raise
        finally:
            watch.cancel()

    def _expire(self) -> None:
        self.has_expired.set()
        self._process.kill()

    def _complaint(self) -> str:
        """Last line the process wrote to its error output while starting."""
        lines = self._pipe(self._process.stderr).read().decode(errors="replace").splitlines()
        return lines[-1] if lines else "it said nothing."

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
        if pipe is None:
            raise WireError("a process without pipes")
        return pipe
