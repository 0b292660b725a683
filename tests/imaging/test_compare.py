"""What the provider sends back is judged by its pixels, not by what it claims."""

import io
from pathlib import Path

import pytest
from PIL import Image, ImageEnhance

from tests.imaging.pictures import decoded, encoded, jpeg, photo, png, webp
from visualizer_core.imaging.compare import (
    PictureVerdict,
    hamming,
    input_hash,
    is_blank,
    is_near_equal,
    judge_picture,
    sha256_of,
)


def judged(data: bytes, **asked: object) -> PictureVerdict:
    return judge_picture(data, **{"expected_ratio": 1.0, "expected_long_side": 1024, **asked})  # pyright: ignore[reportArgumentType]  # settings of the test


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_good_picture_passes_and_brings_its_thumbnail(kind: str) -> None:
    data = encoded(photo(1024, 1024), kind)
    verdict = judged(data, input_hashes=[input_hash(jpeg(photo(640, 480).rotate(180)))])
    assert (verdict.ok, verdict.code, verdict.message) == (True, None, "")
    assert (verdict.mime, verdict.width, verdict.height) == (f"image/{kind.lower()}", 1024, 1024)
    assert verdict.sha256 == sha256_of(data)
    assert verdict.thumbnail is not None
    assert decoded(verdict.thumbnail).size == (512, 512)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"I cannot make this picture.",
        jpeg(photo(1024, 1024))[:20_000],
        png(photo(1024, 1024))[:20_000],
        encoded(photo(1024, 1024), "GIF"),
        encoded(Image.new("L", (7000, 7000)), "JPEG"),
    ],
    ids=["nothing", "text", "cut JPEG", "cut PNG", "a GIF", "49 megapixels"],
)
def test_what_is_no_whole_picture_is_corrupt(data: bytes) -> None:
    verdict = judged(data)
    assert (verdict.ok, verdict.code, verdict.thumbnail) == (False, "corrupt", None)
    assert verdict.message.startswith("The provider sent a damaged picture")
    assert verdict.message.endswith(". Generate it again.")


@pytest.mark.parametrize(
    ("size", "ratio", "code"),
    [
        ((1200, 896), 4 / 3, None),  # the model's own 4 : 3
        ((1264, 848), 3 / 2, None),
        ((1584, 672), 21 / 9, None),
        ((1024, 1024), 4 / 3, "wrong_aspect"),
        ((1152, 928), 4 / 3, "wrong_aspect"),
        ((896, 1200), 4 / 3, "wrong_aspect"),
        ((930, 930), 1.0, None),
        ((900, 900), 1.0, "too_small"),
        ((1, 1), 1.0, "too_small"),
    ],
)
def test_shape_and_size_must_be_what_was_asked(
    size: tuple[int, int], ratio: float, code: str | None
) -> None:
    assert judged(jpeg(photo(1200, 1200).resize(size)), expected_ratio=ratio).code == code


@pytest.mark.parametrize("colour", ["black", "white", (120, 120, 121)])
def test_a_plain_picture_is_blank(colour: str | tuple[int, int, int]) -> None:
    data = jpeg(Image.new("RGB", (1024, 1024), colour))
    assert judged(data).code == "blank"
    assert is_blank(data)
    assert not is_blank(jpeg())


def room(index: int = 0) -> Image.Image:
    """A picture with as many edges as a real room."""
    noise = Image.effect_noise((64, 64), 90).resize((1024, 1024), Image.Resampling.BICUBIC)
    return Image.merge("RGB", (noise, photo(1024, 1024).getchannel(index), noise.rotate(90)))


def test_an_input_sent_back_is_found_however_it_is_encoded() -> None:
    scene = room()
    sent = [input_hash(jpeg(photo(500, 500))), input_hash(jpeg(scene))]
    copies = {
        "the same bytes": jpeg(scene),
        "PNG": png(scene),
        "coarse": jpeg(scene, quality=60),
        "WebP": webp(scene),
        "smaller": jpeg(scene.resize((960, 960))),
        "brighter": jpeg(ImageEnhance.Brightness(scene).enhance(1.08)),
    }
    codes = {name: judged(data, input_hashes=sent).code for name, data in copies.items()}
    assert set(codes.values()) == {"same_as_input"}, codes


@pytest.mark.parametrize("width", [60, 120, 400])
def test_a_product_put_into_the_scene_makes_it_another_picture(width: int) -> None:
    scene = room()
    sent = [input_hash(jpeg(scene))]
    scene.paste(photo(width, width), (500, 600))
    assert judged(jpeg(scene), input_hashes=sent).ok


def test_different_pictures_have_distant_hashes() -> None:
    one, other = input_hash(jpeg(photo())), input_hash(jpeg(photo().rotate(90)))
    assert hamming(one.phash, other.phash) > 12
    assert hamming(one.phash, one.phash) == 0


def test_a_transparent_cutout_is_compared_as_it_shows_on_white() -> None:
    cutout = photo(600, 600).convert("RGBA")
    cutout.paste((0, 0, 0, 0), (200, 0, 400, 600))
    shown = Image.new("RGB", cutout.size, "white")
    shown.paste(cutout, mask=cutout.getchannel("A"))
    assert is_near_equal(input_hash(png(cutout)), input_hash(png(shown)))


def test_real_rooms_are_told_apart_and_known_again(shared_data: Path) -> None:
    rooms = [Image.open(p).convert("RGB") for p in sorted((shared_data / "rooms").glob("*.jpg"))]
    marks = [input_hash(jpeg(room)) for room in rooms]
    for mark, picture in zip(marks, rooms, strict=True):
        again = io.BytesIO()
        picture.save(again, "JPEG", quality=55)
        assert [is_near_equal(mark, other) for other in marks].count(True) == 1
        assert is_near_equal(mark, input_hash(again.getvalue()))
