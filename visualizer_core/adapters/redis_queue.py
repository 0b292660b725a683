"""The bell in Redis: signed wake-up tokens, and a mirror of jobs for people who read Redis.

Nothing here is ever read for a decision; wiping Redis loses nothing. Key names are
``{app}:generation:queue`` and ``{app}:generation:jobs:{job_id}``; app is ``client`` or ``admin``.
A token is ``vt1.<key id>.<mac>.<json>``: the MAC is checked before anything is parsed.
"""

import base64
import hashlib
import hmac
import json
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from redis import Redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.client import Pipeline
from redis.connection import ConnectionPool
from redis.exceptions import RedisError
from redis.retry import Retry

from visualizer_core.domain.status import Queue
from visualizer_core.errors import InvalidInput, Misconfigured, PartMissing

__all__ = [
    "MAX_TOKEN_BYTES",
    "PULL_TASK",
    "BadToken",
    "RedisBell",
    "RedisMirror",
    "Token",
    "TokenCodec",
    "job_key",
    "quarantine_key",
    "queue_key",
    "redis_pool",
    "token_purpose",
]

log = logging.getLogger(__name__)

PULL_TASK = "generation.pull"  # the task every token of the generation queue names
MAX_TOKEN_BYTES = 64 * 1024  # a token has about 130 bytes; nothing larger is even hashed
MIN_SECRET_BYTES = 32  # 256 bits: what an HMAC-SHA256 key should have
FINAL_JOB_TTL_S = 86_400  # a finished job stays readable for a day
_PUSH_CHUNK = 1_000  # values per LPUSH: keeps one command under about 150 kB
_MAX_NAME_CHARS = 100  # task names and ids are short; longer ones are not ours
_MAGIC = b"vt1"
_MAC_CHARS = 43  # 32 bytes in base64 without padding


class BadToken(InvalidInput):
    """A queue message was not made by this program for this queue."""


@dataclass(frozen=True, slots=True)
class Token:
    """A wake-up: which task to run, and an id for the log."""

    id: str
    name: str


def queue_key(queue: Queue, name: str = "generation") -> str:
    """The Redis list that the workers of `queue` wait on."""
    return f"{queue.value}:{name}:queue"


def quarantine_key(queue: Queue, name: str = "generation") -> str:
    """The Redis list that keeps refused messages for a person to look at."""
    return f"{queue.value}:{name}:quarantine"


def job_key(queue: Queue, job_id: str) -> str:
    """The Redis hash that mirrors one job."""
    return f"{queue.value}:generation:jobs:{job_id}"


def token_purpose(queue: Queue, environment: str, name: str = "generation") -> str:
    """What a token is good for; tokens of another queue or environment are refused."""
    return f"{environment}:{queue.value}:{name}"


def redis_pool(url: str, *, max_connections: int) -> ConnectionPool:
    """Connections to Redis that fail within seconds instead of minutes.

    Parameters
    ----------
    url : str
        ``redis://``, ``rediss://`` or ``unix://`` address.
    max_connections : int
        At least the number of worker threads + 20: every waiting worker holds one.

    Raises
    ------
    Misconfigured
        When it is no such address; the address itself, with its password, stays unsaid.
    """
    try:
        return ConnectionPool.from_url(  # pyright: ignore[reportUnknownMemberType]  # its **kwargs are untyped
            url,
            max_connections=max_connections,
            socket_connect_timeout=2,  # seconds; a click must not hang on a missing Redis
            socket_timeout=8,  # seconds; above the 2 s a worker waits for a token
            health_check_interval=30,  # seconds; finds connections a firewall dropped silently
            # One more try mends a connection that died while idle; ringing twice does no harm.
            retry=Retry(ExponentialWithJitterBackoff(cap=0.2, base=0.05), 1),
        )
    except ValueError:
        raise Misconfigured(
            "REDIS_URL cannot be read. It looks like redis://:password@host:6379/0."
        ) from None


