"""Any schema is filled validly; where facts answer a field, with the facts."""

import json
import math
import re
from collections.abc import Sequence
from typing import cast

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.local.standin.contract import Json, inside, items
from tests.local.standin.control import TEXT_PATH, analysis_request, inline, product_png
from visualizer_core.domain.analysis import ProductAnalysis, SceneAnalysis
from visualizer_core.local.standin.concepts import find_fact
from visualizer_core.local.standin.filling import can_fill, fill
from visualizer_core.local.standin.loose import as_list
from visualizer_core.local.standin.shape import Kind, Shape, from_json_schema, schema_faults

_FACTS = {
    "noun": "armchair",
    "dominant_colors": ["#c9b79c", "#3f2f23", "#ffffff"],
    "materials": ["oak", "linen"],
    "style": "Mid-Century",
    "rooms": ["Living Room", "Bedroom"],
    "placement": "floor",
    "indoor": True,
    "brightness": 0.63,
    "confidence": 0.9,
}
_NAMES = st.sampled_from(
    ["style", "colours", "materials", "indoor", "brightness", "product_type", "x", "zebra", "rooms"]
)


def _bounds(draw: st.DrawFn, low: int, high: int) -> tuple[int | None, int | None]:
    number = st.none() | st.integers(low, high)
    one, other = draw(number), draw(number)
    if one is None or other is None:
        return one, other
    return min(one, other), max(one, other)


@st.composite
def _strings(draw: st.DrawFn) -> Shape:
    shortest, longest = _bounds(draw, 0, 12)
    words = st.text("abc -", min_size=1, max_size=6)
    return Shape(
        kind="string",
        min_length=shortest or 0,
        max_length=longest,
        enum=tuple(draw(st.lists(words, max_size=3, unique=True))),
        nullable=draw(st.booleans()),
    )


@st.composite
def _numbers(draw: st.DrawFn) -> Shape:
    low, high = _bounds(draw, -20, 20)
    kind: Kind = draw(st.sampled_from(("number", "integer")))
    return Shape(kind=kind, minimum=low, maximum=high, nullable=draw(st.booleans()))


@st.composite
def _lists(draw: st.DrawFn, inner: st.SearchStrategy[Shape]) -> Shape:
    fewest, most = _bounds(draw, 0, 5)
    return Shape(kind="array", items=draw(inner), min_items=fewest or 0, max_items=most)


@st.composite
def _objects(draw: st.DrawFn, inner: st.SearchStrategy[Shape]) -> Shape:
    properties = draw(st.dictionaries(_NAMES, inner, min_size=1, max_size=5))
    required = tuple(properties) if draw(st.booleans()) else ()
    return Shape(kind="object", properties=tuple(properties.items()), required=required)


_LEAVES = _strings() | _numbers() | st.just(Shape(kind="boolean"))
_SHAPES = st.recursive(_LEAVES, lambda inner: _lists(inner) | _objects(inner), max_leaves=8)

_NOTHING = Shape(kind="null")


def _problems(value: object, shape: Shape) -> list[str]:
    """Judge a value independently of how it was made."""
    if value is None:
        return [] if shape.nullable else ["null"]
    if shape.enum and shape.kind not in {"array", "object"}:
        return [] if value in shape.enum else [f"{value} not in {shape.enum}"]
    if isinstance(value, bool | int | float | str):
        return _scalar_problems(value, shape)
    if (elements := as_list(value)) is not None:
        return _list_problems(elements, shape)
    return _object_problems(inside(value), shape)


def _scalar_problems(value: bool | float | str, shape: Shape) -> list[str]:  # noqa: FBT001  # judged
    if isinstance(value, bool):
        return [] if shape.kind == "boolean" else ["boolean"]
    return (
        _string_problems(value, shape) if isinstance(value, str) else _number_problems(value, shape)
    )


def _number_problems(value: float, shape: Shape) -> list[str]:
    low = -math.inf if shape.minimum is None else shape.minimum
    high = math.inf if shape.maximum is None else shape.maximum
    whole = shape.kind != "integer" or isinstance(value, int)
    inside_bounds = low <= value <= high
    return [] if shape.kind in {"number", "integer"} and whole and inside_bounds else [f"{value}"]


def _string_problems(value: str, shape: Shape) -> list[str]:
    longest = math.inf if shape.max_length is None else shape.max_length
    fits = shape.pattern is None or re.search(shape.pattern, value)
    good = shape.kind == "string" and shape.min_length <= len(value) <= longest and fits
    return [] if good else [value]


def _list_problems(elements: Sequence[object], shape: Shape) -> list[str]:
    most = math.inf if shape.max_items is None else shape.max_items
    found = [] if shape.min_items <= len(elements) <= most else [f"{len(elements)} items"]
    assert shape.items is not None
    return found + [why for element in elements for why in _problems(element, shape.items)]


def _object_problems(known: Json, shape: Shape) -> list[str]:
    shapes = dict(shape.properties)
    found = [f"{name} missing" for name in shape.required if name not in known]
    found += [f"{name} unknown" for name in known if name not in shapes]
    return found + [
        why for name, inner in known.items() for why in _problems(inner, shapes.get(name, _NOTHING))
    ]


