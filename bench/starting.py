"""How long *Generate* takes for 500 products, and how it compares with the obvious loop.

`start_500_ms` is one whole `generation.start`: plan, settings of each product, reservation, 500
rows committed to disk, 500 mirrored jobs and the pull tokens pushed.

`start_speedup` is the throughput of that against the loop it replaces, in the same run and on the
same servers: for each picture, add its row and commit, then enqueue one Huey task. The loop
finds its settings ready made: it plans, reserves and mirrors nothing.
"""

import time
from uuid import uuid4

from bench.goods import collection_of, described_products
from bench.harness import Figure, Goal, middle, note
from bench.world import World, world
from tasks import build
from visualizer_core.db.models import GeneratedAsset
from visualizer_core.domain.generation_settings import FlowGenerationSettings
from visualizer_core.domain.ids import CollectionId, new_id
from visualizer_core.domain.status import Queue
from visualizer_core.services import curation, generation
from visualizer_core.workspace import Workspace

__all__ = ["GOALS", "measure"]

PRODUCTS, SCENES = 500, 12
RUNS, LOOPS = 7, 3

GOALS = (Goal("start_500_ms", "ms", 250), Goal("start_speedup", "ratio", 20, at_most=False))


def measure() -> list[Figure]:
    """Seven starts of fresh collections, and three loops between them."""
    with world() as here:
        ws = here.client()
        note(f"preparing {RUNS + 2} collections of {PRODUCTS} products")
        ids = described_products(ws, PRODUCTS)
        *collections, first, other = [collection_of(ws, ids, SCENES) for _ in range(RUNS + 2)]
        _start_s(ws, first)
        starts, loops = list[float](), list[float]()
        for number, collection_id in enumerate(collections):
            starts.append(_start_s(ws, collection_id))
            if number < LOOPS:
                loops.append(_loop_s(here, ws, other))
    start_s, loop_s = middle(starts), middle(loops)
    details = {
        "fastest_ms": round(min(starts) * 1000, 1),
        "slowest_ms": round(max(starts) * 1000, 1),
        "loop_ms_a_picture": round(loop_s / PRODUCTS * 1000, 3),
    }
    return [
        GOALS[0].figure(start_s * 1000, runs=RUNS, **details),
        GOALS[1].figure(loop_s / start_s, runs=LOOPS, **details),
    ]


def _start_s(ws: Workspace, collection_id: CollectionId) -> float:
    begun = time.perf_counter()
    started = generation.start(ws, collection_id, request_id=str(uuid4()))
    seconds = time.perf_counter() - begun
    if started.created != PRODUCTS:
        raise AssertionError(f"{started.created} pictures were started, not {PRODUCTS}")
    return seconds


def _loop_s(here: World, ws: Workspace, collection_id: CollectionId) -> float:
    """Seconds of "insert one row, enqueue one task", for each product once."""
    settings = here.runtime.settings
    huey = build(
        Queue.CLIENT,
        redis_url=settings.redis_url.get_secret_value(),
        secret=settings.queue_secret.get_secret_value(),
        environment=settings.visualizer_mode,
        name="bench",
    )
    enqueue = huey.task(name="bench.loop")(_nothing)
    products = curation.plan(ws, collection_id).products
    wanted = FlowGenerationSettings().model_dump(mode="json")
    begun = time.perf_counter()
    for product in products:
        with ws.begin() as session:
            session.add(
                GeneratedAsset(
                    id=new_id(),
                    collection_id=collection_id,
                    product_id=product.id,
                    inspiration_id=product.scene_id,
                    settings=wanted,
                    settings_trace={},
                    job_id=str(new_id()),
                    queue=ws.app,
                    model=ws.runtime.image_model,
                )
            )
        enqueue()
    return time.perf_counter() - begun


def _nothing() -> None:
    """The task of the loop; nobody runs it."""
