"""Why pictures that are to be made do not move."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, text

from visualizer_core.domain.ids import CollectionId
from visualizer_core.workspace import Workspace

__all__ = ["WaitKind", "Waiting", "waiting", "why_waiting"]


class WaitKind(StrEnum):
    """What is waited for."""

    PAUSED = "paused"  # a person: the run is paused
    SUSPENDED = "suspended"  # a person: the client is suspended
    MODEL = "model"  # a person: the model is paused, by an admin or since the provider refuses all
    DAY = "day"  # the next day's generations
    PROVIDER = "provider"  # the provider asked to slow down
    RETRY = "retry"  # the next try of what did not work
    WORKER = "worker"  # somebody to make it


_FOR_A_PERSON = frozenset({WaitKind.PAUSED, WaitKind.SUSPENDED, WaitKind.MODEL})


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the next pending picture of a collection waits for.

    Attributes
    ----------
    words : str
        A sentence for people.
    seconds : float
        Until it goes on by itself; 0 when that is not known, or a person must act.
    model : str
        What it is to be made with.
    """

    kind: WaitKind
    words: str
    seconds: float
    model: str

    @property
    def needs_person(self) -> bool:
        """Whether nothing moves until somebody acts."""
        return self.kind in _FOR_A_PERSON


# What can move soonest comes first: when that waits for tomorrow, all that is not paused does.
_NEXT = text("""
    SELECT a.hold, a.model, a.error_message, a.run_after, now() AS at,
           a.reserved_day > (now() AT TIME ZONE 'UTC')::date AS other_day,
           l.paused_until > now() AS model_paused, l.paused_reason,
           (SELECT c.status <> 'active' FROM app.clients c WHERE c.id = a.client_id) AS suspended
    FROM app.generated_assets a LEFT JOIN app.provider_limits l ON l.model = a.model
    WHERE a.collection_id = :collection_id AND a.status = 'pending'
    ORDER BY a.hold NULLS FIRST, a.run_after LIMIT 1
""")


def waiting(ws: Workspace, collection_id: CollectionId) -> Waiting | None:
    """Say what pending pictures wait for; None when none is pending.

    Raises
    ------
    PartMissing
        When the database is away.
    """
    with ws.begin() as session:
        row = session.execute(_NEXT, {"collection_id": collection_id}).one_or_none()
    if row is None:
        return None
    kind, words, seconds = _for_a_person(row) or _for_a_time(ws, row)
    return Waiting(kind, words, seconds, row.model)


def why_waiting(ws: Workspace, collection_id: CollectionId) -> str | None:
    """Say in a sentence why pending pictures do not move; None when none is pending."""
    found = waiting(ws, collection_id)
    return None if found is None else found.words


_Found = tuple[WaitKind, str, float]


def _for_a_person(row: Row[Any]) -> _Found | None:
    if row.hold == "paused":
        return WaitKind.PAUSED, "Paused. Resume to go on.", 0.0
    if row.suspended:
        return (
            WaitKind.SUSPENDED,
            "The client is suspended. Its pictures wait until it is not.",
            0.0,
        )
    if row.model_paused:
        reason = str(row.paused_reason or "by an admin").rstrip(".")
        return WaitKind.MODEL, f"The provider's model is paused: {reason}.", 0.0
    return None


def _for_a_time(ws: Workspace, row: Row[Any]) -> _Found:
    left_s = _seconds_between(row.at, row.run_after)
    if left_s and row.other_day:
        at = f"{row.run_after:%Y-%m-%d %H:%M}"
        words = f"Today's generations are used up; it goes on at {at} UTC."
        return WaitKind.DAY, words, left_s
    cooldown_s = ws.runtime.limiter.state(row.model).get("cooldown_s", 0.0)
    if cooldown_s > 0:
        words = f"The provider asked to slow down; it goes on in {cooldown_s:.0f} s."
        return WaitKind.PROVIDER, words, cooldown_s
    if left_s:
        reason = row.error_message or "the last try did not work"
        words = f"Waiting for another try at {row.run_after:%H:%M:%S} UTC: {reason}"
        return WaitKind.RETRY, words, left_s
    return WaitKind.WORKER, "Waiting for a free worker.", 0.0


def _seconds_between(now: datetime, then: datetime) -> float:
    return max((then - now).total_seconds(), 0.0)
