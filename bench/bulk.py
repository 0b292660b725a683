"""How close a bulk run comes to what the provider's own speed allows.

With calls of exactly 10 s and 64 at a time, 320 pictures take five rounds of 10 s at the least.
Everything that is not overlapped with those calls (claims, ledger, checks, thumbnails, storage)
makes the run longer. Workers are the real processes; nothing is left out.
"""

import math
import time

from bench.cpu_clock import cpu_seconds
from bench.goods import collection_with_photos
from bench.harness import Figure, Goal, note
from bench.world import IN_FLIGHT, World, world
from visualizer_core.domain.generation_settings import SettingsOverrides
from visualizer_core.domain.ids import CollectionId
from visualizer_core.services import generation
from visualizer_core.workspace import Workspace

__all__ = ["GOALS", "Run", "measure", "prepared", "run"]

ASSETS, VARIANTS, SCENES = 320, 2, 12
CALL_S = 10.0
POOL = 32  # distinct pictures the stand-in has ready, so that drawing them is not measured
PROCESSES = 2
POLL_S = 0.1
PATIENCE_S = 600.0

GOALS = (Goal("bulk_efficiency", "ratio", 0.93, at_most=False),)


class Run:
    """What one bulk run took.

    Attributes
    ----------
    seconds : float
        From before `start` to the last asset's completion, as the database knows it.
    worker_cpu_s : float
        Of the client workers meanwhile.
    most_in_flight : int
        Calls at a time, as the stand-in counted them.
    """

    def __init__(self, seconds: float, worker_cpu_s: float, most_in_flight: int) -> None:
        self.seconds = seconds
        self.worker_cpu_s = worker_cpu_s
        self.most_in_flight = most_in_flight


def prepared(here: World) -> tuple[Workspace, CollectionId]:
    """A collection of 160 photographed, analysed products in 12 scenes, and limits for 64 calls."""
    note(f"preparing {ASSETS // VARIANTS} products in {SCENES} scenes")
    here.control_standin("picture-mode", {"mode": "pool", "count": POOL})
    here.allow_in_flight()
    ws = here.client()
    return ws, collection_with_photos(ws, ASSETS // VARIANTS, SCENES)


def run(
    here: World,
    ws: Workspace,
    collection_id: CollectionId,
    pids: tuple[int, ...],
    *,
    call_s: float,
    variants: int = VARIANTS,
) -> Run:
    """Make every picture of the collection once more and wait for the last."""
    here.control_standin("reset", {"last": 0})
    here.control_standin("latency", {"image": call_s})
    changes = SettingsOverrides(variants=variants)
    cpu = cpu_seconds(pids)
    begun = time.monotonic()
    request = generation.RunRequest(changes=changes, again=True)
    generation.start(ws, collection_id, request_id=f"bench-{begun}", request=request)
    while not (now := generation.progress(ws, collection_id)).done:
        if time.monotonic() - begun > PATIENCE_S:
            raise AssertionError(f"{now.open} of {now.total} pictures are still open")
        time.sleep(POLL_S)
    seconds = time.monotonic() - begun
    if now.error or now.cancelled:
        raise AssertionError(f"{now.error} pictures failed")
    most = here.control_standin("stats", {})["max_in_flight"]
    return Run(seconds, cpu_seconds(pids) - cpu, int(str(most)))


def measure() -> list[Figure]:
    """One run; at a minute each, a median of several would take too long."""
    with world() as here:
        ws, collection_id = prepared(here)
        workers = here.start_workers(processes=PROCESSES)
        note("warming the workers up")
        run(here, ws, collection_id, workers.client, call_s=0, variants=1)
        note(f"{ASSETS} pictures at {CALL_S:g} s each, {IN_FLIGHT} at a time")
        took = run(here, ws, collection_id, workers.client, call_s=CALL_S)
    ideal_s = math.ceil(ASSETS / IN_FLIGHT) * CALL_S
    details = {
        "seconds": round(took.seconds, 2),
        "ideal_seconds": ideal_s,
        "most_in_flight": took.most_in_flight,
        "worker_cpu_ms": round(took.worker_cpu_s / ASSETS * 1000, 1),
    }
    return [GOALS[0].figure(ideal_s / took.seconds, runs=1, **details)]
