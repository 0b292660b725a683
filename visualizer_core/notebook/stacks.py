"""The stacks this process uses: one for each state folder, however many workspaces are open."""

import threading
from pathlib import Path

from visualizer_core.notebook.keeper import Keeper
from visualizer_core.settings import settings_from
from visualizer_core.wiring import build_runtime

__all__ = ["StackInUse", "use_stack"]


class StackInUse:
    """A stack with the runtime on it; made and counted by `use_stack`.

    Attributes
    ----------
    keeper : Keeper
        Keeps it.
    runtime : Runtime
        The program on it.
    """

    def __init__(self, state: Path) -> None:
        self.keeper = Keeper(state)
        self.runtime = build_runtime(settings_from(self.keeper.env))
        self.users = 0
        self._state = state

    def release(self) -> None:
        """Give it back; the last user closes it."""
        with _lock:
            self.users -= 1
            if self.users:
                return
            if _in_use.get(self._state) is self:
                del _in_use[self._state]
        self.runtime.close()
        self.keeper.close()


_in_use: dict[Path, StackInUse] = {}
_lock = threading.RLock()  # a workspace may be collected, and so released, while one is opened


def use_stack(state: Path) -> StackInUse:
    """Use the stack of a state folder; each use is ended by `StackInUse.release`.

    Raises
    ------
    PartMissing, Conflict, Misconfigured
        When it cannot be started.
    """
    with _lock:
        found = _in_use.get(state)
        if found is None or not found.keeper.is_alive:
            found = _in_use[state] = StackInUse(state)
        found.users += 1
        return found
