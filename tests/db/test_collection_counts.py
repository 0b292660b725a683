"""Counts of a collection's assets: kept by the database, equal to counting, whatever happens."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete, func, select, text, update

from tests.support.factories import Clients
from visualizer_core.db.models import Collection, CollectionCount, GeneratedAsset
from visualizer_core.db.session import Database
from visualizer_core.domain.ids import ClientId, CollectionId, ProductId
from visualizer_core.domain.status import AssetStatus

_STATUSES = [status.value for status in AssetStatus]


@pytest.fixture
def collection_id(clients: Clients, client_id: ClientId) -> CollectionId:
    return clients.collection(client_id)


def _counted(database: Database, collection_id: CollectionId) -> dict[str, int]:
    """What the counts say; only what is not 0."""
    columns = [func.sum(getattr(CollectionCount, status)) for status in _STATUSES]
    query = select(*columns).where(CollectionCount.collection_id == collection_id)
    with database.operator() as session:
        row = session.execute(query).one()
    return {status: int(n) for status, n in zip(_STATUSES, row, strict=True) if n}


def _truth(database: Database, collection_id: CollectionId) -> dict[str, int]:
    query = select(GeneratedAsset.status).where(GeneratedAsset.collection_id == collection_id)
    with database.operator() as session:
        return dict(Counter(session.scalars(query)))


def test_counts_follow_inserts_changes_and_deletes(
    database: Database, clients: Clients, client_id: ClientId, collection_id: CollectionId
) -> None:
    assets = clients.assets(client_id, 10, collection_id=collection_id)
    assert _counted(database, collection_id) == {"pending": 10}
    with database.tenant(client_id) as session:
        session.execute(
            update(GeneratedAsset)
            .where(GeneratedAsset.id.in_(assets[:4]))
            .values(status="error", cost_micros=250)
        )
        session.execute(
            update(GeneratedAsset).where(GeneratedAsset.id == assets[0]).values(pinned=True)
        )
    with database.operator() as session:
        session.execute(delete(GeneratedAsset).where(GeneratedAsset.id == assets[9]))
        cost = session.scalar(select(func.sum(CollectionCount.cost_micros)))
    assert _counted(database, collection_id) == {"pending": 5, "error": 4}
    assert cost == 1_000


def test_what_is_rolled_back_is_not_counted(
    database: Database, clients: Clients, client_id: ClientId, collection_id: CollectionId
) -> None:
    clients.assets(client_id, 3, collection_id=collection_id)
    with database.tenant(client_id) as session:
        session.execute(update(GeneratedAsset).values(status="cancelled"))
        session.rollback()
    assert _counted(database, collection_id) == {"pending": 3}


def test_one_statement_over_two_collections_counts_in_both(
    database: Database, clients: Clients, client_id: ClientId
) -> None:
    both = [clients.collection(client_id) for _ in range(2)]
    for number, collection_id in enumerate(both, start=2):
        clients.assets(client_id, number, collection_id=collection_id)
    with database.tenant(client_id) as session:
        session.execute(update(GeneratedAsset).values(status="cancelled"))
    assert [_counted(database, c) for c in both] == [{"cancelled": 2}, {"cancelled": 3}]


def test_a_deleted_collection_takes_its_assets_and_counts_with_it(
    database: Database, clients: Clients, client_id: ClientId, collection_id: CollectionId
) -> None:
    clients.assets(client_id, 3, collection_id=collection_id)
    with database.operator() as session:
        session.execute(delete(Collection).where(Collection.id == collection_id))
    assert _counted(database, collection_id) == {}
    assert _truth(database, collection_id) == {}


def test_counts_stay_true_while_many_write(
    database: Database,
    clients: Clients,
    client_id: ClientId,
    collection_id: CollectionId,
) -> None:
    product: ProductId = clients.product(client_id)
    clients.assets(client_id, 40, collection_id=collection_id, product_id=product)

    def work(worker: int) -> None:
        for turn in range(10):
            with database.operator() as session:
                session.execute(
                    text("""
                        UPDATE generated_assets SET status = :status WHERE id IN (
                          SELECT id FROM generated_assets WHERE status = :was
                          ORDER BY random() LIMIT 3 FOR UPDATE SKIP LOCKED)
                    """),
                    {
                        "status": ("cancelled", "error", "pending")[(worker + turn) % 3],
                        "was": ("pending", "cancelled", "error")[(worker + turn) % 3],
                    },
                )
            if turn % 4 == 0:
                clients.assets(client_id, 2, collection_id=collection_id, product_id=product)

    with ThreadPoolExecutor(6) as workers:
        for done in [workers.submit(work, number) for number in range(6)]:
            done.result()
    assert _counted(database, collection_id) == _truth(database, collection_id)
