"""What each scripted fault answers.

The names are those of the contract's sample answers where there is one. ``refusal_of`` gives
errors, ``withheld`` answers without a picture; ``alter`` kinds need the normal answer first and are
made in ``generate``; ``wire_…`` kinds send a normal answer badly.
"""

import json
from collections.abc import Callable

from visualizer_core.local.standin.answers import body_with, candidate, response
from visualizer_core.local.standin.call import Call
from visualizer_core.local.standin.exchange import (
    JSON_TYPE,
    Answer,
    JsonObject,
    Problem,
    invalid_argument,
    json_answer,
)
from visualizer_core.local.standin.faults import Fault
from visualizer_core.local.standin.limits import IPM, RPD, RPM, TPM, quota_problem, spend_problem
from visualizer_core.local.standin.models import model_table
from visualizer_core.local.standin.usage import Usage, blocked, pictures, prompt_only, words
from visualizer_core.local.standin.validation import file_missing, too_large

__all__ = [
    "KINDS",
    "PICTURE_KINDS",
    "TEXT_KINDS",
    "bad_key",
    "kinds_for",
    "refusal_of",
    "withheld",
]

_BAD_RATIO = "generation_config.image_config.aspect_ratio"
_OVERLOADED = "The model is overloaded. Please try again later."
_DEADLINE = "Deadline expired before operation could complete."
_BAD_KEY = "API key not valid. Please pass a valid API key."
_TALK = "I can describe the room, but I did not create an image."
_PLAN = "Let me think about the layout"


def bad_key(message: str = _BAD_KEY) -> Problem:
    """Refuse a key: the provider answers 400, not 401."""
    return Problem(
        "err_400_bad_key",
        400,
        message,
        details=(
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "API_KEY_INVALID",
                "domain": "googleapis.com",
                "metadata": {"service": "generativelanguage.googleapis.com"},
            },
            {
                "@type": "type.googleapis.com/google.rpc.LocalizedMessage",
                "locale": "en-US",
                "message": message,
            },
        ),
    )


_REFUSALS: dict[str, Callable[[str], Problem]] = {
    "err_400_invalid_argument": lambda _: invalid_argument(
        f"Invalid value at {_BAD_RATIO}", _BAD_RATIO, "unsupported value"
    ),
    "err_400_bad_key": lambda _: bad_key(),
    "err_400_aspect_not_enabled": lambda _: Problem(
        "err_400_aspect_not_enabled", 400, "Aspect ratio is not enabled for this model"
    ),
    "err_400_failed_precondition": lambda _: Problem(
        "err_400_failed_precondition",
        400,
        "User location is not supported for the API use without a billing account linked.",
        "FAILED_PRECONDITION",
    ),
    "err_400_too_large": lambda _: too_large(),
    "err_402_credits": lambda _: Problem("err_402_credits", 402, "Prepaid credits are used up."),
    "err_403_permission": lambda _: Problem(
        "err_403_permission", 403, "The caller does not have permission"
    ),
    "err_404_model": lambda model: model_table().missing(model, "v1beta", "generateContent"),
    "err_404_retired": lambda model: model_table().retired_model(model),
    "err_429_rpm": lambda model: quota_problem(RPM, model, 500, wait_s=7),
    "err_429_tpm": lambda model: quota_problem(TPM, model, 1_000_000, wait_s=31.512),
    "err_429_ipm": lambda model: quota_problem(IPM, model, 100, wait_s=12),
    "err_429_rpd": lambda model: quota_problem(RPD, model, 2000, wait_s=26),
    "err_429_no_access": lambda model: quota_problem(RPM, model, 0, wait_s=7),
    "err_429_spend_10min": lambda _: spend_problem(),
    "err_429_bare": lambda _: Problem(
        "err_429_bare", 429, "Resource has been exhausted (e.g. check quota)."
    ),
    "err_499": lambda _: Problem("err_499", 499, "The operation was cancelled."),
    "err_500": lambda _: Problem("err_500", 500, "An internal error has occurred."),
    "err_503_overloaded": lambda _: Problem("err_503_overloaded", 503, _OVERLOADED),
    "err_503_deadline": lambda _: Problem("err_503_deadline", 503, _DEADLINE),
    "err_504": lambda _: Problem("err_504", 504, _DEADLINE),
    "file_missing": lambda _: file_missing("prod-0001"),
}
_ODD_ERRORS = {
    "err_502_html": Answer(502, (b"<html><title>502</title></html>",), "text/html"),
    "err_429_array_wrapped": json_answer(
        [
            {
                "error": {
                    "code": 429,
                    "message": "wrapped in an array",
                    "status": "RESOURCE_EXHAUSTED",
                }
            }
        ],
        status=429,
    ),
}
# Finish reason and message of answers whose picture was withheld; nothing is billed for them.
_WITHHELD: dict[str, tuple[str, str | None]] = {
    "image_no_image": ("NO_IMAGE", "The model did not produce an image for this request."),
    "image_other": (
        "IMAGE_OTHER",
        (
            "The image could not be shown. You will not be charged for this request. "
            "Try rewording the prompt."
        ),
    ),
    "image_prohibited_content": (
        "IMAGE_PROHIBITED_CONTENT",
        "The image was blocked because of third-party content interests. Support code: 00000000.",
    ),
    "image_recitation": ("IMAGE_RECITATION", None),
    "unknown_finish_reason": ("SOMETHING_NEW", None),
    "analysis_blocked": ("SAFETY", None),
}
_WITHOUT_PICTURE = frozenset(
    {
        *_WITHHELD,
        "finish_reason",
        "block_reason",
        "image_safety_parts_null",
        "candidate_stop_without_content",
        "candidates_empty_list",
        "prompt_blocked",
        "prompt_blocked_image_safety",
        "image_text_only",
        "image_max_tokens",
        "http200_with_error_body",
        "http200_empty_body",
        "http200_cut_json",
    }
)
PICTURE_KINDS = frozenset(
    {
        "image_ok_with_thought_and_text",
        "image_ok_several_drafts_take_last",
        "image_same_as_input",
        "image_near_input",
        "image_wrong_aspect",
        "image_corrupt_bytes",
        "image_black",
    }
)
TEXT_KINDS = frozenset(
    {
        "analysis_truncated",
        "analysis_bad_enum",
        "analysis_fenced",
        "analysis_empty_text",
        "analysis_missing_key",
        "analysis_missing_item",
    }
)
WIRE_KINDS = frozenset({"wire_delay", "wire_trickle", "wire_close", "wire_reset", "wire_truncate"})
KINDS = (
    frozenset(_REFUSALS)
    | frozenset(_ODD_ERRORS)
    | _WITHOUT_PICTURE
    | PICTURE_KINDS
    | TEXT_KINDS
    | WIRE_KINDS
)


