"""Inspirations from uploads, Unsplash and the library: stored once, credited, licensed, counted."""

import io
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from tests.support.shop import Shop, at_once, drawing
from tests.support.working import work_off
from tests.support.world import Standin
from visualizer_core.db.models import Client
from visualizer_core.domain.ids import AssetId, CollectionId, InspirationId, new_id
from visualizer_core.domain.keys import client_prefix
from visualizer_core.errors import (
    Conflict,
    ImageRejected,
    InvalidInput,
    NotAllowed,
    NotFound,
    QuotaExceeded,
)
from visualizer_core.services import curation, generation, inspiration
from visualizer_core.services.inspiration.linking import MAX_INSPIRATIONS
from visualizer_core.wiring import build_runtime
from visualizer_core.workspace import Workspace


@pytest.fixture
def collection(ws: Workspace) -> CollectionId:
    return curation.create_collection(ws, "Spring")


def objects(ws: Workspace) -> set[str]:
    return {head.key for head in ws.runtime.store.list(client_prefix(ws.client_id))}


def fill(shop: Shop, collection: CollectionId, count: int) -> None:
    for _ in range(count):
        shop.clients.inspiration(shop.ws.client_id, collection)


def licensed(ws: Workspace) -> Workspace:
    """The client in a program that may send stock photos to the model."""
    settings = ws.runtime.settings.model_copy(update={"unsplash_ai_licensed": True})
    return replace(ws.runtime, settings=settings).workspace(ws.client_id, actor="test")


class TestUpload:
    def test_an_upload_is_stored_with_its_thumbnail(
        self, ws: Workspace, shop: Shop, collection: CollectionId
    ) -> None:
        added = inspiration.add_upload(ws, collection, drawing(1, side=300), "My room.jpg")
        assert (added.already, added.similar) == (False, ())
        key = f"clients/{ws.client_id}/inspirations/{added.id}"
        assert objects(ws) == {f"{key}.jpg", f"{key}_512.webp"}
        [row] = shop.rows("SELECT title, source, position, may_send_pixels FROM app.inspirations")
        assert row == ("My room.jpg", "upload", 0, True)

    def test_the_same_file_again_changes_nothing(
        self, ws: Workspace, collection: CollectionId
    ) -> None:
        first = inspiration.add_upload(ws, collection, drawing(1), "a.jpg")
        stored = objects(ws)
        again = inspiration.add_upload(ws, collection, drawing(1), "b.jpg")
        assert (again.id, again.already) == (first.id, True)
        assert objects(ws) == stored

    def test_the_same_file_in_two_collections_is_stored_once(
        self, ws: Workspace, shop: Shop, collection: CollectionId
    ) -> None:
        first = inspiration.add_upload(ws, collection, drawing(1), "a.jpg")
        autumn = curation.create_collection(ws, "Autumn")
        second = inspiration.add_upload(ws, autumn, drawing(1), "a.jpg")
        assert first.id != second.id
        assert shop.one("SELECT count(*) FROM app.images") == 1

    def test_the_same_file_from_two_browser_tabs_comes_in_once(
        self, ws: Workspace, shop: Shop, collection: CollectionId
    ) -> None:
        done = at_once(3, lambda: inspiration.add_upload(ws, collection, drawing(1), "a.jpg"))
        assert len({one.id for one in done}) == 1
        assert sorted(one.already for one in done) == [False, True, True]
        assert shop.one("SELECT count(*) FROM app.images") == 1
        assert len(objects(ws)) == 2

    def test_a_near_duplicate_comes_in_and_is_pointed_out(
        self, ws: Workspace, collection: CollectionId
    ) -> None:
        room = drawing(1, side=300)
        first = inspiration.add_upload(ws, collection, room, "room.jpg")
        inspiration.add_upload(ws, collection, drawing(6, side=300), "other.jpg")
        smaller = io.BytesIO()
        Image.open(io.BytesIO(room)).resize((220, 220)).save(smaller, "JPEG", quality=60)
        added = inspiration.add_upload(ws, collection, smaller.getvalue(), "room-small.jpg")
        assert not added.already
        assert [(one.id, one.title) for one in added.similar] == [(first.id, "room.jpg")]

    def test_a_bad_picture_is_refused_by_name_and_leaves_nothing(
        self, ws: Workspace, shop: Shop, collection: CollectionId
    ) -> None:
        with pytest.raises(ImageRejected, match=r"“broken\.jpg”"):
            inspiration.add_upload(ws, collection, drawing(1)[:300], "broken.jpg")
        assert objects(ws) == set()
        assert shop.one("SELECT count(*) FROM app.inspirations") == 0

    def test_notes_say_what_was_changed_on_the_way_in(
        self, ws: Workspace, collection: CollectionId
    ) -> None:
        added = inspiration.add_upload(ws, collection, drawing(1, file_format="BMP"), "room.bmp")
        assert any("BMP" in note for note in added.notes)

    def test_a_full_collection_takes_no_more(
        self, ws: Workspace, shop: Shop, collection: CollectionId
    ) -> None:
        fill(shop, collection, MAX_INSPIRATIONS)
        with pytest.raises(InvalidInput, match=f"at most {MAX_INSPIRATIONS} inspirations"):
            inspiration.add_upload(ws, collection, drawing(1), "a.jpg")
        assert objects(ws) == set()

    def test_the_limit_holds_when_many_come_at_once(
        self, ws: Workspace, shop: Shop, collection: CollectionId
    ) -> None:
        fill(shop, collection, MAX_INSPIRATIONS - 1)
        numbers = iter(range(3))

        def add() -> bool:
            try:
                inspiration.add_upload(ws, collection, drawing(next(numbers)), "a.jpg")
            except InvalidInput:
                return False
            return True

        assert sorted(at_once(3, add)) == [False, False, True]
        assert shop.one("SELECT count(*) FROM app.inspirations") == MAX_INSPIRATIONS
        assert len(objects(ws)) == 2

    def test_full_storage_is_told_and_leaves_nothing(
        self, ws: Workspace, shop: Shop, collection: CollectionId
    ) -> None:
        shop.clients.change(Client, ws.client_id, {"limits": {"storage_bytes": 100}})
        with pytest.raises(QuotaExceeded, match="0 kB of 0 kB"):
            inspiration.add_upload(ws, collection, drawing(1), "a.jpg")
        assert objects(ws) == set()

    @pytest.mark.parametrize(
        ("given", "kept"),
        [("a\u202egpj.exe.jpg", "agpj.exe.jpg"), ("../../x.jpg", "x.jpg"), ("x" * 300, "x" * 120)],
    )
    def test_a_title_is_for_people(
        self, ws: Workspace, shop: Shop, collection: CollectionId, given: str, kept: str
    ) -> None:
        inspiration.add_upload(ws, collection, drawing(1), given)
        assert shop.one("SELECT title FROM app.inspirations") == kept


