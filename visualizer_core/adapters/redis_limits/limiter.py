"""`RateLimiter` in Redis."""

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from redis import Redis
from redis.commands.core import Script
from redis.exceptions import RedisError
from redis.typing import EncodableT

from visualizer_core.adapters.redis_limits.scripts import ACQUIRE, COOL, SETTLE, SLOW, STATE
from visualizer_core.errors import PartMissing
from visualizer_core.ports import CallEstimate, ModelLimits, Permit, PermitDenied

__all__ = ["RedisRateLimiter"]

log = logging.getLogger(__name__)

BURST_S = 1.0  # seconds of a rate that may be saved up: hides jitter, not a wrong rate
FLIGHT_TTL_S = 360.0  # above the longest call (300 s): then a dead worker's slot is free again
BUSY_RETRY_S = 1.0  # nobody knows when a slot in flight frees up; asking more often is noise
SLOWER = 0.7  # what one 429 does to the learned factor
SLOWEST = 0.05  # twenty times slower than configured is slow enough
SETTLE_S = 10.0  # 429s of calls that were already on their way count once
FASTER_PER_S = 0.05 / 60  # 5 points a minute: from half speed back to full in ten minutes
STATE_TTL_S = 3 * 86_400  # unused models are forgotten; must outlive a Pacific day
CLOSED_RETRY_S = 60.0  # when the configured rate is zero
_PACIFIC = ZoneInfo("America/Los_Angeles")  # the provider's days end at midnight there
_MS = 1_000
_MINUTE_MS, _TEN_MINUTES_MS = 60_000, 600_000

_RATES = ("requests", "tokens", "images", "spend")
_DENIED = {-1: "cooldown", -2: "in_flight", -7: "day"} | {
    -3 - number: name for number, name in enumerate(_RATES)
}


@dataclass(frozen=True, slots=True)
class _Day:
    """One Pacific day, in milliseconds of Redis' clock; daylight saving makes some 23 or 25 h."""

    start_ms: int = 0
    end_ms: int = 0

    @classmethod
    def holding(cls, now_ms: float) -> "_Day":
        today = datetime.fromtimestamp(now_ms / _MS, tz=UTC).astimezone(_PACIFIC).date()
        start, end = (
            datetime.combine(date, time(), tzinfo=_PACIFIC).timestamp()
            for date in (today, today + timedelta(days=1))
        )
        return cls(round(start * _MS), round(end * _MS))


