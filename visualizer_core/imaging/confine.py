"""Take from the own process what a picture decoder never needs: programs, processes, the network.

A seccomp filter on Linux; elsewhere nothing, and the limits of `sandbox_child` stand alone.
``RLIMIT_NPROC`` would be simpler and does not work: it counts all threads of the *user*, root is
exempt, and the HEIC decoder cannot start its one thread under it.
"""

import ctypes
import errno
import platform
import struct
import sys

__all__ = ["confine"]

# What is refused, with EPERM: by name here, by number per machine below. Changing files is refused
# where an open descriptor or FSIZE 0 would not stop it already.
_X86_64 = {
    "execve": 59, "execveat": 322, "fork": 57, "vfork": 58, "kill": 62, "ptrace": 101,
    "process_vm_readv": 310, "process_vm_writev": 311, "pidfd_send_signal": 424,
    "socket": 41, "socketpair": 53, "connect": 42, "bind": 49, "io_uring_setup": 425,
    "truncate": 76, "ftruncate": 77, "rename": 82, "renameat": 264, "renameat2": 316,
    "mkdir": 83, "mkdirat": 258, "rmdir": 84, "unlink": 87, "unlinkat": 263,
    "link": 86, "linkat": 265, "symlink": 88, "symlinkat": 266, "mknod": 133, "mknodat": 259,
    "chmod": 90, "fchmod": 91, "fchmodat": 268, "chown": 92, "fchown": 93, "fchownat": 260,
    "mount": 165, "unshare": 272, "setns": 308, "bpf": 321, "userfaultfd": 323,
    "perf_event_open": 298, "add_key": 248, "keyctl": 250, "memfd_create": 319,
}  # fmt: skip
_AARCH64 = {
    "execve": 221, "execveat": 281, "kill": 129, "ptrace": 117,
    "process_vm_readv": 270, "process_vm_writev": 271, "pidfd_send_signal": 424,
    "socket": 198, "socketpair": 199, "connect": 203, "bind": 200, "io_uring_setup": 425,
    "truncate": 45, "ftruncate": 46, "renameat": 38, "renameat2": 276, "mkdirat": 34,
    "unlinkat": 35, "linkat": 37, "symlinkat": 36, "mknodat": 33, "fchmod": 52, "fchmodat": 53,
    "fchown": 55, "fchownat": 54, "mount": 40, "unshare": 97, "setns": 268, "bpf": 280,
    "userfaultfd": 282, "perf_event_open": 241, "add_key": 217, "keyctl": 219, "memfd_create": 279,
}  # fmt: skip

# machine: (audit architecture, number of clone, what is refused)
_MACHINES = {
    "x86_64": (0xC000003E, 56, _X86_64),
    "aarch64": (0xC00000B7, 220, _AARCH64),
}
_CLONE3 = 435  # the same everywhere; "not there" makes libc fall back to clone, whose flags we see
_X32_BIT = 0x40000000  # a second numbering of x86 calls
_CLONE_THREAD = 0x10000

# Of linux/bpf_common.h and linux/seccomp.h.
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_AT_NUMBER, _AT_ARCHITECTURE, _AT_FIRST_ARGUMENT = 0, 4, 16
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_FILTER = 38, 22, 2

Step = tuple[int, int, int, int]


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def confine() -> bool:
    """Refuse dangerous system calls from now on, for this process and its threads.

    Returns
    -------
    bool
        Whether the system could do it; False on macOS, on other machines, or when forbidden.
    """
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        return False
    code = b"".join(struct.pack("=HBBI", *step) for step in _steps(*machine))
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return prctl(_PR_SET_SECCOMP, _SECCOMP_FILTER, ctypes.byref(program), 0, 0) == 0


def _steps(architecture: int, clone: int, refused: dict[str, int]) -> list[Step]:
    """The filter: (operation, steps to skip when true, when false, operand)."""
    refuse = (_RETURN, 0, 0, _ERRNO | errno.EPERM)
    steps: list[Step] = [
        (_LOAD, 0, 0, _AT_ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _AT_NUMBER),
        (_JUMP_AT_LEAST, 0, 1, _X32_BIT),
        refuse,
        (_JUMP_EQUAL, 0, 1, _CLONE3),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        (_JUMP_EQUAL, 0, 4, clone),  # a thread may be started, a process may not
        (_LOAD, 0, 0, _AT_FIRST_ARGUMENT),
        (_JUMP_BITS, 0, 1, _CLONE_THREAD),
        (_RETURN, 0, 0, _ALLOW),
        refuse,
    ]
    for number in refused.values():
        steps += [(_JUMP_EQUAL, 0, 1, number), refuse]
    return [*steps, (_RETURN, 0, 0, _ALLOW)]
