"""What comes out is upright sRGB pixels and nothing else of the file."""

from typing import Literal

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageCms, ImageStat, JpegImagePlugin, PngImagePlugin

from tests.imaging.pictures import (
    RED,
    SCRIPT,
    SECRET,
    decoded,
    encoded,
    exif,
    is_upright,
    jpeg,
    photo,
    pixel,
    png,
    png_chunk,
    raw_png,
    webp,
    with_segment,
)
from visualizer_core.errors import ImageRejected
from visualizer_core.imaging.normalise import NormalisedImage, normalise

# EXIF orientation to the turn a camera would have made before writing it.
AS_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def codes(image: NormalisedImage) -> set[str]:
    return {note.code for note in image.notes}


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two pictures in grey levels."""
    stat = ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB")))
    return sum(stat.mean) / 3


# ------------------------------------------------------------------ the plain case


def test_an_ordinary_jpeg_is_accepted_without_a_word() -> None:
    image = normalise(jpeg(photo(1200, 900)), "chair.jpg")
    assert (image.outcome, image.notes) == ("accept", ())
    assert (image.mime, image.width, image.height) == ("image/jpeg", 1200, 900)
    assert image.source_format == "JPEG"


def test_encoding_a_clean_jpeg_again_costs_nearly_nothing_of_it() -> None:
    source = jpeg(photo(800, 600), quality=80)
    image = normalise(source, "a.jpg")
    assert difference(decoded(image.data), decoded(source)) < 0.25
    assert len(image.data) < 1.1 * len(source)


def test_the_same_file_always_gives_the_same_bytes() -> None:
    assert normalise(png(), "a.png").sha256 == normalise(png(), "b.png").sha256


def test_a_renamed_file_is_taken_for_what_it_is_and_the_name_is_mentioned() -> None:
    image = normalise(png(), "chair.jpg")
    assert image.source_format == "PNG"
    assert (image.outcome, codes(image)) == ("accept", {"extension_mismatch"})


# ------------------------------------------------------------------ which way is up


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_comes_out_upright(kind: str, orientation: int) -> None:
    turn = AS_STORED.get(orientation)
    stored = photo() if turn is None else photo().transpose(turn)
    image = normalise(encoded(stored, kind, exif=exif(orientation)), "a")
    assert (image.width, image.height) == (400, 300)
    assert is_upright(decoded(image.data))
    assert ("orientation_applied" in codes(image)) == (orientation > 1)


@pytest.mark.parametrize("orientation", [2, 3, 5, 6])
def test_turning_a_jpeg_costs_nearly_nothing_of_it(orientation: int) -> None:
    upright = decoded(jpeg(photo(800, 608), quality=80))
    stored = jpeg(upright.transpose(AS_STORED[orientation]), quality=80, exif=exif(orientation))
    image = normalise(stored, "a.jpg")
    assert difference(decoded(image.data), upright) < 0.6
    assert len(image.data) < 1.1 * len(stored)


def test_a_quarter_turn_turns_the_quantisation_as_well() -> None:
    table = [4 + column for _ in range(8) for column in range(8)]
    stored = encoded(photo(), "JPEG", qtables=[table, table], exif=exif(6))
    out = decoded(normalise(stored, "a.jpg").data)
    assert isinstance(out, JpegImagePlugin.JpegImageFile)
    assert list(out.quantization[0]) == [4 + row for row in range(8) for _ in range(8)]


BROKEN_EXIF = {
    "orientation 99": exif(99),
    "noise": b"Exif\0\0" + bytes(range(7, 250)) * 9,
    "points outside": b"Exif\0\0II*\0\xff\xff\xff\x7f",
}


@pytest.mark.parametrize("block", BROKEN_EXIF.values(), ids=BROKEN_EXIF)
def test_broken_camera_data_never_costs_the_picture(block: bytes) -> None:
    image = normalise(with_segment(jpeg(), 0xE1, block.ljust(60, b"\0")), "a.jpg")
    assert is_upright(decoded(image.data))
    assert codes(image) == {"exif_ignored"}


def test_camera_data_that_points_at_itself_never_costs_the_picture() -> None:
    loop = b"Exif\0\0II*\0\x08\0\0\0\x02\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0"
    image = normalise(with_segment(jpeg(), 0xE1, loop.ljust(60, b"\0")), "a.jpg")
    assert is_upright(decoded(image.data))


def test_empty_camera_data_is_not_called_damaged() -> None:
    empty = b"Exif\0\0II*\0\x08\0\0\0\0\0" + bytes(8)
    assert normalise(with_segment(jpeg(), 0xE1, empty), "a.jpg").notes == ()


# ------------------------------------------------------------------ nothing survives


def _secretive() -> dict[str, bytes]:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", SCRIPT.decode())
    info.add_text("Hidden", SECRET.decode(), zip=True)
    info.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    plain = jpeg()
    loaded = jpeg(exif=exif(1, secret=True), comment=SECRET)
    loaded = with_segment(loaded, 0xE1, b"http://ns.adobe.com/xap/1.0/\0<x>" + SECRET + b"</x>")
    loaded = with_segment(loaded, 0xED, b"Photoshop 3.0\x008BIM\4\4\0\0\0\0\0\x20" + SECRET)
    return {
        "every JPEG segment": with_segment(loaded, 0xFE, SECRET),
        "JPEG with a ZIP behind it": plain + b"PK\3\4" + SECRET,
        "JPEG that is a PDF too": with_segment(plain, 0xFE, b"%PDF-1.4 " + SCRIPT + SECRET),
        "every PNG text": png(pnginfo=info) + SCRIPT + SECRET,
        "WebP": webp(exif=exif(1, secret=True), xmp=SECRET),
        "TIFF": encoded(photo(), "TIFF", description=SECRET.decode()),
        "GIF comment": encoded(photo(), "GIF", comment=SECRET),
    }


@pytest.mark.parametrize(("what", "data"), _secretive().items(), ids=_secretive())
def test_nothing_but_pixels_comes_out(what: str, data: bytes) -> None:
    assert SECRET in data or SECRET in decoded_texts(data), what
    image = normalise(data, "a")
    assert SECRET not in image.data
    assert b"<script" not in image.data
    out = decoded(image.data)
    assert not out.getexif()
    assert not {"icc_profile", "comment", "xmp", "photoshop"} & out.info.keys()
    assert is_upright(out)


def decoded_texts(data: bytes) -> bytes:
    """All texts of a PNG, the compressed ones unpacked."""
    return repr(decoded(data).info).encode()


def test_a_removed_location_is_mentioned() -> None:
    assert "location_removed" in codes(normalise(jpeg(exif=exif(1, secret=True)), "a.jpg"))


def test_pixels_hidden_under_full_transparency_are_wiped() -> None:
    picture = photo().convert("RGBA")
    picture.putalpha(Image.new("L", picture.size, 0))
    picture.paste((9, 9, 9, 255), (100, 100, 300, 200))
    out = decoded(normalise(png(picture), "a.png").data)
    assert pixel(out, 5, 5) == (255, 255, 255, 0)
    assert pixel(out, 150, 150) == (9, 9, 9, 255)


# ------------------------------------------------------------------ formats and modes


@pytest.mark.parametrize("kind", ["AVIF", "TIFF", "GIF", "BMP"])
def test_what_shops_do_not_show_is_converted_and_said(kind: str) -> None:
    image = normalise(encoded(photo(), kind), "a")
    assert image.outcome == "normalise"
    assert "format_converted" in codes(image)
    assert is_upright(decoded(image.data))


def test_only_the_first_picture_of_an_animation_is_used() -> None:
    frames = [photo().rotate(90), photo().rotate(180)]
    for kind in ("PNG", "WEBP", "GIF"):
        data = encoded(photo(), kind, save_all=True, append_images=frames)
        image = normalise(data, "a")
        assert "animation_dropped" in codes(image), kind
        assert is_upright(decoded(image.data)), kind


def test_only_the_first_picture_of_a_stereo_photo_is_used() -> None:
    both = encoded(photo(), "MPO", save_all=True, append_images=[photo(200, 150)])
    image = normalise(both, "a.jpg")
    assert codes(image) == {"other_pictures_dropped"}
    assert (image.width, image.height) == (400, 300)


def test_transparency_is_kept() -> None:
    picture = photo().convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    image = normalise(png(picture), "a.png")
    assert image.mime == "image/png"
    out = decoded(image.data)
    assert out.mode == "RGBA"
    assert out.getchannel("A").tobytes() == picture.getchannel("A").tobytes()


def test_an_alpha_channel_that_hides_nothing_is_dropped() -> None:
    image = normalise(png(photo().convert("RGBA")), "a.png")
    assert (image.mime, image.outcome) == ("image/jpeg", "accept")


def _palette_with_key() -> bytes:
    return png(photo().quantize(16), transparency=0)


@pytest.mark.parametrize(
    "data",
    [
        _palette_with_key(),
        png(photo(), transparency=RED),
        png(photo(mode="L"), transparency=pixel(photo(mode="L").convert("RGB"), 5, 5)[0]),
        encoded(photo().quantize(16), "GIF", transparency=0),
    ],
    ids=["palette", "RGB key", "grey key", "GIF"],
)
def test_a_transparent_colour_becomes_real_transparency(data: bytes) -> None:
    image = normalise(data, "a")
    assert "transparency_expanded" in codes(image)
    low, high = decoded(image.data).getchannel("A").getextrema()
    assert (low, high) == (0, 255)


def test_grey_with_alpha_keeps_both() -> None:
    picture = Image.merge("LA", (Image.new("L", (99, 99), 100), Image.new("L", (99, 99), 128)))
    assert pixel(decoded(normalise(png(picture), "a.png").data), 50, 50) == (100, 100, 100, 128)


@pytest.mark.parametrize("colour", [0, 2], ids=["grey", "RGB"])
def test_sixteen_bits_are_scaled_not_clipped(colour: int) -> None:
    row = b"\x80\x00" * (100 if colour == 0 else 300)
    image = normalise(raw_png(100, 100, bits=16, colour=colour, row=row), "a.png")
    assert "depth_reduced" in codes(image)
    assert pixel(decoded(image.data), 50, 50) == (128, 128, 128)


def test_a_sixteen_bit_transparent_colour_becomes_real_transparency() -> None:
    key = png_chunk(b"tRNS", b"\x80\x34" * 3)
    data = raw_png(100, 90, bits=16, colour=2, before=key, row=b"\x80\x34" * 150 + b"\x20\0" * 150)
    out = decoded(normalise(data, "a.png").data)
    assert pixel(out, 10, 50)[3] == 0
    assert pixel(out, 90, 50) == (32, 32, 32, 255)


def test_a_sixteen_bit_tiff_is_scaled_not_clipped() -> None:
    values = np.linspace(0, 65_535, 200 * 100).reshape(100, 200).astype(np.uint16)
    out = decoded(normalise(encoded(Image.fromarray(values), "TIFF"), "a.tif").data)
    assert pixel(out, 100, 50)[0] == pytest.approx(128, abs=3)
    assert pixel(out, 100, 99)[0] > 250


def test_a_linear_png_is_brightened_to_srgb() -> None:
    linear = raw_png(
        99, 99, before=png_chunk(b"gAMA", (100_000).to_bytes(4, "big")), row=b"\x37" * 99
    )
    image = normalise(linear, "a.png")
    assert "gamma_applied" in codes(image)
    assert pixel(decoded(image.data), 50, 50)[0] == pytest.approx(127, abs=2)


def test_float_pixels_are_refused_with_a_remedy() -> None:
    with pytest.raises(ImageRejected, match="Export it with 8 or 16 bits") as refusal:
        normalise(encoded(photo(mode="F"), "TIFF"), "a.tif")
    assert refusal.value.code == "unsupported_depth"


def test_a_tiff_with_a_small_preview_is_one_page() -> None:
    preview = photo(200, 150)
    preview.encoderinfo = {"tiffinfo": {254: 1}}
    data = encoded(photo(), "TIFF", save_all=True, append_images=[preview])
    assert normalise(data, "a.tif").width == 400


def test_a_tiff_with_two_pages_is_refused() -> None:
    data = encoded(photo(), "TIFF", save_all=True, append_images=[photo()])
    with pytest.raises(ImageRejected, match="several pages"):
        normalise(data, "a.tif")


def test_a_camera_raw_file_that_looks_like_a_tiff_is_refused() -> None:
    data = encoded(photo(), "TIFF", tiffinfo={50706: b"\1\4\0\0"})
    with pytest.raises(ImageRejected) as refusal:
        normalise(data, "IMG_1.dng")
    assert refusal.value.code == "type_raw"


# ------------------------------------------------------------------ colours


def _made(space: Literal["LAB", "sRGB"]) -> ImageCms.ImageCmsProfile:
    made = ImageCms.createProfile(space)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # Pillow leaves its type open
    return ImageCms.ImageCmsProfile(made)  # pyright: ignore[reportUnknownArgumentType]  # the same


def _profile(space: Literal["LAB", "sRGB"] = "sRGB") -> bytes:
    return _made(space).tobytes()


def _wide_gamut() -> bytes:
    """The sRGB profile with red and green swapped: easy to see and easy to undo."""
    profile = bytearray(_profile())
    red, green = profile.find(b"rXYZ"), profile.find(b"gXYZ")
    profile[red + 4 : red + 8], profile[green + 4 : green + 8] = (
        profile[green + 4 : green + 8],
        profile[red + 4 : red + 8],
    )
    return bytes(profile)


def test_an_embedded_profile_is_applied() -> None:
    image = normalise(png(Image.new("RGB", (99, 99), (0, 250, 0)), icc_profile=_wide_gamut()), "a")
    assert "colour_converted" in codes(image)
    red, green, _ = pixel(decoded(image.data), 50, 50)
    assert red > 240
    assert green < 15


def test_a_profile_that_is_srgb_changes_nothing_and_is_not_mentioned() -> None:
    image = normalise(jpeg(icc_profile=_profile()), "a.jpg")
    assert (image.outcome, image.notes) == ("accept", ())
    assert image.data == normalise(jpeg(), "a.jpg").data


@pytest.mark.parametrize(
    ("profile", "code"),
    [
        (b"not a profile at all" * 20, "icc_mode_mismatch"),
        (_profile()[:300], "icc_ignored"),
        (_profile() + bytes(3_000_000), "icc_too_big"),
        (_profile("LAB"), "icc_mode_mismatch"),
    ],
    ids=["noise", "cut off", "3 MB", "of another kind"],
)
def test_a_useless_profile_is_ignored_and_said(profile: bytes, code: str) -> None:
    image = normalise(jpeg(icc_profile=profile), "a.jpg")
    assert codes(image) == {code}
    assert is_upright(decoded(image.data))


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_print_colours_do_not_come_out_inverted(kind: str) -> None:
    image = normalise(encoded(photo().convert("CMYK"), kind), "a")
    assert "cmyk_guessed" in codes(image)
    assert is_upright(decoded(image.data))


def test_lab_colours_are_converted() -> None:
    lab = ImageCms.profileToProfile(
        photo(),
        _made("sRGB"),
        _made("LAB"),
        outputMode="LAB",
    )
    assert lab is not None
    image = normalise(encoded(lab, "TIFF"), "a.tif")
    assert "colour_converted" in codes(image)
    assert difference(decoded(image.data), photo()) < 3
