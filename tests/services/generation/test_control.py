"""Pausing, resuming, cancelling, retrying, regenerating."""

import threading
import time

import pytest

from tests.support.factories import Clients
from tests.support.postgres import DatabaseUrls
from tests.support.working import check_invariants, make_ready, rows, work_off
from tests.support.world import Standin, collection_of
from visualizer_core.domain.corrections import ReviewReason
from visualizer_core.domain.generation_settings import SettingsOverrides
from visualizer_core.domain.ids import AssetId
from visualizer_core.domain.status import CollectionStatus, RunState
from visualizer_core.errors import InvalidInput, NotFound
from visualizer_core.services import generation
from visualizer_core.workspace import Runtime, Workspace


def test_a_paused_run_starts_no_call_and_resumes_where_it_was(
    runtime: Runtime, workspace: Workspace, standin: Standin, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 3)
    generation.start(workspace, collection_id, request_id="run")
    work_off(runtime, most=1)
    assert generation.pause(workspace, collection_id) == 2
    assert work_off(runtime) == 0
    assert generation.progress(workspace, collection_id).run_state is RunState.PAUSED
    assert generation.why_waiting(workspace, collection_id) == "Paused. Resume to go on."
    assert len(standin.log()) == 1
    assert generation.resume(workspace, collection_id) == 2
    assert work_off(runtime) == 2
    check_invariants(database_urls)


def test_a_retry_during_a_pause_stays_paused(
    runtime: Runtime, workspace: Workspace, standin: Standin, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 1)
    standin.latency(1.5)
    standin.fault("err_500", count=1)
    generation.start(workspace, collection_id, request_id="run")
    worker = threading.Thread(target=work_off, args=(runtime,))
    worker.start()
    time.sleep(0.5)
    generation.pause(workspace, collection_id)
    worker.join(30)
    assert rows(database_urls, "SELECT status, hold FROM app.generated_assets") == [
        ("pending", "paused")
    ]


def test_a_cancel_keeps_what_is_finished_and_frees_the_rest(
    runtime: Runtime, workspace: Workspace, standin: Standin, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 4)
    generation.start(workspace, collection_id, request_id="run")
    work_off(runtime, most=1)
    ended = generation.cancel(workspace, collection_id)
    assert (ended.ended, ended.running) == (3, 0)
    done = generation.progress(workspace, collection_id)
    assert (done.completed, done.cancelled, done.open) == (1, 3, 0)
    assert done.status is CollectionStatus.COMPLETED
    assert work_off(runtime) == 0
    assert len(standin.log()) == 1
    check_invariants(database_urls)


def test_a_picture_that_arrives_paid_after_a_cancel_is_kept(
    runtime: Runtime, workspace: Workspace, standin: Standin, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 2)
    standin.latency(1.5)
    generation.start(workspace, collection_id, request_id="run")
    worker = threading.Thread(target=work_off, args=(runtime,))
    worker.start()
    time.sleep(0.7)
    ended = generation.cancel(workspace, collection_id)
    assert (ended.ended, ended.running) == (1, 1)
    worker.join(30)
    done = generation.progress(workspace, collection_id)
    assert (done.completed, done.cancelled) == (1, 1)
    assert len(standin.log()) == 1
    check_invariants(database_urls)


def test_failed_pictures_are_tried_again_with_a_new_budget(
    runtime: Runtime, workspace: Workspace, standin: Standin, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 2)
    standin.fault("err_400_invalid_argument", count=2)
    generation.start(workspace, collection_id, request_id="run")
    work_off(runtime)
    assert generation.progress(workspace, collection_id).error == 2
    check_invariants(database_urls)
    assert generation.retry_failed(workspace, collection_id) == 2
    assert work_off(runtime) == 2
    assert generation.progress(workspace, collection_id).completed == 2
    check_invariants(database_urls)


def test_pressing_generate_again_after_a_cancel_makes_the_cancelled_ones(
    runtime: Runtime, workspace: Workspace, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 3)
    generation.start(workspace, collection_id, request_id="run")
    work_off(runtime, most=1)
    generation.cancel(workspace, collection_id)
    started = generation.start(workspace, collection_id, request_id="once more")
    assert (started.created, started.existing) == (2, 1)
    assert work_off(runtime) == 2
    assert rows(database_urls, "SELECT count(*) FROM app.generated_assets") == [(3,)]
    check_invariants(database_urls)


def test_a_regenerated_picture_is_a_new_asset_made_before_bulk_work(
    runtime: Runtime, workspace: Workspace, standin: Standin, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 4)
    generation.start(workspace, collection_id, request_id="run")
    work_off(runtime, most=1)
    [(parent,)] = rows(
        database_urls, "SELECT id FROM app.generated_assets WHERE status = 'completed'"
    )
    child = generation.regenerate(
        workspace,
        AssetId(parent),  # pyright: ignore[reportArgumentType]  # a UUID, as the driver gives it
        changes=SettingsOverrides(lighting="Golden Hour"),
        instruction="Move it to the left",
        reasons=[ReviewReason.COLOUR],
    )
    work_off(runtime, most=1)
    last = standin.log()[-1]
    assert "Move it to the left" in str(last["prompt"])
    assert "colour was off" in str(last["prompt"])
    assert rows(
        database_urls,
        "SELECT id, parent_id FROM app.generated_assets WHERE parent_id IS NOT NULL "
        "AND status = 'completed'",
    ) == [(child, parent)]
    work_off(runtime)
    check_invariants(database_urls)


def test_what_is_not_there_cannot_be_regenerated(workspace: Workspace) -> None:
    with pytest.raises(NotFound):
        generation.regenerate(workspace, AssetId(workspace.client_id))
    with pytest.raises(InvalidInput, match="at most 1000"):
        generation.regenerate(workspace, AssetId(workspace.client_id), instruction="x" * 1001)


def test_nobody_steers_another_clients_run(
    runtime: Runtime, clients: Clients, workspace: Workspace, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 1)
    generation.start(workspace, collection_id, request_id="run")
    stranger = runtime.workspace(clients.make(), actor="test")
    for attempt in (
        lambda: generation.pause(stranger, collection_id),
        lambda: generation.resume(stranger, collection_id),
        lambda: generation.cancel(stranger, collection_id),
        lambda: generation.retry_failed(stranger, collection_id),
        lambda: generation.progress(stranger, collection_id),
        lambda: generation.start(stranger, collection_id, request_id="mine"),
        lambda: generation.estimate(stranger, collection_id),
    ):
        with pytest.raises(NotFound):
            attempt()
    make_ready(database_urls)
    assert work_off(runtime) == 1
    check_invariants(database_urls)
