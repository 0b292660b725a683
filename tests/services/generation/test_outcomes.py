"""Every way a call can end, through the real client against the stand-in's scripted faults."""

import pytest

from tests.support.postgres import DatabaseUrls
from tests.support.working import check_invariants, make_ready, paid_twice, rows, work_off
from tests.support.world import Standin, collection_of
from visualizer_core.services import generation
from visualizer_core.workspace import Runtime, Workspace

RECOVERS = [
    "image_text_only",
    "image_no_image",
    "image_other",
    "candidate_stop_without_content",
    "candidates_empty_list",
    "image_safety_parts_null",
    "image_recitation",
    "image_same_as_input",
    "image_wrong_aspect",
    "image_corrupt_bytes",
    "image_black",
    "err_500",
    "err_502_html",
    "err_503_overloaded",
    "err_504",
    "err_499",
    "http200_with_error_body",
    "http200_empty_body",
    "http200_cut_json",
    "wire_close",
    "wire_reset",
    "wire_truncate",
]


@pytest.mark.parametrize("kind", RECOVERS)
def test_one_bad_answer_is_followed_by_a_good_picture(
    kind: str,
    runtime: Runtime,
    workspace: Workspace,
    standin: Standin,
    database_urls: DatabaseUrls,
) -> None:
    collection_id, _ = collection_of(workspace, 1, scenes=1)
    standin.fault(kind, count=1)
    generation.start(workspace, collection_id, request_id="run")
    work_off(runtime, most=1)
    assert generation.progress(workspace, collection_id).pending == 1
    make_ready(database_urls)
    _forget_cooldown(runtime)
    work_off(runtime)
    done = generation.progress(workspace, collection_id)
    assert (done.completed, done.error) == (1, 0)
    assert len(standin.log()) == 2
    check_invariants(database_urls)


def _forget_cooldown(runtime: Runtime) -> None:
    """A test does not wait the seconds a provider asked for."""
    runtime.limiter.cool_down(runtime.image_model, 0, "test")


def test_a_picture_that_fails_the_checks_three_times_is_given_up(
    runtime: Runtime, workspace: Workspace, standin: Standin, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 1, scenes=1)
    standin.fault("image_same_as_input", count=None)
    generation.start(workspace, collection_id, request_id="run")
    for _ in range(4):
        work_off(runtime)
        make_ready(database_urls)
    assert len(standin.log()) == 3
    [(status, code, message)] = rows(
        database_urls, "SELECT status, error_code, error_message FROM app.generated_assets"
    )
    assert (status, code) == ("error", "bad_picture")
    assert "Chair 0" in str(message)
    check_invariants(database_urls)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("err_400_bad_key", "key"),
        ("err_402_credits", "credit"),
        ("err_403_permission", "permission"),
        ("err_404_model", "not found"),
    ],
)
def test_what_stops_the_run_pauses_the_model_and_keeps_the_work(
    kind: str,
    said: str,
    runtime: Runtime,
    workspace: Workspace,
    standin: Standin,
    database_urls: DatabaseUrls,
) -> None:
    collection_id, _ = collection_of(workspace, 3)
    standin.fault(kind, count=None)
    generation.start(workspace, collection_id, request_id="run")
    work_off(runtime)
    assert len(standin.log()) == 1
    done = generation.progress(workspace, collection_id)
    assert (done.pending, done.error) == (3, 0)
    waits = generation.why_waiting(workspace, collection_id)
    assert waits is not None
    assert said in waits.lower()
    check_invariants(database_urls, ended=False)


@pytest.mark.parametrize(
    "kind", ["err_429_rpm", "err_429_tpm", "err_429_bare", "err_429_spend_10min"]
)
def test_a_rate_limit_pauses_everybody_and_burns_no_attempt(
    kind: str,
    runtime: Runtime,
    workspace: Workspace,
    standin: Standin,
    database_urls: DatabaseUrls,
) -> None:
    collection_id, _ = collection_of(workspace, 2)
    standin.fault(kind, count=1)
    generation.start(workspace, collection_id, request_id="run")
    work_off(runtime)
    assert len(standin.log()) == 1
    assert runtime.limiter.state(runtime.image_model)["cooldown_s"] > 0
    assert rows(
        database_urls, "SELECT sum(attempts), sum(deferrals) FROM app.generated_assets"
    ) == [(0, 1)]
    waits = generation.why_waiting(workspace, collection_id)
    assert waits is not None
    assert "slow down" in waits


def test_several_drafts_cost_what_they_cost_and_the_last_is_kept(
    runtime: Runtime, workspace: Workspace, standin: Standin, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 1, scenes=1)
    standin.fault("image_ok_several_drafts_take_last", count=1)
    generation.start(workspace, collection_id, request_id="run")
    work_off(runtime)
    [entry] = standin.log()
    [(sha,)] = rows(database_urls, "SELECT sha256 FROM app.images WHERE kind = 'generated'")
    returned = entry["returned"]
    assert isinstance(returned, list)
    assert sha == returned[-1]
    [(cost,)] = rows(database_urls, "SELECT cost_micros FROM app.provider_calls")
    assert cost == entry["billed_micros"]


def test_the_ledger_agrees_with_the_providers_own_history(
    runtime: Runtime, workspace: Workspace, standin: Standin, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 4)
    generation.start(workspace, collection_id, request_id="run")
    work_off(runtime)
    log = standin.log()
    [(count, cost)] = rows(
        database_urls,
        "SELECT count(*), sum(cost_micros) FROM app.provider_calls WHERE state = 'paid'",
    )
    assert count == len(log)
    assert cost == sum(int(str(entry["billed_micros"])) for entry in log)
    assert paid_twice(database_urls) == []
