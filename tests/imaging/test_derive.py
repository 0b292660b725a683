"""Thumbnails and provider inputs: small, right, and never larger than asked."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image, ImageChops, ImageStat

from tests.imaging.pictures import decoded, encoded, exif, is_upright, jpeg, photo, pixel, png, webp
from visualizer_core.errors import ImageRejected
from visualizer_core.imaging import gate
from visualizer_core.imaging.derive import probe, provider_input, thumbnail


@pytest.mark.parametrize(
    "data", [jpeg(photo(1024, 768)), png(photo(1024, 768)), webp(photo(1024, 768))]
)
def test_a_thumbnail_is_a_webp_of_the_width_asked_for(data: bytes) -> None:
    small = decoded(thumbnail(data, 512))
    assert (small.format, small.size) == ("WEBP", (512, 384))
    assert is_upright(small)


@pytest.mark.parametrize(
    "size", [(1024, 1024), (1025, 700), (1376, 768), (848, 1264), (3072, 2304)]
)
def test_the_reduced_decode_shows_the_same_picture(size: tuple[int, int]) -> None:
    source = photo(*size)
    small = decoded(thumbnail(jpeg(source, quality=95), 512))
    assert small.width == 512
    assert abs(small.height - size[1] * 512 / size[0]) <= 1
    away = ImageChops.difference(
        small.convert("RGB"), source.resize(small.size, Image.Resampling.BOX)
    )
    assert max(ImageStat.Stat(away).mean) < 4


def test_a_thumbnail_is_never_enlarged() -> None:
    assert decoded(thumbnail(jpeg(photo(300, 200)), 512)).size == (300, 200)


def test_a_thumbnail_keeps_transparency() -> None:
    picture = photo(800, 600).convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    small = decoded(thumbnail(png(picture), 256))
    assert small.mode == "RGBA"
    assert pixel(small, 128, 3)[3] < 10
    assert pixel(small, 128, 188)[3] > 245


def test_a_thumbnail_carries_no_metadata() -> None:
    small = decoded(thumbnail(jpeg(exif=exif(1, secret=True), comment=b"secret"), 256))
    assert not small.getexif()


@pytest.mark.parametrize("data", [jpeg()[:3000], png()[:2000], webp()[:500], b"", b"no picture"])
def test_what_is_no_whole_picture_has_no_thumbnail(data: bytes) -> None:
    with pytest.raises(ImageRejected):
        thumbnail(data, 256)


def test_a_jpeg_that_fits_is_sent_as_it_is() -> None:
    data = jpeg(photo(2048, 1024))
    assert provider_input(data) == (data, "image/jpeg")


def test_a_large_picture_is_sent_smaller() -> None:
    sent, mime = provider_input(jpeg(photo(3072, 2304)))
    assert (decoded(sent).size, mime) == ((2048, 1536), "image/jpeg")
    assert is_upright(decoded(sent))


def test_a_cutout_is_sent_on_white() -> None:
    picture = photo(600, 400).convert("RGBA")
    picture.paste((0, 0, 0, 0), (200, 0, 400, 400))
    sent, _ = provider_input(png(picture))
    assert min(pixel(decoded(sent), 300, 200)) > 250
    assert is_upright(decoded(sent))


@pytest.mark.parametrize("size", [(2048, 2048), (3072, 1500)])
def test_even_noise_is_sent_within_the_limit(size: tuple[int, int]) -> None:
    noise = encoded(Image.effect_noise(size, 120).convert("RGB"), "JPEG", quality=98)
    sent, _ = provider_input(noise)
    assert len(sent) <= 1_500_000


def test_a_probe_reads_the_header_only() -> None:
    cut = jpeg(photo(1200, 900))[:2000]
    found = probe(cut)
    assert (found.kind, found.mime, found.width, found.height) == ("JPEG", "image/jpeg", 1200, 900)
    with pytest.raises(ImageRejected):
        probe(cut[:30])


def test_only_so_many_threads_work_on_pixels_at_once() -> None:
    inside, most, counting = 0, 0, threading.Lock()
    full = threading.Barrier(gate.PLACES)

    def work(_: int) -> None:
        nonlocal inside, most
        with gate.pixel_work():
            with counting:
                inside += 1
                most = max(most, inside)
            full.wait(20)
            with counting:
                inside -= 1

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(4 * gate.PLACES)))
    assert most == gate.PLACES
