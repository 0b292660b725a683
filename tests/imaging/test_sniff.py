"""Content decides what a file is, and every refusal says what to do."""

import pytest

from tests.imaging.pictures import encoded, jpeg, photo, png, webp
from visualizer_core.errors import ImageRejected
from visualizer_core.imaging.sniff import Kind, display_name, extension_differs, sniff


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF", "BMP"])
def test_a_format_is_known_by_its_bytes_whatever_it_is_called(kind: str) -> None:
    assert sniff(encoded(photo(), kind), "chair.exe") is Kind(kind)


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1"])
def test_heic_is_known_by_its_brands(brand: bytes) -> None:
    assert sniff(b"\0\0\0\x1cftyp" + brand + b"\0\0\0\0mif1heic" + bytes(80)) is Kind.HEIF


REFUSED = {
    "type_photoshop": b"8BPS\0\1" + bytes(80),
    "type_pdf": b"%PDF-1.7\n" + bytes(80),
    "type_postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n" + bytes(80),
    "type_svg": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>',
    "type_markup": b"<!doctype html><title>404 Not Found</title>",
    "type_jpeg2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(80),
    "type_icon": b"\0\0\1\0\1\0" + bytes(80),
    "type_archive": b"PK\3\4" + bytes(80),
    "type_program": b"\x7fELF" + bytes(80),
    "type_media": b"\0\0\0\x20ftypisom" + bytes(80),
    "type_mangled": "\ufffd\ufffd\ufffd\ufffd\0\x10JFIF".encode() + bytes(80),
    "type_unknown": b"hello world " * 9,
    "empty": b"",
}


@pytest.mark.parametrize(("code", "data"), REFUSED.items(), ids=REFUSED)
def test_what_is_no_photo_is_refused_by_name_with_a_remedy(code: str, data: bytes) -> None:
    with pytest.raises(ImageRejected) as refusal:
        sniff(data, "folder/chair.jpg")
    assert refusal.value.code == code
    assert str(refusal.value).startswith("“chair.jpg” ")
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize("kind", ["ICO", "PPM", "TGA", "DDS", "JPEG2000", "QOI", "PCX", "SGI"])
def test_formats_pillow_could_read_but_nobody_sends_are_refused(kind: str) -> None:
    with pytest.raises(ImageRejected):
        sniff(encoded(photo(128, 128), kind), "a.jpg")


def test_text_that_begins_like_a_bitmap_is_not_one() -> None:
    with pytest.raises(ImageRejected):
        sniff(b"BMW makes cars, and this is a letter about one of them.")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("C:\\photos\\chair.jpg", "chair.jpg"),
        ("../../etc/passwd", "passwd"),
        ("gnp.\u202eexe", "gnp.exe"),
        ("a\0b\r\n.png", "ab.png"),
        ("", "picture"),
        ("...", "picture"),
    ],
)
def test_a_name_is_shown_without_folders_and_tricks(given: str, shown: str) -> None:
    assert display_name(given) == shown


def test_a_long_name_keeps_its_ending() -> None:
    shown = display_name("x" * 300 + ".heic")
    assert len(shown) == 120
    assert shown.endswith(".heic")


def test_a_wrong_ending_is_noticed_and_a_missing_one_is_not_wrong() -> None:
    assert extension_differs("chair.png", sniff(jpeg()))
    assert not extension_differs("chair.JPG", sniff(jpeg()))
    assert not extension_differs("chair", sniff(png()))
    assert extension_differs("chair.jpg", sniff(webp()))
