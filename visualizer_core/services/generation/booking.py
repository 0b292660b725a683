"""Booking generations and money for pictures that are about to become open."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from visualizer_core.db.allowance import Allowance, reserve_generations, reserve_money
from visualizer_core.domain.quota import next_reset, usage_day
from visualizer_core.errors import NotAllowed, QuotaExceeded
from visualizer_core.workspace import Workspace

__all__ = ["Booking", "book", "with_margin"]

BUDGET_MARGIN = 1.25  # thinking and retries vary; what is not spent is given back at the end


@dataclass(frozen=True, slots=True)
class Booking:
    """What one open asset holds; columns of its row."""

    run_after: datetime | None  # None: now
    day: date
    month: date | None  # None: the client has no budget
    micros: int

    def columns(self) -> dict[str, str | int | None]:
        """The columns as JSON."""
        return {
            "run_after": None if self.run_after is None else self.run_after.isoformat(),
            "reserved_day": self.day.isoformat(),
            "reserved_month": None if self.month is None else self.month.isoformat(),
            "reserved_micros": self.micros,
        }


def with_margin(estimate_micros: int) -> int:
    """What is reserved for a call that is expected to cost so much."""
    return round(estimate_micros * BUDGET_MARGIN)


def book(
    session: Session,
    ws: Workspace,
    estimates_micros: Sequence[int],
    left: Allowance,
    *,
    later_too: bool = False,
) -> list[Booking]:
    """Book one generation for each estimate, and its money where the client has a budget.

    Parameters
    ----------
    estimates_micros : sequence of int
        Expected cost of each picture, in millionths of a dollar.
    later_too : bool
        Book the rest on following days when today does not suffice.

    Raises
    ------
    NotAllowed
        When the client is suspended.
    QuotaExceeded
        When it does not all fit. The transaction must roll back, so that nothing stays booked.
    """
    wanted = len(estimates_micros)
    if wanted == 0:
        return []
    if not left.active:
        raise NotAllowed("This account is suspended, so nothing can be generated. Ask for help.")
    today = usage_day(left.now)
    shares = reserve_generations(
        session, ws.client_id, wanted, left.limits, today=today, later_too=later_too
    )
    if sum(share.count for share in shares) < wanted:
        raise _too_many(wanted, left)
    budget = left.limits.monthly_budget_micros
    reserved = [with_margin(micros) if budget is not None else 0 for micros in estimates_micros]
    days = [share.day for share in shares for _ in range(share.count)]
    bookings = [
        Booking(
            run_after=_midnight(day) if day > today else None,
            day=day,
            month=None if budget is None else day.replace(day=1),
            micros=micros,
        )
        for day, micros in zip(days, reserved, strict=True)
    ]
    if budget is not None:
        _book_money(session, ws, bookings, budget, left)
    return bookings


def _book_money(
    session: Session, ws: Workspace, bookings: Sequence[Booking], budget: int, left: Allowance
) -> None:
    """Book each picture's money in the month it is made in, the months in their order."""
    months: Counter[date] = Counter()
    for booking in bookings:
        months[booking.day.replace(day=1)] += booking.micros
    for month, micros in sorted(months.items()):
        if not reserve_money(session, ws.client_id, micros, month=month, most=budget):
            raise _too_dear(micros, left)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _too_many(wanted: int, left: Allowance) -> QuotaExceeded:
    now_left = left.generations_left or 0
    return QuotaExceeded(
        f"This needs {wanted} generations and {now_left} are left today. More come at "
        f"{next_reset(left.now):%H:%M} UTC. Make fewer, or let the rest wait for tomorrow.",
        left=now_left,
    )


def _too_dear(needed: int, left: Allowance) -> QuotaExceeded:
    dollars = (left.micros_left or 0) / 1_000_000
    return QuotaExceeded(
        f"This may cost up to ${needed / 1_000_000:.2f} and ${dollars:.2f} of this month's "
        "budget is left. Make fewer pictures, or ask for a larger budget.",
        left=left.generations_left or 0,
    )
