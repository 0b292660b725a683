import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.strategies import numbered, overrides, some
from visualizer_core.domain.generation_settings import FlowGenerationSettings, SettingsOverrides
from visualizer_core.domain.recipe import (
    InputHash,
    Recipe,
    canonical_json,
    choices_digest,
    recipe_hash,
    seed_for,
    slot_key,
)
from visualizer_core.domain.resolve import Level
from visualizer_core.domain.status import Lane

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(-1e9, 1e9, allow_nan=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)

RECIPE = Recipe(
    inputs=(InputHash(1, "product", "aa"), InputHash(2, "inspiration", "bb")),
    prompt="Image 1 is the product, a dining chair.",
    prompt_version=1,
    model="some-image-model",
    settings=FlowGenerationSettings(style="Japandi", lane=Lane.FLEX),
)


@some
@given(json_values)
def test_canonical_json_survives_a_trip_through_storage(value: object) -> None:
    text = canonical_json(value)

    assert canonical_json(json.loads(text)) == text
    assert text.isascii()


@some
@given(st.dictionaries(st.text(max_size=5), json_values, min_size=2))
def test_the_order_of_keys_is_immaterial(value: dict[str, object]) -> None:
    assert canonical_json(dict(reversed(value.items()))) == canonical_json(value)


def test_whole_floats_and_noise_of_arithmetic_change_nothing() -> None:
    assert canonical_json({"a": 1.0, "b": 0.1 + 0.2, "c": -0.0}) == '{"a":1,"b":0.3,"c":0}'


def test_ids_dates_and_enumerations_are_written_as_text() -> None:
    value = {"id": numbered(1), "at": datetime(2026, 11, 22, tzinfo=UTC), "lane": Lane.FLEX}

    assert canonical_json(value) == (
        '{"at":"2026-11-22T00:00:00+00:00","id":"00000000-0000-0000-0000-000000000001",'
        '"lane":"flex"}'
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("-inf")]])
def test_numbers_json_does_not_know_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not JSON"):
        canonical_json(value)


@pytest.mark.parametrize("value", [{1: "a"}, {"a": {1, 2}}, b"bytes"])
def test_values_without_a_canonical_form_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)


def test_a_recipe_read_back_from_storage_has_the_same_hash() -> None:
    stored = json.loads(json.dumps(RECIPE.to_json()))

    assert recipe_hash(stored) == recipe_hash(RECIPE)
    assert len(recipe_hash(RECIPE)) == 64


def test_the_hash_of_a_known_recipe_stays_what_it_is() -> None:
    # Written into delivered pictures: a change needs a new RECIPE_VERSION.
    assert recipe_hash(RECIPE) == KNOWN_HASH


KNOWN_HASH = "29b7bd4eb74e06d849afd0959371bc70e63ead4636c3ddf57103a1a41ebd9734"

CHANGES: dict[str, Callable[[], Recipe]] = {
    "inputs": lambda: with_recipe(inputs=RECIPE.inputs[::-1]),
    "prompt": lambda: with_recipe(prompt="another"),
    "prompt_version": lambda: with_recipe(prompt_version=2),
    "model": lambda: with_recipe(model="another"),
    "settings": lambda: with_recipe(settings=FlowGenerationSettings()),
    "variant": lambda: with_recipe(variant=2),
}


def with_recipe(**changes: object) -> Recipe:
    return replace(RECIPE, **changes)  # pyright: ignore[reportArgumentType]  # cases name fields freely


@pytest.mark.parametrize("name", CHANGES)
def test_everything_that_reached_the_provider_counts(name: str) -> None:
    assert recipe_hash(CHANGES[name]()) != recipe_hash(RECIPE)


PRODUCT, SCENE, OTHER = numbered(1), numbered(2), numbered(9)


def slot(
    product: UUID = PRODUCT,
    photo: str = "aa",
    scene: UUID | None = SCENE,
    variant: int = 1,
    chosen: tuple[tuple[Level, SettingsOverrides], ...] = (),
) -> str:
    return slot_key(
        product_id=product,
        photo_sha256=photo,
        inspiration_id=scene,
        variant=variant,
        choices=choices_digest(chosen),
    )


def override(**fields: object) -> tuple[tuple[Level, SettingsOverrides], ...]:
    return ((Level.OVERRIDE, SettingsOverrides.model_validate(fields)),)


def test_what_a_person_decides_opens_a_new_slot() -> None:
    slots = {
        slot(),
        slot(product=OTHER),
        slot(photo="bb"),
        slot(scene=OTHER),
        slot(scene=None),
        slot(variant=2),
        slot(chosen=override(style="Japandi")),
        slot(chosen=override(aspect_ratio="4:3")),
        slot(chosen=override(model="another")),
        slot(chosen=override(user_prompt="brighter")),
    }

    assert len(slots) == 10


def test_lane_and_number_of_variants_open_no_new_slot() -> None:
    assert slot(chosen=override(lane="flex", variants=4)) == slot()


def test_moving_a_value_to_another_level_opens_no_new_slot() -> None:
    as_default = ((Level.PRODUCT, SettingsOverrides(style="Japandi")),)

    assert slot(chosen=as_default) == slot(chosen=override(style="Japandi"))


def test_the_known_slot_stays_what_it_is() -> None:
    # Stored on assets: a change would make every collection generate anew.
    assert slot(chosen=override(style="Japandi", palette=["#AABBCC"])) == KNOWN_SLOT


KNOWN_SLOT = "1632f61c04db544fdfa49cad268aa300779e44ff51779360e213c7b1bcb98355"


@some
@given(st.lists(st.tuples(st.sampled_from(list(Level)), overrides), max_size=3))
def test_a_slot_is_the_same_for_the_same_decisions_in_any_order(
    chosen: list[tuple[Level, SettingsOverrides]],
) -> None:
    one_each = tuple({level: (level, entry) for level, entry in chosen}.values())

    assert slot(chosen=one_each) == slot(chosen=one_each[::-1])


@some
@given(st.uuids(), st.integers(0, 1_000))
def test_a_seed_is_the_same_again_and_fits_the_provider(asset: UUID, attempt: int) -> None:
    seed = seed_for(asset, attempt)

    assert seed == seed_for(asset, attempt)
    assert 0 <= seed < 2**31
    assert seed != seed_for(asset, attempt + 1)
