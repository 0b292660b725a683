"""Cutting products out of their photos."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from visualizer_core.imaging.cutout import Cutout, cut_out
from visualizer_core.imaging.raster import Mask, Pixels, blur

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"

SIDE = 640
RED = (178, 42, 36)


def plain(colour: tuple[int, int, int]) -> Pixels:
    return np.full((SIDE, SIDE, 3), colour, dtype=np.uint8)


def disc(radius: int = 150, at: tuple[int, int] = (320, 300)) -> Mask:
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    return np.asarray((x - at[0]) ** 2 + (y - at[1]) ** 2 < radius**2, dtype=np.bool_)


def painted(background: Pixels, mask: Mask, colour: tuple[int, int, int] = RED) -> Pixels:
    """The mask in a colour with the soft edge of a real photo."""
    cover = blur(mask.astype(np.float32), 0.9)[:, :, None]
    mixed = background * (1 - cover) + np.array(colour, dtype=np.float32) * cover
    return np.asarray(mixed + 0.5, dtype=np.uint8)


def overlap(cut: Cutout, mask: Mask) -> float:
    found = cut.rgba[:, :, 3] > 127
    return float((found & mask).sum() / (found | mask).sum())


def test_a_picture_with_transparency_is_its_own_cutout() -> None:
    mask = disc()
    rgba = np.dstack([plain(RED), mask.astype(np.uint8) * 255])
    cut = cut_out(rgba)
    assert cut.method == "alpha"
    assert cut.uncertainty < 0.1
    assert np.array_equal(cut.rgba, rgba)
    assert cut.box == (171, 151, 470, 450)


def test_an_opaque_alpha_channel_says_nothing_and_the_background_is_removed() -> None:
    mask = disc()
    photo = painted(plain((255, 255, 255)), mask)
    cut = cut_out(np.dstack([photo, np.full((SIDE, SIDE), 255, dtype=np.uint8)]))
    assert cut.method == "flood"
    assert overlap(cut, mask) > 0.98


@pytest.mark.parametrize("colour", [(255, 255, 255), (236, 232, 224), (60, 60, 66), (120, 40, 150)])
def test_a_plain_background_of_any_colour_is_removed(colour: tuple[int, int, int]) -> None:
    mask = disc()
    cut = cut_out(painted(plain(colour), mask))
    assert cut.method == "flood"
    assert overlap(cut, mask) > 0.98
    assert cut.uncertainty < 0.2


def test_a_background_that_darkens_smoothly_is_still_plain() -> None:
    shade = np.linspace(1.0, 0.78, SIDE, dtype=np.float32)[:, None, None]
    background = np.asarray(plain((240, 238, 234)) * shade, dtype=np.uint8)
    mask = disc()
    cut = cut_out(painted(background, mask))
    assert cut.method == "flood"
    assert overlap(cut, mask) > 0.98


def test_no_white_halo_shows_on_a_dark_background() -> None:
    cut = cut_out(painted(plain((255, 255, 255)), disc()))
    alpha = cut.rgba[:, :, 3].astype(np.float32)[:, :, None] / 255
    on_black = cut.rgba[:, :, :3] * alpha
    # Green is at most red's own wherever something shows; white would bring 255.
    assert float(on_black[:, :, 1].max()) < RED[1] + 14


def test_the_edge_is_soft_but_narrow() -> None:
    cut = cut_out(painted(plain((255, 255, 255)), disc()))
    partly = (cut.rgba[:, :, 3] > 12) & (cut.rgba[:, :, 3] < 243)
    outline = 2 * np.pi * 150
    assert 0.8 * outline < float(partly.sum()) < 6 * outline


def test_white_parts_inside_a_product_stay() -> None:
    mask = disc()
    photo = painted(plain((255, 255, 255)), mask)
    label = disc(60)
    photo = painted(photo, label, (255, 255, 255))
    assert float((cut_out(photo).rgba[:, :, 3][label] > 250).mean()) > 0.99


def test_a_gap_between_legs_shows_what_is_behind() -> None:
    photo = plain((255, 255, 255))
    for left, top, right, bottom in (
        (200, 200, 440, 240),
        (200, 240, 222, 520),
        (418, 240, 440, 520),
        (200, 440, 440, 456),
    ):
        photo[top:bottom, left:right] = (96, 66, 44)
    alpha = cut_out(photo).rgba[:, :, 3]
    assert float((alpha[260:420, 240:400] < 10).mean()) > 0.99
    assert float((alpha[210:230, 220:420] > 245).mean()) > 0.99


def test_a_soft_contact_shadow_is_left_behind() -> None:
    mask = disc(at=(320, 300))
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    below = np.exp(-(((x - 320) / 150.0) ** 2) - ((y - 455) / 26.0) ** 2).astype(np.float32)
    background = np.asarray(plain((255, 255, 255)) * (1 - 0.4 * below[:, :, None]), dtype=np.uint8)
    cut = cut_out(painted(background, mask))
    assert float((cut.rgba[:, :, 3][480:, :] > 30).mean()) < 0.002
    assert overlap(cut, mask) > 0.97


def test_a_busy_background_is_cut_by_colour_and_doubted_more() -> None:
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    tiles = ((x // 40 + y // 40) % 2 == 0)[:, :, None]
    busy = np.where(tiles, (60, 90, 130), (150, 170, 190))
    mask = disc()
    cut = cut_out(painted(np.asarray(busy, dtype=np.uint8), mask, (230, 140, 30)))
    assert cut.method == "grabcut"
    assert cut.uncertainty > 0.2
    assert overlap(cut, mask) > 0.8


def test_the_same_picture_is_always_cut_the_same_way() -> None:
    drawn = np.random.default_rng(1)
    photo = drawn.integers(0, 256, (200, 260, 3), dtype=np.uint8)
    assert np.array_equal(cut_out(photo).rgba, cut_out(photo).rgba)


def test_an_empty_picture_is_kept_whole_and_not_trusted() -> None:
    cut = cut_out(plain((255, 255, 255)))
    assert cut.uncertainty == 1.0
    assert cut.box == (0, 0, SIDE, SIDE)


def test_tiny_pictures_are_cut_too() -> None:
    photo = np.full((9, 7, 3), 255, dtype=np.uint8)
    photo[3:6, 2:5] = RED
    assert cut_out(photo).rgba.shape == (9, 7, 4)


def test_real_cutouts_put_on_white_are_found_again() -> None:
    if not SHARED.is_dir():
        pytest.skip("needs ../shared/data beside the checkout")
    with (SHARED / "products.csv").open(encoding="utf-8", newline="") as opened:
        clear = [row for row in csv.DictReader(opened) if row["background"] == "transparent"]
    scores: list[float] = []
    for row in clear:
        with Image.open(SHARED / row["image_file"]) as opened_image:
            rgba = np.array(opened_image.convert("RGBA"), dtype=np.uint8)
        padded = np.pad(rgba, ((40, 40), (40, 40), (0, 0)))
        alpha = padded[:, :, 3:].astype(np.float32) / 255
        flat = np.asarray(padded[:, :, :3] * alpha + 255 * (1 - alpha), dtype=np.uint8)
        scores.append(overlap(cut_out(flat), np.asarray(padded[:, :, 3] > 127, dtype=np.bool_)))
    # White things on white cannot all be found; the typical one is found to the pixel.
    assert float(np.median(scores)) > 0.97
    assert float(np.mean(np.array(scores) > 0.9)) > 0.75
