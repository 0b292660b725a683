"""Become another program that dies with its supervisor.

Run as a script (``python -I -S launch.py SUPERVISOR SIGNAL UID GID PROGRAM …``), never imported by
the supervisor: dropping privileges and ``prctl`` must happen in the new process, and a
``preexec_fn`` may deadlock in a program that has threads. Standard library only, because it runs
before any site-packages are on the path.
"""

import ctypes
import os
import sys

__all__: list[str] = []

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_CANNOT_START = 127  # what a shell exits with when it cannot run a program


def _drop_to(uid: int, gid: int) -> None:
    """Become ``uid`` and ``gid`` for good; a negative uid keeps the caller's account."""
    if uid < 0:
        return
    os.setgroups([gid])
    os.setgid(gid)
    os.setuid(uid)


def _die_with(supervisor: int, signal_number: int) -> None:
    """Ask the kernel for ``signal_number`` when the supervisor dies (Linux; elsewhere nothing).

    Must come after the change of user, which clears the wish again.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    if os.getppid() != supervisor:  # it died before the wish was made
        sys.exit(f"supervisor {supervisor} is gone")


def _main(arguments: list[str]) -> None:
    supervisor, signal_number, uid, gid = (int(text) for text in arguments[:4])
    program = arguments[4:]
    os.umask(0o077)  # whatever a server writes is for its own account only
    try:
        _drop_to(uid, gid)
        _die_with(supervisor, signal_number)
        os.execvp(program[0], program)  # noqa: S606  # no shell is what we want
    except OSError as error:
        sys.stderr.write(f"cannot start {program[0]}: {error.strerror}\n")
        sys.exit(_CANNOT_START)


if __name__ == "__main__":
    _main(sys.argv[1:])
