"""Every answer with status 200, through the real client library and a real socket."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.adapters.contracts import analysis_request, picture_request
from tests.adapters.gemini_bodies import (
    JPEG,
    PNG,
    USAGE,
    as_json,
    candidate,
    ok,
    picture,
)
from tests.adapters.rawhttp import RawServer, Request, raw_http, serve
from visualizer_core.adapters.gemini import CALL_HEADER, GeminiProvider
from visualizer_core.domain.outcomes import CallOutcome, Charge, OutcomeClass
from visualizer_core.domain.registry import builtin_registry
from visualizer_core.domain.status import Lane
from visualizer_core.ports import ImagePart


def provider_at(server: RawServer) -> GeminiProvider:
    return GeminiProvider(
        api_key="stand-in", registry=builtin_registry(), base_url=server.url, timeout_s=5
    )


Ask = Callable[[bytes], CallOutcome]


@pytest.fixture
def made() -> Iterator[Ask]:
    """Ask for a picture from a server that answers with these bytes."""
    with ExitStack() as stack:

        def ask(answer: bytes) -> CallOutcome:
            server = stack.enter_context(serve(answer))
            return provider_at(server).generate(picture_request())

        yield ask


@pytest.fixture
def read() -> Iterator[Ask]:
    """Ask for an analysis from a server that answers with these bytes."""
    with ExitStack() as stack:

        def ask(answer: bytes) -> CallOutcome:
            server = stack.enter_context(serve(answer))
            return provider_at(server).analyse(analysis_request())

        yield ask


class TestPictures:
    def test_the_pictures_own_bytes_come_back(self, made: Ask) -> None:
        outcome = made(ok(candidate(picture(JPEG))))
        assert (outcome.kind, outcome.charge) == (OutcomeClass.SUCCESS, Charge.PAID)
        assert outcome.picture is not None
        assert outcome.picture.data == JPEG
        assert outcome.message == ""
        assert outcome.model_version == "gemini-nano-banana-2.1"

    def test_the_type_is_told_by_content_not_by_word(self, made: Ask) -> None:
        outcome = made(ok(candidate(picture(PNG))))
        assert outcome.picture is not None
        assert outcome.picture.mime == "image/png"

    def test_of_several_drafts_the_last_is_taken_and_all_are_counted(self, made: Ask) -> None:
        thought = picture(JPEG + b"thought", thought=True)
        outcome = made(ok(candidate(picture(PNG), thought, picture(JPEG), thought)))
        assert outcome.picture is not None
        assert outcome.picture.data == JPEG
        assert outcome.images_returned == 4

    def test_a_picture_that_is_only_a_thought_is_no_result(self, made: Ask) -> None:
        outcome = made(ok(candidate(picture(JPEG, thought=True))))
        assert (outcome.kind, outcome.charge) == (OutcomeClass.SOFT_FAIL, Charge.PAID)
        assert outcome.picture is None

    @pytest.mark.parametrize("alphabet", ["standard", "url-safe"])
    def test_both_base64_alphabets_are_read(self, made: Ask, alphabet: str) -> None:
        data = b"\xff\xd8\xff" + b"\xfb\xef\xbe\xff" * 40
        encode = base64.b64encode if alphabet == "standard" else base64.urlsafe_b64encode
        part = {"inlineData": {"mimeType": "image/jpeg", "data": encode(data).decode()}}
        outcome = made(ok(candidate(part)))
        assert outcome.picture is not None
        assert outcome.picture.data == data

    @pytest.mark.parametrize("data", ["", "not base64!", "ä", None, 7, "QUJ"])
    def test_a_picture_that_cannot_be_unpacked_is_bad_and_paid(
        self, made: Ask, data: object
    ) -> None:
        outcome = made(ok(candidate({"inlineData": {"mimeType": "image/jpeg", "data": data}})))
        assert (outcome.kind, outcome.charge) == (OutcomeClass.BAD_PICTURE, Charge.PAID)

    def test_words_instead_of_a_picture_are_kept(self, made: Ask) -> None:
        outcome = made(ok(candidate({"text": "Here is "}, {"text": "an idea."})))
        assert (outcome.kind, outcome.charge) == (OutcomeClass.NO_IMAGE_TEXT, Charge.PAID)
        assert outcome.text == "Here is an idea."

    @pytest.mark.parametrize(
        "finish",
        ["NO_IMAGE", "IMAGE_OTHER", "OTHER", "MALFORMED_RESPONSE", "MISSING_THOUGHT_SIGNATURE"],
    )
    def test_soft_failures(self, made: Ask, finish: str) -> None:
        outcome = made(ok({"finishReason": finish, "content": {}}))
        assert (outcome.kind, outcome.charge) == (OutcomeClass.SOFT_FAIL, Charge.MAYBE)

    @pytest.mark.parametrize(
        "finish",
        [
            *("IMAGE_SAFETY", "SAFETY", "IMAGE_PROHIBITED_CONTENT", "PROHIBITED_CONTENT"),
            *("BLOCKLIST", "SPII", "JAILBREAK", "MODEL_ARMOR"),
        ],
    )
    @pytest.mark.parametrize("where", ["finish", "prompt"])
    def test_blocked_requests_say_why(self, made: Ask, finish: str, where: str) -> None:
        if where == "finish":
            refused = {"finishReason": finish, "finishMessage": "A safety filter."}
            outcome = made(ok(refused))
            assert "A safety filter." in outcome.message
        else:
            outcome = made(as_json(200, {"promptFeedback": {"blockReason": finish}}))
            assert finish in outcome.message
        assert (outcome.kind, outcome.charge) == (OutcomeClass.BLOCKED, Charge.MAYBE)

    @pytest.mark.parametrize(
        ("finish", "kind"),
        [
            ("IMAGE_RECITATION", OutcomeClass.RECITATION),
            ("RECITATION", OutcomeClass.RECITATION),
            ("MAX_TOKENS", OutcomeClass.TRUNCATED),
            ("CONTINUATION", OutcomeClass.UNEXPECTED),
            ("UNEXPECTED_TOOL_CALL", OutcomeClass.UNEXPECTED),
            ("LANGUAGE", OutcomeClass.UNEXPECTED),
            ("INVENTED_TOMORROW", OutcomeClass.UNEXPECTED),
        ],
    )
    def test_other_endings(self, made: Ask, finish: str, kind: OutcomeClass) -> None:
        outcome = made(ok({"finishReason": finish, "content": {"parts": None}}))
        assert outcome.kind is kind
        assert outcome.picture is None

    @pytest.mark.parametrize(
        "candidates",
        [[], [{}], [{"finishReason": "STOP"}], [{"finishReason": "STOP", "content": None}], [None]],
    )
    def test_a_stop_without_content_is_a_soft_failure(
        self, made: Ask, candidates: list[Any]
    ) -> None:
        assert made(ok(*candidates)).kind is OutcomeClass.SOFT_FAIL

    def test_a_picture_without_a_finish_reason_is_taken(self, made: Ask) -> None:
        assert made(ok(candidate(picture(), finish=None))).kind is OutcomeClass.SUCCESS

    def test_a_picture_that_came_with_a_refusal_is_paid_but_not_used(self, made: Ask) -> None:
        outcome = made(ok(candidate(picture(), finish="IMAGE_SAFETY")))
        assert (outcome.kind, outcome.charge) == (OutcomeClass.BLOCKED, Charge.PAID)
        assert outcome.picture is None

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"null",
            b"[]",
            b"{}",
            b"7",
            b'"text"',
            b"<html>no</html>",
            b'{"candidates":[{"content":{"parts":[{"inli',
            b'{"error":{"code":503,"message":"The model is overloaded."}}',
            b'{"candidates":[],"error":{"code":500}}',
            b'[{"error":"boom"}]',
            b"\xff\xfe\x00",
        ],
    )
    def test_a_200_that_is_no_answer_may_have_been_charged(self, made: Ask, body: bytes) -> None:
        outcome = made(raw_http(200, body, {"content-type": "application/json"}))
        assert (outcome.kind, outcome.charge) == (OutcomeClass.UNKNOWN, Charge.MAYBE)
        assert outcome.http_status == 200

    def test_an_error_inside_a_200_is_quoted(self, made: Ask) -> None:
        outcome = made(as_json(200, {"error": {"message": "The model is overloaded."}}))
        assert "overloaded" in outcome.message

    def test_an_answer_alone_in_a_list_is_read(self, made: Ask) -> None:
        body = {"candidates": [candidate(picture())], "usageMetadata": USAGE}
        assert made(as_json(200, [body])).kind is OutcomeClass.SUCCESS


class TestUsage:
    def test_tokens_are_taken_apart_and_kept_as_reported(self, made: Ask) -> None:
        outcome = made(ok(candidate(picture())))
        assert outcome.usage is not None
        assert outcome.usage.model_dump() == {
            "prompt_tokens": 600,
            "output_tokens": 1_200,
            "output_image_tokens": 1_120,
            "thought_tokens": 200,
        }
        assert outcome.usage_json == USAGE

    def test_without_details_the_split_is_unknown(self, made: Ask) -> None:
        outcome = made(ok(candidate(picture()), usage={"candidatesTokenCount": 1_120}))
        assert outcome.usage is not None
        assert outcome.usage.output_image_tokens is None

    def test_the_thoughts_of_a_blocked_answer_are_not_counted_twice(self, made: Ask) -> None:
        usage = {
            "promptTokenCount": 600,
            "candidatesTokenCount": 208,
            "thoughtsTokenCount": 208,
            "totalTokenCount": 808,
        }
        outcome = made(ok({"finishReason": "IMAGE_SAFETY"}, usage=usage))
        assert outcome.usage is not None
        assert (outcome.usage.output_tokens, outcome.usage.thought_tokens) == (0, 208)

    @pytest.mark.parametrize("usage", [None, [], "many", {"promptTokenCount": -3}, {"x": {}}])
    def test_odd_usage_never_breaks_a_result(self, made: Ask, usage: object) -> None:
        outcome = made(ok(candidate(picture()), usage=usage))
        assert outcome.kind is OutcomeClass.SUCCESS
        assert outcome.usage is None or outcome.usage.prompt_tokens == 0


class TestLedgersCopy:
    def test_it_is_the_answer_with_fingerprints_for_pictures(self, made: Ask) -> None:
        signed = picture(JPEG, thoughtSignature="s" * 100_000)
        outcome = made(ok(candidate({"text": "Grüße"}, signed), responseId="r-1"))
        kept = json.loads(outcome.raw)
        assert kept["responseId"] == "r-1"
        assert kept["candidates"][0]["content"]["parts"][0]["text"] == "Grüße"
        blob = kept["candidates"][0]["content"]["parts"][1]["inlineData"]
        assert blob["data"]["bytes"] == len(JPEG)
        assert len(outcome.raw) < 2_000

    def test_of_garbage_the_beginning_is_kept(self, made: Ask) -> None:
        outcome = made(raw_http(200, b"<html>" + b"x" * 100_000))
        assert outcome.raw.startswith(b"<html>")
        assert len(outcome.raw) < 5_000


class TestAnalyses:
    def test_the_json_comes_back_as_text(self, read: Ask) -> None:
        outcome = read(ok(candidate({"text": '{"main":'}, {"text": '"#c81e1e"}'})))
        assert outcome.kind is OutcomeClass.SUCCESS
        assert outcome.text == '{"main":"#c81e1e"}'

    @pytest.mark.parametrize("fence", ["```json\n{}\n```", "```\n{}\n```\n", "{}", " {} "])
    def test_fences_are_taken_off(self, read: Ask, fence: str) -> None:
        assert read(ok(candidate({"text": fence}))).text == "{}"

    def test_thoughts_are_not_part_of_the_answer(self, read: Ask) -> None:
        outcome = read(ok(candidate({"text": "hm", "thought": True}, {"text": "{}"})))
        assert outcome.text == "{}"

    def test_a_cut_answer_is_told_from_a_whole_one(self, read: Ask) -> None:
        outcome = read(ok(candidate({"text": '{"main":"#c8'}, finish="MAX_TOKENS")))
        assert (outcome.kind, outcome.charge) == (OutcomeClass.TRUNCATED, Charge.PAID)

    def test_an_empty_answer_is_a_soft_failure(self, read: Ask) -> None:
        assert read(ok(candidate({"text": ""}))).kind is OutcomeClass.SOFT_FAIL

    def test_a_blocked_one_is_blocked(self, read: Ask) -> None:
        assert read(ok({"finishReason": "SAFETY"})).kind is OutcomeClass.BLOCKED


class TestRequests:
    def ask(self, **changes: Any) -> tuple[Request, dict[str, Any]]:
        with serve(ok(candidate(picture()))) as server:
            provider_at(server).generate(picture_request(**changes))
            (request,) = server.requests
            return request, json.loads(request.body)

    def test_a_picture_request_says_all_it_must(self) -> None:
        request, body = self.ask()
        assert request.target == "/v1beta/models/gemini-nano-banana-2.1:generateContent"
        assert request.headers["x-goog-api-key"] == "stand-in"
        config = body["generationConfig"]
        assert config["responseModalities"] == ["IMAGE"]
        assert config["imageConfig"] == {"aspectRatio": "4:3", "imageSize": "1K"}
        assert (config["seed"], config["candidateCount"]) == (7, 1)
        assert config["thinkingConfig"]["thinking_level"] == "MINIMAL"
        parts = body["contents"][0]["parts"]
        assert [sorted(part) for part in parts] == [
            ["text"],
            ["inlineData"],
            ["text"],
            ["inlineData"],
            ["text"],
        ]

    def test_pictures_are_sent_unchanged(self) -> None:
        request = picture_request()
        with serve(ok(candidate(picture()))) as server:
            provider_at(server).generate(request)
            body = json.loads(server.requests[0].body)
        sent = body["contents"][0]["parts"][1]["inlineData"]
        given = request.parts[1]
        assert isinstance(given, ImagePart)
        assert base64.urlsafe_b64decode(sent["data"]) == given.data
        assert sent["mime_type"] == "image/jpeg"

    def test_the_calls_id_travels_with_it(self) -> None:
        request = picture_request()
        with serve(ok(candidate(picture()))) as server:
            provider_at(server).generate(request)
            assert server.requests[0].headers[CALL_HEADER] == str(request.call_id)

    def test_a_model_that_chooses_its_own_thinking_is_not_told(self) -> None:
        _, body = self.ask(model="gemini-3-pro-image")
        assert "thinkingConfig" not in body["generationConfig"]

    def test_a_lane_the_model_does_not_offer_is_not_asked_for(self) -> None:
        _, body = self.ask(lane=Lane.FLEX)
        assert "serviceTier" not in body

    def test_a_lane_the_model_offers_is_asked_for(self) -> None:
        registry = builtin_registry()
        entry = registry.get("gemini-nano-banana-2.1")
        lanes = (Lane.STANDARD, Lane.FLEX)
        offering = registry.model_copy(
            update={"models": (entry.model_copy(update={"lanes": lanes}),)}
        )
        with serve(ok(candidate(picture()))) as server:
            provider = GeminiProvider(api_key="k", registry=offering, base_url=server.url)
            provider.generate(picture_request(lane=Lane.FLEX))
            assert json.loads(server.requests[0].body)["serviceTier"] == "flex"

    def test_an_analysis_request_says_all_it_must(self) -> None:
        with serve(ok(candidate({"text": "{}"}))) as server:
            provider_at(server).analyse(analysis_request(many=True, max_output_tokens=500))
            body = json.loads(server.requests[0].body)
        config = body["generationConfig"]
        assert config["responseMimeType"] == "application/json"
        assert config["responseSchema"]["type"] == "ARRAY"
        assert config["maxOutputTokens"] == 500
        assert body["systemInstruction"]["parts"][0]["text"] == "Name the main colour."
        level = body["contents"][0]["parts"][0]["mediaResolution"]["level"]
        assert level == "MEDIA_RESOLUTION_MEDIUM"

    def test_one_call_is_one_request_also_when_it_is_to_be_continued(self) -> None:
        unfinished = candidate({"text": "{"}, finish="CONTINUATION", continuationToken="more")
        with serve(ok(unfinished)) as server:
            outcome = provider_at(server).analyse(analysis_request())
            assert len(server.requests) == 1
        assert outcome.kind is OutcomeClass.UNEXPECTED
