"""The operator's tools: is everything well, how fast may it go, what waits, what is it worth."""

from visualizer_core.services.operations.checks import Check, Part
from visualizer_core.services.operations.health import health
from visualizer_core.services.operations.limits import (
    Rates,
    pause_model,
    resume_model,
    set_model_limits,
)
from visualizer_core.services.operations.probe import ProbedCall, probe, probe_estimate_micros
from visualizer_core.services.operations.queues import ModelLine, QueueLine, QueueState, queue_state

__all__ = [
    "Check",
    "ModelLine",
    "Part",
    "ProbedCall",
    "QueueLine",
    "QueueState",
    "Rates",
    "health",
    "pause_model",
    "probe",
    "probe_estimate_micros",
    "queue_state",
    "resume_model",
    "set_model_limits",
]
