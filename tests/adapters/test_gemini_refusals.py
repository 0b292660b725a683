"""Error statuses and broken connections: what each is called, and whether it cost money."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from pydantic import BaseModel

from tests.adapters.conftest import free_port
from tests.adapters.contracts import analysis_request, picture_request
from tests.adapters.gemini_bodies import (
    as_json,
    candidate,
    ok,
    picture,
    quota,
    refusal,
    retry_in,
)
from tests.adapters.rawhttp import Act, RawServer, close, hang, raw_http, reset, serve, trickle
from visualizer_core.adapters.gemini import GeminiProvider
from visualizer_core.domain.outcomes import CallOutcome, Charge, OutcomeClass
from visualizer_core.domain.registry import builtin_registry

GOOD = ok(candidate(picture()))
INFO = "type.googleapis.com/google.rpc.ErrorInfo"
BAD_KEY = [{"@type": INFO, "reason": "API_KEY_INVALID"}]


def provider_at(
    url: str, timeout_s: float = 5, deadline_s: float = 10, max_connections: int = 20
) -> GeminiProvider:
    return GeminiProvider(
        api_key="stand-in",
        registry=builtin_registry(),
        base_url=url,
        timeout_s=timeout_s,
        deadline_s=deadline_s,
        max_connections=max_connections,
    )


Ask = Callable[[Act], CallOutcome]


@pytest.fixture
def made() -> Iterator[Ask]:
    """Ask for a picture from a server that does this."""
    with ExitStack() as stack:

        def ask(act: Act) -> CallOutcome:
            server = stack.enter_context(serve(lambda _: act))
            outcome = provider_at(server.url).generate(picture_request())
            assert len(server.requests) == 1, "the adapter never retries"
            return outcome

        yield ask


class TestStatuses:
    @pytest.mark.parametrize(
        ("answer", "kind"),
        [
            (refusal(400, "INVALID_ARGUMENT"), OutcomeClass.INVALID_REQUEST),
            (refusal(400, "INVALID_ARGUMENT", details=[*BAD_KEY]), OutcomeClass.BAD_KEY),
            (refusal(400, "FAILED_PRECONDITION"), OutcomeClass.BILLING),
            (refusal(401, "UNAUTHENTICATED"), OutcomeClass.BAD_KEY),
            (refusal(402, "RESOURCE_EXHAUSTED"), OutcomeClass.BILLING),
            (refusal(403, "PERMISSION_DENIED"), OutcomeClass.FORBIDDEN),
            (refusal(404, "NOT_FOUND"), OutcomeClass.MODEL_GONE),
            (refusal(413), OutcomeClass.INVALID_REQUEST),
            (refusal(429, "RESOURCE_EXHAUSTED"), OutcomeClass.RATE_LIMITED),
            (refusal(499, "CANCELLED"), OutcomeClass.CANCELLED),
            (refusal(500, "INTERNAL"), OutcomeClass.SERVER_ERROR),
            (raw_http(502, b"<html><title>502</title></html>"), OutcomeClass.SERVER_ERROR),
            (refusal(503, "UNAVAILABLE"), OutcomeClass.OVERLOADED),
            (refusal(504, "DEADLINE_EXCEEDED"), OutcomeClass.TIMEOUT),
            (raw_http(302, headers={"location": "http://127.0.0.1:9/"}), OutcomeClass.UNEXPECTED),
        ],
    )
    def test_each_has_its_class_and_costs_nothing(
        self, made: Ask, answer: bytes, kind: OutcomeClass
    ) -> None:
        outcome = made(answer)
        assert (outcome.kind, outcome.charge) == (kind, Charge.NONE)
        assert outcome.message

    def test_a_strange_success_may_have_been_charged(self, made: Ask) -> None:
        outcome = made(raw_http(201, b"{}"))
        assert (outcome.kind, outcome.charge) == (OutcomeClass.UNEXPECTED, Charge.MAYBE)

    def test_the_providers_words_are_quoted_and_capped(self, made: Ask) -> None:
        outcome = made(refusal(403, message="Not you.\n" + "x" * 5_000))
        assert "“Not you. xxx" in outcome.message
        assert len(outcome.message) < 500

    @pytest.mark.parametrize(
        "body",
        [
            b'{"error":"boom"}',
            b'{"error":null}',
            b"null",
            b"[]",
            b"[null, 7]",
            b'"words"',
            b"7",
            b"",
            b"\xff\xfe",
            b'{"error":{"details":{"a":1},"message":7,"status":null}}',
            b'{"error":{"details":[null,{"violations":null},{"violations":[7]}]}}',
        ],
    )
    @pytest.mark.parametrize("status", [400, 429, 503])
    def test_no_body_however_odd_changes_the_class(
        self, made: Ask, status: int, body: bytes
    ) -> None:
        outcome = made(raw_http(status, body, {"content-type": "application/json"}))
        kinds = {
            400: OutcomeClass.INVALID_REQUEST,
            429: OutcomeClass.RATE_LIMITED,
            503: OutcomeClass.OVERLOADED,
        }
        assert (outcome.kind, outcome.http_status) == (kinds[status], status)

    def test_an_error_alone_in_a_list_is_read(self, made: Ask) -> None:
        error = {"error": {"code": 429, "message": "wrapped", "details": [quota("PerDayX")]}}
        outcome = made(as_json(429, [error]))
        assert (outcome.kind, outcome.quota_id) == (OutcomeClass.DAY_LIMIT, "PerDayX")

    def test_the_ledger_keeps_the_body(self, made: Ask) -> None:
        assert b"overloaded" in made(refusal(503, message="overloaded")).raw


MINUTE, DAY = "GenerateRequestsPerMinutePerProjectPerModel", "GenerateRequestsPerDayPerProject"


class TestRateLimits:
    @pytest.mark.parametrize(
        ("details", "retry_after", "expected"),
        [
            ([quota(MINUTE), retry_in("7s")], None, 7.0),
            ([quota(MINUTE), retry_in("31.512s")], "7", 31.512),
            ([quota(MINUTE), retry_in("3s")], "20", 20.0),
            ([quota(MINUTE)], "12", 12.0),
            ([quota(MINUTE), retry_in("soon")], "Wed, 21 Oct 2026 07:28:00 GMT", None),
            ([quota(MINUTE), retry_in("-5s")], "inf", None),
            ([], None, None),
        ],
    )
    def test_the_longer_of_two_waits_is_asked_for(
        self, made: Ask, details: list[object], retry_after: str | None, expected: float | None
    ) -> None:
        headers = {} if retry_after is None else {"retry-after": retry_after}
        outcome = made(refusal(429, details=details, headers=headers))
        assert outcome.kind is OutcomeClass.RATE_LIMITED
        assert outcome.retry_after_s == expected

    def test_the_limit_is_named(self, made: Ask) -> None:
        assert made(refusal(429, details=[quota(MINUTE)])).quota_id == MINUTE

    def test_a_daily_limit_is_one_and_its_seconds_are_not_believed(self, made: Ask) -> None:
        outcome = made(refusal(429, details=[quota(MINUTE), quota(DAY), retry_in("26s")]))
        assert (outcome.kind, outcome.quota_id) == (OutcomeClass.DAY_LIMIT, DAY)
        assert outcome.retry_after_s is None

    def test_a_quota_of_zero_means_no_access(self, made: Ask) -> None:
        assert made(refusal(429, details=[quota(DAY, "0")])).kind is OutcomeClass.NO_ACCESS


class TestBrokenConnections:
    def test_refused_is_certainly_free(self) -> None:
        outcome = provider_at(f"http://127.0.0.1:{free_port()}").generate(picture_request())
        assert (outcome.kind, outcome.charge) == (OutcomeClass.CONNECTION, Charge.NONE)
        assert outcome.http_status is None

    @pytest.mark.parametrize(
        "act",
        [
            close,
            reset,
            GOOD[:100],
            GOOD[:-20],
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
            b"not http at all\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nabcd",
        ],
        ids=["closed", "reset", "cut head", "cut body", "cut chunk", "not http", "bad gzip"],
    )
    def test_whatever_breaks_after_sending_may_have_been_charged(self, made: Ask, act: Act) -> None:
        def then_close(connection: socket.socket) -> None:
            if isinstance(act, bytes):
                connection.sendall(act)
                close(connection)
            else:
                act(connection)

        outcome = made(then_close)
        assert (outcome.kind, outcome.charge) == (OutcomeClass.UNKNOWN, Charge.MAYBE)

    def test_silence_ends_at_the_timeout(self) -> None:
        with serve(lambda _: hang(30)) as server:
            begun = time.monotonic()
            outcome = provider_at(server.url, timeout_s=1).generate(picture_request())
        assert (outcome.kind, outcome.charge) == (OutcomeClass.UNKNOWN, Charge.MAYBE)
        assert 0.9 < time.monotonic() - begun < 2.5

    def test_silence_ends_at_the_deadline_when_that_is_sooner(self) -> None:
        with serve(lambda _: hang(30)) as server:
            begun = time.monotonic()
            provider_at(server.url, timeout_s=20, deadline_s=1).generate(picture_request())
        assert 0.9 < time.monotonic() - begun < 2.5

    @pytest.mark.parametrize("start", [0, 120], ids=["headers", "body"])
    def test_a_trickle_ends_at_the_deadline(self, start: int) -> None:
        def act(connection: socket.socket) -> None:
            connection.sendall(GOOD[:start])
            trickle(GOOD[start:], 0.1)(connection)

        with serve(lambda _: act) as server:
            begun = time.monotonic()
            provider = provider_at(server.url, timeout_s=5, deadline_s=1)
            outcome = provider.generate(picture_request())
        assert (outcome.kind, outcome.charge) == (OutcomeClass.UNKNOWN, Charge.MAYBE)
        assert 0.9 < time.monotonic() - begun < 2

    def test_after_any_fault_the_next_call_is_fine(self) -> None:
        acts: list[Act] = [close, GOOD, reset, GOOD, GOOD[:-5] + b"", raw_http(500), GOOD]
        queue = iter(acts)
        with serve(lambda _: next(queue)) as server:
            provider = provider_at(server.url, timeout_s=1, deadline_s=2)
            kinds = [provider.generate(picture_request()).kind for _ in acts]
        ok, unknown = OutcomeClass.SUCCESS, OutcomeClass.UNKNOWN
        assert kinds == [unknown, ok, unknown, ok, unknown, OutcomeClass.SERVER_ERROR, ok]

    def test_no_server_at_the_proxy_is_certainly_free(self) -> None:
        provider = GeminiProvider(
            api_key="k",
            registry=builtin_registry(),
            base_url="http://provider.invalid",
            proxy_url=f"http://127.0.0.1:{free_port()}",
        )
        outcome = provider.generate(picture_request())
        assert (outcome.kind, outcome.charge) == (OutcomeClass.CONNECTION, Charge.NONE)

    def test_a_proxy_is_used_when_there_is_one(self) -> None:
        with serve(GOOD) as proxy:
            provider = GeminiProvider(
                api_key="k",
                registry=builtin_registry(),
                base_url="http://provider.invalid",
                proxy_url=proxy.url,
            )
            assert provider.generate(picture_request()).kind is OutcomeClass.SUCCESS
            assert proxy.requests[0].target.startswith("http://provider.invalid/")

    def test_a_proxy_of_the_environment_does_not_come_between_us_and_a_given_address(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        with serve(GOOD) as server:
            outcome = provider_at(server.url).generate(picture_request())
        assert outcome.kind is OutcomeClass.SUCCESS


class TestConcurrency:
    def test_many_threads_share_one_client(self) -> None:
        with serve(lambda _: trickle(GOOD, 0.02, step=4_000)) as server:
            provider = provider_at(server.url, max_connections=40)
            kinds: list[OutcomeClass] = []
            threads = [
                threading.Thread(
                    target=lambda: kinds.append(provider.generate(picture_request()).kind)
                )
                for _ in range(40)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert kinds == [OutcomeClass.SUCCESS] * 40

    def test_connections_are_reused(self) -> None:
        with serve(GOOD) as server:
            provider = provider_at(server.url)
            for _ in range(5):
                provider.generate(picture_request())
            assert server.connections == 1

    def test_a_forked_worker_makes_its_own_client(self) -> None:
        with serve(GOOD) as server:
            provider = provider_at(server.url)
            assert provider.generate(picture_request()).kind is OutcomeClass.SUCCESS
            child = os.fork()
            if child == 0:
                kind = provider.generate(picture_request()).kind
                os._exit(0 if kind is OutcomeClass.SUCCESS else 1)
            assert os.waitpid(child, 0)[1] == 0
            assert provider.generate(picture_request()).kind is OutcomeClass.SUCCESS
            assert server.connections == 2


class TestModelAlive:
    @pytest.mark.parametrize(
        ("answer", "alive"),
        [
            (as_json(200, {"name": "models/gemini-3.5-flash-lite"}), True),
            (refusal(404, "NOT_FOUND", "gone"), False),
            (raw_http(200, b"<html>"), False),
            (raw_http(502, b"<html>"), False),
        ],
    )
    def test_says_yes_or_why_not(self, answer: bytes, alive: bool) -> None:  # noqa: FBT001  # a test's table
        with serve(answer) as server:
            said, why = provider_at(server.url).model_alive("gemini-3.5-flash-lite")
        assert said is alive
        assert bool(why) is not alive

    def test_says_so_when_nobody_answers(self) -> None:
        alive, why = provider_at(f"http://127.0.0.1:{free_port()}").model_alive("m")
        assert not alive
        assert "could not be reached" in why


def test_a_question_the_client_library_cannot_send_is_our_own_fault(
    made_server: RawServer,
) -> None:
    class Free(BaseModel):
        free: dict[str, int]  # the provider has no such type

    outcome = provider_at(made_server.url).analyse(analysis_request(schema=Free))
    assert (outcome.kind, outcome.charge) == (OutcomeClass.INVALID_REQUEST, Charge.NONE)
    assert made_server.requests == []


@pytest.fixture
def made_server() -> Iterator[RawServer]:
    with serve(GOOD) as server:
        yield server
