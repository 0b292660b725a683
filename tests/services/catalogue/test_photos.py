"""Photos from folders to products: shown first, stored once, in order, bad ones named."""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.adapters.conftest import free_port
from tests.support.shop import Seen, Shop, at_once, drawing
from tests.support.world import MemoryPhotos
from visualizer_core.adapters.s3 import S3Store
from visualizer_core.db.models import Client
from visualizer_core.domain.catalogue.photos import MatchedPhoto, PhotoMatches
from visualizer_core.domain.ids import ProductId
from visualizer_core.domain.keys import client_prefix
from visualizer_core.errors import ImageRejected, InvalidInput, NotFound, PartMissing, QuotaExceeded
from visualizer_core.services import catalogue
from visualizer_core.services.catalogue import FolderPhotos
from visualizer_core.workspace import Runtime, Workspace

_HEADER = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
HUGE = (
    b"\x89PNG\r\n\x1a\n\0\0\0\r"
    + _HEADER
    + struct.pack(">I", zlib.crc32(_HEADER))
    + b"\0\0\0\0IDAT\x35\xaf\x06\x1e\0\0\0\0IEND\xae\x42\x60\x82"
)


def objects(ws: Workspace) -> set[str]:
    return {head.key for head in ws.runtime.store.list(client_prefix(ws.client_id))}


def of_rows(shop: Shop) -> set[str]:
    """Every object that has a row: originals and their thumbnails."""
    keys = [row[0] for row in shop.rows("SELECT s3_key FROM app.images")]
    return {*keys, *(f"{key.rsplit('.', 1)[0]}_512.webp" for key in keys)}


def photos_of(shop: Shop, product_id: ProductId) -> list[tuple[str, bool]]:
    """File names in order, and which is primary."""
    return [
        (name, primary)
        for name, primary in shop.rows(
            "SELECT m.source ->> 'file', i.is_primary FROM app.product_images i "
            "JOIN app.images m ON m.id = i.image_id WHERE i.product_id = %s ORDER BY i.position",
            product_id,
        )
    ]


def by_hand(*pairs: tuple[str, ProductId]) -> PhotoMatches:
    matched = tuple(MatchedPhoto(path, product, 1, "by hand") for path, product in pairs)
    return PhotoMatches(matched, (), (), ())


def test_a_preview_sorts_every_file_and_stores_nothing(ws: Workspace, shop: Shop) -> None:
    shop.product("CH-1")
    shop.product("CH-2", name="Oak stool")
    shop.product("CH-3", name="Oak stool")
    names = ["CH-1.jpg", "CH-2/front.jpg", "oak stool.jpg", "holiday.jpg", "notes.txt", ".hidden"]
    found = catalogue.preview_photos(ws, MemoryPhotos(dict.fromkeys(names, drawing())))
    assert [photo.path for photo in found.matched] == ["CH-1.jpg", "CH-2/front.jpg"]
    assert [photo.path for photo in found.ambiguous] == ["oak stool.jpg"]
    assert [photo.path for photo in found.unmatched] == ["holiday.jpg"]
    assert [photo.path for photo in found.rejected] == [".hidden", "notes.txt"]
    assert all(item.reason for item in (*found.ambiguous, *found.unmatched, *found.rejected))
    assert objects(ws) == set()


def test_photos_are_stored_once_with_their_thumbnails(ws: Workspace, shop: Shop) -> None:
    chair = shop.product("CH-1")
    source = MemoryPhotos({"CH-1.jpg": drawing(1, side=300)})
    first = catalogue.add_photos(ws, source)
    assert (first.added, first.known, first.rejected, first.warnings) == (1, 0, (), ())
    stored = objects(ws)
    assert stored == of_rows(shop)
    assert len(stored) == 2
    [(key, kind, width, mime)] = shop.rows("SELECT s3_key, kind, width, mime FROM app.images")
    assert key.startswith(f"clients/{ws.client_id}/products/{chair}/")
    assert (kind, width, mime) == ("product", 300, "image/jpeg")
    again = catalogue.add_photos(ws, source)
    assert (again.added, again.known) == (0, 1)
    assert objects(ws) == stored


