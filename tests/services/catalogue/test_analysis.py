"""Describing products: paid once, corrected by people, with the catalogue's text behind."""

from typing import Any

import pytest

from tests.support.shop import Seen, Shop, drawing
from tests.support.world import Servers, Standin, flush_redis
from visualizer_core.domain.analysis import ProductAnalysis
from visualizer_core.domain.ids import CollectionId, ProductId, new_id
from visualizer_core.errors import Misconfigured, NotFound
from visualizer_core.services import catalogue, operations
from visualizer_core.workspace import Workspace

OWN = ProductAnalysis(
    generic_class="throne",
    placement="floor",
    indoor=True,
    outdoor=False,
    rooms=["Bedroom"],
    styles=["Japandi"],
    colours=["#112233"],
)


def chairs(shop: Shop, count: int) -> list[ProductId]:
    return [
        shop.product(f"CH-{number}", name=f"Oak chair {number}", photo=drawing(number))
        for number in range(count)
    ]


def states(shop: Shop) -> list[str]:
    return [row[0] for row in shop.rows("SELECT analysis_state FROM app.products ORDER BY sku")]


def calls(shop: Shop) -> list[tuple[Any, ...]]:
    return shop.rows("SELECT purpose, state, outcome FROM app.provider_calls ORDER BY sent_at")


def test_every_product_is_described_once_and_every_call_is_booked(
    ws: Workspace, shop: Shop, standin: Standin
) -> None:
    products = chairs(shop, 5)
    seen = Seen()
    run = catalogue.analyse_products(ws, products, on_progress=seen)
    assert (run.analysed, run.known, run.fallback) == (5, 0, ())
    assert states(shop) == ["done"] * 5
    assert seen == [(number, 5) for number in range(1, 6)]
    ledger = shop.rows(
        "SELECT subject_id, purpose, state, charge, http_status, cost_micros > 0, "
        "prompt_tokens > 0, model, asset_id FROM app.provider_calls"
    )
    assert {row[0] for row in ledger} == set(products)
    assert {row[1:] for row in ledger} == {
        ("product_analysis", "paid", "paid", 200, True, True, ws.runtime.analysis_model, None)
    }
    assert run.cost_micros == shop.one("SELECT sum(cost_micros) FROM app.provider_calls")
    assert len(standin.log()) == 5
    again = catalogue.analyse_products(ws, products)
    assert (again.analysed, again.known, again.cost_micros) == (0, 5, 0)
    assert len(standin.log()) == 5


def test_what_is_stored_is_a_valid_description_of_the_photo(
    ws: Workspace, shop: Shop, standin: Standin
) -> None:
    chairs(shop, 1)
    catalogue.analyse_products(ws, catalogue.find_products(ws))
    stored = shop.one("SELECT analysis FROM app.products")
    assert ProductAnalysis.model_validate(stored).generic_class == "dining chair"
    [asked] = standin.log()
    sent = shop.one("SELECT sha256 FROM app.images")
    assert asked["images"] == [sent]


def test_the_same_photo_and_text_are_paid_once(ws: Workspace, shop: Shop, standin: Standin) -> None:
    twins = [shop.product(f"CH-{n}", name="Oak chair", photo=drawing(1)) for n in range(4)]
    run = catalogue.analyse_products(ws, twins)
    assert run.analysed == 4
    assert len(standin.log()) == 1
    assert states(shop) == ["done"] * 4
    [one] = {str(row[0]) for row in shop.rows("SELECT analysis FROM app.products")}
    assert "chair" in one
    late = shop.product("CH-9", name="Oak chair", photo=drawing(1))
    assert catalogue.analyse_products(ws, [late]).cost_micros == 0
    assert len(standin.log()) == 1


def test_two_clients_pay_each_for_themselves(
    ws: Workspace, other: Workspace, shop: Shop, standin: Standin
) -> None:
    mine = shop.product("CH-1", name="Oak chair", photo=drawing(1))
    there = Shop(other, shop.clients, shop.urls)
    theirs = there.product("CH-1", name="Oak chair", photo=drawing(1))
    assert catalogue.analyse_products(ws, [mine]).cost_micros > 0
    assert catalogue.analyse_products(other, [theirs]).cost_micros > 0
    assert len(standin.log()) == 2
    owners = shop.rows("SELECT client_id FROM app.analysis_cache")
    assert {row[0] for row in owners} == {ws.client_id, other.client_id}


def test_a_new_text_or_photo_is_looked_at_again_and_a_new_price_is_not(
    ws: Workspace, shop: Shop, standin: Standin
) -> None:
    record = {"sku": "CH-1", "name": "Oak chair", "description": "Solid.", "price": "5"}
    [chair] = shop.imported(record)
    shop.attach(chair, drawing(1))
    catalogue.analyse_products(ws, [chair])
    shop.imported(record | {"price": "6"})
    assert catalogue.analyse_products(ws, [chair]).known == 1
    shop.imported(record | {"price": "6", "description": "Solid oak, oiled."})
    assert catalogue.analyse_products(ws, [chair]).analysed == 1
    catalogue.set_primary_photo(ws, chair, shop.attach(chair, drawing(2)))
    assert catalogue.analyse_products(ws, [chair]).analysed == 1
    assert len(standin.log()) == 3


