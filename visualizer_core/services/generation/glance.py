"""Which models have work, remembered for a moment."""

import time
from collections.abc import Sequence

from visualizer_core.db.jobs import ReadyModel, ready_models
from visualizer_core.domain.status import Queue
from visualizer_core.workspace import Runtime

__all__ = ["Glance"]

# In a bulk run every token would ask the same and get the same answer. Old news costs nothing but a
# claim in vain: the claim itself looks at what is ready and paused. Limits an admin changes are
# older than this nowhere.
REMEMBERED_S = 1.0


class Glance:
    """What one process last saw; safe to use from many threads."""

    def __init__(self) -> None:
        self._seen: dict[tuple[Queue, bool], tuple[float, tuple[ReadyModel, ...]]] = {}

    def lately(self, queue: Queue, *, suspects: bool) -> Sequence[ReadyModel]:
        """Models that had work a moment ago; empty when nobody looked or there was none."""
        at, models = self._seen.get((queue, suspects), (0.0, ()))
        return models if time.monotonic() - at < REMEMBERED_S else ()

    def look(self, rt: Runtime, queue: Queue, *, suspects: bool) -> Sequence[ReadyModel]:
        """Models that have work now, best first."""
        known = [entry.id for entry in rt.registry.models if entry.kind == "image"]
        at = time.monotonic()
        with rt.statement() as session:
            models = tuple(
                ready_models(
                    session,
                    queue,
                    known,
                    max_in_flight=rt.settings.max_in_flight,
                    quarantine=suspects,
                )
            )
        self._seen[queue, suspects] = (at, models)
        return models