@settings(max_examples=300, deadline=None)
@given(_SHAPES)
def test_any_schema_is_filled_validly(shape: Shape) -> None:
    if can_fill(shape) is None:
        assert _problems(fill(shape, _FACTS, text="an oak chair"), shape) == []


def test_the_judge_of_these_tests_can_say_no() -> None:
    shape = Shape(kind="object", properties=(("n", Shape(kind="integer", maximum=3)),))
    assert _problems({"n": 4}, shape)
    assert _problems({"m": 1}, shape)


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("dominant_colours", _FACTS["dominant_colors"]),
        ("palette", _FACTS["dominant_colors"]),
        ("colorPalette", _FACTS["dominant_colors"]),
        ("product_type", "armchair"),
        ("generic_class", "armchair"),
        ("suitable_rooms", _FACTS["rooms"]),
        ("room_types", _FACTS["rooms"]),
        ("mounting", "floor"),
        ("outdoor", False),
        ("zebra", None),
    ],
)
def test_a_field_finds_its_fact_by_meaning(name: str, fact: object) -> None:
    assert find_fact(name, _FACTS) == fact


def test_a_word_is_bent_into_the_nearest_member_of_an_enumeration() -> None:
    shape = Shape(kind="string", enum=("industrial", "midcentury modern", "mid-century"))
    assert fill(shape, _FACTS, name="style") == "mid-century"


def test_an_enumeration_without_a_fact_takes_a_member_named_in_the_text() -> None:
    shape = Shape(kind="string", enum=("glass", "unknown", "rattan"))
    assert fill(shape, {}, text="woven from rattan") == "rattan"
    assert fill(shape, {}, text="nothing") == "unknown"


def test_a_list_keeps_order_and_bounds() -> None:
    shape = Shape(kind="array", items=Shape(kind="string"), max_items=2)
    assert fill(shape, _FACTS, name="colours") == ["#c9b79c", "#3f2f23"]


@pytest.mark.parametrize("model", [ProductAnalysis, SceneAnalysis])
def test_the_product_s_own_schemas_are_filled_as_json_schema_too(
    model: type[ProductAnalysis | SceneAnalysis],
) -> None:
    shape = from_json_schema(model.model_json_schema())
    assert list(schema_faults(shape, "schema")) == []
    assert model.model_validate(fill(shape, _FACTS))


_SEVERAL: Json = {
    "type": "ARRAY",
    "items": {
        "type": "OBJECT",
        "properties": {
            "id": {"type": "STRING"},
            "colours": {"type": "ARRAY", "items": {"type": "STRING"}, "min_items": 1},
        },
        "required": ["id", "colours"],
    },
}
_RED, _BLUE = "0b8c7e9a-1111-4222-8333-444455556666", "7d9f0c1b-5555-4666-8777-888899990000"


def _listed(answer: httpx2.Response) -> list[Json]:
    assert answer.status_code == 200, answer.text
    candidate = inside(items(inside(answer.json())["candidates"])[0])
    text = inside(items(inside(candidate["content"])["parts"])[0])["text"]
    value = cast("object", json.loads(str(text)))
    bare = as_list(value)
    return [inside(x) for x in (items(inside(value)["products"]) if bare is None else bare)]


@pytest.mark.parametrize("label", ["id: {}", 'Product:\n{{"id": "{}", "name": "box"}}'])
def test_several_labelled_products_are_answered_by_their_ids(
    label: str, raw: httpx2.Client
) -> None:
    parts: list[Json] = [
        {"text": label.format(_RED)},
        inline(product_png("#d01515"), "image/png"),
        {"text": label.format(_BLUE)},
        inline(product_png("#1515d0"), "image/png"),
    ]
    found = _listed(raw.post(TEXT_PATH, json=analysis_request(_SEVERAL, *parts)))
    assert [element["id"] for element in found] == [_RED, _BLUE]
    red, blue = (str(items(element["colours"])[0]) for element in found)
    assert int(red[1:3], 16) > int(red[5:7], 16)  # each answer is about its own picture
    assert int(blue[1:3], 16) < int(blue[5:7], 16)


def test_a_list_inside_an_object_is_answered_by_ids_too(raw: httpx2.Client) -> None:
    schema = {"type": "OBJECT", "properties": {"products": _SEVERAL}, "required": ["products"]}
    parts: list[Json] = [{"text": f"id: {_RED}"}, inline(product_png(), "image/png")]
    found = _listed(raw.post(TEXT_PATH, json=analysis_request(schema, *parts)))
    assert [element["id"] for element in found] == [_RED]


def test_a_small_token_limit_cuts_the_answer(raw: httpx2.Client) -> None:
    schema = {"type": "OBJECT", "properties": {"summary": {"type": "STRING"}}}
    answer = raw.post(TEXT_PATH, json=analysis_request(schema, config={"maxOutputTokens": 3}))
    candidate = inside(items(inside(answer.json())["candidates"])[0])
    assert candidate["finishReason"] == "MAX_TOKENS"


def test_equal_requests_get_equal_analyses(raw: httpx2.Client) -> None:
    request = analysis_request(
        _SEVERAL, {"text": f"id: {_RED}"}, inline(product_png(), "image/png")
    )
    first, second = (_listed(raw.post(TEXT_PATH, json=request)) for _ in range(2))
    assert first == second
