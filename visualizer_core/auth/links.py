"""Invitations and password resets: links that work once, for one purpose, for a while."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from visualizer_core.auth.members import add_membership
from visualizer_core.auth.passwords import checked_password, hash_password
from visualizer_core.auth.people import create_admin, create_user, email_key
from visualizer_core.auth.rows import (
    TABLES,
    Kind,
    Person,
    as_person,
    client_names,
    log,
    new_token,
    row_of,
    store_password,
    token_hash,
)
from visualizer_core.auth.throttle import admit_reset, forget_failures
from visualizer_core.db.models import AuthToken, User
from visualizer_core.domain.ids import ClientId
from visualizer_core.domain.status import Role
from visualizer_core.errors import InvalidInput, NotAllowed
from visualizer_core.workspace import Runtime

__all__ = ["Purpose", "invite", "invite_admin", "owner_of_link", "redeem", "request_reset"]

_LINK_IS_OVER = "This link was used already or is too old. Ask for a new one."


class Purpose(StrEnum):
    """What a link is for; one for another purpose is not accepted."""

    INVITATION = "invitation"
    RESET = "reset"


# Seconds. A long weekend; and somebody who asked a moment ago.
_LIFE_S = {Purpose.INVITATION: 72 * 3_600, Purpose.RESET: 30 * 60}


def invite(
    rt: Runtime, client_id: ClientId, email: str, name: str, role: Role, *, actor: str
) -> str | None:
    """Invite somebody into a client.

    Returns
    -------
    str or None
        The secret of the link to send; None for somebody who has a password: they are a member now
        and sign in as they always do.

    Raises
    ------
    Conflict
        When they are a member already.
    """
    key = email_key(email)
    with rt.database.auth() as session:
        known = session.scalar(select(User).where(User.email_key == key))
        if known is not None:
            add_membership(session, known.id, client_id, role, actor)
            if known.password_hash is not None:
                return None
            return _issue(session, Kind.USER, known.id, Purpose.INVITATION, client_id)
    user_id = create_user(rt, email, name, client_id=client_id, role=role, actor=actor)
    with rt.database.auth() as session:
        return _issue(session, Kind.USER, user_id, Purpose.INVITATION, client_id)


def invite_admin(rt: Runtime, email: str, name: str, *, role: str = "admin", actor: str) -> str:
    """Make a person of the operator; returns the secret of the link to send them."""
    admin_id = create_admin(rt, email, name, role=role, actor=actor)
    with rt.database.auth() as session:
        return _issue(session, Kind.ADMIN, admin_id, Purpose.INVITATION, None)


def request_reset(rt: Runtime, kind: Kind, email: str, *, address: str | None) -> str | None:
    """Make a link to set a new password with.

    Returns
    -------
    str or None
        The secret to mail; None when nobody has this address or may not sign in. Tell the person
        who asked the same in both cases.

    Raises
    ------
    TooManyAttempts
        When too many were asked for, known address or not.
    """
    try:
        key = email_key(email)
    except InvalidInput:
        key = ""
    table = TABLES[kind]
    with rt.database.auth() as session:
        admit_reset(rt, session, kind, key, address)
        row = session.scalar(select(table).where(table.email_key == key, table.active))
        if row is None:
            return None
        log(session, f"{kind}:{row.id}", f"{kind}.reset_requested", f"{kind}:{row.id}")
        return _issue(session, kind, row.id, Purpose.RESET, None)


def owner_of_link(rt: Runtime, kind: Kind, purpose: Purpose, token: str) -> Person:
    """Whose link it is, to show before it is used; changes nothing (mail scanners follow links).

    Raises
    ------
    NotAllowed
        When it is unknown, used, too old, or for something else.
    """
    with rt.database.auth() as session:
        person_id = _owner(session, kind, purpose, token)
        return as_person(row_of(session, kind, person_id))


def redeem(rt: Runtime, kind: Kind, purpose: Purpose, token: str, password: str) -> Person:
    """Set a password with a link, once; every session and other link of the person ends.

    Raises
    ------
    NotAllowed
        As `owner_of_link`, also when two use it at once: one of them.
    InvalidInput
        When the password is too weak; the link stays good.
    """
    with rt.database.auth() as session:
        row = row_of(session, kind, _owner(session, kind, purpose, token))
        personal = [row.email, row.name, *client_names(session, kind, row.id)]
    hashed = hash_password(checked_password(password, personal=personal))  # 60 ms, outside
    with rt.database.auth() as session:
        row = row_of(session, kind, _owner(session, kind, purpose, token))
        if not row.active:
            raise NotAllowed("This account is disabled. Ask who invited you.")
        store_password(session, row, hashed)  # uses up this link with all others
        forget_failures(rt, session, kind, row.email_key)
        person = as_person(row)
        log(session, person.actor, f"{kind}.{purpose}_accepted", person.actor)
        return person


_ISSUE = text("""
    INSERT INTO app.auth_tokens (token_hash, purpose, subject_id, client_id, expires_at)
    VALUES (:hash, :purpose, :subject, :client, now() + make_interval(secs => :life_s))
""")


def _issue(
    session: Session, kind: Kind, person_id: UUID, purpose: Purpose, client_id: UUID | None
) -> str:
    token = new_token()
    session.execute(
        _ISSUE,
        {
            "hash": token_hash(token),
            "purpose": _stored(kind, purpose),
            "subject": person_id,
            "client": client_id,
            "life_s": _LIFE_S[purpose],
        },
    )
    return token


def _owner(session: Session, kind: Kind, purpose: Purpose, token: str) -> UUID:
    """Whose usable link it is; locks it, so that of two at once the second finds it used."""
    query = (
        select(AuthToken.subject_id)
        .where(
            AuthToken.token_hash == token_hash(token),
            AuthToken.purpose == _stored(kind, purpose),
            AuthToken.used_at.is_(None),
            AuthToken.expires_at > func.now(),
        )
        .with_for_update()
    )
    try:
        return session.execute(query).scalar_one()
    except NoResultFound:
        raise NotAllowed(_LINK_IS_OVER) from None


def _stored(kind: Kind, purpose: Purpose) -> str:
    return purpose.value if kind is Kind.USER else f"admin_{purpose}"
