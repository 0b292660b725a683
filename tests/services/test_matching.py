"""Which scene each product gets: matched with reasons, changed by hand, never lost."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.shop import Shop, drawing
from visualizer_core.db.plan import PlannedProduct
from visualizer_core.domain.ids import CollectionId, InspirationId, ProductId, new_id
from visualizer_core.errors import InvalidInput, NotFound
from visualizer_core.services import catalogue, curation, inspiration
from visualizer_core.workspace import Workspace

ROOMS = ("bedroom.jpg", "kitchen.jpg", "living room.jpg")


@pytest.fixture
def collection(ws: Workspace, shop: Shop) -> CollectionId:
    """Six products and three rooms, nothing analysed."""
    made = curation.create_collection(ws, "Spring")
    names = ("Double bed", "Bar stool", "Sofa", "Wardrobe", "Kitchen table", "Coffee table")
    products = [shop.product(f"P-{n}", name=name) for n, name in enumerate(names)]
    curation.add_products(ws, made, products)
    for number, room in enumerate(ROOMS):
        inspiration.add_upload(ws, made, drawing(number), room)
    return made


def planned(shop: Shop, collection: CollectionId) -> list[PlannedProduct]:
    return list(curation.plan(shop.ws, collection).products)


def products_of(shop: Shop, collection: CollectionId) -> list[ProductId]:
    return [product.id for product in planned(shop, collection)]


def scenes_of(shop: Shop, collection: CollectionId) -> dict[str, InspirationId]:
    return {scene.title: scene.id for scene in curation.plan(shop.ws, collection).scenes}


def test_every_product_gets_a_scene_with_a_score_and_reasons(
    ws: Workspace, shop: Shop, collection: CollectionId
) -> None:
    matches = curation.match_products(ws, collection)
    rooms = scenes_of(shop, collection)
    by_product = {match.product_id: match for match in matches}
    bed, stool, *_ = planned(shop, collection)
    assert bed.scene_id == rooms["bedroom.jpg"]
    assert stool.scene_id == rooms["kitchen.jpg"]
    for product in planned(shop, collection):
        match = by_product[product.id]
        assert (product.scene_id, product.matched_by) == (match.scene_id, "auto")
        assert product.match_score == pytest.approx(match.score)
    stored = shop.rows("SELECT match_reasons FROM app.collection_products")
    assert all(reasons and all(isinstance(text, str) for text in reasons) for [reasons] in stored)
    assert shop.one("SELECT status FROM app.collections") == "ready"


def test_matching_again_gives_the_same(ws: Workspace, shop: Shop, collection: CollectionId) -> None:
    curation.match_products(ws, collection)
    first = [product.scene_id for product in planned(shop, collection)]
    curation.match_products(ws, collection)
    assert [product.scene_id for product in planned(shop, collection)] == first


def test_a_choice_by_hand_survives_matching_until_it_is_taken_back(
    ws: Workspace, shop: Shop, collection: CollectionId
) -> None:
    bed, *_ = products_of(shop, collection)
    kitchen = scenes_of(shop, collection)["kitchen.jpg"]
    curation.assign(ws, collection, [bed], kitchen)
    chosen = planned(shop, collection)[0]
    assert (chosen.scene_id, chosen.matched_by, chosen.match_score) == (kitchen, "user", None)
    for afresh in (False, True):
        curation.match_products(ws, collection, afresh=afresh)
        matched = planned(shop, collection)[0]
        assert (matched.scene_id, matched.matched_by) == (kitchen, "user")
        assert matched.match_score is not None
    curation.assign(ws, collection, [bed], None)
    assert planned(shop, collection)[0].scene_id is None
    curation.match_products(ws, collection)
    assert planned(shop, collection)[0].scene_id == scenes_of(shop, collection)["bedroom.jpg"]
    assert planned(shop, collection)[0].matched_by == "auto"


def test_a_choice_made_while_matching_is_not_lost(
    ws: Workspace, shop: Shop, collection: CollectionId
) -> None:
    bed, *_ = products_of(shop, collection)
    rooms = list(scenes_of(shop, collection).values())
    with ThreadPoolExecutor(4) as pool:
        for turn in range(12):
            wanted = rooms[turn % 3]
            jobs = [pool.submit(curation.match_products, ws, collection) for _ in range(3)]
            pool.submit(curation.assign, ws, collection, [bed], wanted).result()
            for job in jobs:
                job.result()
            now = planned(shop, collection)[0]
            assert (now.scene_id, now.matched_by) == (wanted, "user")


def test_a_collection_matched_wholly_by_hand_is_ready(
    ws: Workspace, shop: Shop, collection: CollectionId
) -> None:
    *most, last = products_of(shop, collection)
    room = scenes_of(shop, collection)["bedroom.jpg"]
    curation.assign(ws, collection, most, room)
    assert shop.one("SELECT status FROM app.collections") == "selecting"
    curation.assign(ws, collection, [last], room)
    assert shop.one("SELECT status FROM app.collections") == "ready"


def test_scenes_and_products_from_elsewhere_change_nothing(
    ws: Workspace, other: Workspace, shop: Shop, collection: CollectionId
) -> None:
    bed, *_ = products_of(shop, collection)
    room = scenes_of(shop, collection)["bedroom.jpg"]
    elsewhere = curation.create_collection(ws, "Autumn")
    mine = inspiration.add_upload(ws, elsewhere, drawing(9), "x.jpg").id
    theirs = shop.clients.inspiration(other.client_id, shop.clients.collection(other.client_id))
    outside = shop.product("OUT")
    for scene in (mine, theirs, InspirationId(new_id())):
        with pytest.raises(NotFound, match="no such inspiration in this collection"):
            curation.assign(ws, collection, [bed], scene)
    for product in (outside, shop.clients.product(other.client_id)):
        with pytest.raises(NotFound, match="1 of these products are not in this collection"):
            curation.assign(ws, collection, [bed, product], room)
    assert {product.matched_by for product in planned(shop, collection)} == {"nobody"}


def test_nothing_to_match_is_said(ws: Workspace, shop: Shop) -> None:
    empty = curation.create_collection(ws, "Empty")
    with pytest.raises(InvalidInput, match="“Empty” has no products"):
        curation.match_products(ws, empty)
    curation.add_products(ws, empty, [shop.product("P-1")])
    with pytest.raises(InvalidInput, match="“Empty” has no inspirations"):
        curation.match_products(ws, empty)


def test_products_of_a_removed_scene_are_free_for_the_next_match(
    ws: Workspace, shop: Shop, collection: CollectionId
) -> None:
    bed, *_ = products_of(shop, collection)
    rooms = scenes_of(shop, collection)
    curation.match_products(ws, collection)
    curation.assign(ws, collection, [bed], rooms["kitchen.jpg"])
    inspiration.remove(ws, rooms["kitchen.jpg"])
    freed = planned(shop, collection)[0]
    assert (freed.scene_id, freed.matched_by, freed.match_score) == (None, "nobody", None)
    curation.match_products(ws, collection)
    assert planned(shop, collection)[0].scene_id == rooms["bedroom.jpg"]


def test_products_in_the_trash_are_not_matched(
    ws: Workspace, shop: Shop, collection: CollectionId
) -> None:
    bed, *_ = products_of(shop, collection)
    catalogue.delete_products(ws, [bed])
    assert bed not in {match.product_id for match in curation.match_products(ws, collection)}


def test_what_comes_later_moves_no_earlier_match_unless_asked(
    ws: Workspace, shop: Shop, collection: CollectionId
) -> None:
    curation.match_products(ws, collection)
    before = {product.id: product.scene_id for product in planned(shop, collection)}
    late = [shop.product(f"L-{n}", name="Double bed") for n in range(8)]
    curation.add_products(ws, collection, late)
    inspiration.add_upload(ws, collection, drawing(7), "bathroom.jpg")
    curation.match_products(ws, collection)
    after = {product.id: product.scene_id for product in planned(shop, collection)}
    assert {product: after[product] for product in before} == before
    assert all(after[product] is not None for product in late)
    curation.match_products(ws, collection, afresh=True)
    assert {product.matched_by for product in planned(shop, collection)} == {"auto"}
