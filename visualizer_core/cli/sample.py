"""``visualizer sample``: the project's own catalogue, for trying everything else."""

from pathlib import Path
from typing import Annotated

import typer

from visualizer_core.cli.console import Json, out, print_json, reported
from visualizer_core.local.sample import write_sample

__all__ = ["sample"]


def sample(
    folder: Annotated[Path, typer.Argument(help="Where to write it; made when missing.")],
    *,
    as_json: Json = False,
) -> None:
    """Draw the sample catalogue: a CSV, product photos and rooms.

    Pictures that are there already stay as they are.
    """
    with reported():
        found = write_sample(folder)
    out.print(f"✓ sample catalogue in {folder}", markup=False)
    if as_json:
        print_json(
            {
                "catalogue": str(found.catalogue),
                "photos": str(found.photos),
                "rooms": str(found.rooms),
            }
        )
