"""Clients, people, sign-in, and the audit log."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import INET, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from visualizer_core.db.models.base import SCHEMA, Base, Created, Json, Key, Updated, one_of
from visualizer_core.domain.quota import Plan
from visualizer_core.domain.status import Role

__all__ = [
    "AdminUser",
    "AuditEntry",
    "AuthToken",
    "Client",
    "LoginSession",
    "Membership",
    "SignInFailures",
    "User",
]


class Client(Base):
    """A tenant."""

    __tablename__ = "clients"
    __table_args__ = (
        one_of("plan", Plan),
        one_of("status", ("active", "suspended")),
        CheckConstraint("weight > 0", name="weight"),  # the fair claim divides by it
    )

    id: Mapped[Key]
    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    plan: Mapped[str] = mapped_column(server_default=Plan.FREE)
    limits: Mapped[Json]  # LimitOverrides
    generation_defaults: Mapped[Json]  # SettingsOverrides
    brand_kit: Mapped[Json]  # SettingsOverrides
    category_defaults: Mapped[Json]  # category, case-folded -> SettingsOverrides
    status: Mapped[str] = mapped_column(server_default="active")
    weight: Mapped[float] = mapped_column(server_default=text("1"))  # fair share of the workers
    created_at: Mapped[Created]
    updated_at: Mapped[Updated]
    deleted_at: Mapped[datetime | None]


class User(Base):
    """A person of one or more clients."""

    __tablename__ = "users"

    id: Mapped[Key]
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(unique=True)  # case-folded: one account an address
    name: Mapped[str]
    password_hash: Mapped[str | None]  # None until the invitation is accepted
    must_change_password: Mapped[bool] = mapped_column(server_default=text("false"))
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[Created]
    updated_at: Mapped[Updated]


class Membership(Base):
    """A person's role in a client."""

    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("client_id", "user_id"), one_of("role", Role))

    id: Mapped[Key]
    client_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.clients.id", ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey(f"{SCHEMA}.users.id", ondelete="CASCADE"), index=True
    )
    role: Mapped[str]
    created_at: Mapped[Created]


class AdminUser(Base):
    """A person of the operator; apart from users on purpose."""

    __tablename__ = "admin_users"
    __table_args__ = (one_of("role", ("admin", "viewer")),)

    id: Mapped[Key]
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str | None]
    must_change_password: Mapped[bool] = mapped_column(server_default=text("false"))
    role: Mapped[str] = mapped_column(server_default="admin")
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[Created]
    updated_at: Mapped[Updated]


class LoginSession(Base):
    """A signed-in browser; only the token's hash is kept."""

    __tablename__ = "sessions"
    __table_args__ = (
        one_of("kind", ("user", "admin")),
        Index("ix_sessions_subject", "kind", "subject_id"),
    )

    id: Mapped[Key]
    token_hash: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    active_client_id: Mapped[UUID | None] = mapped_column(
        ForeignKey(f"{SCHEMA}.clients.id", ondelete="CASCADE")
    )
    created_at: Mapped[Created]
    seen_at: Mapped[Created]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    ip: Mapped[str | None] = mapped_column(INET)
    agent: Mapped[str | None]


class AuthToken(Base):
    """An invitation or a password reset; single use, only its hash is kept."""

    __tablename__ = "auth_tokens"
    __table_args__ = (
        one_of("purpose", ("invitation", "reset", "admin_invitation", "admin_reset")),
    )

    id: Mapped[Key]
    token_hash: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[str]
    subject_id: Mapped[UUID]
    client_id: Mapped[UUID | None] = mapped_column(
        ForeignKey(f"{SCHEMA}.clients.id", ondelete="CASCADE")
    )
    created_at: Mapped[Created]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInFailures(Base):
    """Failed sign-ins in a row under one key; survives a wiped Redis on purpose."""

    __tablename__ = "sign_in_failures"

    key: Mapped[str] = mapped_column(primary_key=True)  # what is counted, hashed; see auth.throttle
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    window_start: Mapped[Created]
    blocked_until: Mapped[datetime | None]


class AuditEntry(Base):
    """Who did what; appended, never changed. Secrets are never stored."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_client_id_at", "client_id", text("at DESC")),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[Created]
    client_id: Mapped[UUID | None] = mapped_column(
        ForeignKey(f"{SCHEMA}.clients.id", ondelete="CASCADE")
    )
    actor: Mapped[str]  # "user:<id>", "admin:<id>", "command line"
    action: Mapped[str]
    subject: Mapped[str]
    before: Mapped[dict[str, object] | None] = mapped_column(JSONB)
    after: Mapped[dict[str, object] | None] = mapped_column(JSONB)
