"""Signing in: address and password in, a person out. Says the same to everybody who may not."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from visualizer_core.auth.passwords import hash_password, needs_rehash, verify_password
from visualizer_core.auth.people import email_key, set_password
from visualizer_core.auth.rows import TABLES, Kind, Person, as_person, log, row_of
from visualizer_core.auth.throttle import admit_sign_in, forget_failures
from visualizer_core.db.models import AdminUser, Client, Membership, User
from visualizer_core.errors import InvalidInput, NotAllowed
from visualizer_core.workspace import Runtime

__all__ = ["authenticate", "change_password"]

_REFUSAL = "This address and password do not belong together."


def authenticate(
    rt: Runtime, kind: Kind, email: str, password: str, *, address: str | None
) -> Person:
    """Check who somebody is.

    Takes as long and says the same whether the address is unknown, the password wrong, the account
    disabled, or every client of the person suspended.

    Parameters
    ----------
    address : str or None
        Where the attempt comes from; None on the command line.

    Raises
    ------
    NotAllowed
        When they are not let in.
    TooManyAttempts
        When they have to wait first.
    """
    return _check(rt, kind, email, password, address, log_as="signed_in")


def _check(
    rt: Runtime, kind: Kind, email: str, password: str, address: str | None, *, log_as: str
) -> Person:
    try:
        key = email_key(email)
    except InvalidInput:
        key = ""  # nobody's: counted, checked and refused like any other
    with rt.database.auth() as session:
        admit_sign_in(rt, session, kind, key, address)
        row = _row_by_key(session, kind, key)
        stored = None if row is None else row.password_hash
    is_right = verify_password(password, stored)  # 60 ms, outside of any transaction
    if row is None or stored is None or not is_right:
        raise NotAllowed(_REFUSAL)
    fresh = hash_password(password) if needs_rehash(stored) else None
    with rt.database.auth() as session:
        row = row_of(session, kind, row.id)
        if row.password_hash != stored or not _may_enter(session, row):
            raise NotAllowed(_REFUSAL)  # also when it changed while we looked
        row.password_hash = fresh or stored
        session.flush()
        forget_failures(rt, session, kind, row.email_key, address)
        person = as_person(row)
        log(session, person.actor, f"{kind}.{log_as}", person.actor)
        return person


def change_password(
    rt: Runtime,
    person: Person,
    old: str,
    new: str,
    *,
    address: str | None,
    keep_session: UUID | None = None,
) -> None:
    """Change one's own password; every other session of the person ends.

    Raises
    ------
    NotAllowed
        When the old password is wrong.
    InvalidInput
        When the new one is the old one, or too weak.
    """
    _check(rt, person.kind, person.email, old, address, log_as="confirmed_password")
    if old == new:
        raise InvalidInput("The new password is the old one. Choose another.")
    set_password(rt, person.kind, person.id, new, actor=person.actor, keep_session=keep_session)


def _row_by_key(session: Session, kind: Kind, key: str) -> User | AdminUser | None:
    table = TABLES[kind]
    return session.scalar(select(table).where(table.email_key == key))


def _may_enter(session: Session, row: User | AdminUser) -> bool:
    if not row.active:
        return False
    if isinstance(row, AdminUser):
        return True
    open_client = (
        select(Client.id)
        .join(Membership, Membership.client_id == Client.id)
        .where(
            Membership.user_id == row.id,
            Client.status == "active",
            Client.deleted_at.is_(None),
        )
        .limit(1)
    )
    return session.scalar(open_client) is not None