def test_what_a_person_wrote_is_never_overwritten(
    ws: Workspace, shop: Shop, standin: Standin
) -> None:
    [chair] = chairs(shop, 1)
    catalogue.edit_analysis(ws, chair, OWN)
    catalogue.set_primary_photo(ws, chair, shop.attach(chair, drawing(7)))
    assert catalogue.analyse_products(ws, [chair], again=True).known == 1
    assert standin.log() == []
    assert ProductAnalysis.model_validate(shop.one("SELECT analysis FROM app.products")) == OWN


def test_what_a_person_writes_during_a_run_wins(
    ws: Workspace, shop: Shop, standin: Standin
) -> None:
    first, second = chairs(shop, 2)
    standin.fault("wire_delay", seconds=1.5, prompt="chair 1")
    edited: list[int] = []

    def edit(done: int, _: int) -> None:
        if not edited:  # the first is described, the second is still being asked for
            catalogue.edit_analysis(ws, second, OWN)
        edited.append(done)

    catalogue.analyse_products(ws, [first, second], on_progress=edit)
    assert len(edited) == 2
    assert states(shop) == ["done", "edited"]


def test_a_product_without_a_photo_is_described_from_its_text(
    ws: Workspace, shop: Shop, standin: Standin
) -> None:
    chair = shop.product("CH-1", name="Walnut dining chair")
    run = catalogue.analyse_products(ws, [chair])
    assert run.fallback == ("CH-1: It has no photo.",)
    [(state, error, kind)] = shop.rows(
        "SELECT analysis_state, analysis_error, analysis ->> 'generic_class' FROM app.products"
    )
    assert (state, error, kind) == ("fallback", "It has no photo.", "dining chair")
    assert catalogue.analyse_products(ws, [chair]).known == 1
    assert standin.log() == []
    shop.attach(chair, drawing(1))
    assert catalogue.analyse_products(ws, [chair]).fallback == ()
    assert states(shop) == ["done"]


def test_a_refused_product_is_described_from_its_text_and_not_asked_again_unasked(
    ws: Workspace, shop: Shop, standin: Standin
) -> None:
    products = chairs(shop, 2)
    standin.fault("analysis_blocked", prompt="chair 1")
    run = catalogue.analyse_products(ws, products)
    [reason] = run.fallback
    assert reason.startswith("CH-1: The model refused to describe it")
    assert states(shop) == ["done", "fallback"]
    assert catalogue.analyse_products(ws, products).known == 2
    assert len(standin.log()) == 2
    assert catalogue.analyse_products(ws, products, again=True).fallback == ()
    assert states(shop) == ["done", "done"]
    assert len(standin.log()) == 3


@pytest.mark.parametrize("fault", ["analysis_bad_enum", "analysis_missing_key"])
def test_a_wrong_answer_is_repaired_once(
    ws: Workspace, shop: Shop, standin: Standin, fault: str
) -> None:
    products = chairs(shop, 1)
    standin.fault(fault)
    run = catalogue.analyse_products(ws, products)
    assert run.fallback == ()
    assert [row[0] for row in calls(shop)] == ["product_analysis", "repair"]
    assert run.cost_micros == shop.one("SELECT sum(cost_micros) FROM app.provider_calls")
    [_, repair] = standin.log()
    assert "Your last answer could not be used" in str(repair["prompt"])


def test_an_answer_that_stays_wrong_is_given_up_after_one_repair(
    ws: Workspace, shop: Shop, standin: Standin
) -> None:
    standin.fault("analysis_bad_enum", count=None)
    [reason] = catalogue.analyse_products(ws, chairs(shop, 1)).fallback
    assert "CH-0: The model's description could not be used" in reason
    assert len(standin.log()) == 2
    assert states(shop) == ["fallback"]


def test_a_fenced_answer_needs_no_repair(ws: Workspace, shop: Shop, standin: Standin) -> None:
    standin.fault("analysis_fenced")
    assert catalogue.analyse_products(ws, chairs(shop, 1)).fallback == ()
    assert len(standin.log()) == 1


def test_an_answer_cut_off_is_asked_for_again_with_more_room(
    ws: Workspace, shop: Shop, standin: Standin
) -> None:
    standin.fault("analysis_truncated")
    assert catalogue.analyse_products(ws, chairs(shop, 1)).fallback == ()
    assert len(standin.log()) == 2
    assert states(shop) == ["done"]


def test_a_wrong_key_stops_the_run_says_what_to_do_and_keeps_what_is_done(
    ws: Workspace, shop: Shop, standin: Standin
) -> None:
    products = chairs(shop, 30)
    standin.fault("err_400_bad_key", count=None, skip=2)
    with pytest.raises(Misconfigured, match="GEMINI_API_KEY"):
        catalogue.analyse_products(ws, products)
    assert sorted(states(shop)) == ["done"] * 2 + ["none"] * 28
    assert len(standin.log()) <= 2 + 2 * 8  # what was begun is finished, nothing more is begun
    assert {row[1] for row in calls(shop)} == {"paid", "rejected"}
    standin.reset()
    assert catalogue.analyse_products(ws, products).known == 2
    assert states(shop) == ["done"] * 30


