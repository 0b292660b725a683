"""``visualizer images check``: what would become of every picture of a folder."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from visualizer_core.cli.console import Json, print_json, reported
from visualizer_core.cli.showing import say, show_table
from visualizer_core.imaging.folder import ImageCheck, check_folder
from visualizer_core.imaging.sandbox import Sandbox

__all__ = ["images"]

images = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode="markdown")


@images.callback()
def pictures() -> None:
    """Pictures before they are imported."""


@images.command()
def check(
    folder: Annotated[Path, typer.Argument(help="A folder with its subfolders, or one file.")],
    *,
    as_json: Json = False,
) -> None:
    """Show what would become of every picture: accept, normalise or reject, and why.

    Needs neither servers nor keys and changes nothing. A picture that is refused is an answer, not
    a failure: the exit code is 0.
    """
    with reported(), Sandbox() as sandbox:
        checks = check_folder(folder, sandbox)
    counts = Counter(found.outcome for found in checks)
    if not as_json:
        _show(checks)
    say(
        f"{len(checks)} files: {counts['accept']} accepted as they are, "
        f"{counts['normalise']} converted, {counts['reject']} refused"
    )
    if as_json:
        print_json(
            {
                "images": [_record(found) for found in checks],
                "counts": {name: counts[name] for name in ("accept", "normalise", "reject")},
            }
        )


def _show(checks: Sequence[ImageCheck]) -> None:
    if not checks:
        return
    show_table(
        ("file", "outcome", "code", "message"),
        [(found.name, found.outcome, found.code, found.message) for found in checks],
    )


def _record(found: ImageCheck) -> dict[str, object]:
    return {
        "file": found.name,
        "outcome": found.outcome,
        "code": found.code,
        "message": found.message,
        "width": found.width,
        "height": found.height,
        "source_format": found.source_format,
        "bytes": found.bytes,
        "notes": [
            {"code": note.code, "level": note.level, "message": note.message}
            for note in found.notes
        ],
    }
