"""Processes that can be told from strangers: a pid together with the time it started.

A pid alone is reused, after a restart of a container within seconds. Pid, boot and start time
together name one process for ever, so what ``stack.json`` remembers can be stopped without ever
touching somebody else's process.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ProcessStamp", "kill_group", "this_process"]

_PROC = Path("/proc")
_AFTER_KILL_SECONDS = 5.0  # SIGKILL is immediate unless the process hangs in the kernel
_POLL_SECONDS = 0.02  # short, because tests stop many stacks


@dataclass(frozen=True)
class ProcessStamp:
    """One process of this machine, now or in the past.

    Parameters
    ----------
    pid : int
        Its number.
    started : str
        When it started, comparable only for equality: boot id, pid namespace and clock ticks since
        boot on Linux, the text of ``ps -o lstart`` elsewhere.
    """

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "ProcessStamp | None":
        """Return the stamp of a process that exists now, None if there is none (or a zombie)."""
        started = _started_on_linux(pid) if sys.platform == "linux" else _started_by_ps(pid)
        return None if started is None else cls(pid, started)

    def is_alive(self) -> bool:
        """Whether exactly this process still runs."""
        return ProcessStamp.of(self.pid) == self

    def stop(self, first: signal.Signals, grace_seconds: float) -> bool:
        """Stop it with ``first``, and with SIGKILL after ``grace_seconds``; strangers are spared.

        Returns
        -------
        bool
            Whether anything had to be stopped.
        """
        if not self.is_alive():
            return self._stop_orphans()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, first)
        if not self._gone_within(grace_seconds):
            kill_group(self.pid)
            self._gone_within(_AFTER_KILL_SECONDS)
        self._stop_orphans()
        return True

    def _stop_orphans(self) -> bool:
        """Kill what is left of the process group this process led.

        A pid is not given away again while its group has members. So if, in the same boot and
        namespace, nobody has this pid and the group exists, its members descend from the
        remembered process.
        """
        if _exists(self.pid) or not self.started.startswith(_world()):
            return False
        return kill_group(self.pid)

    def _gone_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.is_alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True


def kill_group(leader: int) -> bool:
    """Send SIGKILL to the process group of ``leader``; False if it has no members."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _started_on_linux(pid: int) -> str | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # proc_pid_stat(5): field 2 is the name in brackets, which may hold anything; 3 is the state,
    # 22 the start in ticks since boot.
    fields = text.rpartition(")")[2].split()
    if fields[0] in {"Z", "X"}:
        return None
    return f"{_world()}{fields[19]}"


def _world() -> str:
    """What pids are relative to: this boot and this pid namespace (containers); empty off Linux."""
    if sys.platform != "linux":
        return ""
    boot = (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
    return f"{boot}/{(_PROC / 'self/ns/pid').readlink()}/"


def _started_by_ps(pid: int) -> str | None:
    answer = subprocess.run(  # noqa: S603  # fixed program, a number as argument
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        env={"LC_ALL": "C"},
    )
    state, _, started = answer.stdout.strip().partition(" ")
    return None if not started or state.startswith("Z") else started.strip()


def this_process() -> ProcessStamp:
    """Return the stamp of the calling process."""
    return ProcessStamp.of(os.getpid()) or ProcessStamp(os.getpid(), "")
