"""Read what came back with status 200: one `CallOutcome` for every shape it can have.

The body is judged here and not by the client library, which takes an error or nothing at all
inside a 200 for a success and drops fields the ledger needs.
"""

import binascii
import hashlib
import json
from dataclasses import dataclass, field

from visualizer_core.adapters.gemini.wire import (
    JsonObject,
    count,
    item_of,
    items,
    obj,
    said,
    text,
    unwrap,
)
from visualizer_core.domain.outcomes import CallOutcome, Charge, OutcomeClass, PictureBytes
from visualizer_core.domain.registry import Usage

__all__ = ["read_analysis", "read_picture"]

KEPT_GARBAGE_CHARS = 4_096  # of a body that is not JSON; enough to see what it was
KEPT_SIGNATURE_CHARS = 256  # thought signatures can be megabytes and are of no use to us

_FINISH = {
    "STOP": OutcomeClass.SUCCESS,
    "": OutcomeClass.SUCCESS,
    "FINISH_REASON_UNSPECIFIED": OutcomeClass.SUCCESS,
    **dict.fromkeys(
        ("NO_IMAGE", "IMAGE_OTHER", "OTHER", "MALFORMED_RESPONSE", "MISSING_THOUGHT_SIGNATURE"),
        OutcomeClass.SOFT_FAIL,
    ),
    **dict.fromkeys(
        (
            *("IMAGE_SAFETY", "SAFETY", "IMAGE_PROHIBITED_CONTENT", "PROHIBITED_CONTENT"),
            *("BLOCKLIST", "SPII", "JAILBREAK", "MODEL_ARMOR"),
        ),
        OutcomeClass.BLOCKED,
    ),
    "IMAGE_RECITATION": OutcomeClass.RECITATION,
    "RECITATION": OutcomeClass.RECITATION,
    "MAX_TOKENS": OutcomeClass.TRUNCATED,
}

_SAYS = {
    OutcomeClass.SUCCESS: "",
    OutcomeClass.NO_IMAGE_TEXT: "The model answered with words instead of a picture.",
    OutcomeClass.SOFT_FAIL: "The model gave no result this time.",
    OutcomeClass.BLOCKED: "The provider's safety rules refused this request. Change the product "
    "text, the inspiration or the instructions, then try again.",
    OutcomeClass.RECITATION: "The provider refused because the result would copy existing work. "
    "Change the instructions, then try again.",
    OutcomeClass.TRUNCATED: "The answer was cut off at its length limit.",
    OutcomeClass.UNEXPECTED: "The provider ended the answer in a way this program does not know.",
    OutcomeClass.BAD_PICTURE: "The provider sent a picture that cannot be read.",
    OutcomeClass.UNKNOWN: "The provider's answer is not readable; it may have been charged.",
}

_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
)


@dataclass(slots=True)
class _Answer:
    """The parts of an answer that decide, gathered in one pass that also empties the pictures."""

    finish: str = ""
    finish_says: str = ""
    texts: list[str] = field(default_factory=list[str])
    pictures: list[bytes | None] = field(default_factory=list["bytes | None"])
    seen: int = 0  # pictures, drafts and thoughts included


def read_picture(body: str) -> CallOutcome:
    """Judge the answer to a picture request."""
    data = _parsed(body)
    if data is None:
        return _garbage(body)
    answer = _gather(data)
    kind = _kind(data, answer)
    if kind is OutcomeClass.SUCCESS:
        kind = _picture_kind(answer)
    picture = answer.pictures[-1] if kind is OutcomeClass.SUCCESS else None
    return _outcome(
        data,
        answer,
        kind,
        picture=None if picture is None else PictureBytes(picture, _mime(picture)),
        said_text="".join(answer.texts) or None,
    )


def read_analysis(body: str) -> CallOutcome:
    """Judge the answer to an analysis request; fences around the JSON are taken off."""
    data = _parsed(body)
    if data is None:
        return _garbage(body)
    answer = _gather(data)
    kind = _kind(data, answer)
    words = _unfenced("".join(answer.texts))
    if kind is OutcomeClass.SUCCESS and not words:
        kind = OutcomeClass.SOFT_FAIL
    return _outcome(data, answer, kind, picture=None, said_text=words or None)


def _parsed(body: str) -> JsonObject | None:
    """The answer as an object; None when it is not one, or is an error in disguise."""
    try:
        data = unwrap(json.loads(body))
    except ValueError:
        return None
    known = ("candidates", "promptFeedback", "usageMetadata")
    return data if any(name in data for name in known) and "error" not in data else None


def _gather(data: JsonObject) -> _Answer:
    answer = _Answer()
    candidates = list(items(data.get("candidates")))
    for number, candidate in enumerate(candidates):
        for part in items(obj(candidate.get("content")).get("parts")):
            _take(part, answer, wanted=number == 0)
    if candidates:
        answer.finish = text(candidates[0].get("finishReason"))
        answer.finish_says = text(candidates[0].get("finishMessage"))
    return answer


