"""Photos as catalogues name them: addresses, file names, and lists of both in one cell."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from urllib.parse import quote, urlsplit

from visualizer_core.domain.catalogue.photos import PICTURES
from visualizer_core.domain.catalogue.problems import ProblemCode
from visualizer_core.domain.catalogue.rows import ImageRef, RefKind
from visualizer_core.importing.cells import Cells, Column
from visualizer_core.importing.table import Record

__all__ = ["MAX_PICTURES", "numbered", "read_pictures"]

MAX_PICTURES = 100  # of one product; shops stop at 250, people long before
MAX_ADDRESS_CHARS = 2_000  # what browsers and servers agree on

_ENDINGS = "|".join(sorted(PICTURES))
# A comma separates only after a picture's ending or before an address: names may contain commas.
_AFTER_ENDING = re.compile(rf"(\.(?:{_ENDINGS})(?:\?[^\s,;|]*)?)\s*[,;]\s*", re.IGNORECASE)
_BEFORE_ADDRESS = re.compile(r"\s*[,;]\s*(?=https?://|//)", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*[\n|]\s*")
_SCHEME = re.compile(r"[a-z][a-z0-9+.\-]+:", re.IGNORECASE)
_DRIVE = re.compile(r"\A[a-z]:/", re.IGNORECASE)


def read_pictures(
    cells: Cells, record: Record, column: Column | None, alt: str = ""
) -> list[ImageRef]:
    """Return the photos in a cell, in its order; unusable ones are noted and left out."""
    text = cells.text(record, column)
    if not text or column is None:
        return []
    split = _BEFORE_ADDRESS.sub("\n", _AFTER_ENDING.sub(r"\1\n", text))
    found: list[ImageRef] = []
    for part in _BETWEEN.split(split)[:MAX_PICTURES]:
        if not part:
            continue
        ref = _reference(part.strip(), len(found) + 1, alt)
        if ref is None:
            cells.note(ProblemCode.BAD_IMAGE_REFERENCE, record, column, value=part)
        else:
            found.append(ref)
    return found


def numbered(refs: Iterable[ImageRef]) -> tuple[ImageRef, ...]:
    """Return `refs` without repetitions, positions counted from 1."""
    unique: dict[str, ImageRef] = {}
    for ref in refs:
        unique.setdefault(ref.value, ref)
    return tuple(
        ref if ref.position == position else ImageRef(ref.kind, ref.value, position, ref.alt)
        for position, ref in enumerate(list(unique.values())[:MAX_PICTURES], start=1)
    )


def _reference(text: str, position: int, alt: str) -> ImageRef | None:
    if len(text) > MAX_ADDRESS_CHARS:
        return None
    if text.startswith("//"):
        text = f"https:{text}"
    if text.casefold().startswith(("http://", "https://")):
        return _address(text, position, alt)
    path = _DRIVE.sub("", text.replace("\\", "/"), count=1).lstrip("/")
    parts = PurePosixPath(path).parts
    if _SCHEME.match(path) or ".." in parts:
        return None
    is_picture = path.rpartition(".")[2].casefold() in PICTURES and "." in path
    return ImageRef(RefKind.FILE, "/".join(parts), position, alt) if is_picture else None


def _address(text: str, position: int, alt: str) -> ImageRef | None:
    try:
        host = urlsplit(text).hostname
    except ValueError:  # a malformed IPv6 host
        return None
    if not host:
        return None
    # Blanks and accents as they come are escaped; what is escaped already stays.
    safe = quote(text, safe="%:/?#[]@!$&'()*+,;=~")
    return ImageRef(RefKind.URL, safe, position, alt)
