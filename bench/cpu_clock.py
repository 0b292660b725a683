"""CPU time of other processes, as Linux counts it."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from visualizer_core.errors import Misconfigured

__all__ = ["cpu_seconds", "idle_cpu"]

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_UTIME, _STIME = 11, 12  # fields after the name in /proc/PID/stat; threads that ended count too


def cpu_seconds(pids: Sequence[int]) -> float:
    """User and system time of processes and all their threads, in seconds, to 10 ms each.

    Raises
    ------
    Misconfigured
        Where there is no ``/proc``.
    """
    if not Path("/proc/self/stat").exists():
        raise Misconfigured("CPU figures are read from /proc, which only Linux has.")
    return sum(_one(pid) for pid in pids)


def _one(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except FileNotFoundError:  # it ended meanwhile
        return 0.0
    return (int(fields[_UTIME]) + int(fields[_STIME])) * _TICK_S


def idle_cpu(pids: Sequence[int], seconds: float) -> float:
    """CPU seconds a second that processes take while nothing is asked of them."""
    before = cpu_seconds(pids)
    begun = time.monotonic()
    time.sleep(seconds)
    return (cpu_seconds(pids) - before) / (time.monotonic() - begun)
