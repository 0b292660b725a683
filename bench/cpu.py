"""What one picture costs our workers in CPU time: all of it, and what is not pixels or bytes.

`worker_cpu_ms` is what the operating system counted for the client worker processes over 320
pictures, less what they take when idle, divided by 320.

`orchestration_cpu_ms` is that less two things, each measured in this process on the very bytes the
run stored: decoding, checking and encoding (`imaging.compare.judge_picture`), and bare transfer
(`bare`: base64, JSON, digests and sockets without any client library). So everything the client
libraries of the provider, S3, Postgres and Redis do beyond moving bytes counts as orchestration.
"""

import time
from contextlib import closing
from dataclasses import dataclass

from sqlalchemy import text

from bench.bare import BareProvider, BareStorage
from bench.bulk import ASSETS, VARIANTS, prepared, run
from bench.cpu_clock import idle_cpu
from bench.harness import Figure, Goal, middle, note
from bench.world import World, world
from visualizer_core.imaging.compare import input_hash, judge_picture
from visualizer_core.workspace import Workspace

__all__ = ["GOALS", "measure"]

CALL_S = 1.0  # long enough that 64 calls wait at a time, as in real life
IDLE_S = 5.0
SAMPLE = 100  # pictures whose parts are measured one by one

GOALS = (Goal("worker_cpu_ms", "ms", 50), Goal("orchestration_cpu_ms", "ms", 15))


@dataclass(frozen=True, slots=True)
class _Stored:
    """One finished picture and what it was made of."""

    picture: bytes
    thumbnail: bytes
    raw: bytes
    inputs: tuple[bytes, ...]


_FINISHED = text("""
    SELECT m.s3_key, p.raw_key, photo.s3_key AS photo_key, scene.s3_key AS scene_key
    FROM app.generated_assets a
    JOIN app.images m ON m.client_id = a.client_id AND m.id = a.image_id
    JOIN app.provider_calls p ON p.client_id = a.client_id AND p.id = a.paid_call_id
    JOIN app.product_images i ON i.client_id = a.client_id AND i.product_id = a.product_id
    JOIN app.images photo ON photo.client_id = i.client_id AND photo.id = i.image_id
    JOIN app.inspirations s ON s.client_id = a.client_id AND s.id = a.inspiration_id
    JOIN app.images scene ON scene.client_id = s.client_id AND scene.id = s.image_id
    WHERE a.status = 'completed' ORDER BY a.completed_at DESC LIMIT :most
""")


def measure() -> list[Figure]:
    """One run of 320 pictures, and its parts on 100 of them."""
    with world() as here:
        ws, collection_id = prepared(here)
        workers = here.start_workers(processes=1)
        note("warming the workers up")
        run(here, ws, collection_id, workers.client, call_s=0, variants=1)
        time.sleep(1)
        idle = idle_cpu(workers.client, IDLE_S)
        note(f"{ASSETS} pictures at {CALL_S:g} s each")
        took = run(here, ws, collection_id, workers.client, call_s=CALL_S, variants=VARIANTS)
        stored = _stored(ws)
        pixels_ms = _pixels_ms(stored)
        transfer_ms = _transfer_ms(here, stored)
    whole_ms = (took.worker_cpu_s - idle * took.seconds) / ASSETS * 1000
    rest_ms = whole_ms - pixels_ms - transfer_ms
    parts = {
        "pixels_ms": round(pixels_ms, 2),
        "transfer_ms": round(transfer_ms, 2),
        "idle_ms_a_second": round(idle * 1000, 2),
        "picture_bytes": len(stored[0].picture),
    }
    return [
        GOALS[0].figure(whole_ms, runs=1, **parts),
        GOALS[1].figure(rest_ms, runs=1, whole_ms=round(whole_ms, 2), **parts),
    ]


def _stored(ws: Workspace) -> list[_Stored]:
    with ws.begin() as session:
        rows = session.execute(_FINISHED, {"most": SAMPLE}).all()
    return [
        _Stored(
            picture=ws.store.get(row.s3_key),
            thumbnail=ws.store.get(row.s3_key.rsplit(".", 1)[0] + "_512.webp"),
            raw=ws.store.get(row.raw_key),
            inputs=(ws.store.get(row.photo_key), ws.store.get(row.scene_key)),
        )
        for row in rows
    ]


def _pixels_ms(stored: list[_Stored]) -> float:
    """Median CPU ms of checking one picture and making its thumbnail."""
    sent = {item.inputs: tuple(input_hash(data) for data in item.inputs) for item in stored}
    spent: list[float] = []
    for item in stored:
        begun = time.thread_time()
        judge_picture(
            item.picture,
            expected_ratio=1.0,
            expected_long_side=1024,
            input_hashes=sent[item.inputs],
        )
        spent.append(time.thread_time() - begun)
    return middle(spent) * 1000


def _transfer_ms(here: World, stored: list[_Stored]) -> float:
    """Median CPU ms of moving one picture's bytes: inputs out, answer in, three objects stored."""
    here.control_standin("latency", {"image": 0})
    settings = here.runtime.settings
    spent: list[float] = []
    with closing(BareProvider(settings)) as provider, closing(BareStorage(settings)) as storage:
        for item in stored:
            objects = [item.picture, item.raw, item.thumbnail]
            spent.append(provider.cpu_s(item.inputs) + storage.cpu_s(objects))
    return middle(spent) * 1000
