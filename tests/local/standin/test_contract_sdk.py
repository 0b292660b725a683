"""The unmodified client library sees in each answer what the contract says it sees."""

import base64
import json
import warnings

import httpx2
import pytest
from google import genai
from google.genai import errors, types
from pydantic import BaseModel, Field

from tests.local.standin.conftest import client_of
from tests.local.standin.contract import LATER_RESPONSES, inside, names_in, part, shapes
from tests.local.standin.control import Control, product_png, room_jpeg
from visualizer_core.local.standin import RunningStandIn

_IMAGE = "gemini-nano-banana-2.1"
_TEXT = "gemini-3.5-flash-lite"
_CALLS = [
    name
    for name in names_in("responses")
    if name not in LATER_RESPONSES and part("responses", name).get("op") == "generateContent"
]
_ANALYSES = [name for name in names_in("responses") if name.startswith("analysis")]
_UNSCRIPTED = {"image_ok", "err_404_model", "err_404_retired"}


class Product(BaseModel):
    """The schema of the contract's analysis."""

    product_type: str = Field(max_length=80)
    materials: list[str]
    style: str
    dominant_colors: list[str] = Field(max_length=5)
    mounting: str = Field(json_schema_extra={"enum": ["floor", "wall", "ceiling", "tabletop"]})
    confidence: float = Field(ge=0, le=1)


def _make(sdk: genai.Client, model: str = _IMAGE) -> types.GenerateContentResponse:
    return sdk.models.generate_content(
        model=model,
        contents=[
            "Image 1 is the product.",
            types.Part.from_bytes(data=product_png(), mime_type="image/png"),
            "Image 2 is the room.",
            types.Part.from_bytes(data=room_jpeg(), mime_type="image/jpeg"),
            "Place the product of image 1 in the room of image 2.",
        ],
        config=types.GenerateContentConfig(
            response_modalities=["IMAGE"],
            seed=7,
            image_config=types.ImageConfig(aspect_ratio="4:3", image_size="1K"),
            automatic_continuation=False,
        ),
    )


def _prepare(control: Control, name: str) -> str:
    """Script what provokes a sample; gives the model to ask."""
    if name == "err_404_model":
        return "does-not-exist"
    if name == "err_404_retired":
        return "gemini-2.5-flash-image"
    if name not in _UNSCRIPTED:
        control.fault(name)
    return _IMAGE


@pytest.mark.parametrize("name", _CALLS)
@pytest.mark.filterwarnings("ignore::UserWarning")  # the client warns about unknown reasons
def test_the_client_sees_what_the_contract_says(
    name: str, sdk: genai.Client, control: Control
) -> None:
    expected = inside(part("responses", name)["sdk_expect"])
    model = _prepare(control, name)
    if expected.get("raises") == "JSONDecodeError":
        with pytest.raises(json.JSONDecodeError):
            _make(sdk, model)
    elif "raises" in expected:
        with pytest.raises(errors.APIError) as caught:
            _make(sdk, model)
        assert type(caught.value).__name__ == expected["raises"]
        assert (caught.value.code, caught.value.status) == (expected["code"], expected["status"])
    else:
        _assert_seen(_make(sdk, model), expected)


def _assert_seen(response: types.GenerateContentResponse, expected: object) -> None:
    wanted = inside(expected)
    candidate = (response.candidates or [None])[0]
    finish = candidate.finish_reason.name if candidate and candidate.finish_reason else None
    assert finish == wanted["finish"]
    pictures = [part for part in response.parts or [] if part.inline_data is not None]
    assert len(pictures) == wanted["images"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert response.text == wanted["text"]
    if "block" in wanted:
        assert response.prompt_feedback is not None
        reason = response.prompt_feedback.block_reason
        assert reason is not None
        assert reason.name == wanted["block"]


@pytest.mark.parametrize("name", _ANALYSES)
def test_the_client_parses_an_analysis_when_the_contract_says_so(
    name: str, sdk: genai.Client, control: Control
) -> None:
    expected = inside(part("responses", name)["sdk_expect"])
    if name != "analysis_ok":
        control.fault(name)
    response = sdk.models.generate_content(
        model=_TEXT,
        contents=[
            types.Part.from_bytes(
                data=product_png(),
                mime_type="image/png",
                media_resolution=types.PartMediaResolutionLevel.MEDIA_RESOLUTION_MEDIUM,
            ),
            "Describe the product.",
        ],
        config=types.GenerateContentConfig(
            response_mime_type="application/json",
            response_schema=Product,
            max_output_tokens=2048,
            thinking_config=types.ThinkingConfig(thinking_level=types.ThinkingLevel.MINIMAL),
        ),
    )
    assert response.candidates is not None
    finish = response.candidates[0].finish_reason
    assert finish is not None
    assert finish.name == expected["finish"]
    if name == "analysis_bad_enum":  # a plain `str` field takes any word; the enum is ours to check
        assert '"sideways"' in (response.text or "")
    else:
        assert (response.parsed is not None) == expected["parsed"]


def test_models_are_listed_and_counted_through_the_client(sdk: genai.Client) -> None:
    pager = sdk.models.list(config={"page_size": 1})
    names = [model.name for model in pager]
    assert names[:2] == [f"models/{_IMAGE}", f"models/{_TEXT}"]
    assert sdk.models.get(model=_IMAGE).input_token_limit == 131072
    counted = sdk.models.count_tokens(model=_TEXT, contents="hello")
    assert counted.total_tokens == 2


def test_raw_mode_hands_over_the_body_as_text(sdk: genai.Client) -> None:
    response = sdk.models.generate_content(
        model=_IMAGE,
        contents=[types.Part.from_bytes(data=product_png(), mime_type="image/png"), "go"],
        config=types.GenerateContentConfig(
            response_modalities=["IMAGE"],
            should_return_http_response=True,
            image_config=types.ImageConfig(aspect_ratio="1:1", image_size="1K"),
        ),
    )
    assert response.sdk_http_response is not None
    body = json.loads(response.sdk_http_response.body or "")
    data = body["candidates"][0]["content"]["parts"][0]["inlineData"]["data"]
    assert base64.b64decode(data).startswith(b"\xff\xd8")


def test_streaming_gives_one_event_with_the_answer(sdk: genai.Client) -> None:
    stream = sdk.models.generate_content_stream(model=_TEXT, contents="Say something.")
    chunks = list(stream)
    assert len(chunks) == 1
    assert chunks[0].text


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("wire_close", httpx2.RemoteProtocolError),
        ("wire_reset", httpx2.ReadError),
        ("wire_truncate", httpx2.RemoteProtocolError),
    ],
)
def test_a_broken_connection_surfaces_as_the_transport_error(
    kind: str, error: type[Exception], sdk: genai.Client, control: Control
) -> None:
    control.fault(kind)
    with pytest.raises(error):
        _make(sdk)


def test_a_delayed_answer_runs_into_the_client_s_timeout(
    standin: RunningStandIn, control: Control
) -> None:
    control.fault("wire_delay", seconds=5)
    impatient = client_of(standin.base_url, timeout_ms=500)
    with pytest.raises(httpx2.ReadTimeout):
        _make(impatient)
    impatient.close()


def test_a_trickled_answer_outlives_the_client_s_timeout_per_read(
    standin: RunningStandIn, control: Control
) -> None:
    control.fault("wire_trickle", seconds=2.0)
    impatient = client_of(standin.base_url, timeout_ms=1000)
    assert _make(impatient).parts
    impatient.close()


def test_the_authored_samples_are_those_of_the_client_in_use() -> None:
    assert inside(shapes()["meta"])["sdk"] == f"google-genai {genai.__version__}"
