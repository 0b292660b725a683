from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.strategies import levels, product_analyses, scene_analyses, some
from visualizer_core.domain.analysis import ProductAnalysis, SceneAnalysis
from visualizer_core.domain.generation_settings import (
    FlowGenerationSettings,
    InspirationUse,
    SettingsOverrides,
)
from visualizer_core.domain.registry import builtin_registry
from visualizer_core.domain.resolve import (
    ACCUMULATING,
    Level,
    base_from_analyses,
    check_against,
    merge,
    overrides_from_product,
    overrides_from_scene,
    resolve,
)
from visualizer_core.domain.status import Lane

Levels = list[tuple[Level, SettingsOverrides]]


def scene(**changes: object) -> SceneAnalysis:
    return SceneAnalysis.model_validate(
        {
            "scene_type": "Bedroom",
            "indoor": True,
            "styles": ["Japandi", "Scandinavian"],
            "colours": ["#EFE6D2", "#7A5230", "#9CAF88", "#1E1E1E"],
            "props": ["vase"],
        }
        | changes
    )


def product(**changes: object) -> ProductAnalysis:
    return ProductAnalysis.model_validate(
        {
            "generic_class": "bed",
            "placement": "floor",
            "indoor": True,
            "outdoor": False,
            "rooms": ["Bedroom"],
            "styles": ["Mid-Century"],
            "colours": ["#FFFFFF"],
        }
        | changes
    )


def test_without_levels_the_built_in_settings_apply_and_the_trace_says_so() -> None:
    resolved = resolve([])

    assert resolved.settings == FlowGenerationSettings()
    assert set(resolved.trace.values()) == {Level.BUILTIN}
    assert set(resolved.trace) == set(SettingsOverrides.model_fields)


def test_a_stronger_level_wins_in_whatever_order_the_levels_come() -> None:
    weak = (Level.CLIENT, SettingsOverrides(style="Traditional", mood="Cozy"))
    strong = (Level.OVERRIDE, SettingsOverrides(style="Japandi"))

    for order in ([weak, strong], [strong, weak]):
        resolved = resolve(order)
        assert (resolved.settings.style, resolved.settings.mood) == ("Japandi", "Cozy")
        assert (resolved.trace["style"], resolved.trace["mood"]) == (Level.OVERRIDE, Level.CLIENT)


def test_levels_apply_from_builtin_to_the_products_own_override() -> None:
    for weaker, stronger in zip(list(Level), list(Level)[1:], strict=False):
        resolved = resolve(
            [
                (stronger, SettingsOverrides(style="strong")),
                (weaker, SettingsOverrides(style="weak")),
            ]
        )
        assert resolved.settings.style == "strong"


def test_an_empty_text_is_a_decision_and_none_is_not() -> None:
    resolved = resolve(
        [
            (Level.CLIENT, SettingsOverrides(user_prompt="sunny")),
            (Level.OVERRIDE, SettingsOverrides(user_prompt="")),
        ]
    )

    assert not resolved.settings.user_prompt
    assert resolved.trace["user_prompt"] is Level.OVERRIDE


def test_lists_add_up_without_duplicates_in_order_of_strength() -> None:
    resolved = resolve(
        [
            (Level.OVERRIDE, SettingsOverrides(props=("Vase", "rug"))),
            (Level.BRAND_KIT, SettingsOverrides(props=("books", "vase "))),
        ]
    )

    assert resolved.settings.props == ("books", "vase", "rug")
    assert resolved.trace["props"] == [Level.BRAND_KIT, Level.OVERRIDE]
    assert resolved.dropped == {}


def test_what_finds_no_room_in_the_palette_is_the_weakest_and_is_named() -> None:
    brand = tuple(f"#00000{n}" for n in range(5))
    chosen = ("#FF0000", "#00FF00")

    resolved = resolve(
        [
            (Level.BRAND_KIT, SettingsOverrides(palette=brand)),
            (Level.OVERRIDE, SettingsOverrides(palette=chosen)),
        ]
    )

    assert resolved.settings.palette == (*brand[:4], *chosen)
    assert resolved.dropped == {"palette": ["#000004 (brand_kit)"]}
    assert resolved.trace_json()["palette:dropped"] == ["#000004 (brand_kit)"]
    assert resolved.trace_json()["palette"] == ["brand_kit", "override"]


@some
@given(levels)
def test_any_levels_resolve_to_valid_settings_with_a_complete_trace(given_levels: Levels) -> None:
    resolved = resolve(given_levels)

    assert FlowGenerationSettings.model_validate(resolved.settings.model_dump()) == (
        resolved.settings
    )
    assert set(resolved.trace) == set(SettingsOverrides.model_fields)
    for field, room in ACCUMULATING.items():
        entries = [text.casefold() for text in getattr(resolved.settings, field)]
        assert len(entries) <= room
        assert len(entries) == len(set(entries))


