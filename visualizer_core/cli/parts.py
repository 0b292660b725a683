"""Refusing to begin where a part is away."""

from visualizer_core.errors import PartMissing
from visualizer_core.services import operations
from visualizer_core.services.operations import Part
from visualizer_core.workspace import Runtime

__all__ = ["check_parts"]

NEEDED = (Part.DATABASE, Part.REDIS, Part.STORAGE)  # without one of them nothing can be made


def check_parts(rt: Runtime) -> None:
    """Look at what nothing can be made without.

    Raises
    ------
    PartMissing
        Naming each part that is away, with what to do.
    """
    away = {  # one line for each part: three roles that cannot reach one server say the same
        found.part: f"{found.part}: {found.detail.rstrip('.')}. {found.remedy}"
        for found in reversed(operations.health(rt, parts=NEEDED))
        if not found.ok
    }
    if away:
        raise PartMissing("\n".join(reversed(away.values())))
