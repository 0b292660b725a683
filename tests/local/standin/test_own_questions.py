"""The questions this product asks are answered so that its own checks accept them."""

from uuid import uuid4

import pytest
from google import genai
from google.genai import types

from tests.local.standin.control import product_png, room_jpeg
from visualizer_core.domain.analysis_answers import ProductAnswer, SceneAnswer, parse_answers
from visualizer_core.domain.analysis_prompts import (
    AnalysisSubject,
    analysis_parts,
    product_analysis_instruction,
    scene_analysis_instruction,
)
from visualizer_core.domain.prompts import PromptText

_NAMES = (
    ("Oak dining chair", "Seating", "floor"),
    ("Brass pendant lamp", "Lighting", "ceiling"),
    ("Round wall clock", "Decor", "wall"),
    ("Ceramic mug", "Tableware", "surface"),
)


def _contents(subjects: list[AnalysisSubject], picture: bytes, mime: str) -> list[types.Part]:
    return [
        types.Part.from_text(text=part.text)
        if isinstance(part, PromptText)
        else types.Part.from_bytes(data=picture, mime_type=mime)
        for part in analysis_parts(subjects)
    ]


def _ask(
    sdk: genai.Client, contents: list[types.Part], instruction: str, schema: object
) -> str | None:
    config = types.GenerateContentConfig.model_validate(
        {
            "system_instruction": instruction,
            "response_mime_type": "application/json",
            "response_schema": schema,
            "max_output_tokens": 8192,
        }
    )
    message = types.Content(role="user", parts=contents)
    return sdk.models.generate_content(
        model="gemini-3.5-flash-lite", contents=message, config=config
    ).text


def test_several_products_are_described_each_by_its_id(sdk: genai.Client) -> None:
    subjects = [
        AnalysisSubject(uuid4(), (uuid4(), uuid4()), name=name, category=category)
        for name, category, _ in _NAMES
    ]
    text = _ask(
        sdk,
        _contents(subjects, product_png(), "image/png"),
        product_analysis_instruction(many=True),
        list[ProductAnswer],
    )
    answers = parse_answers(text, ProductAnswer, [subject.id for subject in subjects])
    assert (answers.problems, answers.foreign) == ({}, ())
    placements = [answers.found[subject.id].placement for subject in subjects]
    assert placements == [placement for _, _, placement in _NAMES]


def test_several_scenes_are_described_each_by_its_id(sdk: genai.Client) -> None:
    names = ("bright kitchen", "calm bedroom")
    subjects = [AnalysisSubject(uuid4(), (uuid4(),), name=name) for name in names]
    text = _ask(
        sdk,
        _contents(subjects, room_jpeg(), "image/jpeg"),
        scene_analysis_instruction(many=True),
        list[SceneAnswer],
    )
    answers = parse_answers(text, SceneAnswer, [subject.id for subject in subjects])
    assert (answers.problems, answers.foreign) == ({}, ())
    assert [answers.found[s.id].scene_type for s in subjects] == ["Kitchen", "Bedroom"]


@pytest.mark.parametrize(
    ("sides", "scale"), [((12.0, 8.0, 10.0), "small"), ((210.0, 90.0, 80.0), "very large")]
)
def test_the_sizes_in_the_data_decide_the_size_class(
    sides: tuple[float, float, float], scale: str, sdk: genai.Client
) -> None:
    subject = AnalysisSubject(
        uuid4(), (uuid4(),), "Thing", width_cm=sides[0], depth_cm=sides[1], height_cm=sides[2]
    )
    text = _ask(
        sdk,
        _contents([subject], product_png(), "image/png"),
        product_analysis_instruction(many=True),
        list[ProductAnswer],
    )
    assert parse_answers(text, ProductAnswer, [subject.id]).found[subject.id].scale == scale
