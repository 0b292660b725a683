"""What a word for a thing says: where it stands, how big it usually is, which rooms it belongs in.

The table covers furniture and home goods, and the small things that turn up in such catalogues, in
English with the commonest German and French words. Sizes are usual ones in cm, used only when a
catalogue gives none.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from visualizer_core.local.compositor.kinds import OTHER, Kind, all_kinds

__all__ = ["Match", "find_kind", "plain_words"]

# What follows one of these describes the thing, it is not the thing: "lamp for a table".
_STOPPERS = re.compile(r"\s(?:with|for|from|in|on|by|mit|fur|aus|avec|pour|en|de|of)\s|[(,;|/]")


@dataclass(frozen=True)
class Match:
    """A kind and the words of the text that named it.

    Parameters
    ----------
    kind : Kind
    words : str
        Empty when nothing was recognised and ``kind`` is the catch-all.
    """

    kind: Kind
    words: str


def plain_words(text: str) -> str:
    """Lower case letters and digits without accents, single blanks, a blank at both ends."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(char for char in folded if not unicodedata.combining(char))
    return f" {' '.join(re.findall(r'[a-z0-9]+', letters))} "


@lru_cache(maxsize=1)
def _by_alias() -> dict[str, Kind]:
    return {alias: kind for kind in all_kinds() for alias in kind.aliases}


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    longest_first = sorted(_by_alias(), key=lambda alias: (-len(alias), alias))
    return re.compile(rf"(?<= )({'|'.join(longest_first)})(?:s|es|n|en|e)?(?= )")


def find_kind(*texts: str) -> Match:
    """The kind named by the first text that names one.

    Parameters
    ----------
    *texts : str
        Most telling first, for example name, category, description. Within a name the last noun
        before a qualifier counts ("TV stand" is a stand, "lamp with table" a lamp).
    """
    for text in texts:
        head, *rest = _STOPPERS.split(f"{text} ", maxsplit=1)
        for part in (head, *rest):
            found = list(_pattern().finditer(plain_words(part)))
            if found:
                chosen = found[-1] if part is head else found[0]
                return Match(_by_alias()[chosen.group(1)], chosen.group(1))
    return Match(OTHER, "")
