"""What all figures share: how one is named, judged, printed and kept."""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

__all__ = [
    "QUIET_LOAD",
    "RESULTS",
    "Figure",
    "Goal",
    "load_per_core",
    "median_of",
    "middle",
    "note",
    "record",
]

RESULTS = Path(__file__).with_name("results.json")

# Runnable processes a core before a measurement: above it, somebody else's work is in the figure.
QUIET_LOAD = 0.5


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure must reach.

    Attributes
    ----------
    name : str
        As in ``make bench ONLY=name``.
    unit : str
        Of the value: ``ms``, ``s``, or ``ratio``.
    value : float
        The goal itself.
    at_most : bool
        Whether smaller is better.
    """

    name: str
    unit: str
    value: float
    at_most: bool = True

    def reached(self, value: float) -> bool:
        """Whether a measured value is good enough."""
        return value <= self.value if self.at_most else value >= self.value

    def figure(self, value: float, *, runs: int, **details: float | str) -> "Figure":
        """Judge a measured value; `details` say how it came about."""
        return Figure(
            name=self.name,
            value=round(value, 4),
            unit=self.unit,
            goal=self.value,
            at_most=self.at_most,
            ok=self.reached(value),
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            runs=runs,
            cores=os.cpu_count() or 1,
            load_per_core=round(load_per_core(), 2),
            details=details,
        )


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure, as it stands in ``bench/results.json``.

    Attributes
    ----------
    at : str
        When, in UTC.
    runs : int
        How many runs `value` is the median of.
    load_per_core : float
        Runnable processes a core over the last minute, this benchmark's own included.
    """

    name: str
    value: float
    unit: str
    goal: float
    at_most: bool
    ok: bool
    at: str
    runs: int
    cores: int
    load_per_core: float
    details: dict[str, float | str] = field(default_factory=dict[str, "float | str"])

    def line(self) -> str:
        """``name value unit goal ok|short``."""
        verdict = "ok" if self.ok else "short"
        return f"{self.name} {self.value:g} {self.unit} {self.goal:g} {verdict}"


def load_per_core() -> float:
    """Runnable processes a core over the last minute."""
    return os.getloadavg()[0] / (os.cpu_count() or 1)


def note(text: str) -> None:
    """Say what is going on; stdout is left to the figures."""
    print(text, file=sys.stderr, flush=True)


def median_of(action: Callable[[], object], *, runs: int, warm: int = 1) -> list[float]:
    """Seconds of each of `runs` runs, sorted, after `warm` runs that do not count."""
    for _ in range(warm):
        action()
    seconds: list[float] = []
    for _ in range(runs):
        begun = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - begun)
    return sorted(seconds)


def middle(values: Iterable[float]) -> float:
    """The median."""
    return statistics.median(values)


def record(figures: Sequence[Figure]) -> None:
    """Write figures into ``bench/results.json``; those of other names stay as they were."""
    kept: list[dict[str, object]] = []
    if RESULTS.exists():
        kept = json.loads(RESULTS.read_text("utf-8"))
    new: dict[object, dict[str, object]] = {figure.name: asdict(figure) for figure in figures}
    merged = {row["name"]: row for row in kept} | new
    temporary = RESULTS.with_suffix(".tmp")
    temporary.write_text(json.dumps(list(merged.values()), indent=1) + "\n", "utf-8")
    temporary.replace(RESULTS)
