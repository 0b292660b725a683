"""Pictures: the right size, repeatable, and cheap when a benchmark asks for it."""

import base64
import contextlib
import hashlib
import io
import os
import signal
import time
from pathlib import Path

import httpx2
import pytest
from PIL import Image, ImageChops, ImageStat

from tests.local.standin.contract import body_of, inside, items, picture_in
from tests.local.standin.control import IMAGE_PATH, Control, inline, picture_request, product_png
from tests.support.web import client_at, web
from visualizer_core.local.standin import launch
from visualizer_core.local.standin.pool_pictures import PicturePool, draw_picture


def _picture(raw: httpx2.Client, body: object) -> bytes:
    answer = raw.post(IMAGE_PATH, json=body)
    assert answer.status_code == 200, answer.text
    return picture_in(body_of(answer))


def _image(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


@pytest.mark.parametrize(
    ("ratio", "size"), [("1:1", (1024, 1024)), ("4:3", (1200, 896)), ("9:16", (768, 1376))]
)
def test_a_picture_has_the_model_s_pixels(
    ratio: str, size: tuple[int, int], raw: httpx2.Client
) -> None:
    image = _image(_picture(raw, picture_request(ratio=ratio)))
    assert image.size == size


def test_the_larger_size_has_twice_the_pixels_a_side(raw: httpx2.Client) -> None:
    config = {"imageConfig": {"aspectRatio": "1:1", "imageSize": "2K"}}
    image = _image(_picture(raw, picture_request(ratio=None, config=config)))
    assert image.size == (2048, 2048)


def test_without_a_ratio_the_picture_follows_the_last_input(raw: httpx2.Client) -> None:
    assert _image(_picture(raw, picture_request(ratio=None))).size == (1200, 896)  # room is 4:3


def test_without_any_input_the_picture_is_square(raw: httpx2.Client) -> None:
    body = {
        "contents": [{"parts": [{"text": "a chair in a kitchen"}]}],
        "generationConfig": {"responseModalities": ["IMAGE"]},
    }
    assert _image(_picture(raw, body)).size == (1024, 1024)


def test_equal_calls_give_equal_bytes_and_another_seed_other_ones(raw: httpx2.Client) -> None:
    one, again, other = (_picture(raw, picture_request(seed=seed)) for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_without_a_seed_the_inputs_decide(raw: httpx2.Client) -> None:
    one, again = (_picture(raw, picture_request(seed=None)) for _ in range(2))
    other = _picture(raw, picture_request(seed=None, product=product_png("#207020")))
    assert one == again
    assert one != other


def test_the_product_s_colour_is_in_the_picture(raw: httpx2.Client) -> None:
    red, green = (
        _image(_picture(raw, picture_request(product=product_png(colour))))
        for colour in ("#c01010", "#10a010")
    )
    difference = ImageStat.Stat(ImageChops.difference(red, green)).sum
    assert difference[0] > 0
    assert difference[1] > 0


def test_text_and_thoughts_come_along_when_allowed(raw: httpx2.Client) -> None:
    config = {
        "responseModalities": ["TEXT", "IMAGE"],
        "thinkingConfig": {"includeThoughts": True, "thinkingLevel": "HIGH"},
    }
    answer = raw.post(IMAGE_PATH, json=picture_request(config=config))
    candidate = inside(items(inside(body_of(answer))["candidates"])[0])
    parts = [inside(one) for one in items(inside(candidate["content"])["parts"])]
    assert [one.get("thought") for one in parts] == [True, None, None]
    assert "text" in parts[1]
    assert "inlineData" in parts[2]


def test_pooled_pictures_are_valid_and_never_the_same_twice() -> None:
    pool = PicturePool([draw_picture(256, 256, number) for number in range(2)])
    made = [pool.next() for _ in range(6)]
    files = [base64.b64decode(b"".join(one.base64)) for one in made]
    assert len(set(files)) == 6
    for one, data in zip(made, files, strict=True):
        assert hashlib.sha256(data).hexdigest() == one.sha256
        assert _image(data).size == (256, 256)
    assert ImageChops.difference(_image(files[0]), _image(files[2])).getbbox() is None
    assert ImageChops.difference(_image(files[0]), _image(files[1])).getbbox() is not None


def test_pool_mode_answers_with_unlike_bytes_for_equal_calls(
    raw: httpx2.Client, control: Control
) -> None:
    try:
        control.post("picture-mode", {"mode": "pool", "count": 2})
        one, other = (_picture(raw, picture_request()) for _ in range(2))
        assert one != other
        assert _image(one).size == (1024, 1024)
        assert 150_000 < len(one) < 1_500_000  # as heavy as a photo
        assert _image(_picture(raw, picture_request(ratio="4:3"))).size == (1200, 896)
    finally:
        control.post("picture-mode", {"mode": "compose"})


def test_latency_counts_from_arrival_with_the_work_inside(
    raw: httpx2.Client, control: Control
) -> None:
    _picture(raw, picture_request(seed=99))
    control.post("latency", {"image": 0.5})
    began = time.monotonic()
    _picture(raw, picture_request(seed=99))
    took = time.monotonic() - began
    assert took >= 0.5
    began = time.monotonic()
    counted = raw.post(
        "/v1beta/models/gemini-3.5-flash-lite:countTokens",
        json={"contents": [{"parts": [inline(product_png(), "image/png")]}]},
    )
    assert counted.status_code == 200
    assert time.monotonic() - began < 0.5  # only answers that are made take time


def _children(pid: int) -> set[int]:
    found: set[int] = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # gone meanwhile
            if int(stat.read_text().rsplit(") ", 1)[1].split()[1]) == pid:
                found.add(int(stat.parent.name))
    return found


def _await_gone(pids: set[int]) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_drawing_processes_end_with_their_server(how: signal.Signals, log_file: Path) -> None:
    with launch(log_file) as running:
        answer = web.post(
            running.base_url + IMAGE_PATH,
            json=picture_request(),
            headers={"x-goog-api-key": "standin"},
        )
        assert answer.status_code == 200
        children = _children(running.pid)
        assert children
        os.kill(running.pid, how)
        assert _await_gone(children)


def test_composed_pictures_outlive_a_restart_in_the_cache_folder(tmp_path: Path) -> None:
    arguments = ("--cache-dir", str(tmp_path / "cache"))
    made: list[bytes] = []
    for _ in range(2):
        with (
            launch(tmp_path / "log.jsonl", *arguments) as running,
            client_at(running.base_url) as client,
        ):
            client.headers["x-goog-api-key"] = "standin"
            made.append(_picture(client, picture_request()))
    assert made[0] == made[1]
    assert [file.read_bytes() for file in (tmp_path / "cache").iterdir()] == made[:1]
