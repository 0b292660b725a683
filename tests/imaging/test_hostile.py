"""Files made to hurt: each costs at most itself, and little of it. All run in the sandbox."""

import contextlib
import random
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.imaging.pictures import (
    SCRIPT,
    decoded,
    encoded,
    is_upright,
    jpeg,
    many_scans,
    packed_zeros,
    photo,
    png,
    png_chunk,
    raw_png,
    webp,
    with_segment,
)
from visualizer_core.errors import ImageRejected
from visualizer_core.imaging.sandbox import Sandbox, SandboxLimits
from visualizer_core.imaging.sniff import Kind, sniff

GREY_ROW = b"\x80" * 100


@pytest.fixture(scope="module")
def impatient() -> Iterator[Sandbox]:
    """A sandbox in which anything above two seconds of CPU time is a timeout."""
    with Sandbox(1, SandboxLimits(cpu_seconds=1)) as running:
        yield running


def outcome(sandbox: Sandbox, data: bytes, name: str = "a") -> str:
    """``ok`` or the code of the refusal."""
    try:
        sandbox.normalise(data, name)
    except ImageRejected as refusal:
        return refusal.code
    return "ok"


# ------------------------------------------------------------------ too many pixels


def _huge_jpeg() -> bytes:
    data = bytearray(jpeg())
    at = data.find(b"\xff\xc0")
    data[at + 5 : at + 9] = b"\xff\xdc\xff\xdc"
    return bytes(data)


def _huge_webp() -> bytes:
    body = b"\x2f" + (16_382 | 16_382 << 14).to_bytes(4, "little") + bytes(60)
    chunk = b"VP8L" + len(body).to_bytes(4, "little") + body
    return b"RIFF" + (4 + len(chunk)).to_bytes(4, "little") + b"WEBP" + chunk


def _huge_bmp() -> bytes:
    width = (400).to_bytes(4, "little")
    return encoded(photo(), "BMP").replace(width, b"\0\0\x7f\0", 1)


# Made when needed, not when collected: some take half a second.
PIXEL_BOMBS: dict[str, Callable[[], bytes]] = {
    "900 MP in 109 kB": lambda: raw_png(30_000, 30_000, bits=1, packed=packed_zeros(113_000_000)),
    "2^31-1 squared": lambda: raw_png(2**31 - 1, 2**31 - 1, packed=bytes(100)),
    "a line of 100,000": lambda: raw_png(100_000, 100, bits=1, row=bytes(12_500)),
    "60 megapixels": lambda: raw_png(10_000, 6_000, bits=1, packed=packed_zeros(7_600_000)),
    "JPEG of 65,500": _huge_jpeg,
    "BMP": _huge_bmp,
}


@pytest.mark.parametrize("bomb", PIXEL_BOMBS.values(), ids=PIXEL_BOMBS)
def test_a_pixel_bomb_is_refused_before_it_is_decoded(
    impatient: Sandbox, bomb: Callable[[], bytes]
) -> None:
    data = bomb()
    assert outcome(impatient, data) == "too_many_pixels"


def test_a_webp_of_268_megapixels_is_refused(sandbox: Sandbox) -> None:
    assert outcome(sandbox, _huge_webp()) in {"too_many_pixels", "corrupt"}


def test_twenty_and_48_megapixel_photos_are_no_bombs(sandbox: Sandbox) -> None:
    for size in ((5_184, 3_888), (8_000, 6_000)):
        plain = encoded(Image.new("RGB", size, (200, 180, 160)), "JPEG")
        assert outcome(sandbox, plain, "scan.jpg") == "ok"


# ------------------------------------------------------------------ too much of something else


@pytest.mark.parametrize(("passes", "side"), [(400, 4_000), (100, 4_000), (200, 300)])
def test_a_jpeg_of_hundreds_of_passes_is_refused_unread(
    impatient: Sandbox, passes: int, side: int
) -> None:
    data = many_scans(passes, side)
    assert outcome(impatient, data) == "too_complex"


def test_an_ordinary_progressive_jpeg_is_fine(sandbox: Sandbox) -> None:
    assert outcome(sandbox, jpeg(progressive=True)) == "ok"
    assert outcome(sandbox, many_scans(20)) == "ok"


def _with_chunk(kind: bytes, body: bytes, times: int = 1) -> bytes:
    return raw_png(100, 100, row=GREY_ROW, before=png_chunk(kind, body) * times)


