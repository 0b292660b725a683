"""Rate limits, off until set: requests, tokens, pictures and dollars, with the provider's 429s."""

import math
import time
from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from visualizer_core.local.standin.exchange import JsonObject, Problem

__all__ = [
    "IPM",
    "RPD",
    "RPM",
    "TPM",
    "Demand",
    "LimitSettings",
    "Limits",
    "ModelLimits",
    "QuotaKind",
    "quota_problem",
    "spend_problem",
]

_PACIFIC = ZoneInfo("America/Los_Angeles")  # the provider's day begins there
_SPEND_MINUTES = 10
_EVERY_MODEL = "*"
_MESSAGE = "You exceeded your current quota, please check your plan and billing details."
_METRICS = "generativelanguage.googleapis.com"
_HELP: JsonObject = {
    "@type": "type.googleapis.com/google.rpc.Help",
    "links": [
        {
            "description": "Learn more about Gemini API quotas",
            "url": "https://ai.google.dev/gemini-api/docs/rate-limits",
        }
    ],
}


@dataclass(frozen=True, slots=True)
class QuotaKind:
    """Names of one quota on the wire."""

    outcome: str
    metric: str
    quota_id: str


RPM = QuotaKind(
    "err_429_rpm", "generate_requests_per_model", "GenerateRequestsPerMinutePerProjectPerModel"
)
TPM = QuotaKind(
    "err_429_tpm",
    "generate_content_input_token_count",
    "GenerateContentInputTokensPerModelPerMinute",
)
RPD = QuotaKind(
    "err_429_rpd",
    "generate_requests_per_model_per_day",
    "GenerateRequestsPerDayPerProjectPerModel",
)
# Pictures a minute are a documented limit; the contract has no sample, so the names are ours.
IPM = QuotaKind(
    "err_429_ipm", "generate_images_per_model", "GenerateImagesPerMinutePerProjectPerModel"
)


class ModelLimits(BaseModel):
    """Limits of one model; None is no limit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rpm: int | None = Field(default=None, ge=0, description="requests a minute")
    tpm: int | None = Field(default=None, ge=0, description="prompt tokens a minute")
    ipm: int | None = Field(default=None, ge=0, description="pictures a minute")
    rpd: int | None = Field(default=None, ge=0, description="requests a Pacific day")
    usd_per_10min: float | None = Field(default=None, ge=0)


class LimitSettings(BaseModel):
    """Body of ``POST /_control/limits``; replaces what was set before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    models: dict[str, ModelLimits] = Field(
        default_factory=dict[str, ModelLimits], description="by model id, * for any other"
    )
    usd_per_10min: float | None = Field(default=None, ge=0, description="all models together")
    minute_s: float = Field(default=60.0, gt=0, description="length of a minute, for quick tests")
    unsplash_per_hour: int | None = Field(default=None, ge=0)


@dataclass(frozen=True, slots=True)
class Demand:
    """What one call takes out of the limits."""

    model: str
    tokens: int
    pictures: int
    micros: int


class _Window:
    """Amounts of the last so many seconds."""

    def __init__(self) -> None:
        self._amounts: deque[tuple[float, float]] = deque()

    def wait(self, amount: float, limit: float, length: float, now: float) -> float | None:
        """Seconds until `amount` fits under `limit`; None when it fits now."""
        self._forget(now - length)
        excess = sum(value for _, value in self._amounts) + amount - limit
        if excess <= 0:
            return None
        for at, value in self._amounts:
            excess -= value
            if excess <= 0:
                return at + length - now
        return length  # more than the whole limit in one call: never fits

    def add(self, amount: float, length: float, now: float) -> None:
        self._forget(now - length)
        self._amounts.append((now, amount))

    def _forget(self, before: float) -> None:
        while self._amounts and self._amounts[0][0] <= before:
            self._amounts.popleft()


class Limits:
    """Buckets of every model, and the common one of money."""

    def __init__(self) -> None:
        self.settings = LimitSettings()
        self._windows: defaultdict[tuple[str, str], _Window] = defaultdict(_Window)
        self._days: defaultdict[tuple[str, str], int] = defaultdict(int)

    def change(self, settings: LimitSettings) -> None:
        """Set limits; what was used so far is forgotten."""
        self.settings = settings
        self._windows.clear()
        self._days.clear()

    def take(self, demand: Demand) -> Problem | None:
        """Take a call's share, or say which limit it would break; then nothing is taken."""
        settings = self.settings
        limits = settings.models.get(demand.model) or settings.models.get(_EVERY_MODEL)
        now = time.monotonic()
        day = datetime.now(UTC).astimezone(_PACIFIC).date().isoformat()
        refused = self._refused(demand, limits or ModelLimits(), now, day)
        if refused is None:
            self._take(demand, now, day)
        return refused

    def _refused(self, demand: Demand, limits: ModelLimits, now: float, day: str) -> Problem | None:
        minute = self.settings.minute_s
        if limits.rpd is not None and self._days[demand.model, day] >= limits.rpd:
            return quota_problem(RPD, demand.model, limits.rpd, wait_s=26)
        for kind, name, amount, limit in (
            (RPM, "rpm", 1, limits.rpm),
            (TPM, "tpm", demand.tokens, limits.tpm),
            (IPM, "ipm", demand.pictures, limits.ipm),
        ):
            if limit is None or not amount:
                continue
            wait = self._windows[demand.model, name].wait(amount, limit, minute, now)
            if wait is not None:
                return quota_problem(kind, demand.model, limit, wait_s=wait)
        for owner, usd in (
            (demand.model, limits.usd_per_10min),
            (_EVERY_MODEL, self.settings.usd_per_10min),
        ):
            length = _SPEND_MINUTES * minute
            if usd is not None and self._windows[owner, "spend"].wait(
                demand.micros, usd * 1_000_000, length, now
            ):
                return spend_problem()
        return None

    def _take(self, demand: Demand, now: float, day: str) -> None:
        minute = self.settings.minute_s
        self._days[demand.model, day] += 1
        for name, amount in (("rpm", 1), ("tpm", demand.tokens), ("ipm", demand.pictures)):
            self._windows[demand.model, name].add(amount, minute, now)
        for owner in (demand.model, _EVERY_MODEL):
            self._windows[owner, "spend"].add(demand.micros, _SPEND_MINUTES * minute, now)


def quota_problem(kind: QuotaKind, model: str, limit: int, *, wait_s: float) -> Problem:
    """Build the 429 of one quota.

    Parameters
    ----------
    wait_s : float
        Becomes ``retryDelay``; requests a minute also send it as ``Retry-After``. That of a day's
        quota is far too short, as with the real service.
    """
    violation: JsonObject = {
        "quotaMetric": f"{_METRICS}/{kind.metric}",
        "quotaId": kind.quota_id,
        "quotaDimensions": {"location": "global", "model": model},
        "quotaValue": str(limit),
    }
    delay = f"{wait_s:.3f}".rstrip("0").rstrip(".")
    return Problem(
        kind.outcome,
        429,
        _MESSAGE,
        details=(
            {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]},
            _HELP,
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{delay}s"},
        ),
        retry_after_s=math.ceil(wait_s) if kind is RPM else None,
    )


def spend_problem() -> Problem:
    """Build the 429 of the ten-minute spend limit; it carries no details."""
    return Problem(
        "err_429_spend_10min", 429, "The spend limit for the last 10 minutes was reached."
    )
