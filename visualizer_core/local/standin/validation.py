"""What the real service would refuse, found one problem at a time.

Each check is a generator of `Problem`; the caller answers with the first. Texts of the well-known
refusals are those of the contract, the rest is worded here.
"""

import re
from collections.abc import Iterator
from typing import Literal

from visualizer_core.local.standin.call import Call, FileReference
from visualizer_core.local.standin.exchange import Problem, invalid_argument
from visualizer_core.local.standin.filling import can_fill
from visualizer_core.local.standin.models import ModelTable
from visualizer_core.local.standin.shape import schema_faults
from visualizer_core.local.standin.wire import Content

__all__ = [
    "contents_problems",
    "file_missing",
    "first",
    "problems",
    "too_large",
    "undecodable",
]

IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/heic", "image/heif")  # documented
_JSON = "application/json"
_TEXT_TYPES = ("text/plain", _JSON, "text/x.enum")
_RATIO = re.compile(r"^\d+:\d+$")


def first(found: Iterator[Problem]) -> Problem | None:
    """Take the first problem."""
    return next(found, None)


def too_large() -> Problem:
    """Say that the body is over the limit."""
    return Problem("err_400_too_large", 400, "Request payload size exceeds the limit")


def problems(call: Call, table: ModelTable) -> Iterator[Problem]:
    """Everything wrong with a call, the most fundamental first."""
    yield from contents_problems(call)
    yield from _unsupported(call)
    yield from _modality_problems(call)
    yield from _thinking_problems(call)
    yield from _image_config_problems(call, table)
    yield from _format_problems(call)
    limit = call.model.output_token_limit
    if (call.config.max_output_tokens or 0) > limit:
        yield _invalid("generation_config.max_output_tokens", f"must be at most {limit}")


def contents_problems(call: Call) -> Iterator[Problem]:
    """Messages that are empty, of unknown types, too many pictures, or files that are not here."""
    if not call.request.contents:
        yield _invalid("contents", "contents is not specified")
    for index, content in enumerate(call.request.contents or ()):
        yield from _part_problems(content, f"contents[{index}].parts")
    for picture in call.pictures:
        if picture.mime not in IMAGE_TYPES:
            yield _invalid(
                f"{picture.where}.inline_data.mime_type", f"Unsupported MIME type: {picture.mime}"
            )
    if len(call.pictures) > call.model.max_images:
        yield _invalid("contents", f"at most {call.model.max_images} images are supported")
    for piece in call.pieces:
        if isinstance(piece, FileReference):
            yield file_missing(piece.file_id)


def _part_problems(content: Content, where: str) -> Iterator[Problem]:
    if not content.parts:
        yield _invalid(where, "contents.parts must not be empty.")
    for index, part in enumerate(content.parts or ()):
        given = (part.text, part.inline_data, part.file_data)
        if sum(value is not None for value in given) != 1:
            yield _invalid(
                f"{where}[{index}].data",
                "required oneof field 'data' must have one initialized field",
            )


def file_missing(file_id: str) -> Problem:
    """Say that a file is gone, or never was, or is another project's: one text for all three."""
    return Problem(
        "file_missing",
        403,
        f"You do not have permission to access the File {file_id} or it may not exist.",
    )


def undecodable(where: str) -> Problem:
    """Say that a picture of the request is none."""
    return invalid_argument(
        "Unable to process input image.",
        f"{where}.inline_data.data",
        "the bytes are not a readable image",
    )


def _unsupported(call: Call) -> Iterator[Problem]:
    request = call.request
    for field, value in (
        ("tools", request.tools),
        ("tool_config", request.tool_config),
        ("cached_content", request.cached_content),
        ("continuation_token", request.continuation_token),
    ):
        if value:
            yield _invalid(field, "not supported by the stand-in")


def _modality_problems(call: Call) -> Iterator[Problem]:
    allowed = {"TEXT", "IMAGE"} if call.model.role == "image" else {"TEXT"}
    for modality in call.modalities:
        if modality not in allowed:
            yield _invalid(
                "generation_config.response_modalities",
                f"{call.model.id} does not support the output modality {modality}",
            )
    many = (call.config.candidate_count or 1) > 1
    if many and call.model.role == "image":
        yield _invalid(
            "generation_config.candidate_count",
            "Multiple candidates is not enabled for this model",
        )


def _thinking_problems(call: Call) -> Iterator[Problem]:
    thinking = call.config.thinking_config
    if thinking is None:
        return
    field = "generation_config.thinking_config"
    if thinking.thinking_level and thinking.thinking_budget is not None:
        yield _invalid(field, "You can only set only one of thinking budget and thinking level.")
    level = thinking.thinking_level
    if level and level not in call.model.thinking:
        yield _invalid(
            f"{field}.thinking_level", f"Thinking level {level} is not supported for this model."
        )


def _image_config_problems(call: Call, table: ModelTable) -> Iterator[Problem]:
    image = call.config.image_config
    if image is None:
        return
    if call.model.role != "image":
        yield _invalid("generation_config.image_config", "not supported by this model")
    ratio = image.aspect_ratio
    if ratio is not None and (not _RATIO.match(ratio) or ratio not in table.pixels_1k):
        yield _unsupported_value("aspect_ratio")
    if ratio is not None and ratio not in call.model.ratios:
        yield Problem(
            "err_400_aspect_not_enabled", 400, "Aspect ratio is not enabled for this model"
        )
    if image.image_size is not None and image.image_size not in call.model.image_tokens:
        yield _unsupported_value("image_size")


def _format_problems(call: Call) -> Iterator[Problem]:
    config = call.config
    mime = config.response_mime_type
    if mime is not None and mime not in _TEXT_TYPES:
        yield _invalid("generation_config.response_mime_type", "unsupported value")
    structured = mime == _JSON or call.shape is not None
    if structured and call.model.role == "image":
        yield _invalid(
            "generation_config.response_mime_type", "JSON mode is not enabled for this model"
        )
    if config.response_schema is not None and config.response_json_schema is not None:
        yield _invalid(
            "generation_config.response_json_schema", "only one of the two schemas may be set"
        )
    if call.shape is not None and mime != _JSON:
        yield _invalid(
            "generation_config.response_mime_type",
            "Response schema requires the response mime type application/json",
        )
    if mime == _JSON:
        yield from _schema_problems(call)


def _schema_problems(call: Call) -> Iterator[Problem]:
    openapi = call.config.response_schema is not None
    kind: Literal["response_schema", "response_json_schema"] = (
        "response_schema" if openapi else "response_json_schema"
    )
    field = f"generation_config.{kind}"
    if call.shape is None:
        yield _invalid("generation_config.response_schema", "the stand-in needs a schema")
        return
    for where, reason in schema_faults(call.shape, field):
        yield _invalid(where, reason)
    if (reason := can_fill(call.shape)) is not None:
        yield _invalid(field, reason)


def _unsupported_value(name: str) -> Problem:
    field = f"generation_config.image_config.{name}"
    return invalid_argument(f"Invalid value at {field}", field, "unsupported value")


def _invalid(field: str, description: str) -> Problem:
    return invalid_argument(f"* GenerateContentRequest.{field}: {description}", field, description)
