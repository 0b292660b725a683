"""What waits, why, and that waiting costs nothing."""

import pytest

from tests.support.postgres import DatabaseUrls
from tests.support.working import check_invariants, make_ready, rows, work_off
from tests.support.world import Servers, Standin, collection_of, runtime_on
from visualizer_core.domain.quota import LimitOverrides
from visualizer_core.errors import NotAllowed, PartMissing
from visualizer_core.services import accounts, generation, operations
from visualizer_core.services.generation import RunRequest, WaitKind
from visualizer_core.workspace import Runtime, Workspace

CLOSED = "http://127.0.0.1:9"  # the discard port: nobody listens


def test_storage_that_is_away_before_the_call_is_a_wait_and_no_crash(
    runtime: Runtime,
    workspace: Workspace,
    servers: Servers,
    standin: Standin,
    database_urls: DatabaseUrls,
) -> None:
    collection_id, _ = collection_of(workspace, 1, scenes=1)
    generation.start(workspace, collection_id, request_id="run")
    without = servers.settings(database_urls, AWS_ENDPOINT_URL=CLOSED, MAX_IN_FLIGHT="8")
    with runtime_on(without) as lame:
        work_off(lame, most=1)
    assert standin.log() == []
    [state] = rows(
        database_urls,
        "SELECT status, attempts, crashes, error_code FROM app.generated_assets",
    )
    assert state == ("pending", 0, 0, "part_missing")
    make_ready(database_urls)
    assert work_off(runtime) == 1
    check_invariants(database_urls)


def test_without_redis_nobody_calls_unpaced_and_starting_still_works(
    runtime: Runtime,
    workspace: Workspace,
    servers: Servers,
    standin: Standin,
    database_urls: DatabaseUrls,
) -> None:
    collection_id, _ = collection_of(workspace, 1, scenes=1)
    without = servers.settings(database_urls, REDIS_URL="redis://127.0.0.1:9/0")
    with runtime_on(without) as lame:
        ws = lame.workspace(workspace.client_id, actor="test")
        assert generation.start(ws, collection_id, request_id="run").created == 1
        with pytest.raises(PartMissing):
            work_off(lame, most=1)
    assert standin.log() == []
    assert work_off(runtime) == 1
    check_invariants(database_urls)


def test_a_suspended_client_starts_nothing_and_its_work_waits(
    runtime: Runtime, workspace: Workspace, standin: Standin, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 2)
    generation.start(workspace, collection_id, request_id="run")
    accounts.suspend_client(runtime, workspace.client_id, actor="test")
    assert work_off(runtime) == 0
    assert standin.log() == []
    with pytest.raises(NotAllowed, match="suspended"):
        generation.start(
            workspace, collection_id, request_id="more", request=generation.RunRequest(again=True)
        )
    accounts.resume_client(runtime, workspace.client_id, actor="test")
    assert work_off(runtime) == 2
    check_invariants(database_urls)


def test_a_photo_that_is_gone_from_storage_fails_its_picture_only(
    runtime: Runtime, workspace: Workspace, database_urls: DatabaseUrls
) -> None:
    collection_id, products = collection_of(workspace, 2)
    [(key,)] = rows(
        database_urls,
        """SELECT m.s3_key FROM app.product_images p JOIN app.images m ON m.id = p.image_id
           WHERE p.product_id = %s""",
        products[0],
    )
    workspace.store.delete([str(key)])
    generation.start(workspace, collection_id, request_id="run")
    work_off(runtime)
    done = generation.progress(workspace, collection_id)
    assert (done.completed, done.error) == (1, 1)
    check_invariants(database_urls)


def test_what_is_waited_for_is_known_by_kind_and_by_who_can_end_it(
    runtime: Runtime, workspace: Workspace, standin: Standin
) -> None:
    collection_id, _ = collection_of(workspace, 1, scenes=1)

    def kind() -> tuple[WaitKind, bool]:
        found = generation.waiting(workspace, collection_id)
        assert found is not None
        assert found.words == generation.why_waiting(workspace, collection_id)
        return found.kind, found.needs_person

    assert generation.waiting(workspace, collection_id) is None
    generation.start(workspace, collection_id, request_id="run")
    assert kind() == (WaitKind.WORKER, False)
    generation.pause(workspace, collection_id)
    assert kind() == (WaitKind.PAUSED, True)
    generation.resume(workspace, collection_id)
    accounts.suspend_client(runtime, workspace.client_id, actor="test")
    assert kind() == (WaitKind.SUSPENDED, True)
    accounts.resume_client(runtime, workspace.client_id, actor="test")
    standin.fault("err_503_overloaded", seconds=0)
    work_off(runtime, most=1)
    assert kind() == (WaitKind.RETRY, False)
    runtime.limiter.cool_down(runtime.image_model, 30, "test")
    assert kind() == (WaitKind.PROVIDER, False)
    waits = generation.waiting(workspace, collection_id)
    assert waits is not None
    assert 0 < waits.seconds <= 30
    operations.pause_model(runtime, runtime.image_model, reason="the bill is unpaid.", actor="test")
    assert kind() == (WaitKind.MODEL, True)
    assert generation.why_waiting(workspace, collection_id) == (
        "The provider's model is paused: the bill is unpaid."
    )


def test_what_waits_for_tomorrow_says_for_how_long(runtime: Runtime, workspace: Workspace) -> None:
    limits = LimitOverrides(daily_generations=1)
    accounts.set_limits(runtime, workspace.client_id, limits, actor="test")
    collection_id, _ = collection_of(workspace, 2, scenes=1)
    generation.start(workspace, collection_id, request_id="run", request=RunRequest(later_too=True))
    assert work_off(runtime) == 1
    waits = generation.waiting(workspace, collection_id)
    assert waits is not None
    assert waits.kind is WaitKind.DAY
    assert 0 < waits.seconds <= 86_400
    assert "used up" in waits.words
