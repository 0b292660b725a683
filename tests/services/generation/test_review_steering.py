"""Pause, cancel, start again, double clicks, races: nothing stays stuck, nothing is made twice."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from tests.support.factories import MODEL, Clients
from tests.support.postgres import DatabaseUrls
from tests.support.working import check_invariants, make_ready, rows, work_off
from tests.support.world import Standin, collection_of
from visualizer_core.db.allowance import Allowance
from visualizer_core.db.jobs import HandBack, claim, hand_back, renew
from visualizer_core.db.ledger import StoredAnswer, close_call, open_picture_call
from visualizer_core.domain.generation_settings import SettingsOverrides
from visualizer_core.domain.ids import AssetId, CallId, LeaseToken, new_id
from visualizer_core.domain.outcomes import CallOutcome, Charge, OutcomeClass
from visualizer_core.domain.quota import Limits
from visualizer_core.domain.status import AssetStatus, Queue, RunState
from visualizer_core.errors import Conflict
from visualizer_core.services import generation
from visualizer_core.services.generation.booking import book
from visualizer_core.workspace import Runtime, Workspace


def test_generating_again_on_a_paused_run_takes_the_pause_back(
    runtime: Runtime, workspace: Workspace, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 2)
    generation.start(workspace, collection_id, request_id="run")
    generation.pause(workspace, collection_id)
    two = generation.RunRequest(changes=SettingsOverrides(variants=2))
    generation.start(workspace, collection_id, request_id="more", request=two)
    assert generation.progress(workspace, collection_id).run_state is RunState.ACTIVE
    assert work_off(runtime) == 4
    check_invariants(database_urls)


def test_regenerating_one_picture_leaves_the_rest_paused(
    runtime: Runtime, workspace: Workspace, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 3)
    generation.start(workspace, collection_id, request_id="run")
    work_off(runtime, most=1)
    generation.pause(workspace, collection_id)
    generation.regenerate(workspace, _completed(database_urls))
    assert generation.progress(workspace, collection_id).run_state is RunState.PAUSED
    assert work_off(runtime) == 1
    assert generation.resume(workspace, collection_id) == 2
    assert work_off(runtime) == 2
    check_invariants(database_urls)


def _completed(urls: DatabaseUrls) -> AssetId:
    [(found,)] = rows(urls, "SELECT id FROM app.generated_assets WHERE status = 'completed'")
    return AssetId(found)  # pyright: ignore[reportArgumentType]  # a UUID, as the driver gives it


def test_no_call_starts_after_a_pause_even_of_a_picture_already_taken(
    runtime: Runtime, workspace: Workspace
) -> None:
    collection_id, _ = collection_of(workspace, 1)
    generation.start(workspace, collection_id, request_id="run")
    with runtime.begin() as session:
        asset = claim(session, Queue.CLIENT, runtime.image_model, worker="w", lease_s=60)
    assert asset is not None
    generation.pause(workspace, collection_id)
    with workspace.begin() as session:
        assert not open_picture_call(session, asset, CallId(new_id()), estimated_micros=1)


def test_a_cancel_taken_back_by_a_new_start_does_not_end_what_runs(
    runtime: Runtime, workspace: Workspace, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 1)
    generation.start(workspace, collection_id, request_id="run")
    with runtime.begin() as session:
        asset = claim(session, Queue.CLIENT, runtime.image_model, worker="w", lease_s=60)
    assert asset is not None
    assert generation.cancel(workspace, collection_id).running == 1
    generation.start(workspace, collection_id, request_id="after all")
    with workspace.begin() as session:
        hand_back(session, asset, HandBack(AssetStatus.PENDING))  # its call failed
    assert work_off(runtime) == 1
    assert generation.progress(workspace, collection_id).completed == 1
    check_invariants(database_urls)


def test_a_cancelled_picture_is_made_with_what_is_asked_for_now(
    runtime: Runtime, workspace: Workspace, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 1)
    generation.start(workspace, collection_id, request_id="run")
    generation.cancel(workspace, collection_id)
    retired = "UPDATE app.generated_assets SET model = 'retired-model' RETURNING 1"
    with runtime.begin() as session:
        session.execute(text(retired))
    generation.start(workspace, collection_id, request_id="again")
    assert rows(database_urls, "SELECT model FROM app.generated_assets") == [(runtime.image_model,)]
    assert work_off(runtime) == 1
    check_invariants(database_urls)


def test_a_double_click_on_regenerate_makes_one_picture(
    runtime: Runtime, workspace: Workspace, standin: Standin, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 1)
    generation.start(workspace, collection_id, request_id="run")
    work_off(runtime)
    parent = _completed(database_urls)
    first = generation.regenerate(workspace, parent, instruction="Left")
    assert generation.regenerate(workspace, parent, instruction="Left") == first
    assert generation.regenerate(workspace, parent, instruction="Right") != first
    work_off(runtime)
    assert len(standin.log()) == 3
    assert generation.regenerate(workspace, parent, instruction="Left") != first
    work_off(runtime)
    check_invariants(database_urls)


def test_one_request_id_for_two_collections_at_once_is_a_conflict(
    workspace: Workspace, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 1)
    refused: list[Conflict] = []

    def begin() -> None:
        try:
            generation.start(workspace, collection_id, request_id="id")
        except Conflict as error:
            refused.append(error)

    with workspace.begin() as session:
        session.execute(
            text("INSERT INTO app.idempotency_keys (key, body_hash, response) "
                 "VALUES ('id', 'of another collection', '{}')")
        )  # fmt: skip
        late = threading.Thread(target=begin)
        late.start()
        late.join(1.0)
        assert late.is_alive()
    late.join(10)
    assert len(refused) == 1
    assert rows(database_urls, "SELECT count(*) FROM app.generated_assets") == [(0,)]
    check_invariants(database_urls)


def test_what_waits_for_the_next_month_is_paid_from_the_next_months_budget(
    workspace: Workspace, database_urls: DatabaseUrls
) -> None:
    limits = Limits(
        daily_generations=1,
        products_per_collection=9,
        storage_bytes=None,
        monthly_budget_micros=1_300,
    )
    left = Allowance(
        limits=limits,
        now=datetime(2031, 1, 31, 23, 59, tzinfo=UTC),
        active=True,
        used=0,
        reserved=0,
        used_micros=0,
        reserved_micros=0,
    )
    with workspace.begin() as session:
        booked = book(session, workspace, [1_000, 1_000], left, later_too=True)
    assert [str(booking.month) for booking in booked] == ["2031-01-01", "2031-02-01"]
    assert rows(
        database_urls, "SELECT month::text, reserved_micros FROM app.budget_months ORDER BY month"
    ) == [("2031-01-01", 1_250), ("2031-02-01", 1_250)]


def test_a_heartbeat_locks_pictures_in_the_order_everybody_does(
    runtime: Runtime, clients: Clients, workspace: Workspace
) -> None:
    """While it waits for the first, it holds none of the others: so nobody can wait for it."""
    clients.assets(workspace.client_id, 20)
    leases: list[LeaseToken] = []
    for _ in range(20):
        with runtime.begin() as session:
            asset = claim(session, Queue.CLIENT, MODEL, worker="w", lease_s=60)
        assert asset is not None
        leases.append(asset.lease)

    def beat() -> None:
        with runtime.begin() as session:
            assert len(renew(session, leases, lease_s=60)) == 20

    order = "SELECT id FROM app.generated_assets ORDER BY seq"
    with runtime.begin() as cancelling:
        cancelling.execute(text(f"{order} LIMIT 1 FOR NO KEY UPDATE"))
        beating = threading.Thread(target=beat)
        beating.start()
        beating.join(0.5)
        assert beating.is_alive()
        cancelling.execute(text(f"{order} OFFSET 1 FOR NO KEY UPDATE NOWAIT"))
    beating.join(10)


def test_a_paid_picture_lost_from_storage_does_not_fail_for_ever(
    runtime: Runtime, workspace: Workspace, standin: Standin, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 1)
    generation.start(workspace, collection_id, request_id="run")
    with runtime.begin() as session:
        asset = claim(session, Queue.CLIENT, runtime.image_model, worker="w", lease_s=0)
    assert asset is not None
    call_id = CallId(new_id())
    with workspace.begin() as session:
        assert open_picture_call(session, asset, call_id, estimated_micros=1)
    answer = StoredAnswer(picture_key=f"clients/{workspace.client_id}/generated/none.jpg")
    outcome = CallOutcome(OutcomeClass.SUCCESS, Charge.PAID)
    with workspace.begin() as session:
        close_call(session, workspace.client_id, call_id, outcome, cost_micros=5, stored=answer)
    generation.tick(runtime)
    make_ready(database_urls)
    work_off(runtime)
    assert rows(database_urls, "SELECT status, error_code FROM app.generated_assets") == [
        ("error", "picture_lost")
    ]
    generation.retry_failed(workspace, collection_id)
    assert work_off(runtime) == 1
    assert generation.progress(workspace, collection_id).completed == 1
    assert len(standin.log()) == 1
    check_invariants(database_urls)


@pytest.mark.parametrize("gone", ["products SET deleted_at = now()", "inspirations"])
def test_nothing_is_paid_for_a_product_or_scene_that_is_gone(
    gone: str, runtime: Runtime, workspace: Workspace, standin: Standin, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 1, scenes=1)
    generation.start(workspace, collection_id, request_id="run")
    generation.cancel(workspace, collection_id)
    with runtime.begin() as session:
        session.execute(text("UPDATE app.collection_products SET inspiration_id = NULL"))
        verb = "UPDATE" if "SET" in gone else "DELETE FROM"
        session.execute(text(f"{verb} app.{gone}"))
    generation.retry_failed(workspace, collection_id, cancelled_too=True)
    work_off(runtime)
    assert standin.log() == []
    assert generation.progress(workspace, collection_id).error == 1
    check_invariants(database_urls)
