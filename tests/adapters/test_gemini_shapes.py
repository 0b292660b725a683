"""Replay the wire contract through the adapter; skips where the contract is not at hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.contracts import analysis_request, picture_request
from tests.adapters.rawhttp import raw_http, serve
from visualizer_core.adapters.gemini import GeminiProvider
from visualizer_core.domain.outcomes import Charge, OutcomeClass
from visualizer_core.domain.registry import builtin_registry

SHAPES = Path(__file__).parents[3] / "shared" / "contract" / "gemini" / "shapes.json"

K, C = OutcomeClass, Charge
EXPECTED: dict[str, tuple[OutcomeClass, Charge]] = {
    "image_ok": (K.SUCCESS, C.PAID),
    "image_ok_with_thought_and_text": (K.SUCCESS, C.PAID),
    "image_ok_several_drafts_take_last": (K.SUCCESS, C.PAID),
    "image_same_as_input": (K.SUCCESS, C.PAID),  # the services compare pictures
    "image_wrong_aspect": (K.SUCCESS, C.PAID),
    "image_corrupt_bytes": (K.SUCCESS, C.PAID),
    "image_text_only": (K.NO_IMAGE_TEXT, C.PAID),
    "image_no_image": (K.SOFT_FAIL, C.MAYBE),
    "image_other": (K.SOFT_FAIL, C.MAYBE),
    "image_safety_parts_null": (K.BLOCKED, C.MAYBE),
    "image_prohibited_content": (K.BLOCKED, C.MAYBE),
    "image_recitation": (K.RECITATION, C.MAYBE),
    "candidate_stop_without_content": (K.SOFT_FAIL, C.MAYBE),
    "candidates_empty_list": (K.SOFT_FAIL, C.MAYBE),
    "prompt_blocked": (K.BLOCKED, C.MAYBE),
    "prompt_blocked_image_safety": (K.BLOCKED, C.MAYBE),
    "image_max_tokens": (K.TRUNCATED, C.PAID),
    "unknown_finish_reason": (K.UNEXPECTED, C.MAYBE),
    "http200_with_error_body": (K.UNKNOWN, C.MAYBE),
    "http200_empty_body": (K.UNKNOWN, C.MAYBE),
    "http200_cut_json": (K.UNKNOWN, C.MAYBE),
    "analysis_ok": (K.SUCCESS, C.PAID),
    "analysis_truncated": (K.TRUNCATED, C.PAID),
    "analysis_bad_enum": (K.SUCCESS, C.PAID),  # the services validate
    "analysis_fenced": (K.SUCCESS, C.PAID),
    "analysis_blocked": (K.BLOCKED, C.MAYBE),
    "err_400_invalid_argument": (K.INVALID_REQUEST, C.NONE),
    "err_400_bad_key": (K.BAD_KEY, C.NONE),
    "err_400_aspect_not_enabled": (K.INVALID_REQUEST, C.NONE),
    "err_400_failed_precondition": (K.BILLING, C.NONE),
    "err_400_too_large": (K.INVALID_REQUEST, C.NONE),
    "err_402_credits": (K.BILLING, C.NONE),
    "err_403_permission": (K.FORBIDDEN, C.NONE),
    "err_404_model": (K.MODEL_GONE, C.NONE),
    "err_404_retired": (K.MODEL_GONE, C.NONE),
    "err_429_rpm": (K.RATE_LIMITED, C.NONE),
    "err_429_tpm": (K.RATE_LIMITED, C.NONE),
    "err_429_rpd": (K.DAY_LIMIT, C.NONE),
    "err_429_spend_10min": (K.RATE_LIMITED, C.NONE),
    "err_429_bare": (K.RATE_LIMITED, C.NONE),
    "err_429_array_wrapped": (K.RATE_LIMITED, C.NONE),
    "err_499": (K.CANCELLED, C.NONE),
    "err_500": (K.SERVER_ERROR, C.NONE),
    "err_502_html": (K.SERVER_ERROR, C.NONE),
    "err_503_overloaded": (K.OVERLOADED, C.NONE),
    "err_503_deadline": (K.OVERLOADED, C.NONE),
    "err_504": (K.TIMEOUT, C.NONE),
}


def recorded() -> dict[str, Any]:
    if not SHAPES.exists():
        return {}
    responses = json.loads(SHAPES.read_text(encoding="utf-8"))["responses"]
    wanted = {"generateContent", "analysis"}
    return {name: shape for name, shape in responses.items() if shape["op"] in wanted}


def test_no_recorded_answer_is_left_out() -> None:
    if not SHAPES.exists():
        pytest.skip("the wire contract (../shared/contract/gemini) is not beside this checkout")
    assert set(recorded()) == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_recorded_answer_is_classified_as_the_contract_says(name: str) -> None:
    if not SHAPES.exists():
        pytest.skip("the wire contract (../shared/contract/gemini) is not beside this checkout")
    shape = recorded()[name]
    body = shape["body"]
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    with serve(raw_http(shape["status"], raw, shape["headers"])) as server:
        provider = GeminiProvider(
            api_key="stand-in", registry=builtin_registry(), base_url=server.url, timeout_s=5
        )
        outcome = (
            provider.generate(picture_request())
            if shape["op"] == "generateContent"
            else provider.analyse(analysis_request())
        )
    assert (outcome.kind, outcome.charge) == EXPECTED[name]
    assert (outcome.picture is None) == (outcome.kind is not K.SUCCESS or shape["op"] == "analysis")
    assert outcome.http_status == shape["status"]
    assert bool(outcome.message) == (outcome.kind is not K.SUCCESS)