def test_a_request_to_slow_down_is_waited_for(ws: Workspace, shop: Shop, standin: Standin) -> None:
    standin.fault("err_429_bare")
    run = catalogue.analyse_products(ws, chairs(shop, 1))
    assert run.fallback == ()
    assert [row[1:] for row in calls(shop)] == [("rejected", "rate_limited"), ("paid", "success")]
    assert ws.runtime.limiter.state(ws.runtime.analysis_model)["factor"] < 1


def test_a_used_up_day_is_not_asked_again_before_its_end(
    ws: Workspace, shop: Shop, standin: Standin, servers: Servers
) -> None:
    products = chairs(shop, 2)
    standin.fault("err_429_rpd", count=None)
    run = catalogue.analyse_products(ws, products[:1])
    assert "limit for today is reached" in run.fallback[0]
    asked = len(standin.log())
    assert asked == 1
    assert len(catalogue.analyse_products(ws, products).fallback) == 2
    assert len(standin.log()) == asked
    cooldown_s = ws.runtime.limiter.state(ws.runtime.analysis_model)["cooldown_s"]
    assert 0 < cooldown_s <= 25 * 3600
    flush_redis(servers.env)  # the next day
    standin.reset()
    assert catalogue.analyse_products(ws, products).fallback == ()
    assert states(shop) == ["done", "done"]


def test_a_paused_model_is_not_asked(ws: Workspace, shop: Shop, standin: Standin) -> None:
    products = chairs(shop, 2)
    model = ws.runtime.analysis_model
    operations.pause_model(ws.runtime, model, minutes=5, reason="audit", actor="admin:boss")
    run = catalogue.analyse_products(ws, products)
    assert [reason.split(": ")[1] for reason in run.fallback] == [
        "The model is paused (audit). Analyse again later."
    ] * 2
    assert standin.log() == []
    operations.resume_model(ws.runtime, model, actor="admin:boss")
    assert catalogue.analyse_products(ws, products).fallback == ()


def test_an_earlier_description_is_better_than_none(
    ws: Workspace, shop: Shop, standin: Standin
) -> None:
    record = {"sku": "CH-1", "name": "Oak chair", "description": "Solid.", "price": "5"}
    [chair] = shop.imported(record)
    shop.attach(chair, drawing(1))
    catalogue.analyse_products(ws, [chair])
    before = shop.one("SELECT analysis FROM app.products")
    shop.imported(record | {"description": "Solid oak."})
    standin.fault("err_429_rpd", count=None)
    assert len(catalogue.analyse_products(ws, [chair]).fallback) == 1
    assert states(shop) == ["done"]
    assert shop.one("SELECT analysis FROM app.products") == before


def test_a_photo_missing_from_storage_is_told_and_tried_again(
    ws: Workspace, shop: Shop, standin: Standin
) -> None:
    lost, kept = chairs(shop, 2)
    key = shop.one(
        "SELECT s3_key FROM app.images m JOIN app.product_images i ON i.image_id = m.id "
        "WHERE i.product_id = %s", lost,
    )  # fmt: skip
    data = ws.store.get(key)
    ws.store.delete([key])
    [reason] = catalogue.analyse_products(ws, [lost, kept]).fallback
    assert reason.startswith("CH-0: Storage has no file")
    assert states(shop) == ["fallback", "done"]
    ws.store.put(key, data, "image/jpeg")
    assert catalogue.analyse_products(ws, [lost, kept]).fallback == ()
    assert len(standin.log()) == 2


def test_an_unknown_product_stops_before_anything_is_asked(
    ws: Workspace, other: Workspace, shop: Shop, standin: Standin
) -> None:
    [chair] = chairs(shop, 1)
    with pytest.raises(NotFound, match="1 of these 2 products"):
        catalogue.analyse_products(ws, [chair, ProductId(new_id())])
    with pytest.raises(NotFound):
        catalogue.analyse_products(other, [chair])
    with pytest.raises(NotFound):
        catalogue.edit_analysis(other, chair, OWN)
    with pytest.raises(NotFound, match="no such collection"):
        catalogue.analyse_products(ws, [chair], collection_id=CollectionId(new_id()))
    assert standin.log() == []
    assert states(shop) == ["none"]


def test_analysing_for_a_collection_moves_it_on(ws: Workspace, shop: Shop) -> None:
    chair = shop.product("CH-1")
    new, ready = (
        shop.clients.collection(ws.client_id, status=status) for status in ("selecting", "ready")
    )
    for collection in (new, ready):
        catalogue.analyse_products(ws, [chair], collection_id=collection)
    query = "SELECT status FROM app.collections WHERE id = %s"
    assert (shop.one(query, new), shop.one(query, ready)) == ("analyzing", "ready")
