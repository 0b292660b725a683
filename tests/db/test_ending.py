"""The end of work: two workers at once, and locks that are not kept longer than needed."""

import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text

from tests.support.factories import MODEL, Clients
from visualizer_core.db.jobs import (
    ClaimedAsset,
    Finished,
    HandBack,
    Handed,
    Picture,
    claim,
    finish,
    hand_back,
)
from visualizer_core.db.models import Collection
from visualizer_core.db.session import Database
from visualizer_core.domain.ids import ClientId, ImageId, new_id
from visualizer_core.domain.status import AssetStatus, CollectionStatus, Queue

SECONDS = 20.0


def _claimed(database: Database) -> ClaimedAsset:
    with database.operator_statement() as session:
        asset = claim(session, Queue.CLIENT, MODEL, worker="w", lease_s=60.0)
    assert asset is not None
    return asset


def _picture(client_id: ClientId) -> Picture:
    return Picture(
        id=ImageId(new_id()),
        s3_key=f"clients/{client_id}/generated/{new_id()}.jpg",
        sha256="0" * 64,
        phash=None,
        mime="image/jpeg",
        width=1024,
        height=1024,
        bytes=1,
        thumbnail_widths=(512,),
        prompt="",
        prompt_trace={},
        recipe={},
        recipe_hash="",
    )


def _last_two(clients: Clients, client_id: ClientId) -> tuple[ClaimedAsset, ClaimedAsset]:
    collection_id = clients.collection(client_id, status=CollectionStatus.GENERATING)
    clients.assets(client_id, 2, collection_id=collection_id)
    return _claimed(clients.database), _claimed(clients.database)


def _status(database: Database, asset: ClaimedAsset) -> str:
    with database.operator() as session:
        return session.get_one(Collection, asset.collection_id).status


def test_of_two_workers_that_finish_the_last_two_at_once_the_second_closes_the_collection(
    database: Database, clients: Clients, client_id: ClientId
) -> None:
    one, other = _last_two(clients, client_id)
    asked = threading.Event()

    def finish_other() -> Finished | None:
        with database.tenant(client_id) as session:
            session.execute(text("SELECT 1"))
            asked.set()
            return finish(session, other, _picture(client_id))

    with ThreadPoolExecutor(1) as pool:
        with database.tenant(client_id) as session:
            assert finish(session, one, _picture(client_id)) == Finished(collection_completed=False)
            second = pool.submit(finish_other)
            assert asked.wait(SECONDS)
            _wait_for_a_waiting_session(database)
        assert second.result(SECONDS) == Finished(collection_completed=True)
    assert _status(database, one) == CollectionStatus.COMPLETED


def test_the_last_asset_that_ends_without_a_picture_closes_the_collection(
    database: Database, clients: Clients, client_id: ClientId
) -> None:
    one, other = _last_two(clients, client_id)
    with database.tenant(client_id) as session:
        finish(session, one, _picture(client_id))
    with database.tenant(client_id) as session:
        assert hand_back(session, other, HandBack(AssetStatus.PENDING)) == Handed(
            AssetStatus.PENDING, collection_completed=False
        )
    again = _claimed(database)
    with database.tenant(client_id) as session:
        assert hand_back(session, again, HandBack(AssetStatus.ERROR)) == Handed(
            AssetStatus.ERROR, collection_completed=True
        )


def test_a_claim_keeps_nothing_locked_once_it_has_answered(
    database: Database, clients: Clients, client_id: ClientId
) -> None:
    clients.assets(client_id, 2)
    with database.operator_statement() as session:
        # This session is still open, and has no transaction any more that others would wait for.
        assert claim(session, Queue.CLIENT, MODEL, worker="w", lease_s=60.0) is not None
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(_claimed, database).result(SECONDS)


def _wait_for_a_waiting_session(database: Database) -> None:
    for _ in range(int(SECONDS / 0.02)):
        with database.engine("tenant").connect() as other:
            waiting = text("""
                SELECT count(*) FROM pg_stat_activity
                WHERE usename = current_user AND wait_event_type = 'Lock'
            """)
            if other.scalar(waiting):
                return
        threading.Event().wait(0.02)
    raise AssertionError("nobody waits: the two did not meet")
