"""Working a queue off inside a test, and the invariants that hold whatever happened."""

import threading
from uuid import UUID

import psycopg

from tests.support.postgres import DatabaseUrls
from visualizer_core.domain.status import Queue
from visualizer_core.services import generation
from visualizer_core.services.generation import Desk, RanKind
from visualizer_core.workspace import Runtime

__all__ = ["check_invariants", "make_ready", "rows", "work_off", "work_off_by"]


def work_off(runtime: Runtime, *, queue: Queue = Queue.CLIENT, most: int = 1_000) -> int:
    """Take tokens until nothing is ready; returns how many did work."""
    desk = Desk(runtime, role="client", version="test")
    made = 0
    try:
        while made < most and generation.run_next(runtime, desk, queue).kind is RanKind.WORKED:
            made += 1
    finally:
        desk.stop()  # else its heartbeat outlives the servers
    return made


def work_off_by(runtime: Runtime, threads: int) -> None:
    """The same with several threads at once."""
    workers = [threading.Thread(target=work_off, args=(runtime,)) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
        assert not worker.is_alive()


def make_ready(urls: DatabaseUrls) -> None:
    """Let every delay be over: waiting in a test proves nothing more."""
    with psycopg.connect(urls.superuser, autocommit=True) as connection:
        connection.execute(
            "UPDATE app.generated_assets SET run_after = now() WHERE status = 'pending'"
        )


def rows(urls: DatabaseUrls, query: str, *values: object) -> list[tuple[object, ...]]:
    """Look behind the wall."""
    with psycopg.connect(urls.superuser) as connection:
        return connection.execute(query.encode(), values).fetchall()


_TRUTHS = {
    "every completed asset has exactly one stored picture": """
        SELECT a.id FROM app.generated_assets a LEFT JOIN app.images i
          ON i.client_id = a.client_id AND i.id = a.image_id
        WHERE (a.status = 'completed') <> (i.id IS NOT NULL)""",
    "no picture belongs to two assets": """
        SELECT image_id FROM app.generated_assets WHERE image_id IS NOT NULL
        GROUP BY image_id HAVING count(*) > 1""",
    "what is reserved is what is open": """
        SELECT u.client_id, u.day FROM app.usage_days u
        WHERE u.reserved <> (SELECT count(*) FROM app.generated_assets a
          WHERE a.client_id = u.client_id AND a.reserved_day = u.day
            AND a.status IN ('pending', 'generating'))""",
    "what is used is what was delivered": """
        SELECT u.client_id, u.day FROM app.usage_days u
        WHERE u.used <> (SELECT count(*) FROM app.generated_assets a
          WHERE a.client_id = u.client_id AND a.reserved_day = u.day
            AND a.status = 'completed')""",
    "money reserved is that of open assets": """
        SELECT b.client_id FROM app.budget_months b
        WHERE b.reserved_micros <> coalesce((SELECT sum(a.reserved_micros)
          FROM app.generated_assets a WHERE a.client_id = b.client_id
            AND a.reserved_month = b.month AND a.status IN ('pending', 'generating')), 0)""",
    "an asset costs what its calls cost": """
        SELECT a.id FROM app.generated_assets a
        WHERE a.status IN ('completed', 'error', 'cancelled') AND a.cost_micros <> coalesce((
          SELECT sum(c.cost_micros) FROM app.provider_calls c WHERE c.asset_id = a.id), 0)""",
    "counts are what the rows say": """
        SELECT c.id FROM app.collections c
        CROSS JOIN LATERAL (
          SELECT coalesce(sum(k.pending), 0) AS pending,
            coalesce(sum(k.generating), 0) AS generating,
            coalesce(sum(k.completed), 0) AS completed, coalesce(sum(k.error), 0) AS error,
            coalesce(sum(k.cancelled), 0) AS cancelled, coalesce(sum(k.cost_micros), 0) AS cost
          FROM app.collection_counts k WHERE k.collection_id = c.id) n
        CROSS JOIN LATERAL (
          SELECT count(*) FILTER (WHERE status = 'pending') AS pending,
            count(*) FILTER (WHERE status = 'generating') AS generating,
            count(*) FILTER (WHERE status = 'completed') AS completed,
            count(*) FILTER (WHERE status = 'error') AS error,
            count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
            coalesce(sum(cost_micros), 0) AS cost
          FROM app.generated_assets a WHERE a.collection_id = c.id) t
        WHERE (n.pending, n.generating, n.completed, n.error, n.cancelled, n.cost)
          IS DISTINCT FROM (t.pending, t.generating, t.completed, t.error, t.cancelled, t.cost)""",
    "a lease is held only while generating": """
        SELECT id FROM app.generated_assets
        WHERE (status = 'generating') <> (lease_token IS NOT NULL)""",
}
_ENDED = {
    "nothing is open": """
        SELECT id FROM app.generated_assets WHERE status IN ('pending', 'generating')""",
    "every collection's status is true": """
        SELECT id FROM app.collections WHERE status = 'generating'""",
    "no call is left open": "SELECT id FROM app.provider_calls WHERE state = 'sent'",
}


def check_invariants(urls: DatabaseUrls, *, ended: bool = True) -> None:
    """Assert every truth of the tables; `ended` adds those of a finished run."""
    with psycopg.connect(urls.superuser) as connection:
        for name, query in {**_TRUTHS, **(_ENDED if ended else {})}.items():
            broken = connection.execute(query.encode()).fetchall()
            assert not broken, f"{name}: {broken[:5]}"


def paid_twice(urls: DatabaseUrls) -> list[UUID]:
    """Assets with more than one paid call."""
    found = rows(
        urls,
        """SELECT asset_id FROM app.provider_calls WHERE state = 'paid' AND purpose = 'picture'
           GROUP BY asset_id HAVING count(*) > 1""",
    )
    return [row[0] for row in found if isinstance(row[0], UUID)]
