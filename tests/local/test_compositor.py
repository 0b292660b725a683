"""Simulated product-in-room pictures and the facts read from pictures and words."""

import json
from io import BytesIO
from typing import cast

import numpy as np
import pytest
from PIL import Image

from visualizer_core.errors import InvalidInput
from visualizer_core.imaging.raster import Pixels
from visualizer_core.local.compositor import Brief, analyse_product, analyse_scene, compose
from visualizer_core.local.compositor.kinds import all_kinds
from visualizer_core.local.compositor.lexicon import find_kind
from visualizer_core.local.compositor.room import read_room

GREEN = (22, 150, 60)

ROOMS = {
    "Living Room",
    "Bedroom",
    "Dining Room",
    "Kitchen",
    "Bathroom",
    "Home Office",
    "Entryway",
    "Kids Room",
    "Outdoor Patio",
    "Garden",
    "Rooftop Terrace",
    "Poolside Deck",
    "Beach",
    "Studio Set",
    "Cafe",
    "Hotel Lobby",
}


def encoded(image: Pixels, kind: str = "PNG") -> bytes:
    out = BytesIO()
    Image.fromarray(image).save(out, kind)
    return out.getvalue()


def pixels(data: bytes) -> Pixels:
    with Image.open(BytesIO(data)) as opened:
        return np.array(opened.convert("RGB"), dtype=np.uint8)


def product(colour: tuple[int, int, int] = GREEN) -> bytes:
    """A green block with legs on white."""
    image = np.full((500, 500, 3), 255, dtype=np.uint8)
    image[150:360, 110:390] = colour
    image[360:420, 120:140] = image[360:420, 360:380] = colour
    return encoded(image)


def room(wall: tuple[int, int, int] = (196, 200, 206)) -> bytes:
    """A bare room: wall above, a wooden floor below."""
    image = np.empty((800, 1200, 3), dtype=np.uint8)
    image[:520] = wall
    image[520:] = (142, 100, 64)
    image[512:520] = (240, 240, 238)
    return encoded(image, "JPEG")


def brief(noun: str, size: tuple[float, float, float] | None = None, **more: str) -> Brief:
    width, depth, height = size or (None, None, None)
    return Brief(
        width, depth, height, noun, more.get("scene_type", "Living Room"), more.get("placement")
    )


def made(
    noun: str, size: tuple[float, float, float] | None = None, seed: int = 1, **more: str
) -> Pixels:
    return pixels(
        compose(
            product(), room(), width=512, height=512, seed=seed, brief=brief(noun, size, **more)
        )
    )


def green(image: Pixels) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    signed = image.astype(int)
    return (signed[:, :, 1] - signed[:, :, 0] > 40) & (signed[:, :, 1] - signed[:, :, 2] > 30)


def rows_of(image: Pixels) -> tuple[int, int]:
    found = np.flatnonzero(green(image).sum(axis=1) > 4)
    return int(found[0]), int(found[-1])


@pytest.mark.parametrize(("width", "height"), [(512, 512), (640, 360), (360, 640), (1792, 1024)])
def test_the_picture_is_a_jpeg_of_exactly_the_size_asked_for(width: int, height: int) -> None:
    data = compose(product(), room(), width=width, height=height, seed=1, brief=brief("sofa"))
    with Image.open(BytesIO(data)) as opened:
        assert opened.format == "JPEG"
        assert opened.size == (width, height)


def test_the_same_inputs_and_seed_give_the_same_bytes() -> None:
    one, two = (
        compose(product(), room(), width=320, height=320, seed=5, brief=brief("sofa"))
        for _ in range(2)
    )
    assert one == two


def test_another_seed_gives_another_picture() -> None:
    several = {
        compose(product(), room(), width=320, height=320, seed=seed, brief=brief("sofa"))
        for seed in range(4)
    }
    assert len(several) == 4


