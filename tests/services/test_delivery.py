"""Exports: a streamed ZIP that is named, labelled and listed, whole or not there at all."""

import csv
import hashlib
import io
import json
import threading
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.adapters.conftest import free_port
from tests.support.shop import Shop, at_once, drawing
from visualizer_core.adapters.s3 import S3Store
from visualizer_core.db.models import Client
from visualizer_core.domain.ids import AssetId, CollectionId, ExportId, InspirationId, new_id
from visualizer_core.domain.keys import client_prefix
from visualizer_core.domain.status import Review
from visualizer_core.errors import InvalidInput, NotFound, PartMissing, QuotaExceeded
from visualizer_core.imaging.xmp import GENERATED, read_xmp
from visualizer_core.services import curation, delivery, review
from visualizer_core.services.delivery import ExportRequest
from visualizer_core.workspace import Workspace


@pytest.fixture
def collection(ws: Workspace) -> CollectionId:
    return curation.create_collection(ws, "Spring")


def scene(shop: Shop, collection: CollectionId, title: str, **columns: Any) -> InspirationId:
    return shop.clients.inspiration(shop.ws.client_id, collection, title=title, **columns)


def exported(ws: Workspace, request: ExportRequest, folder: Path) -> zipfile.ZipFile:
    path = folder / "out.zip"
    delivery.export_to_file(ws, request, path)
    archive = zipfile.ZipFile(path)
    assert archive.testzip() is None
    return archive


def manifest(archive: zipfile.ZipFile) -> list[dict[str, Any]]:
    return json.loads(archive.read("manifest.json"))


def nowhere(ws: Workspace) -> Workspace:
    """The client in a program whose storage does not answer."""
    store = S3Store(
        bucket="b", region="r", key_id="k", secret="s",
        endpoint_url=f"http://127.0.0.1:{free_port()}",
    )  # fmt: skip
    return replace(ws.runtime, store=store).workspace(ws.client_id, actor="test")


