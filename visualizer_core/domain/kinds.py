"""What a noun tells about a thing: where it stands, how big it is, which rooms it belongs in.

Read from ``kinds.txt``: furniture and home goods, and the small things that turn up in such
catalogues, in English with common German and French nouns.
"""

import math
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from pydantic import TypeAdapter

from visualizer_core.domain.analysis import ScaleHint
from visualizer_core.domain.vocabulary import Placement, SceneType

__all__ = ["Kind", "find_kind", "plain_words", "scale_of"]

# What follows one of these describes the thing and is not the thing: "dresser with drawers".
_QUALIFIERS = re.compile(r"\s(?:with|for|from|in|on|by|of|mit|fuer|aus|avec|pour|en|de)\s|[(,;|/]")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "o"})
_MAX_TEXT = 2_000  # more of a description tells nothing new about the kind


# Longest side in cm below which a thing counts as this size: candle, table lamp, chair, sofa.
_SIZES: tuple[tuple[float, ScaleHint], ...] = (
    (12, "tiny"),
    (45, "small"),
    (120, "medium"),
    (220, "large"),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of thing.

    Parameters
    ----------
    noun : str
        Its generic class, lower case.
    placement : Placement
        What carries it.
    scale : ScaleHint
        How big it usually is.
    indoor, outdoor : bool
        Where it may be.
    rooms : tuple of SceneType
        Best first.
    """

    noun: str
    placement: Placement
    scale: ScaleHint
    indoor: bool
    outdoor: bool
    rooms: tuple[SceneType, ...]


@lru_cache(maxsize=64)  # the texts of one product are read for several tables in a row
def plain_words(text: str) -> str:
    """Lower case ASCII words with one blank between them and one at both ends."""
    spelled = text[:_MAX_TEXT].casefold().translate(_UMLAUTS)
    folded = unicodedata.normalize("NFKD", spelled)
    letters = "".join(char for char in folded if not unicodedata.combining(char))
    return f" {' '.join(re.findall(r'[a-z0-9]+', letters))} "


def find_kind(*texts: str) -> Kind | None:
    """The kind that the first telling text names; None when none does.

    Parameters
    ----------
    *texts : str
        Most telling first: name, category, tags, description. In the head of a text the last noun
        counts ("coffee table lamp" is a lamp), in what follows it the first.
    """
    table, pattern = _lexicon()
    for text in texts:
        head, *rest = _QUALIFIERS.split(f"{text[:_MAX_TEXT]} ")
        nouns = [match.group(1) for match in pattern.finditer(plain_words(head))]
        if nouns:
            return table[nouns[-1]]
        for part in rest:
            if found := pattern.search(plain_words(part)):
                return table[found.group(1)]
    return None


def scale_of(*sides_cm: float | None) -> ScaleHint | None:
    """How big a thing with these sides is; None when none is known."""
    known = [side for side in sides_cm if side is not None and 0 < side < math.inf]
    if not known:
        return None
    for up_to, hint in _SIZES:
        if max(known) < up_to:
            return hint
    return "very large"


@cache
def _lexicon() -> tuple[dict[str, Kind], re.Pattern[str]]:
    table: dict[str, Kind] = {}
    text = Path(__file__).with_name("kinds.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            kind, names = _row(line)
            table |= dict.fromkeys(names, kind)
    longest_first = "|".join(sorted(table, key=lambda name: (-len(name), name)))
    return table, re.compile(rf"(?<= )({longest_first})(?:s|es|n|en)?(?= )")


def _row(line: str) -> tuple[Kind, list[str]]:
    nouns, placement, scale, setting, rooms = (cell.strip() for cell in line.split("|"))
    noun, _, others = nouns.partition(";")
    kind = _KIND.validate_python(
        {
            "noun": noun.strip(),
            "placement": placement,
            "scale": scale,
            "indoor": setting in {"indoor", "both"},
            "outdoor": setting in {"outdoor", "both"},
            "rooms": [room.strip() for room in rooms.split(",")],
        }
    )
    return kind, [noun.strip(), *(name.strip() for name in others.split(",") if name.strip())]


_KIND = TypeAdapter(Kind)  # refuses a row with a word the vocabulary does not know
