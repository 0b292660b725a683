"""What counts towards a plan's storage, and that nobody gets past its limit."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.shop import Shop, at_once, drawing
from tests.support.world import MemoryPhotos
from visualizer_core.db.models import Client, Image
from visualizer_core.domain.keys import client_prefix
from visualizer_core.errors import QuotaExceeded
from visualizer_core.intake import check_storage, storage_used
from visualizer_core.services import catalogue, curation, delivery, inspiration
from visualizer_core.workspace import Workspace


def used(ws: Workspace) -> int:
    with ws.begin() as session:
        return storage_used(session)


def size_of(ws: Workspace, *, copies: bool) -> int:
    """Bytes in storage, with or without the program's own smaller copies."""
    heads = ws.runtime.store.list(client_prefix(ws.client_id))
    return sum(head.size_bytes for head in heads if copies or not head.key.endswith(".webp"))


def test_pictures_and_exports_count_and_the_programs_own_copies_do_not(
    ws: Workspace, other: Workspace, shop: Shop
) -> None:
    collection = curation.create_collection(ws, "Spring")
    chair = shop.product("CH-1", photo=drawing(1))
    inspiration.add_upload(ws, collection, drawing(2), "room.jpg")
    shop.result(collection, chair)
    assert used(ws) == size_of(ws, copies=False)
    delivery.export_to_storage(ws, delivery.ExportRequest(collection))
    assert used(ws) == size_of(ws, copies=False) < size_of(ws, copies=True)
    assert used(other) == 0


def test_a_picture_in_two_collections_counts_once(ws: Workspace, shop: Shop) -> None:
    sizes: list[int] = []
    for name in ("Spring", "Autumn"):
        made = curation.create_collection(ws, name)
        inspiration.add_upload(ws, made, drawing(2), "room.jpg")
        sizes.append(used(ws))
    assert sizes[0] == sizes[1] == shop.one("SELECT bytes FROM app.images") > 0


def test_photos_and_inspirations_at_once_share_one_limit(ws: Workspace, shop: Shop) -> None:
    collection = curation.create_collection(ws, "Spring")
    shop.product("CH-1")
    inspiration.add_upload(ws, collection, drawing(50), "measure.jpg")
    size = used(ws)
    limit = size * 3 + size // 2
    shop.clients.change(Client, ws.client_id, {"limits": {"storage_bytes": limit}})
    jobs = iter(range(6))

    def add() -> bool:
        number = next(jobs)
        try:
            if number % 2:
                inspiration.add_upload(ws, collection, drawing(number), "room.jpg")
            else:
                source = MemoryPhotos({f"CH-1-{number + 1}.jpg": drawing(number)})
                catalogue.add_photos(ws, source)
        except QuotaExceeded:
            return False
        return True

    assert not all(at_once(6, add))
    assert size < used(ws) <= limit
    assert used(ws) == size_of(ws, copies=False)


def test_an_adder_waits_for_what_another_one_has_not_committed(ws: Workspace, shop: Shop) -> None:
    collection = curation.create_collection(ws, "Spring")
    shop.clients.change(Client, ws.client_id, {"limits": {"storage_bytes": 100_000}})
    big = {"kind": "product", "s3_key": "k", "sha256": "0", "mime": "image/png"}
    with ThreadPoolExecutor(1) as pool, ws.begin() as adding:
        check_storage(adding, ws, 99_000)
        adding.add(Image(client_id=ws.client_id, width=1, height=1, bytes=99_000, **big))
        adding.flush()
        upload = pool.submit(inspiration.add_upload, ws, collection, drawing(1), "room.jpg")
        with pytest.raises(TimeoutError):
            upload.result(1)
        adding.commit()
        with pytest.raises(QuotaExceeded):
            upload.result(20)
    assert used(ws) == 99_000


def test_the_message_says_how_much_is_used_and_what_to_do(ws: Workspace, shop: Shop) -> None:
    collection = curation.create_collection(ws, "Spring")
    limits = {"storage_bytes": 2_000_000_000}
    shop.clients.change(Client, ws.client_id, {"limits": limits})
    shop.clients.image(ws.client_id, bytes=1_999_999_999)
    with pytest.raises(QuotaExceeded) as full:
        inspiration.add_upload(ws, collection, drawing(1), "room.jpg")
    assert str(full.value).startswith("2.0 GB of 2.0 GB of storage are used, and this needs ")
    assert re.search(r"needs \d+ kB more\.", str(full.value))
    assert "Remove photos or old exports, or ask for a larger plan." in str(full.value)