class TestZip:
    def test_pictures_are_named_by_sku_scene_and_number(
        self, ws: Workspace, shop: Shop, collection: CollectionId, tmp_path: Path
    ) -> None:
        titles = ("Attic", "Bed room.jpg", "Café", "küche.jpg")
        scenes = [scene(shop, collection, title, position=9 - n) for n, title in enumerate(titles)]
        chair, table = shop.product("CH-1"), shop.product("TA/1")
        shop.result(collection, table, scene=scenes[0])
        for where in scenes:
            shop.result(collection, chair, scene=where)
        archive = exported(ws, ExportRequest(collection), tmp_path)
        assert archive.namelist() == [
            "CH-1-kuche-01.jpg",
            "CH-1-Cafe-02.jpg",
            "CH-1-Bed-room-03.jpg",
            "CH-1-Attic-04.jpg",
            "TA-1-Attic-01.jpg",
            "manifest.csv",
            "manifest.json",
        ]

    def test_every_picture_says_in_itself_what_it_is(
        self, ws: Workspace, shop: Shop, collection: CollectionId, tmp_path: Path
    ) -> None:
        original = drawing(1)
        result = shop.result(collection, shop.product("CH-1", name="Oak chair"), data=original)
        archive = exported(ws, ExportRequest(collection), tmp_path)
        data = archive.read(archive.namelist()[0])
        facts = read_xmp(data)
        assert facts is not None
        assert (facts.digital_source_type, facts.sku, facts.title) == (
            GENERATED,
            "CH-1",
            "Oak chair",
        )
        recipe = shop.one("SELECT recipe_hash FROM app.generated_assets WHERE id = %s", result)
        assert facts.recipe_hash == recipe
        key = shop.one("SELECT s3_key FROM app.images WHERE kind = 'generated'")
        assert ws.store.get(key) == original  # the original stays as it was

    def test_the_manifest_lists_exactly_what_is_inside(
        self, ws: Workspace, shop: Shop, collection: CollectionId, tmp_path: Path
    ) -> None:
        credit = {"photographer": "Ada L.", "service": "Unsplash"}
        where = scene(shop, collection, "room.jpg", source="unsplash", credit=credit)
        chair = shop.product("CH-1", name="Oak chair")
        for variant in (1, 2):
            shop.result(collection, chair, scene=where, variant=variant)
        archive = exported(ws, ExportRequest(collection), tmp_path)
        entries = manifest(archive)
        assert [entry["file"] for entry in entries] == archive.namelist()[:2]
        for entry in entries:
            data = archive.read(entry["file"])
            assert entry["bytes"] == len(data)
            assert entry["sha256"] == hashlib.sha256(data).hexdigest()
            assert (entry["width"], entry["height"]) == (96, 96)
        first = entries[0]
        assert (first["sku"], first["product"], first["scene"], first["variant"]) == (
            "CH-1",
            "Oak chair",
            "room.jpg",
            1,
        )
        assert (first["review"], first["cost_usd"], first["credit"]) == (
            "pending",
            0.04,
            "Ada L. on Unsplash",
        )
        raw = archive.read("manifest.csv")
        assert raw.startswith(b"\xef\xbb\xbf")  # spreadsheets read accents right
        rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
        assert [{key: str(value) for key, value in entry.items()} for entry in entries] == rows

    def test_a_cell_of_the_manifest_is_never_a_formula(
        self, ws: Workspace, shop: Shop, collection: CollectionId, tmp_path: Path
    ) -> None:
        evil = '=HYPERLINK("http://evil.example")'
        shop.result(collection, shop.product("@SUM(A1)", name=evil))
        archive = exported(ws, ExportRequest(collection), tmp_path)
        [row] = csv.DictReader(io.StringIO(archive.read("manifest.csv").decode("utf-8-sig")))
        assert row["product"] == f"'{evil}"
        assert row["sku"] == "'@SUM(A1)"
        assert row["cost_usd"] == "0.04"
        assert manifest(archive)[0]["product"] == evil

    def test_names_that_would_collide_are_kept_apart_and_told_before(
        self, ws: Workspace, shop: Shop, collection: CollectionId, tmp_path: Path
    ) -> None:
        for sku in ("A/1", "A:1"):
            shop.result(collection, shop.product(sku))
        request = ExportRequest(collection, template="{sku}")
        plan = delivery.preview_names(ws, request)
        assert plan.names == ("A-1.jpg", "A-1-2.jpg")
        assert [collision.wanted for collision in plan.collisions] == ["A-1.jpg"]
        assert tuple(exported(ws, request, tmp_path).namelist()[:2]) == plan.names

    def test_many_pictures_pass_through_little_memory(
        self, ws: Workspace, shop: Shop, collection: CollectionId, tmp_path: Path
    ) -> None:
        data = drawing(1) + bytes(400_000)  # trailing bytes are kept: 40 pictures of 400 kB
        chair = shop.product("CH-1")
        for _ in range(40):
            shop.result(collection, chair, data=data)
        request = ExportRequest(collection)
        delivery.export_to_file(ws, request, tmp_path / "warm.zip")
        tracemalloc.start()
        done = delivery.export_to_file(ws, request, tmp_path / "out.zip")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert done.bytes > 16_000_000
        assert peak < 6_000_000


class TestChoice:
    def test_only_what_is_approved_when_asked(
        self, ws: Workspace, shop: Shop, collection: CollectionId, tmp_path: Path
    ) -> None:
        chair = shop.product("CH-1")
        good, _ = shop.result(collection, chair), shop.result(collection, chair)
        with pytest.raises(InvalidInput, match="None of the 2 finished pictures is approved"):
            delivery.preview_names(ws, ExportRequest(collection, approved_only=True))
        review.decide(ws, [good], Review.APPROVED)
        archive = exported(ws, ExportRequest(collection, approved_only=True), tmp_path)
        assert len(manifest(archive)) == 1

    def test_chosen_pictures_only_and_the_others_are_counted(
        self, ws: Workspace, other: Workspace, shop: Shop, collection: CollectionId, tmp_path: Path
    ) -> None:
        chair = shop.product("CH-1")
        chosen, trashed, _ = (shop.result(collection, chair) for _ in range(3))
        review.trash(ws, [trashed])
        waiting = shop.clients.asset(ws.client_id, collection, chair)
        there = Shop(other, shop.clients, shop.urls)
        theirs = there.result(shop.clients.collection(other.client_id), there.product("CH-1"))
        elsewhere = shop.result(curation.create_collection(ws, "Autumn"), chair)
        ids = (chosen, trashed, waiting, theirs, elsewhere, AssetId(new_id()), chosen)
        path = tmp_path / "out.zip"
        done = delivery.export_to_file(ws, ExportRequest(collection, asset_ids=ids), path)
        assert (done.pictures, done.left_out) == (1, 5)
        assert len(manifest(zipfile.ZipFile(path))) == 1
        with pytest.raises(InvalidInput, match="None of the chosen pictures"):
            delivery.preview_names(ws, ExportRequest(collection, asset_ids=(theirs,)))

    def test_nothing_to_export_is_said(
        self, ws: Workspace, shop: Shop, collection: CollectionId, tmp_path: Path
    ) -> None:
        shop.clients.asset(ws.client_id, collection, shop.product("CH-1"))
        with pytest.raises(InvalidInput, match="no finished pictures to export"):
            delivery.export_to_file(ws, ExportRequest(collection), tmp_path / "out.zip")
        with pytest.raises(InvalidInput, match="no finished pictures to export"):
            delivery.export_to_storage(ws, ExportRequest(collection))
        assert list(tmp_path.iterdir()) == []
        assert shop.one("SELECT count(*) FROM app.exports") == 0

    def test_a_template_that_names_nothing_is_refused(
        self, ws: Workspace, shop: Shop, collection: CollectionId, tmp_path: Path
    ) -> None:
        shop.result(collection, shop.product("CH-1"))
        with pytest.raises(InvalidInput, match="“price”, which is not a field"):
            delivery.export_to_file(ws, ExportRequest(collection, template="{price}"), tmp_path)


