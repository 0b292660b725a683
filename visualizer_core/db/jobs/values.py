"""What the job queries take and give."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from visualizer_core.domain.ids import (
    AssetId,
    CallId,
    ClientId,
    CollectionId,
    ImageId,
    LeaseToken,
)
from visualizer_core.domain.status import AssetStatus, Queue

__all__ = [
    "ClaimedAsset",
    "Finished",
    "HandBack",
    "Handed",
    "Leased",
    "Picture",
    "ReadyModel",
    "Reaped",
]


@dataclass(frozen=True, slots=True)
class ReadyModel:
    """A model that has work in a queue, with its configured limits."""

    model: str
    requests_per_minute: float | None
    input_tokens_per_minute: float | None
    images_per_minute: float | None
    micros_per_ten_minutes: float | None
    requests_per_day: int | None
    max_in_flight: int


@dataclass(frozen=True, slots=True)
class Leased:
    """An asset and the lease under which it may be written."""

    id: AssetId
    client_id: ClientId
    collection_id: CollectionId
    job_id: str
    lease: LeaseToken


@dataclass(frozen=True, slots=True)
class ClaimedAsset(Leased):
    """An asset this worker owns until its lease runs out."""

    product_id: UUID
    inspiration_id: UUID | None
    model: str
    lane: str
    settings: dict[str, Any]
    seed: int
    variant: int
    instruction: str
    reasons: list[str]
    hint: str | None
    parent_id: UUID | None
    attempts: int
    deferrals: int
    crashes: int
    recalls: int
    paid_call_id: UUID | None
    reserved_month: date | None
    reserved_micros: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A stored picture about to become a row of `images`, and how it was asked for."""

    id: ImageId
    s3_key: str
    sha256: str
    phash: str | None
    mime: str
    width: int
    height: int
    bytes: int
    thumbnail_widths: tuple[int, ...]
    prompt: str
    prompt_trace: dict[str, str]
    recipe: dict[str, object]
    recipe_hash: str


@dataclass(frozen=True, slots=True)
class Finished:
    """What finishing came to; `None` instead of it means that the lease was lost."""

    collection_completed: bool


@dataclass(frozen=True, slots=True)
class HandBack:
    """How an asset goes back.

    Attributes
    ----------
    status : AssetStatus
        ``PENDING`` to be tried again, ``ERROR`` or ``CANCELLED`` to end it. A pending one whose
        cancel was asked for ends cancelled.
    delay_s : float
        Seconds before it may be claimed again.
    attempts, deferrals, crashes, recalls : int
        Added to the counters; ``attempts=-1`` takes back the one the claim burnt.
    useless_call : CallId, optional
        Whose paid answer is of no use. When it is the one the asset would go on from, the next try
        makes a new call; another call's answer that came in meanwhile is kept.
    """

    status: AssetStatus
    delay_s: float = 0.0
    attempts: int = 0
    deferrals: int = 0
    crashes: int = 0
    recalls: int = 0
    useless_call: CallId | None = None
    hint: str | None = None
    error_code: str | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class Handed:
    """Where a handed-back asset ended up."""

    status: AssetStatus
    collection_completed: bool


@dataclass(frozen=True, slots=True)
class Reaped:
    """An expired lease that was taken back."""

    asset_id: AssetId
    client_id: ClientId
    job_id: str
    status: AssetStatus
    queue: Queue
