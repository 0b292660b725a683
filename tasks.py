"""The workers: Huey carries pull tokens, and a token says "wake up and ask Postgres what is next".

Losing one loses nothing, so none of Huey's retries, results, schedules, revocations or locks are
used. Tokens are signed JSON; whatever else lies in the queue is set aside for a person to look at.
"""

import logging
import os
import threading
import time
from functools import cache
from itertools import count

from huey import Huey
from huey.api import Task, TaskWrapper
from huey.consumer import Consumer, Scheduler
from huey.exceptions import HueyException
from huey.registry import Message, Registry
from huey.storage import RedisStorage
from redis.exceptions import RedisError

from visualizer_core import __version__, wiring
from visualizer_core.adapters.redis_queue import (
    PULL_TASK,
    BadToken,
    TokenCodec,
    quarantine_key,
    queue_key,
    redis_pool,
    token_purpose,
)
from visualizer_core.auth import housekeeping
from visualizer_core.domain.status import Queue
from visualizer_core.errors import PartMissing
from visualizer_core.services import generation

__all__ = ["ROLES", "PullHuey", "TokenSerializer", "build", "consumer"]

log = logging.getLogger("worker")
logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")

READ_TIMEOUT_S = 2  # how long a worker waits for a token; also how late an idle one sees a stop
AWAY_PAUSE_S = 1.0  # how often a worker knocks while Redis is away
SPARE_CONNECTIONS = 20  # beside one per waiting worker: scheduler, quarantine, pushes
QUARANTINE_MAX, QUARANTINE_BYTES = 1_000, 4_096  # refused messages kept, and how much of each
CLEAN_EVERY = 100  # control ticks; about five minutes


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

    work: TaskWrapper  # the only task it knows

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


def _worker(role: str) -> generation.Desk:
    """Take the desk of this process, once, after any fork."""
    with _desks_lock:
        key = (os.getpid(), role)
        if key not in _desks:
            _desks[key] = generation.Desk(wiring.process_runtime(), role=role, version=__version__)
            _desks[key].start()
            log.info("%s worker is ready", role)
        return _desks[key]


_desks: dict[tuple[int, str], generation.Desk] = {}
_desks_lock = threading.Lock()


def _pull(queue: Queue, role: str, *, suspects: bool = False) -> None:
    try:
        generation.run_next(wiring.process_runtime(), _worker(role), queue, suspects=suspects)
    except PartMissing as error:
        # The asset's lease runs out or was handed back; the control tick rings again.
        log.warning("%s", error)
        time.sleep(AWAY_PAUSE_S)


def pull_client() -> None:
    """Make the next picture a client asked for."""
    _pull(Queue.CLIENT, "client")


def pull_admin() -> None:
    """Make the next picture an admin asked for."""
    _pull(Queue.ADMIN, "admin")


def pull_suspect() -> None:
    """Make a picture that took workers down before, alone in a process of its own."""
    for queue in Queue:
        _pull(queue, "quarantine", suspects=True)


def tick() -> None:
    """Take back what dead workers held, ring for what is ready, and tidy up now and then."""
    rt = wiring.process_runtime()
    try:
        done = generation.tick(rt)
        quarantine = consumer("quarantine")
        if any(done.suspects.values()) and quarantine.storage.queue_size() == 0:
            quarantine.work()
        if next(_tick_numbers) % CLEAN_EVERY == 0:
            generation.clean(rt)
            housekeeping.sweep(rt)
    except PartMissing as error:
        log.warning("%s", error)


_tick_numbers = count()
ROLES = {  # role: the queue it reads, that queue's name, what a token of it does
    "client": (Queue.CLIENT, "generation", pull_client),
    "admin": (Queue.ADMIN, "generation", pull_admin),
    "quarantine": (Queue.CLIENT, "quarantine", pull_suspect),
    "control": (Queue.CLIENT, "control", tick),
}


@cache
def consumer(role: str) -> PullHuey:
    """The Huey of a role, on the Redis of this process's environment."""
    settings, (queue, name, work) = wiring.process_settings(), ROLES[role]
    huey = build(
        queue,
        redis_url=settings.redis_url.get_secret_value(),
        secret=settings.queue_secret.get_secret_value(),
        environment=settings.visualizer_mode,
        name=name,
        workers=settings.worker_threads,
        tick_s=max(round(settings.pump_s), 1),
    )
    if role == "control":
        huey.work = huey.periodic_task(lambda _now: True, name=f"{role}.tick")(work)
    else:
        huey.work = huey.task(name=PULL_TASK)(work)
    # Runs in every thread or process of the consumer; the first one of a process takes the desk.
    huey.on_startup(f"desk.{role}")(lambda: _worker(role) and None)
    return huey


def __getattr__(name: str) -> PullHuey:
    """``tasks.client`` and its like, for Huey's command line; each process makes only its own."""
    if name not in ROLES:
        raise AttributeError(name)
    return consumer(name)