def test_a_products_first_photo_is_primary_and_the_order_stays(ws: Workspace, shop: Shop) -> None:
    chairs = [shop.product(f"CH-{number}") for number in range(3)]
    files = {f"CH-{n}-{k}.jpg": drawing(n * 9 + k) for n in range(3) for k in range(1, 5)}
    seen = Seen()
    done = catalogue.add_photos(ws, MemoryPhotos(files), on_progress=seen)
    assert done.added == 12
    assert seen[-1] == (12, 12)
    for number, chair in enumerate(chairs):
        expected = [(f"CH-{number}-{k}.jpg", k == 1) for k in range(1, 5)]
        assert photos_of(shop, chair) == expected


def test_later_photos_go_behind_those_the_product_has(ws: Workspace, shop: Shop) -> None:
    chair = shop.product("CH-1")
    catalogue.add_photos(ws, MemoryPhotos({"CH-1-1.jpg": drawing(1), "CH-1-2.jpg": drawing(2)}))
    more = {"CH-1-1.jpg": drawing(1), "CH-1-0.jpg": drawing(3), "CH-1-3.jpg": drawing(4)}
    done = catalogue.add_photos(ws, MemoryPhotos(more))
    assert (done.added, done.known) == (2, 1)
    names = [name for name, _ in photos_of(shop, chair)]
    assert names == ["CH-1-1.jpg", "CH-1-2.jpg", "CH-1-0.jpg", "CH-1-3.jpg"]
    assert photos_of(shop, chair)[0] == ("CH-1-1.jpg", True)


def test_the_same_picture_under_two_names_is_stored_once(ws: Workspace, shop: Shop) -> None:
    shop.product("CH-1")
    twice = MemoryPhotos({"CH-1-1.jpg": drawing(1), "CH-1-2.jpg": drawing(1)})
    done = catalogue.add_photos(ws, twice)
    assert (done.added, done.known) == (1, 1)
    assert objects(ws) == of_rows(shop)


def test_bad_pictures_are_named_with_what_to_do_and_cost_no_other(
    ws: Workspace, shop: Shop
) -> None:
    for number in range(6):
        shop.product(f"CH-{number}")
    files = {
        "CH-0.jpg": drawing(0),
        "CH-1.jpg": drawing(1)[:400],
        "CH-2.png": HUGE,
        "CH-3.jpg": b"%PDF-1.7 a renamed catalogue page",
        "CH-4.jpg": b"",
        "CH-5.jpg": drawing(5),
    }
    done = catalogue.add_photos(ws, MemoryPhotos(files))
    assert done.added == 2
    codes = {photo.path: photo.code for photo in done.rejected}
    assert set(codes) == {"CH-1.jpg", "CH-2.png", "CH-3.jpg", "CH-4.jpg"}
    assert len(set(codes.values())) == 4
    for photo in done.rejected:
        assert photo.path in photo.reason  # which one
        assert photo.reason.count(".") >= 2  # what is wrong, and what to do
    assert objects(ws) == of_rows(shop)


def test_when_the_first_photo_is_bad_the_next_one_is_primary(ws: Workspace, shop: Shop) -> None:
    chair = shop.product("CH-1")
    catalogue.add_photos(ws, MemoryPhotos({"CH-1-1.jpg": b"bad", "CH-1-2.jpg": drawing(2)}))
    assert photos_of(shop, chair) == [("CH-1-2.jpg", True)]


def test_what_a_person_should_look_at_is_told(ws: Workspace, shop: Shop) -> None:
    shop.product("CH-1")
    done = catalogue.add_photos(ws, MemoryPhotos({"CH-1.jpg": drawing(1, side=48)}))
    assert done.added == 1
    assert [(photo.path, photo.code) for photo in done.warnings] == [
        ("CH-1.jpg", "too_small_for_catalogue")
    ]


