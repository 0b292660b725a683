"""Reserving generations and money; settling and releasing happen where an asset ends (`jobs`).

All of it is one conditional UPDATE a day or month, so that no concurrency goes over a limit.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from visualizer_core.db.jobs.values import ClaimedAsset
from visualizer_core.domain.ids import ClientId
from visualizer_core.domain.quota import LimitOverrides, Limits, Plan, limits_for, usage_day

__all__ = [
    "Allowance",
    "Share",
    "allowance",
    "limits_of",
    "reserve_generations",
    "reserve_money",
    "reserve_rest",
]

MAX_MICROS = 2**62  # more than any budget, and fits the column
MAX_DAYS_AHEAD = 31  # a run that needs more than a month of its allowance is a mistake


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a client has left now.

    Attributes
    ----------
    generations_left : int or None
        Of this UTC day; None means no limit.
    micros_left : int or None
        Of this month's budget, in millionths of a dollar; None means no budget.
    """

    limits: Limits
    now: datetime
    active: bool  # False: the client is suspended and starts nothing
    used: int
    reserved: int
    used_micros: int
    reserved_micros: int

    @property
    def generations_left(self) -> int | None:
        """Generations that may still be started today."""
        most = self.limits.daily_generations
        return None if most is None else max(most - self.used - self.reserved, 0)

    @property
    def micros_left(self) -> int | None:
        """Money that may still be reserved this month."""
        most = self.limits.monthly_budget_micros
        return None if most is None else max(most - self.used_micros - self.reserved_micros, 0)


@dataclass(frozen=True, slots=True)
class Share:
    """Some of a run's generations, and the day they count towards."""

    day: date
    count: int


_LIMITS = text("""
    SELECT plan, limits, status = 'active' AS active, now() AS now
    FROM app.clients WHERE id = :client_id
""")


def limits_of(session: Session, client_id: ClientId) -> tuple[Limits, datetime]:
    """Effective limits as of this transaction, and the database's time."""
    row = session.execute(_LIMITS, {"client_id": client_id}).one()
    return _effective(row), row.now


def _effective(row: Row[Any]) -> Limits:
    return limits_for(Plan(row.plan), LimitOverrides.model_validate(row.limits))


_STATE = text("""
    SELECT coalesce((SELECT used FROM app.usage_days
                     WHERE client_id = :client_id AND day = :day), 0) AS used,
           coalesce((SELECT reserved FROM app.usage_days
                     WHERE client_id = :client_id AND day = :day), 0) AS reserved,
           coalesce((SELECT used_micros FROM app.budget_months
                     WHERE client_id = :client_id AND month = :month), 0) AS used_micros,
           coalesce((SELECT reserved_micros FROM app.budget_months
                     WHERE client_id = :client_id AND month = :month), 0) AS reserved_micros
""")


def allowance(session: Session, client_id: ClientId) -> Allowance:
    """What is used, reserved and left."""
    row = session.execute(_LIMITS, {"client_id": client_id}).one()
    limits, now, active = _effective(row), row.now, row.active
    day = usage_day(now)
    row = session.execute(
        _STATE, {"client_id": client_id, "day": day, "month": day.replace(day=1)}
    ).one()
    return Allowance(
        limits=limits,
        now=now,
        active=active,
        used=row.used,
        reserved=row.reserved,
        used_micros=row.used_micros,
        reserved_micros=row.reserved_micros,
    )


_ENSURE_DAY = text("""
    INSERT INTO app.usage_days (client_id, day) VALUES (:client_id, :day) ON CONFLICT DO NOTHING
""")
# Takes as many as fit, up to :wanted; the row lock makes two starts queue here.
_TAKE_GENERATIONS = text("""
    WITH room AS (
      SELECT least(:wanted, coalesce(CAST(:most AS int) - used - reserved, :wanted)) AS n
      FROM app.usage_days WHERE client_id = :client_id AND day = :day FOR UPDATE
    )
    UPDATE app.usage_days u SET reserved = reserved + room.n
    FROM room WHERE u.client_id = :client_id AND u.day = :day AND room.n > 0
    RETURNING room.n
""")


def _take(session: Session, client_id: ClientId, day: date, wanted: int, most: int | None) -> int:
    where = {"client_id": client_id, "day": day}
    session.execute(_ENSURE_DAY, where)
    taken = session.execute(
        _TAKE_GENERATIONS, {**where, "wanted": wanted, "most": most}
    ).scalar_one_or_none()
    return taken or 0


def reserve_generations(
    session: Session,
    client_id: ClientId,
    wanted: int,
    limits: Limits,
    *,
    today: date,
    later_too: bool,
) -> list[Share]:
    """Reserve up to `wanted` generations, on following days too when `later_too`.

    Returns
    -------
    list of Share
        What was reserved; together it may be less than `wanted`, and the caller decides whether
        that is an error (roll back) or not.
    """
    shares: list[Share] = []
    left = wanted
    for ahead in range(MAX_DAYS_AHEAD if later_too else 1):
        if left == 0 or (ahead > 0 and limits.daily_generations == 0):
            break
        day = today + timedelta(days=ahead)
        taken = _take(session, client_id, day, left, limits.daily_generations)
        if taken:
            shares.append(Share(day, taken))
            left -= taken
    return shares


_ENSURE_MONTH = text("""
    INSERT INTO app.budget_months (client_id, month) VALUES (:client_id, :month)
    ON CONFLICT DO NOTHING
""")
_TAKE_MONEY = text("""
    UPDATE app.budget_months SET reserved_micros = reserved_micros + :micros
    WHERE client_id = :client_id AND month = :month
      AND used_micros + reserved_micros + :micros <= :most
    RETURNING 1
""")


def reserve_money(
    session: Session, client_id: ClientId, micros: int, *, month: date, most: int
) -> bool:
    """Reserve money of a month's budget, all of it or nothing."""
    where = {"client_id": client_id, "month": month}
    session.execute(_ENSURE_MONTH, where)
    taken = session.execute(_TAKE_MONEY, {**where, "micros": micros, "most": most})
    return taken.scalar_one_or_none() is not None


_LACKING = text("""
    UPDATE app.generated_assets a SET reserved_micros = :micros
    FROM (SELECT client_id, id, reserved_micros FROM app.generated_assets
          WHERE client_id = :client_id AND id = :asset_id AND lease_token = :lease
          FOR NO KEY UPDATE) before
    WHERE a.client_id = before.client_id AND a.id = before.id AND before.reserved_micros < :micros
    RETURNING :micros - before.reserved_micros
""")


def reserve_rest(session: Session, asset: ClaimedAsset, micros: int) -> bool:
    """Reserve what an asset's next call lacks of `micros`, after earlier calls used some of it.

    Returns
    -------
    bool
        False when the month's budget has no room for it; the transaction must roll back.
    """
    if asset.reserved_month is None or asset.reserved_micros >= micros:
        return True
    most = limits_of(session, asset.client_id)[0].monthly_budget_micros
    lacking = session.execute(
        _LACKING,
        {
            "client_id": asset.client_id,
            "asset_id": asset.id,
            "lease": asset.lease,
            "micros": micros,
        },
    ).scalar_one_or_none()
    if lacking is None:  # the lease is lost; opening the call finds that out
        return True
    if most is None:  # the budget was lifted meanwhile
        most = MAX_MICROS
    return reserve_money(session, asset.client_id, lacking, month=asset.reserved_month, most=most)
