import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualizer_core.domain.csv_safety import neutralise_cell, restore_cell

FORMULA_STARTS = ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "|", "＝", "＋", "－", "＠"]  # noqa: RUF001 - full width is evaluated too


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_text_that_could_run_as_a_formula_gets_an_apostrophe(start: str) -> None:
    assert neutralise_cell(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("start", ["  =", "\u00a0@", "'=", "''+"])
def test_blanks_and_apostrophes_in_front_do_not_hide_a_formula(start: str) -> None:
    assert neutralise_cell(f"{start}cmd") == f"'{start}cmd"


@pytest.mark.parametrize("text", ["", "Oak chair", "404.038.96", "a=b", "5-seater", "'quoted'"])
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert neutralise_cell(text) == text


@pytest.mark.parametrize("number", [-5, -1.5, Decimal("-3.20"), None, True])
def test_numbers_stay_numbers(number: object) -> None:
    assert neutralise_cell(number) is number


@given(st.text())
def test_restoring_undoes_neutralising(text: str) -> None:
    assert restore_cell(neutralise_cell(text)) == text


@given(st.text())
def test_a_written_cell_never_begins_like_a_formula(text: str) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerow([neutralise_cell(text)])
    cell = next(csv.reader(io.StringIO(out.getvalue(), newline="")), [""])[0]
    assert not cell.startswith(tuple(FORMULA_STARTS))
    assert not cell.lstrip().startswith(("=", "+", "-", "@"))
