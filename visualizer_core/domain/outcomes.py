"""What a provider call can come to, and what to do about it.

Classes and retry counts follow the provider contract (docs/how-to/read-outcomes.md). The adapter
turns every answer, error and broken connection into one `CallOutcome`; services read only that.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from visualizer_core.domain.registry import Usage

__all__ = ["CallOutcome", "Charge", "OutcomeClass", "PictureBytes"]


class OutcomeClass(StrEnum):
    """The one word that decides what happens next."""

    SUCCESS = "success"
    NO_IMAGE_TEXT = "no_image_text"
    SOFT_FAIL = "soft_fail"
    BLOCKED = "blocked"
    RECITATION = "recitation"
    TRUNCATED = "truncated"
    UNEXPECTED = "unexpected"
    BAD_PICTURE = "bad_picture"  # arrived, but failed the local checks
    INVALID_REQUEST = "invalid_request"  # 400: never retried
    BAD_KEY = "bad_key"  # stops the run
    BILLING = "billing"  # 400 precondition, 402: stops the run
    FORBIDDEN = "forbidden"  # 403: stops the run
    MODEL_GONE = "model_gone"  # 404: stops the model
    RATE_LIMITED = "rate_limited"  # 429 per minute: the model's bucket pauses
    DAY_LIMIT = "day_limit"  # 429 per day: parked until the Pacific midnight
    NO_ACCESS = "no_access"  # 429 with quota 0: stops the model
    OVERLOADED = "overloaded"  # 503
    SERVER_ERROR = "server_error"  # 500, 502
    TIMEOUT = "timeout"  # 504, or no answer in time
    CANCELLED = "cancelled"  # 499
    CONNECTION = "connection"  # refused: certainly not billed
    UNKNOWN = "unknown"  # sent, and nobody knows whether it was billed


class Charge(StrEnum):
    """Whether money was spent."""

    NONE = "none"
    PAID = "paid"
    MAYBE = "maybe"


@dataclass(frozen=True, slots=True)
class PictureBytes:
    """One picture as the provider sent it."""

    data: bytes
    mime: str  # by content, not by the provider's word


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """Everything that is known after one provider call."""

    kind: OutcomeClass
    charge: Charge
    message: str = ""  # for a person
    http_status: int | None = None
    picture: PictureBytes | None = None
    text: str | None = None
    usage: Usage | None = None
    usage_json: dict[str, object] = field(default_factory=dict[str, object])  # as reported
    images_returned: int = 0
    retry_after_s: float | None = None  # asked for by the provider
    quota_id: str | None = None
    raw: bytes = b""  # the answer's body without its pictures, for the ledger
    latency_s: float = 0.0
    model_version: str | None = None
