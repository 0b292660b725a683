"""Everything the server knows while it runs."""

import itertools
import time
from collections import Counter

from visualizer_core.local.standin.analyst import Analyst
from visualizer_core.local.standin.checker import Checker
from visualizer_core.local.standin.exchange import Problem, Request
from visualizer_core.local.standin.fault_answers import KINDS, bad_key
from visualizer_core.local.standin.faults import Faults
from visualizer_core.local.standin.history import History
from visualizer_core.local.standin.latency import Latency
from visualizer_core.local.standin.limits import Limits, LimitSettings
from visualizer_core.local.standin.models import Model, model_table
from visualizer_core.local.standin.options import Options
from visualizer_core.local.standin.studio import Studio
from visualizer_core.local.standin.unsplash import PhotoService
from visualizer_core.local.standin.workers import DrawingProcesses

__all__ = ["State"]

_REAL_PREFIXES = ("AIza", "AQ.")  # what keys of the real service begin with


class State:
    """Parts of the server, made from its options."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.processes = DrawingProcesses(options.workers)
        self.history = History(options.log_file)
        self.faults = Faults(KINDS)
        self.limits = Limits()
        self.latency = Latency(options.image_latency, options.text_latency)
        self.studio = Studio(self.processes, options.cache_dir)
        self.analyst = Analyst(self.processes)
        self.checker = Checker()
        self.photos = PhotoService(options.photos, options.unsplash_per_hour)
        self.started = time.monotonic()
        self.accepted_keys = options.accepted_keys
        self.strict_versions = options.strict_versions
        self.in_flight: Counter[str] = Counter()
        self._numbers = itertools.count(self.history.last + 1)

    def next_number(self) -> int:
        """Number for an answer's id, never given twice."""
        return next(self._numbers)

    def check_key(self, request: Request) -> Problem | None:
        """Refuse a missing, wrong or real-looking key."""
        key = request.header("x-goog-api-key") or request.query.get("key", "")
        if not key:
            return Problem(
                "err_403_no_key",
                403,
                "Method doesn't allow unregistered callers (callers without established identity). "
                "Please use API Key or other form of API consumer identity to call this API.",
            )
        if key.startswith(_REAL_PREFIXES):
            return bad_key(
                "This is the local stand-in, and the key it was sent looks like a real one. "
                "It was not stored. Give the stand-in a dummy key such as “standin”; "
                "set no stand-in address when you mean to call the real service."
            )
        if self.accepted_keys and key not in self.accepted_keys:
            return bad_key()
        return None

    def find_model(self, model_id: str, version: str, method: str) -> Model | Problem:
        """Find a model; with strict versions, only where the real service has it."""
        table = model_table()
        model = table.find(model_id, version, method)
        if isinstance(model, Problem):
            return model
        if self.strict_versions and version not in model.api_versions:
            return table.missing(model.id, version, method)
        return model

    def reset(self) -> None:
        """Forget scripts, limits and sums; the history's lines and the pictures stay."""
        self.faults.reset()
        self.latency.reset()
        self.limits.change(LimitSettings())
        self.photos.reset()
        self.accepted_keys = self.options.accepted_keys
        self.strict_versions = self.options.strict_versions
        self.history.reset()
