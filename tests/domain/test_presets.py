import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from visualizer_core.domain.presets import (
    PictureFacts,
    Preset,
    builtin_presets,
    find_preset,
    judge,
    load_presets,
)
from visualizer_core.errors import InvalidInput

# The table of channels, as agreed: pixels, ratio, formats, most bytes.
AGREED: dict[str, tuple[int | None, int | None, str | None, str, int | None]] = {
    "original": (None, None, None, "", None),
    "amazon-main": (2000, 2000, "1:1", "jpeg", 10_000_000),
    "amazon-lifestyle": (2000, 2000, "1:1", "jpeg", 10_000_000),
    "google-merchant": (1500, 1500, "1:1", "jpeg png webp", 16_000_000),
    "google-lifestyle": (1500, 1500, None, "jpeg png", None),
    "shopify": (2048, 2048, "1:1", "webp jpeg", 20_000_000),
    "meta-catalog": (1024, 1024, "1:1", "jpeg png", 8_000_000),
    "instagram-feed": (1080, 1350, "4:5", "jpeg", None),
    "instagram-story": (1080, 1920, "9:16", "jpeg", None),
    "facebook-link": (1200, 630, "1.91:1", "jpeg", None),
    "pinterest-pin": (1000, 1500, "2:3", "jpeg", None),
    "tiktok-shop": (800, 800, "1:1", "jpeg", 5_000_000),
    "etsy": (3000, 2400, "5:4", "jpeg", None),
    "ebay": (1600, 1600, "1:1", "jpeg", None),
    "walmart": (2000, 2000, "1:1", "jpeg", 5_000_000),
    "web-hero": (2560, 1440, "16:9", "webp jpeg", None),
    "og": (1200, 630, "1.91:1", "webp jpeg", None),
    "print-a4": (3508, 2480, "1.414:1", "png tiff", None),
}
BIG = PictureFacts(width=4096, height=4096)


def codes(preset_id: str, picture: PictureFacts) -> set[str]:
    return {finding.code for finding in judge(find_preset(preset_id), picture).findings}


def test_the_presets_are_those_agreed() -> None:
    found = {
        preset.id: (
            preset.width,
            preset.height,
            preset.ratio,
            " ".join(preset.formats),
            preset.max_bytes,
        )
        for preset in builtin_presets()
    }

    assert found == AGREED


@pytest.mark.parametrize("preset", builtin_presets(), ids=lambda preset: preset.id)
def test_the_pixels_of_a_preset_have_its_ratio(preset: Preset) -> None:
    ratio = preset.ratio_value()
    if ratio is not None and preset.width is not None and preset.height is not None:
        assert preset.width / preset.height == pytest.approx(ratio, rel=0.003)


def test_the_original_takes_everything() -> None:
    assert judge(find_preset("original"), PictureFacts(width=10, height=900)).findings == ()


def test_amazons_main_image_refuses_generated_pictures_and_says_what_to_use() -> None:
    verdict = judge(find_preset("amazon-main"), BIG)

    assert not verdict.allowed
    assert "real photo" in verdict.reason
    assert "amazon-lifestyle" in verdict.reason
    photo = PictureFacts(width=4096, height=4096, generated=False)
    assert judge(find_preset("amazon-main"), photo).allowed


@pytest.mark.parametrize("preset_id", ["google-merchant", "google-lifestyle"])
def test_google_wants_the_source_tag_on_generated_pictures(preset_id: str) -> None:
    untagged = PictureFacts(width=4096, height=4096, has_source_tag=False)
    photo = PictureFacts(width=4096, height=4096, has_source_tag=False, generated=False)

    assert judge(find_preset(preset_id), BIG).allowed
    assert not judge(find_preset(preset_id), untagged).allowed
    assert judge(find_preset(preset_id), photo).allowed


def test_the_ninth_lifestyle_picture_of_a_product_is_refused() -> None:
    eighth = PictureFacts(width=4096, height=4096, position=8)
    ninth = PictureFacts(width=4096, height=4096, position=9)

    assert judge(find_preset("amazon-lifestyle"), eighth).allowed
    assert "this is number 9" in judge(find_preset("amazon-lifestyle"), ninth).reason


def test_enlarging_is_said_and_not_silent() -> None:
    small = PictureFacts(width=1024, height=1024)

    assert codes("shopify", small) == {"upscaled"}
    assert judge(find_preset("shopify"), small).allowed
    assert codes("shopify", PictureFacts(width=2048, height=2048)) == set()


def test_without_a_fixed_ratio_a_smaller_picture_is_left_as_it_is() -> None:
    assert codes("google-lifestyle", PictureFacts(width=800, height=600)) == set()


def test_etsy_refuses_what_is_too_small() -> None:
    assert codes("etsy", PictureFacts(width=3000, height=1999)) == {"too_small"}
    assert judge(find_preset("etsy"), PictureFacts(width=3000, height=2400)).allowed


def test_mixed_ratios_of_one_product_are_pointed_out_for_shopify() -> None:
    mixed = PictureFacts(width=2048, height=2048, sibling_ratios=(1.0, 4 / 3))
    alike = PictureFacts(width=2048, height=2048, sibling_ratios=(1.0, 1.01))

    assert codes("shopify", mixed) == {"mixed_ratios"}
    assert codes("shopify", alike) == set()
    assert codes("ebay", PictureFacts(width=2048, height=2048, sibling_ratios=(2.0,))) == set()


def test_a_story_is_told_when_the_product_is_covered() -> None:
    inside = PictureFacts(width=1080, height=1920, product_box=(0.1, 0.2, 0.9, 0.75))
    below = PictureFacts(width=1080, height=1920, product_box=(0.1, 0.2, 0.9, 0.85))

    assert codes("instagram-story", inside) == set()
    assert codes("instagram-story", below) == {"not_clear"}


def test_a_photo_with_a_small_product_is_pointed_out_for_amazon() -> None:
    small = PictureFacts(width=2000, height=2000, generated=False, product_box=(0.3, 0.3, 0.7, 0.7))

    assert codes("amazon-main", small) == {"product_small"}


def test_an_unknown_preset_names_those_there_are() -> None:
    with pytest.raises(InvalidInput, match="amazon-main"):
        find_preset("amazon")


@pytest.mark.parametrize(
    "change",
    [
        {"height": None},
        {"refuses_generated": True},
        {"formats": ["gif"]},
        {"ratio": "square"},
        {"id": "../x"},
        {"colour": "srgb"},
    ],
)
def test_a_row_with_a_mistake_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    row: dict[str, object] = {
        "id": "shop",
        "label": "Shop",
        "width": 10,
        "height": 10,
        "ratio": "1:1",
        "formats": ["jpeg"],
        "max_bytes": None,
    }
    path = tmp_path / "presets.json"
    path.write_text(json.dumps([row]))
    assert load_presets(path)[0].id == "shop"

    path.write_text(json.dumps([row | change]))
    with pytest.raises(ValidationError):
        load_presets(path)


def test_two_rows_with_one_id_are_refused(tmp_path: Path) -> None:
    row = builtin_presets()[0].model_dump()
    path = tmp_path / "presets.json"
    path.write_text(json.dumps([row, row]))

    with pytest.raises(InvalidInput, match="same id"):
        load_presets(path)