def _take(part: JsonObject, answer: _Answer, *, wanted: bool) -> None:
    """Note what a part holds, and leave its fingerprint where its bytes were."""
    wanted = wanted and part.get("thought") is not True
    signature = part.get("thoughtSignature")
    if isinstance(signature, str) and len(signature) > KEPT_SIGNATURE_CHARS:
        part["thoughtSignature"] = {"chars": len(signature)}
    if wanted and isinstance(part.get("text"), str):
        answer.texts.append(text(part["text"]))
    blob = item_of(part, "inlineData", "inline_data")
    if blob is None:
        return
    answer.seen += 1
    picture = _decoded(blob.get("data"))
    blob["data"] = {
        "sha256": hashlib.sha256(picture or b"").hexdigest(),
        "bytes": len(picture or b""),
    }
    if wanted:
        answer.pictures.append(picture)


def _decoded(data: object) -> bytes | None:
    """Base64 of either alphabet; None when it is neither."""
    if not isinstance(data, str) or not data:
        return None
    try:
        standard = data.replace("-", "+").replace("_", "/") if "-" in data or "_" in data else data
        return binascii.a2b_base64(standard, strict_mode=True)
    except ValueError:  # binascii.Error, or characters that are not ASCII
        return None


def _kind(data: JsonObject, answer: _Answer) -> OutcomeClass:
    blocked = text(obj(data.get("promptFeedback")).get("blockReason"))
    if blocked:
        answer.finish_says = answer.finish_says or f"Reason: {blocked}."
        return _FINISH.get(blocked, OutcomeClass.BLOCKED)
    return _FINISH.get(answer.finish, OutcomeClass.UNEXPECTED)


def _picture_kind(answer: _Answer) -> OutcomeClass:
    if answer.pictures:
        readable = answer.pictures[-1] is not None
        return OutcomeClass.SUCCESS if readable else OutcomeClass.BAD_PICTURE
    return OutcomeClass.NO_IMAGE_TEXT if answer.texts else OutcomeClass.SOFT_FAIL


def _outcome(
    data: JsonObject,
    answer: _Answer,
    kind: OutcomeClass,
    *,
    picture: PictureBytes | None,
    said_text: str | None,
) -> CallOutcome:
    usage = obj(data.get("usageMetadata"))
    return CallOutcome(
        kind=kind,
        charge=_charge(kind, answer),
        message=said(_SAYS[kind], answer.finish_says or _odd(kind, answer)),
        http_status=200,
        picture=picture,
        text=said_text,
        usage=_usage(usage) if usage else None,
        usage_json=usage,
        images_returned=answer.seen,
        raw=json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode(errors="replace"),
        model_version=text(data.get("modelVersion")) or None,
    )


def _odd(kind: OutcomeClass, answer: _Answer) -> str:
    return answer.finish if kind is OutcomeClass.UNEXPECTED else ""


def _charge(kind: OutcomeClass, answer: _Answer) -> Charge:
    """Output that arrived is paid for; the provider's words on refusals contradict each other."""
    arrived = kind is OutcomeClass.SUCCESS or answer.seen > 0 or bool(answer.texts)
    return Charge.PAID if arrived else Charge.MAYBE


def _usage(reported: JsonObject) -> Usage:
    """Tokens as reported, with the thoughts of blocked answers not counted twice."""
    prompt, thoughts = count(reported, "promptTokenCount"), count(reported, "thoughtsTokenCount")
    output, total = count(reported, "candidatesTokenCount"), count(reported, "totalTokenCount")
    if total and prompt + output + thoughts > total:
        output = max(total - prompt - thoughts, 0)
    details = list(items(reported.get("candidatesTokensDetails")))
    images = sum(count(item, "tokenCount") for item in details if item.get("modality") == "IMAGE")
    return Usage(
        prompt_tokens=prompt,
        output_tokens=output,
        output_image_tokens=images if details else None,
        thought_tokens=thoughts,
    )


def _unfenced(answer: str) -> str:
    """The JSON between Markdown fences, which some models put around it."""
    lines = answer.strip().splitlines()
    if len(lines) > 1 and lines[0].startswith("```") and lines[-1].strip() == "```":
        lines = lines[1:-1]
    return "\n".join(lines).strip()


def _mime(picture: bytes) -> str:
    for signature, mime in _SIGNATURES:
        if picture.startswith(signature):
            return mime
    webp = picture[:4] == b"RIFF" and picture[8:12] == b"WEBP"
    return "image/webp" if webp else "application/octet-stream"


def _garbage(body: str) -> CallOutcome:
    return CallOutcome(
        kind=OutcomeClass.UNKNOWN,
        charge=Charge.MAYBE,
        message=said(_SAYS[OutcomeClass.UNKNOWN], _disguised(body)),
        http_status=200,
        raw=body[:KEPT_GARBAGE_CHARS].encode(errors="replace"),
    )


def _disguised(body: str) -> str:
    """What an error inside a 200 says."""
    try:
        return text(obj(unwrap(json.loads(body)).get("error")).get("message"))
    except ValueError:
        return ""
