"""A small pool of disposable processes that decode strangers' pictures.

::

    with Sandbox() as sandbox:
        picture = sandbox.normalise(data, "chair.heic")

A crash, a hang or a memory hog costs one picture. Children start when first needed, are used again
and replaced now and then. Safe to use from many threads; a thread waits while all children work.
"""

import contextlib
import hashlib
import os
import queue
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from visualizer_core.errors import ImageRejected, PartMissing
from visualizer_core.imaging.admission import check_weight
from visualizer_core.imaging.normalise import NormalisedImage
from visualizer_core.imaging.notes import Level, Note
from visualizer_core.imaging.sniff import display_name
from visualizer_core.imaging.wire import WireError, receive, send

__all__ = ["Sandbox", "SandboxLimits"]

MAX_CHILDREN = 4  # each may take 1 GiB
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


class _NoteModel(BaseModel):
    model_config = ConfigDict(strict=True)

    code: str
    message: str
    level: Literal["info", "change", "warning"]


class _Accepted(BaseModel):
    """A child's answer, believed only as far as it validates."""

    model_config = ConfigDict(strict=True)

    ok: Literal[True]
    mime: Literal["image/jpeg", "image/png"]
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    source_format: str
    outcome: Literal["accept", "normalise"]
    notes: list[_NoteModel]


class _Refused(BaseModel):
    model_config = ConfigDict(strict=True)

    ok: Literal[False]
    code: str
    message: str


_ANSWER: TypeAdapter[_Accepted | _Refused] = TypeAdapter(_Accepted | _Refused)
_MAGIC = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}


class _Child:
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


class Sandbox:
    """Decodes pictures in limited child processes.

    Parameters
    ----------
    size : int | None
        Children at work at the same time; None for one a core, at most 4.
    limits : SandboxLimits
        What one picture may cost.
    """

    def __init__(self, size: int | None = None, limits: SandboxLimits | None = None) -> None:
        self._size = size or min(MAX_CHILDREN, os.cpu_count() or 1)
        self._limits = limits or SandboxLimits()
        self._slots: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(self._size):
            self._slots.put(None)
        self._children: set[_Child] = set()
        self._closing = threading.Lock()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def size(self) -> int:
        """How many pictures it works on at the same time."""
        return self._size

    def normalise(self, data: bytes, filename: str) -> NormalisedImage:
        """As `normalise.normalise`, in a child.

        Parameters
        ----------
        data : bytes
            The whole file, at most 20 MiB.
        filename : str
            For messages only.

        Raises
        ------
        ImageRejected
            Not usable; also ``crashed`` and ``timeout`` when the child did not survive it.
        PartMissing
            The sandbox was closed.
        """
        name = display_name(filename)
        check_weight(len(data), name)
        child = self._slots.get()
        try:
            if self._closed:
                raise PartMissing("The picture sandbox was closed. Start the program again.")
            child = self._usable(child)
            answer = child.ask(filename, data)
            if answer is None:
                exit_code = self._retire(child)
                is_expired = child.has_expired.is_set()
                child = None
                raise _lost(name, exit_code, is_expired=is_expired)
            return _read(answer[0], answer[1], name)
        finally:
            self._slots.put(child)

    def close(self) -> None:
        """Wait for pictures in work, then end the children; calling it again does nothing."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            for _ in range(self._size):
                child = self._slots.get()
                if child is not None:
                    self._retire(child)
            for _ in range(self._size):
                self._slots.put(None)

    def child_pids(self) -> list[int]:
        """Process ids of the children there are now, at work or not."""
        return sorted(child.pid for child in self._children.copy())

    def _usable(self, child: _Child | None) -> _Child:
        """This child, or a new one when it is dead, worn out or not there yet."""
        if child is not None and child.is_usable():
            return child
        if child is not None:
            self._retire(child)
        fresh = _Child(self._limits)
        self._children.add(fresh)
        return fresh

    def _retire(self, child: _Child) -> int:
        self._children.discard(child)
        return child.end()


def _read(header: dict[str, object], body: bytes, name: str) -> NormalisedImage:
    """Turn a child's answer into a picture or an error, trusting nothing about it."""
    try:
        answer = _ANSWER.validate_python(header)
    except ValidationError:
        raise _crashed(name) from None
    if isinstance(answer, _Refused):
        raise ImageRejected(answer.code, answer.message)
    if not body.startswith(_MAGIC[answer.mime]):
        raise _crashed(name)
    return NormalisedImage(
        data=body,
        mime=answer.mime,
        width=answer.width,
        height=answer.height,
        sha256=hashlib.sha256(body).hexdigest(),
        source_format=answer.source_format,
        outcome=answer.outcome,
        notes=tuple(Note(n.code, n.message, Level(n.level)) for n in answer.notes),
    )


def _lost(name: str, exit_code: int, *, is_expired: bool) -> ImageRejected:
    if is_expired or exit_code == -signal.SIGXCPU:
        return ImageRejected(
            "timeout",
            f"“{name}” took too long to decode. Open it in a picture editor, export it as JPEG "
            "and add that file.",
        )
    return _crashed(name)


def _crashed(name: str) -> ImageRejected:
    return ImageRejected(
        "crashed",
        f"“{name}” made the picture decoder fail. Open it in a picture editor, export it as JPEG "
        "and add that file.",
    )
