import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.adapters.conftest import free_port
from tests.adapters.contracts import InspirationSearchContract, photo
from tests.adapters.rawhttp import Act, RawServer, Request, close, raw_http, serve
from visualizer_core.adapters.unsplash import NoInspirationSearch, UnsplashSearch, credit_for
from visualizer_core.errors import (
    InvalidInput,
    NotAllowed,
    NotFound,
    ProviderRefused,
    ProviderUnavailable,
)
from visualizer_core.ports import PhotoHit

KEY = "test-access-key"


def described(base: str, photo_id: str = "p-1", **changes: object) -> dict[str, Any]:
    """A photo as the API describes it."""
    image = f"{base}/images/{photo_id}?ixid=M3x&w=6000"
    return {
        "id": photo_id,
        "width": 6_000,
        "height": 4_000,
        "color": "#d9c8b4",
        "description": None,
        "alt_description": "a bright room",
        "urls": {"raw": image, "full": image, "regular": image, "small": image, "thumb": image},
        "links": {
            "html": f"https://unsplash.com/photos/{photo_id}",
            "download_location": f"{base}/photos/{photo_id}/download?ixid=M3x",
        },
        "user": {"name": "Ann O'Lee", "links": {"html": "https://unsplash.com/@ann"}},
        **changes,
    }


def as_json(body: object, status: int = 200) -> bytes:
    headers = {"content-type": "application/json", "x-ratelimit-remaining": "41"}
    return raw_http(status, json.dumps(body).encode(), headers)


def found(*photos: object) -> bytes:
    return as_json({"total": len(photos), "total_pages": 1, "results": list(photos)})


def library(request: Request) -> Act:
    """One room, in the API's words."""
    base = f"http://{request.headers['host']}"
    path = urlsplit(request.target).path
    if path == "/search/photos":
        words = parse_qs(urlsplit(request.target).query)["query"]
        return found(described(base)) if words == ["room"] else found()
    answers = {
        "/photos/p-1": as_json(described(base)),
        "/photos/p-1/download": as_json({"url": f"{base}/images/p-1"}),
        "/images/p-1": raw_http(200, photo((9, 9, 9)), {"content-type": "image/jpeg"}),
    }
    return answers.get(path, as_json({"errors": ["Couldn't find Photo"]}, 404))


At = Callable[[RawServer], UnsplashSearch]


@pytest.fixture
def at() -> Iterator[At]:
    """The adapter for a server."""
    made: list[UnsplashSearch] = []

    def make(server: RawServer) -> UnsplashSearch:
        made.append(UnsplashSearch(access_key=KEY, base_url=server.url))
        return made[-1]

    yield make
    for photos in made:
        photos.close()


@pytest.fixture
def server() -> Iterator[RawServer]:
    with serve(library) as server:
        yield server


class TestUnsplashSearch(InspirationSearchContract):
    @pytest.fixture
    def photos(self, server: RawServer, at: At) -> UnsplashSearch:
        return at(server)

    def test_a_search_is_asked_as_the_rules_say(self, at: At, server: RawServer) -> None:
        at(server).search("  living   room ", page=2, per_page=99)
        (request,) = server.requests
        assert request.headers["authorization"] == f"Client-ID {KEY}"
        assert request.headers["accept-version"] == "v1"
        wish = {name: value[0] for name, value in parse_qs(urlsplit(request.target).query).items()}
        assert wish == {
            "query": "living room",
            "page": "2",
            "per_page": "30",
            "order_by": "relevant",
            "content_filter": "high",
        }

    def test_what_is_left_of_the_hour_is_told(self, at: At, server: RawServer) -> None:
        assert at(server).search("room").calls_left == 41

    def test_the_same_search_is_asked_once_an_hour(self, at: At, server: RawServer) -> None:
        photos = at(server)
        assert photos.search("Room") == photos.search("room ")
        photos.search("room", page=2)
        assert len(server.requests) == 2

    def test_a_choice_is_reported_before_the_picture_is_fetched(
        self, at: At, server: RawServer
    ) -> None:
        photos = at(server)
        photos.choose(photos.search("room").hits[0])
        _, report, fetch = server.requests
        assert report.target == "/photos/p-1/download?ixid=M3x"
        assert report.headers["authorization"] == f"Client-ID {KEY}"
        assert fetch.target == "/images/p-1?ixid=M3x&w=2048&q=85&fm=jpg&fit=max"
        assert "authorization" not in fetch.headers, "the key is for the API only"

    def test_photos_whose_licence_excludes_models_are_left_out(self, at: At) -> None:
        def answer(request: Request) -> bytes:
            base = f"http://{request.headers['host']}"
            if request.target.startswith("/search"):
                return found(
                    described(base, "a", premium=True),
                    described(base, "b", plus=True),
                    described(base, "c"),
                )
            return as_json(described(base, "a", plus=True))

        with serve(answer) as server:
            assert [hit.id for hit in at(server).search("room").hits] == ["c"]
            with pytest.raises(ProviderRefused, match="Unsplash"):
                at(server).find("a")

    @pytest.mark.parametrize("odd", [None, 7, {}, {"id": "x"}, {"id": "", "width": "wide"}])
    def test_one_odd_photo_does_not_hide_the_others(self, at: At, odd: object) -> None:
        def answer(request: Request) -> bytes:
            base = f"http://{request.headers['host']}"
            return found(odd, described(base))

        with serve(answer) as server:
            assert len(at(server).search("room").hits) == 1

    @pytest.mark.parametrize(
        "change",
        [
            {"image_url": "https://evil.example/x.jpg"},
            {"image_url": "https://images.unsplash.com.evil.example/x.jpg"},
            {"image_url": "https://images.unsplash.com@evil.example/x.jpg"},
            {"image_url": "http://images.unsplash.com/x.jpg"},
            {"image_url": "file:///etc/passwd"},
            {"download_location": "https://evil.example/download"},
            {"download_location": ""},
        ],
    )
    def test_nothing_is_fetched_from_elsewhere_and_no_key_is_sent_there(
        self, at: At, server: RawServer, change: dict[str, str]
    ) -> None:
        photos = at(server)
        hit = replace(photos.search("room").hits[0], **change)
        with pytest.raises(NotAllowed):
            photos.choose(hit)
        assert len(server.requests) == 1

    def test_a_photo_id_cannot_climb(self, at: At, server: RawServer) -> None:
        with pytest.raises(NotFound):
            at(server).find("../search/photos?query=room")
        assert server.requests[0].target.startswith("/photos/..%2Fsearch")


