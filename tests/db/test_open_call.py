"""The ledger's opening: money may be spent once, by the holder of the lease, or not at all."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError

from tests.support.factories import MODEL, Clients
from visualizer_core.db.jobs import ClaimedAsset, claim
from visualizer_core.db.ledger import open_picture_call
from visualizer_core.db.models import GeneratedAsset, ProviderCall
from visualizer_core.db.session import Database
from visualizer_core.domain.ids import CallId, ClientId, LeaseToken, new_id
from visualizer_core.domain.status import CallState, Queue


@pytest.fixture
def held(database: Database, clients: Clients, client_id: ClientId) -> ClaimedAsset:
    """An asset a worker holds."""
    clients.assets(client_id, 1)
    with database.operator() as session:
        asset = claim(session, Queue.CLIENT, MODEL, worker="w", lease_s=60)
    assert asset is not None
    return asset


def _open(database: Database, asset: ClaimedAsset) -> CallId | None:
    call_id = CallId(new_id())
    with database.operator() as session:
        opened = open_picture_call(session, asset, call_id, estimated_micros=39_000)
    return call_id if opened else None


def _change(database: Database, asset: ClaimedAsset, **columns: Any) -> None:
    with database.operator() as session:
        session.execute(
            update(GeneratedAsset).where(GeneratedAsset.id == asset.id).values(**columns)
        )


def test_a_call_is_in_the_ledger_before_it_is_made(database: Database, held: ClaimedAsset) -> None:
    call_id = _open(database, held)
    with database.operator() as session:
        call = session.get_one(ProviderCall, call_id)
    assert (call.client_id, call.asset_id, call.lease_token) == (
        held.client_id,
        held.id,
        held.lease,
    )
    assert (call.state, call.charge, call.model) == ("sent", "maybe", MODEL)
    assert call.estimated_micros == 39_000


@pytest.mark.parametrize(
    "columns",
    [
        {"lease_token": LeaseToken(new_id())},
        {"status": "pending", "lease_token": None},
        {"cancel_requested": True},
        {"paid_call_id": CallId(new_id())},
    ],
    ids=["another_holder", "lease_over", "cancel_asked", "already_paid"],
)
def test_no_call_is_opened_for(
    columns: dict[str, Any], database: Database, held: ClaimedAsset
) -> None:
    _change(database, held, **columns)
    assert _open(database, held) is None
    with database.operator() as session:
        assert session.scalar(select(func.count()).select_from(ProviderCall)) == 0


def test_a_second_call_waits_for_the_end_of_the_first(
    database: Database, held: ClaimedAsset
) -> None:
    first = _open(database, held)
    assert first is not None
    assert _open(database, held) is None
    with database.operator() as session:
        session.execute(update(ProviderCall).values(state=CallState.REJECTED))
    assert _open(database, held) is not None


def test_of_many_at_once_one_call_is_opened(database: Database, held: ClaimedAsset) -> None:
    with ThreadPoolExecutor(8) as threads:
        attempts = [threads.submit(_open, database, held) for _ in range(24)]
    assert sum(attempt.result() is not None for attempt in attempts) == 1


def test_two_calls_under_way_for_one_asset_cannot_even_be_stored(
    database: Database, held: ClaimedAsset
) -> None:
    _open(database, held)
    with pytest.raises(IntegrityError), database.operator() as session:
        session.execute(
            text("""
                INSERT INTO provider_calls (client_id, asset_id, model)
                VALUES (:client, :asset, 'm')
            """),
            {"client": held.client_id, "asset": held.id},
        )


def test_a_cancel_that_commits_first_stops_the_call(database: Database, held: ClaimedAsset) -> None:
    with ThreadPoolExecutor(1) as worker:
        with database.operator() as session:
            session.execute(
                update(GeneratedAsset)
                .where(GeneratedAsset.id == held.id)
                .values(cancel_requested=True)
            )
            attempt = worker.submit(_open, database, held)
        assert attempt.result(timeout=10) is None


def test_the_ledger_waits_for_the_disk(database: Database, held: ClaimedAsset) -> None:
    with database.operator() as session:
        session.execute(text("SET LOCAL synchronous_commit = off"))
        open_picture_call(session, held, CallId(new_id()), estimated_micros=1)
        assert session.scalar(text("SHOW synchronous_commit")) == "on"


def test_a_client_opens_calls_for_its_own_assets_only(
    database: Database, clients: Clients, held: ClaimedAsset
) -> None:
    other = clients.make()
    with database.tenant(other) as session:
        assert not open_picture_call(session, held, CallId(new_id()), estimated_micros=1)
    with database.tenant(held.client_id) as session:
        assert open_picture_call(session, held, CallId(new_id()), estimated_micros=1)