class TokenCodec:
    """Writes and reads tokens of one queue and environment.

    Parameters
    ----------
    secret : str
        At least 32 random bytes, shared by all processes of the installation.
    purpose : str
        See `token_purpose`; part of the key, so that a token fits one lock only.
    previous : Sequence[str]
        Secrets that were replaced; tokens signed with them are still read.

    Raises
    ------
    Misconfigured
        When a secret is too short to protect anything.
    """

    def __init__(self, secret: str, purpose: str, previous: Sequence[str] = ()) -> None:
        self._keys: dict[bytes, bytes] = {}
        for candidate in (*reversed(previous), secret):
            if len(candidate.encode()) < MIN_SECRET_BYTES:
                raise Misconfigured(f"QUEUE_SECRET needs at least {MIN_SECRET_BYTES} random bytes.")
            key = hmac.digest(
                candidate.encode(), b"visualizer token\0" + purpose.encode(), "sha256"
            )
            self._kid = hashlib.sha256(b"key id\0" + key).hexdigest()[:8].encode()
            self._keys[self._kid] = key

    def encode(self, task_name: str, token_id: str) -> bytes:
        """Write a token; raises `BadToken` when name or id is not a short text."""
        for text in (task_name, token_id):
            if not 0 < len(text) <= _MAX_NAME_CHARS:
                raise BadToken("A token carries a task name and an id, nothing longer.")
        body = json.dumps({"id": token_id, "name": task_name}, separators=(",", ":")).encode()
        return b".".join((_MAGIC, self._kid, self._mac(self._kid, body), body))

    def decode(self, data: bytes) -> Token:
        """Read a token; raises `BadToken` for everything that is not one of ours."""
        if len(data) > MAX_TOKEN_BYTES:
            raise BadToken(f"Queue message refused: {len(data)} bytes are no token.")
        parts = data.split(b".", 3)
        if len(parts) != 4 or parts[0] != _MAGIC or len(parts[2]) != _MAC_CHARS:  # noqa: PLR2004  # the four parts named in the module's docstring
            raise BadToken("Queue message refused: not a token.")
        _, kid, mac, body = parts
        if kid not in self._keys:
            raise BadToken("Queue message refused: made with another key or for another queue.")
        if not hmac.compare_digest(mac, self._mac(kid, body)):
            raise BadToken("Queue message refused: the signature is wrong.")
        fields: dict[str, str] = json.loads(body)  # authentic from here on: `encode` wrote it
        return Token(id=fields["id"], name=fields["name"])

    def _mac(self, kid: bytes, body: bytes) -> bytes:
        digest = hmac.digest(self._keys[kid], kid + b"." + body, "sha256")
        return base64.urlsafe_b64encode(digest)[:_MAC_CHARS]


class _Outage:
    """Logs the first failure of a row of failures, and the recovery."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._away = False

    def seen(self, error: RedisError) -> None:
        if not self._away:
            log.warning("Redis does not answer (%s); %s waits.", type(error).__name__, self._what)
        self._away = True

    def over(self) -> None:
        if self._away:
            log.info("Redis answers again; %s goes on.", self._what)
        self._away = False


class RedisBell:
    """`JobQueue` on Redis lists.

    Parameters
    ----------
    redis : Redis
        Client over a `redis_pool`.
    secret : str
        Signs the tokens.
    environment : str
        Part of the purpose, for example ``production``.
    """

    def __init__(self, redis: Redis, *, secret: str, environment: str) -> None:
        self._redis = redis
        self._codecs = {
            queue: TokenCodec(secret, token_purpose(queue, environment)) for queue in Queue
        }
        self._outage = _Outage("the wake-up")

    def wake(self, queue: Queue, count: int) -> None:
        """Push `count` tokens in one round trip; see `JobQueue`."""
        if count <= 0:
            return
        codec, batch = self._codecs[queue], secrets.token_hex(6)
        tokens = [codec.encode(PULL_TASK, f"{batch}-{number}") for number in range(count)]
        pipe = _pipeline(self._redis)
        for start in range(0, count, _PUSH_CHUNK):
            pipe.lpush(queue_key(queue), *tokens[start : start + _PUSH_CHUNK])
        try:
            pipe.execute()
        except RedisError as error:
            self._outage.seen(error)
        else:
            self._outage.over()

    def waiting(self, queue: Queue) -> int:
        """Tokens not yet taken; see `JobQueue`."""
        try:
            return self._redis.llen(queue_key(queue))
        except RedisError as error:
            raise PartMissing("Redis does not answer; start it or check REDIS_URL.") from error


# Packing two commands a job in Python costs ten times what the server needs for the writes.
_WRITE_HASHES = """
for _, hash in ipairs(cjson.decode(ARGV[1])) do
  redis.call('HSET', unpack(hash))
  if ARGV[2] == '0' then redis.call('PERSIST', hash[1])
  else redis.call('EXPIRE', hash[1], ARGV[2]) end
end
"""


class RedisMirror:
    """`JobMirror` on Redis hashes.

    Parameters
    ----------
    redis : Redis
        Client over a `redis_pool`.
    """

    def __init__(self, redis: Redis) -> None:
        self._write = redis.register_script(_WRITE_HASHES)
        self._outage = _Outage("the mirror of jobs")

    def show(self, queue: Queue, job_id: str, fields: Mapping[str, str], *, final: bool) -> None:
        """Write one hash; see `JobMirror`."""
        self.show_many(queue, [(job_id, fields)], final=final)

    def show_many(
        self, queue: Queue, jobs: Sequence[tuple[str, Mapping[str, str]]], *, final: bool
    ) -> None:
        """Write many hashes in one round trip; see `JobMirror`."""
        hashes = [
            [job_key(queue, job_id), *(part for pair in fields.items() for part in pair)]
            for job_id, fields in jobs
        ]
        try:
            for start in range(0, len(hashes), _PUSH_CHUNK):
                chunk = json.dumps(hashes[start : start + _PUSH_CHUNK])
                self._write(args=[chunk, FINAL_JOB_TTL_S if final else 0])
        except RedisError as error:
            self._outage.seen(error)
        else:
            self._outage.over()


def _pipeline(redis: Redis) -> Pipeline:
    return redis.pipeline(transaction=False)  # pyright: ignore[reportUnknownMemberType]  # shard_hint is untyped
