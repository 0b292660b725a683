"""What the modules of sign-in share: people as rows and values, and what a new password ends."""

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from visualizer_core.db.audit import record
from visualizer_core.db.models import (
    AdminUser,
    AuthToken,
    Client,
    LoginSession,
    Membership,
    User,
)
from visualizer_core.errors import NotFound

__all__ = [
    "TABLES",
    "Kind",
    "Person",
    "as_person",
    "client_names",
    "end_sessions",
    "log",
    "new_token",
    "row_of",
    "store_password",
    "token_hash",
]

_TOKEN_BYTES = 32  # 256 bits: nobody guesses one, so its hash needs no salt


class Kind(StrEnum):
    """Whose person: a client's, or the operator's."""

    USER = "user"
    ADMIN = "admin"


TABLES: dict[Kind, type[User | AdminUser]] = {Kind.USER: User, Kind.ADMIN: AdminUser}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in.

    Attributes
    ----------
    admin_role : str or None
        ``admin`` or ``viewer`` for the operator's people; users have memberships instead.
    """

    kind: Kind
    id: UUID
    email: str
    name: str
    is_active: bool
    must_change_password: bool
    admin_role: str | None

    @property
    def actor(self) -> str:
        """How the audit log calls them."""
        return f"{self.kind}:{self.id}"


def as_person(row: User | AdminUser) -> Person:
    """The value of a row."""
    is_admin = isinstance(row, AdminUser)
    return Person(
        kind=Kind.ADMIN if is_admin else Kind.USER,
        id=row.id,
        email=row.email,
        name=row.name,
        is_active=row.active,
        must_change_password=row.must_change_password,
        admin_role=row.role if is_admin else None,
    )


def row_of(session: Session, kind: Kind, person_id: UUID) -> User | AdminUser:
    """The row of somebody, locked.

    Raises
    ------
    NotFound
        When there is none.
    """
    table = TABLES[kind]
    row = session.scalar(select(table).where(table.id == person_id).with_for_update())
    if row is None:
        raise NotFound("There is no such person.")
    return row


def client_names(session: Session, kind: Kind, person_id: UUID) -> list[str]:
    """Names and slugs of somebody's clients: they are no part of a good password."""
    if kind is Kind.ADMIN:
        return []
    query = (
        select(Client.name, Client.slug)
        .join(Membership, Membership.client_id == Client.id)
        .where(Membership.user_id == person_id)
    )
    return [word for row in session.execute(query) for word in row]


def store_password(
    session: Session,
    row: User | AdminUser,
    hashed: str,
    *,
    must_change: bool = False,
    keep_session: UUID | None = None,
) -> None:
    """Set a hash; sessions and open links of that person end with the old password."""
    row.password_hash = hashed
    row.must_change_password = must_change
    kind = as_person(row).kind
    end_sessions(session, kind, row.id, keep=keep_session)
    purposes = ("invitation", "reset") if kind is Kind.USER else ("admin_invitation", "admin_reset")
    session.execute(
        update(AuthToken)
        .where(
            AuthToken.subject_id == row.id,
            AuthToken.purpose.in_(purposes),
            AuthToken.used_at.is_(None),
        )
        .values(used_at=func.now())
    )
    session.flush()


def end_sessions(
    session: Session,
    kind: Kind,
    person_id: UUID,
    *,
    client_id: UUID | None = None,
    keep: UUID | None = None,
) -> None:
    """Revoke somebody's sessions: all, or those in one client; `keep` one of them."""
    ending = update(LoginSession).where(
        LoginSession.kind == kind,
        LoginSession.subject_id == person_id,
        LoginSession.revoked_at.is_(None),
    )
    if client_id is not None:
        ending = ending.where(LoginSession.active_client_id == client_id)
    if keep is not None:
        ending = ending.where(LoginSession.id != keep)
    session.execute(ending.values(revoked_at=func.now()))


def new_token() -> str:
    """A secret to give away once."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def token_hash(token: str) -> str:
    """What is kept of a token: enough to recognise it, useless to whoever reads the table."""
    return hashlib.sha256(token.encode()).hexdigest()


def log(
    session: Session,
    actor: str,
    action: str,
    subject: str,
    *,
    client_id: UUID | None = None,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    """Add an entry to the audit log; secrets stay out of it."""
    record(
        session,
        client_id=client_id,
        actor=actor,
        action=action,
        subject=subject,
        before=before,
        after=after,
    )
