import re
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from tests.domain.injections import INJECTIONS
from tests.domain.strategies import (
    hostile_text,
    numbered,
    overrides,
    product_analyses,
    scene_analyses,
    some,
)
from visualizer_core.domain.analysis import ProductAnalysis, SceneAnalysis
from visualizer_core.domain.corrections import RetryHint, ReviewReason
from visualizer_core.domain.generation_settings import FlowGenerationSettings, SettingsOverrides
from visualizer_core.domain.prompts import (
    MAX_PRODUCT_PHOTOS,
    PROMPT_VERSION,
    PromptImage,
    PromptInput,
    PromptInspiration,
    PromptProduct,
    PromptText,
    build_prompt,
    size_sentence,
)
from visualizer_core.domain.quoting import DATA_CLOSE, DATA_OPEN
from visualizer_core.domain.resolve import Level, resolve
from visualizer_core.domain.vocabulary import ASPECT_RATIOS, IMAGE_SIZES
from visualizer_core.errors import InvalidInput

CHAIR = PromptProduct(
    name="Oak chair",
    category="Dining",
    description="Solid oak with a woven seat.",
    analysis=ProductAnalysis(
        generic_class="dining chair",
        placement="floor",
        indoor=True,
        outdoor=False,
        rooms=["Dining Room"],
        styles=["Scandinavian"],
        colours=["#C19A6B"],
    ),
    width_cm=49.1,
    depth_cm=61.2,
    height_cm=117.8,
)
LOFT = SceneAnalysis(
    scene_type="Dining Room",
    indoor=True,
    styles=["Industrial Loft"],
    lighting="Warm Evening",
    moods=["Cozy"],
    colours=["#5A5C5E", "#7A5230"],
    materials=["brick", "steel"],
)
PHOTO, SECOND, ROOM, LOOK = (numbered(n) for n in range(1, 5))


def kind_of(placement: str, noun: str, *, has_text: bool = False) -> PromptProduct:
    assert CHAIR.analysis is not None
    changed = CHAIR.analysis.model_copy(
        update={"generic_class": noun, "placement": placement, "has_text": has_text}
    )
    return replace(CHAIR, name=noun.title(), analysis=changed)


def case(product: PromptProduct = CHAIR, **changes: object) -> PromptInput:
    settings = FlowGenerationSettings.model_validate(changes.pop("settings", {}))
    given_input = PromptInput(settings, product, (PHOTO,))
    return replace(given_input, **changes)  # pyright: ignore[reportArgumentType]  # cases name fields freely


CASES: dict[str, PromptInput] = {
    "plain": case(),
    "several_photos": case(photos=(PHOTO, SECOND)),
    "room_as_composition": case(inspirations=(PromptInspiration(ROOM, "composition"),)),
    "two_inspirations": case(
        inspirations=(PromptInspiration(ROOM, "composition"), PromptInspiration(LOOK, "style"))
    ),
    "subject": case(inspirations=(PromptInspiration(ROOM, "subject"),)),
    "description_only": case(
        inspirations=(PromptInspiration(ROOM, "composition", send_pixels=False, analysis=LOFT),)
    ),
    "wall": case(kind_of("wall", "wall mirror")),
    "ceiling": case(kind_of("ceiling", "pendant lamp")),
    "surface_with_text": case(kind_of("surface", "bottle", has_text=True)),
    "catalogue_text_only": case(PromptProduct("Canapé 3 places", "Salon")),
    "partial_size": case(replace(CHAIR, depth_cm=None)),
    "everything_set": case(
        settings={
            "scene_type": "Hotel Lobby",
            "style": "Luxury / Premium",
            "background": "a marble wall",
            "human_presence": "a couple in the distance",
            "surroundings": "tall plants and art books",
            "props": ["vase", "art books"],
            "palette": ["#1F6B4F", "#C9A24B"],
            "negative_instructions": ["clutter", "other chairs"],
            "include_accessories": True,
            "match_product_colours": False,
            "user_prompt": "Please a view of the sea.",
        }
    ),
    "custom_prompt": case(
        settings={"custom_prompt": "A sunny balcony in Lisbon.", "style": "Bohemian"},
        inspirations=(PromptInspiration(ROOM, "composition"),),
    ),
    "third_variant": case(settings={"variants": 4, "variety": 80}, variant=3),
    "regenerated": case(
        reasons=(ReviewReason.COLOUR, ReviewReason.PARTS),
        instruction="Brighter, and nearer to the window.",
    ),
    "asked_again_for_a_picture": case(hint=RetryHint.RETURN_IMAGE),
    "reworded": case(hint=RetryHint.REWORDED),
}


@pytest.mark.parametrize("name", CASES)
def test_the_prompt_reads_as_it_did(name: str, snapshot: SnapshotAssertion) -> None:
    assert build_prompt(CASES[name]).text == snapshot


