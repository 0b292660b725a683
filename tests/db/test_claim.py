"""The claim: fair between clients, within every limit, and never twice."""

import itertools
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text, update

from tests.support.factories import MODEL, Clients
from visualizer_core.db.jobs import ClaimedAsset, claim
from visualizer_core.db.models import Client, Collection, GeneratedAsset, ProviderLimit
from visualizer_core.db.session import Database
from visualizer_core.domain.ids import ClientId, CollectionId
from visualizer_core.domain.status import Priority, Queue

_Two = tuple[ClientId, ClientId]


def _claim(
    database: Database,
    queue: Queue = Queue.CLIENT,
    model: str = MODEL,
    *,
    worker: str = "w",
    lease_s: float = 60.0,
    quarantine: bool = False,
) -> ClaimedAsset | None:
    with database.operator() as session:
        return claim(session, queue, model, worker=worker, lease_s=lease_s, quarantine=quarantine)


def _claim_many(database: Database, count: int) -> list[ClaimedAsset]:
    claimed = (_claim(database) for _ in range(count))
    return [asset for asset in claimed if asset is not None]


def _end(database: Database, asset: ClaimedAsset) -> None:
    with database.operator() as session:
        session.execute(
            update(GeneratedAsset)
            .where(GeneratedAsset.id == asset.id)
            .values(status="error", lease_token=None, lease_until=None)
        )


def _limit(database: Database, **columns: Any) -> None:
    with database.operator() as session:
        session.add(ProviderLimit(model=MODEL, **columns))


def _run_sql(database: Database, sql: str, **values: object) -> None:
    with database.operator() as session:
        session.execute(text(sql), values)


# --- what a claim is ------------------------------------------------------------------------------


def test_a_claim_makes_the_asset_the_workers_until_its_lease_ends(
    database: Database, clients: Clients, client_id: ClientId
) -> None:
    (asset_id,) = clients.assets(client_id, 1)
    claimed = _claim(database, worker="here:1", lease_s=45.0)
    assert claimed is not None
    assert (claimed.id, claimed.client_id, claimed.attempts) == (asset_id, client_id, 1)
    with database.operator() as session:
        row = session.get_one(GeneratedAsset, asset_id)
        left = session.scalar(
            text("SELECT extract(epoch FROM lease_until - now()) FROM generated_assets")
        )
    assert (row.status, row.lease_token, row.leased_by) == ("generating", claimed.lease, "here:1")
    assert row.progress == 5
    assert 30 < float(left or 0) <= 45
    assert _claim(database) is None


def test_a_row_is_generating_exactly_while_it_has_a_lease(
    database: Database, clients: Clients, client_id: ClientId
) -> None:
    clients.assets(client_id, 1)
    for columns in ("status = 'generating'", "lease_token = gen_random_uuid()"):
        with pytest.raises(Exception, match="lease_iff_generating"):
            _run_sql(database, f"UPDATE generated_assets SET {columns}")  # noqa: S608 - above


def test_within_a_client_people_come_first_and_then_the_oldest(
    database: Database, clients: Clients, client_id: ClientId
) -> None:
    old, newer = clients.assets(client_id, 2)
    (person,) = clients.assets(client_id, 1, priority=Priority.PERSON)
    assert [asset.id for asset in _claim_many(database, 3)] == [person, old, newer]


def test_the_claim_alone_commits_without_waiting_for_the_disk(
    database: Database, clients: Clients, client_id: ClientId
) -> None:
    clients.assets(client_id, 1)
    with database.operator() as session:
        session.execute(text("SET LOCAL synchronous_commit = on"))
        claim(session, Queue.CLIENT, MODEL, worker="w", lease_s=60)
        assert session.scalar(text("SHOW synchronous_commit")) == "off"
    with database.operator() as session:
        before = session.scalar(text("SELECT reset_val FROM pg_settings WHERE name = :name"),
                                {"name": "synchronous_commit"})  # fmt: skip
        assert session.scalar(text("SHOW synchronous_commit")) == before


# --- fairness -------------------------------------------------------------------------------------


@pytest.mark.parametrize("calls_take_time", [True, False], ids=["slow", "instant"])
def test_five_pictures_of_one_client_do_not_wait_for_two_hundred_of_another(
    *, calls_take_time: bool, database: Database, clients: Clients, two_clients: _Two
) -> None:
    big, small = two_clients
    clients.assets(big, 200)
    clients.assets(small, 5)
    order: list[ClientId] = []
    for asset in itertools.islice(iter(lambda: _claim(database), None), 10):
        order.append(asset.client_id)
        if not calls_take_time:
            _end(database, asset)
    assert order.count(small) == 5


