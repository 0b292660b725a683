import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualizer_core.domain.catalogue.text import clean_text, fold, html_to_text


def test_blocks_become_lines_and_list_items_begin_with_a_dash() -> None:
    html = '<ul class="a"><li><span>Solid\n frame</span></li><li>Oak &amp; ash</li></ul><p>Care</p>'
    assert html_to_text(html) == "- Solid frame\n- Oak & ash\n\nCare"


def test_neighbouring_elements_do_not_run_together() -> None:
    assert html_to_text("<p>One.</p><p>Two.</p>") == "One.\n\nTwo."
    assert html_to_text("One<br/>Two<br>Three") == "One\nTwo\nThree"
    assert html_to_text("<tr><td>Width</td><td>80</td></tr>") == "Width 80"
    assert html_to_text("so<b>fa</b>bed") == "sofabed"


def test_scripts_styles_and_comments_are_not_text() -> None:
    html = "a<script>alert('<p>')</script>b<STYLE>p{}</STYLE>c<!-- <p>d</p> -->e"
    assert html_to_text(html) == "abce"
    assert html_to_text("kept<script>never closed") == "kept"


def test_entities_are_decoded_once() -> None:
    assert html_to_text("5 &lt; 6 &amp;amp; &eacute;&nbsp;&#8364;") == "5 < 6 &amp; é €"


def test_plain_text_keeps_its_lines_and_loses_double_blanks() -> None:
    assert html_to_text("One  two \r\n three\n\n\n\nfour") == "One two\nthree\n\nfour"
    assert html_to_text("5 < 6 and 7 > 3") == "5 < 6 and 7 > 3"


@pytest.mark.parametrize(
    "unit", ["<", "<!--", "<script", "<a ", "&", "<p", "</", "&#", "<a href='"]
)
def test_hostile_markup_costs_linear_time(unit: str) -> None:
    start = time.process_time()
    html_to_text(unit * 100_000)
    assert time.process_time() - start < 2  # a square would take minutes


def test_control_characters_vanish_and_accents_are_composed() -> None:
    assert clean_text("\ufeff a\x00\x07b\u200b e\u0301 ") == "ab é"


@pytest.mark.parametrize(
    ("left", "right"),
    [("404.038.96", "404 038-96"), ("Größe", "GROSSE"), ("Głębokość", "glebokosc"), ("Ñ_1", "n1")],
)
def test_spellings_of_the_same_thing_fold_alike(left: str, right: str) -> None:
    assert fold(left) == fold(right)


@given(st.text(max_size=300))
def test_any_text_gives_clean_text(text: str) -> None:
    out = html_to_text(text)
    assert "\x00" not in out
    assert out == out.strip()
    assert "\n\n\n" not in out
