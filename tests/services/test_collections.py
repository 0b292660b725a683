"""Collections: made, named, filled within the plan's limit, put into the trash."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.shop import Shop, at_once, drawing
from visualizer_core.db.models import Client
from visualizer_core.domain.generation_settings import SettingsOverrides
from visualizer_core.domain.ids import AssetId, CollectionId, InspirationId, ProductId, new_id
from visualizer_core.domain.quota import Plan
from visualizer_core.domain.status import AssetStatus
from visualizer_core.errors import Conflict, InvalidInput, NotFound, QuotaExceeded
from visualizer_core.services import catalogue, curation, delivery, inspiration
from visualizer_core.workspace import Workspace


@pytest.fixture
def collection(ws: Workspace) -> CollectionId:
    return curation.create_collection(ws, "Spring")


def inside(shop: Shop, collection: CollectionId) -> list[ProductId]:
    return [product.id for product in curation.plan(shop.ws, collection).products]


def status(shop: Shop, collection: CollectionId) -> str:
    return shop.one("SELECT status FROM app.collections WHERE id = %s", collection)


class TestNames:
    def test_a_name_is_kept_clean_and_finds_the_oldest(self, ws: Workspace) -> None:
        first = curation.create_collection(ws, "  Spring\t2026\x00 ")
        curation.create_collection(ws, "Spring 2026")
        assert curation.find_collection(ws, " Spring  2026") == first
        assert curation.plan(ws, first).name == "Spring 2026"
        assert curation.find_collection(ws, "Autumn") is None

    @pytest.mark.parametrize("name", ["", " \n ", "\x00", "x" * 121])
    def test_an_empty_or_endless_name_is_refused(
        self, ws: Workspace, collection: CollectionId, name: str
    ) -> None:
        with pytest.raises(InvalidInput, match="1 to 120 characters"):
            curation.create_collection(ws, name)
        with pytest.raises(InvalidInput, match="1 to 120 characters"):
            curation.rename_collection(ws, collection, name)

    def test_a_renamed_collection_is_found_by_its_new_name(
        self, ws: Workspace, collection: CollectionId
    ) -> None:
        curation.rename_collection(ws, collection, "Summer")
        assert curation.find_collection(ws, "Summer") == collection
        assert curation.find_collection(ws, "Spring") is None


class TestTrash:
    def test_a_collection_comes_back_with_all_that_was_in_it(
        self, ws: Workspace, shop: Shop, collection: CollectionId
    ) -> None:
        chair = shop.product("CH-1")
        curation.add_products(ws, collection, [chair])
        curation.delete_collection(ws, collection)
        assert curation.find_collection(ws, "Spring") is None
        with pytest.raises(NotFound, match="may have been deleted"):
            curation.plan(ws, collection)
        with pytest.raises(NotFound):
            curation.delete_collection(ws, collection)
        curation.restore_collection(ws, collection)
        assert inside(shop, collection) == [chair]
        with pytest.raises(NotFound):
            curation.restore_collection(ws, collection)

    @pytest.mark.parametrize("state", [AssetStatus.PENDING, AssetStatus.GENERATING])
    def test_a_collection_in_its_run_stays(
        self, ws: Workspace, shop: Shop, collection: CollectionId, state: AssetStatus
    ) -> None:
        lease = {"lease_token": new_id()} if state is AssetStatus.GENERATING else {}
        chair = shop.product("CH-1")
        shop.clients.asset(ws.client_id, collection, chair, status=state, **lease)
        with pytest.raises(Conflict, match="1 pictures of this collection are not made yet"):
            curation.delete_collection(ws, collection)
        assert curation.find_collection(ws, "Spring") == collection


class TestProducts:
    def test_products_keep_the_order_they_were_added_in(
        self, ws: Workspace, shop: Shop, collection: CollectionId
    ) -> None:
        a, b, c, d = (shop.product(f"CH-{n}") for n in range(4))
        curation.add_products(ws, collection, [c, a])
        assert curation.remove_products(ws, collection, [c, d]) == 1
        curation.add_products(ws, collection, [d, c, b])
        assert inside(shop, collection) == [a, d, c, b]

    def test_products_already_inside_are_counted_and_stay_where_they_are(
        self, ws: Workspace, shop: Shop, collection: CollectionId
    ) -> None:
        a, b = shop.product("CH-1", photo=drawing(1)), shop.product("CH-2")
        first = curation.add_products(ws, collection, [a, b, a])
        assert (first.added, first.already, first.without_photo) == (2, 0, 1)
        again = curation.add_products(ws, collection, [b, a])
        assert (again.added, again.already, again.without_photo) == (0, 2, 0)
        assert inside(shop, collection) == [a, b]

    def test_more_than_the_plan_allows_adds_nothing(
        self, ws: Workspace, shop: Shop, collection: CollectionId
    ) -> None:
        products = [shop.product(f"CH-{n}") for n in range(5)]
        shop.clients.change(Client, ws.client_id, {"limits": {"products_per_collection": 3}})
        curation.add_products(ws, collection, products[:2])
        with pytest.raises(QuotaExceeded, match="holds 3 products; this would make it 5") as full:
            curation.add_products(ws, collection, products)
        assert "Choose 2 fewer" in str(full.value)
        assert inside(shop, collection) == products[:2]
        curation.add_products(ws, collection, products[:3])
        shop.clients.change(Client, ws.client_id, {"limits": {}, "plan": Plan.FREE})
        assert curation.add_products(ws, collection, products).added == 2

    def test_products_in_the_trash_take_no_place(
        self, ws: Workspace, shop: Shop, collection: CollectionId
    ) -> None:
        a, b, c = (shop.product(f"CH-{n}") for n in range(3))
        shop.clients.change(Client, ws.client_id, {"limits": {"products_per_collection": 2}})
        curation.add_products(ws, collection, [a, b])
        catalogue.delete_products(ws, [a])
        assert curation.add_products(ws, collection, [c]).added == 1
        assert inside(shop, collection) == [b, c]

    def test_people_adding_at_once_stay_within_the_limit(
        self, ws: Workspace, shop: Shop, collection: CollectionId
    ) -> None:
        products = iter([[shop.product(f"CH-{n}-{k}") for k in range(2)] for n in range(6)])
        shop.clients.change(Client, ws.client_id, {"limits": {"products_per_collection": 5}})

        def add() -> int:
            try:
                return curation.add_products(ws, collection, next(products)).added
            except QuotaExceeded:
                return 0

        assert sum(at_once(6, add)) == len(inside(shop, collection)) == 4

    def test_an_unknown_trashed_or_foreign_product_adds_nothing(
        self, ws: Workspace, other: Workspace, shop: Shop, collection: CollectionId
    ) -> None:
        good, trashed = shop.product("CH-1"), shop.product("CH-2")
        catalogue.delete_products(ws, [trashed])
        foreign = shop.clients.product(other.client_id)
        for bad in (trashed, foreign, ProductId(new_id())):
            with pytest.raises(NotFound, match="1 of these 2 products do not exist"):
                curation.add_products(ws, collection, [good, bad])
        assert inside(shop, collection) == []


class TestStatus:
    @pytest.mark.parametrize("before", ["analyzing", "ready", "completed"])
    def test_adding_a_product_makes_a_settled_collection_selecting_again(
        self, ws: Workspace, shop: Shop, before: str
    ) -> None:
        collection = shop.clients.collection(ws.client_id, status=before)
        chair = shop.product("CH-1")
        curation.add_products(ws, collection, [chair])
        assert status(shop, collection) == "selecting"

    def test_a_run_is_left_alone(self, ws: Workspace, shop: Shop) -> None:
        collection = shop.clients.collection(ws.client_id, status="generating")
        curation.add_products(ws, collection, [shop.product("CH-1")])
        inspiration.add_upload(ws, collection, drawing(1), "room.jpg")
        assert status(shop, collection) == "generating"

    def test_adding_what_is_inside_already_changes_nothing(self, ws: Workspace, shop: Shop) -> None:
        collection = shop.clients.collection(ws.client_id)
        chair = shop.product("CH-1")
        curation.add_products(ws, collection, [chair])
        room = inspiration.add_upload(ws, collection, drawing(1), "room.jpg")
        curation.assign(ws, collection, [chair], room.id)
        assert status(shop, collection) == "ready"
        curation.add_products(ws, collection, [chair])
        inspiration.add_upload(ws, collection, drawing(1), "again.jpg")
        assert status(shop, collection) == "ready"


_ASSET = AssetId(new_id())
_WAYS_IN: dict[str, Callable[[Workspace, CollectionId], Any]] = {
    "plan": curation.plan,
    "rename": lambda ws, c: curation.rename_collection(ws, c, "Mine now"),
    "delete": curation.delete_collection,
    "restore": curation.restore_collection,
    "add": lambda ws, c: curation.add_products(ws, c, []),
    "remove": lambda ws, c: curation.remove_products(ws, c, []),
    "base": lambda ws, c: curation.set_base_settings(ws, c, SettingsOverrides()),
    "derive": curation.derive_base_settings,
    "overrides": lambda ws, c: curation.set_overrides(ws, c, [], SettingsOverrides()),
    "assign": lambda ws, c: curation.assign(ws, c, [], None),
    "assign a scene": lambda ws, c: curation.assign(ws, c, [], InspirationId(new_id())),
    "match": curation.match_products,
    "upload": lambda ws, c: inspiration.add_upload(ws, c, drawing(1), "room.jpg"),
    "unsplash": lambda ws, c: inspiration.add_unsplash(ws, c, "any"),
    "library": lambda ws, c: inspiration.add_from_library(ws, c, _ASSET),
    "scenes": inspiration.analyse_scenes,
    "products": lambda ws, c: catalogue.analyse_products(ws, [], collection_id=c),
    "names": lambda ws, c: delivery.preview_names(ws, delivery.ExportRequest(c)),
    "export": lambda ws, c: delivery.export_to_storage(ws, delivery.ExportRequest(c)),
}


@pytest.mark.parametrize("way", _WAYS_IN)
def test_another_clients_collection_is_not_found_by_any_way(
    other: Workspace, shop: Shop, collection: CollectionId, way: str
) -> None:
    before = shop.rows("SELECT to_jsonb(c) FROM app.collections c")
    with pytest.raises(NotFound):
        _WAYS_IN[way](other, collection)
    assert shop.rows("SELECT to_jsonb(c) FROM app.collections c") == before
    assert shop.rows("SELECT 1 FROM app.images") == []
