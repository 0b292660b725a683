"""The contract's sample payloads, and how answers are compared with them."""

import base64
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import cast

import httpx2
import pytest

from tests.support.web import web
from visualizer_core.local.standin.loose import as_list, as_mapping

Json = Mapping[str, object]

SHAPES = Path(__file__).parents[4] / "shared" / "contract" / "gemini" / "shapes.json"
HEADERS = {"x-goog-api-key": "standin"}

# Payloads of routes that the stand-in does not serve yet. This is the one list of them.
LATER_RESPONSES = frozenset(
    {
        "file_upload_start",
        "file_upload_chunk_ack",
        "file_upload_final",
        "file_get_active",
        "file_get_processing",
        "file_get_failed",
        "file_list",
        "file_delete",
        "file_download_results",
        "batch_created",
        "batch_running",
        "batch_succeeded_file",
        "batch_succeeded_inline",
        "batch_inline_error_with_details_breaks_sdk",
        "batch_failed",
        "batch_cancelled",
        "batch_expired",
        "batch_list",
        "batch_cancel_ok",
        "batch_delete_ok",
        "batch_missing",
        "batch_create_quota",
    }
)
LATER_REQUESTS = frozenset(
    {
        "file_upload_start",
        "file_upload_finalize",
        "batch_create_file",
        "batch_create_inline",
        "batch_get",
        "batch_list",
        "batch_cancel",
        "batch_delete",
        "file_download",
    }
)
LATER_FAULTS = frozenset(
    {
        "batch: stuck PENDING",
        "batch: EXPIRED",
        "batch: SUCCEEDED with all rows failed",
        "batch: shuffled rows",
        "batch: missing rows",
        "batch: item error with details list (breaks SDK)",
        "upload: missing X-Goog-Upload-URL",
        "upload: chunk without status header",
    }
)


@cache
def shapes() -> Json:
    """All payloads; skips the test when the folder is not beside the checkout."""
    if not SHAPES.exists():
        pytest.skip("needs ../shared/contract/gemini/shapes.json beside the checkout")
    return cast("Json", json.loads(SHAPES.read_text(encoding="utf-8")))


def part(*path: str) -> Json:
    """One object inside the payloads."""
    found: object = shapes()
    for step in path:
        found = inside(found)[step]
    return inside(found)


def names_in(section: str) -> list[str]:
    """Names of a section for parametrised tests; empty when the folder is absent."""
    if not SHAPES.exists():
        return []
    return list(part(section))


def inside(value: object) -> Json:
    """A value that must be an object."""
    found = as_mapping(value)
    assert found is not None, value
    return found


def items(value: object) -> list[object]:
    """A value that must be a list."""
    found = as_list(value)
    assert found is not None, value
    return list(found)


def send(base_url: str, request: Json, *, key: str = "standin") -> httpx2.Response:
    """Send a sample request as it stands."""
    return web.request(
        str(request["method"]),
        base_url + str(request["path"]),
        json=request.get("body"),
        headers={"x-goog-api-key": key},
    )


def body_of(response: httpx2.Response) -> object:
    """JSON of an answer, or its text when it is none."""
    try:
        return cast("object", response.json())
    except ValueError:
        return response.text


_VOLATILE = {
    "data": "<bytes>",
    "thoughtSignature": "<bytes>",
    "responseId": "<id>",
    "modelVersion": "<model>",
}


def blanked(value: object, *, keep_text: bool = True) -> object:
    """The value with everything replaced that may differ from call to call.

    Numbers of ``usageMetadata`` become 0, pictures and ids become a word; everything else,
    reasons and messages included, must be equal.
    """
    if (elements := as_list(value)) is not None:
        return [blanked(element, keep_text=keep_text) for element in elements]
    if (known := as_mapping(value)) is None:
        return value
    thought = known.get("thought") is True
    return {
        name: _blanked_field(name, inner, keep_text=keep_text and not thought)
        for name, inner in known.items()
    }


def _blanked_field(name: str, value: object, *, keep_text: bool) -> object:
    if name == "usageMetadata":
        return _zeroed(value)
    if name == "text" and not keep_text:
        return "<text>"
    return _VOLATILE.get(name) or blanked(value, keep_text=keep_text)


def _zeroed(value: object) -> object:
    if (elements := as_list(value)) is not None:
        return [_zeroed(element) for element in elements]
    if (known := as_mapping(value)) is not None:
        return {name: _zeroed(inner) for name, inner in known.items()}
    return 0 if isinstance(value, int) else value


def skeleton(value: object) -> object:
    """Keys and types of a value; a list is described by its first element."""
    if (elements := as_list(value)) is not None:
        return [skeleton(elements[0])] if elements else []
    if (known := as_mapping(value)) is not None:
        return {name: skeleton(inner) for name, inner in known.items()}
    return "number" if isinstance(value, int | float) else type(value).__name__


def picture_in(body: object) -> bytes:
    """Bytes of the last picture of an answer."""
    candidate = inside(items(inside(body)["candidates"])[0])
    parts = [inside(x) for x in items(inside(candidate["content"])["parts"])]
    data = [inside(x["inlineData"])["data"] for x in parts if "inlineData" in x]
    return base64.b64decode(str(data[-1]))