def test_full_storage_stops_exactly_at_the_limit(ws: Workspace, shop: Shop) -> None:
    files = {f"CH-{number}.jpg": drawing(number) for number in range(8)}
    for number in range(8):
        shop.product(f"CH-{number}")
    one = shop.attach(shop.product("MEASURE"), drawing(99))
    size = shop.one("SELECT bytes FROM app.images WHERE id = %s", one)
    limit = size * 4
    shop.clients.change(Client, ws.client_id, {"limits": {"storage_bytes": limit}})
    with pytest.raises(QuotaExceeded, match="of storage are used"):
        catalogue.add_photos(ws, MemoryPhotos(files))
    used = shop.one("SELECT sum(bytes) FROM app.images")
    assert size < used <= limit
    assert objects(ws) == of_rows(shop)
    shop.clients.change(Client, ws.client_id, {"limits": {}})
    assert catalogue.add_photos(ws, MemoryPhotos(files)).added > 0
    assert shop.one("SELECT count(*) FROM app.images") == 9


def test_with_storage_away_nothing_is_half_written_and_a_later_run_does_it(
    ws: Workspace, shop: Shop
) -> None:
    for number in range(2):
        shop.product(f"CH-{number}")
    source = MemoryPhotos({f"CH-{number}.jpg": drawing(number) for number in range(2)})
    nowhere = S3Store(
        bucket="b", region="r", key_id="k", secret="s",
        endpoint_url=f"http://127.0.0.1:{free_port()}",
    )  # fmt: skip
    away = replace(ws.runtime, store=nowhere).workspace(ws.client_id, actor="test")
    with pytest.raises(PartMissing, match="AWS_ENDPOINT_URL"):
        catalogue.add_photos(away, source)
    assert shop.one("SELECT count(*) FROM app.images") == 0
    assert catalogue.add_photos(ws, source).added == 2


def test_runs_at_the_same_time_store_every_photo_once(ws: Workspace, shop: Shop) -> None:
    for number in range(3):
        shop.product(f"CH-{number}")
    source = MemoryPhotos({f"CH-{n}-{k}.jpg": drawing(n * 9 + k) for n in range(3) for k in (1, 2)})
    done = at_once(3, lambda: catalogue.add_photos(ws, source))
    assert sum(run.added for run in done) == 6
    assert shop.one("SELECT count(*) FROM app.product_images") == 6
    assert shop.one("SELECT count(*) FROM app.product_images WHERE is_primary") == 3
    assert objects(ws) == of_rows(shop)


def test_an_unmatched_photo_can_be_given_to_a_product_by_hand(ws: Workspace, shop: Shop) -> None:
    chair = shop.product("CH-1")
    source = MemoryPhotos({"holiday.jpg": drawing(1)})
    assert catalogue.add_photos(ws, source).added == 0
    assert catalogue.add_photos(ws, source, matches=by_hand(("holiday.jpg", chair))).added == 1
    assert photos_of(shop, chair) == [("holiday.jpg", True)]


def test_a_corrected_preview_cannot_reach_another_clients_product(
    ws: Workspace, other: Workspace, shop: Shop
) -> None:
    theirs = shop.clients.product(other.client_id)
    mine = shop.product("CH-1")
    source = MemoryPhotos({"a.jpg": drawing(1), "b.jpg": drawing(2)})
    with pytest.raises(NotFound, match="1 products"):
        catalogue.add_photos(ws, source, matches=by_hand(("a.jpg", mine), ("b.jpg", theirs)))
    assert shop.one("SELECT count(*) FROM app.images") == 0
    assert objects(ws) == objects(other) == set()


def test_a_product_deleted_during_the_run_is_told_and_leaves_nothing(
    ws: Workspace, shop: Shop
) -> None:
    chair = shop.product("CH-1")

    class DeletingPhotos(MemoryPhotos):
        def read(self, path: str) -> bytes:
            catalogue.delete_products(ws, [chair])
            return super().read(path)

    done = catalogue.add_photos(ws, DeletingPhotos({"CH-1.jpg": drawing(1)}))
    assert [(photo.path, photo.code) for photo in done.rejected] == [("CH-1.jpg", "product_gone")]
    assert objects(ws) == set()