class TestFile:
    def test_when_storage_is_away_nothing_is_left_and_an_old_export_stays(
        self, ws: Workspace, shop: Shop, collection: CollectionId, tmp_path: Path
    ) -> None:
        shop.result(collection, shop.product("CH-1"))
        path = tmp_path / "out.zip"
        path.write_bytes(b"yesterday's")
        with pytest.raises(PartMissing):
            delivery.export_to_file(nowhere(ws), ExportRequest(collection), path)
        assert path.read_bytes() == b"yesterday's"
        assert [file.name for file in tmp_path.iterdir()] == ["out.zip"]

    def test_a_picture_missing_from_storage_is_named(
        self, ws: Workspace, shop: Shop, collection: CollectionId, tmp_path: Path
    ) -> None:
        shop.result(collection, shop.product("CH-1", name="Oak chair"), variant=2)
        ws.store.delete([shop.one("SELECT s3_key FROM app.images")])
        with pytest.raises(NotFound, match=r"picture of “Oak chair” \(variant 2\) is missing"):
            delivery.export_to_file(ws, ExportRequest(collection), tmp_path / "out.zip")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("name", ["no-folder/out.zip", "full"])
    def test_a_place_that_cannot_be_written_is_named(
        self, ws: Workspace, shop: Shop, collection: CollectionId, tmp_path: Path, name: str
    ) -> None:
        shop.result(collection, shop.product("CH-1"))
        path = tmp_path / name
        if name == "full":
            path.mkdir()  # a folder where the file should be
        with pytest.raises(InvalidInput, match=f"{path.name}” cannot be written"):
            delivery.export_to_file(ws, ExportRequest(collection), path)
        assert [file for file in tmp_path.rglob("*") if file.is_file()] == []

    def test_two_exports_to_one_place_leave_a_whole_one(
        self, ws: Workspace, shop: Shop, collection: CollectionId, tmp_path: Path
    ) -> None:
        chair = shop.product("CH-1")
        for _ in range(4):
            shop.result(collection, chair)
        path = tmp_path / "out.zip"
        at_once(3, lambda: delivery.export_to_file(ws, ExportRequest(collection), path))
        assert zipfile.ZipFile(path).testzip() is None
        assert [file.name for file in tmp_path.iterdir()] == ["out.zip"]


