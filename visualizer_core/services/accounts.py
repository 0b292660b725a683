"""Clients: made, found, limited, suspended; and what a client sets for itself.

Every change writes the audit log in its own transaction and takes effect with its commit: limits
are read where something is reserved, the state of a client where something is claimed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from visualizer_core.db import allowance as quota
from visualizer_core.db.allowance import Allowance
from visualizer_core.db.audit import record
from visualizer_core.db.models import Client, FairShare
from visualizer_core.domain.generation_settings import SettingsOverrides
from visualizer_core.domain.ids import ClientId, new_id
from visualizer_core.domain.quota import LimitOverrides, Limits, Plan, limits_for
from visualizer_core.errors import Conflict, InvalidInput, NotFound
from visualizer_core.workspace import Runtime, Workspace

__all__ = [
    "ClientDefaults",
    "ClientInfo",
    "create_client",
    "defaults",
    "delete_client",
    "find_client",
    "limits_of",
    "list_clients",
    "restore_client",
    "resume_client",
    "set_brand_kit",
    "set_category_defaults",
    "set_generation_defaults",
    "set_limits",
    "set_plan",
    "set_weight",
    "suspend_client",
    "usage",
]

MAX_NAME_CHARS = 120  # fits a card and a mail's subject
MAX_WEIGHT = 100.0  # one client may not make the others' share vanish
# A slug stands in addresses, command lines and file names.
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """A client as the operator sees it.

    Attributes
    ----------
    limits : Limits
        Effective: the plan's with the overrides.
    weight : float
        Share of the workers, relative to other clients.
    """

    id: ClientId
    name: str
    slug: str
    plan: Plan
    overrides: LimitOverrides
    limits: Limits
    is_active: bool
    weight: float
    created_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClientDefaults:
    """What a client set for all its pictures; weaker than everything set closer to a picture."""

    generation: SettingsOverrides
    brand_kit: SettingsOverrides
    categories: Mapping[str, SettingsOverrides]


def create_client(
    rt: Runtime, name: str, slug: str, plan: Plan = Plan.FREE, *, actor: str
) -> ClientId:
    """Make a client.

    Raises
    ------
    InvalidInput
        When the name is empty or too long, or the slug could not stand in an address.
    Conflict
        When the slug is taken, also by a deleted client: its data may come back.
    """
    client_id = ClientId(new_id())
    values = {"name": _clean_name(name), "slug": _checked_slug(slug), "plan": plan.value}
    made = (
        insert(Client)
        .values(id=client_id, **values)
        .on_conflict_do_nothing(index_elements=[Client.slug])
        .returning(Client.id)
    )
    with rt.begin() as session:
        if session.scalar(made) is None:
            raise Conflict(f"There is a client with the slug {slug!r} already. Choose another.")
        _log(session, client_id, actor, "created", after=values)
    return client_id


def find_client(rt: Runtime, slug_or_id: str) -> ClientInfo:
    """Find a client that is not deleted, by what a person types.

    Raises
    ------
    NotFound
        Naming what was looked for.
    """
    wanted = Client.slug == slug_or_id.strip().lower()
    if (client_id := _as_id(slug_or_id)) is not None:
        wanted = Client.id == client_id
    with rt.begin() as session:
        row = session.scalar(select(Client).where(wanted, Client.deleted_at.is_(None)))
    if row is None:
        raise NotFound(f"There is no client {slug_or_id!r}.")
    return _info(row)


def list_clients(rt: Runtime, *, deleted: bool = False) -> list[ClientInfo]:
    """All clients by name; with `deleted`, those in the trash too."""
    query = select(Client).order_by(Client.name, Client.id)
    if not deleted:
        query = query.where(Client.deleted_at.is_(None))
    with rt.begin() as session:
        return [_info(row) for row in session.scalars(query)]


def set_plan(rt: Runtime, client_id: ClientId, plan: Plan, *, actor: str) -> None:
    """Change the plan; overrides stay."""
    with rt.begin() as session:
        client = _locked(session, client_id)
        _log(session, client_id, actor, "plan_set", {"plan": client.plan}, {"plan": plan.value})
        client.plan = plan.value
        session.flush()


def set_limits(rt: Runtime, client_id: ClientId, overrides: LimitOverrides, *, actor: str) -> None:
    """Replace what is changed for this client; what is None follows the plan."""
    values = overrides.model_dump(mode="json", exclude_none=True)
    with rt.begin() as session:
        client = _locked(session, client_id)
        _log(session, client_id, actor, "limits_set", client.limits, values)
        client.limits = values
        session.flush()


def set_weight(rt: Runtime, client_id: ClientId, weight: float, *, actor: str) -> None:
    """Change a client's share of the workers; 1 is normal.

    Raises
    ------
    InvalidInput
        When it is not more than 0, or more than `MAX_WEIGHT`.
    """
    if not 0 < weight <= MAX_WEIGHT:
        raise InvalidInput(f"A weight is more than 0 and at most {MAX_WEIGHT:g}; got {weight:g}.")
    with rt.begin() as session:
        client = _locked(session, client_id)
        _log(session, client_id, actor, "weight_set", {"weight": client.weight}, {"weight": weight})
        client.weight = weight
        session.flush()
        session.execute(
            update(FairShare).where(FairShare.client_id == client_id).values(weight=weight)
        )


def suspend_client(rt: Runtime, client_id: ClientId, *, actor: str) -> None:
    """Stop everything of a client: nobody signs in, nothing more is claimed; nothing is lost."""
    _set_status(rt, client_id, "suspended", actor)


def resume_client(rt: Runtime, client_id: ClientId, *, actor: str) -> None:
    """Let a suspended client go on where it stopped."""
    _set_status(rt, client_id, "active", actor)


def delete_client(rt: Runtime, client_id: ClientId, *, actor: str) -> None:
    """Put a client into the trash: as suspended, and out of every list."""
    with rt.begin() as session:
        client = _locked(session, client_id)
        client.deleted_at = quota.limits_of(session, client_id)[1]  # the database's time
        _log(session, client_id, actor, "deleted", {"name": client.name})
        session.flush()


def restore_client(rt: Runtime, client_id: ClientId, *, actor: str) -> None:
    """Take a client out of the trash.

    Raises
    ------
    NotFound
        When there is none, or it is not in the trash.
    """
    query = select(Client).where(Client.id == client_id, Client.deleted_at.is_not(None))
    with rt.begin() as session:
        client = session.scalar(query.with_for_update())
        if client is None:
            raise NotFound("This client is not in the trash.")
        client.deleted_at = None
        _log(session, client_id, actor, "restored", after={"name": client.name})
        session.flush()


def limits_of(ws: Workspace) -> Limits:
    """Effective limits as of now."""
    with ws.begin() as session:
        return quota.limits_of(session, ws.client_id)[0]


def usage(ws: Workspace) -> Allowance:
    """Used, reserved and left: generations of this UTC day, money of this month."""
    with ws.begin() as session:
        return quota.allowance(session, ws.client_id)


def defaults(ws: Workspace) -> ClientDefaults:
    """What the client set for all its pictures."""
    with ws.begin() as session:
        row = session.get_one(Client, ws.client_id)
    return ClientDefaults(
        generation=SettingsOverrides.model_validate(row.generation_defaults),
        brand_kit=SettingsOverrides.model_validate(row.brand_kit),
        categories={
            name: SettingsOverrides.model_validate(value)
            for name, value in row.category_defaults.items()
        },
    )


def set_generation_defaults(ws: Workspace, overrides: SettingsOverrides) -> None:
    """Replace the defaults of all pictures; pictures already asked for keep theirs."""
    with ws.begin() as session:
        client = _locked(session, ws.client_id)
        _set_own(session, ws, "generation_defaults", client.generation_defaults, _stored(overrides))


def set_brand_kit(ws: Workspace, overrides: SettingsOverrides) -> None:
    """Replace the brand kit: palette, props, what must never be shown."""
    with ws.begin() as session:
        client = _locked(session, ws.client_id)
        _set_own(session, ws, "brand_kit", client.brand_kit, _stored(overrides))


def set_category_defaults(
    ws: Workspace, category: str, overrides: SettingsOverrides | None
) -> None:
    """Replace the defaults of one category of products, as the catalogue calls it; None removes.

    Raises
    ------
    InvalidInput
        When the category has no name.
    """
    key = category.strip().casefold()
    if not key:
        raise InvalidInput("Name the category these defaults are for.")
    with ws.begin() as session:
        before = _locked(session, ws.client_id).category_defaults
        after = {name: value for name, value in before.items() if name != key}
        if overrides is not None:
            after[key] = _stored(overrides)
        _set_own(session, ws, "category_defaults", before, after)


def _set_own(
    session: Session,
    ws: Workspace,
    column: str,
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    session.execute(update(Client).where(Client.id == ws.client_id).values({column: after}))
    _log(session, ws.client_id, ws.actor, f"{column}_set", before, after)


def _stored(overrides: SettingsOverrides) -> dict[str, Any]:
    return overrides.model_dump(mode="json", exclude_none=True)


def _set_status(rt: Runtime, client_id: ClientId, status: str, actor: str) -> None:
    with rt.begin() as session:
        client = _locked(session, client_id)
        if client.status != status:
            action = "suspended" if status == "suspended" else "resumed"
            _log(session, client_id, actor, action)
            client.status = status
            session.flush()


def _locked(session: Session, client_id: ClientId) -> Client:
    """The row, locked: what is logged as "before" is what this change replaced."""
    query = select(Client).where(Client.id == client_id, Client.deleted_at.is_(None))
    client = session.scalar(query.with_for_update())
    if client is None:
        raise NotFound("There is no such client.")
    return client


def _log(
    session: Session,
    client_id: ClientId,
    actor: str,
    action: str,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    record(
        session,
        client_id=client_id,
        actor=actor,
        action=f"client.{action}",
        subject=f"client:{client_id}",
        before=before,
        after=after,
    )


def _info(row: Client) -> ClientInfo:
    plan, overrides = Plan(row.plan), LimitOverrides.model_validate(row.limits)
    return ClientInfo(
        id=ClientId(row.id),
        name=row.name,
        slug=row.slug,
        plan=plan,
        overrides=overrides,
        limits=limits_for(plan, overrides),
        is_active=row.status == "active" and row.deleted_at is None,
        weight=row.weight,
        created_at=row.created_at,
        deleted_at=row.deleted_at,
    )


def _clean_name(name: str) -> str:
    cleaned = " ".join(name.split())
    if not 0 < len(cleaned) <= MAX_NAME_CHARS:
        raise InvalidInput(f"A client's name has 1 to {MAX_NAME_CHARS} characters.")
    return cleaned


def _checked_slug(slug: str) -> str:
    if not _SLUG.fullmatch(slug):
        raise InvalidInput(
            f"{slug!r} cannot be a slug: use 1 to 63 lower-case letters a-z, digits and hyphens, "
            "with a letter or digit at both ends, for example north-oak."
        )
    if _as_id(slug) is not None:
        raise InvalidInput(f"{slug!r} looks like an id; choose a slug people can tell from one.")
    return slug


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None