class TestUnsplash:
    def test_a_photo_comes_in_with_its_credit_and_the_choice_is_reported_once(
        self, ws: Workspace, shop: Shop, collection: CollectionId, standin: Standin
    ) -> None:
        hit = inspiration.search_unsplash(ws, "room").hits[0]
        added = inspiration.add_unsplash(ws, collection, hit.id)
        again = inspiration.add_unsplash(ws, collection, hit.id)
        assert (again.id, again.already) == (added.id, True)
        operations = [entry["op"] for entry in standin.log()]
        assert operations.count("unsplash.download") == 1
        [(source, sends, credit)] = shop.rows(
            "SELECT source, may_send_pixels, credit FROM app.inspirations"
        )
        assert (source, sends) == ("unsplash", False)
        assert credit == {
            "service": "Unsplash",
            "photo_id": hit.id,
            "photographer": hit.photographer,
            "photographer_url": hit.photographer_url,
            "page_url": hit.page_url,
        }

    def test_a_full_collection_reports_no_choice(
        self, ws: Workspace, shop: Shop, collection: CollectionId, standin: Standin
    ) -> None:
        hit = inspiration.search_unsplash(ws, "room").hits[0]
        fill(shop, collection, MAX_INSPIRATIONS)
        with pytest.raises(InvalidInput, match="Remove one first"):
            inspiration.add_unsplash(ws, collection, hit.id)
        assert {entry["op"] for entry in standin.log()} <= {"unsplash.search"}

    def test_a_photo_that_is_gone_is_told(
        self, ws: Workspace, collection: CollectionId, standin: Standin
    ) -> None:
        assert standin
        with pytest.raises(NotFound, match="no such photo"):
            inspiration.add_unsplash(ws, collection, "nothing-like-it")

    def test_without_a_key_it_says_how_to_go_on(self, ws: Workspace) -> None:
        settings = ws.runtime.settings.model_copy(update={"unsplash_access_key": None})
        keyless = build_runtime(settings).search
        nobody = replace(ws.runtime, search=keyless).workspace(ws.client_id, actor="test")
        with pytest.raises(NotAllowed, match="UNSPLASH_ACCESS_KEY"):
            inspiration.search_unsplash(nobody, "room")

    def test_its_pixels_stay_here_unless_the_licence_says_otherwise(
        self, ws: Workspace, shop: Shop, collection: CollectionId, standin: Standin
    ) -> None:
        chair = shop.product("CH-1", photo=drawing(1))
        curation.add_products(ws, collection, [chair])
        hit = inspiration.search_unsplash(ws, "room").hits[0]
        scene = inspiration.add_unsplash(ws, collection, hit.id)
        run = inspiration.analyse_scenes(ws, collection)
        assert "licence does not allow sending it" in run.fallback[0]
        assert inspiration.analyse_scenes(ws, collection).known == 1
        curation.assign(ws, collection, [chair], scene.id)
        generation.start(ws, collection, request_id="without")
        assert work_off(ws.runtime) == 1
        photo = shop.one("SELECT sha256 FROM app.images WHERE kind = 'product'")
        [made] = [entry for entry in standin.log() if entry["op"] == "generateContent"]
        assert made["images"] == [photo]

    def test_with_the_licence_they_are_sent_and_a_withdrawn_one_counts_at_once(
        self, ws: Workspace, shop: Shop, collection: CollectionId, standin: Standin
    ) -> None:
        with_licence = licensed(ws)
        hit = inspiration.search_unsplash(ws, "room").hits[0]
        inspiration.add_unsplash(with_licence, collection, hit.id)
        assert inspiration.analyse_scenes(with_licence, collection).fallback == ()
        [asked] = [entry for entry in standin.log() if entry["op"] == "generateContent"]
        assert asked["images"] == [shop.one("SELECT sha256 FROM app.images")]
        assert len(inspiration.analyse_scenes(ws, collection).fallback) == 1
        assert inspiration.analyse_scenes(with_licence, collection).fallback == ()


