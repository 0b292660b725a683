"""What every implementation of a port must do: one behaviour class per port.

A test module subclasses a contract and provides its fixtures; another implementation of the same
port does the same and inherits the same sentences.
"""

import hashlib
import io
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image
from pydantic import BaseModel, Field, TypeAdapter

from tests.support.web import web
from visualizer_core.domain.outcomes import Charge, OutcomeClass
from visualizer_core.domain.status import Queue
from visualizer_core.errors import InvalidInput, NotAllowed, NotFound
from visualizer_core.ports import (
    AnalysisRequest,
    Analyst,
    ImageGenerator,
    ImagePart,
    InspirationSearch,
    JobMirror,
    JobQueue,
    ObjectStore,
    PictureRequest,
    TextPart,
)


class JobQueueContract:
    """Needs the fixture `bell`."""

    def test_waking_adds_that_many_tokens(self, bell: JobQueue) -> None:
        bell.wake(Queue.CLIENT, 3)
        bell.wake(Queue.CLIENT, 2)
        assert bell.waiting(Queue.CLIENT) == 5

    def test_the_apps_have_queues_of_their_own(self, bell: JobQueue) -> None:
        bell.wake(Queue.ADMIN, 2)
        assert (bell.waiting(Queue.CLIENT), bell.waiting(Queue.ADMIN)) == (0, 2)

    @pytest.mark.parametrize("count", [0, -1])
    def test_waking_nobody_adds_nothing(self, bell: JobQueue, count: int) -> None:
        bell.wake(Queue.CLIENT, count)
        assert bell.waiting(Queue.CLIENT) == 0


class JobMirrorContract:
    """Needs the fixture `mirror`; what was shown is read by the implementation's own test."""

    def test_showing_nothing_is_allowed(self, mirror: JobMirror) -> None:
        mirror.show_many(Queue.CLIENT, [], final=False)
        mirror.show(Queue.CLIENT, "job-1", {}, final=False)


MIB = 1 << 20


