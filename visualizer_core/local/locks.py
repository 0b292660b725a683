"""Locks on files, released by the kernel whatever happens to their holder."""

import contextlib
import fcntl
import os
import time
import weakref
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["FileLock", "HeldLock"]

_POLL_SECONDS = 0.05


class HeldLock:
    """A lock that was taken; given back by `release` or at the end of a ``with`` block."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor
        _HELD.add(self)

    def release(self) -> None:
        """Give it back; a second call does nothing."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


class FileLock:
    """An advisory lock (``flock``) on one file.

    Unlike a file with a pid in it, it cannot be left behind: the kernel frees it when the holder
    dies, by ``kill -9`` too. Two locks of one process exclude each other like those of two.

    Parameters
    ----------
    path : Path
        The file; made when missing, never removed (removing it would allow two holders).
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def take(self, *, shared: bool = False, wait_seconds: float = 0.0) -> HeldLock | None:
        """Take the lock, waiting at most ``wait_seconds``; None if others kept it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        held = HeldLock(descriptor)
        how = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB
        deadline = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(descriptor, how)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    held.release()
                    return None
                time.sleep(_POLL_SECONDS)
            else:
                return held


_HELD: "weakref.WeakSet[HeldLock]" = weakref.WeakSet()


def _release_all() -> None:
    for held in list(_HELD):
        held.release()


# A flock belongs to the open file, which a forked child shares: without this a surviving child
# would keep the folder locked after its parent's death. (Closing a copy does not unlock.)
os.register_at_fork(after_in_child=_release_all)
