"""People: users of clients, and the operator's own admin users, who live apart on purpose."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from visualizer_core.auth.members import add_membership, client_name
from visualizer_core.auth.passwords import checked_password, hash_password
from visualizer_core.auth.rows import (
    TABLES,
    Kind,
    Person,
    as_person,
    client_names,
    end_sessions,
    log,
    row_of,
    store_password,
)
from visualizer_core.auth.throttle import forget_failures
from visualizer_core.db.models import AdminUser, User
from visualizer_core.domain.ids import AdminUserId, ClientId, UserId, new_id
from visualizer_core.domain.status import Role
from visualizer_core.errors import Conflict, InvalidInput, NotFound
from visualizer_core.workspace import Runtime

__all__ = [
    "create_admin",
    "create_user",
    "email_key",
    "find_person",
    "list_admins",
    "set_active",
    "set_password",
]

MAX_EMAIL_CHARS = 254  # RFC 5321
MAX_NAME_CHARS = 120  # fits the corner of a page
_EMAIL = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+")  # whether mail arrives there, mail decides


def email_key(email: str) -> str:
    """The form of an address: one account each.

    Raises
    ------
    InvalidInput
        When it is no address.
    """
    cleaned = unicodedata.normalize("NFKC", email).strip()
    if len(cleaned) > MAX_EMAIL_CHARS or not _EMAIL.fullmatch(cleaned):
        raise InvalidInput(f"{email!r} is not an e-mail address.")
    return cleaned.casefold()


def create_user(
    rt: Runtime,
    email: str,
    name: str,
    *,
    client_id: ClientId,
    role: Role = Role.OWNER,
    password: str | None = None,
    must_change: bool = False,
    actor: str,
) -> UserId:
    """Make a person of a client.

    Parameters
    ----------
    password : str, optional
        Without one nobody can sign in until an invitation is accepted.
    must_change : bool
        Whether the password is for the first sign-in only.

    Raises
    ------
    Conflict
        When the address has an account: `members.add_member` gives it another client.
    NotFound
        When there is no such client.
    InvalidInput
        When address, name or password cannot be used.
    """
    user_id = UserId(new_id())
    columns = _columns(email, name, password, must_change=must_change)
    with rt.database.auth() as session:
        client_name(session, client_id)
        _refuse_known(session, Kind.USER, columns["email_key"])
        session.add(User(id=user_id, **columns))
        session.flush()
        log(session, actor, "user.created", f"user:{user_id}", client_id=client_id)
        add_membership(session, user_id, client_id, role, actor)
    return user_id


def create_admin(
    rt: Runtime,
    email: str,
    name: str,
    *,
    role: str = "admin",
    password: str | None = None,
    must_change: bool = False,
    actor: str,
) -> AdminUserId:
    """Make a person of the operator; `role` is ``admin`` or ``viewer``. Raises as `create_user`."""
    if role not in {"admin", "viewer"}:
        raise InvalidInput(f"The role of an admin user is admin or viewer, not {role!r}.")
    admin_id = AdminUserId(new_id())
    columns = _columns(email, name, password, must_change=must_change)
    with rt.database.auth() as session:
        _refuse_known(session, Kind.ADMIN, columns["email_key"])
        session.add(AdminUser(id=admin_id, role=role, **columns))
        session.flush()
        log(session, actor, "admin.created", f"admin:{admin_id}", after={"role": role})
    return admin_id


def find_person(rt: Runtime, kind: Kind, email: str) -> Person:
    """Find somebody by address.

    Raises
    ------
    NotFound
        When nobody has it.
    """
    table = TABLES[kind]
    with rt.database.auth() as session:
        row = session.scalar(select(table).where(table.email_key == email_key(email)))
    if row is None:
        raise NotFound(f"Nobody has the address {email}.")
    return as_person(row)


def list_admins(rt: Runtime) -> Sequence[Person]:
    """The operator's people, by address."""
    with rt.database.auth() as session:
        rows = session.scalars(select(AdminUser).order_by(AdminUser.email_key))
        return [as_person(row) for row in rows]


def set_active(rt: Runtime, kind: Kind, person_id: UUID, *, active: bool, actor: str) -> None:
    """Let somebody sign in again, or no longer: then their sessions end at once."""
    with rt.database.auth() as session:
        row_of(session, kind, person_id).active = active
        session.flush()
        if not active:
            end_sessions(session, kind, person_id)
        action = "enabled" if active else "disabled"
        log(session, actor, f"{kind}.{action}", f"{kind}:{person_id}")


def set_password(
    rt: Runtime,
    kind: Kind,
    person_id: UUID,
    password: str,
    *,
    must_change: bool = False,
    actor: str,
    keep_session: UUID | None = None,
) -> None:
    """Set somebody's password; their other sessions and open links end, the throttle forgets them.

    Raises
    ------
    InvalidInput
        When the password is too weak for this person.
    """
    with rt.database.auth() as session:
        row = row_of(session, kind, person_id)
        personal = [row.email, row.name, *client_names(session, kind, person_id)]
    hashed = hash_password(checked_password(password, personal=personal))  # 60 ms, outside
    with rt.database.auth() as session:
        row = row_of(session, kind, person_id)
        store_password(session, row, hashed, must_change=must_change, keep_session=keep_session)
        forget_failures(rt, session, kind, row.email_key)
        log(session, actor, f"{kind}.password_set", f"{kind}:{person_id}")


def _columns(email: str, name: str, password: str | None, *, must_change: bool) -> dict[str, Any]:
    cleaned = " ".join(name.split())
    if not 0 < len(cleaned) <= MAX_NAME_CHARS:
        raise InvalidInput(f"A name has 1 to {MAX_NAME_CHARS} characters.")
    key = email_key(email)
    hashed = None
    if password is not None:
        hashed = hash_password(checked_password(password, personal=[key, cleaned]))
    return {
        "email": email.strip(),
        "email_key": key,
        "name": cleaned,
        "password_hash": hashed,
        "must_change_password": must_change and hashed is not None,
    }


def _refuse_known(session: Session, kind: Kind, key: str) -> None:
    table = TABLES[kind]
    if session.scalar(select(table.id).where(table.email_key == key)) is not None:
        raise Conflict(f"{key} has an account already.")
