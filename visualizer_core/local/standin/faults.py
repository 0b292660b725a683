"""Scripted faults: which call fails how, decided in the order of the script.

A fault with a probability decides by its seed, the call's content and how often that content has
come: the same run fails at the same items whatever the order of arrival, and a retry may succeed.
"""

import hashlib
import itertools
from collections import Counter
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from visualizer_core.errors import InvalidInput
from visualizer_core.local.standin.exchange import JsonObject

__all__ = ["Chance", "Fault", "FaultScript", "Faults"]


class Fault(BaseModel):
    """One line of a script.

    ``kind`` is one of ``fault_answers.KINDS``. Everything given must match: ``model`` and ``call``
    exactly, ``path`` and ``prompt`` as a part of the text.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    count: int | None = Field(default=1, ge=1, description="how often; null is always")
    skip: int = Field(default=0, ge=0, description="matching calls let through first")
    model: str | None = None
    path: str | None = None
    prompt: str | None = None
    call: str | None = Field(default=None, description="value of the correlation header")
    probability: float = Field(default=1.0, ge=0, le=1)
    seed: int = 0
    seconds: float | None = Field(
        default=None,
        ge=0,
        le=600,
        description="wire_delay: extra wait; wire_trickle: time the body takes; any other kind: "
        "time from arrival to answer instead of the latency",
    )
    reason: str | None = Field(
        default=None, description="of the kinds finish_reason and block_reason, such as SPII"
    )
    billed: bool | None = Field(default=None, description="null: as the kind is billed usually")


class FaultScript(BaseModel):
    """Body of ``POST /_control/faults``: replaces the script, or is added to it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    faults: tuple[Fault, ...]
    add: bool = False


@dataclass(frozen=True, slots=True)
class Chance:
    """What the script may look at to decide."""

    model: str
    path: str
    prompt: str
    call: str
    identity: str
    kinds: frozenset[str]  # those that make sense for this call


class _Line:
    def __init__(self, number: int, fault: Fault) -> None:
        self.number = number
        self.fault = fault
        self.seen = 0  # calls that matched
        self.used = 0
        self._attempts: Counter[str] = Counter()

    def hits(self, chance: Chance) -> bool:
        """Whether the fault befalls this call; counts it either way."""
        fault = self.fault
        if fault.kind not in chance.kinds or not self._matches(chance):
            return False
        if fault.count is not None and self.used >= fault.count:
            return False
        self.seen += 1
        if self.seen <= fault.skip or not self._falls(chance.identity):
            return False
        self.used += 1
        return True

    def _matches(self, chance: Chance) -> bool:
        fault = self.fault
        return (
            fault.model in {None, chance.model}
            and fault.call in {None, chance.call}
            and (fault.path or "") in chance.path
            and (fault.prompt or "") in chance.prompt
        )

    def _falls(self, identity: str) -> bool:
        attempt = self._attempts[identity]
        self._attempts[identity] += 1
        digest = hashlib.sha256(f"{self.fault.seed}:{identity}:{attempt}".encode()).digest()
        return int.from_bytes(digest[:4]) / 2**32 < self.fault.probability


class Faults:
    """The script and what has been used of it.

    Parameters
    ----------
    known : frozenset of str
        Kinds that may be scripted.
    """

    def __init__(self, known: frozenset[str]) -> None:
        self._known = known
        self._numbers = itertools.count(1)
        self._lines: list[_Line] = []

    def script(self, wanted: FaultScript) -> None:
        """Take over a script.

        Raises
        ------
        InvalidInput
            When a kind is unknown; nothing is changed then.
        """
        for fault in wanted.faults:
            if fault.kind not in self._known:
                known = ", ".join(sorted(self._known))
                raise InvalidInput(f"There is no fault “{fault.kind}”. Choose one of: {known}.")
        if not wanted.add:
            self._lines.clear()
        self._lines.extend(_Line(next(self._numbers), fault) for fault in wanted.faults)

    def reset(self) -> None:
        """Forget the script."""
        self._lines.clear()

    def draw(self, chance: Chance) -> tuple[int, Fault] | None:
        """Find the fault for a call: its number and itself."""
        for line in self._lines:
            if line.hits(chance):
                return line.number, line.fault
        return None

    def report(self) -> list[JsonObject]:
        """List the script with the number of uses."""
        return [
            {
                "number": line.number,
                **line.fault.model_dump(exclude_none=True),
                "seen": line.seen,
                "used": line.used,
            }
            for line in self._lines
        ]
