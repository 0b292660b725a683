from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualizer_core.domain.catalogue.numbers import NumberStyle, infer_style, parse_number
from visualizer_core.domain.catalogue.prices import parse_currency, parse_price
from visualizer_core.domain.catalogue.problems import ProblemCode

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("50", "50", None),
        ("9.99", "9.99", None),
        ("16624.00", "16624.00", None),
        ("189.00 RON", "189.00", "RON"),
        ("2690 HUF", "2690", "HUF"),
        ("1.299,00 €", "1299.00", "EUR"),
        ("$1,299", "1299", "USD"),
        ("1.299 €", "1299", "EUR"),
        (f"1{NBSP}299,00{NBSP}zł", "1299.00", "PLN"),
        ("CHF 1'299.00", "1299.00", "CHF"),
        ("Fr. 12.50", "12.50", "CHF"),
        ("EUR 1,299.00", "1299.00", "EUR"),
        ("US$ 12", "12", "USD"),
        ("€ 12,-", "12", "EUR"),
        ("12.\u2013", "12", None),
        ("1,00,000.00", "100000.00", None),
        ("1.234.567,89", "1234567.89", None),
        ("0.00", "0.00", None),
        ("0,999", "0.999", None),
        ("499 kr", "499", None),
        (".5", "0.5", None),
    ],
)
def test_a_price_is_read_in_every_convention(text: str, amount: str, currency: str | None) -> None:
    parsed = parse_price(text)
    assert (parsed.amount, parsed.currency, parsed.problem) == (Decimal(amount), currency, None)


def test_a_blank_price_is_unknown_and_not_free() -> None:
    for blank in ("", "  "):
        parsed = parse_price(blank)
        assert parsed.amount is None
        assert parsed.problem is None


@pytest.mark.parametrize(
    "text", ["on request", "10 - 20", "from 12 €", "12 €/m", "1.29.9", "1,2,3", "1e5", "9" * 30]
)
def test_what_is_no_amount_gives_no_price(text: str) -> None:
    parsed = parse_price(text)
    assert parsed.amount is None
    assert parsed.problem is ProblemCode.UNREADABLE_PRICE


@pytest.mark.parametrize("text", ["-5", "-1.00 EUR", "9999999999999"])
def test_negative_and_enormous_prices_are_left_out(text: str) -> None:
    assert parse_price(text).problem is ProblemCode.ABSURD_PRICE
    assert parse_price(text).amount is None


@pytest.mark.parametrize("text", ["1.299", "1,299"])
def test_three_digits_after_a_lone_sign_are_thousands_and_reported(text: str) -> None:
    parsed = parse_price(text)
    assert parsed.amount == 1299
    assert parsed.problem is ProblemCode.AMBIGUOUS_PRICE


def test_the_columns_other_prices_decide_what_a_lone_sign_means() -> None:
    dots = infer_style(["12.50", "1,299", "7"])
    commas = infer_style(["12,50", "1.299,00"])
    assert parse_price("1.299", dots).amount == Decimal("1.299")
    assert parse_price("1,299", dots).amount == 1299
    assert parse_price("1.299", commas).amount == 1299
    assert parse_price("1,299", commas).amount == Decimal("1.299")


def test_a_column_that_uses_both_signs_for_decimals_decides_nothing() -> None:
    assert infer_style(["12.50", "12,50"]) is NumberStyle.UNKNOWN
    assert infer_style(["1", "1.299", ""]) is NumberStyle.UNKNOWN


@pytest.mark.parametrize(
    ("text", "code"), [("eur", "EUR"), ("€", "EUR"), ("Kč", "CZK"), ("XYZ", None), ("", None)]
)
def test_a_currency_is_a_known_code_or_sign(text: str, code: str | None) -> None:
    assert parse_currency(text) == code


AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=2, allow_nan=False)


@given(AMOUNTS, st.sampled_from([",", "'", " ", NBSP, ""]), st.sampled_from(["", "EUR", "$"]))
def test_a_price_written_with_a_dot_comes_back(
    amount: Decimal, grouping: str, currency: str
) -> None:
    text = f"{amount:,.2f}".replace(",", grouping)
    assert parse_price(f"{text} {currency}").amount == amount
    assert parse_price(f"{currency}{text}").amount == amount


@given(AMOUNTS, st.sampled_from([".", "'", " ", "\u202f", ""]))
def test_a_price_written_with_a_comma_comes_back(amount: Decimal, grouping: str) -> None:
    text = f"{amount:,.2f}".translate({ord(","): grouping, ord("."): ","})
    assert parse_price(f"{text} €").amount == amount


@given(st.text(max_size=60))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    price = parse_price(text)
    assert price.amount is None or price.amount >= 0
    parse_number(text)
