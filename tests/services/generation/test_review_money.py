"""Money told to the end: every paid call is in the budget once, whenever its answer arrives."""

import threading

import pytest
from sqlalchemy import text

from tests.support.postgres import DatabaseUrls
from tests.support.working import check_invariants, make_ready, rows, work_off
from tests.support.world import Standin, collection_of
from visualizer_core.db.jobs import ClaimedAsset, HandBack, claim, hand_back
from visualizer_core.db.ledger import StoredAnswer, close_call, open_picture_call
from visualizer_core.domain.ids import CallId, CollectionId, new_id
from visualizer_core.domain.outcomes import CallOutcome, Charge, OutcomeClass
from visualizer_core.domain.quota import LimitOverrides
from visualizer_core.domain.status import AssetStatus, Queue
from visualizer_core.services import accounts, generation
from visualizer_core.workspace import Runtime, Workspace

COST = 40_000
_UNKNOWN = text("UPDATE app.provider_calls SET state = 'unknown' WHERE id = :call_id")
_LOCK_ASSET = text("SELECT 1 FROM app.generated_assets WHERE id = :asset_id FOR NO KEY UPDATE")


def limit(workspace: Workspace, **overrides: int) -> None:
    accounts.set_limits(
        workspace.runtime, workspace.client_id, LimitOverrides(**overrides), actor="test"
    )


def budget(urls: DatabaseUrls) -> tuple[object, object]:
    """Used and reserved of the only month there is."""
    [(used, reserved)] = rows(urls, "SELECT used_micros, reserved_micros FROM app.budget_months")
    return used, reserved


def ledger(urls: DatabaseUrls) -> object:
    """What the ledger says was spent."""
    [(spent,)] = rows(urls, "SELECT coalesce(sum(cost_micros), 0) FROM app.provider_calls")
    return spent


def started(workspace: Workspace) -> CollectionId:
    """One picture of a client with a budget, pending."""
    collection_id, _ = collection_of(workspace, 1, scenes=1)
    limit(workspace, monthly_budget_micros=10_000_000)
    generation.start(workspace, collection_id, request_id="run")
    return collection_id


def under_way(runtime: Runtime, workspace: Workspace) -> tuple[ClaimedAsset, CallId]:
    """Claim the next picture and open its call, as a worker does."""
    with runtime.begin() as session:
        asset = claim(session, Queue.CLIENT, runtime.image_model, worker="w", lease_s=60)
    assert asset is not None
    call_id = CallId(new_id())
    with workspace.begin() as session:
        assert open_picture_call(session, asset, call_id, estimated_micros=COST)
    return asset, call_id


def answered(workspace: Workspace, asset: ClaimedAsset, call_id: CallId) -> None:
    """The paid picture of a call arrives."""
    key = f"clients/{workspace.client_id}/generated/{new_id()}.jpg"
    outcome = CallOutcome(OutcomeClass.SUCCESS, Charge.PAID)
    assert asset
    with workspace.begin() as session:
        close_call(
            session,
            workspace.client_id,
            call_id,
            outcome,
            cost_micros=COST,
            stored=StoredAnswer(
                picture_key=key, picture_sha256="0" * 64, picture_mime="image/jpeg"
            ),
        )


def back(workspace: Workspace, asset: ClaimedAsset, how: HandBack) -> None:
    with workspace.begin() as session:
        assert hand_back(session, asset, how) is not None


def test_a_retry_after_paid_failures_counts_each_call_once(
    runtime: Runtime, workspace: Workspace, standin: Standin, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 1, scenes=1)
    limit(workspace, monthly_budget_micros=10_000_000)
    standin.fault("image_same_as_input", count=3)
    generation.start(workspace, collection_id, request_id="run")
    for _ in range(3):
        work_off(runtime)
        make_ready(database_urls)
    assert generation.progress(workspace, collection_id).error == 1
    assert budget(database_urls) == (ledger(database_urls), 0)
    generation.retry_failed(workspace, collection_id)
    assert work_off(runtime) == 1
    assert len(standin.log()) == 4
    assert budget(database_urls) == (ledger(database_urls), 0)
    check_invariants(database_urls)


def test_paid_failures_never_carry_a_run_over_its_budget(
    runtime: Runtime, workspace: Workspace, standin: Standin, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 1, scenes=1)
    one = generation.estimate(workspace, collection_id).cost_micros
    limit(workspace, monthly_budget_micros=round(one * 1.5))
    standin.fault("image_same_as_input", count=None)
    generation.start(workspace, collection_id, request_id="run")
    for _ in range(4):
        work_off(runtime)
        make_ready(database_urls)
    assert len(standin.log()) == 1
    [(status, code, message)] = rows(
        database_urls, "SELECT status, error_code, error_message FROM app.generated_assets"
    )
    assert (status, code) == ("error", "budget")
    assert "larger budget" in str(message)
    used, reserved = budget(database_urls)
    assert isinstance(used, int)
    assert used <= round(one * 1.5)
    assert reserved == 0
    check_invariants(database_urls)


