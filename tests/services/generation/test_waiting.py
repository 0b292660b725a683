"""What waits, why, and that waiting costs nothing."""

import pytest

from tests.support.postgres import DatabaseUrls
from tests.support.working import check_invariants, make_ready, rows, work_off
from tests.support.world import Servers, Standin, collection_of, runtime_on
from visualizer_core.errors import NotAllowed, PartMissing
from visualizer_core.services import accounts, generation
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
