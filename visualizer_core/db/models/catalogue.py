"""Products, pictures, collections and inspirations."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Numeric, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

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
from visualizer_core.domain.status import (
    AnalysisState,
    CollectionStatus,
    ImageKind,
    InspirationSource,
    RunState,
)

__all__ = [
    "AnalysisCacheEntry",
    "Collection",
    "CollectionProduct",
    "Image",
    "Inspiration",
    "Product",
    "ProductImage",
    "SavedMapping",
]


class Product(Owned, Base):
    """A catalogue item."""

    __tablename__ = "products"
    __table_args__ = (
        UniqueConstraint("client_id", "id"),
        UniqueConstraint("client_id", "import_key"),
        Index(
            "uq_products_client_id_sku",
            "client_id",
            "sku",
            unique=True,
            postgresql_where=text("sku IS NOT NULL AND deleted_at IS NULL"),
        ),
        Index("ix_products_list", "client_id", "deleted_at", text("created_at DESC"), "id"),
        Index(
            "ix_products_search",
            "search_text",
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
        one_of("analysis_state", AnalysisState),
    )

    id: Mapped[Key]
    import_key: Mapped[str]  # "sku:…", else "barcode:…", else "handle:…": what a re-import matches
    fingerprint: Mapped[str] = mapped_column(server_default="")  # of the imported row's content
    sku: Mapped[str | None]
    barcode: Mapped[str | None]
    handle: Mapped[str | None]
    name: Mapped[str]
    search_text: Mapped[str] = mapped_column(server_default="")  # name and SKU, lower case
    description: Mapped[str] = mapped_column(server_default="")
    category: Mapped[str] = mapped_column(server_default="")
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    width_cm: Mapped[float | None]
    depth_cm: Mapped[float | None]
    height_cm: Mapped[float | None]
    price: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    currency: Mapped[str | None]
    source: Mapped[str] = mapped_column(server_default="")  # catalogue layout it came from
    image_refs: Mapped[JsonList]  # addresses and file names the catalogue gave
    favourite: Mapped[bool] = mapped_column(server_default=text("false"))
    default_settings: Mapped[Json]  # SettingsOverrides
    analysis: Mapped[dict[str, Any] | None] = mapped_column(JSONB)  # ProductAnalysis
    analysis_state: Mapped[str] = mapped_column(server_default=AnalysisState.NONE)
    analysis_key: Mapped[str | None]  # content hash the analysis was made from
    analysis_error: Mapped[str | None]
    analysed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[Created]
    updated_at: Mapped[Updated]
    deleted_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's protocol


class Image(Owned, Base):
    """A stored picture; its thumbnails lie beside it under derived keys."""

    __tablename__ = "images"
    __table_args__ = (
        UniqueConstraint("client_id", "id"),
        one_of("kind", ImageKind),
        Index("ix_images_client_id_source_sha256", "client_id", "source_sha256"),
    )

    id: Mapped[Key]
    kind: Mapped[str]
    s3_key: Mapped[str]
    provider_s3_key: Mapped[
        str | None
    ]  # a smaller copy for the provider; None: the original serves
    sha256: Mapped[str]  # of the stored bytes
    source_sha256: Mapped[str | None]  # of the bytes as they came; recognises a second upload
    phash: Mapped[str | None]  # 16 hex digits
    mime: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    bytes: Mapped[int] = mapped_column(BigInteger)
    thumbnail_widths: Mapped[JsonList]  # pixels
    source: Mapped[Json]  # file name, licence, credit, what was changed on the way in
    created_at: Mapped[Created]


class ProductImage(Owned, Base):
    """A photo of a product."""

    __tablename__ = "product_images"
    __table_args__ = (
        UniqueConstraint("client_id", "id"),
        UniqueConstraint("client_id", "product_id", "image_id"),
        owned_reference("products", "product_id", ondelete="CASCADE"),
        owned_reference("images", "image_id", ondelete="CASCADE"),
        Index(
            "uq_product_images_primary",
            "client_id",
            "product_id",
            unique=True,
            postgresql_where=text("is_primary"),
        ),
    )

    id: Mapped[Key]
    product_id: Mapped[UUID]
    image_id: Mapped[UUID]
    position: Mapped[int] = mapped_column(server_default=text("0"))
    is_primary: Mapped[bool] = mapped_column(server_default=text("false"))


class Collection(Owned, Base):
    """A batch: chosen products, inspirations, base settings, and what was made of them."""

    __tablename__ = "collections"
    __table_args__ = (
        UniqueConstraint("client_id", "id"),
        one_of("status", CollectionStatus),
        one_of("run_state", RunState),
        Index("ix_collections_list", "client_id", "deleted_at", text("updated_at DESC"), "id"),
    )

    id: Mapped[Key]
    name: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=CollectionStatus.SELECTING)
    run_state: Mapped[str] = mapped_column(server_default=RunState.ACTIVE)
    product_analysis: Mapped[Json]  # what the chosen products have in common
    inspiration_images: Mapped[JsonList]
    base_settings: Mapped[Json]  # SettingsOverrides
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[Created]
    updated_at: Mapped[Updated]
    completed_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's protocol


class Inspiration(Owned, Base):
    """A picture that shows the wanted scene."""

    __tablename__ = "inspirations"
    __table_args__ = (
        UniqueConstraint("client_id", "id"),
        UniqueConstraint("client_id", "collection_id", "image_id"),
        owned_reference("collections", "collection_id", ondelete="CASCADE"),
        owned_reference("images", "image_id"),
        one_of("source", InspirationSource),
        one_of("analysis_state", AnalysisState),
    )

    id: Mapped[Key]
    collection_id: Mapped[UUID]
    image_id: Mapped[UUID]
    title: Mapped[str] = mapped_column(server_default="")
    source: Mapped[str]
    role: Mapped[str] = mapped_column(server_default="composition")
    position: Mapped[int] = mapped_column(server_default=text("0"))
    credit: Mapped[Json]  # photographer and links, where the licence asks for them
    may_send_pixels: Mapped[bool] = mapped_column(server_default=text("true"))
    analysis: Mapped[dict[str, Any] | None] = mapped_column(JSONB)  # SceneAnalysis
    analysis_state: Mapped[str] = mapped_column(server_default=AnalysisState.NONE)
    analysis_key: Mapped[str | None]
    analysis_error: Mapped[str | None]
    created_at: Mapped[Created]


class CollectionProduct(Owned, Base):
    """A product's place in a collection, its overrides and its match."""

    __tablename__ = "collection_products"
    __table_args__ = (
        UniqueConstraint("client_id", "id"),
        UniqueConstraint("client_id", "collection_id", "product_id"),
        owned_reference("collections", "collection_id", ondelete="CASCADE"),
        owned_reference("products", "product_id", ondelete="CASCADE"),
        owned_reference("inspirations", "inspiration_id", ondelete="SET NULL"),
        one_of("matched_by", ("nobody", "auto", "user")),
        CheckConstraint("match_score IS NULL OR match_score BETWEEN 0 AND 1", name="score"),
    )

    id: Mapped[Key]
    collection_id: Mapped[UUID]
    product_id: Mapped[UUID]
    position: Mapped[int] = mapped_column(server_default=text("0"))
    overrides: Mapped[Json]  # SettingsOverrides
    inspiration_id: Mapped[UUID | None]
    match_score: Mapped[float | None]
    match_reasons: Mapped[JsonList]
    matched_by: Mapped[str] = mapped_column(server_default="nobody")


class AnalysisCacheEntry(Owned, Base):
    """An answer of the analyst, by what was asked; never shared between clients."""

    __tablename__ = "analysis_cache"
    __table_args__ = (UniqueConstraint("client_id", "content_key"),)

    id: Mapped[Key]
    content_key: Mapped[str]  # hash of picture, text, schema version and model
    result: Mapped[Json]
    created_at: Mapped[Created]


class SavedMapping(Owned, Base):
    """How a client's own header maps to ours, remembered by the header's signature."""

    __tablename__ = "saved_mappings"
    __table_args__ = (UniqueConstraint("client_id", "header_signature"),)

    id: Mapped[Key]
    header_signature: Mapped[str]
    mapping: Mapped[Json]
    updated_at: Mapped[Updated]
