"""Deciding on results: with reasons, undone without a trace, trashed and brought back."""

import pytest

from tests.support.shop import Shop, drawing
from tests.support.working import work_off
from tests.support.world import Standin
from visualizer_core.domain.corrections import ReviewReason
from visualizer_core.domain.ids import AssetId, CollectionId, new_id
from visualizer_core.domain.status import Review
from visualizer_core.errors import InvalidInput
from visualizer_core.services import curation, generation, inspiration, review
from visualizer_core.workspace import Workspace


@pytest.fixture
def collection(ws: Workspace) -> CollectionId:
    return curation.create_collection(ws, "Spring")


@pytest.fixture
def results(shop: Shop, collection: CollectionId) -> list[AssetId]:
    chair = shop.product("CH-1")
    return [shop.result(collection, chair, slot=f"slot-{number}") for number in range(3)]


def decisions(shop: Shop) -> list[tuple[object, ...]]:
    return shop.rows(
        "SELECT review_status, review_reason, reviewed_by, reviewed_at IS NOT NULL "
        "FROM app.generated_assets ORDER BY seq"
    )


def test_a_decision_says_what_why_and_who(
    ws: Workspace, shop: Shop, results: list[AssetId]
) -> None:
    good, bad, _ = results
    assert review.decide(ws, [good], Review.APPROVED) == 1
    assert review.decide(ws, [bad, bad], Review.REJECTED, reason=ReviewReason.COLOUR) == 1
    assert decisions(shop) == [
        ("approved", None, "user:ada", True),
        ("rejected", "colour", "user:ada", True),
        ("pending", None, None, False),
    ]


def test_a_decision_taken_back_leaves_no_trace(
    ws: Workspace, shop: Shop, results: list[AssetId]
) -> None:
    review.decide(ws, results, Review.REJECTED, reason=ReviewReason.SCALE)
    assert review.decide(ws, results, Review.PENDING) == 3
    assert decisions(shop) == [("pending", None, None, False)] * 3


def test_a_changed_mind_leaves_no_old_reason(
    ws: Workspace, shop: Shop, results: list[AssetId]
) -> None:
    review.decide(ws, results[:1], Review.REJECTED, reason=ReviewReason.SCALE)
    review.decide(ws, results[:1], Review.APPROVED)
    assert decisions(shop)[0] == ("approved", None, "user:ada", True)


@pytest.mark.parametrize(
    ("decision", "reason"),
    [
        (Review.REJECTED, None),
        (Review.APPROVED, ReviewReason.COLOUR),
        (Review.PENDING, ReviewReason.OTHER),
    ],
)
def test_a_rejection_and_nothing_else_has_a_reason(
    ws: Workspace, shop: Shop, results: list[AssetId], decision: Review, reason: ReviewReason | None
) -> None:
    with pytest.raises(InvalidInput, match="A rejection needs a reason"):
        review.decide(ws, results, decision, reason=reason)
    assert {row[0] for row in decisions(shop)} == {"pending"}


def test_only_finished_results_of_this_client_are_decided_on(
    ws: Workspace, other: Workspace, shop: Shop, collection: CollectionId, results: list[AssetId]
) -> None:
    waiting = shop.clients.asset(ws.client_id, collection, shop.product("CH-2"))
    review.trash(ws, results[:1])
    assert review.decide(ws, [waiting, results[0], AssetId(new_id())], Review.APPROVED) == 0
    assert review.pin(ws, [waiting]) == 0
    for change in (review.pin, review.unpin, review.trash, review.restore):
        assert change(other, results) == 0
    assert review.decide(other, results, Review.APPROVED) == 0
    assert review.set_favourite(other, results, favourite=True) == 0
    assert {row[0] for row in decisions(shop)} == {"pending"}


def test_pins_and_favourites_are_set_and_taken_back(
    ws: Workspace, shop: Shop, results: list[AssetId]
) -> None:
    query = "SELECT pinned, favourite FROM app.generated_assets ORDER BY seq"
    assert review.pin(ws, results[:2]) == 2
    assert review.set_favourite(ws, results[1:], favourite=True) == 2
    assert shop.rows(query) == [(True, False), (True, True), (False, True)]
    assert review.unpin(ws, results) == 3
    assert review.set_favourite(ws, results, favourite=False) == 3
    assert shop.rows(query) == [(False, False)] * 3


def test_a_trashed_result_comes_back_with_its_place(
    ws: Workspace, shop: Shop, results: list[AssetId]
) -> None:
    query = "SELECT slot FROM app.generated_assets WHERE deleted_at IS NULL ORDER BY seq"
    assert review.trash(ws, results[:2]) == 2
    assert review.trash(ws, results[:2]) == 0
    assert shop.rows(query) == [("slot-2",)]
    assert review.restore(ws, results) == 2
    assert shop.rows(query) == [("slot-0",), ("slot-1",), ("slot-2",)]


def test_a_place_taken_meanwhile_stays_with_the_newer_result(
    ws: Workspace, shop: Shop, collection: CollectionId, results: list[AssetId]
) -> None:
    old, *_ = results
    review.trash(ws, [old])
    new = shop.result(collection, shop.product("CH-2"), slot="slot-0")
    assert review.restore(ws, [old]) == 1
    query = "SELECT slot FROM app.generated_assets WHERE id = %s"
    assert (shop.one(query, old), shop.one(query, new)) == (None, "slot-0")
    review.trash(ws, [old])  # once more: it has no place to come back to
    assert review.restore(ws, [old]) == 1


def test_of_two_trashed_ones_the_newer_gets_the_place(
    ws: Workspace, shop: Shop, collection: CollectionId, results: list[AssetId]
) -> None:
    old, *_ = results
    review.trash(ws, [old])
    new = shop.result(collection, shop.product("CH-2"), slot="slot-0")
    review.trash(ws, [new])
    assert review.restore(ws, [old, new]) == 2
    query = "SELECT slot FROM app.generated_assets WHERE id = %s"
    assert (shop.one(query, old), shop.one(query, new)) == (None, "slot-0")


def test_what_is_being_made_is_not_trashed(
    ws: Workspace, shop: Shop, collection: CollectionId
) -> None:
    waiting = shop.clients.asset(ws.client_id, collection, shop.product("CH-1"))
    assert review.trash(ws, [waiting]) == 0
    assert shop.one("SELECT deleted_at FROM app.generated_assets") is None


def test_a_next_run_makes_a_trashed_picture_again_and_no_other(
    ws: Workspace, shop: Shop, collection: CollectionId, standin: Standin
) -> None:
    chairs = [shop.product(f"CH-{number}", photo=drawing(number)) for number in range(2)]
    curation.add_products(ws, collection, chairs)
    room = inspiration.add_upload(ws, collection, drawing(9), "living room.jpg")
    curation.assign(ws, collection, chairs, room.id)
    assert generation.start(ws, collection, request_id="first").created == 2
    work_off(ws.runtime)
    first = AssetId(shop.one("SELECT id FROM app.generated_assets ORDER BY seq LIMIT 1"))
    review.trash(ws, [first])
    again = generation.start(ws, collection, request_id="second")
    assert (again.created, again.existing) == (1, 1)
    work_off(ws.runtime)
    assert len(standin.log()) == 3
    review.restore(ws, [first])
    assert generation.estimate(ws, collection).pictures == 0
