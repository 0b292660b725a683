"""Sessions: a secret in a cookie, its hash in a row that can be revoked at any moment."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from visualizer_core.auth.rows import Kind, Person, end_sessions, log, new_token, token_hash
from visualizer_core.db.models import LoginSession
from visualizer_core.domain.ids import ClientId, UserId
from visualizer_core.domain.status import Role
from visualizer_core.errors import NotAllowed, NotFound
from visualizer_core.workspace import Runtime

__all__ = [
    "OpenSession",
    "SignedIn",
    "create_session",
    "list_sessions",
    "memberships_of",
    "resolve_session",
    "revoke_session",
    "revoke_sessions",
    "switch_client",
]

MAX_SESSIONS = 10  # a person's; the oldest ends


@dataclass(frozen=True, slots=True)
class _Life:
    """Seconds a session lasts."""

    idle_s: int
    total_s: int


# An admin sees every client: a forgotten browser is worse.
_LIVES = {Kind.USER: _Life(3_600, 24 * 3_600), Kind.ADMIN: _Life(900, 12 * 3_600)}
_SEEN_EVERY_S = 30  # a page polls every second or two; not each of them writes


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a request comes from.

    Attributes
    ----------
    client_id, client_name, role : optional
        The client this session works in; always set for users, never for the operator's people.
    admin_role : str or None
        ``admin`` or ``viewer``, for the operator's people.
    """

    session_id: UUID
    kind: Kind
    person_id: UUID
    email: str
    name: str
    must_change_password: bool
    client_id: ClientId | None
    client_name: str | None
    role: Role | None
    admin_role: str | None

    @property
    def actor(self) -> str:
        """How the audit log calls them."""
        return f"{self.kind}:{self.person_id}"


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as its person sees it in a list."""

    id: UUID
    created_at: datetime
    seen_at: datetime
    ip: str | None
    agent: str | None


_MEMBERSHIPS = text("""
    SELECT c.id, c.name, m.role FROM app.memberships m JOIN app.clients c ON c.id = m.client_id
    WHERE m.user_id = :user_id AND c.status = 'active' AND c.deleted_at IS NULL
    ORDER BY c.name, c.id
""")


def memberships_of(rt: Runtime, user_id: UserId) -> list[tuple[ClientId, str, Role]]:
    """Clients somebody may work in now: id, name, role, by name."""
    with rt.database.auth() as session:
        return _memberships(session, user_id)


def _memberships(session: Session, user_id: UUID) -> list[tuple[ClientId, str, Role]]:
    rows = session.execute(_MEMBERSHIPS, {"user_id": user_id})
    return [(ClientId(row.id), row.name, Role(row.role)) for row in rows]


_CREATE = text("""
    INSERT INTO app.sessions (token_hash, kind, subject_id, active_client_id, expires_at, ip, agent)
    VALUES (:hash, :kind, :subject, :client, now() + make_interval(secs => :life_s),
            CAST(:ip AS inet), :agent)
""")
_END_OLDEST = text("""
    UPDATE app.sessions SET revoked_at = now() WHERE id IN (
      SELECT id FROM app.sessions
      WHERE kind = :kind AND subject_id = :subject AND revoked_at IS NULL AND expires_at > now()
      ORDER BY created_at DESC, id OFFSET :most)
""")


def create_session(
    rt: Runtime,
    person: Person,
    *,
    client_id: ClientId | None = None,
    ip: str | None = None,
    agent: str | None = None,
) -> str:
    """Open a session for somebody who has just been authenticated.

    Parameters
    ----------
    client_id : ClientId, optional
        Where a user begins; by default the first client by name.
    agent : str, optional
        What the browser calls itself; cut to 200 characters.

    Returns
    -------
    str
        The secret for the cookie; it is kept nowhere.

    Raises
    ------
    NotAllowed
        When a user is a member of no open client, or not of `client_id`.
    """
    token = new_token()
    with rt.database.auth() as session:
        active = _first_client(session, person, client_id)
        session.execute(
            _CREATE,
            {
                "hash": token_hash(token),
                "kind": person.kind,
                "subject": person.id,
                "client": active,
                "life_s": _LIVES[person.kind].total_s,
                "ip": ip,
                "agent": agent[:200] if agent else None,
            },
        )
        session.execute(
            _END_OLDEST, {"kind": person.kind, "subject": person.id, "most": MAX_SESSIONS}
        )
    return token


def _first_client(session: Session, person: Person, client_id: ClientId | None) -> ClientId | None:
    if person.kind is Kind.ADMIN:
        return None
    allowed = [found for found, _, _ in _memberships(session, person.id)]
    if client_id is None and allowed:
        return allowed[0]
    if client_id not in allowed:
        raise NotAllowed("You are not a member of this client, or it is suspended.")
    return client_id


# One look at everything that may have changed since: nothing of it is in the cookie.
_RESOLVE = text("""
    SELECT s.id, s.kind, s.subject_id, p.email, p.name, p.must_change_password, p.admin_role,
           c.id AS client_id, c.name AS client_name, m.role,
           s.seen_at < now() - make_interval(secs => :seen_every_s) AS is_stale
    FROM app.sessions s
    JOIN (
      SELECT id, 'user' AS kind, email, name, must_change_password, active, NULL AS admin_role
      FROM app.users
      UNION ALL
      SELECT id, 'admin', email, name, must_change_password, active, role FROM app.admin_users
    ) p ON p.kind = s.kind AND p.id = s.subject_id AND p.active
    LEFT JOIN app.memberships m
      ON s.kind = 'user' AND m.user_id = s.subject_id AND m.client_id = s.active_client_id
    LEFT JOIN app.clients c
      ON c.id = m.client_id AND c.status = 'active' AND c.deleted_at IS NULL
    WHERE s.token_hash = :hash AND s.kind = :kind AND s.revoked_at IS NULL AND s.expires_at > now()
      AND s.seen_at > now() - make_interval(secs => :idle_s)
      AND (s.kind = 'admin' OR c.id IS NOT NULL)
