"""The photo service answers as the contract's samples do."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from PIL import Image

from tests.local.standin.contract import Json, body_of, inside, items, part, skeleton
from tests.local.standin.control import Control, room_jpeg
from tests.support.web import client_at
from visualizer_core.errors import InvalidInput
from visualizer_core.local.standin import RunningStandIn, launch
from visualizer_core.local.standin.photos import load_photos

_AUTH = {"authorization": "Client-ID dummy", "accept-version": "v1"}


@pytest.fixture
def photos(standin: RunningStandIn) -> Iterator[httpx2.Client]:
    with client_at(standin.base_url, headers=_AUTH) as client:
        yield client


def _sample(name: str) -> Json:
    return inside(part("unsplash")[name])


def _assert_headers(answer: httpx2.Response, sample: Json) -> None:
    assert answer.status_code == sample["status"]
    headers = inside(sample["headers"])
    assert answer.headers["content-type"] == headers["content-type"]
    for name in ("x-ratelimit-limit", "x-ratelimit-remaining"):
        assert (name in answer.headers) == (name in headers)


def _first_hit(photos: httpx2.Client) -> Json:
    answer = photos.get(str(_sample("search_request")["path"]))
    return inside(items(inside(body_of(answer))["results"])[0])


def test_a_search_has_the_sample_s_form(photos: httpx2.Client) -> None:
    answer = photos.get(str(_sample("search_request")["path"]))
    sample = _sample("search_ok")
    _assert_headers(answer, sample)
    assert skeleton(body_of(answer)) == skeleton(sample["body"])


def test_a_search_without_hits_equals_the_sample(photos: httpx2.Client) -> None:
    answer = photos.get("/search/photos?query=submarine")
    _assert_headers(answer, _sample("search_empty"))
    assert body_of(answer) == _sample("search_empty")["body"]


def test_a_chosen_photo_is_reported_and_fetched(photos: httpx2.Client, control: Control) -> None:
    links = inside(_first_hit(photos)["links"])
    answer = photos.get(str(links["download_location"]))
    sample = _sample("track_download_ok")
    _assert_headers(answer, sample)
    assert skeleton(body_of(answer)) == skeleton(sample["body"])
    assert control.last_entry()["op"] == "unsplash.download"
    picture = photos.get(str(inside(body_of(answer))["url"]))
    assert picture.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(picture.content)).width == 1620


def test_sizes_are_served_as_named(photos: httpx2.Client) -> None:
    urls = inside(_first_hit(photos)["urls"])
    for name, width in (("thumb", 200), ("small", 400), ("regular", 1080)):
        data = photos.get(str(urls[name])).content
        assert Image.open(io.BytesIO(data)).width == width


def test_one_photo_can_be_looked_up(photos: httpx2.Client) -> None:
    hit = _first_hit(photos)
    assert body_of(photos.get(f"/photos/{hit['id']}")) == hit


@pytest.mark.parametrize("header", ["", "Bearer x", "Client-ID"])
def test_without_an_access_key_the_sample_refusal_comes(header: str, photos: httpx2.Client) -> None:
    answer = photos.get("/search/photos?query=room", headers={"authorization": header})
    _assert_headers(answer, _sample("unauthorized"))
    assert body_of(answer) == _sample("unauthorized")["body"]


def test_over_the_hourly_limit_the_sample_refusal_comes(
    photos: httpx2.Client, control: Control
) -> None:
    control.post("limits", {"unsplash_per_hour": 1})
    first = photos.get("/search/photos?query=room")
    assert first.headers["x-ratelimit-remaining"] == "0"
    answer = photos.get("/search/photos?query=room")
    sample = _sample("rate_limited")
    _assert_headers(answer, sample)
    assert answer.text == sample["body"]
    url = inside(inside(items(inside(body_of(first))["results"])[0])["urls"])["thumb"]
    assert photos.get(str(url)).status_code == 200  # the image host does not count


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/photos/none-such", "not_found"),
        ("/photos/none-such/download", "not_found"),
        ("/search/photos", "bad_request"),
    ],
)
def test_errors_equal_the_samples(path: str, name: str, photos: httpx2.Client) -> None:
    answer = photos.get(path)
    assert answer.status_code == _sample(name)["status"]
    assert body_of(answer) == _sample(name)["body"]


def test_pages_hold_every_hit_once(photos: httpx2.Client) -> None:
    path = "/search/photos?query=room+wall+kitchen&per_page=2"
    first = inside(body_of(photos.get(path)))
    pages = range(1, int(str(first["total_pages"])) + 1)
    bodies = [inside(body_of(photos.get(f"{path}&page={page}"))) for page in pages]
    seen = [inside(hit)["id"] for body in bodies for hit in items(body["results"])]
    assert len(seen) == len(set(seen)) == first["total"]
    assert len(pages) > 1


def _folder(tmp_path: Path, credit: object) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "loft_01.jpg").write_bytes(room_jpeg())
    (folder / "notes.txt").write_text("no photo")
    (folder / "credits.json").write_text(json.dumps(credit))
    return folder


@pytest.mark.parametrize("listed", [True, False])
def test_a_folder_of_photos_is_served_with_its_credits(tmp_path: Path, *, listed: bool) -> None:
    credit = {"description": "attic with brick", "photographer": "Ada Example", "tags": ["loft"]}
    folder = _folder(
        tmp_path, [{"file": "loft_01.jpg", **credit}] if listed else {"loft_01.jpg": credit}
    )
    with (
        launch(tmp_path / "log.jsonl", "--photos", str(folder)) as running,
        client_at(running.base_url, headers=_AUTH) as client,
    ):
        body = inside(body_of(client.get("/search/photos?query=brick")))
        hit = inside(items(body["results"])[0])
        assert hit["alt_description"] == "attic with brick"
        assert inside(hit["user"])["name"] == "Ada Example"
        assert client.get(str(inside(hit["urls"])["full"])).content == room_jpeg()


def test_credits_that_cannot_be_read_stop_the_start(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"credits\.json"):
        load_photos(_folder(tmp_path, "nonsense"))
    with pytest.raises(InvalidInput, match="does not exist"):
        load_photos(tmp_path / "nowhere")
