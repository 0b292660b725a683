"""Huey carries pull tokens and nothing else: a token says "wake up and ask Postgres what is next".

Losing one loses nothing, so none of Huey's retries, results, schedules, revocations or locks are
used. Tokens are signed JSON; whatever else lies in the queue is set aside for a person to look at.
"""

import logging
import time

from huey import Huey
from huey.api import Task
from huey.consumer import Consumer, Scheduler
from huey.exceptions import HueyException
from huey.registry import Message, Registry
from huey.storage import RedisStorage
from redis.exceptions import RedisError

from visualizer_core.adapters.redis_queue import (
    BadToken,
    TokenCodec,
    quarantine_key,
    queue_key,
    redis_pool,
    token_purpose,
)
from visualizer_core.domain.status import Queue

__all__ = ["PullHuey", "TokenSerializer", "build"]

log = logging.getLogger(__name__)

READ_TIMEOUT_S = 2  # how long a worker waits for a token; also how late an idle one sees a stop
AWAY_PAUSE_S = 1.0  # how often a worker knocks while Redis is away
SPARE_CONNECTIONS = 20  # beside one per waiting worker: scheduler, quarantine, pushes
QUARANTINE_MAX, QUARANTINE_BYTES = 1_000, 4_096  # refused messages kept, and how much of each


class TokenSerializer:
    """Huey's messages as signed tokens; both ways raise `BadToken` for anything else."""

    def __init__(self, codec: TokenCodec) -> None:
        self._codec = codec

    def serialize(self, data: object) -> bytes:
        """Write a message that has neither arguments nor a time."""
        if not isinstance(data, Message) or data.args or data.kwargs or data.eta:
            raise BadToken("A pull token carries no work: give the task no arguments and no time.")
        return self._codec.encode(data.name, data.id)

    def deserialize(self, data: bytes) -> Message:
        """Read a token."""
        token = self._codec.decode(data)
        return Message(id=token.id, name=token.name, args=(), kwargs={})


class _NamedRegistry(Registry):
    """Tasks are known by the name a token carries, not by the module that happens to hold them."""

    def task_to_string(self, task_class: type) -> str:
        return task_class.__name__


class PullHuey(Huey):
    """A Huey whose messages are tokens; `tick_s` seconds lie between runs of periodic tasks."""

    def __init__(
        self, name: str, storage: RedisStorage, codec: TokenCodec, *, quarantine: str, tick_s: int
    ) -> None:
        self._quarantine, self._tick_s, self._redis_away = quarantine, tick_s, False
        serializer = TokenSerializer(codec)
        super().__init__(
            name, results=False, serializer=serializer, storage_class=lambda _: storage
        )
        self._registry = _NamedRegistry()

    def dequeue(self) -> Task | None:
        """Take the next token; refused messages cost no pause, a missing Redis costs one."""
        try:
            task = self._next_good()
        except RedisError as error:
            if not self._redis_away:
                log.warning("Redis does not answer (%s); workers wait.", type(error).__name__)
            self._redis_away = True
            time.sleep(AWAY_PAUSE_S)
            return None
        self._redis_away = False
        return task

    def _next_good(self) -> Task | None:
        while (data := self.storage.dequeue()) is not None:
            try:
                return self.deserialize_task(data)
            except (BadToken, HueyException) as error:
                log.warning("%s Kept in %s.", error, self._quarantine)
                self.storage.conn.lpush(self._quarantine, data[:QUARANTINE_BYTES])
                self.storage.conn.ltrim(self._quarantine, 0, QUARANTINE_MAX - 1)
        return None

    def is_revoked(self, *_: object, **__: object) -> bool:
        """Tokens are not revoked; saves a round trip for each."""
        return False

    def delete(self, *_: object, **__: object) -> bool:
        """Nothing is stored about a token; saves a round trip for each."""
        return False

    def read_schedule(self, *_: object, **__: object) -> list[Task]:
        """Tokens are never scheduled, so nobody can smuggle work in by that door."""
        return []

    def create_consumer(self, **options: object) -> Consumer:
        """A consumer whose periodic tasks run every `tick_s` seconds."""
        ticking = type("Ticking", (Scheduler,), {"periodic_task_seconds": self._tick_s})
        return type("Puller", (Consumer,), {"scheduler_class": ticking})(self, **options)


def build(
    queue: Queue,
    *,
    redis_url: str,
    secret: str,
    environment: str,
    name: str = "generation",
    workers: int = 64,
    tick_s: int = 3,
) -> PullHuey:
    """Make the Huey of ``{queue}:{name}:queue`` for a process with `workers` waiting threads."""
    pool = redis_pool(redis_url, max_connections=workers + SPARE_CONNECTIONS)
    storage = RedisStorage(name, connection_pool=pool, read_timeout=READ_TIMEOUT_S)
    storage.queue_key = queue_key(queue, name)
    codec = TokenCodec(secret, token_purpose(queue, environment, name))
    return PullHuey(name, storage, codec, quarantine=quarantine_key(queue, name), tick_s=tick_s)
