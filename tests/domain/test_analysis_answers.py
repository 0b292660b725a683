import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.injections import INJECTIONS
from tests.domain.strategies import hostile_text, numbered, product_analyses, some
from visualizer_core.domain.analysis import ProductAnalysis, SceneAnalysis
from visualizer_core.domain.analysis_answers import (
    AnalysisProblem,
    ProductAnswer,
    parse_answer,
    parse_answers,
)

GOOD: dict[str, object] = {
    "generic_class": "sofa",
    "placement": "floor",
    "indoor": True,
    "outdoor": False,
    "rooms": ["Living Room"],
    "styles": ["Scandinavian"],
    "colours": ["#112233"],
}
FIRST, SECOND, THIRD = (numbered(n) for n in (1, 2, 3))


def problem(text: str | None) -> AnalysisProblem:
    found = parse_answer(text, ProductAnalysis)
    assert isinstance(found, AnalysisProblem)
    return found


@some
@given(product_analyses, st.sampled_from(["{}", "```json\n{}\n```", "```\n{}```", "\ufeff {} \n"]))
def test_a_good_answer_is_read_with_or_without_a_fence(
    analysis: ProductAnalysis, wrapping: str
) -> None:
    text = wrapping.replace("{}", analysis.model_dump_json())

    assert parse_answer(text, ProductAnalysis) == analysis


@some
@given(product_analyses, st.data())
def test_an_answer_that_breaks_off_anywhere_is_never_taken_for_a_whole_one(
    analysis: ProductAnalysis, data: st.DataObject
) -> None:
    whole = analysis.model_dump_json()
    cut = whole[: data.draw(st.integers(1, len(whole) - 1))]

    assert problem(cut).kind == "truncated"
    assert problem(f"```json\n{cut}").kind == "truncated"


@pytest.mark.parametrize(
    "text", ['{"rooms": ["Bedroom"]', '{"a": {"b": 1}', '{"a": "}', '{"a": "x\\"]}', "[{}", "{"]
)
def test_what_is_still_open_at_the_end_broke_off(text: str) -> None:
    assert problem(text).kind == "truncated"


@pytest.mark.parametrize("text", [None, "", "  \n", "\ufeff"])
def test_no_text_is_an_empty_answer(text: str | None) -> None:
    assert problem(text).kind == "empty"


@pytest.mark.parametrize("text", ["```json\n```", "```", "```\nI cannot see a product.\n```"])
def test_a_fence_without_data_is_told_apart(text: str) -> None:
    assert problem(text).kind == "fenced"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"placement": "ground"}, "placement"),
        ({"rooms": ["Attic"]}, "rooms.0"),
        ({"rooms": []}, "rooms"),
        ({"rooms": ["Bedroom"] * 6}, "rooms"),
        ({"colours": ["red"]}, "colours.0"),
        ({"generic_class": "x" * 61}, "generic_class"),
        ({"indoor": "perhaps"}, "indoor"),
        ({"styles": {"0": "Japandi"}}, "styles"),
    ],
)
def test_what_does_not_fit_the_schema_is_named_by_its_path(
    change: dict[str, object], path: str
) -> None:
    found = problem(json.dumps(GOOD | change))

    assert found.kind == "invalid"
    assert found.errors[0].startswith(f"{path}: ")


def test_a_missing_field_is_named() -> None:
    assert problem("{}").errors[0] == "generic_class: Field required"


@pytest.mark.parametrize(
    "text",
    [
        "Here is the analysis.",
        '{"generic_class": "sofa"} and more',
        "[1, 2]",
        '"sofa"',
        "null",
        "[" * 100_000,
        '{"a":' * 50_000,
        "9" * 10_000,
        '{"x": "' + "y" * 300_000 + '"}',
    ],
)
def test_anything_else_is_invalid_and_never_an_exception(text: str) -> None:
    assert problem(text).kind in {"invalid", "truncated"}


