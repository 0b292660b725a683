"""The sample catalogue the project draws itself."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from visualizer_core.errors import InvalidInput
from visualizer_core.imaging.cutout import cut_out
from visualizer_core.imaging.raster import Pixels
from visualizer_core.local.compositor.room import read_room
from visualizer_core.local.sample import SampleCatalogue, write_sample
from visualizer_core.local.sample.products import PRODUCTS
from visualizer_core.local.sample.writer import is_stale, pictures_to_draw

COLUMNS = [
    "sku",
    "name",
    "category",
    "description",
    "width_cm",
    "depth_cm",
    "height_cm",
    "price",
    "currency",
    "tags",
    "image_file",
]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> SampleCatalogue:
    """The sample, drawn once."""
    return write_sample(tmp_path_factory.mktemp("sample"))


def rows(sample: SampleCatalogue) -> list[dict[str, str]]:
    with sample.catalogue.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def pixels(path: Path) -> Pixels:
    with Image.open(path) as opened:
        return np.array(opened.convert("RGB"), dtype=np.uint8)


def test_the_catalogue_has_the_columns_of_a_plain_import(sample: SampleCatalogue) -> None:
    listed = rows(sample)
    assert list(listed[0]) == COLUMNS
    assert len(listed) >= 24
    assert len({row["sku"] for row in listed}) == len(listed)
    for row in listed:
        assert all(row[column] for column in COLUMNS)
        assert float(row["price"]) > 0
        assert min(float(row[f"{side}_cm"]) for side in ("width", "depth", "height")) > 0


def test_every_product_has_a_photo_named_by_its_sku(sample: SampleCatalogue) -> None:
    names = {path.name for path in sample.photos.iterdir()}
    assert names == {f"{row['sku']}.jpg" for row in rows(sample)}
    assert names == {row["image_file"] for row in rows(sample)}


def test_photos_show_a_product_on_white_that_can_be_cut_out(sample: SampleCatalogue) -> None:
    sure = 0
    for path in sorted(sample.photos.iterdir()):
        image = pixels(path)
        assert min(image.shape[:2]) >= 700
        assert float(np.median(image[:8])) > 245
        cut = cut_out(image)
        share = float((cut.rgba[:, :, 3] > 127).mean())
        assert 0.02 < share < 0.75, path.name
        sure += cut.uncertainty < 0.2
    assert sure >= 0.9 * len(PRODUCTS)


def test_no_two_photos_are_alike(sample: SampleCatalogue) -> None:
    small = [
        np.asarray(Image.fromarray(pixels(path)).resize((24, 24)), dtype=np.float32)
        for path in sorted(sample.photos.iterdir())
    ]
    for index, one in enumerate(small):
        assert all(float(np.abs(one - other).mean()) > 1.5 for other in small[:index])


def test_sizes_in_the_catalogue_are_those_of_the_things_drawn() -> None:
    for product in PRODUCTS:
        extent = np.ptp(product.model().points, axis=0)
        allowed = np.maximum(1.5, 0.035 * np.array(product.size_cm))
        assert (np.abs(extent - np.array(product.size_cm)) <= allowed).all(), product.sku


def test_rooms_are_large_different_and_credited(sample: SampleCatalogue) -> None:
    listed = json.loads((sample.rooms / "credits.json").read_text(encoding="utf-8"))
    assert len(listed) >= 6
    assert {row["file"] for row in listed} == {path.name for path in sample.rooms.glob("*.jpg")}
    for row in listed:
        assert set(row) == {"file", "description", "tags", "photographer", "colour"}
        assert row["colour"].startswith("#")
        image = pixels(sample.rooms / row["file"])
        assert image.shape[1] >= 1280
        assert float(image.std()) > 18, "a room with light and shade"
        assert 95 < float(image.mean()) < 225, "well exposed"
    assert len({row["tags"][0] for row in listed}) >= 6


def test_most_rooms_have_an_open_floor_to_put_things_on(sample: SampleCatalogue) -> None:
    free = [
        float((read_room(pixels(path)).floor > 0.5).mean()) for path in sample.rooms.glob("*.jpg")
    ]
    assert sum(share > 0.08 for share in free) >= len(free) - 2


def test_writing_again_changes_nothing_and_mends_what_is_missing(sample: SampleCatalogue) -> None:
    folder = sample.catalogue.parent
    photo = sample.photos / f"{PRODUCTS[0].sku}.jpg"
    before = {path: path.stat().st_mtime_ns for path in sample.photos.iterdir() if path != photo}
    drawn = photo.read_bytes()
    photo.unlink()
    again = write_sample(folder, workers=1)
    assert again == sample
    assert photo.read_bytes() == drawn
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert not list(folder.rglob(".*"))


def test_a_sample_of_another_version_is_made_anew(sample: SampleCatalogue, tmp_path: Path) -> None:
    kept = pictures_to_draw(sample, stale=False)
    anew = pictures_to_draw(sample, stale=True)
    assert kept == []
    assert len(anew) == len(PRODUCTS) + len(list(sample.rooms.glob("*.jpg")))
    (tmp_path / "version").write_text("older", encoding="utf-8")
    assert is_stale(tmp_path)
    assert not is_stale(sample.catalogue.parent)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file, not a folder", encoding="utf-8")
    with pytest.raises(InvalidInput, match="taken"):
        write_sample(taken)
