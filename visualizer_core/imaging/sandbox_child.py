"""The process in which strangers' pictures are decoded: ``python -m …sandbox_child MEMORY CPU``.

It holds no secrets (its parent gives it an empty environment), may write no file, start no process,
open no connection and use only so much memory and time. It answers one request after the other
until its input ends.
"""

import contextlib
import os
import resource
import sys
from typing import IO

from visualizer_core.errors import ImageRejected
from visualizer_core.imaging.confine import confine
from visualizer_core.imaging.normalise import NormalisedImage, normalise
from visualizer_core.imaging.wire import receive, send

__all__ = ["main"]

# Files a child may have open: its three pipes and what lazy imports need.
MAX_OPEN_FILES = 64


def main(arguments: list[str]) -> None:
    """Serve requests on standard input until it ends.

    Parameters
    ----------
    arguments : list[str]
        Memory in bytes, CPU seconds a picture.
    """
    memory_bytes, cpu_seconds = (int(a) for a in arguments)
    requests, answers = _take_pipes()
    _limit("RLIMIT_AS", memory_bytes)
    _limit("RLIMIT_FSIZE", 0)
    _limit("RLIMIT_CORE", 0)
    _limit("RLIMIT_NOFILE", MAX_OPEN_FILES)
    confine()
    send(answers, {"ready": True})
    while (message := receive(requests)) is not None:
        header, data = message
        _allow_cpu(cpu_seconds)
        answer, body = _answer(data, str(header.get("name", "")))
        del message, data  # the next picture must not find this one in memory
        send(answers, answer, body)


def _take_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Keep the pipes for ourselves: a library that prints must not break the protocol."""
    requests, answers = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)  # nobody reads it after the start; a full pipe would stop us
    os.close(nowhere)
    return os.fdopen(requests, "rb"), os.fdopen(answers, "wb")


def _limit(name: str, value: int) -> None:
    """Lower one limit for good; further than an administrator allows it cannot be raised."""
    kind: int | None = getattr(resource, name, None)
    if kind is None:
        return
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    with _tolerance():
        resource.setrlimit(kind, (value, value))


def _allow_cpu(seconds: int) -> None:
    """Give this picture its own CPU time: the limit counts the process's whole life."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + 1 + seconds
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    with _tolerance():
        resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))


def _tolerance() -> contextlib.AbstractContextManager[None]:
    """Macs refuse some limits; on Linux, a child without its limits must not start."""
    if sys.platform == "linux":
        return contextlib.nullcontext()
    return contextlib.suppress(ValueError, OSError)


def _answer(data: bytes, name: str) -> tuple[dict[str, object], bytes]:
    try:
        return _accepted(normalise(data, name))
    except ImageRejected as refusal:
        return {"ok": False, "code": refusal.code, "message": str(refusal)}, b""
    except Exception as fault:  # noqa: BLE001  # the process boundary: a fault costs this picture only
        message = (
            f"“{name}” could not be processed ({type(fault).__name__}). Open it in a picture "
            "editor, export it as JPEG and add that file."
        )
        return {"ok": False, "code": "crashed", "message": message}, b""


def _accepted(image: NormalisedImage) -> tuple[dict[str, object], bytes]:
    notes = [{"code": n.code, "message": n.message, "level": n.level.value} for n in image.notes]
    header: dict[str, object] = {
        "ok": True,
        "mime": image.mime,
        "width": image.width,
        "height": image.height,
        "source_format": image.source_format,
        "outcome": image.outcome,
        "notes": notes,
    }
    return header, image.data


if __name__ == "__main__":
    main(sys.argv[1:])
