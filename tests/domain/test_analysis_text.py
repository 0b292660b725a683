import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.strategies import hostile_text, some
from visualizer_core.domain.analysis import ProductAnalysis, SceneAnalysis
from visualizer_core.domain.analysis_text import (
    UNKNOWN_CLASS,
    CatalogueText,
    product_from_text,
    scene_from_text,
)
from visualizer_core.domain.kinds import find_kind, plain_words, scale_of
from visualizer_core.domain.vocabulary import OUTDOOR_SCENES

SHARED = Path(__file__).parents[3] / "shared" / "data"
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the real input data (../shared/data) is not beside the checkout"
)


@pytest.mark.parametrize(
    ("name", "category", "noun", "placement", "first_room"),
    [
        ("Oskar dining chair", "Furniture", "dining chair", "floor", "Dining Room"),
        ("Coffee table lamp", "", "lamp", "surface", "Living Room"),
        ("Dresser with drawers", "Living room", "dresser", "floor", "Living Room"),
        ("Modern Cafe Chair", "Home & Garden > Furniture", "dining chair", "floor", "Cafe"),
        ("Rattan armchair", "Exterior", "garden chair", "floor", "Outdoor Patio"),
        ("Kronleuchter Wien", "Leuchten", "pendant lamp", "ceiling", "Dining Room"),
        ("Deckenleuchte Wien", "", "pendant lamp", "ceiling", "Dining Room"),
        ("Canapé 3 places", "Salon", "sofa", "floor", "Living Room"),
        ("Bücherregal weiß", "", "bookcase", "floor", "Living Room"),
        ("Cuckoo clock", "Miscellaneous", "wall clock", "wall", "Living Room"),
        ("Gaming PC", "Electronics > Computers", "computer", "surface", "Home Office"),
        ("Toaster", "Kitchen", "toaster", "surface", "Kitchen"),
        ("Glorbex 3000", "", UNKNOWN_CLASS, "surface", "Living Room"),
    ],
)
def test_words_tell_what_a_thing_is_and_where_it_belongs(
    name: str, category: str, noun: str, placement: str, first_room: str
) -> None:
    found = product_from_text(CatalogueText(name, category))

    assert (found.generic_class, found.placement, found.rooms[0]) == (noun, placement, first_room)


def test_a_department_called_home_and_garden_makes_nothing_an_outdoor_thing() -> None:
    found = product_from_text(CatalogueText("Side table", "Home & Garden > Furniture"))

    assert (found.indoor, found.outdoor) == (True, False)
    assert not OUTDOOR_SCENES.intersection(found.rooms)


def test_an_indoor_thing_sold_for_outdoors_is_an_outdoor_thing() -> None:
    found = product_from_text(CatalogueText("Sofa", "Outdoor"))

    assert (found.indoor, found.outdoor) == (False, True)
    assert found.rooms == ["Outdoor Patio"]


def test_what_stands_both_in_and_out_keeps_both() -> None:
    found = product_from_text(CatalogueText("Planter", "Garden"))

    assert (found.indoor, found.outdoor) == (True, True)
    assert {"Garden", "Living Room"} <= set(found.rooms)


def test_a_lamp_taller_than_a_table_stands_on_the_floor() -> None:
    assert product_from_text(CatalogueText("Lamp", height_cm=143)).placement == "floor"
    assert product_from_text(CatalogueText("Lamp", height_cm=48)).placement == "surface"
    assert product_from_text(CatalogueText("Glorbex", width_cm=90)).placement == "floor"


def test_colours_materials_and_styles_are_read_in_order() -> None:
    found = product_from_text(
        CatalogueText("Walnut sideboard", description="Scandi look, brass handles, black legs")
    )

    assert found.colours == ["#5E412C", "#B5893C", "#1E1E1E"]
    assert found.materials == ["walnut", "brass"]
    assert found.styles == ["Scandinavian"]


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        ((8, 8, 10), "tiny"),
        ((27, 15, 17), "small"),
        ((49, 61, 118), "medium"),
        ((199, 84, 80), "large"),
        ((90, 35, 221), "very large"),
        ((None, None, 30), "small"),
        ((None, None, None), None),
        ((0, -4, None), None),
        ((float("nan"), float("inf"), None), None),
    ],
)
def test_the_longest_known_side_tells_the_scale(
    sides: tuple[float | None, float | None, float | None], expected: str | None
) -> None:
    assert scale_of(*sides) == expected


@some
@given(
    hostile_text,
    hostile_text,
    hostile_text,
    st.lists(hostile_text, max_size=3),
    st.none() | st.floats(allow_nan=True, allow_infinity=True),
)
def test_any_text_gives_a_valid_analysis(
    name: str, category: str, description: str, tags: list[str], height: float | None
) -> None:
    found = product_from_text(
        CatalogueText(name, category, description, tuple(tags), height_cm=height)
    )

    assert ProductAnalysis.model_validate(found.model_dump()) == found
    assert found.indoor or found.outdoor
    assert all(found.outdoor if room in OUTDOOR_SCENES else found.indoor for room in found.rooms)


@pytest.mark.parametrize(
    ("texts", "scene_type"),
    [
        (("white marble kitchen", "rooms/spa-like-bathroom.jpg"), "Kitchen"),
        (("", "hallway", "banner.jpg"), "Entryway"),
        (("red sofa, rug, gallery wall",), "Living Room"),
        (("master-bedroom-suite__bcb396.jpg",), "Bedroom"),
        (("poolside at noon",), "Poolside Deck"),
        (("IMG_2041.jpg",), "Living Room"),
        ((), "Living Room"),
    ],
)
def test_the_first_telling_text_names_the_scene(texts: tuple[str, ...], scene_type: str) -> None:
    assert scene_from_text(*texts).scene_type == scene_type


def test_an_empty_room_has_more_free_floor_than_a_cluttered_one() -> None:
    empty, plain, full = map(scene_from_text, ("EMPTY room", "room", "cluttered room"))

    assert empty.free_floor > plain.free_floor > full.free_floor


@some
@given(st.lists(hostile_text, max_size=3))
def test_any_text_gives_a_valid_scene(texts: list[str]) -> None:
    found = scene_from_text(*texts)

    assert SceneAnalysis.model_validate(found.model_dump()) == found
    assert found.indoor == (found.scene_type not in OUTDOOR_SCENES)


@some
@given(hostile_text)
def test_plain_words_are_ascii_words_between_blanks(text: str) -> None:
    plain = plain_words(text)

    assert plain.isascii()
    assert plain[0] == plain[-1] == " "


def test_a_long_text_is_read_quickly_and_only_from_its_beginning() -> None:
    assert find_kind("x" * 5_000_000 + " sofa") is None


@needs_shared
def test_real_catalogue_text_names_nearly_every_product() -> None:
    with (SHARED / "products.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    unnamed = [
        row["name"]
        for row in rows
        if product_from_text(
            CatalogueText(row["name"], row["category"], row["description"])
        ).generic_class
        == UNKNOWN_CLASS
    ]

    assert len(unnamed) <= len(rows) // 20, unnamed


@needs_shared
def test_real_room_descriptions_name_the_room_they_say() -> None:
    names = {"living room": "Living Room", "hallway": "Entryway"}
    with (SHARED / "rooms.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found = scene_from_text(row["room_type"], row["description"])
            assert found.scene_type == names.get(row["room_type"], row["room_type"].title())
