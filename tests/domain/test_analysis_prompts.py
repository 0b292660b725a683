import pytest
from syrupy.assertion import SnapshotAssertion

from tests.domain.injections import INJECTIONS
from tests.domain.strategies import numbered
from visualizer_core.domain.analysis_answers import AnalysisProblem, ProductAnswer, parse_answer
from visualizer_core.domain.analysis_prompts import (
    MAX_PHOTOS_PER_SUBJECT,
    AnalysisSubject,
    analysis_parts,
    product_analysis_instruction,
    repair_instruction,
    scene_analysis_instruction,
)
from visualizer_core.domain.prompts import PromptImage, PromptText
from visualizer_core.errors import InvalidInput


def subject(number: int, name: str = "Oak chair", pictures: int = 1) -> AnalysisSubject:
    images = tuple(numbered(100 * number + n) for n in range(pictures))
    return AnalysisSubject(numbered(number), images, name, "Dining", "Solid oak.", 49.1, None, 118)


def test_the_instructions_read_as_they_did(snapshot: SnapshotAssertion) -> None:
    assert product_analysis_instruction() == snapshot
    assert product_analysis_instruction(many=True) == snapshot
    assert scene_analysis_instruction() == snapshot


def test_each_product_has_its_id_its_data_and_then_its_pictures() -> None:
    parts = analysis_parts([subject(1, pictures=2), subject(2)])

    assert parts == (
        PromptText(
            f"id: {numbered(1)}\n"
            '<product_data>{"name": "Oak chair", "category": "Dining", "description": "Solid oak.",'
            ' "width_cm": 49.1, "height_cm": 118}</product_data>',
            "label",
        ),
        PromptImage(1, numbered(100), "subject"),
        PromptImage(2, numbered(101), "subject"),
        parts[3],
        PromptImage(3, numbered(200), "subject"),
    )
    assert isinstance(parts[3], PromptText)
    assert parts[3].text.startswith(f"id: {numbered(2)}\n")


def test_more_pictures_than_help_are_not_sent() -> None:
    parts = analysis_parts([subject(1, pictures=6)])

    assert sum(isinstance(part, PromptImage) for part in parts) == MAX_PHOTOS_PER_SUBJECT


def test_a_product_without_a_picture_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match="Oak chair"):
        analysis_parts([subject(1, pictures=0)])


def test_the_same_product_twice_is_refused() -> None:
    with pytest.raises(InvalidInput, match="twice"):
        analysis_parts([subject(1), subject(1)])


@pytest.mark.parametrize("text", INJECTIONS)
def test_hostile_names_add_no_line_to_the_request(text: str) -> None:
    (label, _) = analysis_parts([subject(1, name=text)])

    assert isinstance(label, PromptText)
    assert len(label.text.splitlines()) == 2
    assert label.text.count("</product_data>") == 1


def test_a_repair_names_what_was_wrong_and_does_not_repeat_the_answer() -> None:
    found = parse_answer('{"placement": "on the\\nroof"}', ProductAnswer)
    assert isinstance(found, AnalysisProblem)

    text = repair_instruction(found)

    assert "- generic_class: Field required" in text
    assert "- placement: Input should be" in text
    assert len(text) < 3_000