class TestLibrary:
    def test_an_earlier_result_is_used_and_pinned_without_a_copy(
        self, ws: Workspace, shop: Shop, collection: CollectionId
    ) -> None:
        chair = shop.product("CH-1")
        result = shop.result(collection, chair)
        stored = objects(ws)
        autumn = curation.create_collection(ws, "Autumn")
        added = inspiration.add_from_library(ws, autumn, result)
        assert not added.already
        assert inspiration.add_from_library(ws, autumn, result).already
        assert shop.one("SELECT pinned FROM app.generated_assets")
        [row] = shop.rows("SELECT title, source FROM app.inspirations")
        assert row == ("Chair CH-1", "library")
        assert objects(ws) == stored

    def test_what_cannot_be_added_is_not_pinned(
        self, ws: Workspace, shop: Shop, collection: CollectionId
    ) -> None:
        result = shop.result(collection, shop.product("CH-1"))
        fill(shop, collection, MAX_INSPIRATIONS)
        with pytest.raises(InvalidInput):
            inspiration.add_from_library(ws, collection, result)
        assert not shop.one("SELECT pinned FROM app.generated_assets")

    def test_only_finished_results_of_this_client_can_be_used(
        self, ws: Workspace, other: Workspace, shop: Shop, collection: CollectionId
    ) -> None:
        chair = shop.product("CH-1")
        waiting = shop.clients.asset(ws.client_id, collection, chair)
        trashed = shop.result(collection, chair, deleted_at="now()")
        there = Shop(other, shop.clients, shop.urls)
        theirs = there.result(shop.clients.collection(other.client_id), there.product("CH-1"))
        for asset in (waiting, trashed, theirs, AssetId(new_id())):
            with pytest.raises(NotFound, match="no such finished picture"):
                inspiration.add_from_library(ws, collection, asset)


class TestRemoving:
    def test_a_removed_inspiration_is_gone_once(
        self, ws: Workspace, shop: Shop, collection: CollectionId
    ) -> None:
        added = inspiration.add_upload(ws, collection, drawing(1), "a.jpg")
        inspiration.remove(ws, added.id)
        with pytest.raises(NotFound):
            inspiration.remove(ws, added.id)
        assert inspiration.add_upload(ws, collection, drawing(1), "a.jpg").id != added.id
        assert shop.one("SELECT count(*) FROM app.inspirations") == 1

    @pytest.mark.parametrize("way", ["matched", "named in the settings"])
    def test_while_pictures_are_made_with_it_it_stays(
        self, ws: Workspace, shop: Shop, collection: CollectionId, way: str
    ) -> None:
        scene = inspiration.add_upload(ws, collection, drawing(1), "a.jpg").id
        use: dict[str, Any] = {"inspiration_id": str(scene), "role": "style", "send_pixels": True}
        columns: dict[str, Any] = (
            {"inspiration_id": scene} if way == "matched" else {"settings": {"inspirations": [use]}}
        )
        chair = shop.product("CH-1")
        shop.clients.asset(ws.client_id, collection, chair, **columns)
        with pytest.raises(Conflict, match="1 pictures are being made with this inspiration"):
            inspiration.remove(ws, scene)
        assert shop.one("SELECT count(*) FROM app.inspirations") == 1

    def test_another_clients_inspiration_is_out_of_reach(
        self, ws: Workspace, other: Workspace, shop: Shop, collection: CollectionId
    ) -> None:
        scene = inspiration.add_upload(ws, collection, drawing(1), "a.jpg").id
        for stranger in (scene, InspirationId(new_id())):
            with pytest.raises(NotFound):
                inspiration.remove(other, stranger)
        assert shop.one("SELECT count(*) FROM app.inspirations") == 1
