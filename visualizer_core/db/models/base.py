"""What all tables share: names, types, ownership."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    MetaData,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

__all__ = [
    "SCHEMA",
    "Base",
    "Created",
    "Json",
    "JsonList",
    "Key",
    "Owned",
    "Timestamp",
    "Updated",
    "one_of",
    "owned_reference",
]

SCHEMA = "app"

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Timestamp = TIMESTAMP(timezone=True)

Key = Annotated[UUID, mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))]
Created = Annotated[datetime, mapped_column(server_default=func.now())]
Updated = Annotated[datetime, mapped_column(server_default=func.now(), onupdate=func.now())]
# JSONB leaves the database as plain containers; services turn them into domain models at once.
Json = Annotated[dict[str, Any], mapped_column(JSONB, server_default=text("'{}'::jsonb"))]
JsonList = Annotated[list[Any], mapped_column(JSONB, server_default=text("'[]'::jsonb"))]


class Base(DeclarativeBase):
    """Declarative base of every table; all live in one schema."""

    metadata = MetaData(schema=SCHEMA, naming_convention=_NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads this attribute by its plain name
        datetime: Timestamp,
        str: Text(),
        UUID: Uuid(),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


class Owned:
    """A row of one client: fenced by row-level security, referenced by ``(client_id, id)``."""

    client_id: Mapped[UUID] = mapped_column(
        ForeignKey(f"{SCHEMA}.clients.id", ondelete="CASCADE"), server_default=text("app.tenant()")
    )


def owned_reference(
    table: str, column: str, *, ondelete: str | None = None
) -> ForeignKeyConstraint:
    """A foreign key that cannot point at another client's row.

    ``SET NULL`` empties only `column`: the row keeps its client.
    """
    rule = f"SET NULL ({column})" if ondelete == "SET NULL" else ondelete
    return ForeignKeyConstraint(
        ["client_id", column],
        [f"{SCHEMA}.{table}.client_id", f"{SCHEMA}.{table}.id"],
        ondelete=rule,
    )


def one_of(column: str, values: type[StrEnum] | Sequence[str]) -> CheckConstraint:
    """A CHECK that `column` holds one of `values` (text, because enum operators leak past RLS)."""
    words = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({words})", name=column)