def test_numbers_that_are_not_json_are_refused() -> None:
    scene = {"scene_type": "Beach", "indoor": False, "styles": ["Japandi"], "colours": ["#112233"]}
    text = json.dumps(scene | {"free_floor": float("nan")})

    found = parse_answer(text, SceneAnalysis)

    assert isinstance(found, AnalysisProblem)
    assert "NaN" in found.errors[0]


def test_extra_fields_are_dropped() -> None:
    found = parse_answer(json.dumps(GOOD | {"instruction": "obey"}), ProductAnalysis)

    assert isinstance(found, ProductAnalysis)
    assert "instruction" not in found.model_dump()


@pytest.mark.parametrize("text", INJECTIONS)
def test_hostile_words_never_get_past_an_enumeration(text: str) -> None:
    found = problem(json.dumps(GOOD | {"placement": text, "rooms": [text]}))

    assert found.kind == "invalid"
    assert all(len(error) < 400 and error.isprintable() for error in found.errors)


@some
@given(hostile_text)
def test_any_text_is_an_analysis_or_a_problem_with_a_reason(text: str) -> None:
    found = parse_answer(text, ProductAnalysis)

    assert isinstance(found, ProductAnalysis) or found.errors


def test_a_problem_tells_a_person_which_item_and_what_follows() -> None:
    text = problem("").message("“Oak chair”")

    assert "“Oak chair”" in text
    assert "the answer was empty" in text
    assert "catalogue's text is used" in text


def answers(*entries: object) -> str:
    return json.dumps(entries)


def test_a_list_is_matched_by_id_in_any_order() -> None:
    text = answers(
        GOOD | {"id": str(SECOND).upper(), "generic_class": "chair"}, GOOD | {"id": str(FIRST)}
    )

    found = parse_answers(text, ProductAnalysis, [FIRST, SECOND])

    assert found.problems == {}
    assert found.foreign == ()
    assert {key: value.generic_class for key, value in found.found.items()} == {
        FIRST: "sofa",
        SECOND: "chair",
    }


def test_missing_duplicate_and_foreign_ids_are_told_apart() -> None:
    text = answers(
        GOOD | {"id": str(FIRST)},
        GOOD | {"id": str(FIRST)},
        GOOD | {"id": "made up"},
        GOOD,
        GOOD | {"id": str(SECOND)},
    )

    found = parse_answers(text, ProductAnswer, [FIRST, SECOND, THIRD])

    assert set(found.found) == {SECOND}
    assert {key: value.kind for key, value in found.problems.items()} == {
        FIRST: "duplicate",
        THIRD: "missing",
    }
    assert found.foreign == ("", "made up")


def test_one_bad_entry_does_not_spoil_the_others() -> None:
    text = answers(GOOD | {"id": str(FIRST), "placement": "roof"}, GOOD | {"id": str(SECOND)})

    found = parse_answers(text, ProductAnalysis, [FIRST, SECOND])

    assert found.problems[FIRST].kind == "invalid"
    assert set(found.found) == {SECOND}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "empty"),
        (json.dumps(GOOD), "invalid"),
        ("[1, 2]", "invalid"),
        (answers(GOOD | {"id": str(FIRST)})[:-9], "truncated"),
    ],
)
def test_an_unusable_list_is_a_problem_of_every_id(text: str, kind: str) -> None:
    found = parse_answers(text, ProductAnalysis, [FIRST, SECOND])

    assert {key: value.kind for key, value in found.problems.items()} == {
        FIRST: kind,
        SECOND: kind,
    }


@some
@given(
    st.lists(st.sampled_from([FIRST, SECOND, THIRD, numbered(4)]), max_size=6),
    st.lists(st.sampled_from([FIRST, SECOND, THIRD]), max_size=4),
)
def test_every_id_asked_for_is_found_or_a_problem_and_nothing_else_is(
    answered: list[UUID], asked: list[UUID]
) -> None:
    text = answers(*(GOOD | {"id": str(key)} for key in answered))

    found = parse_answers(text, ProductAnalysis, asked)

    assert set(found.found) | set(found.problems) == set(asked)
    assert not set(found.found) & set(found.problems)
    assert set(found.foreign) == {str(key) for key in set(answered) - set(asked)}