class TestRefusals:
    @pytest.mark.parametrize(
        ("answer", "error", "says"),
        [
            (as_json({"errors": ["invalid"]}, 401), ProviderRefused, "UNSPLASH_ACCESS_KEY"),
            (raw_http(403, b"Rate Limit Exceeded"), ProviderUnavailable, "hour"),
            (as_json({"errors": ["scope"]}, 403), ProviderRefused, "permissions"),
            (as_json({"errors": ["gone"]}, 404), NotFound, "no such photo"),
            (as_json({"errors": ["query is missing"]}, 400), InvalidInput, "query is missing"),
            (as_json({"errors": ["bad"]}, 422), InvalidInput, "bad"),
            (raw_http(500), ProviderUnavailable, "trouble"),
            (raw_http(302, headers={"location": "http://127.0.0.1:9"}), ProviderUnavailable, "302"),
            (raw_http(200, b"<html>"), ProviderUnavailable, "not readable"),
            (close, ProviderUnavailable, "does not answer"),
        ],
    )
    def test_each_says_what_to_do(
        self, at: At, answer: Act, error: type[Exception], says: str
    ) -> None:
        with serve(lambda _: answer) as server, pytest.raises(error, match=says):
            at(server).find("p-1")

    def test_nobody_answering_is_told_too(self) -> None:
        photos = UnsplashSearch(access_key=KEY, base_url=f"http://127.0.0.1:{free_port()}")
        with pytest.raises(ProviderUnavailable):
            photos.search("room")

    def test_a_failed_search_is_not_remembered(self, at: At) -> None:
        answers = iter([raw_http(500), found()])
        with serve(lambda _: next(answers)) as server:
            photos = at(server)
            with pytest.raises(ProviderUnavailable):
                photos.search("room")
            assert photos.search("room").total == 0

    @pytest.mark.parametrize(
        "picture",
        [raw_http(404), raw_http(200, b"x" * (21 << 20)), close, raw_http(200, b"ab")[:-1]],
        ids=["missing", "too large", "closed", "cut"],
    )
    def test_a_picture_that_does_not_come_is_told(self, at: At, picture: Act) -> None:
        def answer(request: Request) -> Act:
            if request.target.startswith("/images/"):
                return then_close(picture)
            return library(request)

        with serve(answer) as server:
            photos = at(server)
            hit = photos.search("room").hits[0]
            with pytest.raises(ProviderUnavailable, match="p-1"):
                photos.choose(hit)


def then_close(picture: Act) -> Act:
    def act(connection: socket.socket) -> None:
        if isinstance(picture, bytes):
            connection.sendall(picture)
        close(connection)

    return act


HIT = PhotoHit(
    id="p",
    description="",
    width=1,
    height=1,
    colour=None,
    thumb_url="",
    image_url="",
    download_location="",
    photographer="Ann <b>",
    photographer_url="https://unsplash.com/@ann",
    page_url="",
)


class TestCredit:
    def test_photographer_and_service_are_linked_with_the_referral(self) -> None:
        credit = credit_for(HIT, "my app")
        referral = "?utm_source=my+app&amp;utm_medium=referral"
        assert credit.text == "Photo by Ann <b> on Unsplash"
        assert credit.html == (
            f'Photo by <a href="https://unsplash.com/@ann{referral}">Ann &lt;b&gt;</a> on '
            f'<a href="https://unsplash.com/{referral}">Unsplash</a>'
        )

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "https://unsplash.com.evil.example/"])
    def test_foreign_addresses_are_not_linked(self, url: str) -> None:
        assert url not in credit_for(replace(HIT, photographer_url=url), "app").html


USES: list[Callable[[NoInspirationSearch], object]] = [
    lambda photos: photos.search("room"),
    lambda photos: photos.find("p"),
    lambda photos: photos.choose(HIT),
]


@pytest.mark.parametrize("use", USES, ids=["search", "find", "choose"])
def test_without_a_key_every_use_says_how_to_get_one(
    use: Callable[[NoInspirationSearch], object],
) -> None:
    with pytest.raises(NotAllowed, match="UNSPLASH_ACCESS_KEY"):
        use(NoInspirationSearch())