class RedisRateLimiter:
    """`RateLimiter` shared by all that use one Redis.

    One call is one Lua script, on the clock of Redis alone. Every rate is a bucket with
    *reservation*: the reply says how long to sleep, so nobody polls. The keys
    ``generation:limits:{model}:…`` are shared by the admin and the client queue; their braces are
    literal and keep a model on one node of a cluster. Wiping Redis forgets them, and buckets then
    start empty: no wipe causes a burst.

    Parameters
    ----------
    redis : Redis
        Client over a pool with short timeouts.
    burst_s : float
        Seconds of each rate that may be saved up while nobody calls.
    flight_ttl_s : float
        After this an in-flight slot that was never released is free again.
    """

    def __init__(
        self, redis: Redis, *, burst_s: float = BURST_S, flight_ttl_s: float = FLIGHT_TTL_S
    ) -> None:
        self._burst_ms, self._flight_ttl_ms = burst_s * _MS, flight_ttl_s * _MS
        self._day = _Day()
        self._acquire = redis.register_script(ACQUIRE)
        self._settle = redis.register_script(SETTLE)
        self._cool = redis.register_script(COOL)
        self._slow = redis.register_script(SLOW)
        self._state = redis.register_script(STATE)

    def acquire(
        self, model: str, limits: ModelLimits, estimate: CallEstimate, *, max_wait_s: float
    ) -> Permit | PermitDenied:
        """Ask for one call; see `RateLimiter`."""
        rates = _ms_per_unit(limits)
        if -1 in rates:
            return PermitDenied(_RATES[rates.index(-1)], CLOSED_RETRY_S)
        code, ms, permit = self._ask(model, limits, rates, _units(estimate), max_wait_s)
        if permit:
            return Permit(id=permit, model=model, wait_s=ms / _MS, estimate=estimate)
        return PermitDenied(_DENIED[code], ms / _MS or BUSY_RETRY_S)

    def release(self, permit: Permit, *, used: CallEstimate | None = None) -> None:
        """Give the slot back; see `RateLimiter`. Twice is as good as once."""
        was, now = _units(permit.estimate), _units(used or permit.estimate)
        more = [new - old for new, old in zip(now, was, strict=True)]
        self._give_back(permit, more, whole_day=False)

    def refund(self, permit: Permit) -> None:
        """Give everything back; see `RateLimiter`. Twice is as good as once."""
        self._give_back(permit, [-units for units in _units(permit.estimate)], whole_day=True)

    def cool_down(self, model: str, seconds: float, reason: str) -> None:
        """Stop calls to `model`; see `RateLimiter`."""
        log.warning("Calls to %s pause for %.0f s: %s", model, seconds, reason)
        self._quietly(self._cool, model, round(max(seconds, 0) * _MS), STATE_TTL_S * _MS)

    def slow_down(self, model: str) -> None:
        """Lower the learned rate; see `RateLimiter`."""
        rise = FASTER_PER_S / _MS
        self._quietly(self._slow, model, SLOWER, SLOWEST, SETTLE_S * _MS, rise, STATE_TTL_S * _MS)

    def state(self, model: str) -> Mapping[str, float]:
        """How `model` is doing; see `RateLimiter`.

        Returns
        -------
        Mapping[str, float]
            ``cooldown_s`` (seconds left), ``in_flight`` (calls), ``factor`` (learned, 0-1),
            ``day_used`` (requests on the last Pacific day that had a limit).
        """
        reply = _run(self._state, model, FASTER_PER_S / _MS)
        cool_ms, flight, factor, day_used = (float(_text(item)) for item in reply)
        return {
            "cooldown_s": cool_ms / _MS,
            "in_flight": flight,
            "factor": factor,
            "day_used": day_used,
        }

    def _ask(
        self,
        model: str,
        limits: ModelLimits,
        rates: tuple[float, ...],
        units: tuple[int, ...],
        max_wait_s: float,
    ) -> tuple[int, float, str]:
        pairs = [value for pair in zip(rates, units, strict=True) for value in pair]
        day_limit = -1 if limits.requests_per_day is None else limits.requests_per_day
        while True:
            reply = _run(
                self._acquire,
                model,
                secrets.token_hex(8),
                *pairs,
                max_wait_s * _MS,
                self._burst_ms,
                limits.max_in_flight or 0,
                self._flight_ttl_ms,
                day_limit,
                self._day.start_ms,
                self._day.end_ms,
                FASTER_PER_S / _MS,
                STATE_TTL_S * _MS,
            )
            code, ms = int(_text(reply[0])), float(_text(reply[1]))
            if code != 0:
                return code, ms, _text(reply[2]) if code == 1 else ""
            self._day = _Day.holding(ms)  # once a day: only Python knows daylight saving

    def _give_back(self, permit: Permit, units: list[int], *, whole_day: bool) -> None:
        _, *rates, day = permit.id.split("|")
        adds = [float(rate) * number for rate, number in zip(rates, units, strict=True)]
        self._quietly(self._settle, permit.model, permit.id, *adds, day if whole_day else "0")

    def _quietly(self, script: Script, model: str, *args: EncodableT) -> None:
        """Run what must not stop a worker that has a result in its hands."""
        try:
            _run(script, model, *args)
        except PartMissing as error:
            log.warning("The limits of %s were not updated: %s", model, error)


def _run(script: Script, model: str, *args: EncodableT) -> list[object]:
    keys = [f"generation:limits:{{{model}}}:state", f"generation:limits:{{{model}}}:flight"]
    try:
        reply = cast("object", script(keys=keys, args=args))
    except RedisError as error:
        raise PartMissing(
            "Redis does not answer, so nothing paces the provider calls; they wait. "
            "Start it or check REDIS_URL."
        ) from error
    return cast("list[object]", reply) if isinstance(reply, list) else [reply]


def _text(reply: object) -> str:
    return reply.decode() if isinstance(reply, bytes) else str(reply)


def _units(estimate: CallEstimate) -> tuple[int, int, int, int]:
    """What a call takes from each bucket, in the order of `_RATES`."""
    return (1, estimate.input_tokens, estimate.images, estimate.cost_micros)


def _ms_per_unit(limits: ModelLimits) -> tuple[float, ...]:
    """Milliseconds one unit takes in each bucket; 0 when not limited, -1 when closed."""
    rates = (
        (limits.requests_per_minute, _MINUTE_MS),
        (limits.input_tokens_per_minute, _MINUTE_MS),
        (limits.images_per_minute, _MINUTE_MS),
        (limits.micros_per_ten_minutes, _TEN_MINUTES_MS),
    )
    return tuple(
        0 if rate is None else period_ms / rate if rate > 0 else -1 for rate, period_ms in rates
    )