def kinds_for(role: str) -> frozenset[str]:
    """Name the faults that can befall calls of picture models (``image``) or of text models."""
    foreign = "analysis_" if role == "image" else "image_"
    return frozenset(kind for kind in KINDS if not kind.startswith(foreign))


def refusal_of(kind: str, model: str) -> Answer | None:
    """Build the error answer of a kind, None when the kind is no error."""
    if kind in _REFUSALS:
        return _REFUSALS[kind](model).answer()
    return _ODD_ERRORS.get(kind)


def withheld(
    fault: Fault, call: Call, response_id: str
) -> tuple[Answer, Usage | None, bool] | None:
    """Build an answer of status 200 without a picture.

    Returns
    -------
    tuple or None
        The answer, the usage it reports, and whether that is billed; None when the kind is another.
    """
    kind = fault.kind
    if kind not in _WITHOUT_PICTURE:
        return None
    if kind.startswith("http200"):
        return _broken(kind), None, False
    if kind in {"prompt_blocked", "prompt_blocked_image_safety", "block_reason"}:
        return _blocked_prompt(fault, call, response_id)
    if kind in {"candidates_empty_list", "candidate_stop_without_content"}:
        stop: JsonObject = {"finishReason": "STOP", "index": 0}
        candidates = [] if kind == "candidates_empty_list" else [stop]
        usage = prompt_only(call)
        body = response(candidates, usage, model=call.model.id, response_id=None)
        return body_with(body), usage, True
    if kind in {"image_text_only", "image_max_tokens"}:
        return _talk(kind, call, response_id)
    usage = blocked(call)
    body = response(
        [_withheld_candidate(fault)], usage, model=call.model.id, response_id=response_id
    )
    return body_with(body), usage, False


def _withheld_candidate(fault: Fault) -> JsonObject:
    if fault.kind == "image_safety_parts_null":
        message = "The image was filtered. You will not be charged for this request."
        return {
            "content": {"parts": None},
            "finishReason": "IMAGE_SAFETY",
            "index": 0,
            "finishMessage": message,
        }
    reason, message = _WITHHELD.get(fault.kind, (fault.reason or "OTHER", None))
    return candidate(None, reason, message)


def _talk(kind: str, call: Call, response_id: str) -> tuple[Answer, Usage, bool]:
    if kind == "image_text_only":
        usage = words(call, _TALK, structured=False, detailed=False)
        made = candidate([{"text": _TALK}])
    else:
        usage = pictures(call, 1)
        made = candidate([{"text": _PLAN}], "MAX_TOKENS")
    body = response([made], usage, model=call.model.id, response_id=response_id)
    return body_with(body), usage, True


def _blocked_prompt(fault: Fault, call: Call, response_id: str) -> tuple[Answer, Usage, bool]:
    usage = prompt_only(call)
    feedback: JsonObject = {"blockReason": fault.reason or "PROHIBITED_CONTENT"}
    if fault.kind == "prompt_blocked_image_safety":
        rating = {
            "category": "HARM_CATEGORY_SEXUALLY_EXPLICIT",
            "probability": "HIGH",
            "blocked": True,
        }
        feedback = {"blockReason": "IMAGE_SAFETY", "safetyRatings": [rating]}
    body = response(
        None,
        usage,
        model=call.model.id,
        response_id=None if fault.kind == "prompt_blocked_image_safety" else response_id,
        feedback=feedback,
    )
    return body_with(body), usage, False


def _broken(kind: str) -> Answer:
    if kind == "http200_empty_body":
        return Answer(200, (b"",))
    if kind == "http200_cut_json":
        return Answer(200, (b'{"candidates":[{"content":{"parts":[{"inli',), JSON_TYPE)
    error = Problem("http200_with_error_body", 503, _OVERLOADED).body()
    return Answer(200, (json.dumps(error).encode(),))
