"""Words and listings for people, which nothing from outside can make disturb a terminal."""

import sys
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from visualizer_core.cli.console import out

__all__ = ["plain", "say", "show_table"]

PIPED_WIDTH = 200  # columns where no terminal says how wide it is: grep wants whole lines


def plain(value: object) -> str:
    """One line a terminal can show as it is: file and product names come from strangers."""
    text = "" if value is None else str(value)
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def say(words: str, style: str | None = None) -> None:
    """Tell a person, as it stands; lines are broken for terminals only."""
    out.print(words, style=style, markup=False, soft_wrap=not out.is_terminal)


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows on standard output; numbers to the right, every other value to the left."""
    kept = [list(row) for row in rows]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for index, column in enumerate(columns):
        numeric = bool(kept) and all(isinstance(row[index], int | float) for row in kept)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in kept:
        table.add_row(*(Text(plain(value)) for value in row))
    console = Console(highlight=False)
    if not sys.stdout.isatty():
        console.width = PIPED_WIDTH
    console.print(table)
