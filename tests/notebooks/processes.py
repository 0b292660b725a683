"""Which processes of a state folder still run."""

import subprocess
import time
from pathlib import Path

__all__ = ["processes_of", "wait_until_gone"]


def processes_of(state: Path) -> list[str]:
    """Command lines of processes that name the folder in their arguments or environment."""
    wanted = str(state).encode()
    if not Path("/proc/self/environ").exists():  # not Linux: arguments must do
        listed = subprocess.run(["ps", "-axww", "-o", "command="], capture_output=True, check=True)  # noqa: S607  # where it is differs
        return [line.decode() for line in listed.stdout.splitlines() if wanted in line]
    found: list[str] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (process / "cmdline").read_bytes()
            if wanted in arguments or wanted in (process / "environ").read_bytes():
                found.append(arguments.replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue  # it ended while it was looked at
    return found


def wait_until_gone(state: Path, seconds: float = 60.0) -> list[str]:
    """Wait for the last process of the folder; returns those that did not end in time."""
    deadline = time.monotonic() + seconds
    while (left := processes_of(state)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return left
