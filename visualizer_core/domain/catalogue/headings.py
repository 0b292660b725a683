"""Column headings: one spelling for all of them, and what they say besides the name."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from visualizer_core.domain.catalogue.prices import parse_currency
from visualizer_core.domain.catalogue.size_text import find_order
from visualizer_core.domain.catalogue.sizes import Axis, Unit, find_unit
from visualizer_core.domain.catalogue.text import clean_text, fold

__all__ = ["Heading", "header_signature", "parse_heading"]

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOTE = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_SEPARATORS = re.compile(r"[\s_\-./:]+")
_MAX_CHARS = 200  # headings beyond this are data that slipped; only their beginning is compared


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading taken apart.

    Parameters
    ----------
    text : str
        As the file writes it, for messages.
    name : str
        Words, lower case, without accents, notes and unit: what layouts and synonyms compare.
    full : str
        The same with the note kept, for headings that differ only there.
    unit, currency, order
        What the heading says about its cells: ``Width (in)``, ``Price (EUR)``, ``Size (LxWxH)``.
    """

    text: str
    name: str
    full: str
    unit: Unit | None = None
    currency: str | None = None
    order: tuple[Axis, ...] | None = None


def _words(text: str) -> str:
    split = _SEPARATORS.split(_CAMEL.sub(" ", text))
    return " ".join(word for word in map(fold, split) if word)


def _last_word(bare: str) -> tuple[str, str]:
    """Split off the last word, and the "in" of ``Breite in cm`` with it."""
    *front, last = [word for word in _SEPARATORS.split(bare) if word] or [""]
    if len(front) > 1 and front[-1].casefold() == "in":
        front.pop()
    return " ".join(front), last


def parse_heading(text: str) -> Heading:
    """Take a heading apart; see `Heading`."""
    raw = clean_text(text)[:_MAX_CHARS].removeprefix("g:")
    notes = _NOTE.findall(raw)
    bare = _NOTE.sub(" ", raw).strip()
    unit = next((found for note in notes if (found := find_unit(note))), None)
    currency = next((found for note in notes if (found := parse_currency(note))), None)
    order = next((found for note in notes if (found := find_order(note))), None)
    front, last = _last_word(bare)
    last_unit, last_currency = find_unit(last), parse_currency(last)
    if front and (last_unit or last_currency):
        bare = front
        unit, currency = unit or last_unit, currency or last_currency
    return Heading(clean_text(text)[:_MAX_CHARS], _words(bare), _words(raw), unit, currency, order)


def header_signature(headers: Iterable[str]) -> str:
    """Return a SHA-256 (hex) of the headings, the same for any order, case and spacing.

    A mapping saved under it is offered again for the client's next file with these columns.
    """
    full = sorted({parse_heading(header).full for header in headers} - {""})
    return hashlib.sha256("\x1f".join(full).encode()).hexdigest()
