"""Generating pictures: start, work, steer, watch. The database is the truth, Redis the bell."""

from visualizer_core.services.generation.control import (
    Cancelled,
    cancel,
    pause,
    resume,
    retry_failed,
)
from visualizer_core.services.generation.dispatch import Ran, RanKind, run_next
from visualizer_core.services.generation.drafting import RunRequest, Skipped
from visualizer_core.services.generation.ended import Failure, RunEnd, ended_since
from visualizer_core.services.generation.leases import Desk
from visualizer_core.services.generation.progress import Progress, progress
from visualizer_core.services.generation.regenerating import regenerate
from visualizer_core.services.generation.start import Estimate, Started, estimate, start
from visualizer_core.services.generation.sweeps import Tick, clean, tick
from visualizer_core.services.generation.waiting import (
    Waiting,
    WaitKind,
    waiting,
    why_waiting,
)

__all__ = [
    "Cancelled",
    "Desk",
    "Estimate",
    "Failure",
    "Progress",
    "Ran",
    "RanKind",
    "RunEnd",
    "RunRequest",
    "Skipped",
    "Started",
    "Tick",
    "WaitKind",
    "Waiting",
    "cancel",
    "clean",
    "ended_since",
    "estimate",
    "pause",
    "progress",
    "regenerate",
    "resume",
    "retry_failed",
    "run_next",
    "start",
    "tick",
    "waiting",
    "why_waiting",
]
