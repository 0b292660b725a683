"""What a check is, and how many of them are run without one stopping the others."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum

from visualizer_core.errors import VisualizerError

__all__ = ["Check", "Look", "Part", "look_at_all"]

MAX_DETAIL_CHARS = 300  # one line on a screen; the log has the rest


class Part(StrEnum):
    """What is looked at; every part is looked at by itself."""

    PROGRAM = "program"
    DATABASE = "database"
    REDIS = "redis"
    STORAGE = "storage"
    PROVIDER = "provider"
    DISK = "disk"
    WORKERS = "workers"
    WORK = "work"


@dataclass(frozen=True, slots=True)
class Check:
    """One finding.

    Attributes
    ----------
    ok : bool
        Whether the program can do its work.
    detail : str
        What was found, for a person; never a secret, nothing about a client.
    remedy : str
        What to do. Together with ``ok`` it is advice: it works, but not as it should.
    """

    part: Part
    name: str
    ok: bool
    detail: str
    remedy: str = ""

    @property
    def is_advice(self) -> bool:
        """Whether it works, but something should be done."""
        return self.ok and bool(self.remedy)


Look = Callable[[], list[Check]]

_REMEDIES: dict[Part, str] = {
    Part.PROGRAM: "Install the program again, from its requirements file.",
    Part.DATABASE: "Start the database with `visualizer up`, or set DATABASE_URL right.",
    Part.REDIS: "Start Redis with `visualizer up`, or set REDIS_URL right.",
    Part.STORAGE: "Start storage with `visualizer up`, or check AWS_S3_BUCKET, AWS_ENDPOINT_URL "
    "and what the key may do.",
    Part.PROVIDER: "Check GEMINI_API_KEY and the network.",
    Part.DISK: "Check that the folder exists and may be read.",
    Part.WORKERS: "Make the database healthy first; workers are known from it.",
    Part.WORK: "Make the database healthy first; work is known from it.",
}


def look_at_all(looks: Mapping[Part, Look], *, patience_s: float) -> list[Check]:
    """Look at every part at the same time; whatever happens to one is a finding about that one.

    Parameters
    ----------
    patience_s : float
        A part that has not answered by then is reported so, and left behind.
    """
    begun = {part: _begin(part, look) for part, look in looks.items()}
    deadline = time.monotonic() + patience_s
    found: list[Check] = []
    for part, future in begun.items():
        try:
            found += future.result(timeout=max(deadline - time.monotonic(), 0))
        except TimeoutError:
            found.append(_failed(part, f"no answer within {patience_s:.0f} s"))
        except Exception as error:  # noqa: BLE001 - the boundary of a check: it reports whatever it meets
            found.append(_failed(part, _words(error)))
    return found


def _begin(part: Part, look: Look) -> Future[list[Check]]:
    """Start a look in a thread that, unlike a pool's, does not keep the process from ending."""
    future: Future[list[Check]] = Future()

    def run() -> None:
        try:
            future.set_result(look())
        except BaseException as error:  # noqa: BLE001 - boundary: handed to whoever asks the future
            future.set_exception(error)

    threading.Thread(target=run, name=f"look-at-{part}", daemon=True).start()
    return future


def _failed(part: Part, detail: str) -> Check:
    return Check(part, str(part), ok=False, detail=detail, remedy=_REMEDIES[part])


def _words(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    first = lines[0] if lines else "no message"
    text = first if isinstance(error, VisualizerError) else f"{type(error).__name__}: {first}"
    return text[:MAX_DETAIL_CHARS]