def test_the_picture_contains_the_product_and_the_room() -> None:
    image = made("sofa", (180, 80, 80))
    assert 0.04 < float(green(image).mean()) < 0.6
    upper = image[:60].reshape(-1, 3).mean(axis=0)
    assert np.abs(upper - np.array([196, 200, 206])).max() < 16


def test_furniture_stands_on_the_floor() -> None:
    _, low = rows_of(made("sofa", (180, 80, 80)))
    assert low > 0.7 * 512


def test_larger_things_are_shown_larger() -> None:
    small = float(green(made("stool", (40, 40, 45))).sum())
    large = float(green(made("sofa", (230, 95, 85))).sum())
    assert large > 1.5 * small


def test_a_picture_hangs_on_the_wall() -> None:
    top, low = rows_of(made("wall art", (60, 3, 60)))
    assert low < 0.72 * 512
    assert top > 8


def test_a_pendant_hangs_from_above() -> None:
    top, low = rows_of(made("pendant lamp", (50, 50, 50)))
    assert top < 0.4 * 512
    assert low < 0.72 * 512


def test_small_things_stand_on_a_table_seen_from_near() -> None:
    image = made("vase", (16, 16, 30))
    top, low = rows_of(image)
    assert low - top > 0.2 * 512
    # The table in front is neither the wall nor the room's brown floor.
    assert np.abs(image[-20, 20].astype(int) - np.array([142, 100, 64])).max() > 12


def test_a_placement_that_is_asked_for_wins() -> None:
    _, low = rows_of(made("vase", (16, 16, 30), placement="wall"))
    assert low < 0.75 * 512


def test_a_shadow_falls_under_the_product() -> None:
    image = made("sofa", (180, 80, 80))
    _, low = rows_of(image)
    columns = np.flatnonzero(green(image).any(axis=0))
    middle = int(columns.mean())
    between_legs = image[low - 8 : low - 2, middle - 30 : middle + 30]
    beside = image[low - 8 : low - 2, : max(4, int(columns[0]) - 60)]
    assert between_legs.mean() < beside.mean() - 12


def test_without_a_scene_a_plain_room_is_drawn() -> None:
    for scene_type in ("Bedroom", "Outdoor Patio", ""):
        data = compose(
            product(),
            None,
            width=400,
            height=400,
            seed=2,
            brief=brief("armchair", scene_type=scene_type),
        )
        image = pixels(data)
        assert image.shape == (400, 400, 3)
        assert float(green(image).mean()) > 0.03
        assert float(image.std()) > 12


def test_every_picture_says_that_it_is_simulated() -> None:
    """The mark is the same for any content: two quite different pictures agree on its letters."""
    corners: list[Pixels] = []
    for colour in ((30, 30, 34), (236, 236, 232)):
        flat = np.full((400, 400, 3), colour, dtype=np.uint8)
        made_of = compose(
            product(), encoded(flat), width=512, height=512, seed=1, brief=brief("vase")
        )
        corners.append(pixels(made_of)[-34:-8, -130:-8])
    for corner in corners:
        grey = corner.mean(axis=2)
        assert float(np.quantile(grey, 0.99)) > 150
        assert float(np.quantile(grey, 0.99) - np.quantile(grey, 0.1)) > 60


def test_the_product_keeps_its_colour_within_what_the_light_explains() -> None:
    image = made("sofa", (180, 80, 80))
    seen = np.median(image[green(image)], axis=0)
    assert np.abs(seen - np.array(GREEN)).max() < 45


def test_a_product_that_cannot_be_cut_out_is_shown_whole() -> None:
    drawn = np.random.default_rng(3)
    lifestyle = drawn.integers(0, 256, (24, 24, 3), dtype=np.uint8).repeat(20, 0).repeat(20, 1)
    image = pixels(
        compose(encoded(lifestyle), room(), width=512, height=512, seed=1, brief=brief("sofa"))
    )
    # All its colours are there: the spread of the noise, framed.
    assert float(image[150:300, 180:330].std()) > 45