INFLATING: dict[str, Callable[[], bytes]] = {
    "image data of 200 MB": lambda: raw_png(100, 100, packed=packed_zeros(200 << 20)),
    "text of 100 MB": lambda: _with_chunk(b"zTXt", b"c\0\0" + packed_zeros(100 << 20)),
    "profile of 100 MB": lambda: _with_chunk(b"iCCP", b"p\0\0" + packed_zeros(100 << 20)),
    "50,000 texts": lambda: _with_chunk(b"tEXt", b"k\0v", 50_000),
    "2^31-1 frames": lambda: _with_chunk(b"acTL", b"\x7f\xff\xff\xff\0\0\0\0"),
}


@pytest.mark.parametrize("bomb", INFLATING.values(), ids=INFLATING)
def test_what_inflates_costs_little(impatient: Sandbox, bomb: Callable[[], bytes]) -> None:
    data = bomb()
    assert outcome(impatient, data) in {"ok", "corrupt"}


def test_a_file_over_20_mib_is_refused_unread(sandbox: Sandbox) -> None:
    assert outcome(sandbox, jpeg() + bytes(21 << 20)) == "too_many_bytes"


# ------------------------------------------------------------------ two files in one


def _zip() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../../evil.py", SCRIPT)
    return out.getvalue()


POLYGLOTS = {
    "ZIP behind a JPEG": jpeg() + _zip(),
    "PDF in a JPEG": with_segment(jpeg(), 0xFE, b"%PDF-1.4\n1 0 obj<</OpenAction<</JS(x)>>>>"),
    "PHP behind a PNG": png() + b"<?php system($_GET[0]);?>",
    "script in a WebP": webp(xmp=SCRIPT),
    "script behind a GIF": encoded(photo(), "GIF") + SCRIPT,
}


@pytest.mark.parametrize("data", POLYGLOTS.values(), ids=POLYGLOTS)
def test_of_two_files_in_one_only_the_picture_comes_out(sandbox: Sandbox, data: bytes) -> None:
    image = sandbox.normalise(data, "a.php.jpg")
    assert is_upright(decoded(image.data))
    for trace in (b"PK\3\4", b"%PDF", b"<?php", b"<script"):
        assert trace not in image.data


# ------------------------------------------------------------------ damage

WHOLE = {
    "JPEG": jpeg(),
    "PNG": png(),
    "WEBP": webp(),
    "AVIF": encoded(photo(), "AVIF"),
    "GIF": encoded(photo(), "GIF"),
    "BMP": encoded(photo(), "BMP"),
    "TIFF": encoded(photo(), "TIFF", compression="tiff_lzw"),
}


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_picture_cut_off_is_refused_not_shown_half_grey(
    sandbox: Sandbox, kind: str, share: float
) -> None:
    data = WHOLE[kind]
    assert outcome(sandbox, data[: int(len(data) * share)]) == "corrupt"


def test_a_png_with_a_wrong_checksum_is_refused(sandbox: Sandbox) -> None:
    for at in (29, len(WHOLE["PNG"]) // 2):
        data = bytearray(WHOLE["PNG"])
        data[at] ^= 255
        assert outcome(sandbox, bytes(data)) == "corrupt"


def test_mutants_never_do_worse_than_be_refused(sandbox: Sandbox) -> None:
    dice, seen = random.Random(7), set[str]()  # noqa: S311  # repeatable, not secret
    sources = list(WHOLE.values())
    for turn in range(280):
        data = bytearray(sources[turn % len(sources)])
        for _ in range(dice.randrange(1, 30)):
            data[dice.randrange(12, len(data))] = dice.randrange(256)
        seen.add(outcome(sandbox, bytes(data)))
    assert {"ok", "corrupt"} <= seen
    assert not seen & {"crashed", "timeout"}


@given(st.binary(max_size=2_000), st.sampled_from(sorted(WHOLE)))
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_noise_behind_any_header_never_does_worse_than_be_refused(
    sandbox: Sandbox, noise: bytes, kind: str
) -> None:
    assert outcome(sandbox, WHOLE[kind][:40] + noise) not in {"crashed", "timeout"}


@given(st.binary(max_size=600))
@settings(max_examples=300, deadline=None)
def test_sniffing_noise_gives_a_kind_or_a_refusal(noise: bytes) -> None:
    with contextlib.suppress(ImageRejected):
        assert sniff(noise) in Kind
