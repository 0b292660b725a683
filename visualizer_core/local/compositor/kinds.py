"""The table of things, read from ``kinds.txt``: one row a kind."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal, cast, get_args

__all__ = ["OTHER", "Kind", "Placement", "all_kinds"]

Placement = Literal["floor", "wall", "ceiling", "surface", "lying", "rug"]


@dataclass(frozen=True)
class Kind:
    """One kind of thing.

    Parameters
    ----------
    noun : str
        Generic name in English.
    category : str
        Family it belongs to.
    placement : str
        ``floor``, ``wall``, ``ceiling``, ``surface`` (stands on a table), ``lying`` (lies on one)
        or ``rug`` (lies on the floor).
    size_cm : tuple of float
        Usual width, depth, height; for catalogues that give none.
    rooms : tuple of str
        Scene types it fits, best first.
    aliases : tuple of str
        Words that name it, lower case without accents, singular; the first is the noun.
    """

    noun: str
    category: str
    placement: Placement
    size_cm: tuple[float, float, float]
    rooms: tuple[str, ...]
    aliases: tuple[str, ...]


OTHER = Kind(
    "item", "Other", "surface", (25.0, 20.0, 22.0), ("Living Room", "Home Office", "Bedroom"), ()
)


@lru_cache(maxsize=1)
def all_kinds() -> tuple[Kind, ...]:
    """Every kind of the table, in its order."""
    text = (files("visualizer_core.local.compositor") / "kinds.txt").read_text(encoding="utf-8")
    return tuple(_row(line) for line in text.splitlines() if line and not line.startswith("#"))


def _row(line: str) -> Kind:
    names, category, placement, size, rooms = (cell.strip() for cell in line.split("|"))
    if placement not in get_args(Placement):
        raise AssertionError(f"kinds.txt: unknown placement in {line!r}")
    width, depth, height = (float(number) for number in size.split("x"))
    aliases = tuple(name.strip() for name in names.split(","))
    return Kind(
        noun=aliases[0],
        category=category,
        placement=cast(Placement, placement),
        size_cm=(width, depth, height),
        rooms=tuple(room.strip() for room in rooms.split(",")),
        aliases=aliases,
    )
