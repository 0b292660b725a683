import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualizer_core.domain.catalogue.numbers import NumberStyle
from visualizer_core.domain.catalogue.problems import ProblemCode
from visualizer_core.domain.catalogue.size_text import find_order, parse_size, size_of
from visualizer_core.domain.catalogue.sizes import NO_SIZE, Axis, Size, Unit, parse_length


@pytest.mark.parametrize(
    ("text", "cm"),
    [
        ("80 cm", 80),
        ("80cm", 80),
        ("800 mm", 80),
        ("0,8 m", 80),
        ("1.200 mm", 120),
        ("1,200 mm", 120),
        ("31.5 in", 80.01),
        ('82"', 208.28),
        ("82″", 208.28),
        ("31 1/2 in", 80.01),
        ('82½"', 209.55),
        ("3 ft", 91.44),
        ("5' 10\"", 177.8),
        ("6 ft 2 in", 187.96),
        ("approx. 27 cm", 27),
        ("80 cm (31.5 in)", 80),
        ("80 Zoll", 203.2),
        ("80 Centimetres", 80),
        (".5 in", 1.27),
    ],
)
def test_a_length_is_read_in_every_unit(text: str, cm: float) -> None:
    parsed = parse_length(text)
    assert parsed.problem is None
    assert parsed.cm == pytest.approx(cm)
    assert not parsed.is_unit_assumed


def test_the_heading_gives_the_unit_when_the_cell_does_not() -> None:
    assert parse_length("10", Unit.INCH).cm == 25.4
    assert parse_length("10 cm", Unit.INCH).cm == 10


def test_a_length_without_any_unit_is_centimetres_and_says_so() -> None:
    parsed = parse_length("59,4")
    assert (parsed.cm, parsed.is_unit_assumed) == (59.4, True)


@pytest.mark.parametrize("text", ["0", "-3 cm", "25 m", "9999"])
def test_impossible_lengths_are_left_out(text: str) -> None:
    parsed = parse_length(text)
    assert (parsed.cm, parsed.problem) == (None, ProblemCode.ABSURD_SIZE)


@pytest.mark.parametrize("text", ["tall", "70-80 cm", "1/0 in", "1e3", "80 kg", "9" * 300])
def test_what_is_no_length_is_left_out(text: str) -> None:
    parsed = parse_length(text)
    assert (parsed.cm, parsed.problem) == (None, ProblemCode.UNREADABLE_SIZE)


@pytest.mark.parametrize(
    ("text", "width", "depth", "height"),
    [
        ("80 x 40 x 75 cm", 80, 40, 75),
        ("120 \u00d7 60 \u00d7 75 cm", 120, 60, 75),
        ("800x400x750 mm", 80, 40, 75),
        ("80cm x 40cm x 1,2m", 80, 40, 120),
        (" 45.7D x 119.4W x 63.5H Centimeters ", 119.4, 45.7, 63.5),
        ('82"W x 35"D x 33"H', 208.28, 88.9, 83.82),
        ("W 80 cm, D 40 cm, H 75 cm", 80, 40, 75),
        ("Width: 80cm, Depth: 40cm, Height: 75cm", 80, 40, 75),
        ("B80 x T40 x H75 cm", 80, 40, 75),
        ("L 120 x W 60 x H 75 cm", 60, 120, 75),
        ("L 120 x H 75 cm", 120, None, 75),
        ("Ø 40 x H 60 cm", 40, 40, 60),
        ("H 75 cm", None, None, 75),
        ("59,4 x 62,7 x 105 cm", 59.4, 62.7, 105),
        ("9.0 x 9.0 x 9.0 in (as listed)", 22.86, 22.86, 22.86),
        ("23.0 x 15.5 x 8.0 cm (length x width x height as listed)", 15.5, 23, 8),
    ],
)
def test_a_size_in_one_cell_is_taken_apart(
    text: str, width: float | None, depth: float | None, height: float | None
) -> None:
    parsed = parse_size(text)
    assert parsed.problem is None
    assert parsed.size == Size(width, depth, height)


def test_the_order_in_the_heading_names_the_measures() -> None:
    order = find_order("LxBxH")
    assert order == (Axis.LENGTH, Axis.WIDTH, Axis.HEIGHT)
    assert parse_size("120 x 60 x 75 cm", order=order).size == Size(60, 120, 75)
    assert find_order("L x l x H") == (Axis.LENGTH, Axis.WIDTH, Axis.HEIGHT)
    assert find_order("as listed") is None


@pytest.mark.parametrize(
    "text",
    ["80 x 40 cm", "80 cm", "110x125,35x55 cm", "70,80,90", "80 x 40 x H 75", "80 mm x 4 x 3 in"],
)
def test_a_size_that_leaves_its_order_open_is_left_out(text: str) -> None:
    parsed = parse_size(text)
    assert parsed.size == NO_SIZE
    assert parsed.problem is ProblemCode.AMBIGUOUS_SIZE


@pytest.mark.parametrize("text", ["3 pack", "16 l", "M", "80 x 40 x 75 x 20", "x" * 500, "5 p"])
def test_what_is_no_size_is_left_out(text: str) -> None:
    parsed = parse_size(text)
    assert (parsed.size, parsed.problem) == (NO_SIZE, ProblemCode.UNREADABLE_SIZE)


def test_one_impossible_measure_costs_the_whole_cell() -> None:
    assert parse_size("80 x 0 x 75 cm").problem is ProblemCode.ABSURD_SIZE


def test_a_length_is_the_depth_beside_a_width_and_the_width_without() -> None:
    assert size_of({Axis.LENGTH: 200, Axis.WIDTH: 160}) == Size(160, 200, None)
    assert size_of({Axis.LENGTH: 200, Axis.HEIGHT: 70}) == Size(200, None, 70)
    assert size_of({Axis.LENGTH: 9, Axis.WIDTH: 160, Axis.DEPTH: 80}) == Size(160, 80, None)


MEASURE = st.floats(min_value=0.1, max_value=1999, allow_nan=False).map(lambda cm: round(cm, 1))


@given(MEASURE, MEASURE, MEASURE, st.sampled_from([" x ", "x", " \u00d7 ", " X "]), st.booleans())
def test_three_measures_come_back(
    width: float,
    depth: float,
    height: float,
    between: str,
    comma: bool,  # noqa: FBT001 - Hypothesis passes it
) -> None:
    text = between.join(f"{value:.1f}" for value in (width, depth, height)) + " cm"
    parsed = parse_size(text.replace(".", ",") if comma else text)
    assert parsed.size == Size(width, depth, height)


@given(MEASURE, st.sampled_from(["cm", " cm", " centimetres"]), st.booleans())
def test_a_length_comes_back(cm: float, unit: str, comma: bool) -> None:  # noqa: FBT001 - Hypothesis passes it
    text = f"{cm:.1f}{unit}"
    assert parse_length(text.replace(".", ",") if comma else text).cm == cm


@given(st.text(max_size=80), st.sampled_from(NumberStyle))
def test_no_text_makes_the_readers_fail(text: str, style: NumberStyle) -> None:
    for cm in (parse_length(text, None, style).cm, parse_size(text, style=style).size.width_cm):
        assert cm is None or 0 < cm <= 2000
