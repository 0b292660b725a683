"""Reading product keys and picture order out of file and folder names.

``CH-100_front (2).jpg`` is the second front view of SKU ``ch100``: case, accents and separators
do not count, known view words and small numbers after the key give the order. A key inside a
longer key of another product does not count either: the longest wins.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from visualizer_core.domain.catalogue.text import fold, word_set

__all__ = ["Hit", "KeyKindRank", "NameIndex", "order_in_folder", "order_of", "words_of"]

MAX_WORDS = 24  # of a file name; keys are looked for in every run of words
MIN_CODE_CHARS = 4  # shorter keys are only believed at the beginning of a name
MIN_JOINED_DIGITS = 6  # "1-2" must not become "12"; "404-038-96" may become "40403896"
_NAMELESS = 2  # sorts behind main views (0) and other views (1)
MAX_ORDER_DIGITS = 3  # "-2" and "-012" are an order, "-2024" is not

_WORD = re.compile(r"[^\W_]+")
_GLUED_VIEW = re.compile(r"(?<=\d)(front|back|side|left|right|detail|main|hero|cutout)$")
_MAIN = word_set("main front hero primary cover packshot cutout freisteller")
_VIEWS = word_set(
    "back rear side left right top bottom detail details closeup close up angle perspective "
    "lifestyle ambient scene room interior zoom open closed swatch texture seite hinten "
    "vorne oben unten dos cote"
)
_FILLER = word_set(
    "copy kopie copie final edited edit web print large small img image photo pic picture view "
    "shot hires lowres rgb cmyk transparent white bg"
)
_PIXELS = re.compile(r"\d+(?:px|dpi|k)|\d+x\d+(?:px)?")


class KeyKindRank(IntEnum):
    """How much a key is worth; a SKU beats a product that merely has that name."""

    SKU = 0
    BARCODE = 1
    HANDLE = 2
    NAME = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """A key found in a name.

    Parameters
    ----------
    start, end : int
        The run of words it covers.
    products : tuple of int
        Indices of the products that have it.
    is_certain : bool
        False when other words in the name could mean another product.
    """

    start: int
    end: int
    key: str
    kind: KeyKindRank
    products: tuple[int, ...]
    after: tuple[str, ...]
    is_certain: bool


@dataclass(slots=True)
class NameIndex:
    """Finds the keys of products in names; filled once, then asked for every file."""

    _keys: dict[str, dict[KeyKindRank, list[int]]] = field(
        default_factory=dict[str, dict[KeyKindRank, list[int]]]
    )
    _words: dict[str, set[tuple[str, ...]]] = field(default_factory=dict[str, set[tuple[str, ...]]])

    def add(self, product: int, kind: KeyKindRank, key: str | None) -> None:
        """Make product number `product` known by `key`."""
        folded = fold(key or "")
        if not folded:
            return
        products = self._keys.setdefault(folded, {}).setdefault(kind, [])
        if product not in products[-1:]:
            products.append(product)
        self._words.setdefault(folded, set()).add(tuple(words_of(key or "")))

    def hits(self, name: str) -> list[Hit]:
        """Return the longest keys in `name`, which has no extension."""
        words = words_of(name)
        found: list[Hit] = []
        for start in range(len(words)):
            for end in range(start + 1, len(words) + 1):
                hit = self._hit(words, start, end)
                if hit is not None:
                    found.append(hit)
        return [hit for hit in found if not any(_is_inside(hit, other) for other in found)]

    def _hit(self, words: Sequence[str], start: int, end: int) -> Hit | None:
        key = "".join(words[start:end])
        kinds = self._keys.get(key)
        if kinds is None or not self._may_join(key, words[start:end]):
            return None
        kind = min(kinds)
        is_code = kind <= KeyKindRank.BARCODE and _is_code(key)
        if start and not is_code:
            return None
        after = tuple(words[end:])
        is_certain = all(_says_nothing(word) or (is_code and _is_word(word)) for word in after)
        return Hit(start, end, key, kind, tuple(kinds[kind]), after, is_certain)

    def _may_join(self, key: str, words: Sequence[str]) -> bool:
        is_risky = len(words) > 1 and key.isdigit() and len(key) < MIN_JOINED_DIGITS
        return not is_risky or tuple(words) in self._words[key]


def words_of(name: str) -> list[str]:
    """Return the words of `name`, folded, at most `MAX_WORDS`."""
    words: list[str] = []
    for raw in _WORD.findall(name):
        words.extend(_GLUED_VIEW.sub(r" \1", fold(raw)).split())
    return words[:MAX_WORDS]


def order_of(words: Sequence[str]) -> tuple[int, int, int]:
    """Return the order that the words after a key give.

    Main views first, then by number, then the name that says less.
    """
    view, number = 0, 0
    for word in words:
        if word in _VIEWS:
            view = 1
        elif word.isdecimal() and len(word) <= MAX_ORDER_DIGITS:
            number = number or int(word)
        elif len(word) == 1 and "a" <= word <= "z":
            number = number or ord(word) - ord("a") + 1
    return view, number, len(words)


def order_in_folder(name: str) -> tuple[int, int, int]:
    """Return the order that a file name gives in a product's own folder.

    Names that are no order, such as ``DSC_0815``, come last; their spelling sorts them.
    """
    words = words_of(name)
    return order_of(words) if all(map(_says_nothing, words)) else (_NAMELESS, 0, 0)


def _is_code(key: str) -> bool:
    return len(key) >= MIN_CODE_CHARS and any(map(str.isdigit, key))


def _is_word(word: str) -> bool:
    return len(word) > 2 and word.isalpha()  # noqa: PLR2004 - "xl" and "b2" may be another SKU


def _says_nothing(word: str) -> bool:
    """Tell whether `word` is a view, an order or a remark, and names no other product."""
    is_order = (word.isdecimal() and len(word) <= MAX_ORDER_DIGITS) or len(word) == 1
    is_known = word in _MAIN or word in _VIEWS or word in _FILLER
    return is_order or is_known or _PIXELS.fullmatch(word) is not None


def _is_inside(hit: Hit, other: Hit) -> bool:
    is_longer = other.end - other.start > hit.end - hit.start
    return is_longer and other.start <= hit.start and hit.end <= other.end
