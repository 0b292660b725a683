"""How a run stands, in one query whatever its size."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from visualizer_core.domain.ids import CollectionId
from visualizer_core.domain.status import CollectionStatus, RunState
from visualizer_core.errors import NotFound
from visualizer_core.workspace import Workspace

__all__ = ["Progress", "progress"]

RATE_WINDOW_S = 60  # long enough to be steady, short enough to notice a stall


@dataclass(frozen=True, slots=True)
class Progress:
    """A run at one moment.

    Attributes
    ----------
    per_minute : float
        Pictures completed in the last minute.
    eta_s : float or None
        Seconds left at that rate; None when nothing moves.
    cost_micros : int
        Spent so far, in millionths of a dollar.
    """

    status: CollectionStatus
    run_state: RunState
    pending: int
    generating: int
    completed: int
    error: int
    cancelled: int
    cost_micros: int
    per_minute: float
    eta_s: float | None
    at: datetime

    @property
    def total(self) -> int:
        """Every picture of the collection, whatever became of it."""
        return self.open + self.completed + self.error + self.cancelled

    @property
    def open(self) -> int:
        """Pictures not yet ended."""
        return self.pending + self.generating

    @property
    def done(self) -> bool:
        """Whether nothing is left to happen."""
        return self.open == 0


# Reads at most eight counter rows and the last minute's completions: 50 or 5,000 assets cost alike.
_PROGRESS = text("""
    SELECT c.status, c.run_state, now() AS at, n.*,
           (SELECT count(*) FROM app.generated_assets a
            WHERE a.collection_id = c.id AND a.client_id = c.client_id
              AND a.completed_at > now() - make_interval(secs => :window_s)) AS recent,
           (SELECT extract(epoch FROM now() - min(a.completed_at)) FROM app.generated_assets a
            WHERE a.collection_id = c.id AND a.client_id = c.client_id
              AND a.completed_at > now() - make_interval(secs => :window_s)) AS recent_s
    FROM app.collections c
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(k.pending), 0)::int AS pending,
             coalesce(sum(k.generating), 0)::int AS generating,
             coalesce(sum(k.completed), 0)::int AS completed,
             coalesce(sum(k.error), 0)::int AS error,
             coalesce(sum(k.cancelled), 0)::int AS cancelled,
             coalesce(sum(k.cost_micros), 0)::bigint AS cost_micros
      FROM app.collection_counts k
      WHERE k.client_id = c.client_id AND k.collection_id = c.id
    ) n
    WHERE c.id = :collection_id
""")


def progress(ws: Workspace, collection_id: CollectionId) -> Progress:
    """Read how a collection's run stands.

    Raises
    ------
    NotFound
        When this client has no such collection.
    """
    with ws.begin() as session:
        row = session.execute(
            _PROGRESS, {"collection_id": collection_id, "window_s": RATE_WINDOW_S}
        ).one_or_none()
    if row is None:
        raise NotFound("There is no such collection. It may have been deleted.")
    window_s = max(float(row.recent_s or 0), 1.0)
    per_minute = row.recent / window_s * 60 if row.recent else 0.0
    left = row.pending + row.generating
    return Progress(
        status=CollectionStatus(row.status),
        run_state=RunState(row.run_state),
        pending=row.pending,
        generating=row.generating,
        completed=row.completed,
        error=row.error,
        cancelled=row.cancelled,
        cost_micros=row.cost_micros,
        per_minute=per_minute,
        eta_s=left / per_minute * 60 if per_minute else None,
        at=row.at,
    )
