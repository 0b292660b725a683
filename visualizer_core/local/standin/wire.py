"""The request bodies, as the provider's server reads them.

Keys may be camelCase or snake_case at any depth, bytes may be in either base64 alphabet, and a
field nobody knows is an error: accepting everything would hide mistakes of the client.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from visualizer_core.local.standin.exchange import Problem, invalid_argument

__all__ = [
    "Content",
    "CountTokensRequest",
    "GenerateRequest",
    "GenerationConfig",
    "Part",
    "ResponseSchema",
    "Wire",
    "parse",
]

_SNAKE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_MAX_STOP_SEQUENCES = 5  # documented

Type = Literal["STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"]
Level = Literal[
    "MEDIA_RESOLUTION_LOW",
    "MEDIA_RESOLUTION_MEDIUM",
    "MEDIA_RESOLUTION_HIGH",
    "MEDIA_RESOLUTION_ULTRA_HIGH",
    "MEDIA_RESOLUTION_UNSPECIFIED",
]


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


class Wire(BaseModel):
    """A JSON object of the protocol."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        extra="forbid",
        frozen=True,
        val_json_bytes="base64",  # either alphabet, padded or not
    )


class Blob(Wire):
    """Bytes inside the request."""

    mime_type: str
    data: bytes
    display_name: str | None = None


class FileData(Wire):
    """A file uploaded before."""

    file_uri: str
    mime_type: str | None = None


class MediaResolution(Wire):
    """How many tokens a picture may cost."""

    level: Level | None = None
    num_tokens: int | None = None


class Part(Wire):
    """One piece of a message: text, bytes or a file."""

    text: str | None = None
    inline_data: Blob | None = None
    file_data: FileData | None = None
    media_resolution: MediaResolution | None = None
    thought: bool | None = None
    thought_signature: bytes | None = None


class Content(Wire):
    """One message."""

    parts: tuple[Part, ...] | None = None
    role: Literal["user", "model", "system"] | None = None


class ImageConfig(Wire):
    """Shape and size of a picture; judged later, because the answer depends on the model."""

    aspect_ratio: str | None = None
    image_size: str | None = None


class ThinkingConfig(Wire):
    """How much the model may think."""

    thinking_level: Annotated[str, BeforeValidator(_upper)] | None = None
    thinking_budget: int | None = None
    include_thoughts: bool | None = None


class ResponseSchema(Wire):
    """The subset of OpenAPI schemas the provider takes."""

    type: Annotated[Type, BeforeValidator(_upper)] | None = None
    format: str | None = None
    title: str | None = None
    description: str | None = None
    nullable: bool | None = None
    enum: tuple[str, ...] | None = None
    items: "ResponseSchema | None" = None
    properties: dict[str, "ResponseSchema"] | None = None
    required: tuple[str, ...] | None = None
    property_ordering: tuple[str, ...] | None = None
    any_of: tuple["ResponseSchema", ...] | None = None
    min_items: int | None = None
    max_items: int | None = None
    min_length: int | None = None
    max_length: int | None = None
    min_properties: int | None = None
    max_properties: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    example: object = None
    default: object = None


class GenerationConfig(Wire):
    """How to answer."""

    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, ge=0, le=1)
    top_k: float | None = Field(default=None, ge=0)
    seed: int | None = Field(default=None, ge=-(2**31), lt=2**31)
    candidate_count: int | None = Field(default=None, ge=1, le=8)
    max_output_tokens: int | None = Field(default=None, ge=1)
    stop_sequences: tuple[str, ...] | None = Field(default=None, max_length=_MAX_STOP_SEQUENCES)
    presence_penalty: float | None = Field(default=None, ge=-2, lt=2)
    frequency_penalty: float | None = Field(default=None, ge=-2, lt=2)
    response_modalities: tuple[Annotated[str, BeforeValidator(_upper)], ...] | None = None
    response_mime_type: str | None = None
    response_schema: ResponseSchema | None = None
    response_json_schema: dict[str, object] | None = None
    image_config: ImageConfig | None = None
    thinking_config: ThinkingConfig | None = None
    media_resolution: Level | None = None


class SafetySetting(Wire):
    """What to block; accepted and without effect here."""

    category: Literal[
        "HARM_CATEGORY_HARASSMENT",
        "HARM_CATEGORY_HATE_SPEECH",
        "HARM_CATEGORY_SEXUALLY_EXPLICIT",
        "HARM_CATEGORY_DANGEROUS_CONTENT",
        "HARM_CATEGORY_CIVIC_INTEGRITY",
    ]
    threshold: Literal[
        "OFF",
        "BLOCK_NONE",
        "BLOCK_ONLY_HIGH",
        "BLOCK_MEDIUM_AND_ABOVE",
        "BLOCK_LOW_AND_ABOVE",
        "HARM_BLOCK_THRESHOLD_UNSPECIFIED",
    ]


class GenerateRequest(Wire):
    """Body of ``:generateContent``."""

    contents: tuple[Content, ...] | None = None
    system_instruction: Content | None = None
    generation_config: GenerationConfig | None = None
    safety_settings: tuple[SafetySetting, ...] | None = None
    cached_content: str | None = None
    service_tier: Literal["standard", "flex", "priority", "unspecified"] | None = None
    labels: dict[str, str] | None = None
    store: bool | None = None
    continuation_token: str | None = None
    tools: tuple[dict[str, object], ...] | None = None
    tool_config: dict[str, object] | None = None
    model: str | None = None


class CountTokensRequest(Wire):
    """Body of ``:countTokens``."""

    contents: tuple[Content, ...] | None = None
    generate_content_request: GenerateRequest | None = None


Body = TypeVar("Body", bound=Wire)


def parse(kind: type[Body], raw: bytes) -> Body | Problem:
    """Read a body, or say what is wrong with it as the provider does."""
    try:
        return kind.model_validate_json(raw or b"{}")
    except ValidationError as error:
        return _problem(error.errors(include_url=False, include_input=False)[0])


def _problem(error: ErrorDetails) -> Problem:
    *parents, last = error["loc"] or ("",)
    if error["type"] == "json_invalid":
        return invalid_argument(f"Invalid JSON payload received. {error['msg']}", "", error["msg"])
    if error["type"] == "extra_forbidden":
        where = f" at '{_path(parents)}'" if parents else ""
        message = f'Invalid JSON payload received. Unknown name "{last}"{where}: Cannot find field.'
        return invalid_argument(message, _path(parents), message)
    field = _path([*parents, last])
    return invalid_argument(f"Invalid value at '{field}': {error['msg']}", field, error["msg"])


def _path(loc: Sequence[str | int]) -> str:
    """Write a place the provider's way: ``generation_config.image_config``, ``contents[0]``."""
    text = ""
    for step in loc:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + _SNAKE.sub("_", step).lower()
    return text
