"""Several labelled things in one request: which words and which picture belong to which id."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from visualizer_core.local.standin.call import Picture, Piece, Text
from visualizer_core.local.standin.shape import Shape

__all__ = ["ID_NAMES", "Item", "id_field", "items_of"]

ID_NAMES = (
    "id",
    "key",
    "ref",
    "sku",
    "uid",
    "uuid",
    "item_id",
    "product_id",
    "scene_id",
    "image_id",
)
_NAME = r"(?:(?:product|item|image|scene|inspiration)[ _-]?)?(?:id|key|ref|uid|uuid)"
# A line that begins with the name, or the name in quotes anywhere, as in JSON on one line.
_ID_LINE = re.compile(
    rf"(?im)(?:^[\s\-*#>]*{_NAME}|[\"']{_NAME}[\"'])\s*[:=]\s*[\"'`]?(?P<id>[A-Za-z0-9][\w.:-]*)"
)


@dataclass(frozen=True)
class Item:
    """One thing to be analysed."""

    id: str
    text: str
    picture: Picture | None


def id_field(shape: Shape) -> str | None:
    """Name of the property that identifies an element, None when there is none."""
    names = [name for name, child in shape.properties if child.kind in {"string", "any"}]
    lower = {name.lower(): name for name in reversed(names)}
    return next((lower[name] for name in ID_NAMES if name in lower), None)


def items_of(pieces: Sequence[Piece]) -> list[Item]:
    """Cut a request into its items at what gives an id.

    A line ``id: …`` or a JSON field ``"id": "…"`` begins an item; the words up
    to the next such line and the first picture that follows belong to it.
    """
    items: list[Item] = []
    for piece in pieces:
        if isinstance(piece, Text):
            _add_text(items, piece.text)
        elif isinstance(piece, Picture) and items and items[-1].picture is None:
            last = items[-1]
            items[-1] = Item(last.id, last.text, piece)
    return items


def _add_text(items: list[Item], text: str) -> None:
    for found_id, words in _sections(text):
        if found_id is not None:
            items.append(Item(found_id, words, None))
        elif items:
            last = items[-1]
            items[-1] = Item(last.id, f"{last.text}\n{words}", last.picture)


def _sections(text: str) -> Iterator[tuple[str | None, str]]:
    """Cut a text at its id lines; what stands before the first has no id."""
    found = list(_ID_LINE.finditer(text))
    starts = [_start_of(text, match.start()) for match in found]
    ends = [*starts[1:], len(text)] if starts else []
    before = text[: starts[0]] if starts else text
    if before.strip():
        yield None, before
    for match, start, end in zip(found, starts, ends, strict=True):
        yield match["id"], text[start:end]


def _start_of(text: str, place: int) -> int:
    """Go back to the brace of the JSON object an id stands in, or to the start of its line."""
    brace, line = text.rfind("{", 0, place), text.rfind("\n", 0, place) + 1
    return max(brace, line) if text[max(brace, 0) : place].strip("{ \n\t") == "" else place
