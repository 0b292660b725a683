"""A client's things in a test: made quickly, and looked at from behind the services."""

import io
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from PIL import Image, ImageDraw

from tests.importing.make import records_csv
from tests.support.factories import Clients
from tests.support.postgres import DatabaseUrls
from tests.support.working import rows
from visualizer_core.domain.ids import (
    AssetId,
    CollectionId,
    ImageId,
    InspirationId,
    ProductId,
    new_id,
)
from visualizer_core.domain.keys import generated_key
from visualizer_core.domain.status import AssetStatus, ImageKind
from visualizer_core.services import catalogue
from visualizer_core.services.catalogue import shelving
from visualizer_core.workspace import Workspace

__all__ = ["Seen", "Shop", "at_once", "drawing"]

_Result = TypeVar("_Result")


class Seen(list[tuple[int, int]]):
    """What a progress callback was told."""

    def __call__(self, done: int, total: int) -> None:
        """Be told."""
        self.append((done, total))


def at_once(times: int, work: Callable[[], _Result]) -> list[_Result]:
    """Do the same in several threads."""
    with ThreadPoolExecutor(times) as pool:
        return [one.result() for one in [pool.submit(work) for _ in range(times)]]


def drawing(number: int = 0, *, side: int = 96, file_format: str = "JPEG") -> bytes:
    """A small picture; another number is another picture, also to the eye."""
    image = Image.new("RGB", (side, side), "white")
    draw = ImageDraw.Draw(image)
    unit = side // 8
    for cell in range(16):
        if (number * 2_654_435_761 >> cell) & 1:
            x, y = cell % 4 * 2 * unit, cell // 4 * 2 * unit
            shade = (40 + cell * 9, 20 + number % 200, 120)
            draw.rectangle((x, y, x + 2 * unit, y + 2 * unit), fill=shade)
    draw.ellipse((2 * unit, 2 * unit, 5 * unit, 6 * unit), fill=(160, 90 + number % 150, 40))
    out = io.BytesIO()
    image.save(out, file_format)
    return out.getvalue()


@dataclass(frozen=True)
class Shop:
    """One client's things."""

    ws: Workspace
    clients: Clients
    urls: DatabaseUrls

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Look behind the wall."""
        return rows(self.urls, query, *values)

    def one(self, query: str, *values: object) -> Any:
        """The only value of a query."""
        [[value]] = self.rows(query, *values)
        return value

    def imported(self, *records: Mapping[str, str]) -> list[ProductId]:
        """Import a plain catalogue."""
        done = catalogue.import_products(self.ws, records_csv(records), "catalogue.csv")
        return list(done.product_ids)

    def product(self, sku: str = "", **columns: Any) -> ProductId:
        """A product's row, with a photo's row when `photo` is not False."""
        photo = columns.pop("photo", None)
        if sku:
            columns = {"sku": sku, "import_key": f"sku:{sku}", "name": f"Chair {sku}"} | columns
        product_id = self.clients.product(self.ws.client_id, **columns)
        if photo is not None:
            self.attach(product_id, photo)
        return product_id

    def attach(self, product_id: ProductId, data: bytes) -> ImageId:
        """A photo as the service stores it."""
        shelf = shelving.shelves(self.ws, [product_id])[product_id]
        done = shelving.put_on(
            self.ws, product_id, shelf, data, "photo.jpg", position=shelf.last + 1
        )
        assert done.image_id is not None
        return done.image_id

    def result(
        self,
        collection_id: CollectionId,
        product_id: ProductId,
        *,
        data: bytes | None = None,
        scene: InspirationId | None = None,
        **columns: Any,
    ) -> AssetId:
        """A finished picture, stored."""
        data = data or drawing(len(self.rows("SELECT 1 FROM app.generated_assets")) + 1)
        image_id = ImageId(new_id())
        key = generated_key(self.ws.client_id, image_id, "image/jpeg")
        self.ws.store.put(key, data, "image/jpeg")
        with Image.open(io.BytesIO(data)) as picture:
            width, height = picture.size
        self.clients.image(
            self.ws.client_id, id=image_id, kind=ImageKind.GENERATED, s3_key=key,
            mime="image/jpeg", width=width, height=height, bytes=len(data),
        )  # fmt: skip
        values: dict[str, Any] = {
            "status": AssetStatus.COMPLETED,
            "image_id": image_id,
            "inspiration_id": scene,
            "completed_at": datetime.now(UTC),
            "recipe_hash": f"{image_id.int:064x}"[-64:],
            "cost_micros": 40_000,
        } | columns
        return self.clients.asset(self.ws.client_id, collection_id, product_id, **values)