class ObjectStoreContract:
    """Needs the fixture `store`, empty."""

    @pytest.mark.parametrize("size", [0, 1, 300_000])
    def test_what_is_stored_comes_back(self, store: ObjectStore, size: int) -> None:
        data = bytes(range(256)) * (size // 256 + 1)
        store.put("clients/a/one.jpg", data[:size], "image/jpeg")
        assert store.get("clients/a/one.jpg") == data[:size]
        head = store.head("clients/a/one.jpg")
        assert head is not None
        assert (head.key, head.size_bytes, head.mime) == ("clients/a/one.jpg", size, "image/jpeg")
        assert head.modified_at is not None

    def test_storing_again_replaces(self, store: ObjectStore) -> None:
        store.put("a/one.txt", b"first", "text/plain")
        store.put("a/one.txt", b"second", "text/plain")
        assert store.get("a/one.txt") == b"second"

    def test_what_is_not_there_is_not_found(self, store: ObjectStore) -> None:
        assert store.head("a/none.jpg") is None
        with pytest.raises(NotFound, match=r"a/none\.jpg"):
            store.get("a/none.jpg")
        with pytest.raises(NotFound):
            list(store.stream("a/none.jpg"))

    def test_a_stream_of_unknown_length_is_stored_in_parts(self, store: ObjectStore) -> None:
        chunks = [bytes([number]) * 700_000 for number in range(30)]
        assert store.put_stream("a/big.zip", iter(chunks), "application/zip") == 21_000_000
        assert b"".join(store.stream("a/big.zip")) == b"".join(chunks)

    @pytest.mark.parametrize("chunks", [[], [b""], [b"small"]])
    def test_a_short_stream_is_stored_too(self, store: ObjectStore, chunks: list[bytes]) -> None:
        data = b"".join(chunks)
        assert store.put_stream("a/small.zip", chunks, "application/zip") == len(data)
        assert store.get("a/small.zip") == data

    def test_a_stream_of_exactly_one_part_is_whole(self, store: ObjectStore) -> None:
        assert store.put_stream("a/even.zip", [b"x" * MIB] * 8, "application/zip") == 8 * MIB
        assert store.get("a/even.zip") == b"x" * (8 * MIB)

    @pytest.mark.parametrize("broken_after", [0, 1, 20])
    def test_a_stream_that_breaks_leaves_nothing(
        self, store: ObjectStore, broken_after: int
    ) -> None:
        def chunks() -> Iterator[bytes]:
            for _ in range(broken_after):
                yield b"x" * MIB
            raise ConnectionAbortedError

        with pytest.raises(ConnectionAbortedError):
            store.put_stream("a/broken.zip", chunks(), "application/zip")
        assert store.head("a/broken.zip") is None

    def test_a_large_object_is_read_in_chunks(self, store: ObjectStore) -> None:
        store.put("a/large.bin", b"y" * (3 * MIB + 5), "application/octet-stream")
        sizes = [len(chunk) for chunk in store.stream("a/large.bin", MIB)]
        assert sum(sizes) == 3 * MIB + 5
        assert max(sizes) <= MIB

    def test_listing_is_by_prefix_and_in_order(self, store: ObjectStore) -> None:
        for name in ("b/2.txt", "a/2.txt", "a/1.txt", "ab/1.txt"):
            store.put(name, b"x", "text/plain")
        assert [(item.key, item.size_bytes) for item in store.list("a/")] == [
            ("a/1.txt", 1),
            ("a/2.txt", 1),
        ]
        assert list(store.list("none/")) == []

    def test_removing_is_complete_and_repeatable(self, store: ObjectStore) -> None:
        store.put("a/1.txt", b"x", "text/plain")
        store.put("a/2.txt", b"x", "text/plain")
        store.delete(["a/1.txt", "a/none.txt"])
        store.delete(["a/1.txt"])
        store.delete([])
        assert [item.key for item in store.list("a/")] == ["a/2.txt"]

    @pytest.mark.parametrize("key", ["../x", "a/../../x", "/a", "a//b", "", "a/.", "a/"])
    def test_keys_that_climb_are_refused(self, store: ObjectStore, key: str) -> None:
        with pytest.raises(NotAllowed):
            store.put(key, b"x", "text/plain")
        with pytest.raises(NotAllowed):
            store.get(key)
        with pytest.raises(NotAllowed):
            store.put_stream(key, [b"x" * MIB] * 9, "text/plain")
        with pytest.raises(NotAllowed):
            store.signed_url(key)
        with pytest.raises(NotAllowed):
            store.delete([key])

    def test_a_signed_address_opens_without_keys(self, store: ObjectStore) -> None:
        store.put("a/1.txt", b"hello", "text/plain")
        assert web.get(store.signed_url("a/1.txt")).content == b"hello"

    def test_a_signed_address_can_name_the_file(self, store: ObjectStore) -> None:
        store.put("a/1.txt", b"hello", "text/plain")
        url = store.signed_url("a/1.txt", filename='Stühle "grün"; 1/2.txt')
        wish = web.get(url).headers["content-disposition"]
        assert wish == (
            'attachment; filename="St_hle _gr_n__ 1_2.txt"; '
            "filename*=UTF-8''St%C3%BChle%20%22gr%C3%BCn%22%3B%201%2F2.txt"
        )

    def test_an_altered_or_unsigned_address_is_refused(self, store: ObjectStore) -> None:
        store.put("a/1.txt", b"hello", "text/plain")
        store.put("a/2.txt", b"other", "text/plain")
        url = store.signed_url("a/1.txt")
        for bad in (url.replace("a/1.txt", "a/2.txt"), url.split("?")[0]):
            assert web.get(bad).status_code in {400, 401, 403}

    def test_a_healthy_bucket_passes_its_check_and_keeps_nothing(self, store: ObjectStore) -> None:
        store.check()
        assert list(store.list("health/")) == []


def picture_request(model: str = "gemini-nano-banana-2.1", **changes: Any) -> PictureRequest:
    """One product into one room."""
    values: dict[str, Any] = {
        "call_id": uuid4(),
        "model": model,
        "parts": (
            TextPart("Image 1 is the product."),
            ImagePart(photo((180, 90, 40)), "image/jpeg"),
            TextPart("Image 2 is the room."),
            ImagePart(photo((230, 228, 220)), "image/jpeg"),
            TextPart("Place the product of image 1 in the room of image 2."),
        ),
        "aspect_ratio": "4:3",
        "image_size": "1K",
        "seed": 7,
    }
    return PictureRequest(**{**values, **changes})


def photo(colour: tuple[int, int, int]) -> bytes:
    """A small real JPEG."""
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "JPEG")
    return out.getvalue()