@pytest.mark.parametrize("calls_take_time", [True, False], ids=["slow", "instant"])
def test_a_client_of_three_times_the_weight_gets_three_times_the_slots(
    *, calls_take_time: bool, database: Database, clients: Clients, two_clients: _Two
) -> None:
    light, heavy = two_clients
    clients.assets(light, 40)
    clients.assets(heavy, 40)
    clients.share(heavy, weight=3.0)
    taken = Counter[ClientId]()
    for _ in range(40):
        asset = _claim(database)
        assert asset is not None
        taken[asset.client_id] += 1
        if not calls_take_time:
            _end(database, asset)
    assert taken[heavy] == pytest.approx(30, abs=1)


def test_a_client_that_was_away_has_saved_nothing_up(
    database: Database, clients: Clients, two_clients: _Two
) -> None:
    busy, back = two_clients
    clients.assets(busy, 60)
    for _ in range(40):
        asset = _claim(database)
        assert asset is not None
        _end(database, asset)
    clients.assets(back, 20)
    taken = Counter[ClientId]()
    for _ in range(10):
        asset = _claim(database)
        assert asset is not None
        taken[asset.client_id] += 1
        _end(database, asset)
    assert taken[busy] >= 4


# --- limits ---------------------------------------------------------------------------------------


def test_no_more_run_at_once_than_the_model_allows(
    database: Database, clients: Clients, two_clients: _Two
) -> None:
    _limit(database, max_in_flight=5, reserved_slots=0)
    for client_id in two_clients:
        clients.assets(client_id, 5)
    assert len(_claim_many(database, 8)) == 5


def test_a_model_nobody_configured_has_the_default_limits(
    database: Database, clients: Clients, client_id: ClientId
) -> None:
    clients.assets(client_id, 70)
    assert len(_claim_many(database, 70)) == 62
    clients.assets(client_id, 5, priority=Priority.PERSON)
    assert len(_claim_many(database, 5)) == 2


def test_work_in_flight_counts_whichever_queue_it_came_from(
    database: Database, clients: Clients, client_id: ClientId
) -> None:
    _limit(database, max_in_flight=2, reserved_slots=0)
    clients.assets(client_id, 2, queue=Queue.ADMIN)
    clients.assets(client_id, 2)
    assert _claim(database, queue=Queue.ADMIN) is not None
    assert len(_claim_many(database, 3)) == 1


def test_reserved_slots_are_for_work_a_person_waits_for(
    database: Database, clients: Clients, two_clients: _Two
) -> None:
    _limit(database, max_in_flight=4, reserved_slots=2)
    bulk, person = two_clients
    clients.assets(bulk, 10)
    assert len(_claim_many(database, 3)) == 2
    clients.assets(person, 3, priority=Priority.PERSON)
    assert [asset.client_id for asset in _claim_many(database, 4)] == [person, person]


def test_a_clients_own_limit_leaves_room_for_the_others(
    database: Database, clients: Clients, two_clients: _Two
) -> None:
    capped, free = two_clients
    clients.assets(capped, 5)
    clients.assets(free, 5)
    clients.share(capped, max_in_flight=2)
    taken = Counter(asset.client_id for asset in _claim_many(database, 10))
    assert taken == {capped: 2, free: 5}


# --- what is not claimed --------------------------------------------------------------------------

_Hinder = Callable[[Database, Clients, ClientId, CollectionId], None]


def _pause_model(database: Database, _c: Clients, _id: ClientId, _k: CollectionId) -> None:
    _limit(database)
    _run_sql(database, "UPDATE provider_limits SET paused_until = now() + interval '1 minute'")


def _hold(database: Database, _c: Clients, _id: ClientId, _k: CollectionId) -> None:
    _run_sql(database, "UPDATE generated_assets SET hold = 'paused'")


def _later(database: Database, _c: Clients, _id: ClientId, _k: CollectionId) -> None:
    _run_sql(database, "UPDATE generated_assets SET run_after = now() + interval '1 minute'")


def _suspend(_d: Database, clients: Clients, client_id: ClientId, _k: CollectionId) -> None:
    clients.change(Client, client_id, {"status": "suspended"})


