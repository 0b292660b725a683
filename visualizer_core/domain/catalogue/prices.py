"""Prices with currencies: ``189.00 RON``, ``2690 HUF``, ``1.299,00 €``, ``$1,299``."""

import re
from dataclasses import dataclass
from decimal import Decimal

from visualizer_core.domain.catalogue.numbers import NumberStyle, parse_number
from visualizer_core.domain.catalogue.problems import ProblemCode
from visualizer_core.domain.catalogue.text import word_set

__all__ = ["ParsedPrice", "parse_currency", "parse_price"]

MAX_PRICE = Decimal(10) ** 12  # what the price column of the database can hold

_CODES = word_set(
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN "
    "BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL "
    "GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF "
    "KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN "
    "MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD "
    "SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX "
    "USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG HRK"
)
_SIGNS = {
    "us$": "USD", "a$": "AUD", "au$": "AUD", "c$": "CAD", "ca$": "CAD", "nz$": "NZD",
    "hk$": "HKD", "s$": "SGD", "r$": "BRL", "mx$": "MXN", "€": "EUR", "£": "GBP", "$": "USD",
    "¥": "JPY", "₹": "INR", "₺": "TRY", "₽": "RUB", "₴": "UAH", "₪": "ILS", "₩": "KRW",
    "₫": "VND", "฿": "THB", "zł": "PLN", "zl": "PLN", "ft": "HUF", "kč": "CZK", "kc": "CZK",
    "lei": "RON", "leu": "RON", "euro": "EUR", "euros": "EUR", "fr.": "CHF", "sfr.": "CHF",
    "sfr": "CHF", "円": "JPY", "元": "CNY", "лв": "BGN", "руб": "RUB",  # noqa: RUF001 - the sign is Cyrillic
}  # fmt: skip
_UNDECIDED = frozenset({"kr", "kr.", ":-"})  # Swedish, Danish or Norwegian: no currency then
_NOT_NUMBER = re.compile(r"[^\d\s.,'’+\-–—\xa0\u2007\u2009\u202f]+\.?")  # noqa: RUF001 - prices
_NO_CENTS = re.compile(r"[.,]\s?[-–—]{1,2}$")  # noqa: RUF001 - "12,-" with any dash


@dataclass(frozen=True, slots=True)
class ParsedPrice:
    """An amount and its currency as far as the text says, or why there is none."""

    amount: Decimal | None = None
    currency: str | None = None
    problem: ProblemCode | None = None


def parse_currency(text: str) -> str | None:
    """Return the ISO 4217 code that `text`, a code or a sign, stands for."""
    word = text.strip()
    upper = word.upper()
    return upper if upper in _CODES else _SIGNS.get(word.casefold())


def parse_price(text: str, style: NumberStyle = NumberStyle.UNKNOWN) -> ParsedPrice:
    """Read a price; blank gives neither amount nor problem, for blank is not free.

    Parameters
    ----------
    text : str
        One amount, with or without a currency sign or code on either side.
    style : NumberStyle
        The column's decimal sign, see `infer_style`.
    """
    text = text.strip()
    if not text:
        return ParsedPrice()
    currency, number, is_clean = _take_currency(text)
    if not is_clean:
        return ParsedPrice(problem=ProblemCode.UNREADABLE_PRICE)
    parsed = parse_number(_NO_CENTS.sub("", number.strip()), style)
    if parsed is None:
        return ParsedPrice(problem=ProblemCode.UNREADABLE_PRICE)
    if not 0 <= parsed.value < MAX_PRICE:
        return ParsedPrice(problem=ProblemCode.ABSURD_PRICE)
    # With a currency beside it, "1.299" is a price in a shop: nobody charges thousandths.
    is_ambiguous = parsed.is_ambiguous and currency is None
    problem = ProblemCode.AMBIGUOUS_PRICE if is_ambiguous else None
    return ParsedPrice(parsed.value, currency, problem)


def _take_currency(text: str) -> tuple[str | None, str, bool]:
    words = _NOT_NUMBER.findall(text)
    if not words:
        return None, text, True
    if len(words) > 1:
        return None, text, False
    word = words[0]
    currency = parse_currency(word) or parse_currency(word.removesuffix("."))
    is_known = currency is not None or word.casefold() in _UNDECIDED
    return currency, text.replace(word, " ", 1), is_known
