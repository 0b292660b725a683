"""What goes in and out of a handler: a request, a reply, and the provider's error envelope."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Literal

__all__ = [
    "JSON_TYPE",
    "Answer",
    "Entry",
    "JsonObject",
    "Manner",
    "Problem",
    "Reply",
    "Request",
    "invalid_argument",
    "json_answer",
    "reason_phrase",
]

JsonObject = dict[str, object]

JSON_TYPE = "application/json; charset=UTF-8"
_GOOGLE_NAMES = {
    400: "INVALID_ARGUMENT",
    402: "RESOURCE_EXHAUSTED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


@dataclass(slots=True)
class Request:
    """One HTTP request, read completely."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # looked up without regard to case
    body: bytes
    arrived_at: float  # seconds since 1970
    origin: str  # "http://127.0.0.1:8700": what links in answers start with

    def header(self, name: str) -> str:
        """Value of a header, empty when absent."""
        return self.headers.get(name, "")

    def take_body(self) -> bytes:
        """Hand over the body, which is then gone: hundreds of megabytes wait side by side."""
        body, self.body = self.body, b""
        return body


@dataclass(frozen=True, slots=True)
class Manner:
    """How an answer is put on the wire; anything but ``plain`` is a scripted fault."""

    kind: Literal["plain", "trickle", "close", "reset", "truncate"] = "plain"
    seconds: float = 0.0  # spread over the body when trickling


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body of an answer.

    The body is kept in pieces: a picture of a megabyte is never copied to wrap it in JSON.
    """

    status: int
    pieces: tuple[bytes, ...]
    content_type: str = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()
    manner: Manner = Manner()

    @property
    def length(self) -> int:
        """Length of the body in bytes."""
        return sum(len(piece) for piece in self.pieces)

    def sent(self, manner: Manner) -> "Answer":
        """Make the same answer, put on the wire in another manner."""
        return replace(self, manner=manner)


@dataclass(slots=True)
class Entry:
    """What the history keeps about one request, besides the times and the path."""

    op: str  # "generateContent", "countTokens", "models.get", "unsplash.search", …
    model: str = ""
    images: tuple[str, ...] = ()  # sha256 of each picture received, in order
    prompt: str = ""
    seed: int | None = None
    ratio: str | None = None
    size: str | None = None
    tier: str | None = None
    outcome: str = "ok"  # "ok", or the name of the error or fault
    fault: int | None = None  # number of the scripted fault that was used
    returned: tuple[str, ...] = ()  # sha256 of each picture sent
    usage: JsonObject = field(default_factory=dict[str, object])
    billed_micros: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with the line the history gets before it is sent."""

    answer: Answer
    entry: Entry


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal in the provider's envelope.

    ``outcome`` names it in the history and equals the name of the contract's sample answer where
    there is one.
    """

    outcome: str
    code: int
    message: str
    status: str = ""
    details: tuple[JsonObject, ...] = ()
    retry_after_s: int | None = None

    def body(self) -> JsonObject:
        """Build the envelope."""
        error: JsonObject = {
            "code": self.code,
            "message": self.message,
            "status": self.status or _GOOGLE_NAMES[self.code],
        }
        if self.details:
            error["details"] = list(self.details)
        return {"error": error}

    def answer(self) -> Answer:
        """Build the whole answer."""
        headers = () if self.retry_after_s is None else (("Retry-After", str(self.retry_after_s)),)
        return json_answer(self.body(), status=self.code, headers=headers)


def json_answer(
    body: object,
    *,
    status: int = 200,
    content_type: str = JSON_TYPE,
    headers: tuple[tuple[str, str], ...] = (),
) -> Answer:
    """Make an answer out of a JSON value."""
    return Answer(status, (json.dumps(body).encode(),), content_type, headers)


def invalid_argument(message: str, field: str, description: str) -> Problem:
    """Say which field of the request has a value that cannot be used."""
    return Problem(
        "err_400_invalid_argument",
        400,
        message,
        details=(
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{"field": field, "description": description}],
            },
        ),
    )


def reason_phrase(status: int) -> str:
    """Words that go with a status code; the provider uses 499, which the standard lacks."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Client Closed Request"
