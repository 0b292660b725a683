"""Quota, budget and idempotency: never over a cap, never paid twice, failures never charged."""

import threading
from datetime import UTC, datetime

import pytest

from tests.support.factories import Clients
from tests.support.postgres import DatabaseUrls
from tests.support.working import check_invariants, make_ready, rows, work_off
from tests.support.world import Standin, collection_of
from visualizer_core.domain.generation_settings import SettingsOverrides
from visualizer_core.domain.quota import LimitOverrides
from visualizer_core.errors import Conflict, QuotaExceeded
from visualizer_core.services import accounts, generation
from visualizer_core.services.generation import RunRequest, Started
from visualizer_core.workspace import Runtime, Workspace


def limit(workspace: Workspace, **overrides: int) -> None:
    accounts.set_limits(
        workspace.runtime, workspace.client_id, LimitOverrides(**overrides), actor="test"
    )


def test_double_clicks_start_one_run_and_get_one_answer(
    workspace: Workspace, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 4)
    answers: list[Started] = []

    def click() -> None:
        answers.append(generation.start(workspace, collection_id, request_id="the-click"))

    clicks = [threading.Thread(target=click) for _ in range(6)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join(30)
    assert len(answers) == 6
    assert len(set(answers)) == 1
    assert answers[0].created == 4
    assert rows(database_urls, "SELECT count(*) FROM app.generated_assets") == [(4,)]


def test_two_tabs_with_different_clicks_make_each_picture_once(
    workspace: Workspace, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 4)
    tabs = [
        threading.Thread(
            target=generation.start, args=(workspace, collection_id), kwargs={"request_id": name}
        )
        for name in ("tab-1", "tab-2")
    ]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join(30)
    assert rows(database_urls, "SELECT count(*) FROM app.generated_assets") == [(4,)]
    check_invariants(database_urls, ended=False)


def test_a_request_id_used_for_something_else_is_a_conflict(workspace: Workspace) -> None:
    collection_id, _ = collection_of(workspace, 1)
    generation.start(workspace, collection_id, request_id="id")
    with pytest.raises(Conflict, match="different run"):
        generation.start(workspace, collection_id, request_id="id", request=RunRequest(again=True))


def test_a_run_over_the_daily_limit_starts_nothing_and_says_what_is_left(
    workspace: Workspace, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 4)
    limit(workspace, daily_generations=3)
    with pytest.raises(QuotaExceeded, match="needs 4 generations and 3 are left") as refused:
        generation.start(workspace, collection_id, request_id="run")
    assert refused.value.left == 3
    assert rows(database_urls, "SELECT count(*) FROM app.generated_assets") == [(0,)]
    check_invariants(database_urls)


def test_what_exceeds_today_can_wait_for_the_next_days(
    runtime: Runtime, workspace: Workspace, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 5)
    limit(workspace, daily_generations=2)
    started = generation.start(
        workspace, collection_id, request_id="run", request=RunRequest(later_too=True)
    )
    assert (started.created, started.later) == (5, 3)
    assert work_off(runtime) == 2
    days = rows(database_urls, "SELECT day, used, reserved FROM app.usage_days ORDER BY day")
    assert [(used, reserved) for _, used, reserved in days] == [(2, 0), (0, 2), (0, 1)]
    waits = generation.why_waiting(workspace, collection_id)
    assert waits is not None
    assert "used up" in waits
    check_invariants(database_urls, ended=False)
    make_ready(database_urls)  # the days pass
    assert work_off(runtime) == 3
    check_invariants(database_urls)


def test_parallel_starts_never_exceed_the_limit(
    clients: Clients, runtime: Runtime, database_urls: DatabaseUrls
) -> None:
    ws = runtime.workspace(clients.make(), actor="test")
    collections = [collection_of(ws, 3, name=f"Run {number}")[0] for number in range(6)]
    limit(ws, daily_generations=10)
    refused: list[QuotaExceeded] = []

    def begin(number: int) -> None:
        try:
            generation.start(ws, collections[number], request_id=f"run-{number}")
        except QuotaExceeded as error:
            refused.append(error)

    starts = [threading.Thread(target=begin, args=(number,)) for number in range(6)]
    for thread in starts:
        thread.start()
    for thread in starts:
        thread.join(30)
    assert len(refused) == 3
    [(used, reserved)] = rows(database_urls, "SELECT used, reserved FROM app.usage_days")
    assert (used, reserved) == (0, 9)
    check_invariants(database_urls, ended=False)


def test_a_budget_is_reserved_settled_and_never_exceeded(
    runtime: Runtime, workspace: Workspace, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 3)
    one = generation.estimate(workspace, collection_id).cost_micros // 3
    limit(workspace, monthly_budget_micros=one * 3)
    with pytest.raises(QuotaExceeded, match="of this month's budget is left"):
        generation.start(workspace, collection_id, request_id="too dear")
    limit(workspace, monthly_budget_micros=one * 4)
    generation.start(workspace, collection_id, request_id="fits")
    check_invariants(database_urls, ended=False)
    work_off(runtime)
    [(used, reserved, month)] = rows(
        database_urls, "SELECT used_micros, reserved_micros, month FROM app.budget_months"
    )
    [(spent,)] = rows(database_urls, "SELECT sum(cost_micros) FROM app.provider_calls")
    assert (used, reserved) == (spent, 0)
    assert month == datetime.now(UTC).date().replace(day=1)
    check_invariants(database_urls)


def test_failures_are_never_charged_to_the_quota(
    runtime: Runtime, workspace: Workspace, standin: Standin, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 2)
    standin.fault("err_400_invalid_argument", count=1)
    generation.start(workspace, collection_id, request_id="run")
    work_off(runtime)
    done = generation.progress(workspace, collection_id)
    assert (done.completed, done.error) == (1, 1)
    assert rows(database_urls, "SELECT used, reserved FROM app.usage_days") == [(1, 0)]
    check_invariants(database_urls)


def test_two_clients_have_quotas_of_their_own(
    runtime: Runtime, clients: Clients, database_urls: DatabaseUrls
) -> None:
    one, other = (runtime.workspace(clients.make(), actor="test") for _ in range(2))
    limit(one, daily_generations=1)
    collections = {ws.client_id: collection_of(ws, 2)[0] for ws in (one, other)}
    with pytest.raises(QuotaExceeded):
        generation.start(one, collections[one.client_id], request_id="same id")
    started = generation.start(other, collections[other.client_id], request_id="same id")
    assert started.created == 2
    work_off(runtime)
    check_invariants(database_urls)


def test_a_limit_raised_by_an_admin_counts_at_once(workspace: Workspace) -> None:
    collection_id, _ = collection_of(workspace, 2)
    request = RunRequest(changes=SettingsOverrides(variants=2))
    limit(workspace, daily_generations=3)
    with pytest.raises(QuotaExceeded):
        generation.start(workspace, collection_id, request_id="one", request=request)
    limit(workspace, daily_generations=4)
    assert generation.start(workspace, collection_id, request_id="two", request=request).created
