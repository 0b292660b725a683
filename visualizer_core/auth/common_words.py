"""What everybody tries first: common words, keyboard runs, spelt with digits or not.

A list of common passwords is mostly the same few words with something appended. Taking the words
out and looking at what is left refuses all of them, also those no list has.
"""

import re
from collections.abc import Iterable
from importlib import resources

__all__ = ["without_common_words"]

_WORDS = (resources.files("visualizer_core.auth") / "common_words.txt").read_text("utf-8").split()
_RUNS = (
    "abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "asdfghjkl",
    "zxcvbnm", "yxcvbnm", "azertyuiop", "qsdfghjklm", "1q2w3e4r5t6y7u8i9o0p", "qazwsxedcrfvtgbyhn",
)  # fmt: skip
_MIN_RUN = 3  # keys in a row
_MIN_PERSONAL = 3  # shorter names are in every word

# Letters as people spell them with digits and signs.
_DIGITS = str.maketrans("0134578", "oleastb")
_SIGNS = str.maketrans("@$!|", "asil")
_BETWEEN = re.compile(r"[\s!-/:-@\[-`{-~]+")  # white space and ASCII signs; emoji count
_REPEATED = re.compile(r"(.{1,4}?)\1{2,}")  # "aaaa", "abababab": counts once
_YEAR = re.compile(r"(?:19|20)\d\d")


def without_common_words(password: str, personal: Iterable[str] = ()) -> str:
    """Return what is left of a password, in lower case, when all that is easily guessed is gone.

    Parameters
    ----------
    personal : iterable of str
        Names and addresses; each word of them counts as common.
    """
    folded = password.casefold()
    common = sorted({*_WORDS, *_words_of(personal)}, key=len, reverse=True)
    # A sign is either a letter ("p@ss") or decoration ("pass!"): the worse reading counts.
    return min((_left_of(text, common) for text in (folded, folded.translate(_SIGNS))), key=len)


def _left_of(folded: str, common: Iterable[str]) -> str:
    left = _YEAR.sub("", _BETWEEN.sub("", folded))
    left = _without_runs(_REPEATED.sub(r"\1", left)).translate(_DIGITS)
    for word in common:
        left = left.replace(word, "")
    return left


def _words_of(personal: Iterable[str]) -> set[str]:
    texts = [text.casefold() for text in personal]
    words = {word for text in texts for word in (*_BETWEEN.split(text), _BETWEEN.sub("", text))}
    return {word.translate(_DIGITS) for word in words if len(word) >= _MIN_PERSONAL}


def _without_runs(text: str) -> str:
    for run in _RUNS:
        for way in (run, run[::-1]):
            text = _without_run(text, way)
    return text


def _without_run(text: str, run: str) -> str:
    """Take out every stretch of at least `_MIN_RUN` characters that stands in `run`."""
    kept: list[str] = []
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and text[start : end + 1] in run:
            end += 1
        if end - start < _MIN_RUN:
            end = start + 1
            kept.append(text[start])
        start = end
    return "".join(kept)