def test_pictures_come_labelled_in_the_agreed_order() -> None:
    built = build_prompt(
        case(
            photos=(PHOTO, SECOND),
            inspirations=(PromptInspiration(ROOM), PromptInspiration(LOOK, "style")),
        )
    )

    order = [
        part.text.splitlines()[0] if isinstance(part, PromptText) else part for part in built.parts
    ]
    assert order[:12] == [
        "Image 1 is the product, a dining chair.",
        PromptImage(1, PHOTO, "product"),
        "Image 2 is the product from another side.",
        PromptImage(2, SECOND, "product"),
        "Images 1 to 2: these are the item, from several sides.",
        "Image 3 is an inspiration: it shows the room, the viewpoint and the light.",
        PromptImage(3, ROOM, "inspiration"),
        "Image 4 is an inspiration: it shows the style, the colours and the mood.",
        PromptImage(4, LOOK, "inspiration"),
        "Images 3 to 4: style/composition only; take no furniture from these.",
        built.section("scene").splitlines()[0],
        built.section("preserve_again").splitlines()[0],
    ]
    assert built.version == PROMPT_VERSION


def test_the_product_is_preserved_before_and_after_the_scene() -> None:
    built = build_prompt(case())

    for section in ("preserve", "preserve_again"):
        assert "stay as photographed" in built.section(section)
    assert "stay as photographed" not in built.section("scene")


def test_more_photos_than_help_are_not_sent() -> None:
    built = build_prompt(case(photos=tuple(numbered(n) for n in range(10, 20))))

    assert sum(isinstance(part, PromptImage) for part in built.parts) == MAX_PRODUCT_PHOTOS
    assert built.trace["photos"] == "4 of 10 sent"


def test_a_product_without_photo_has_no_prompt() -> None:
    with pytest.raises(InvalidInput, match="Oak chair"):
        build_prompt(case(photos=()))


def test_a_variant_that_was_not_asked_for_has_no_prompt() -> None:
    with pytest.raises(InvalidInput, match="Variant 2"):
        build_prompt(case(variant=2))


@pytest.mark.parametrize(
    ("size", "sentence"),
    [
        ((82, 90, 75), "Real size: 82 cm wide, 90 cm deep, 75 cm high."),
        ((158.86, None, 86.6), "Real size: 158.9 cm wide, 86.6 cm high."),
        ((None, None, None), None),
        ((0, -3, float("nan")), None),
        ((float("inf"), 1e9, 10), "Real size: 10 cm high."),
    ],
)
def test_the_real_size_is_one_readable_sentence(
    size: tuple[float | None, float | None, float | None], sentence: str | None
) -> None:
    assert size_sentence(*size) == sentence


def test_the_scale_reference_stands_only_beside_a_known_size() -> None:
    unknown = replace(CHAIR, width_cm=None, depth_cm=None, height_cm=None)

    assert "a door is about 203 cm" in build_prompt(case()).text
    assert "203 cm" not in build_prompt(case(unknown)).text


def test_the_product_is_named_without_adjectives_of_its_look() -> None:
    built = build_prompt(case(kind_of("floor", "elegant black leather sofa")))

    outside_the_data = built.text.replace(built.section("preserve").splitlines()[-1], "")
    assert "Image 1 is the product, a sofa." in built.text
    assert "leather" not in outside_the_data


def test_a_custom_prompt_replaces_the_scene_and_nothing_else() -> None:
    own = build_prompt(CASES["custom_prompt"])
    built = build_prompt(case(inspirations=(PromptInspiration(ROOM, "composition"),)))

    assert '"A sunny balcony in Lisbon."' in own.section("scene")
    assert "Bohemian" not in own.text
    for section in ("preserve", "preserve_again", "label"):
        assert own.section(section) == built.section(section)


def test_what_is_not_wanted_is_said_positively() -> None:
    built = build_prompt(case(settings={"negative_instructions": ["clutter", "dark walls"]}))

    assert "Keep the scene free of: clutter; dark walls." in built.section("scene")


@pytest.mark.parametrize("reason", list(ReviewReason))
def test_every_reason_of_a_rejection_adds_its_own_sentence(reason: ReviewReason) -> None:
    plain = build_prompt(case()).section("preserve_again").splitlines()
    corrected = build_prompt(case(reasons=(reason, reason))).section("preserve_again").splitlines()

    assert corrected[:-1] == plain
    assert corrected[-1]


def test_reasons_have_different_sentences() -> None:
    texts = {build_prompt(case(reasons=(reason,))).text for reason in ReviewReason}

    assert len(texts) == len(ReviewReason)


@pytest.mark.parametrize("hint", [hint for hint in RetryHint if hint is not RetryHint.MORE_TOKENS])
def test_a_repeated_call_has_another_prompt(hint: RetryHint) -> None:
    assert build_prompt(case(hint=hint)).text != build_prompt(case()).text