class Colours(BaseModel):
    """A small question."""

    id: str = Field(default="", max_length=40)
    main: str = Field(description="the largest colour, as #rrggbb")


def analysis_request(**changes: Any) -> AnalysisRequest:
    """One question about one picture."""
    values: dict[str, Any] = {
        "call_id": uuid4(),
        "model": "gemini-3.5-flash-lite",
        "instruction": "Name the main colour.",
        "parts": (ImagePart(photo((200, 30, 30)), "image/jpeg", resolution="MEDIUM"),),
        "schema": Colours,
    }
    return AnalysisRequest(**{**values, **changes})


class ImageGeneratorContract:
    """Needs the fixture `generator`, healthy."""

    def test_a_request_becomes_a_picture_with_its_price(self, generator: ImageGenerator) -> None:
        outcome = generator.generate(picture_request())
        assert (outcome.kind, outcome.charge) == (OutcomeClass.SUCCESS, Charge.PAID)
        assert outcome.picture is not None
        assert outcome.picture.mime in {"image/jpeg", "image/png", "image/webp"}
        assert outcome.usage is not None
        assert outcome.usage.output_tokens > 0
        assert outcome.images_returned == 1
        assert outcome.latency_s > 0

    def test_the_ledgers_copy_names_the_picture_without_holding_it(
        self, generator: ImageGenerator
    ) -> None:
        outcome = generator.generate(picture_request())
        assert outcome.picture is not None
        assert hashlib.sha256(outcome.picture.data).hexdigest().encode() in outcome.raw
        assert len(outcome.raw) < 4_000

    def test_a_model_nobody_knows_is_an_outcome_not_an_exception(
        self, generator: ImageGenerator
    ) -> None:
        outcome = generator.generate(picture_request(model="no-such-model"))
        assert (outcome.kind, outcome.charge) == (OutcomeClass.INVALID_REQUEST, Charge.NONE)


class AnalystContract:
    """Needs the fixture `analyst`, healthy."""

    def test_an_answer_fits_the_question(self, analyst: Analyst) -> None:
        outcome = analyst.analyse(analysis_request())
        assert outcome.kind is OutcomeClass.SUCCESS
        assert outcome.text is not None
        assert Colours.model_validate_json(outcome.text).main

    def test_a_list_of_answers_can_be_asked_for(self, analyst: Analyst) -> None:
        outcome = analyst.analyse(analysis_request(many=True))
        assert outcome.text is not None
        TypeAdapter(list[Colours]).validate_json(outcome.text)

    def test_a_known_model_is_alive_and_another_is_not(self, analyst: Analyst) -> None:
        assert analyst.model_alive("gemini-3.5-flash-lite") == (True, "")
        alive, why = analyst.model_alive("no-such-model")
        assert not alive
        assert why


class InspirationSearchContract:
    """Needs the fixture `photos`: knows at least one photo for “room”, none for “xyzzy”."""

    def test_a_search_finds_photos_with_all_their_licence_asks_for(
        self, photos: InspirationSearch
    ) -> None:
        page = photos.search("room", per_page=5)
        assert page.total >= len(page.hits) > 0
        for hit in page.hits:
            assert hit.id
            assert hit.photographer
            assert hit.photographer_url.startswith("https://")
            assert hit.page_url.startswith("https://")
            assert hit.width > 0
            assert hit.height > 0
            assert hit.thumb_url
            assert hit.download_location

    def test_a_search_without_hits_is_an_empty_page(self, photos: InspirationSearch) -> None:
        page = photos.search("xyzzy")
        assert (page.total, page.hits) == (0, ())

    def test_one_photo_can_be_looked_up(self, photos: InspirationSearch) -> None:
        hit = photos.search("room").hits[0]
        assert photos.find(hit.id) == hit

    def test_an_unknown_photo_is_not_found(self, photos: InspirationSearch) -> None:
        with pytest.raises(NotFound):
            photos.find("no-such-photo")

    def test_a_chosen_photo_is_a_picture(self, photos: InspirationSearch) -> None:
        data = photos.choose(photos.search("room").hits[0])
        with Image.open(io.BytesIO(data)) as picture:
            assert min(picture.size) > 0

    @pytest.mark.parametrize("query", ["", "   ", "x" * 201])
    def test_a_search_needs_words(self, photos: InspirationSearch, query: str) -> None:
        with pytest.raises(InvalidInput):
            photos.search(query)
