from collections import Counter
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.strategies import numbered, product_analyses, scene_analyses, some
from visualizer_core.domain.analysis import ProductAnalysis, SceneAnalysis
from visualizer_core.domain.ids import InspirationId, ProductId
from visualizer_core.domain.matching import (
    ProductFacts,
    SceneFacts,
    capacity_of,
    match,
    score,
    score_table,
)
from visualizer_core.domain.vocabulary import SceneType
from visualizer_core.errors import InvalidInput

products_strategy = st.lists(
    st.tuples(
        st.uuids(),
        st.sampled_from(["Chairs", "Lamps", "chairs ", ""]),
        st.none() | product_analyses,
    ),
    max_size=14,
    unique_by=lambda entry: entry[0],
).map(
    lambda entries: [
        ProductFacts(ProductId(key), f"lamp {at}", category, analysis)
        for at, (key, category, analysis) in enumerate(entries)
    ]
)
scenes_strategy = st.lists(
    st.tuples(st.uuids(), st.none() | scene_analyses), max_size=5, unique_by=lambda entry: entry[0]
).map(lambda entries: [SceneFacts(InspirationId(key), analysis) for key, analysis in entries])


def thing(number: int, category: str = "Things", **changes: object) -> ProductFacts:
    analysis = ProductAnalysis.model_validate(
        {
            "generic_class": "thing",
            "placement": "floor",
            "indoor": True,
            "outdoor": False,
            "rooms": ["Living Room"],
            "styles": ["Scandinavian"],
            "colours": ["#7A5230"],
        }
        | changes
    )
    return ProductFacts(ProductId(numbered(number)), f"thing {number}", category, analysis)


def room(number: int, kind: SceneType = "Living Room", **changes: object) -> SceneFacts:
    analysis = SceneAnalysis.model_validate(
        {
            "scene_type": kind,
            "indoor": True,
            "styles": ["Scandinavian"],
            "colours": ["#EFE6D2"],
            "free_floor": 0.5,
        }
        | changes
    )
    return SceneFacts(InspirationId(numbered(number)), analysis)


@some
@given(product_analyses, scene_analyses)
def test_a_score_is_the_sum_of_its_reasons_and_lies_between_0_and_1(
    product: ProductAnalysis, scene: SceneAnalysis
) -> None:
    found = score(
        ProductFacts(ProductId(numbered(1)), "thing", "", product),
        SceneFacts(InspirationId(numbered(2)), scene),
    )

    assert 0 <= found.value <= 1
    assert sum(reason.contribution for reason in found.reasons) == pytest.approx(
        found.value, abs=1e-5
    )
    assert {reason.code for reason in found.reasons} == {
        "room",
        "style",
        "colour",
        "setting",
        "scale",
        "camera",
    }
    assert all(reason.text for reason in found.reasons)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (room(1, "Living Room"), room(2, "Kitchen")),
        (room(1, "Dining Room"), room(2, "Bathroom")),
        (room(1, styles=["Japandi"]), room(2, styles=["Vintage / Retro"])),
        (room(1, colours=["#F4F0E8"]), room(2, colours=["#7A5230"])),
        (room(1, colours=["#8A6A4A"]), room(2, colours=["#2F8F3F"])),
        (room(1, free_floor=0.5), room(2, free_floor=0.0)),
        (room(1, camera_angle="Eye Level"), room(2, camera_angle="Top-Down")),
        (room(1), room(2, "Garden", indoor=False)),
    ],
)
def test_the_scene_a_person_would_choose_scores_higher(
    better: SceneFacts, worse: SceneFacts
) -> None:
    assert score(thing(9), better).value > score(thing(9), worse).value


def test_in_the_wrong_setting_everything_else_counts_little() -> None:
    right = score(thing(1, indoor=False, outdoor=True), room(2, indoor=False))
    wrong = score(thing(1, indoor=False, outdoor=True), room(2))

    assert wrong.value < right.value / 3
    assert "it does not belong indoors" in [reason.text for reason in wrong.reasons]


def test_a_reason_says_why_for_a_person() -> None:
    texts = [reason.text for reason in score(thing(1), room(2, "Kitchen")).reasons]

    assert "Kitchen is none of its rooms (Living Room)" in texts
    assert "Scandinavian and Scandinavian go together" in texts


@some
@given(products_strategy, scenes_strategy)
def test_every_product_gets_a_scene_with_the_score_of_that_pair(
    products: list[ProductFacts], scenes: list[SceneFacts]
) -> None:
    matches = match(products, scenes)

    if not scenes:
        assert matches == []
        return
    assert [entry.product_id for entry in matches] == [product.id for product in products]
    by_id = {scene.id: scene for scene in scenes}
    for product, entry in zip(products, matches, strict=True):
        assert score(product, by_id[InspirationId(entry.scene_id)]).value == pytest.approx(
            entry.score
        )


@some
@given(products_strategy, scenes_strategy, st.randoms(use_true_random=False))
def test_the_order_of_products_and_scenes_is_immaterial(
    products: list[ProductFacts], scenes: list[SceneFacts], rng: object
) -> None:
    mixed_products, mixed_scenes = list(products), list(scenes)
    rng.shuffle(mixed_products)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  # hypothesis gives a random.Random
    rng.shuffle(mixed_scenes)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  # the same

    straight = {entry.product_id: entry for entry in match(products, scenes)}
    mixed = {entry.product_id: entry for entry in match(mixed_products, mixed_scenes)}

    assert mixed == straight


