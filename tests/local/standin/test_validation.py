"""What the real service refuses is refused here, in its envelope."""

import base64
from pathlib import Path

import httpx2
import pytest

from tests.local.standin.contract import Json, body_of, inside, items
from tests.local.standin.control import (
    IMAGE_PATH,
    TEXT_PATH,
    Control,
    analysis_request,
    inline,
    picture_request,
    product_png,
    room_jpeg,
)
from visualizer_core.local.standin.__main__ import main

_OBJECT = {"type": "OBJECT", "properties": {"style": {"type": "STRING"}}}


def _error(answer: httpx2.Response) -> Json:
    return inside(inside(body_of(answer))["error"])


def _field(answer: httpx2.Response) -> object:
    details = inside(items(_error(answer)["details"])[0])
    return inside(items(details["fieldViolations"])[0])["field"]


def test_a_call_without_a_key_is_forbidden(raw: httpx2.Client) -> None:
    answer = raw.post(IMAGE_PATH, json=picture_request(), headers={"x-goog-api-key": ""})
    assert (answer.status_code, _error(answer)["status"]) == (403, "PERMISSION_DENIED")


@pytest.mark.parametrize("key", ["AIza" + "x" * 35, "AQ." + "x" * 40])
def test_a_key_that_looks_real_is_refused_and_not_written_down(
    key: str, raw: httpx2.Client, control: Control
) -> None:
    answer = raw.post(IMAGE_PATH, json=picture_request(), headers={"x-goog-api-key": key})
    assert answer.status_code == 400
    assert "stand-in" in str(_error(answer)["message"])
    entry = control.last_entry()
    assert entry["outcome"] == "err_400_bad_key"
    assert key not in str(entry)


def test_only_accepted_keys_are_valid_once_some_are_named(
    raw: httpx2.Client, control: Control
) -> None:
    control.post("keys", {"accepted": ["good"]})
    assert raw.post(IMAGE_PATH, json=picture_request()).status_code == 400
    good = raw.get("/v1beta/models", headers={"x-goog-api-key": "good"})
    assert good.status_code == 200


def _sent(raw: httpx2.Client, body: Json, path: str = IMAGE_PATH) -> httpx2.Response:
    return raw.post(path, json=body)


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"responseModalities": ["VIDEO"]}, "generation_config.response_modalities"),
        ({"candidateCount": 2}, "generation_config.candidate_count"),
        ({"temperature": 3}, "generation_config.temperature"),
        ({"seed": 2**40}, "generation_config.seed"),
        ({"colour": "red"}, "generation_config"),
        ({"image_config": {"aspect_ratio": "7:5"}}, "generation_config.image_config.aspect_ratio"),
        ({"image_config": {"image_size": "9k"}}, "generation_config.image_config.image_size"),
        ({"image_config": {"image_size": "512"}}, "generation_config.image_config.image_size"),
        (
            {"thinkingConfig": {"thinkingLevel": "LOW"}},
            "generation_config.thinking_config.thinking_level",
        ),
        (
            {"responseMimeType": "application/json", "responseSchema": _OBJECT},
            "generation_config.response_mime_type",
        ),
        ({"maxOutputTokens": 100_000}, "generation_config.max_output_tokens"),
    ],
)
def test_a_setting_the_model_does_not_take_is_refused(
    config: Json, field: str, raw: httpx2.Client
) -> None:
    body = picture_request(ratio=None, seed=None, config=config)
    answer = _sent(raw, body)
    assert (answer.status_code, _error(answer)["status"]) == (400, "INVALID_ARGUMENT")
    assert _field(answer) == field


def test_a_known_ratio_the_model_lacks_has_its_own_refusal(raw: httpx2.Client) -> None:
    path = "/v1beta/models/gemini-3-pro-image:generateContent"
    answer = _sent(raw, picture_request(ratio="1:8"), path)
    assert _error(answer)["message"] == "Aspect ratio is not enabled for this model"


_NONSENSE: list[Json] = [
    {},
    {"contents": []},
    {"contents": [{"parts": []}]},
    {"contents": [{"parts": [{}]}]},
    {"contents": [{"parts": [{"text": "a", "inlineData": {"mimeType": "image/png"}}]}]},
    {"contents": [{"parts": [{"text": "a"}]}], "surprise": 1},
    {"contents": [{"parts": [{"text": "a"}]}], "tools": [{"googleSearch": {}}]},
    {"contents": "a"},
    {"contents": [{"parts": [inline(b"no picture", "image/png")]}]},
    {"contents": [{"parts": [inline(product_png(), "image/gif")]}]},
    {"contents": [{"parts": [inline(product_png()[:90], "image/png")]}]},
]


