"""Which sizes and contents are taken, pointed out or refused."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.imaging.pictures import (
    decoded,
    grid_of_things,
    is_upright,
    jpeg,
    photo,
    png,
)
from visualizer_core.errors import ImageRejected
from visualizer_core.imaging.normalise import NormalisedImage, normalise
from visualizer_core.imaging.notes import Level


def codes(image: NormalisedImage) -> set[str]:
    return {note.code for note in image.notes}


def test_a_large_photo_is_reduced_to_what_is_needed() -> None:
    image = normalise(jpeg(photo(4032, 3024)), "IMG_1.jpg")
    assert (image.width, image.height) == (3072, 2304)
    assert codes(image) == {"downscaled"}
    assert is_upright(decoded(image.data))


def test_edges_of_a_reduced_cutout_have_no_dark_fringe() -> None:
    picture = Image.new("RGBA", (4000, 3000), (0, 0, 0, 0))
    picture.paste((250, 250, 250, 255), (1001, 1001, 3001, 2001))
    out = np.asarray(decoded(normalise(png(picture), "a.png").data))
    seen = out[out[..., 3] > 0]
    assert seen[:, :3].min() >= 245


@pytest.mark.parametrize("side", [1, 2, 8])
def test_a_tracking_pixel_is_refused(side: int) -> None:
    with pytest.raises(ImageRejected) as refusal:
        normalise(png(photo(40, 40).resize((side, side))), "pixel.png")
    assert refusal.value.code == "too_small"


def test_a_tiny_picture_is_taken_with_a_warning() -> None:
    image = normalise(png(photo(40, 30)), "a.png")
    assert image.outcome == "normalise"
    assert [n.level for n in image.notes if n.code == "too_small_for_catalogue"] == [Level.WARNING]


def test_a_soft_edged_icon_is_refused_but_a_small_photo_is_not() -> None:
    icon = photo(48, 48).quantize(8)
    with pytest.raises(ImageRejected) as refusal:
        normalise(png(icon, transparency=bytes([0, 128, 255])), "icon.png")
    assert refusal.value.code == "icon"
    assert normalise(png(photo(48, 48)), "small.png").outcome == "normalise"


def test_a_page_scan_is_refused_but_a_small_drawing_is_not() -> None:
    with pytest.raises(ImageRejected) as refusal:
        normalise(png(photo(1700, 2200).convert("1")), "scan.png")
    assert refusal.value.code == "document"
    assert normalise(png(photo().convert("1")), "drawing.png").width == 400


@pytest.mark.parametrize(("columns", "rows"), [(4, 4), (5, 1), (10, 2)])
def test_a_collage_is_refused(columns: int, rows: int) -> None:
    with pytest.raises(ImageRejected, match="separate objects") as refusal:
        normalise(jpeg(grid_of_things(columns, rows)), "all.jpg")
    assert refusal.value.code == "collage"


def test_a_set_of_chairs_is_taken_with_a_warning() -> None:
    image = normalise(jpeg(grid_of_things(3, 2)), "six_chairs.jpg")
    assert codes(image) == {"several_objects"}
    assert image.outcome == "normalise"


def test_a_pair_is_taken_without_a_warning() -> None:
    assert normalise(jpeg(grid_of_things(2, 1)), "pair.jpg").outcome == "accept"


def test_a_silhouette_wearing_the_product_is_pointed_out() -> None:
    picture = Image.new("RGB", (500, 700), "white")
    picture.paste((0, 0, 0), (150, 50, 350, 650))
    picture.paste((150, 120, 90), (120, 250, 380, 500))
    assert "large_black_area" in codes(normalise(jpeg(picture), "bag.jpg"))


def test_a_black_product_on_white_is_not_pointed_out() -> None:
    picture = Image.new("RGB", (500, 500), "white")
    picture.paste((4, 4, 4), (100, 100, 400, 400))
    assert normalise(jpeg(picture), "speaker.jpg").outcome == "accept"


def test_a_plain_colour_is_pointed_out() -> None:
    assert codes(normalise(png(Image.new("RGB", (500, 500), "white")), "a.png")) == {"blank"}


def test_a_picture_that_is_transparent_everywhere_is_refused() -> None:
    with pytest.raises(ImageRejected) as refusal:
        normalise(png(Image.new("RGBA", (500, 500), (9, 9, 9, 0))), "a.png")
    assert refusal.value.code == "invisible"


def test_a_long_strip_is_pointed_out_and_a_line_is_refused() -> None:
    assert "unusual_ratio" in codes(normalise(jpeg(photo(300, 900)), "lamp.jpg"))
    with pytest.raises(ImageRejected) as refusal:
        normalise(jpeg(photo(100, 900)), "line.jpg")
    assert refusal.value.code == "too_narrow"


def test_every_product_and_room_of_the_sample_data_is_usable(shared_data: Path) -> None:
    pictures = [*(shared_data / "products").iterdir(), *(shared_data / "rooms").iterdir()]
    outcomes = {path.name: normalise(path.read_bytes(), path.name) for path in pictures}
    assert len(outcomes) >= 96
    for name, image in outcomes.items():
        assert not [n for n in image.notes if n.level is Level.WARNING], name
        assert Image.open(io.BytesIO(image.data)).size == (image.width, image.height)
