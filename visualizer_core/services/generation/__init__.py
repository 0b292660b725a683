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
from visualizer_core.services.generation.leases import Desk
from visualizer_core.services.generation.progress import Progress, progress, why_waiting
from visualizer_core.services.generation.regenerating import regenerate
from visualizer_core.services.generation.start import Estimate, Started, estimate, start
from visualizer_core.services.generation.sweeps import Tick, clean, tick

__all__ = [
    "Cancelled",
    "Desk",
    "Estimate",
    "Progress",
    "Ran",
    "RanKind",
    "RunRequest",
    "Skipped",
    "Started",
    "Tick",
    "cancel",
    "clean",
    "estimate",
    "pause",
    "progress",
    "regenerate",
    "resume",
    "retry_failed",
    "run_next",
    "start",
    "tick",
    "why_waiting",
]
