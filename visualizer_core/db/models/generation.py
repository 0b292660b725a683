"""Generated assets, their ledger, quota, fairness, and the workers."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Identity,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from visualizer_core.db.models.base import (
    Base,
    Created,
    Json,
    JsonList,
    Key,
    Owned,
    Updated,
    one_of,
    owned_reference,
)
from visualizer_core.domain.outcomes import Charge
from visualizer_core.domain.status import AssetStatus, CallState, Hold, Lane, Queue, Review

__all__ = [
    "BudgetMonth",
    "CollectionCount",
    "Export",
    "FairShare",
    "GeneratedAsset",
    "IdempotencyKey",
    "ProviderCall",
    "ProviderLimit",
    "UsageDay",
    "Worker",
]


class GeneratedAsset(Owned, Base):
    """One picture to make: its settings, its status, its result; the durable record of the work."""

    __tablename__ = "generated_assets"
    __table_args__ = (
        UniqueConstraint("client_id", "id"),
        owned_reference("collections", "collection_id", ondelete="CASCADE"),
        owned_reference("products", "product_id"),
        owned_reference("images", "image_id"),
        owned_reference("generated_assets", "parent_id", ondelete="SET NULL"),
        owned_reference("inspirations", "inspiration_id", ondelete="SET NULL"),
        one_of("type", ("image", "video")),
        one_of("status", AssetStatus),
        one_of("queue", Queue),
        one_of("lane", Lane),
        one_of("review_status", Review),
        CheckConstraint(
            "hold IS NULL OR hold IN ({})".format(", ".join(f"'{hold}'" for hold in Hold)),
            name="hold",
        ),
        CheckConstraint(
            "(status = 'generating') = (lease_token IS NOT NULL)", name="lease_iff_generating"
        ),
        CheckConstraint("(status = 'completed') <= (image_id IS NOT NULL)", name="done_has_image"),
        # The dispatcher's three: what is ready, what runs, whose lease is over.
        Index(
            "ix_generated_assets_ready",
            "queue",
            "model",
            "client_id",
            text("priority DESC"),
            "run_after",
            "seq",
            postgresql_where=text("status = 'pending' AND hold IS NULL"),
        ),
        Index(
            "ix_generated_assets_running",
            "model",
            "client_id",
            "lease_until",
            postgresql_where=text("status = 'generating'"),
        ),
        Index(  # nearly always empty: tells the quarantine worker at once that there is no work
            "ix_generated_assets_suspect",
            "model",
            postgresql_where=text("status IN ('pending', 'generating') AND crashes >= 2"),
        ),
        Index(
            "uq_generated_assets_lease_token",
            "lease_token",
            unique=True,
            postgresql_where=text("lease_token IS NOT NULL"),
        ),
        # The lists people look at.
        Index("ix_generated_assets_collection", "client_id", "collection_id", "status"),
        Index("ix_generated_assets_product", "client_id", "product_id"),
        Index(
            "ix_generated_assets_done",
            "client_id",
            "collection_id",
            "completed_at",
            postgresql_where=text("completed_at IS NOT NULL"),
        ),
        Index("ix_generated_assets_list", "client_id", "deleted_at", text("created_at DESC"), "id"),
        # One picture per recipe slot of a collection: a second start makes nothing twice.
        Index(
            "uq_generated_assets_slot",
            "client_id",
            "collection_id",
            "slot",
            unique=True,
            postgresql_where=text("slot IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    collection_id: Mapped[UUID]
    product_id: Mapped[UUID]
    inspiration_id: Mapped[UUID | None]
    type: Mapped[str] = mapped_column(server_default="image")
    status: Mapped[str] = mapped_column(server_default=AssetStatus.PENDING)
    settings: Mapped[Json]  # FlowGenerationSettings as used
    settings_trace: Mapped[Json]  # field -> level that set it
    variant: Mapped[int] = mapped_column(server_default=text("1"))
    slot: Mapped[str | None]  # hash of product, scene, settings, variant; None for regenerated ones
    seed: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    image_id: Mapped[UUID | None]
    prompt: Mapped[str] = mapped_column(server_default="")
    prompt_trace: Mapped[Json]
    recipe: Mapped[Json]
    recipe_hash: Mapped[str | None]
    parent_id: Mapped[UUID | None]
    instruction: Mapped[str] = mapped_column(server_default="")  # of a regenerate
    reasons: Mapped[JsonList]  # review reasons a regenerate answers
    pinned: Mapped[bool] = mapped_column(server_default=text("false"))
    favourite: Mapped[bool] = mapped_column(server_default=text("false"))
    review_status: Mapped[str] = mapped_column(server_default=Review.PENDING)
    review_reason: Mapped[str | None]
    reviewed_by: Mapped[str | None]
    reviewed_at: Mapped[datetime | None]
    fidelity: Mapped[Json]
    risk: Mapped[float | None]
    created_at: Mapped[Created]
    updated_at: Mapped[Updated]
    completed_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]

    # The job.
    job_id: Mapped[str] = mapped_column(server_default=text("gen_random_uuid()::text"))
    queue: Mapped[str] = mapped_column(server_default=Queue.CLIENT)
    model: Mapped[str]
    lane: Mapped[str] = mapped_column(server_default=Lane.STANDARD)
    priority: Mapped[int] = mapped_column(server_default=text("0"))
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    run_after: Mapped[Created]
    hold: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))  # of the current budget
    deferrals: Mapped[int] = mapped_column(server_default=text("0"))
    crashes: Mapped[int] = mapped_column(server_default=text("0"))
    recalls: Mapped[int] = mapped_column(server_default=text("0"))  # after an unknown outcome
    progress: Mapped[int] = mapped_column(server_default=text("0"))  # percent
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    leased_by: Mapped[str | None]
    cancel_requested: Mapped[bool] = mapped_column(server_default=text("false"))
    paid_call_id: Mapped[UUID | None]  # a paid answer to go on from; never call again
    hint: Mapped[str | None]  # RetryHint: how the next prompt differs
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]

    # What was reserved for it, to be settled or released exactly once.
    reserved_day: Mapped[date | None]
    reserved_month: Mapped[date | None]
    reserved_micros: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    cost_micros: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class CollectionCount(Owned, Base):
    """Assets of a collection by status, kept by a trigger; the sum over all shards is the truth.

    A progress query then costs the same for 50 and for 5,000 assets. Several shards a collection
    keep finishing workers from queueing for one row; a single shard may be negative.
    """

    __tablename__ = "collection_counts"
    __table_args__ = (
        PrimaryKeyConstraint("client_id", "collection_id", "shard"),
        owned_reference("collections", "collection_id", ondelete="CASCADE"),
    )

    collection_id: Mapped[UUID]
    shard: Mapped[int] = mapped_column(autoincrement=False)
    pending: Mapped[int] = mapped_column(server_default=text("0"))
    generating: Mapped[int] = mapped_column(server_default=text("0"))
    completed: Mapped[int] = mapped_column(server_default=text("0"))
    error: Mapped[int] = mapped_column(server_default=text("0"))
    cancelled: Mapped[int] = mapped_column(server_default=text("0"))
    cost_micros: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class ProviderCall(Owned, Base):
    """The ledger: every call, even failed; written before the call is made."""

    __tablename__ = "provider_calls"
    __table_args__ = (
        UniqueConstraint("client_id", "id"),
        owned_reference("generated_assets", "asset_id", ondelete="SET NULL"),
        one_of("state", CallState),
        one_of("lane", Lane),
        one_of("charge", Charge),
        one_of("purpose", ("picture", "product_analysis", "scene_analysis", "repair", "probe")),
        Index("ix_provider_calls_answers", "done_at", postgresql_where=text("raw_key IS NOT NULL")),
        Index("ix_provider_calls_client_id_asset_id", "client_id", "asset_id"),
        Index("ix_provider_calls_client_id_sent_at", "client_id", text("sent_at DESC")),
        Index("ix_provider_calls_open", "sent_at", postgresql_where=text("state = 'sent'")),
        # Two calls at once for one asset would pay twice: the database refuses the second.
        Index(
            "uq_provider_calls_open",
            "client_id",
            "asset_id",
            unique=True,
            postgresql_where=text("state = 'sent' AND asset_id IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    asset_id: Mapped[UUID | None]
    subject_id: Mapped[UUID | None]  # product or inspiration of an analysis
    purpose: Mapped[str] = mapped_column(server_default="picture")
    provider: Mapped[str] = mapped_column(server_default="gemini")
    model: Mapped[str]
    lane: Mapped[str] = mapped_column(server_default=Lane.STANDARD)
    lease_token: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(server_default=CallState.SENT)
    charge: Mapped[str] = mapped_column(server_default=Charge.MAYBE)
    outcome: Mapped[str | None]  # OutcomeClass
    message: Mapped[str | None]
    http_status: Mapped[int | None]
    latency_ms: Mapped[int | None]
    usage: Mapped[Json]  # as reported
    prompt_tokens: Mapped[int] = mapped_column(server_default=text("0"))
    output_tokens: Mapped[int] = mapped_column(server_default=text("0"))
    image_tokens: Mapped[int] = mapped_column(server_default=text("0"))
    thought_tokens: Mapped[int] = mapped_column(server_default=text("0"))
    estimated_micros: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    cost_micros: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    raw_key: Mapped[str | None]
    picture_key: Mapped[str | None]
    picture_sha256: Mapped[str | None]
    picture_mime: Mapped[str | None]
    sent_at: Mapped[Created]
    done_at: Mapped[datetime | None]


class UsageDay(Owned, Base):
    """Generations of one client and UTC day."""

    __tablename__ = "usage_days"
    __table_args__ = (
        PrimaryKeyConstraint("client_id", "day"),
        CheckConstraint("used >= 0 AND reserved >= 0", name="not_negative"),
    )

    day: Mapped[date]
    used: Mapped[int] = mapped_column(server_default=text("0"))
    reserved: Mapped[int] = mapped_column(server_default=text("0"))


class BudgetMonth(Owned, Base):
    """Money of one client and UTC month, in millionths of a dollar."""

    __tablename__ = "budget_months"
    __table_args__ = (
        PrimaryKeyConstraint("client_id", "month"),
        CheckConstraint("used_micros >= 0 AND reserved_micros >= 0", name="not_negative"),
    )

    month: Mapped[date]  # its first day
    used_micros: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    reserved_micros: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class FairShare(Owned, Base):
    """One client's place in one queue's fair claim."""

    __tablename__ = "fair_shares"
    __table_args__ = (
        PrimaryKeyConstraint("queue", "client_id"),
        one_of("queue", Queue),
        CheckConstraint("weight > 0", name="weight"),  # the claim divides by it
    )

    queue: Mapped[str]
    weight: Mapped[float] = mapped_column(server_default=text("1"))
    virtual_time: Mapped[float] = mapped_column(server_default=text("0"))
    blocked_until: Mapped[datetime] = mapped_column(server_default=text("'epoch'"))
    max_in_flight: Mapped[int] = mapped_column(server_default=text("1000"))


class ProviderLimit(Base):
    """Configured and learned limits of one model; None means not limited."""

    __tablename__ = "provider_limits"

    model: Mapped[str] = mapped_column(primary_key=True)
    requests_per_minute: Mapped[float | None]
    input_tokens_per_minute: Mapped[float | None]
    images_per_minute: Mapped[float | None]
    micros_per_ten_minutes: Mapped[float | None]
    requests_per_day: Mapped[int | None]  # Pacific day
    max_in_flight: Mapped[int] = mapped_column(server_default=text("64"))
    reserved_slots: Mapped[int] = mapped_column(server_default=text("2"))  # for waiting people
    paused_until: Mapped[datetime | None]
    paused_reason: Mapped[str | None]
    updated_at: Mapped[Updated]


class IdempotencyKey(Owned, Base):
    """What a request with this key answered; the same key with another body is a conflict."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (PrimaryKeyConstraint("client_id", "key"),)

    key: Mapped[str]
    body_hash: Mapped[str]
    response: Mapped[Json]
    created_at: Mapped[Created]


class Export(Owned, Base):
    """A ZIP made or being made."""

    __tablename__ = "exports"
    __table_args__ = (
        UniqueConstraint("client_id", "id"),
        owned_reference("collections", "collection_id", ondelete="CASCADE"),
        one_of("status", ("pending", "running", "completed", "error")),
    )

    id: Mapped[Key]
    collection_id: Mapped[UUID | None]
    preset: Mapped[str] = mapped_column(server_default="original")
    template: Mapped[str]
    asset_ids: Mapped[JsonList]
    status: Mapped[str] = mapped_column(server_default="pending")
    s3_key: Mapped[str | None]
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    error_message: Mapped[str | None]
    created_at: Mapped[Created]
    completed_at: Mapped[datetime | None]


class Worker(Base):
    """A worker process that said it is alive; seen by the operator only."""

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(primary_key=True)  # host:pid:start
    role: Mapped[str]  # "client", "admin", "control", "quarantine"
    version: Mapped[str]
    started_at: Mapped[Created]
    seen_at: Mapped[Created]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