@pytest.mark.parametrize("body", _NONSENSE)
def test_contents_that_say_nothing_or_nonsense_are_refused(body: Json, raw: httpx2.Client) -> None:
    answer = _sent(raw, body)
    assert (answer.status_code, _error(answer)["status"]) == (400, "INVALID_ARGUMENT")


def test_a_body_that_is_no_json_is_refused(raw: httpx2.Client) -> None:
    answer = raw.post(IMAGE_PATH, content=b'{"contents": [')
    assert (answer.status_code, _error(answer)["status"]) == (400, "INVALID_ARGUMENT")


def test_bytes_that_are_no_base64_are_refused(raw: httpx2.Client) -> None:
    part = {"inlineData": {"mimeType": "image/png", "data": "%%%"}}
    answer = _sent(raw, {"contents": [{"parts": [part]}]})
    assert _field(answer) == "contents[0].parts[0].inline_data.data"


def test_more_pictures_than_the_model_takes_are_refused(raw: httpx2.Client) -> None:
    picture = inline(product_png(), "image/png")
    assert _sent(raw, {"contents": [{"parts": [picture] * 15}]}).status_code == 400
    config = {"responseModalities": ["IMAGE"]}
    body = {"contents": [{"parts": [picture] * 14}], "generationConfig": config}
    assert _sent(raw, body).status_code == 200


def test_a_body_over_twenty_megabytes_gets_the_too_large_refusal(raw: httpx2.Client) -> None:
    blob = base64.b64encode(b"\0" * 16 * 1024 * 1024).decode()
    part = {"inlineData": {"mimeType": "image/png", "data": blob}}
    answer = _sent(raw, {"contents": [{"parts": [part]}]})
    assert answer.status_code == 400
    assert _error(answer)["message"] == "Request payload size exceeds the limit"


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"type": "OBJECT"}, "properties"),
        ({"type": "ARRAY"}, "items"),
        ({**_OBJECT, "required": ["nothing"]}, "required[0]"),
        ({**_OBJECT, "additionalProperties": False}, "response_schema"),
        ({"type": "DATE"}, "type"),
        ({"type": "STRING", "pattern": "("}, "response_schema"),
        ({"type": "STRING", "pattern": "^[0-9]{13}$"}, "response_schema"),
    ],
)
def test_a_schema_outside_the_supported_subset_is_refused(
    schema: Json, place: str, raw: httpx2.Client
) -> None:
    answer = _sent(raw, analysis_request(schema), TEXT_PATH)
    assert answer.status_code == 400
    assert place in str(_field(answer))


def test_a_schema_of_too_many_states_is_refused(raw: httpx2.Client) -> None:
    wide = {"type": "OBJECT", "properties": {f"p{i}": {"type": "STRING"} for i in range(300)}}
    assert _sent(raw, analysis_request(wide), TEXT_PATH).status_code == 400


def test_a_schema_needs_the_json_type_and_the_json_type_a_schema(raw: httpx2.Client) -> None:
    contents = [{"parts": [{"text": "Describe."}]}]
    only_schema = {"contents": contents, "generationConfig": {"responseSchema": _OBJECT}}
    only_type = {"contents": contents, "generationConfig": {"responseMimeType": "application/json"}}
    assert _sent(raw, only_schema, TEXT_PATH).status_code == 400
    assert _sent(raw, only_type, TEXT_PATH).status_code == 400


def test_a_picture_from_a_text_model_is_refused(raw: httpx2.Client) -> None:
    assert _sent(raw, picture_request(), TEXT_PATH).status_code == 400


def test_every_refusal_leaves_nothing_billed(raw: httpx2.Client, control: Control) -> None:
    _sent(raw, picture_request(ratio="7:5"))
    entry = control.last_entry()
    assert (entry["status"], entry["billed_micros"], entry["returned"]) == (400, 0, [])


def test_a_jpeg_named_png_is_read_by_its_content(raw: httpx2.Client) -> None:
    part = inline(room_jpeg(), "image/png")
    config = {"responseModalities": ["IMAGE"]}
    body = {"contents": [{"parts": [part, {"text": "go"}]}], "generationConfig": config}
    assert _sent(raw, body).status_code == 200


def test_it_listens_on_this_machine_only(
    log_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    everywhere = "0.0.0.0"  # noqa: S104  # must be refused
    assert main(["--port", "0", "--host", everywhere, "--log-file", str(log_file)]) == 2
    assert "127.0.0.1 only" in capsys.readouterr().err


def test_a_latency_nobody_understands_stops_the_start(
    log_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--port", "0", "--latency", "soon", "--log-file", str(log_file)]) == 2
    assert "soon" in capsys.readouterr().err
