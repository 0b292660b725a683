"""Real worker processes, killed, frozen, drained, with Redis wiped: nothing lost, nothing twice.

Two clients and two workers in every case. What was paid is told by the stand-in's own history.
"""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.crew import Crew, crew_on, eventually
from tests.support.factories import Clients
from tests.support.postgres import DatabaseUrls
from tests.support.working import check_invariants, make_ready, paid_twice, rows
from tests.support.world import Servers, Standin, collection_of, flush_redis, redis_of
from visualizer_core.domain.ids import CollectionId
from visualizer_core.services import generation
from visualizer_core.workspace import Runtime, Workspace

pytestmark = pytest.mark.slow

THREADS = 4
FIRST, SECOND = 12, 4  # pictures of the two clients
END_S = 90.0


@pytest.fixture
def crew(servers: Servers, database_urls: DatabaseUrls, tmp_path: Path) -> Iterator[Crew]:
    env = servers.environment(
        database_urls, LEASE_S="4", PUMP_S="1", WORKER_THREADS=str(THREADS), MAX_IN_FLIGHT="8"
    )
    with crew_on(env, tmp_path) as workers:
        yield workers


Runs = tuple[tuple[Workspace, CollectionId], tuple[Workspace, CollectionId]]


@pytest.fixture
def runs(runtime: Runtime, clients: Clients) -> Runs:
    first = runtime.workspace(clients.make(), actor="test")
    second = runtime.workspace(clients.make(), actor="test")
    return (first, collection_of(first, FIRST)[0]), (second, collection_of(second, SECOND)[0])


def start(runs: Runs) -> None:
    for workspace, collection_id in runs:
        generation.start(workspace, collection_id, request_id="run")


def ended(runs: Runs) -> bool:
    return all(generation.progress(ws, collection_id).done for ws, collection_id in runs)


def completed(runs: Runs) -> list[int]:
    return [generation.progress(ws, collection_id).completed for ws, collection_id in runs]


def paid_calls(standin: Standin) -> Counter[str]:
    return Counter(str(entry["call"]) for entry in standin.log() if entry["billed_micros"])


def check_stored(runs: Runs, urls: DatabaseUrls) -> None:
    """Every completed asset's object is there, and is the bytes its row says."""
    for workspace, _ in runs:
        for key, size in rows(
            urls,
            "SELECT s3_key, bytes FROM app.images WHERE kind = 'generated' AND client_id = %s",
            workspace.client_id,
        ):
            head = workspace.store.head(str(key))
            assert head is not None
            assert head.size_bytes == size


def test_killed_workers_and_a_wiped_redis_lose_nothing(
    crew: Crew, runs: Runs, servers: Servers, standin: Standin, database_urls: DatabaseUrls
) -> None:
    standin.latency(0.7)
    victims = [crew.hire("client", THREADS), crew.hire("client", THREADS)]
    crew.hire("control", 1)
    start(runs)
    eventually(lambda: sum(completed(runs)) >= 3, END_S, crew.said)
    crew.kill(victims[0])
    flush_redis(servers.env)
    eventually(lambda: sum(completed(runs)) >= 6, END_S, crew.said)
    crew.kill(victims[1])
    flush_redis(servers.env)
    crew.hire("client", THREADS)
    eventually(lambda: _reaped(database_urls), END_S, crew.said)
    make_ready(database_urls)  # the minute a frozen worker would get; these are dead
    eventually(lambda: ended(runs), END_S, crew.said)
    assert completed(runs) == [FIRST, SECOND]
    assert paid_twice(database_urls) == []
    # What a dying process had under way may be paid once more, and all of it is in the ledger.
    lost = len(rows(database_urls, "SELECT 1 FROM app.provider_calls WHERE state = 'unknown'"))
    assert lost <= 2 * THREADS
    assert len(paid_calls(standin)) <= FIRST + SECOND + lost
    check_invariants(database_urls)
    check_stored(runs, database_urls)


def _reaped(urls: DatabaseUrls) -> bool:
    """No lease is held by a dead worker any more."""
    found = rows(
        urls,
        "SELECT 1 FROM app.generated_assets WHERE status = 'generating' AND lease_until < now()",
    )
    return not found


def test_a_deploy_that_lets_workers_drain_pays_nothing_twice(
    crew: Crew, runs: Runs, standin: Standin, database_urls: DatabaseUrls
) -> None:
    standin.latency(0.7)
    old = [crew.hire("client", THREADS), crew.hire("client", THREADS)]
    crew.hire("control", 1)
    start(runs)
    eventually(lambda: sum(completed(runs)) >= 3, END_S, crew.said)
    for worker in old:
        crew.signal(worker, signal.SIGTERM)
    new = crew.hire("client", THREADS)
    for worker in old:
        assert worker.wait(45) is not None
    eventually(lambda: ended(runs), END_S, crew.said)
    assert new.poll() is None
    assert completed(runs) == [FIRST, SECOND]
    assert len(paid_calls(standin)) == FIRST + SECOND
    assert rows(database_urls, "SELECT sum(crashes) FROM app.generated_assets") == [(0,)]
    check_invariants(database_urls)


def test_a_frozen_worker_that_wakes_writes_nothing_and_its_answer_is_adopted(
    crew: Crew, runs: Runs, standin: Standin, database_urls: DatabaseUrls
) -> None:
    standin.latency(1.5)
    frozen = crew.hire("client", THREADS)
    crew.hire("control", 1)
    start(runs)
    eventually(lambda: len(standin.stats()) > 0 and _under_way(database_urls) >= 2, END_S)
    crew.signal(frozen, signal.SIGSTOP)
    eventually(lambda: _under_way(database_urls) == 0, END_S, crew.said)  # reaped
    crew.hire("client", THREADS)
    crew.signal(frozen, signal.SIGCONT)
    # Its paid answers arrive within the minute that was held for them.
    eventually(lambda: _adopted(database_urls) >= 2, END_S, crew.said)
    make_ready(database_urls)
    eventually(lambda: ended(runs), END_S, crew.said)
    assert completed(runs) == [FIRST, SECOND]
    assert paid_twice(database_urls) == []
    assert len(paid_calls(standin)) == FIRST + SECOND
    check_invariants(database_urls)
    check_stored(runs, database_urls)


def _under_way(urls: DatabaseUrls) -> int:
    return len(rows(urls, "SELECT 1 FROM app.generated_assets WHERE status = 'generating'"))


def _adopted(urls: DatabaseUrls) -> int:
    return len(
        rows(
            urls,
            "SELECT 1 FROM app.generated_assets WHERE paid_call_id IS NOT NULL AND crashes > 0",
        )
    )


def test_hostile_messages_neither_run_nor_stop_the_work(
    crew: Crew, runs: Runs, servers: Servers, standin: Standin, database_urls: DatabaseUrls
) -> None:
    crew.hire("client", THREADS)
    crew.hire("control", 1)
    redis = redis_of(servers.env)
    for evil in (b"\x80\x04cos\nsystem\n(S'true'\ntR.", b"x" * 70_000, b"vt1.a.b.{}", b""):
        redis.lpush("client:generation:queue", evil)
    begun = time.monotonic()
    start(runs)
    eventually(lambda: ended(runs), END_S, crew.said)
    assert completed(runs) == [FIRST, SECOND]
    assert redis.llen("client:generation:quarantine") == 4
    assert time.monotonic() - begun < END_S
    assert len(paid_calls(standin)) == FIRST + SECOND
    check_invariants(database_urls)
