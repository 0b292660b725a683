"""The states things can be in. Stored as text with a CHECK, not as database enums."""

from enum import StrEnum

__all__ = [
    "AnalysisState",
    "AssetStatus",
    "CallState",
    "CollectionStatus",
    "Hold",
    "ImageKind",
    "InspirationSource",
    "Lane",
    "Priority",
    "Queue",
    "Review",
    "Role",
    "RunState",
]


class CollectionStatus(StrEnum):
    """Where a collection stands; ``completed`` says nothing about failures."""

    SELECTING = "selecting"
    ANALYZING = "analyzing"
    READY = "ready"
    GENERATING = "generating"
    COMPLETED = "completed"


class RunState(StrEnum):
    """What a person last asked of a collection's run."""

    ACTIVE = "active"
    PAUSED = "paused"
    CANCELLED = "cancelled"


class AssetStatus(StrEnum):
    """Life of one picture to make."""

    PENDING = "pending"
    GENERATING = "generating"
    COMPLETED = "completed"
    ERROR = "error"
    CANCELLED = "cancelled"


class Hold(StrEnum):
    """Why a pending asset may not be claimed although it is its turn."""

    PAUSED = "paused"
    QUOTA = "quota"
    OUTCOME_UNKNOWN = "outcome_unknown"


class CallState(StrEnum):
    """Ledger state of one provider call.

    ``sent`` is written before the call; whatever a crash leaves there becomes ``unknown`` and is
    booked as maybe charged.
    """

    SENT = "sent"
    PAID = "paid"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class AnalysisState(StrEnum):
    """State of a product's or an inspiration's analysis."""

    NONE = "none"
    DONE = "done"
    FALLBACK = "fallback"  # from the catalogue's text; the model gave no usable answer
    EDITED = "edited"  # corrected by a person; never overwritten by a re-run


class Lane(StrEnum):
    """How urgently and at what price a provider call is made."""

    PRIORITY = "priority"
    STANDARD = "standard"
    FLEX = "flex"
    BATCH = "batch"


class Priority:
    """Claim order inside one client's work; higher goes first."""

    BULK = 0
    PERSON = 10  # a person waits for this single picture; may use the reserved slots


class Queue(StrEnum):
    """Which app asked for the work; the Redis key prefix."""

    CLIENT = "client"
    ADMIN = "admin"


class Review(StrEnum):
    """A person's decision on a result."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


class ImageKind(StrEnum):
    """What a stored picture is."""

    PRODUCT = "product"
    INSPIRATION = "inspiration"
    GENERATED = "generated"


class InspirationSource(StrEnum):
    """Where an inspiration came from."""

    UPLOAD = "upload"
    UNSPLASH = "unsplash"
    LIBRARY = "library"


class Role(StrEnum):
    """A membership's role, strongest first."""

    OWNER = "owner"
    EDITOR = "editor"
    REVIEWER = "reviewer"
    VIEWER = "viewer"