@some
@given(products_strategy, scenes_strategy)
def test_a_product_is_never_in_the_wrong_setting_when_there_is_a_right_one(
    products: list[ProductFacts], scenes: list[SceneFacts]
) -> None:
    for product, entry in zip(products, match(products, scenes), strict=bool(scenes)):
        right = [
            scene.id
            for scene in scenes
            if "does not belong"
            not in next(
                reason.text for reason in score(product, scene).reasons if reason.code == "setting"
            )
        ]
        assert not right or entry.scene_id in right


def test_an_outdoor_sofa_goes_outdoors_though_everything_else_speaks_for_the_living_room() -> None:
    sofa = thing(1, indoor=False, outdoor=True, rooms=["Garden"])
    garden = room(2, "Beach", indoor=False, styles=["Futuristic / Tech"], colours=["#7A5230"])

    (found,) = match([sofa], [room(3), garden])

    assert found.scene_id == garden.id


@pytest.mark.parametrize("kind", ["Garden", "Beach"])
def test_outdoor_things_crowd_the_only_outdoor_scene_rather_than_stand_indoors(
    kind: SceneType,
) -> None:
    things = [thing(n, indoor=False, outdoor=True, rooms=["Garden"]) for n in range(1, 9)]
    garden = room(20, kind, indoor=False)

    found = match(things, [garden, room(21), room(22, "Bedroom"), room(23, "Kitchen")])

    assert {entry.scene_id for entry in found} == {garden.id}


def test_no_scene_takes_everything_when_several_fit() -> None:
    things = [thing(n) for n in range(1, 21)]
    scenes = [room(30), room(31, styles=["Japandi"]), room(32, styles=["Contemporary"])]

    loads = Counter(entry.scene_id for entry in match(things, scenes))

    assert len(loads) == 3
    assert max(loads.values()) <= capacity_of(20, 3) == 10


def test_a_toaster_stays_in_the_only_kitchen_whatever_the_balance() -> None:
    toasters = [thing(n, rooms=["Kitchen"], placement="surface") for n in range(1, 7)]

    found = match(toasters, [room(10, "Kitchen"), room(11, "Bedroom"), room(12, "Living Room")])

    assert {entry.scene_id for entry in found} == {numbered(10)}


def test_products_of_one_category_spread_over_equal_scenes() -> None:
    chairs = [thing(n, "Chairs") for n in range(1, 5)]
    lamps = [thing(n, "Lamps") for n in range(5, 9)]

    found = match(chairs + lamps, [room(20 + n) for n in range(4)])

    at = {entry.product_id: entry.scene_id for entry in found}
    for group in (chairs, lamps):
        assert len({at[product.id] for product in group}) == 4


def test_what_a_person_fixed_is_kept_and_counted() -> None:
    things = [thing(n) for n in range(1, 5)]
    chosen = room(11, "Bathroom")

    found = match(
        things, [room(10), chosen], fixed={things[0].id: chosen.id, numbered(99): chosen.id}
    )

    assert found[0].scene_id == chosen.id
    assert [entry.fixed for entry in found] == [True, False, False, False]


def test_a_scene_of_another_collection_cannot_be_fixed() -> None:
    with pytest.raises(InvalidInput, match="thing 1"):
        match([thing(1)], [room(2)], fixed={numbered(1): numbered(3)})


def test_the_same_product_twice_is_refused() -> None:
    with pytest.raises(InvalidInput, match="twice"):
        match([thing(1), thing(1)], [room(2)])


def test_without_analyses_the_catalogue_text_decides() -> None:
    toaster = ProductFacts(ProductId(numbered(1)), "Retro toaster", "Appliances")
    chair = ProductFacts(ProductId(numbered(2)), "Armchair", "Exterior")
    kitchen = SceneFacts(InspirationId(numbered(3)), description="bright kitchen with island")
    patio = SceneFacts(InspirationId(numbered(4)), file_name="patio_04.jpg")

    found = match([toaster, chair], [kitchen, patio])

    assert [entry.scene_id for entry in found] == [kitchen.id, patio.id]


def test_the_table_holds_every_pair() -> None:
    products, scenes = [thing(1), thing(2, rooms=["Kitchen"])], [room(3), room(4, "Kitchen")]

    table = score_table(products, scenes)

    assert table.values.shape == (2, 2)
    assert table.product_ids == (numbered(1), numbered(2))
    for row, product in enumerate(products):
        for column, scene in enumerate(scenes):
            assert table.values[row, column] == score(product, scene).value
    assert score_table([], scenes).values.size == 0


def test_five_hundred_products_keep_the_balance() -> None:
    rng = np.random.default_rng(7)
    kinds: list[SceneType] = ["Living Room", "Bedroom", "Dining Room", "Home Office"]
    things = [
        thing(n + 1, f"category {n % 25}", rooms=[kinds[int(rng.integers(4))]]) for n in range(500)
    ]
    scenes = [room(1000 + n, kinds[n % 4]) for n in range(12)]

    loads: Counter[UUID] = Counter(entry.scene_id for entry in match(things, scenes))

    assert max(loads.values()) <= capacity_of(500, 12)
    assert sum(loads.values()) == 500