""")


def resolve_session(rt: Runtime, kind: Kind, token: str) -> SignedIn | None:
    """Who a cookie belongs to, as of now; None when it lets nobody in (any more).

    A disabled person, a lost membership, a suspended client, an idle hour, a revocation: all of
    them take effect with the next request.
    """
    with rt.database.auth() as session:
        row = session.execute(
            _RESOLVE,
            {
                "hash": token_hash(token),
                "kind": kind,
                "idle_s": _LIVES[kind].idle_s,
                "seen_every_s": _SEEN_EVERY_S,
            },
        ).one_or_none()
        if row is None:
            return None
        if row.is_stale:
            session.execute(
                update(LoginSession).where(LoginSession.id == row.id).values(seen_at=func.now())
            )
    return SignedIn(
        session_id=row.id,
        kind=Kind(row.kind),
        person_id=row.subject_id,
        email=row.email,
        name=row.name,
        must_change_password=row.must_change_password,
        client_id=None if row.client_id is None else ClientId(row.client_id),
        client_name=row.client_name,
        role=None if row.role is None else Role(row.role),
        admin_role=row.admin_role,
    )


def switch_client(rt: Runtime, signed_in: SignedIn, client_id: ClientId) -> None:
    """Let a user's session go on in another of their clients.

    Raises
    ------
    NotAllowed
        When they are no member of it, or it is suspended.
    """
    with rt.database.auth() as session:
        allowed = [found for found, _, _ in _memberships(session, signed_in.person_id)]
        if signed_in.kind is not Kind.USER or client_id not in allowed:
            raise NotAllowed("You are not a member of this client, or it is suspended.")
        session.execute(
            update(LoginSession)
            .where(LoginSession.id == signed_in.session_id)
            .values(active_client_id=client_id)
        )


def list_sessions(rt: Runtime, kind: Kind, person_id: UUID) -> list[OpenSession]:
    """Somebody's open sessions, the newest first."""
    query = (
        select(LoginSession)
        .where(
            LoginSession.kind == kind,
            LoginSession.subject_id == person_id,
            LoginSession.revoked_at.is_(None),
            LoginSession.expires_at > func.now(),
        )
        .order_by(LoginSession.created_at.desc())
    )
    with rt.database.auth() as session:
        return [
            OpenSession(
                row.id,
                row.created_at,
                row.seen_at,
                None if row.ip is None else str(row.ip),
                row.agent,
            )
            for row in session.scalars(query)
        ]


def revoke_session(rt: Runtime, kind: Kind, person_id: UUID, session_id: UUID) -> None:
    """End one session of somebody (signing out, or from the list).

    Raises
    ------
    NotFound
        When it is not theirs, or ended already.
    """
    with rt.database.auth() as session:
        ended = session.execute(
            update(LoginSession)
            .where(
                LoginSession.id == session_id,
                LoginSession.kind == kind,
                LoginSession.subject_id == person_id,
                LoginSession.revoked_at.is_(None),
            )
            .values(revoked_at=func.now())
            .returning(LoginSession.id)
        )
        if ended.one_or_none() is None:
            raise NotFound("This session has ended already.")


def revoke_sessions(
    rt: Runtime, kind: Kind, person_id: UUID, *, keep: UUID | None = None, actor: str
) -> None:
    """End every session of somebody, but the one to `keep`."""
    with rt.database.auth() as session:
        end_sessions(session, kind, person_id, keep=keep)
        log(session, actor, f"{kind}.signed_out_everywhere", f"{kind}:{person_id}")
