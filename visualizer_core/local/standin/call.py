"""What one ``generateContent`` call asks for, once its body has been read."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from visualizer_core.local.standin.models import Model
from visualizer_core.local.standin.shape import Shape, from_json_schema, from_response_schema
from visualizer_core.local.standin.wire import Content, GenerateRequest, GenerationConfig, Part

__all__ = ["Call", "FileReference", "Picture", "Piece", "Text", "pieces_of"]

_DEFAULT_THINKING = "MEDIUM"  # documented for the 2.1 image model


@dataclass(frozen=True)
class Text:
    """Words of the request."""

    text: str
    where: str


@dataclass(frozen=True)
class Picture:
    """A picture of the request."""

    data: bytes
    mime: str
    where: str  # field path, for refusals
    level: str | None = None  # MEDIA_RESOLUTION_…

    @cached_property
    def sha256(self) -> str:
        """Hex digest of the bytes."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True)
class FileReference:
    """A file that should have been uploaded."""

    uri: str
    where: str

    @property
    def file_id(self) -> str:
        """Last part of the address."""
        return self.uri.rstrip("/").rsplit("/", 1)[-1]


Piece = Text | Picture | FileReference


@dataclass(frozen=True)
class Call:
    """A call for one model, its pieces in the order sent."""

    model: Model
    version: str
    request: GenerateRequest
    pieces: tuple[Piece, ...]

    @classmethod
    def of(cls, model: Model, version: str, request: GenerateRequest) -> "Call":
        """Read the pieces of a request."""
        return cls(model, version, request, pieces_of(request.contents))

    @property
    def config(self) -> GenerationConfig:
        """Generation settings, empty when none were sent."""
        return self.request.generation_config or GenerationConfig()

    @cached_property
    def pictures(self) -> tuple[Picture, ...]:
        """Pictures in the order sent."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Picture))

    @cached_property
    def prompt(self) -> str:
        """Texts in the order sent, without the system instruction."""
        return "\n".join(piece.text for piece in self.pieces if isinstance(piece, Text))

    @cached_property
    def system(self) -> str:
        """Text of the system instruction."""
        instruction = self.request.system_instruction
        parts = (instruction.parts or ()) if instruction else ()
        return "\n".join(part.text for part in parts if part.text)

    @cached_property
    def shape(self) -> Shape | None:
        """Shape the answer must have, when a schema was sent."""
        if self.config.response_schema is not None:
            return from_response_schema(self.config.response_schema)
        if self.config.response_json_schema is not None:
            return from_json_schema(self.config.response_json_schema)
        return None

    @property
    def modalities(self) -> tuple[str, ...]:
        """Kinds of output allowed; the default depends on the model."""
        asked = self.config.response_modalities
        if asked:
            return asked
        return ("TEXT", "IMAGE") if self.model.role == "image" else ("TEXT",)

    @property
    def ratio(self) -> str | None:
        """Aspect ratio as sent."""
        image = self.config.image_config
        return image.aspect_ratio if image else None

    @property
    def size(self) -> str:
        """Picture size, ``1K`` when none was sent."""
        image = self.config.image_config
        return (image.image_size if image else None) or "1K"

    @property
    def thinking(self) -> str:
        """Thinking level."""
        thinking = self.config.thinking_config
        return (thinking.thinking_level if thinking else None) or _DEFAULT_THINKING

    @property
    def tier(self) -> str:
        """Service tier."""
        tier = self.request.service_tier
        return tier if tier and tier != "unspecified" else "standard"

    @cached_property
    def identity(self) -> str:
        """Digest of everything that decides the answer: words, pictures, settings."""
        digest = hashlib.sha256(self.model.id.encode())
        for text in (self.system, self.prompt, self.config.model_dump_json(exclude_none=True)):
            digest.update(b"\0" + text.encode())
        for picture in self.pictures:
            digest.update(picture.sha256.encode())
        return digest.hexdigest()

    @cached_property
    def seed(self) -> int:
        """Seed as sent, else derived from the call, so that equal calls give equal answers."""
        sent = self.config.seed
        return int(self.identity[:8], 16) & 0x7FFFFFFF if sent is None else sent


def pieces_of(contents: tuple[Content, ...] | None) -> tuple[Piece, ...]:
    """Flatten messages; a part without data gives no piece."""
    return tuple(
        piece
        for i, content in enumerate(contents or ())
        for j, part in enumerate(content.parts or ())
        if (piece := _piece(part, f"contents[{i}].parts[{j}]")) is not None
    )


def _piece(part: Part, where: str) -> Piece | None:
    if part.inline_data is not None:
        level = part.media_resolution.level if part.media_resolution else None
        return Picture(part.inline_data.data, part.inline_data.mime_type, where, level)
    if part.file_data is not None:
        return FileReference(part.file_data.file_uri, where)
    return Text(part.text, where) if part.text is not None else None
