"""What the core needs from the outside world; each is one small Protocol.

Adapters implement them, `wiring.py` chooses. No vendor type crosses these lines.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from visualizer_core.domain.outcomes import CallOutcome
from visualizer_core.domain.status import Lane, Queue
from visualizer_core.domain.vocabulary import AspectRatio, ImageSize

__all__ = [
    "AnalysisRequest",
    "Analyst",
    "CallEstimate",
    "ImageGenerator",
    "ImagePart",
    "InspirationSearch",
    "JobMirror",
    "JobQueue",
    "ModelLimits",
    "ObjectHead",
    "ObjectStore",
    "Permit",
    "PermitDenied",
    "PhotoHit",
    "PictureRequest",
    "RateLimiter",
    "SearchPage",
    "TextPart",
    "UrlFetcher",
]


# --- the provider -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TextPart:
    """Words of a request."""

    text: str


@dataclass(frozen=True, slots=True)
class ImagePart:
    """A picture of a request; bytes are sent unchanged."""

    data: bytes
    mime: str
    resolution: str | None = None  # "LOW", "MEDIUM", "HIGH": tokens spent on reading it


@dataclass(frozen=True, slots=True)
class PictureRequest:
    """One picture to make."""

    call_id: UUID  # sent as the correlation header, kept in the ledger
    model: str
    parts: tuple[TextPart | ImagePart, ...]
    aspect_ratio: AspectRatio
    image_size: ImageSize
    seed: int
    lane: Lane = Lane.STANDARD


@dataclass(frozen=True, slots=True)
class AnalysisRequest:
    """One structured question about pictures and text."""

    call_id: UUID
    model: str
    instruction: str
    parts: tuple[TextPart | ImagePart, ...]
    schema: type  # a pydantic model; its JSON answer comes back as text and is validated here
    many: bool = False  # ask for a list of the schema, matched by an `id` field
    max_output_tokens: int = 2048


class ImageGenerator(Protocol):
    """Makes pictures."""

    def generate(self, request: PictureRequest) -> CallOutcome:
        """Make one call, never retrying; every way it can end is an outcome, not an exception."""
        ...


class Analyst(Protocol):
    """Reads pictures."""

    def analyse(self, request: AnalysisRequest) -> CallOutcome:
        """Make one call, never retrying; `CallOutcome.text` holds JSON, not yet validated."""
        ...

    def model_alive(self, model: str) -> tuple[bool, str]:
        """Ask whether the key may use `model`; the text says why not."""
        ...


# --- inspiration search -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PhotoHit:
    """One stock photo, with what its licence makes us keep."""

    id: str
    description: str
    width: int
    height: int
    colour: str | None
    thumb_url: str
    image_url: str
    download_location: str
    photographer: str
    photographer_url: str
    page_url: str
    source: str = "unsplash"


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of hits."""

    total: int
    total_pages: int
    hits: tuple[PhotoHit, ...]
    calls_left: int | None  # of this hour, as the service says


class InspirationSearch(Protocol):
    """Finds stock photos."""

    def search(self, query: str, *, page: int = 1, per_page: int = 24) -> SearchPage:
        """Search; raises `ProviderUnavailable` or `ProviderRefused`."""
        ...

    def find(self, photo_id: str) -> PhotoHit:
        """Look one photo up."""
        ...

    def choose(self, hit: PhotoHit) -> bytes:
        """Report the choice to the service (its rules ask for it) and fetch the picture."""
        ...


class UrlFetcher(Protocol):
    """Fetches pictures from addresses that strangers wrote into a catalogue."""

    def fetch(self, url: str) -> bytes:
        """Fetch; raises `InvalidInput` (useless or forbidden) or `ProviderUnavailable` (later)."""
        ...


# --- storage ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ObjectHead:
    """What storage knows about an object."""

    key: str
    size_bytes: int
    mime: str | None
    modified_at: datetime | None