class TestStorage:
    def test_an_export_is_kept_and_can_be_fetched_by_its_address(
        self, ws: Workspace, shop: Shop, collection: CollectionId
    ) -> None:
        shop.result(collection, shop.product("CH-1"))
        done = delivery.export_to_storage(ws, ExportRequest(collection))
        assert done.export_id is not None
        [row] = shop.rows(
            "SELECT status, bytes, error_message, completed_at IS NOT NULL, "
            "jsonb_array_length(asset_ids) FROM app.exports"
        )
        assert row == ("completed", done.bytes, None, True, 1)
        answer = httpx2.get(delivery.download_url(ws, done.export_id), trust_env=False)
        assert answer.headers["content-disposition"].startswith('attachment; filename="Spring.zip"')
        assert len(answer.content) == done.bytes
        assert len(zipfile.ZipFile(io.BytesIO(answer.content)).namelist()) == 3

    def test_while_it_is_made_its_row_says_so(
        self, ws: Workspace, shop: Shop, collection: CollectionId
    ) -> None:
        shop.result(collection, shop.product("CH-1"))
        seen: list[Any] = []
        reached, go_on = threading.Event(), threading.Event()

        class WaitingStore(S3Store):
            def get(self, key: str) -> bytes:
                reached.set()
                assert go_on.wait(20)
                return super().get(key)

        settings = ws.runtime.settings
        store = WaitingStore(
            bucket=settings.aws_s3_bucket,
            region=settings.aws_region,
            key_id=settings.aws_access_key_id.get_secret_value(),
            secret=settings.aws_secret_access_key.get_secret_value(),
            endpoint_url=settings.aws_endpoint_url,
        )
        slow = replace(ws.runtime, store=store).workspace(ws.client_id, actor="test")
        thread = threading.Thread(
            target=lambda: seen.append(delivery.export_to_storage(slow, ExportRequest(collection)))
        )
        thread.start()
        assert reached.wait(20)
        export_id = ExportId(shop.one("SELECT id FROM app.exports WHERE status = 'running'"))
        with pytest.raises(NotFound, match="not finished yet"):
            delivery.download_url(ws, export_id)
        with pytest.raises(NotFound, match="still being made"):
            delivery.delete_export(ws, export_id)
        go_on.set()
        thread.join(20)
        store.close()
        assert seen[0].export_id == export_id
        assert shop.one("SELECT status FROM app.exports") == "completed"

    def test_a_failed_export_says_why_and_leaves_no_file(
        self, ws: Workspace, shop: Shop, collection: CollectionId
    ) -> None:
        shop.result(collection, shop.product("CH-1", name="Oak chair"))
        ws.store.delete([shop.one("SELECT s3_key FROM app.images")])
        with pytest.raises(NotFound, match="missing from storage"):
            delivery.export_to_storage(ws, ExportRequest(collection))
        [(status, error, export_id)] = shop.rows(
            "SELECT status, error_message, id FROM app.exports"
        )
        assert status == "error"
        assert "Oak chair" in error
        assert list(ws.runtime.store.list(client_prefix(ws.client_id) + "exports/")) == []
        with pytest.raises(NotFound, match="Oak chair"):
            delivery.download_url(ws, ExportId(export_id))
        delivery.delete_export(ws, ExportId(export_id))
        assert shop.one("SELECT count(*) FROM app.exports") == 0

    def test_exports_count_towards_the_storage_of_the_plan(
        self, ws: Workspace, shop: Shop, collection: CollectionId
    ) -> None:
        shop.result(collection, shop.product("CH-1"))
        size = shop.one("SELECT bytes FROM app.images")
        shop.clients.change(Client, ws.client_id, {"limits": {"storage_bytes": size * 5}})
        first = delivery.export_to_storage(ws, ExportRequest(collection))
        limits = {"storage_bytes": size + first.bytes + size - 1}  # a byte too little for another
        shop.clients.change(Client, ws.client_id, {"limits": limits})
        with pytest.raises(QuotaExceeded, match="of storage are used"):
            delivery.export_to_storage(ws, ExportRequest(collection))
        for [export_id] in shop.rows("SELECT id FROM app.exports"):
            delivery.delete_export(ws, ExportId(export_id))
        assert list(ws.runtime.store.list(client_prefix(ws.client_id) + "exports/")) == []
        delivery.export_to_storage(ws, ExportRequest(collection))

    def test_another_clients_export_is_out_of_reach(
        self, ws: Workspace, other: Workspace, shop: Shop, collection: CollectionId
    ) -> None:
        shop.result(collection, shop.product("CH-1"))
        export_id = delivery.export_to_storage(ws, ExportRequest(collection)).export_id
        assert export_id is not None
        for stranger in (export_id, ExportId(new_id())):
            with pytest.raises(NotFound, match="no such export"):
                delivery.download_url(other, stranger)
            with pytest.raises(NotFound, match="no such export"):
                delivery.delete_export(other, stranger)
        assert delivery.download_url(ws, export_id)
