"""Bodies of ``generateContent`` answers.

A picture stands in the JSON as a mark that is replaced by its base64 afterwards, so that megabytes
are neither escaped nor copied.
"""

import base64
import json
from collections.abc import Sequence

from visualizer_core.local.standin.exchange import Answer, JsonObject
from visualizer_core.local.standin.rendered import Rendered
from visualizer_core.local.standin.usage import Usage

__all__ = ["body_with", "candidate", "picture_part", "response", "with_pictures"]

_MARK = "@@picture-{}@@"
_SIGNATURE = base64.b64encode(b"stand-in thought signature").decode()


def candidate(
    parts: Sequence[JsonObject] | None, finish: str = "STOP", message: str | None = None
) -> JsonObject:
    """Make a candidate; without parts its content is empty."""
    content: JsonObject = {} if parts is None else {"parts": list(parts), "role": "model"}
    made: JsonObject = {"content": content, "finishReason": finish, "index": 0}
    if message is not None:
        made["finishMessage"] = message
    return made


def picture_part(index: int, mime: str = "image/jpeg", *, signed: bool = True) -> JsonObject:
    """Make the part of the picture with that index."""
    part: JsonObject = {"inlineData": {"mimeType": mime, "data": _MARK.format(index)}}
    if signed:
        part["thoughtSignature"] = _SIGNATURE
    return part


def response(
    candidates: Sequence[JsonObject] | None,
    usage: Usage,
    *,
    model: str,
    response_id: str | None,
    feedback: JsonObject | None = None,
) -> JsonObject:
    """Put an answer together; what is None is left out."""
    body: JsonObject = {}
    if candidates is not None:
        body["candidates"] = list(candidates)
    if feedback is not None:
        body["promptFeedback"] = feedback
    body["usageMetadata"] = usage.reported()
    body["modelVersion"] = model
    if response_id is not None:
        body["responseId"] = response_id
    return body


def body_with(body: JsonObject) -> Answer:
    """Answer 200 with a body without pictures."""
    return with_pictures(body, ())


def with_pictures(body: JsonObject, pictures: Sequence[Rendered]) -> Answer:
    """Answer 200 with a body, its marks replaced by the pictures."""
    rest = json.dumps(body, ensure_ascii=False).encode()
    pieces: list[bytes] = []
    for index, picture in enumerate(pictures):
        before, _, rest = rest.partition(_MARK.format(index).encode())
        pieces += [before, *picture.base64]
    return Answer(200, (*pieces, rest))