def test_unreadable_bytes_are_refused_with_a_message() -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        compose(b"no picture", None, width=64, height=64, seed=1, brief=brief("sofa"))
    with pytest.raises(InvalidInput, match="cannot be read"):
        analyse_scene(b"", "a room")


@pytest.mark.parametrize(
    ("name", "noun"),
    [
        ("TV stand", "tv stand"),
        ("Sofa 2 seats", "sofa"),
        ("Brass lamp with a round table", "lamp"),
        ("Esstisch Eiche", "dining table"),
        ("Fauteuil en velours", "armchair"),
        ("Kleiderschränke", "wardrobe"),
        ("Coffee tables, set of two", "coffee table"),
        ("AmazonBasics GU10 LED light bulb (Bright White)", "light bulb"),
        ("Zxqv 9000", "item"),
    ],
)
def test_a_name_tells_what_it_is(name: str, noun: str) -> None:
    assert find_kind(name).kind.noun == noun


def test_the_table_of_kinds_uses_the_vocabulary_and_names_nothing_twice() -> None:
    aliases = [alias for kind in all_kinds() for alias in kind.aliases]
    assert len(aliases) == len(set(aliases))
    assert {room_name for kind in all_kinds() for room_name in kind.rooms} <= ROOMS
    assert all(min(kind.size_cm) > 0 for kind in all_kinds())


def test_product_facts_come_from_its_pixels_and_words() -> None:
    facts = analyse_product(product(), "Oak dining chair\nFurniture\nSolid oak, linen seat")
    json.dumps(facts)
    assert facts["generic_noun"] == "dining chair"
    assert facts["category"] == "Seating"
    assert facts["placement"] == "floor"
    assert facts["background"] == "plain"
    assert facts["materials"] == ["oak", "linen"]
    rooms = facts["rooms"]
    assert isinstance(rooms, list)
    assert rooms[0] == "Dining Room"
    largest = str(cast(list[str], facts["dominant_colors"])[0])
    seen = np.array([int(largest[start : start + 2], 16) for start in (1, 3, 5)])
    assert np.abs(seen - np.array(GREEN)).max() < 12
    assert facts["color_names"] == ["green"]


def test_a_product_without_a_photo_is_described_by_its_words() -> None:
    facts = analyse_product(None, "Rattan garden chair")
    assert facts["dominant_colors"] == []
    assert facts["indoor_outdoor"] == "outdoor"
    assert facts["materials"] == ["rattan"]


def test_scene_facts_say_what_the_words_and_the_light_say() -> None:
    facts = analyse_scene(room(), "bright scandinavian bedroom with oak floor")
    json.dumps(facts)
    assert facts["scene_type"] == "Bedroom"
    assert facts["style"] == "Scandinavian"
    assert facts["materials"] == ["oak"]
    assert facts["indoor_outdoor"] == "indoor"
    free = facts["free_floor"]
    assert isinstance(free, float)
    assert 0.2 < free < 0.45


def test_a_scene_nobody_described_gets_a_type_of_the_vocabulary() -> None:
    meadow = np.zeros((300, 400, 3), dtype=np.uint8)
    meadow[:140] = (150, 190, 236)
    meadow[140:] = (70, 130, 50)
    assert analyse_scene(encoded(meadow), "")["scene_type"] in {"Garden", "Outdoor Patio"}
    assert analyse_scene(room(), "")["scene_type"] in ROOMS


def test_the_floor_of_a_room_is_found_and_a_wall_is_not_taken_for_it() -> None:
    maps = read_room(pixels(room()))
    rows = maps.floor.shape[0]
    assert float(maps.floor[int(0.75 * rows) :].mean()) > 0.9
    assert float(maps.floor[: int(0.6 * rows)].max()) < 0.1
    bare = np.full((600, 900, 3), 190, dtype=np.uint8)
    assert float(read_room(bare).floor.mean()) < 0.01
