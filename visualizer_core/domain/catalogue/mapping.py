"""Which column means what: the mapping a client saves, and the best guess before that."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from visualizer_core.domain.catalogue.headings import Heading, parse_heading
from visualizer_core.domain.catalogue.synonyms import SYNONYMS, WEAK_SKU

__all__ = ["ColumnMapping", "Suggestion", "known_headings", "suggest_mapping"]

MAX_IMAGE_COLUMNS = 50  # more pictures than any shop shows of one product

_NUMBERED = re.compile(r"\s?\d{1,2}$")


class ColumnMapping(BaseModel):
    """Field of a product → heading of the file, as the file writes it.

    At least a name and one of `sku`, `barcode`, `handle` are needed. `length` is the depth beside
    a width and the width without one. `dimensions` is one cell with all measures. Saved as JSON
    under the file's header signature.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sku: str | None = None
    barcode: str | None = None
    handle: str | None = None
    name: str | None = None
    description: str | None = None
    category: str | None = None
    product_type: str | None = None
    tags: str | None = None
    width: str | None = None
    depth: str | None = None
    height: str | None = None
    length: str | None = None
    dimensions: str | None = None
    price: str | None = None
    currency: str | None = None
    images: tuple[str, ...] = Field(default=(), max_length=MAX_IMAGE_COLUMNS)
    image_alt: str | None = None
    published: str | None = None

    @model_validator(mode="after")
    def _has_what_a_product_needs(self) -> Self:
        missing = _missing(self.model_dump())
        if missing:
            raise ValueError(f"a mapping needs {' and '.join(missing)}")
        return self


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The best guess for a file's headings.

    Parameters
    ----------
    columns : dict
        Field → heading(s), whatever was recognised; start value of a mapping screen.
    missing : tuple of str
        What is still needed, in words; empty when `mapping` is set.
    mapping : ColumnMapping or None
        The guess, when it is enough to import with.
    is_sku_guessed : bool
        The SKU column is only an ``Id`` or ``Code``.
    """

    columns: dict[str, str | tuple[str, ...]]
    missing: tuple[str, ...]
    mapping: ColumnMapping | None
    is_sku_guessed: bool = False


def _missing(columns: dict[str, object]) -> list[str]:
    missing: list[str] = []
    if not (columns.get("sku") or columns.get("barcode") or columns.get("handle")):
        missing.append("a SKU, barcode or handle column")
    if not columns.get("name"):
        missing.append("a name column")
    return missing


def known_headings() -> frozenset[str]:
    """Every heading name that means a field in some language."""
    return frozenset(name for names in SYNONYMS.values() for name in names) | frozenset(WEAK_SKU)


def suggest_mapping(headers: Sequence[str]) -> Suggestion:
    """Guess which heading means which field.

    A weak key (``Id``, ``Code``) is taken as the SKU only when the file also has a price or a
    picture: without, a lookup table of brands or features would come in as products.
    """
    headings = [parse_heading(header) for header in headers]
    columns: dict[str, str | tuple[str, ...]] = {}
    taken: set[str] = set()
    for field, names in SYNONYMS.items():
        if field == "images":
            continue
        best = _best(headings, names, taken)
        if best is not None:
            columns[field] = best.text
            taken.add(best.text)
    images = _image_columns(headings, taken)
    if images:
        columns["images"] = images
    is_guessed = _take_weak_key(headings, columns, taken)
    missing = tuple(_missing(dict(columns)))
    mapping = None if missing else ColumnMapping.model_validate(columns)
    return Suggestion(columns, missing, mapping, is_guessed)


def _best(headings: list[Heading], names: tuple[str, ...], taken: set[str]) -> Heading | None:
    ranks = {name: rank for rank, name in reversed(list(enumerate(names)))}
    found = [
        (rank, heading)
        for heading in headings
        if heading.text not in taken and (rank := _rank(heading, ranks)) is not None
    ]
    return min(found, key=lambda pair: pair[0])[1] if found else None


def _rank(heading: Heading, ranks: dict[str, int]) -> int | None:
    by_full = ranks.get(heading.full)
    return ranks.get(heading.name) if by_full is None else by_full


def _image_columns(headings: list[Heading], taken: set[str]) -> tuple[str, ...]:
    ranks = {name: rank for rank, name in enumerate(SYNONYMS["images"])}
    found: list[str] = []
    for heading in headings:
        name = _NUMBERED.sub("", heading.name)
        if name in ranks and heading.text not in taken and heading.text not in found:
            found.append(heading.text)
    return tuple(found[:MAX_IMAGE_COLUMNS])


def _take_weak_key(
    headings: list[Heading], columns: dict[str, str | tuple[str, ...]], taken: set[str]
) -> bool:
    has_own_key = any(field in columns for field in ("sku", "barcode", "handle"))
    is_product_table = "price" in columns or "images" in columns
    if has_own_key or not is_product_table:
        return False
    weak = _best(headings, WEAK_SKU, taken)
    if weak is None:
        return False
    columns["sku"] = weak.text
    return True