class ObjectStore(Protocol):
    """Keeps bytes under keys."""

    def put(self, key: str, data: bytes, mime: str) -> None:
        """Store; checks that what arrived is what was sent; raises `PartMissing`."""
        ...

    def put_stream(self, key: str, chunks: Iterable[bytes], mime: str) -> int:
        """Store a stream of unknown length in parts; returns bytes; nothing is left if it fails."""
        ...

    def get(self, key: str) -> bytes:
        """Read; raises `NotFound` or `PartMissing`."""
        ...

    def stream(self, key: str, chunk_bytes: int = 1 << 20) -> Iterator[bytes]:
        """Read in chunks."""
        ...

    def head(self, key: str) -> ObjectHead | None:
        """Look without reading; None when there is nothing."""
        ...

    def list(self, prefix: str) -> Iterator[ObjectHead]:
        """Everything below a prefix, in key order."""
        ...

    def delete(self, keys: Sequence[str]) -> None:
        """Remove; absent keys are no error."""
        ...

    def signed_url(self, key: str, *, seconds: int = 900, filename: str | None = None) -> str:
        """A GET address that works for `seconds`; with `filename` the browser saves it."""
        ...

    def check(self) -> None:
        """Prove that the bucket can be written and read; raises `PartMissing` with the remedy."""
        ...


# --- wake-ups and limits ----------------------------------------------------------------------


class JobQueue(Protocol):
    """The bell: it carries no work, and losing it loses nothing."""

    def wake(self, queue: Queue, count: int) -> None:
        """Push `count` pull tokens; never raises when Redis is away (the pump will ring)."""
        ...

    def waiting(self, queue: Queue) -> int:
        """Tokens not yet taken; raises `PartMissing`."""
        ...


class JobMirror(Protocol):
    """Shows rows to anyone who reads Redis; never read for decisions."""

    def show(self, queue: Queue, job_id: str, fields: Mapping[str, str], *, final: bool) -> None:
        """Write the hash; final ones expire after a day; never raises."""
        ...

    def show_many(
        self, queue: Queue, jobs: Sequence[tuple[str, Mapping[str, str]]], *, final: bool
    ) -> None:
        """Write many hashes in one round trip; never raises."""
        ...


@dataclass(frozen=True, slots=True)
class CallEstimate:
    """What a call will take from each bucket."""

    input_tokens: int = 0
    images: int = 0
    cost_micros: int = 0


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """Configured rates of one model; None means not limited."""

    requests_per_minute: float | None = None
    input_tokens_per_minute: float | None = None
    images_per_minute: float | None = None
    micros_per_ten_minutes: float | None = None
    requests_per_day: int | None = None
    max_in_flight: int | None = None


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to make one call, after waiting."""

    id: str
    model: str
    wait_s: float  # sleep this long first
    estimate: CallEstimate = field(default_factory=CallEstimate)


@dataclass(frozen=True, slots=True)
class PermitDenied:
    """No call now."""

    reason: str  # "cooldown", "in_flight", "requests", "tokens", "images", "spend", "day"
    retry_in_s: float


class RateLimiter(Protocol):
    """One pace for all workers on all machines, on the clock of Redis."""

    def acquire(
        self, model: str, limits: ModelLimits, estimate: CallEstimate, *, max_wait_s: float
    ) -> Permit | PermitDenied:
        """Ask for one call; raises `PartMissing` when Redis is away (then nobody calls)."""
        ...

    def release(self, permit: Permit, *, used: CallEstimate | None = None) -> None:
        """Give the in-flight slot back; with `used`, correct what the estimate took."""
        ...

    def refund(self, permit: Permit) -> None:
        """Give everything back: the call was not made."""
        ...

    def cool_down(self, model: str, seconds: float, reason: str) -> None:
        """Stop every worker's calls to `model` for a while."""
        ...

    def slow_down(self, model: str) -> None:
        """Lower the learned rate after a 429."""
        ...

    def state(self, model: str) -> Mapping[str, float]:
        """Seconds of cooldown left, calls in flight, learned factor: for people."""
        ...