@some
@given(levels, st.randoms(use_true_random=False))
def test_the_order_of_different_levels_is_immaterial(given_levels: Levels, rng: object) -> None:
    one_each = list({level: (level, entry) for level, entry in given_levels}.values())
    mixed = list(one_each)
    rng.shuffle(mixed)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  # hypothesis gives a random.Random

    assert resolve(mixed) == resolve(one_each)


@some
@given(levels)
def test_nothing_that_a_level_lists_is_lost_without_a_word(given_levels: Levels) -> None:
    resolved = resolve(given_levels)

    for field in ACCUMULATING:
        asked = {
            " ".join(text.split()).casefold()
            for _, entry in given_levels
            for text in getattr(entry, field) or ()
        } - {""}
        kept = {text.casefold() for text in getattr(resolved.settings, field)}
        told = {entry.rsplit(" (", 1)[0].casefold() for entry in resolved.dropped.get(field, [])}
        assert kept | told == asked


def test_merging_leaves_out_what_nobody_set() -> None:
    merged = merge([(Level.CLIENT, SettingsOverrides(style="Japandi"))])

    assert merged.overrides == SettingsOverrides(style="Japandi")


def test_a_scene_sets_its_type_style_light_and_colours() -> None:
    found = overrides_from_scene(scene(lighting="Golden Hour", moods=["Calm"]))

    assert (found.scene_type, found.style, found.lighting, found.mood) == (
        "Bedroom",
        "Japandi",
        "Golden Hour",
        "Calm",
    )
    assert found.palette == ("#EFE6D2", "#7A5230", "#9CAF88")
    assert found.props == ("vase",)


def test_when_product_colours_need_not_match_the_whole_palette_of_the_scene_is_asked_for() -> None:
    assert overrides_from_scene(scene(), match_product_colours=False).palette == (
        "#EFE6D2",
        "#7A5230",
        "#9CAF88",
        "#1E1E1E",
    )


def test_a_kind_of_product_suggests_its_first_room() -> None:
    assert overrides_from_product(product()).scene_type == "Bedroom"


def test_base_settings_follow_the_inspirations_before_the_products() -> None:
    base = base_from_analyses([product()], [scene(), scene(lighting="Overcast Ambient")])

    assert base.style == "Japandi"
    assert base.scene_type == "Bedroom"
    assert base.lighting == "Natural Daylight"
    assert base.palette is not None
    assert len(base.palette) == 3


def test_without_inspirations_the_scene_stays_open_for_each_product() -> None:
    base = base_from_analyses([product(), product(rooms=["Kitchen"])], [])

    assert (base.style, base.scene_type, base.lighting, base.palette) == (
        "Mid-Century",
        None,
        None,
        None,
    )


def test_base_settings_of_nothing_are_empty() -> None:
    assert base_from_analyses([], []) == SettingsOverrides()


@some
@given(st.lists(product_analyses, max_size=6), st.lists(scene_analyses, max_size=6))
def test_base_settings_do_not_depend_on_the_order_of_the_inputs(
    products: list[ProductAnalysis], scenes: list[SceneAnalysis]
) -> None:
    assert base_from_analyses(products[::-1], scenes[::-1]) == base_from_analyses(products, scenes)


def test_a_model_that_offers_everything_has_no_problems() -> None:
    registry = builtin_registry()
    model = registry.get(registry.default_image_model)

    assert check_against(model, FlowGenerationSettings()) == []
    assert check_against(model, FlowGenerationSettings(lane=Lane.PRIORITY)) == []


def test_what_a_model_does_not_offer_is_named_with_the_choices() -> None:
    model = builtin_registry().get("gemini-3.1-flash-lite-image")
    settings = FlowGenerationSettings(aspect_ratio="1:8", image_size="4K", lane=Lane.FLEX)

    ratio, size, lane = check_against(model, settings)

    assert "aspect ratio 1:8" in ratio
    assert "4:3" in ratio
    assert "image size 4K" in size
    assert "lane flex" in lane


def test_too_many_pictures_a_retired_model_and_a_text_model_are_problems() -> None:
    image = builtin_registry().get("gemini-3-pro-image")
    text = builtin_registry().get("gemini-3.5-flash-lite")
    seen = InspirationUse(inspiration_id="00000000-0000-0000-0000-000000000001")  # pyright: ignore[reportArgumentType]  # pydantic reads text
    settings = FlowGenerationSettings(
        inspirations=(seen, seen.model_copy(update={"send_pixels": False}))
    )

    assert check_against(image, settings, product_photos=13) == []
    (many,) = check_against(image, settings, product_photos=14)
    assert "15 would be sent" in many
    retired = image.model_copy(update={"retires_on": date(2026, 12, 1)})
    assert check_against(retired, settings, today=date(2026, 11, 30)) == []
    assert "retired on 2026-12-01" in check_against(retired, settings, today=date(2026, 12, 1))[0]
    assert "makes no pictures" in check_against(text, settings)[0]


@pytest.mark.parametrize("field", sorted(ACCUMULATING))
def test_accumulating_fields_are_fields_of_the_settings(field: str) -> None:
    assert field in FlowGenerationSettings.model_fields
