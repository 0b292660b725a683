"""What ended of a collection's pictures since a moment, exactly: asked of rows, not of counters."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from visualizer_core.domain.ids import CollectionId
from visualizer_core.workspace import Workspace

__all__ = ["Failure", "RunEnd", "ended_since"]


@dataclass(frozen=True, slots=True)
class Failure:
    """A picture that was given up, and why; `message` says what to do."""

    sku: str | None
    product: str
    variant: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class RunEnd:
    """What ended since a moment.

    Attributes
    ----------
    cost_micros : int
        What the provider was paid for pictures since then, those it withheld included, in
        millionths of a dollar.
    analysis_micros : int
        The same for describing products and scenes of the collection, useless answers included.
    """

    completed: int
    cancelled: int
    failures: tuple[Failure, ...]
    cost_micros: int
    analysis_micros: int


_COUNTS = text("""
    SELECT count(*) FILTER (WHERE status = 'completed' AND completed_at >= :since) AS completed,
           count(*) FILTER (WHERE status = 'cancelled' AND updated_at >= :since) AS cancelled
    FROM app.generated_assets WHERE collection_id = :collection_id
""")
_FAILURES = text("""
    SELECT p.sku, p.name, a.variant, a.error_code, a.error_message
    FROM app.generated_assets a
    JOIN app.products p ON p.client_id = a.client_id AND p.id = a.product_id
    WHERE a.collection_id = :collection_id AND a.status = 'error' AND a.updated_at >= :since
    ORDER BY a.seq
""")
_ANALYSIS_COST = text("""
    SELECT coalesce(sum(c.cost_micros), 0)::bigint FROM app.provider_calls c
    WHERE c.sent_at >= :since AND c.asset_id IS NULL AND c.subject_id IN (
      SELECT product_id FROM app.collection_products WHERE collection_id = :collection_id
      UNION SELECT id FROM app.inspirations WHERE collection_id = :collection_id)
""")
_COST = text("""
    SELECT coalesce(sum(c.cost_micros), 0)::bigint FROM app.provider_calls c
    JOIN app.generated_assets a ON a.client_id = c.client_id AND a.id = c.asset_id
    WHERE a.collection_id = :collection_id AND c.done_at >= :since
""")


def ended_since(ws: Workspace, collection_id: CollectionId, since: datetime) -> RunEnd:
    """Say what was made, failed and cancelled since a moment of the database's clock.

    What another run of this collection made meanwhile is among it: they share the pictures.

    Parameters
    ----------
    since : datetime
        `Progress.at` or `Allowance.now` of before the start.
    """
    where = {"collection_id": collection_id, "since": since}
    with ws.begin() as session:
        counts = session.execute(_COUNTS, where).one()
        failed = session.execute(_FAILURES, where).all()
        cost = session.execute(_COST, where).scalar_one()
        analysis_cost = session.execute(_ANALYSIS_COST, where).scalar_one()
    return RunEnd(
        completed=counts.completed,
        cancelled=counts.cancelled,
        failures=tuple(
            Failure(
                sku=row.sku,
                product=row.name,
                variant=row.variant,
                code=row.error_code or "",
                message=row.error_message or "",
            )
            for row in failed
        ),
        cost_micros=cost,
        analysis_micros=analysis_cost,
    )