def test_variants_of_one_product_have_different_prompts() -> None:
    texts = {
        build_prompt(case(settings={"variants": 4}, variant=variant)).text
        for variant in range(1, 5)
    }

    assert len(texts) == 4


@pytest.mark.parametrize("name", CASES)
def test_the_ratio_and_the_size_change_no_word_and_never_appear(name: str) -> None:
    given_input = CASES[name]
    texts = {
        build_prompt(
            replace(
                given_input,
                settings=given_input.settings.model_copy(
                    update={"aspect_ratio": ratio, "image_size": size}
                ),
            )
        ).text
        for ratio in ASPECT_RATIOS
        for size in IMAGE_SIZES
    }

    (text,) = texts
    assert not re.search(r"\d+:\d+|\b[124]K\b|\bratio\b", text)


@pytest.mark.parametrize("text", INJECTIONS)
def test_product_text_stays_inside_the_data_block(text: str) -> None:
    hostile = PromptProduct(name=text, category=text, description=text, analysis=CHAIR.analysis)
    harmless = PromptProduct(name="x", category="x", description="x", analysis=CHAIR.analysis)

    built, expected = build_prompt(case(hostile)), build_prompt(case(harmless))

    assert without_data(built.text) == without_data(expected.text)


def without_data(text: str) -> str:
    """The prompt without the line of data, of which there must be one."""
    lines = text.split("\n")
    data = [line for line in lines if line.startswith(DATA_OPEN) and line.endswith(DATA_CLOSE)]
    assert len(data) == 1
    assert text.count(DATA_OPEN) == text.count(DATA_CLOSE) == 1
    return "\n".join(line for line in lines if line not in data)


@some
@given(hostile_text, hostile_text, hostile_text, product_analyses)
def test_no_product_text_ever_leaves_the_data_block(
    name: str, category: str, description: str, analysis: ProductAnalysis
) -> None:
    hostile = PromptProduct(name, category, description, analysis)
    silent = PromptProduct("", "", "", analysis)

    assert without_data(build_prompt(case(hostile)).text) == without_data(
        build_prompt(case(silent)).text
    )


@some
@given(hostile_text, hostile_text, hostile_text)
def test_a_persons_words_stay_in_one_quoted_line_each(
    wish: str, custom: str, instruction: str
) -> None:
    settings = {"user_prompt": wish, "custom_prompt": custom}
    built = build_prompt(case(settings=settings, instruction=instruction))
    plain = build_prompt(case())

    assert DATA_OPEN not in built.section("scene")
    assert DATA_CLOSE not in built.section("scene")
    for section in ("preserve", "preserve_again", "label"):
        assert built.section(section) == plain.section(section)
    if custom.strip():
        assert len(built.section("scene").split("\n")) <= 3


@st.composite
def inputs(draw: st.DrawFn) -> PromptInput:
    entries: list[tuple[Level, SettingsOverrides]] = [(Level.OVERRIDE, draw(overrides))]
    settings = resolve(entries).settings
    inspirations = st.builds(
        PromptInspiration,
        id=st.uuids(),
        role=st.sampled_from(["composition", "style", "subject"]),
        send_pixels=st.booleans(),
        analysis=st.none() | scene_analyses,
    )
    return PromptInput(
        settings=settings,
        product=PromptProduct(
            name=draw(st.text(max_size=40)),
            analysis=draw(st.none() | product_analyses),
            width_cm=draw(st.none() | st.floats(allow_nan=True)),
            depth_cm=None,
            height_cm=draw(st.none() | st.floats(1, 300)),
        ),
        photos=tuple(draw(st.lists(st.uuids(), min_size=1, max_size=6))),
        inspirations=tuple(draw(st.lists(inspirations, max_size=4))),
        variant=draw(st.integers(1, settings.variants)),
        reasons=tuple(draw(st.lists(st.sampled_from(list(ReviewReason)), max_size=3))),
        hint=draw(st.none() | st.sampled_from(list(RetryHint))),
    )


@some
@given(inputs())
def test_the_same_input_gives_the_same_prompt_with_numbered_pictures(
    given_input: PromptInput,
) -> None:
    built = build_prompt(given_input)

    assert built == build_prompt(given_input)
    images = [part for part in built.parts if isinstance(part, PromptImage)]
    assert [image.number for image in images] == list(range(1, len(images) + 1))
    wanted: list[UUID] = [
        *given_input.photos[:MAX_PRODUCT_PHOTOS],
        *(entry.id for entry in given_input.inspirations if entry.send_pixels),
    ]
    assert [image.id for image in images] == wanted
    for image in images:
        assert f"Image {image.number} is " in built.text
    assert all(part.text for part in built.parts if isinstance(part, PromptText))
    assert len(built.text) < 20_000
