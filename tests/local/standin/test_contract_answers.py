"""Every answer of the contract: provoked, and compared with the sample."""

import httpx2
import pytest

from tests.local.standin import contract
from tests.local.standin.contract import (
    LATER_FAULTS,
    LATER_RESPONSES,
    Json,
    blanked,
    body_of,
    inside,
    names_in,
    part,
    send,
    skeleton,
)
from tests.local.standin.control import Control
from visualizer_core.local.standin import RunningStandIn
from visualizer_core.local.standin.fault_answers import KINDS

_SERVED = [name for name in names_in("responses") if name not in LATER_RESPONSES]
_NORMAL = {"image_ok": "image_generate", "analysis_ok": "analysis", "count_tokens": "count_tokens"}
_MODELS = ("model_get", "model_list_page1", "model_list_page2")
_PROVOKED = ("err_404_model", "err_404_retired", "file_missing")
_SCRIPTED = [name for name in _SERVED if name not in {*_NORMAL, *_MODELS, *_PROVOKED}]

# What the contract's catalogue of faults calls each of them, and the kinds that script it.
_CATALOGUE = {
    "delay N s before headers": {"wire_delay"},
    "delay N s mid-body (trickle)": {"wire_trickle"},
    "close before response": {"wire_close"},
    "RST": {"wire_reset"},
    "truncated Content-Length": {"wire_truncate"},
    "429 rpm/tpm/rpd/spend/bare": {
        "err_429_rpm",
        "err_429_tpm",
        "err_429_rpd",
        "err_429_spend_10min",
        "err_429_bare",
    },
    "503 burst": {"err_503_overloaded", "err_503_deadline"},
    "500": {"err_500"},
    "504": {"err_504"},
    "502 html": {"err_502_html"},
    "200+error body": {"http200_with_error_body"},
    "200 empty": {"http200_empty_body"},
    "200 cut JSON": {"http200_cut_json"},
    "empty candidates": {"candidates_empty_list"},
    "text only": {"image_text_only"},
    "NO_IMAGE / IMAGE_* reasons": {
        "image_no_image",
        "image_other",
        "image_safety_parts_null",
        "image_prohibited_content",
        "image_recitation",
    },
    "several drafts": {"image_ok_several_drafts_take_last"},
    "echo an input": {"image_same_as_input"},
    "wrong aspect": {"image_wrong_aspect"},
    "corrupt image": {"image_corrupt_bytes"},
    "expired/missing file 403": {"file_missing"},
}


def test_every_sample_answer_is_compared_or_listed_as_for_later() -> None:
    assert set(names_in("responses")) == {*_SERVED, *LATER_RESPONSES} or not names_in("responses")
    assert set(_SCRIPTED) <= KINDS


def test_every_fault_of_the_catalogue_can_be_scripted_or_is_for_later() -> None:
    listed = {str(name) for name in contract.items(contract.shapes()["fault_catalogue"])}
    assert listed == set(_CATALOGUE) | LATER_FAULTS
    assert set[str]().union(*_CATALOGUE.values()) <= KINDS


def _request_for(name: str) -> Json:
    return part("requests", "analysis" if name.startswith("analysis") else "image_generate")


def _assert_like(answer: httpx2.Response, sample: Json) -> None:
    assert answer.status_code == sample["status"]
    for header, value in inside(sample["headers"]).items():
        assert answer.headers[header] == value
    assert answer.headers["content-length"] == str(len(answer.content))


@pytest.mark.parametrize("name", _SCRIPTED)
def test_a_scripted_answer_equals_the_sample(
    name: str, standin: RunningStandIn, control: Control
) -> None:
    control.fault(name)
    answer = send(standin.base_url, _request_for(name))
    sample = part("responses", name)
    _assert_like(answer, sample)
    if name.startswith("err_"):
        assert body_of(answer) == sample["body"]
    else:
        keep = not name.startswith("analysis")  # an analysis is made from pixels, not copied
        assert blanked(body_of(answer), keep_text=keep) == blanked(sample["body"], keep_text=keep)


@pytest.mark.parametrize(("name", "request_name"), _NORMAL.items())
def test_a_normal_answer_has_the_sample_s_form(
    name: str, request_name: str, standin: RunningStandIn
) -> None:
    sample = part("responses", name)
    answer = send(standin.base_url, part("requests", request_name))
    _assert_like(answer, sample)
    if name == "count_tokens":  # the sample counts a picture too, which its request does not have
        assert set(inside(body_of(answer))) == set(inside(sample["body"]))
    else:
        assert blanked(body_of(answer), keep_text=False) == blanked(sample["body"], keep_text=False)


def test_the_comparison_notices_what_is_altered() -> None:
    sample = inside(part("responses", "image_other")["body"])
    alterations: list[dict[str, object]] = [
        {**sample, "extra": 1},
        {name: value for name, value in sample.items() if name != "responseId"},
        {**sample, "candidates": [{"content": {}, "finishReason": "IMAGE_OTHER", "index": 0}]},
        {**sample, "usageMetadata": {"promptTokenCount": 1}},
    ]
    for altered in alterations:
        assert blanked(altered) != blanked(sample)


def test_counting_tokens_splits_them_by_modality(standin: RunningStandIn) -> None:
    request = part("requests", "count_tokens")
    contents = inside(part("requests", "analysis")["body"])["contents"]
    answer = send(standin.base_url, {**request, "body": {"contents": contents}})
    assert skeleton(body_of(answer)) == skeleton(part("responses", "count_tokens")["body"])


def test_an_unknown_model_gets_the_sample_refusal(standin: RunningStandIn) -> None:
    sample = part("responses", "err_404_model")
    request = part("requests", "image_generate")
    path = "/v1beta/models/does-not-exist:generateContent"
    answer = send(standin.base_url, {**request, "path": path})
    _assert_like(answer, sample)
    assert body_of(answer) == sample["body"]


def test_a_retired_model_gets_the_sample_refusal(standin: RunningStandIn) -> None:
    sample = part("responses", "err_404_retired")
    request = part("requests", "image_generate")
    path = "/v1beta/models/gemini-2.5-flash-image:generateContent"
    answer = send(standin.base_url, {**request, "path": path})
    _assert_like(answer, sample)
    assert body_of(answer) == sample["body"]


def test_a_model_is_described_as_in_the_sample(raw: httpx2.Client) -> None:
    sample = part("responses", "model_get")
    answer = raw.get("/v1beta/models/gemini-nano-banana-2.1")
    _assert_like(answer, sample)
    assert body_of(answer) == sample["body"]


def test_models_are_listed_in_pages_as_in_the_samples(raw: httpx2.Client) -> None:
    first = inside(body_of(raw.get("/v1beta/models?pageSize=1")))
    sample = inside(part("responses", "model_list_page1")["body"])
    assert first["models"] == sample["models"]
    assert set(first) == set(sample)
    second = raw.get(f"/v1beta/models?pageSize=1&pageToken={first['nextPageToken']}")
    sample = inside(part("responses", "model_list_page2")["body"])
    assert inside(body_of(second))["models"] == sample["models"]
    everything = inside(body_of(raw.get("/v1beta/models")))
    assert "nextPageToken" not in everything


def test_a_page_token_nobody_gave_out_is_refused(raw: httpx2.Client) -> None:
    assert raw.get("/v1beta/models?pageToken=zzz").status_code == 400