def test_a_budget_with_room_pays_for_further_tries(
    runtime: Runtime, workspace: Workspace, standin: Standin, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 1, scenes=1)
    one = generation.estimate(workspace, collection_id).cost_micros
    limit(workspace, monthly_budget_micros=round(one * 2.5))
    standin.fault("image_same_as_input", count=1)
    generation.start(workspace, collection_id, request_id="run")
    work_off(runtime)
    make_ready(database_urls)
    check_invariants(database_urls, ended=False)
    assert work_off(runtime) == 1
    assert budget(database_urls) == (ledger(database_urls), 0)
    check_invariants(database_urls)


@pytest.mark.parametrize("ended_as", [AssetStatus.ERROR, AssetStatus.CANCELLED])
def test_an_answer_that_arrives_after_the_end_is_booked_and_a_retry_takes_it(
    ended_as: AssetStatus,
    runtime: Runtime,
    workspace: Workspace,
    standin: Standin,
    database_urls: DatabaseUrls,
) -> None:
    collection_id = started(workspace)
    asset, call_id = under_way(runtime, workspace)
    back(workspace, asset, HandBack(ended_as, error_code="outcome_unknown", error_message="…"))
    answered(workspace, asset, call_id)
    assert budget(database_urls) == (COST, 0)
    [(cost, paid, message)] = rows(
        database_urls, "SELECT cost_micros, paid_call_id, error_message FROM app.generated_assets"
    )
    assert (cost, paid) == (COST, call_id)
    assert "nothing is paid again" in str(message)
    generation.retry_failed(workspace, collection_id, cancelled_too=True)
    work_off(runtime)
    assert standin.log() == []
    check_invariants(database_urls, ended=False)


def test_an_answer_after_the_picture_was_made_again_is_booked_too(
    runtime: Runtime, workspace: Workspace, database_urls: DatabaseUrls
) -> None:
    started(workspace)
    asset, call_id = under_way(runtime, workspace)
    back(workspace, asset, HandBack(AssetStatus.PENDING))
    with runtime.begin() as session:
        session.execute(_UNKNOWN, {"call_id": call_id})
    assert work_off(runtime) == 1
    before = ledger(database_urls)
    answered(workspace, asset, call_id)
    assert ledger(database_urls) == int(str(before)) + COST
    assert budget(database_urls) == (ledger(database_urls), 0)
    check_invariants(database_urls)


def test_closing_a_call_twice_counts_once(
    runtime: Runtime, workspace: Workspace, database_urls: DatabaseUrls
) -> None:
    started(workspace)
    asset, call_id = under_way(runtime, workspace)
    answered(workspace, asset, call_id)
    first = budget(database_urls)
    answered(workspace, asset, call_id)
    assert budget(database_urls) == first
    assert first[0] == COST
    check_invariants(database_urls, ended=False)


def test_a_failure_does_not_forget_another_calls_paid_picture(
    runtime: Runtime, workspace: Workspace, database_urls: DatabaseUrls
) -> None:
    started(workspace)
    frozen, first = under_way(runtime, workspace)
    back(workspace, frozen, HandBack(AssetStatus.PENDING))
    with runtime.begin() as session:
        session.execute(_UNKNOWN, {"call_id": first})
    asset, second = under_way(runtime, workspace)
    answered(workspace, frozen, first)  # the frozen worker wakes up
    with workspace.begin() as session:
        refused = CallOutcome(OutcomeClass.SERVER_ERROR, Charge.NONE)
        close_call(session, workspace.client_id, second, refused, cost_micros=0)
    back(workspace, asset, HandBack(AssetStatus.PENDING, useless_call=second))
    assert rows(database_urls, "SELECT paid_call_id FROM app.generated_assets") == [(first,)]


def test_a_reaper_and_a_late_answer_do_not_wait_for_each_other(
    runtime: Runtime, workspace: Workspace, database_urls: DatabaseUrls
) -> None:
    started(workspace)
    asset, call_id = under_way(runtime, workspace)
    with runtime.begin() as session:  # the reaper, between its two steps
        session.execute(_LOCK_ASSET, {"asset_id": asset.id})
        late = threading.Thread(target=answered, args=(workspace, asset, call_id))
        late.start()
        late.join(0.5)
        assert late.is_alive()
        session.execute(_UNKNOWN, {"call_id": call_id})
    late.join(10)
    assert rows(database_urls, "SELECT state FROM app.provider_calls") == [("paid",)]
