"""What is written down about a running stack, so that others find it and nothing is left behind."""

import signal
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from visualizer_core.local.stamps import ProcessStamp
from visualizer_core.local.state import StateFolder, write_private

__all__ = ["ChildRecord", "PartRecord", "Phase", "StackRecord", "read_record", "remove_record"]


class Phase(StrEnum):
    """Where a stack is in its life."""

    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"


class PartRecord(BaseModel):
    """One piece of infrastructure: embedded, or external as set by a variable."""

    model_config = ConfigDict(frozen=True)

    name: str
    embedded: bool
    address: str
    says: str


class ChildRecord(BaseModel):
    """One process of the stack and how to stop it."""

    model_config = ConfigDict(frozen=True)

    name: str
    pid: int
    started: str
    stop_signal: int
    stop_within_seconds: float
    is_server: bool
    address: str
    log: str

    @property
    def stamp(self) -> ProcessStamp:
        """The process, told from a stranger with the same pid."""
        return ProcessStamp(self.pid, self.started)

    def is_alive(self) -> bool:
        """Whether exactly this process still runs."""
        return self.stamp.is_alive()


class StackRecord(BaseModel):
    """A stack as `stack.json` remembers it.

    Attributes
    ----------
    phase : Phase
        Only a ready stack may be used.
    one_command : bool
        Whether it was started for the time of one command, and not by `visualizer up`.
    """

    model_config = ConfigDict(frozen=True)

    supervisor_pid: int
    supervisor_started: str
    phase: Phase
    one_command: bool
    parts: tuple[PartRecord, ...] = ()
    children: tuple[ChildRecord, ...] = ()

    def is_alive(self) -> bool:
        """Whether its supervisor still runs."""
        return ProcessStamp(self.supervisor_pid, self.supervisor_started).is_alive()

    def is_usable(self) -> bool:
        """Whether it is ready and the supervisor and every embedded server run now."""
        servers = (child for child in self.children if child.is_server)
        return (
            self.phase is Phase.READY
            and self.is_alive()
            and all(server.is_alive() for server in servers)
        )

    def addresses(self) -> str:
        """Return one line for each part and child that has an address, for people."""
        seen = {part.name: part.address for part in self.parts}
        seen |= {child.name: child.address for child in self.children if child.address}
        return "\n".join(f"    {name:<10} {address}" for name, address in seen.items())

    def stop_leftovers(self) -> list[str]:
        """Stop every process that still runs, workers first; return their names."""
        stopped: list[str] = []
        for child in sorted(self.children, key=lambda one: one.is_server):
            first = signal.Signals(child.stop_signal)
            if child.stamp.stop(first, child.stop_within_seconds):
                stopped.append(child.name)
        return stopped

    def write(self, state: StateFolder) -> None:
        """Store it in the state folder."""
        # After a power cut no process is left to be found.
        write_private(_path(state), self.model_dump_json(indent=1), durable=False)


def read_record(state: StateFolder) -> StackRecord | None:
    """Return the stored record, None when there is none or it cannot be read."""
    try:
        return StackRecord.model_validate_json(_path(state).read_bytes())
    except (FileNotFoundError, PermissionError, ValidationError):
        return None


def remove_record(state: StateFolder) -> None:
    """Forget the stack after everything has ended."""
    _path(state).unlink(missing_ok=True)


def _path(state: StateFolder) -> Path:
    return state.path / "stack.json"
