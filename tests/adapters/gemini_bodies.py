"""Bodies in the shape of the Gemini API, written for these tests."""

import base64
import json
from typing import Any

from tests.adapters.rawhttp import raw_http

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8

USAGE: dict[str, Any] = {
    "promptTokenCount": 600,
    "candidatesTokenCount": 1_200,
    "thoughtsTokenCount": 200,
    "totalTokenCount": 2_000,
    "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1_120}],
}


def picture(data: bytes = JPEG, **more: object) -> dict[str, Any]:
    """A part that holds a picture."""
    blob = {"mimeType": "image/jpeg", "data": base64.b64encode(data).decode()}
    return {"inlineData": blob, **more}


def candidate(*parts: object, finish: str | None = "STOP", **more: object) -> dict[str, Any]:
    """One candidate."""
    reason = {} if finish is None else {"finishReason": finish}
    return {"index": 0, "content": {"role": "model", "parts": list(parts)}, **reason, **more}


def ok(*candidates: object, usage: object = USAGE, **more: object) -> bytes:
    """A 200 with these candidates."""
    body = {
        "candidates": list(candidates),
        "usageMetadata": usage,
        "modelVersion": "gemini-nano-banana-2.1",
        **more,
    }
    return as_json(200, body)


def refusal(
    status: int,
    name: str = "",
    message: str = "no",
    details: list[object] | None = None,
    headers: dict[str, str] | None = None,
) -> bytes:
    """An error in the API's envelope."""
    error = {"code": status, "status": name, "message": message, "details": details or []}
    return as_json(status, {"error": error}, headers)


def quota(quota_id: str, value: str = "500") -> dict[str, Any]:
    """The detail that names a limit."""
    violation = {"quotaId": quota_id, "quotaValue": value, "quotaMetric": "m"}
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]}


def retry_in(delay: str) -> dict[str, Any]:
    """The detail that asks to wait."""
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


def as_json(status: int, body: object, headers: dict[str, str] | None = None) -> bytes:
    """Any JSON with any status."""
    wanted = {"content-type": "application/json; charset=UTF-8", **(headers or {})}
    return raw_http(status, json.dumps(body).encode(), wanted)
