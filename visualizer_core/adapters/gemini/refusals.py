"""Read everything that is not a 200: error statuses and broken connections.

Which refusal means what, and whether it cost money, is decided here once; retry policy elsewhere
reads only the class.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import httpx2

from visualizer_core.adapters.gemini.wire import JsonObject, items, obj, said, text, unwrap
from visualizer_core.domain.outcomes import CallOutcome, Charge, OutcomeClass

__all__ = ["read_break", "read_refusal"]

KEPT_BYTES = 16_384  # of an error body; Google's have about 1 kB

_BY_STATUS = {
    401: OutcomeClass.BAD_KEY,
    402: OutcomeClass.BILLING,
    403: OutcomeClass.FORBIDDEN,
    404: OutcomeClass.MODEL_GONE,
    408: OutcomeClass.TIMEOUT,
    429: OutcomeClass.RATE_LIMITED,
    499: OutcomeClass.CANCELLED,
    503: OutcomeClass.OVERLOADED,
    504: OutcomeClass.TIMEOUT,
}

_SAYS = {
    OutcomeClass.INVALID_REQUEST: "The provider does not accept this request.",
    OutcomeClass.BAD_KEY: "The provider does not know the key. Check GEMINI_API_KEY.",
    OutcomeClass.BILLING: "The provider wants its account settled or its region allowed first. "
    "Check billing for the key's project.",
    OutcomeClass.FORBIDDEN: "The key may not do this. Check its project and its restrictions.",
    OutcomeClass.MODEL_GONE: "The provider does not offer this model. Choose another one.",
    OutcomeClass.RATE_LIMITED: "The provider asks to go slower; the run goes on by itself.",
    OutcomeClass.DAY_LIMIT: "The provider's limit for today is reached; the run goes on after "
    "midnight Pacific time.",
    OutcomeClass.NO_ACCESS: "The key's project has no quota for this model. Choose another one or "
    "ask the provider for quota.",
    OutcomeClass.OVERLOADED: "The provider is overloaded; the run goes on by itself.",
    OutcomeClass.SERVER_ERROR: "The provider had an error of its own.",
    OutcomeClass.TIMEOUT: "The provider was too slow and gave up.",
    OutcomeClass.CANCELLED: "The provider cancelled the call.",
    OutcomeClass.CONNECTION: "The provider could not be reached. Check the network and "
    "GEMINI_BASE_URL.",
    OutcomeClass.UNEXPECTED: "The provider answered with a status this program does not know.",
    OutcomeClass.UNKNOWN: "The connection broke during the call; it may have been charged.",
}

# Nothing of a request is on its way while these are raised.
_NEVER_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)


def read_refusal(
    status: int, headers: Mapping[str, str], details: object, raw: bytes
) -> CallOutcome:
    """Judge an answer with another status than 200.

    Parameters
    ----------
    status : int
        HTTP status.
    headers : Mapping[str, str]
        Names in lower case.
    details : object
        The body as JSON, or whatever the client library made of it.
    raw : bytes
        The body, for the ledger.
    """
    error = obj(unwrap(details).get("error"))
    kind = _kind(status, error)
    quota = _Quota.of(error)
    if kind is OutcomeClass.RATE_LIMITED:
        kind = quota.kind
    delays = [quota.retry_s, _seconds(headers.get("retry-after", ""))]
    known_delays = [delay for delay in delays if delay is not None]
    message = text(error.get("message")) or text(unwrap(details).get("error"))
    return CallOutcome(
        kind=kind,
        charge=Charge.MAYBE if _is_good(status) else Charge.NONE,
        message=said(_SAYS[kind], message),
        http_status=status,
        # The seconds that come with a daily limit have nothing to do with the day's end.
        retry_after_s=None if kind is OutcomeClass.DAY_LIMIT else max(known_delays, default=None),
        quota_id=quota.id,
        raw=raw[:KEPT_BYTES],
    )


def read_break(error: Exception, *, sent: bool) -> CallOutcome:
    """Judge a call that ended without an answer; `sent` says whether anything left the machine."""
    never = isinstance(error, _NEVER_SENT) or not sent
    kind = OutcomeClass.CONNECTION if never else OutcomeClass.UNKNOWN
    return CallOutcome(
        kind=kind,
        charge=Charge.NONE if never else Charge.MAYBE,
        message=f"{_SAYS[kind]} ({type(error).__name__})",
    )


def _is_good(status: int) -> bool:
    return 200 <= status < 300  # noqa: PLR2004  # the family of statuses that mean done


def _kind(status: int, error: JsonObject) -> OutcomeClass:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 400 <= status < 500:  # noqa: PLR2004  # the family of statuses that blame the request
        return _bad_request(error)
    return OutcomeClass.SERVER_ERROR if status >= 500 else OutcomeClass.UNEXPECTED  # noqa: PLR2004  # server errors


def _bad_request(error: JsonObject) -> OutcomeClass:
    reasons = {text(detail.get("reason")) for detail in items(error.get("details"))}
    if "API_KEY_INVALID" in reasons:  # the provider says 400 for a wrong key, not 401
        return OutcomeClass.BAD_KEY
    if error.get("status") == "FAILED_PRECONDITION":
        return OutcomeClass.BILLING
    return OutcomeClass.INVALID_REQUEST


@dataclass(frozen=True, slots=True)
class _Quota:
    """Which limit a 429 is about."""

    kind: OutcomeClass = OutcomeClass.RATE_LIMITED
    id: str | None = None
    retry_s: float | None = None

    @classmethod
    def of(cls, error: JsonObject) -> "_Quota":
        kind, quota_id, retry_s = OutcomeClass.RATE_LIMITED, None, None
        for detail in items(error.get("details")):
            retry_s = _seconds(text(detail.get("retryDelay"))) or retry_s
            for violation in items(detail.get("violations")):
                found = _violation_kind(violation)
                if quota_id is None or found is not OutcomeClass.RATE_LIMITED:
                    quota_id = text(violation.get("quotaId")) or None
                    kind = found
        return cls(kind, quota_id, retry_s)


def _violation_kind(violation: JsonObject) -> OutcomeClass:
    if str(violation.get("quotaValue")) == "0":
        return OutcomeClass.NO_ACCESS
    if "PerDay" in text(violation.get("quotaId")):
        return OutcomeClass.DAY_LIMIT
    return OutcomeClass.RATE_LIMITED


def _seconds(delay: str) -> float | None:
    """A Duration such as ``31.512s``, or the seconds of a Retry-After header; None for dates."""
    found = re.fullmatch(r"(\d{1,6}(?:\.\d+)?)s?", delay)
    return float(found[1]) if found else None
