"""The drawing processes: they yield to everything else and never outlive the server."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children, get_context
from typing import TypeVar

__all__ = ["DrawingProcesses"]

_NICE = 10  # the work that is being measured goes first
_WATCH_S = 1.0

Result = TypeVar("Result")


class DrawingProcesses:
    """Runs work on pixels outside the server's loop.

    Parameters
    ----------
    count : int
        At most so many processes; each is started when first needed.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool = self._fresh()

    def _fresh(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self._count,
            mp_context=get_context("spawn"),
            initializer=_settle,
            initargs=(os.getpid(),),
        )

    def stop(self) -> None:
        """End the processes at once; pictures under way are given up."""
        for process in active_children():
            process.terminate()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def run(self, work: Callable[..., Result], *args: object) -> Result:
        """Run `work`; once more in fresh processes if one was killed meanwhile."""
        loop = asyncio.get_running_loop()
        pool = self._pool
        try:
            return await loop.run_in_executor(pool, work, *args)
        except BrokenProcessPool:
            if self._pool is pool:
                self._pool = self._fresh()
            return await loop.run_in_executor(self._pool, work, *args)


def _settle(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to handle
    os.nice(_NICE)
    threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()


def _leave_with(parent: int) -> None:
    # A killed server cannot tell its pool to stop, and the pool's pipes stay open among children.
    while os.getppid() == parent:
        time.sleep(_WATCH_S)
    os._exit(0)
