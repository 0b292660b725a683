"""Memberships: who may work in which client, as what."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from visualizer_core.auth.rows import Kind, Person, as_person, end_sessions, log, row_of
from visualizer_core.db.models import Client, Membership, User
from visualizer_core.domain.ids import ClientId, UserId
from visualizer_core.domain.status import Role
from visualizer_core.errors import Conflict, NotFound
from visualizer_core.workspace import Runtime

__all__ = [
    "Member",
    "add_member",
    "add_membership",
    "change_role",
    "client_name",
    "list_members",
    "remove_member",
]


@dataclass(frozen=True, slots=True)
class Member:
    """A person's role in a client."""

    person: Person
    role: Role


def list_members(rt: Runtime, client_id: ClientId) -> Sequence[Member]:
    """People of a client, by address."""
    query = (
        select(User, Membership.role)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.client_id == client_id)
        .order_by(User.email_key)
    )
    with rt.database.auth() as session:
        return [Member(as_person(user), Role(role)) for user, role in session.execute(query)]


def add_member(
    rt: Runtime, user_id: UserId, client_id: ClientId, role: Role, *, actor: str
) -> None:
    """Give somebody another client.

    Raises
    ------
    Conflict
        When they are a member already.
    NotFound
        When there is no such person or client.
    """
    with rt.database.auth() as session:
        row_of(session, Kind.USER, user_id)
        add_membership(session, user_id, client_id, role, actor)


def change_role(
    rt: Runtime, user_id: UserId, client_id: ClientId, role: Role, *, actor: str
) -> None:
    """Change a member's role.

    Raises
    ------
    NotFound
        When they are no member.
    Conflict
        When the client would be left without an owner.
    """
    with rt.database.auth() as session:
        membership = _membership(session, user_id, client_id)
        if role is not Role.OWNER:
            _refuse_last_owner(session, membership)
        log(
            session,
            actor,
            "member.role_changed",
            f"user:{user_id}",
            client_id=client_id,
            before={"role": membership.role},
            after={"role": role.value},
        )
        membership.role = role.value
        session.flush()


def remove_member(rt: Runtime, user_id: UserId, client_id: ClientId, *, actor: str) -> None:
    """Take a client away from somebody; their sessions in it end. Raises as `change_role`."""
    with rt.database.auth() as session:
        membership = _membership(session, user_id, client_id)
        _refuse_last_owner(session, membership)
        session.delete(membership)
        session.flush()
        end_sessions(session, Kind.USER, user_id, client_id=client_id)
        log(session, actor, "member.removed", f"user:{user_id}", client_id=client_id)


def add_membership(
    session: Session, user_id: UUID, client_id: ClientId, role: Role, actor: str
) -> None:
    """Make a membership in an open transaction; raises as `add_member`."""
    known = client_name(session, client_id)
    if session.scalar(_memberships(user_id, client_id)) is not None:
        raise Conflict(f"This person is a member of {known} already.")
    session.add(Membership(user_id=user_id, client_id=client_id, role=role.value))
    session.flush()
    subject, after = f"user:{user_id}", {"role": role.value}
    log(session, actor, "member.added", subject, client_id=client_id, after=dict(after))


def client_name(session: Session, client_id: ClientId) -> str:
    """The name of a client that is not deleted.

    Raises
    ------
    NotFound
        When there is none.
    """
    name = session.scalar(
        select(Client.name).where(Client.id == client_id, Client.deleted_at.is_(None))
    )
    if name is None:
        raise NotFound("There is no such client.")
    return name


def _memberships(user_id: UUID, client_id: ClientId) -> Select[Membership]:
    return select(Membership).where(
        Membership.user_id == user_id, Membership.client_id == client_id
    )


def _membership(session: Session, user_id: UserId, client_id: ClientId) -> Membership:
    found = session.scalar(_memberships(user_id, client_id).with_for_update())
    if found is None:
        raise NotFound("This person is not a member of this client.")
    return found


def _refuse_last_owner(session: Session, membership: Membership) -> None:
    """Keep one owner; the rows are locked, so that two owners cannot leave at once."""
    if membership.role != Role.OWNER:
        return
    owners = select(Membership.id).where(
        Membership.client_id == membership.client_id, Membership.role == Role.OWNER
    )
    if len(session.scalars(owners.order_by(Membership.id).with_for_update()).all()) == 1:
        raise Conflict("This is the client's last owner. Make somebody else an owner first.")