def test_two_clients_with_the_same_files_share_nothing(
    ws: Workspace, other: Workspace, shop: Shop
) -> None:
    shop.product("CH-1")
    shop.clients.product(other.client_id, sku="CH-1", import_key="sku:CH-1", name="Chair")
    source = MemoryPhotos({"CH-1.jpg": drawing(1)})
    assert catalogue.add_photos(ws, source).added == 1
    assert catalogue.add_photos(other, source).added == 1
    assert len(objects(ws)) == len(objects(other)) == 2
    stranger = MemoryPhotos({"CH-9.jpg": drawing(1)})
    shop.product("CH-9")
    assert len(catalogue.preview_photos(other, stranger).unmatched) == 1


class TestChoice:
    def test_another_photo_can_become_primary(self, ws: Workspace, shop: Shop) -> None:
        chair = shop.product("CH-1", photo=drawing(1))
        second = shop.attach(chair, drawing(2))
        catalogue.set_primary_photo(ws, chair, second)
        query = "SELECT image_id FROM app.product_images WHERE is_primary"
        assert shop.rows(query) == [(second,)]

    def test_a_removed_photo_leaves_storage_and_the_next_is_primary(
        self, ws: Workspace, shop: Shop
    ) -> None:
        chair = shop.product("CH-1", photo=drawing(1))
        first = shop.one("SELECT image_id FROM app.product_images")
        second = shop.attach(chair, drawing(2))
        catalogue.remove_photo(ws, chair, first)
        query = "SELECT image_id, is_primary FROM app.product_images"
        assert shop.rows(query) == [(second, True)]
        assert objects(ws) == of_rows(shop)
        with pytest.raises(NotFound):
            catalogue.remove_photo(ws, chair, first)

    def test_another_clients_photo_is_out_of_reach(self, other: Workspace, shop: Shop) -> None:
        chair = shop.product("CH-1", photo=drawing(1))
        photo = shop.one("SELECT image_id FROM app.product_images")
        for change in (catalogue.set_primary_photo, catalogue.remove_photo):
            with pytest.raises(NotFound, match="no such photo"):
                change(other, chair, photo)
        assert shop.rows("SELECT is_primary FROM app.product_images") == [(True,)]


class TestFolder:
    def test_files_in_subfolders_are_read_by_relative_path(self, tmp_path: Path) -> None:
        (tmp_path / "a" / "b").mkdir(parents=True)
        (tmp_path / "a" / "b" / "c.jpg").write_bytes(b"1")
        (tmp_path / "z.jpg").write_bytes(b"2")
        source = FolderPhotos(tmp_path)
        assert source.paths() == ["a/b/c.jpg", "z.jpg"]
        assert source.read("a/b/c.jpg") == b"1"

    @pytest.mark.parametrize("name", ["../secret.jpg", "link.jpg", "inside/../../secret.jpg"])
    def test_nothing_outside_of_the_folder_is_read(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "secret.jpg").write_bytes(b"secret")
        folder = tmp_path / "photos"
        folder.mkdir()
        (folder / "link.jpg").symlink_to(tmp_path / "secret.jpg")
        source = FolderPhotos(folder)
        assert source.paths() == []
        with pytest.raises(ImageRejected, match="leads out of the folder"):
            source.read(name)

    def test_a_file_that_vanished_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(ImageRejected, match=r"“gone\.jpg” cannot be read"):
            FolderPhotos(tmp_path).read("gone.jpg")

    def test_a_folder_that_is_none_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidInput, match="is not a folder"):
            FolderPhotos(tmp_path / "nothing")


def test_a_database_full_of_other_clients_costs_no_photo(
    rt: Runtime, ws: Workspace, shop: Shop
) -> None:
    strangers = [rt.workspace(shop.clients.make(), actor="test") for _ in range(3)]
    for stranger in strangers:
        shop.clients.product(stranger.client_id, sku="CH-1", import_key="sku:CH-1", name="Chair")
    chair = shop.product("CH-1")
    found = catalogue.preview_photos(ws, MemoryPhotos({"CH-1.jpg": drawing(1)}))
    assert ids(found.matched) == [chair]


def ids(matched: Iterable[MatchedPhoto]) -> list[ProductId]:
    return [photo.product_id for photo in matched]
