import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.strategies import hex_colours, some
from visualizer_core.domain.colour import chroma, difference, distinct, lab, scheme
from visualizer_core.domain.vocabulary import COLOUR_SCHEMES


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        ("#FFFFFF", (100.0, 0.0, 0.0)),
        ("#000000", (0.0, 0.0, 0.0)),
        ("#FF0000", (53.24, 80.09, 67.20)),
        ("#00FF00", (87.73, -86.18, 83.18)),
        ("#0000FF", (32.30, 79.19, -107.86)),
    ],
)
def test_lab_agrees_with_published_values(
    colour: str, expected: tuple[float, float, float]
) -> None:
    assert lab(colour) == pytest.approx(expected, abs=0.05)


@some
@given(hex_colours, hex_colours)
def test_difference_is_symmetric_and_zero_only_for_the_same(one: str, other: str) -> None:
    assert difference(one, other) == difference(other, one)
    assert (difference(one, other) == 0) == (one.lower() == other.lower())


@some
@given(hex_colours)
def test_every_colour_lies_within_lab(colour: str) -> None:
    point = lab(colour)
    assert -0.01 <= point.lightness <= 100.01
    assert chroma(point) < 140


def test_colours_that_look_alike_count_together() -> None:
    weighted = [("#101010", 2.0), ("#FF0000", 3.0), ("#121212", 2.0)]

    assert distinct(weighted, 2) == ("#101010", "#FF0000")


@some
@given(st.lists(st.tuples(hex_colours, st.integers(1, 60)), max_size=12), st.integers(0, 6))
def test_a_distinct_palette_is_small_and_independent_of_order(
    weighted: list[tuple[str, int]], size: int
) -> None:
    palette = distinct(weighted, size)

    assert len(palette) <= size
    assert palette == distinct(reversed(weighted), size)
    assert all(
        difference(one, other) >= 12 for at, one in enumerate(palette) for other in palette[:at]
    )


@pytest.mark.parametrize(
    ("colours", "expected"),
    [
        (["#F7F6F3", "#FFFFFF"], "Scandinavian Whites"),
        (["#FFFFFF", "#111111"], "High-Contrast B&W"),
        (["#5A5C5E", "#6E7072"], "Industrial Greys"),
        (["#B9B5AE", "#A5A29C"], "Neutral"),
        (["#ACA496", "#B0A698", "#A9A193"], "Neutral"),
        (["#7A5230", "#A9794A"], "Warm Earth Tones"),
        (["#3B5F7A", "#5C7080"], "Cool Slate & Blues"),
        (["#1F6B4F", "#3E5F4E"], "Emerald & Gold"),
        (["#FF2D20", "#FFD400"], "Vibrant Pop"),
        (["#F2B8C6", "#B5D5F0"], "Soft Pastels"),
        ([], "Neutral"),
    ],
)
def test_a_palette_gets_the_scheme_a_person_would_name(colours: list[str], expected: str) -> None:
    assert scheme(colours) == expected


@some
@given(st.lists(hex_colours, max_size=6))
def test_every_palette_has_a_scheme_of_the_vocabulary(colours: list[str]) -> None:
    assert scheme(colours) in COLOUR_SCHEMES
