"""Clients as the operator keeps them, and what a client sets for itself."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, text

from tests.support.factories import MODEL, Clients
from tests.support.postgres import DatabaseUrls
from tests.support.runtime import database_runtime
from visualizer_core.db.jobs import claim
from visualizer_core.db.models import AuditEntry, FairShare, UsageDay
from visualizer_core.db.session import Database
from visualizer_core.domain.generation_settings import SettingsOverrides
from visualizer_core.domain.ids import ClientId, new_id
from visualizer_core.domain.quota import PLANS, LimitOverrides, Plan
from visualizer_core.domain.status import Queue
from visualizer_core.errors import Conflict, InvalidInput, NotFound
from visualizer_core.services import accounts
from visualizer_core.workspace import Runtime, Workspace

BOSS = "admin:boss"


@pytest.fixture
def rt(database: Database, database_urls: DatabaseUrls) -> Iterator[Runtime]:
    assert database
    runtime = database_runtime(database_urls)
    yield runtime
    runtime.close()


@pytest.fixture
def oak(rt: Runtime) -> ClientId:
    return accounts.create_client(rt, "North Oak", "north-oak", Plan.STARTER, actor=BOSS)


@pytest.fixture
def ws(rt: Runtime, oak: ClientId) -> Workspace:
    return rt.workspace(oak, actor="user:ada")


def _log(rt: Runtime) -> list[tuple[str, str, Any, Any]]:
    query = select(AuditEntry).order_by(AuditEntry.id)
    with rt.begin() as session:
        return [(e.actor, e.action, e.before, e.after) for e in session.scalars(query)]


def _may_claim(rt: Runtime) -> bool:
    with rt.begin() as session:
        taken = claim(session, Queue.CLIENT, MODEL, worker="w", lease_s=60)
        session.rollback()
    return taken is not None


def test_a_client_is_found_by_slug_and_by_id(rt: Runtime, oak: ClientId) -> None:
    found = accounts.find_client(rt, "north-oak")
    assert found == accounts.find_client(rt, str(oak)) == accounts.find_client(rt, " North-Oak ")
    assert (found.id, found.name, found.plan) == (oak, "North Oak", Plan.STARTER)
    assert found.limits == PLANS[Plan.STARTER]
    assert found.is_active


@pytest.mark.parametrize("wanted", ["south-oak", "", "7d3e4f5a-0000-4000-8000-000000000000"])
@pytest.mark.usefixtures("oak")
def test_a_client_that_is_not_there_is_named(wanted: str, rt: Runtime) -> None:
    with pytest.raises(NotFound, match=f"There is no client '{wanted}'"):
        accounts.find_client(rt, wanted)


@pytest.mark.parametrize(
    "slug",
    ["", "North-Oak", "north oak", "-oak", "oak-", "öak", "a" * 64, "oak/../x", "x\n",
     "7d3e4f5a-0000-4000-8000-000000000000"],
)  # fmt: skip
def test_a_slug_that_cannot_stand_in_an_address_is_refused(slug: str, rt: Runtime) -> None:
    with pytest.raises(InvalidInput, match="slug"):
        accounts.create_client(rt, "Oak", slug, actor=BOSS)
    assert accounts.list_clients(rt) == []


@pytest.mark.parametrize("slug", ["a", "7", "north-oak", "a" * 63])
def test_a_slug_may_be(slug: str, rt: Runtime) -> None:
    accounts.create_client(rt, "Oak", slug, actor=BOSS)
    assert accounts.find_client(rt, slug).slug == slug


@pytest.mark.parametrize("name", ["", "   ", "x" * 121])
def test_a_name_that_is_empty_or_endless_is_refused(name: str, rt: Runtime) -> None:
    with pytest.raises(InvalidInput, match="1 to 120 characters"):
        accounts.create_client(rt, name, "oak", actor=BOSS)


@pytest.mark.usefixtures("oak")
def test_a_slug_is_given_once_also_to_two_at_the_same_time(rt: Runtime) -> None:
    with pytest.raises(Conflict, match="north-oak"):
        accounts.create_client(rt, "Other", "north-oak", actor=BOSS)

    def make(number: int) -> bool:
        try:
            accounts.create_client(rt, f"Elm {number}", "elm", actor=BOSS)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(make, range(6))) == 1


def test_plan_and_limits_take_effect_at_once(rt: Runtime, oak: ClientId, ws: Workspace) -> None:
    accounts.set_plan(rt, oak, Plan.PRO, actor=BOSS)
    assert accounts.limits_of(ws) == PLANS[Plan.PRO]
    accounts.set_limits(
        rt, oak, LimitOverrides(daily_generations=7, monthly_budget_micros=5_000_000), actor=BOSS
    )
    limits = accounts.limits_of(ws)
    assert (limits.daily_generations, limits.monthly_budget_micros) == (7, 5_000_000)
    assert limits.storage_bytes == PLANS[Plan.PRO].storage_bytes
    accounts.set_limits(rt, oak, LimitOverrides(), actor=BOSS)
    assert accounts.limits_of(ws) == PLANS[Plan.PRO]


def test_usage_says_what_is_left(rt: Runtime, oak: ClientId, ws: Workspace) -> None:
    accounts.set_limits(rt, oak, LimitOverrides(daily_generations=10), actor=BOSS)
    assert accounts.usage(ws).generations_left == 10
    with ws.begin() as session:
        today = session.scalar(text("SELECT (now() AT TIME ZONE 'UTC')::date"))
        session.add(UsageDay(client_id=oak, day=today, used=3, reserved=4))
    now = accounts.usage(ws)
    assert (now.used, now.reserved, now.generations_left, now.micros_left) == (3, 4, 3, None)


def test_a_suspended_clients_work_waits_and_then_goes_on(
    rt: Runtime, oak: ClientId, clients: Clients
) -> None:
    clients.assets(oak, 1)
    assert _may_claim(rt)
    accounts.suspend_client(rt, oak, actor=BOSS)
    assert not _may_claim(rt)
    assert not accounts.find_client(rt, "north-oak").is_active
    accounts.resume_client(rt, oak, actor=BOSS)
    assert _may_claim(rt)


def test_a_deleted_client_is_gone_from_lists_and_can_come_back(
    rt: Runtime, oak: ClientId, clients: Clients
) -> None:
    clients.assets(oak, 1)
    accounts.delete_client(rt, oak, actor=BOSS)
    assert accounts.list_clients(rt) == []
    assert [client.deleted_at for client in accounts.list_clients(rt, deleted=True)] != [None]
    assert not _may_claim(rt)
    with pytest.raises(NotFound):
        accounts.find_client(rt, "north-oak")
    with pytest.raises(NotFound):
        accounts.set_plan(rt, oak, Plan.PRO, actor=BOSS)
    with pytest.raises(Conflict):
        accounts.create_client(rt, "Another", "north-oak", actor=BOSS)
    accounts.restore_client(rt, oak, actor=BOSS)
    assert accounts.find_client(rt, "north-oak").is_active
    assert _may_claim(rt)


def test_only_what_is_in_the_trash_is_restored(rt: Runtime, oak: ClientId) -> None:
    with pytest.raises(NotFound, match="not in the trash"):
        accounts.restore_client(rt, oak, actor=BOSS)


def test_a_weight_reaches_the_fair_claim(rt: Runtime, oak: ClientId, clients: Clients) -> None:
    clients.share(oak)
    accounts.set_weight(rt, oak, 2.5, actor=BOSS)
    with rt.begin() as session:
        assert session.scalars(select(FairShare.weight)).all() == [2.5]
    assert accounts.find_client(rt, "north-oak").weight == 2.5


@pytest.mark.parametrize("weight", [0.0, -1.0, 101.0, float("nan"), float("inf")])
def test_a_weight_out_of_bounds_is_refused(weight: float, rt: Runtime, oak: ClientId) -> None:
    with pytest.raises(InvalidInput, match="weight"):
        accounts.set_weight(rt, oak, weight, actor=BOSS)


def test_every_change_is_in_the_audit_log_with_before_and_after(
    rt: Runtime, oak: ClientId, ws: Workspace
) -> None:
    accounts.set_plan(rt, oak, Plan.PRO, actor=BOSS)
    accounts.set_limits(rt, oak, LimitOverrides(daily_generations=7), actor=BOSS)
    accounts.suspend_client(rt, oak, actor=BOSS)
    accounts.suspend_client(rt, oak, actor=BOSS)  # already: nothing happened
    accounts.set_brand_kit(ws, SettingsOverrides(palette=("#AABBCC",)))
    first, *rest = _log(rt)
    assert first[:2] == (BOSS, "client.created")
    assert rest == [
        (BOSS, "client.plan_set", {"plan": "starter"}, {"plan": "pro"}),
        (BOSS, "client.limits_set", {}, {"daily_generations": 7}),
        (BOSS, "client.suspended", None, None),
        ("user:ada", "client.brand_kit_set", {}, {"palette": ["#AABBCC"]}),
    ]


def test_a_change_that_fails_leaves_no_entry(rt: Runtime) -> None:
    nobody = ClientId(new_id())
    for change in (
        lambda: accounts.set_plan(rt, nobody, Plan.PRO, actor=BOSS),
        lambda: accounts.suspend_client(rt, nobody, actor=BOSS),
        lambda: accounts.delete_client(rt, nobody, actor=BOSS),
    ):
        with pytest.raises(NotFound):
            change()
    assert _log(rt) == []


def test_a_client_sets_defaults_for_all_and_for_some_of_its_pictures(ws: Workspace) -> None:
    everywhere = SettingsOverrides(style="Japandi", variants=2)
    accounts.set_generation_defaults(ws, everywhere)
    accounts.set_brand_kit(ws, SettingsOverrides(palette=("#102030",)))
    accounts.set_category_defaults(ws, " Garden Chairs ", SettingsOverrides(scene_type="Garden"))
    accounts.set_category_defaults(ws, "Lamps", SettingsOverrides(lighting="Candlelight"))
    accounts.set_category_defaults(ws, "lamps", None)
    now = accounts.defaults(ws)
    assert now.generation == everywhere
    assert now.brand_kit.palette == ("#102030",)
    assert dict(now.categories) == {"garden chairs": SettingsOverrides(scene_type="Garden")}


def test_defaults_of_one_client_are_not_anothers(rt: Runtime, ws: Workspace) -> None:
    elm = rt.workspace(accounts.create_client(rt, "Elm", "elm", actor=BOSS), actor="user:eve")
    accounts.set_generation_defaults(ws, SettingsOverrides(style="Japandi"))
    assert accounts.defaults(elm).generation == SettingsOverrides()


def test_two_who_change_categories_at_once_both_succeed(ws: Workspace) -> None:
    names = [f"category {number}" for number in range(8)]
    with ThreadPoolExecutor(4) as threads:
        for done in [
            threads.submit(accounts.set_category_defaults, ws, name, SettingsOverrides(variety=5))
            for name in names
        ]:
            done.result()
    assert sorted(accounts.defaults(ws).categories) == names


def test_defaults_of_no_category_are_refused(ws: Workspace) -> None:
    with pytest.raises(InvalidInput, match="Name the category"):
        accounts.set_category_defaults(ws, "  ", SettingsOverrides())
