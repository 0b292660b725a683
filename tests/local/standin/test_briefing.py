"""What the compositor needs is read out of prose."""

import json
from dataclasses import replace
from uuid import uuid4

import pytest

from tests.local.standin.control import inline, product_png, room_jpeg
from visualizer_core.domain.analysis import ProductAnalysis
from visualizer_core.domain.generation_settings import FlowGenerationSettings
from visualizer_core.domain.prompts import (
    PromptInput,
    PromptInspiration,
    PromptProduct,
    PromptText,
    build_prompt,
)
from visualizer_core.domain.vocabulary import Placement
from visualizer_core.local.standin.briefing import brief_of, scene_of
from visualizer_core.local.standin.call import Call
from visualizer_core.local.standin.models import Model, model_table
from visualizer_core.local.standin.wire import GenerateRequest, parse


@pytest.mark.parametrize(
    ("prompt", "size"),
    [
        ("Real size: 82 cm wide, 90 cm deep, 75 cm high.", (82, 90, 75)),
        ("It is 2,1 m wide and 0.8 m tall.", (210, None, 80)),
        ("Width: 820 mm, depth 45 cm, height 30 in", (82, 45, 76.2)),
        ("size 120 x 60 x 42 cm", (120, 60, 42)),
        ("H 75 cm", (None, None, 75)),
        ("a chair of unknown size, 3 legs", (None, None, None)),
    ],
)
def test_sizes_are_found_in_any_of_the_usual_ways(
    prompt: str, size: tuple[float | None, float | None, float | None]
) -> None:
    brief = brief_of(prompt)
    assert (brief.width_cm, brief.depth_cm, brief.height_cm) == size


@pytest.mark.parametrize(
    ("prompt", "noun"),
    [
        ("Image 1 is the product: a dining chair.", "dining chair"),
        ("The product is a floor lamp with a linen shade.", "floor lamp"),
        ("Place the dining chair of image 1 in the room of image 2.", "dining chair"),
        ('Image 1 shows the product, which is a "wall clock".', "wall clock"),
    ],
)
def test_the_product_s_noun_is_found(prompt: str, noun: str) -> None:
    assert brief_of(prompt).noun == noun


@pytest.mark.parametrize(
    ("prompt", "scene", "place"),
    [
        ("Put it on the floor of a sunny Living Room.", "Living Room", "floor"),
        ("It hangs on the wall of a home office.", "Home Office", "wall"),
        ("It hangs from the ceiling over a dining room table.", "Dining Room", "ceiling"),
        ("It stands on a wooden table.", "", "surface"),
        ("Placement: floor", "", "floor"),
        ("Nothing said.", "", None),
    ],
)
def test_scene_and_place_are_found(prompt: str, scene: str, place: str | None) -> None:
    brief = brief_of(prompt)
    assert (brief.scene_type, brief.placement) == (scene, place)


def _call(*texts: str | bytes) -> Call:
    parts = [
        {"text": one}
        if isinstance(one, str)
        else inline(one, "image/png" if one.startswith(b"\x89") else "image/jpeg")
        for one in texts
    ]
    model = model_table().find("gemini-nano-banana-2.1", "v1beta", "generateContent")
    body = parse(GenerateRequest, json.dumps({"contents": [{"parts": parts}]}).encode())
    assert isinstance(model, Model)
    assert isinstance(body, GenerateRequest)
    return Call.of(model, "v1beta", body)


_PRODUCT = PromptProduct(
    name="Oskar Chair, hangs on the wall when folded",
    category="Garden",
    description="Box size 40 x 50 x 60 cm. Also shown in our Bathroom.",
    analysis=ProductAnalysis(
        generic_class="dining chair",
        placement="floor",
        indoor=True,
        outdoor=False,
        rooms=["Dining Room"],
        styles=["Scandinavian"],
        colours=["#aa8855"],
    ),
    width_cm=48,
    depth_cm=54.5,
)


@pytest.mark.parametrize(
    ("placement", "noun"),
    [("floor", "dining chair"), ("wall", "wall clock"), ("ceiling", "pendant lamp")],
)
def test_the_product_s_own_prompt_is_understood(placement: Placement, noun: str) -> None:
    assert _PRODUCT.analysis is not None
    analysis = _PRODUCT.analysis.model_copy(update={"placement": placement, "generic_class": noun})
    built = build_prompt(
        PromptInput(
            settings=FlowGenerationSettings(scene_type="Dining Room"),
            product=replace(_PRODUCT, analysis=analysis),
            photos=(uuid4(), uuid4()),
            inspirations=(PromptInspiration(uuid4()), PromptInspiration(uuid4(), role="style")),
        )
    )
    brief = brief_of("\n".join(part.text for part in built.parts if isinstance(part, PromptText)))
    assert (brief.width_cm, brief.depth_cm, brief.height_cm) == (48, 54.5, None)
    assert (brief.noun, brief.placement) == (noun, placement)
    assert brief.scene_type == "Dining Room"
    pictures = {"product": product_png(), "inspiration": room_jpeg()}
    texts = [
        part.text if isinstance(part, PromptText) else pictures[part.kind] for part in built.parts
    ]
    scene = scene_of(_call(*texts))
    assert scene.product is not None
    assert scene.scene is not None
    assert (scene.product.data, scene.scene.data) == (product_png(), room_jpeg())


@pytest.mark.parametrize(
    "texts",
    [
        ("Image 1 is the product.", product_png(), "Image 2 is the room.", room_jpeg()),
        ("The room:", room_jpeg(), "The product:", product_png()),
        (product_png(), room_jpeg(), "Put one into the other."),
    ],
)
def test_product_and_room_are_told_apart_by_label_then_by_order(
    texts: tuple[str | bytes, ...],
) -> None:
    scene = scene_of(_call(*texts))
    assert scene.product is not None
    assert scene.scene is not None
    assert scene.product.data == product_png()
    assert scene.scene.data == room_jpeg()
