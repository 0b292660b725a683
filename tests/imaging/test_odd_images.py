"""The collected odd files come out as people agreed, in the sandbox."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageStat

from tests.imaging.pictures import decoded, pixel
from visualizer_core.imaging.folder import ImageCheck, check_folder
from visualizer_core.imaging.normalise import normalise
from visualizer_core.imaging.sandbox import Sandbox


@pytest.fixture(scope="module")
def checks(shared_data: Path, sandbox: Sandbox) -> dict[str, ImageCheck]:
    return {check.name: check for check in check_folder(shared_data / "odd_images", sandbox)}


def test_every_odd_file_comes_out_as_agreed(
    checks: dict[str, ImageCheck], expected_outcomes: dict[str, str]
) -> None:
    assert len(expected_outcomes) == 75
    assert {name: check.outcome for name, check in checks.items()} == expected_outcomes


def test_every_refusal_names_the_file_and_a_remedy(checks: dict[str, ImageCheck]) -> None:
    for check in checks.values():
        if check.outcome == "reject":
            assert check.message.startswith(f"“{check.name}” ")
            assert check.message.count(".") >= 2, check.message


def test_every_conversion_is_stated(checks: dict[str, ImageCheck]) -> None:
    for check in checks.values():
        assert (check.outcome == "accept") == (check.code == "ok"), check
        assert check.message or check.outcome == "accept"


# What the collection says about single files, beyond their outcome.
STATED = {
    "anim_photo_41f.apng": "animation_dropped",
    "apng_bad_num_frames.png": "animation_dropped",
    "camera_mpo_bad_header.jpg": "other_pictures_dropped",
    "cmyk_no_profile.jpg": "cmyk_guessed",
    "cmyk_swop_icc.jpg": "colour_converted",
    "exif_corrupt.jpg": "exif_ignored",
    "exif_invalid.jpg": "exif_ignored",
    "heic_empty_icc.heic": "other_pictures_dropped",
    "icc_broken_profile.jpg": "icc_mode_mismatch",
    "icc_multi_segment_progressive.jpg": "colour_converted",
    "lab_tiff_10px.tif": "colour_converted",
    "phone_displayp3_4032.heic": "colour_converted",
    "png16_grey_trns.png": "depth_reduced",
    "png_grey_alpha.png": "grey_converted",
    "shop_on_silhouette.jpg": "large_black_area",
    "tiff16_rgba_premultiplied.tiff": "format_converted",
    "ultrahdr_gain_map_4k.jpg": "other_pictures_dropped",
    "webp_icc_exif.webp": "metadata_removed",
}


def test_the_stated_conversion_is_the_right_one(checks: dict[str, ImageCheck]) -> None:
    for name, code in STATED.items():
        assert code in {note.code for note in checks[name].notes}, name


REFUSED = {
    "bomb_20000x14000_grey.jpg": "too_many_pixels",
    "bomb_44bytes_65535x66601.gif": "too_many_pixels",
    "bomb_65536x65536.png": "too_many_pixels",
    "damaged_data_stream.png": "corrupt",
    "damaged_empty_0bytes.heic": "empty",
    "damaged_truncated_2725px.jpg": "corrupt",
    "damaged_utf8_mojibake_product.jpg": "type_mangled",
    "png_1bit_scan.png": "document",
    "shop_16_up_collage.jpg": "collage",
    "tiff_multipage_fax.tif": "fax",
    "vector_svg_embeds_images.svg": "type_svg",
}


def test_the_stated_reason_is_the_right_one(checks: dict[str, ImageCheck]) -> None:
    assert {name: checks[name].code for name in REFUSED} == REFUSED


@pytest.mark.parametrize("shape", ["landscape", "portrait"])
def test_a_photo_in_all_its_turns_comes_out_the_same(shared_data: Path, shape: str) -> None:
    files = sorted((shared_data / "odd_images").glob(f"exif_{shape}_*.jpg"))
    pictures = [decoded(normalise(file.read_bytes(), file.name).data) for file in files]
    assert len(pictures) >= 5
    assert {p.size for p in pictures} == {(1800, 1200) if shape == "landscape" else (1200, 1800)}
    for other in pictures[1:]:
        step = ImageStat.Stat(ImageChops.difference(pictures[0].reduce(8), other.reduce(8))).mean
        assert max(step) < 3  # the printed digit and their encoder; 30 and more when turned


def _result(shared_data: Path, name: str) -> Image.Image:
    return decoded(normalise((shared_data / "odd_images" / name).read_bytes(), name).data)


def test_inverted_inks_show_red_letters_on_black(shared_data: Path) -> None:
    picture = np.asarray(_result(shared_data, "cmyk_adobe_inverted.jpg")).astype(int)
    assert np.median(picture) < 20
    assert (picture[..., 0] - picture[..., 1]).max() > 150


def test_premultiplied_alpha_is_divided_out(shared_data: Path) -> None:
    pixels = np.asarray(_result(shared_data, "tiff16_rgba_premultiplied.tiff")).astype(int)
    faint = pixels[(pixels[..., 3] > 20) & (pixels[..., 3] < 128)]
    assert len(faint)
    # Premultiplied colours could never be brighter than their alpha.
    assert (faint[:, :3].max(axis=1) > faint[:, 3]).mean() > 0.5


def test_transparent_colours_leave_a_hole(shared_data: Path) -> None:
    for name in ("png16_grey_trns.png", "png_1bit_trns.png", "png_rgb_trns.png"):
        picture = _result(shared_data, name)
        assert pixel(picture, 32, 32)[3] == 0, name
        assert pixel(picture, 1, 1)[3] == 255, name


def test_a_display_p3_photo_is_reduced_and_in_srgb(checks: dict[str, ImageCheck]) -> None:
    check = checks["phone_displayp3_4032.heic"]
    assert (check.width, check.height, check.source_format) == (3072, 2304, "HEIF")
