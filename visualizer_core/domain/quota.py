"""Plans and their limits."""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["PLANS", "LimitOverrides", "Limits", "Plan", "limits_for", "next_reset", "usage_day"]

_GB = 1_000_000_000


class Plan(StrEnum):
    """What a client pays for."""

    FREE = "free"
    STARTER = "starter"
    PRO = "pro"
    ENTERPRISE = "enterprise"


class Limits(BaseModel):
    """Effective limits of one client; None means no limit."""

    model_config = ConfigDict(frozen=True)

    daily_generations: int | None = Field(ge=0, description="pictures a UTC day")
    products_per_collection: int = Field(ge=1)
    storage_bytes: int | None = Field(ge=0)
    monthly_budget_micros: int | None = Field(default=None, ge=0, description="millionths of USD")


class LimitOverrides(BaseModel):
    """What an admin changed for one client; unset fields follow the plan."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    daily_generations: int | None = Field(default=None, ge=0)
    products_per_collection: int | None = Field(default=None, ge=1)
    storage_bytes: int | None = Field(default=None, ge=0)
    monthly_budget_micros: int | None = Field(default=None, ge=0)


PLANS: dict[Plan, Limits] = {
    Plan.FREE: Limits(daily_generations=100, products_per_collection=100, storage_bytes=2 * _GB),
    Plan.STARTER: Limits(
        daily_generations=500, products_per_collection=250, storage_bytes=20 * _GB
    ),
    Plan.PRO: Limits(daily_generations=2_000, products_per_collection=500, storage_bytes=100 * _GB),
    Plan.ENTERPRISE: Limits(
        daily_generations=None, products_per_collection=2_000, storage_bytes=None
    ),
}


def limits_for(plan: Plan, overrides: LimitOverrides) -> Limits:
    """Combine a plan with an admin's overrides; a set override wins."""
    return PLANS[plan].model_copy(update=overrides.model_dump(exclude_none=True))


def usage_day(now: datetime) -> date:
    """The day a generation counts towards (UTC)."""
    return now.astimezone(UTC).date()


def next_reset(now: datetime) -> datetime:
    """When the daily allowance comes back: the next midnight UTC."""
    tomorrow = usage_day(now) + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=UTC)
