"""Is everything well? One list of findings for the command line, the web pages and `up`."""

import tempfile
from collections.abc import Collection, Iterable
from functools import partial
from pathlib import Path

from visualizer_core.services.operations.checks import Check, Look, Part, look_at_all
from visualizer_core.services.operations.looking import (
    look_at_database,
    look_at_disk,
    look_at_program,
    look_at_redis,
    look_at_storage,
)
from visualizer_core.services.operations.models import look_at_provider
from visualizer_core.services.operations.working import look_at_work, look_at_workers
from visualizer_core.workspace import Runtime

__all__ = ["EVERY_PART", "health"]

EVERY_PART = tuple(Part)
PATIENCE_S = 30.0  # three database roles that time out one after the other take 15


def health(
    rt: Runtime,
    *,
    parts: Collection[Part] = EVERY_PART,
    workers_expected: bool = True,
    folders: Iterable[Path] = (),
) -> list[Check]:
    """Look at the parts of the installation; never raises for what it finds.

    Parameters
    ----------
    parts : collection of Part
        What to look at; asking the provider takes a call for each model.
    workers_expected : bool
        False where a stack lives for one command only and has no workers of its own.
    folders : iterable of Path
        Whose disks must have room, beside that of temporary files.
    """
    places = (Path(tempfile.gettempdir()), *folders)
    looks: dict[Part, Look] = {
        Part.PROGRAM: partial(look_at_program, rt),
        Part.DATABASE: partial(look_at_database, rt),
        Part.REDIS: partial(look_at_redis, rt),
        Part.STORAGE: partial(look_at_storage, rt),
        Part.PROVIDER: partial(look_at_provider, rt),
        Part.DISK: partial(look_at_disk, places),
        Part.WORKERS: partial(look_at_workers, rt, expected=workers_expected),
        Part.WORK: partial(look_at_work, rt),
    }
    return look_at_all({part: looks[part] for part in Part if part in parts}, patience_s=PATIENCE_S)
