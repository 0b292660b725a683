"""Rows for tests, made the way the program makes them: through the doors."""

import itertools
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update

from visualizer_core.db.models import (
    Client,
    Collection,
    FairShare,
    GeneratedAsset,
    Image,
    Inspiration,
    Product,
)
from visualizer_core.db.session import Database
from visualizer_core.domain.ids import (
    AssetId,
    ClientId,
    CollectionId,
    ImageId,
    InspirationId,
    ProductId,
    new_id,
)
from visualizer_core.domain.quota import Plan
from visualizer_core.domain.status import ImageKind, InspirationSource, Queue

__all__ = ["MODEL", "Clients"]

MODEL = "test-image-model"


class Clients:
    """Makes clients and what they own; every method commits and returns ids."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._numbers = itertools.count(1)

    def make(self, *, plan: Plan = Plan.PRO, weight: float = 1.0, **columns: Any) -> ClientId:
        """A client; `columns` are those of `clients`."""
        client_id, number = ClientId(new_id()), next(self._numbers)
        values = {"name": f"Client {number}", "slug": f"client-{number}"} | columns
        with self.database.operator() as session:
            session.execute(insert(Client).values(id=client_id, plan=plan, weight=weight, **values))
        return client_id

    def product(self, client_id: ClientId, **columns: Any) -> ProductId:
        """A product with a SKU of its own."""
        number = next(self._numbers)
        sku = f"SKU-{number}"
        values = {"sku": sku, "import_key": f"sku:{sku}", "name": f"Product {number}"} | columns
        return ProductId(self._add(client_id, Product, values))

    def image(self, client_id: ClientId, **columns: Any) -> ImageId:
        """A picture's row; nothing is stored."""
        number = next(self._numbers)
        values: dict[str, Any] = {
            "kind": ImageKind.PRODUCT,
            "s3_key": f"clients/{client_id}/products/{number}.png",
            "sha256": f"{number:064x}",
            "mime": "image/png",
            "width": 800,
            "height": 600,
            "bytes": 1000,
        }
        return ImageId(self._add(client_id, Image, values | columns))

    def collection(self, client_id: ClientId, **columns: Any) -> CollectionId:
        """An empty collection."""
        values = {"name": f"Collection {next(self._numbers)}"} | columns
        return CollectionId(self._add(client_id, Collection, values))

    def inspiration(
        self, client_id: ClientId, collection_id: CollectionId, **columns: Any
    ) -> InspirationId:
        """A scene of a collection, with a picture of its own."""
        values: dict[str, Any] = {
            "collection_id": collection_id,
            "source": InspirationSource.UPLOAD,
        } | columns
        if "image_id" not in values:
            values["image_id"] = self.image(client_id, kind=ImageKind.INSPIRATION)
        return InspirationId(self._add(client_id, Inspiration, values))

    def asset(
        self,
        client_id: ClientId,
        collection_id: CollectionId,
        product_id: ProductId,
        **columns: Any,
    ) -> AssetId:
        """A pending asset of `MODEL` on the client queue."""
        return self.assets(client_id, 1, collection_id=collection_id, product_id=product_id,
                           **columns)[0]  # fmt: skip

    def assets(
        self,
        client_id: ClientId,
        count: int,
        *,
        collection_id: CollectionId | None = None,
        product_id: ProductId | None = None,
        queue: Queue = Queue.CLIENT,
        model: str = MODEL,
        **columns: Any,
    ) -> list[AssetId]:
        """Pending assets and the client's place in the queue."""
        collection_id = collection_id or self.collection(client_id)
        product_id = product_id or self.product(client_id)
        ids = [AssetId(new_id()) for _ in range(count)]
        shared = {
            "client_id": client_id, "collection_id": collection_id, "product_id": product_id,
            "queue": queue, "model": model,
        } | columns  # fmt: skip
        with self.database.tenant(client_id) as session:
            session.execute(insert(GeneratedAsset), [{"id": asset} | shared for asset in ids])
        self.share(client_id, queue=queue)
        return ids

    def share(self, client_id: ClientId, *, queue: Queue = Queue.CLIENT, **columns: Any) -> None:
        """The client's place in a queue's fair claim, made or changed."""
        where = (FairShare.queue == queue, FairShare.client_id == client_id)
        with self.database.operator() as session:
            if session.get(FairShare, (queue, client_id)) is None:
                session.execute(insert(FairShare).values(queue=queue, client_id=client_id))
            if columns:
                session.execute(update(FairShare).where(*where).values(**columns))

    def change(self, model: Any, row_id: UUID | str, columns: Mapping[str, Any]) -> None:
        """Change a row behind every rule of the services."""
        with self.database.operator() as session:
            session.execute(update(model).where(model.id == row_id).values(**columns))

    def _add(self, client_id: ClientId, model: Any, columns: Mapping[str, Any]) -> UUID:
        row_id = new_id()
        with self.database.tenant(client_id) as session:
            session.execute(
                insert(model).values(**({"id": row_id, "client_id": client_id} | dict(columns)))
            )
        return row_id
