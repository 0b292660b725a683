"""A small pool of disposable processes that decode strangers' pictures.

::

    with Sandbox() as sandbox:
        picture = sandbox.normalise(data, "chair.heic")

A crash, a hang or a memory hog costs one picture. Children start when first needed, are used again
and replaced now and then. Safe to use from many threads; a thread waits while all children work.
"""

import hashlib
import os
import queue
import signal
import threading
import weakref
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from visualizer_core.errors import ImageRejected, PartMissing
from visualizer_core.imaging.admission import check_weight
from visualizer_core.imaging.normalise import NormalisedImage
from visualizer_core.imaging.notes import Level, Note
from visualizer_core.imaging.sandbox_process import Child, SandboxLimits
from visualizer_core.imaging.sniff import display_name

__all__ = ["Sandbox", "SandboxLimits"]

MAX_CHILDREN = 4  # each may take 1 GiB


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


_SANDBOXES: "weakref.WeakSet[Sandbox]" = weakref.WeakSet()


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
        self._closed = False
        self._start_empty()
        _SANDBOXES.add(self)

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

    def _start_empty(self) -> None:
        """Begin without children; also in a fork: the pipes there are belong to its origin."""
        self._slots: queue.LifoQueue[Child | None] = queue.LifoQueue()
        for _ in range(self._size):
            self._slots.put(None)
        self._children: set[Child] = set()
        self._closing = threading.Lock()

    def _usable(self, child: Child | None) -> Child:
        """Take this child, or a new one when it is dead, worn out or not there yet."""
        if child is not None and child.is_usable():
            return child
        if child is not None:
            self._retire(child)
        fresh = Child(self._limits)
        self._children.add(fresh)
        return fresh

    def _retire(self, child: Child) -> int:
        self._children.discard(child)
        return child.end()


def _forget_children() -> None:
    for sandbox in _SANDBOXES:
        sandbox._start_empty()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # its own module


os.register_at_fork(after_in_child=_forget_children)


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
