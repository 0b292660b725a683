"""Text of catalogue cells: clean characters, HTML turned into readable lines.

This makes text, not safe HTML: whoever shows it still escapes it.
"""

import html
import re
import unicodedata

__all__ = ["clean_text", "fold", "html_to_text", "name_list", "one_line", "word_set"]


def word_set(text: str) -> frozenset[str]:
    """Return the blank-separated words of `text`, for tables written as a line."""
    return frozenset(text.split())


def name_list(text: str) -> tuple[str, ...]:
    """Return the comma-separated names of `text`, for tables written as lines."""
    return tuple(" ".join(name.split()) for name in text.split(","))


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\u200b\u2028\u2029\ufffe\uffff]")
_ACCENT = re.compile(r"[\u0300-\u036f]")  # of Latin, Greek and Cyrillic; kana keep their marks
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe"})  # do not decompose
_BLANKS = re.compile(r"[ \t\xa0\u2000-\u200a\u202f\u205f\u3000]+")
_AROUND_NEWLINE = re.compile(r" *\n *")
_MANY_NEWLINES = re.compile(r"\n{3,}")

# A tag stops at the next "<", so that a text of nothing but "<" costs one pass, not a square.
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)[^<>]*>|<![^<>]*>")
_BLOCKS = word_set(
    "address article blockquote dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 "
    "h6 header hr main nav ol p pre section table tbody tfoot thead tr ul"
)
_UNSEEN = ("script", "style", "head", "template")  # their content is not for readers


def clean_text(raw: str) -> str:
    """Return `raw` composed (NFC), without control characters and outer blanks."""
    if raw.isascii() and raw.isprintable():
        return raw.strip()
    return _CONTROL.sub("", unicodedata.normalize("NFC", raw)).strip()


def one_line(raw: str) -> str:
    """Return `raw` clean and on one line, every run of blanks a single one."""
    return " ".join(clean_text(raw).split())


def fold(raw: str) -> str:
    """Return the letters and digits of `raw`, lower case and without accents.

    Two spellings of a SKU, a heading or a file name are the same when they fold to the same.
    """
    if not raw.isascii():
        decomposed = unicodedata.normalize("NFKD", raw.casefold().translate(_LETTERS))
        raw = unicodedata.normalize("NFC", _ACCENT.sub("", decomposed))
    return "".join(char for char in raw.casefold() if char.isalnum())


def html_to_text(raw: str) -> str:
    """Return what a reader would see of `raw`, which may be HTML or plain text.

    Blocks become lines, list items lines that begin with ``- ``, table cells are set apart by a
    blank, scripts, styles and comments vanish, entities become characters. Blank lines are kept as
    one at most. Cost is linear in the length, whatever stands there.
    """
    text = raw
    if "<" in text:
        text = _without(text, "<!--", "-->")
        for name in _UNSEEN:
            text = _without_element(text, name)
        source_lines = " ".join(text.split()) if _TAG.search(text) else text
        text = _TAG.sub(_spacing, source_lines)
    if "&" in text:
        text = html.unescape(text)
    return _tidy(text)


def _tidy(text: str) -> str:
    text = clean_text(text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _BLANKS.sub(" ", text)
    return _MANY_NEWLINES.sub("\n\n", _AROUND_NEWLINE.sub("\n", text)).strip()


def _spacing(match: re.Match[str]) -> str:
    name = (match[1] or "").lower()
    if name == "br":
        return "\n"
    if name == "li":
        return "" if match[0].startswith("</") else "\n- "
    if name in _BLOCKS:
        return "\n"
    return " " if name in {"td", "th", "img"} else ""


def _without(text: str, opening: str, closing: str) -> str:
    """Cut every part from `opening` to `closing`; an unclosed one reaches to the end."""
    kept: list[str] = []
    at = 0
    while (start := text.find(opening, at)) >= 0:
        kept.append(text[at:start])
        end = text.find(closing, start + len(opening))
        if end < 0:
            return "".join(kept)
        at = end + len(closing)
    kept.append(text[at:])
    return "".join(kept)


def _without_element(text: str, name: str) -> str:
    """Cut every element called `name` with its content; an unclosed one reaches to the end."""
    opening = re.compile(rf"<{name}\b", re.IGNORECASE)
    closing = re.compile(rf"</{name}\s*>", re.IGNORECASE)
    kept: list[str] = []
    at = 0
    while start := opening.search(text, at):
        kept.append(text[at : start.start()])
        end = closing.search(text, start.end())
        if end is None:
            return "".join(kept)
        at = end.end()
    kept.append(text[at:])
    return "".join(kept)
