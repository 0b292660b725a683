"""The history: one JSON line a request, written before the answer goes out, kept over restarts.

It is the independent witness of what was asked and what would have been billed. Lines are only
ever appended; a reset writes a marker instead of deleting. A line that a crash cut short is closed
at the next start and skipped by readers.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from visualizer_core.local.standin.exchange import Entry, JsonObject, Request

__all__ = ["History", "Statistics"]

_PROMPT_CAP = 4000  # characters; real prompts have two thousand
_RESET = "reset"


class Statistics:
    """Sums over the history since the last reset."""

    def __init__(self) -> None:
        self.requests = 0
        self.billed_micros = 0
        self.pictures = 0
        self.max_in_flight = 0
        self.outcomes: Counter[str] = Counter()
        self.operations: Counter[str] = Counter()
        self.billed_by_model: Counter[str] = Counter()
        self.first_arrival: float | None = None
        self.last_answer: float | None = None

    def add(self, line: Mapping[str, object]) -> None:
        """Count one line of the history."""
        self.requests += 1
        self.outcomes[str(line["outcome"])] += 1
        self.operations[str(line["op"])] += 1
        billed = _whole(line["billed_micros"])
        self.billed_micros += billed
        if billed:
            self.billed_by_model[str(line["model"])] += billed
        self.pictures += len(cast("list[object]", line["returned"]))
        self.max_in_flight = max(self.max_in_flight, _whole(line["in_flight"]))
        self.last_answer = cast("float", line["answered_at"])
        if self.first_arrival is None:
            self.first_arrival = cast("float", line["arrived_at"])

    def report(self) -> JsonObject:
        """Make the body of ``GET /_control/stats``."""
        return {
            "requests": self.requests,
            "by_outcome": dict(self.outcomes),
            "by_op": dict(self.operations),
            "billed_micros": self.billed_micros,
            "billed_micros_by_model": dict(self.billed_by_model),
            "pictures": self.pictures,
            "max_in_flight": self.max_in_flight,
            "first_arrival": self.first_arrival,
            "last_answer": self.last_answer,
        }


class History:
    """The log file and its sums.

    Parameters
    ----------
    path : Path
        File of JSON lines; made when missing, continued when there.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.last = 0  # number of the last request
        self.statistics = Statistics()
        self._offsets: list[int] = []  # of each request's line, by number
        self._end = 0
        self._replay()
        self._file = path.open("ab", buffering=0)
        if self._end and not self._ends_with_newline():
            self._write(b"\n")

    def _replay(self) -> None:
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            for raw in file:
                self._replay_line(raw)
                self._end += len(raw)

    def _replay_line(self, raw: bytes) -> None:
        try:
            line = cast("JsonObject", json.loads(raw))
        except ValueError:
            return  # cut short by a crash
        if line.get("event") == _RESET:
            self.statistics = Statistics()
            return
        self._offsets.append(self._end)
        self.last = _whole(line["seq"])
        self.statistics.add(line)

    def _ends_with_newline(self) -> bool:
        with self.path.open("rb") as file:
            file.seek(self._end - 1)
            return file.read(1) == b"\n"

    def _write(self, raw: bytes) -> None:
        self._file.write(raw)
        self._end += len(raw)

    def append(
        self,
        request: Request,
        entry: Entry,
        *,
        status: int,
        answered_at: float,
        in_flight: int,
        client_gone: bool,
    ) -> None:
        """Write the line of one request; on disk's cache when this returns.

        Parameters
        ----------
        request, entry
            What was asked and what became of it.
        status : int
            HTTP status of the answer, 0 when none is sent.
        answered_at : float
            Seconds since 1970.
        in_flight : int
            Requests of the same kind being worked on when this one arrived, itself included.
        client_gone : bool
            Whether the client hung up before its answer was ready.
        """
        self.last += 1
        line: JsonObject = {
            "seq": self.last,
            "arrived_at": round(request.arrived_at, 6),
            "answered_at": round(answered_at, 6),
            "op": entry.op,
            "method": request.method,
            "path": request.path,
            "model": entry.model,
            "key": key_hash(request),
            "call": request.header("x-visualizer-call"),
            "images": list(entry.images),
            "prompt": entry.prompt[:_PROMPT_CAP],
            "seed": entry.seed,
            "ratio": entry.ratio,
            "size": entry.size,
            "tier": entry.tier,
            "outcome": entry.outcome,
            "fault": entry.fault,
            "status": status,
            "returned": list(entry.returned),
            "usage": entry.usage,
            "billed_micros": entry.billed_micros,
            "in_flight": in_flight,
            "client_gone": client_gone,
        }
        self._offsets.append(self._end)
        self._write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        self.statistics.add(line)

    def reset(self) -> None:
        """Begin the sums anew; the lines stay."""
        self._write(json.dumps({"event": _RESET}).encode() + b"\n")
        self.statistics = Statistics()

    def since(self, number: int, limit: int) -> list[JsonObject]:
        """Lines after request `number`, at most `limit`, oldest first."""
        skipped = max(number - (self.last - len(self._offsets)), 0)
        if skipped >= len(self._offsets) or limit <= 0:
            return []
        lines: list[JsonObject] = []
        with self.path.open("rb") as file:
            file.seek(self._offsets[skipped])
            for raw in file:
                if len(lines) == limit:
                    break
                if (line := _request_line(raw)) is not None:
                    lines.append(line)
        return lines

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def key_hash(request: Request) -> str:
    """Name a key without telling it: the first 16 hex digits of its sha256, empty when none."""
    key = request.header("x-goog-api-key") or request.query.get("key", "")
    key = key or request.header("authorization").removeprefix("Client-ID ")
    return hashlib.sha256(key.encode()).hexdigest()[:16] if key else ""


def _request_line(raw: bytes) -> JsonObject | None:
    try:
        line = cast("JsonObject", json.loads(raw))
    except ValueError:
        return None
    return None if line.get("event") == _RESET else line


def _whole(value: object) -> int:
    return int(value) if isinstance(value, int) else 0