def _delete(database: Database, _c: Clients, client_id: ClientId, _k: CollectionId) -> None:
    _run_sql(database, "UPDATE clients SET deleted_at = now() WHERE id = :id", id=client_id)


def _pause_run(_d: Database, clients: Clients, _id: ClientId, collection: CollectionId) -> None:
    clients.change(Collection, collection, {"run_state": "paused", "version": 2})


def _block(database: Database, _c: Clients, _id: ClientId, _k: CollectionId) -> None:
    _run_sql(database, "UPDATE fair_shares SET blocked_until = now() + interval '1 minute'")


def _crash_twice(database: Database, _c: Clients, _id: ClientId, _k: CollectionId) -> None:
    _run_sql(database, "UPDATE generated_assets SET crashes = 2")


@pytest.mark.parametrize(
    "hinder",
    [_pause_model, _hold, _later, _suspend, _delete, _pause_run, _block, _crash_twice],
    ids=lambda hinder: str(hinder.__name__).strip("_"),
)
def test_is_not_claimed_after(
    hinder: _Hinder, database: Database, clients: Clients, client_id: ClientId
) -> None:
    collection_id = clients.collection(client_id)
    clients.assets(client_id, 2, collection_id=collection_id)
    assert _claim(database) is not None
    hinder(database, clients, client_id, collection_id)
    assert _claim(database) is None


def test_work_of_another_queue_or_model_is_not_claimed(
    database: Database, clients: Clients, client_id: ClientId
) -> None:
    clients.assets(client_id, 1)
    assert _claim(database, queue=Queue.ADMIN) is None
    assert _claim(database, model="another-model") is None
    assert _claim(database) is not None


def test_a_pause_that_is_over_hinders_nothing(
    database: Database, clients: Clients, client_id: ClientId
) -> None:
    clients.assets(client_id, 1)
    _limit(database)
    _run_sql(database, "UPDATE provider_limits SET paused_until = now() - interval '1 second'")
    _run_sql(database, "UPDATE fair_shares SET blocked_until = now() - interval '1 second'")
    assert _claim(database) is not None


# --- quarantine -----------------------------------------------------------------------------------


def test_suspects_are_tried_in_quarantine_only_and_one_at_a_time(
    database: Database, clients: Clients, client_id: ClientId
) -> None:
    suspects = set(clients.assets(client_id, 2, crashes=2))
    assert _claim(database) is None
    first = _claim(database, quarantine=True)
    assert first is not None
    assert first.id in suspects
    assert _claim(database, quarantine=True) is None
    _end(database, first)
    assert _claim(database, quarantine=True) is not None


def test_the_quarantine_takes_no_ordinary_work(
    database: Database, clients: Clients, client_id: ClientId
) -> None:
    clients.assets(client_id, 1)
    assert _claim(database, quarantine=True) is None


# --- many at once ---------------------------------------------------------------------------------


def test_eight_threads_claim_everything_and_nothing_twice(
    database: Database, clients: Clients, two_clients: _Two
) -> None:
    _limit(database, max_in_flight=1_000, reserved_slots=0)
    wanted = {asset for client in two_clients for asset in clients.assets(client, 60)}
    with ThreadPoolExecutor(8) as threads:
        taken = [
            asset.id
            for assets in threads.map(partial(_claim_many, database), [30] * 8)
            for asset in assets
        ]
    assert len(taken) == len(set(taken))
    assert set(taken) == wanted


def test_eight_threads_stay_within_the_models_limit(
    database: Database, clients: Clients, client_id: ClientId
) -> None:
    _limit(database, max_in_flight=10, reserved_slots=0)
    clients.assets(client_id, 60)
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(partial(_claim_many, database), [5] * 8))
    assert sum(map(len, taken)) == 10


def test_a_row_somebody_else_is_changing_is_passed_over_without_waiting(
    database: Database, clients: Clients, two_clients: _Two
) -> None:
    (locked,), (free,) = (clients.assets(client, 1) for client in two_clients)
    with database.operator() as session:
        session.execute(
            text("SELECT 1 FROM generated_assets WHERE id = :id FOR UPDATE"), {"id": locked}
        )
        session.execute(text("SELECT 1 FROM fair_shares FOR UPDATE"))
        claimed = _claim(database)
        assert claimed is not None
        assert claimed.id == free
        assert _claim(database) is None
