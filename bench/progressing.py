"""What asking how a run stands costs, for 5,000 pictures and for 50.

Both collections are half made, in one database, and asked in turns. Of the large one 384 pictures
were completed in the last minute, as 64 calls of 10 s at a time give; of the small one all.
"""

import time
from uuid import uuid4

import psycopg
from sqlalchemy import make_url, text

from bench.goods import collection_of, described_products
from bench.harness import Figure, Goal, middle, note
from bench.world import World, world
from visualizer_core.domain.generation_settings import SettingsOverrides
from visualizer_core.domain.ids import CollectionId
from visualizer_core.services import generation
from visualizer_core.workspace import Workspace

__all__ = ["GOALS", "measure"]

LARGE, SMALL = 5_000, 50  # pictures
LARGE_PRODUCTS, SMALL_PRODUCTS = 1_250, 25  # with 4 and 2 variants
SCENES = 6
A_MINUTE = 384  # completed in the last one: 64 in flight, 10 s each
RUNS = 300

GOALS = (Goal("progress_5000_ms", "ms", 3), Goal("progress_ratio", "ratio", 2))


def measure() -> list[Figure]:
    """Three hundred queries of each, alternating."""
    with world() as here:
        ws = here.client()
        note(f"preparing collections of {LARGE} and {SMALL} pictures")
        ids = described_products(ws, LARGE_PRODUCTS)
        large = collection_of(ws, ids, SCENES)
        small = collection_of(ws, ids[:SMALL_PRODUCTS], SCENES)
        for collection_id, pictures in ((large, LARGE), (small, SMALL)):
            _half_made(ws, collection_id, pictures)
        _analyse_tables(here)
        spent: dict[CollectionId, list[float]] = {large: [], small: []}
        for collection_id in (large, small):
            _ask_s(ws, collection_id)
        for _ in range(RUNS):
            for collection_id, seconds in spent.items():
                seconds.append(_ask_s(ws, collection_id))
    large_ms, small_ms = middle(spent[large]) * 1000, middle(spent[small]) * 1000
    details = {"of_5000_ms": round(large_ms, 3), "of_50_ms": round(small_ms, 3)}
    return [
        GOALS[0].figure(large_ms, runs=RUNS, **details),
        GOALS[1].figure(large_ms / small_ms, runs=RUNS, **details),
    ]


def _ask_s(ws: Workspace, collection_id: CollectionId) -> float:
    begun = time.perf_counter()
    generation.progress(ws, collection_id)
    return time.perf_counter() - begun


_COMPLETE = text("""
    WITH chosen AS (
      SELECT id, product_id, row_number() OVER (ORDER BY seq) AS rank
      FROM app.generated_assets WHERE collection_id = :collection_id ORDER BY seq LIMIT :made
    )
    UPDATE app.generated_assets a SET status = 'completed', image_id = i.image_id,
      completed_at = CASE WHEN c.rank <= :recent THEN now() - make_interval(secs => c.rank * 0.1)
                          ELSE now() - make_interval(secs => 60 + c.rank) END
    FROM chosen c JOIN app.product_images i ON i.product_id = c.product_id AND i.is_primary
    WHERE a.id = c.id
""")


def _half_made(ws: Workspace, collection_id: CollectionId, pictures: int) -> None:
    variants = 4 if pictures == LARGE else 2
    request = generation.RunRequest(changes=SettingsOverrides(variants=variants))
    started = generation.start(ws, collection_id, request_id=str(uuid4()), request=request)
    if started.created != pictures:
        raise AssertionError(f"{started.created} pictures were started, not {pictures}")
    with ws.begin() as session:
        made = {"made": pictures // 2, "recent": min(A_MINUTE, pictures // 2)}
        session.execute(_COMPLETE, {"collection_id": collection_id, **made})


def _analyse_tables(here: World) -> None:
    """What the autovacuum of a real installation does within a minute."""
    url = make_url(here.running.env["MIGRATION_DATABASE_URL"]).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE app.generated_assets, app.collection_counts")
