"""Identifiers: one ``NewType`` per thing, so that they cannot be swapped by accident."""

import uuid
from typing import NewType
from uuid import UUID

__all__ = [
    "AdminUserId",
    "AssetId",
    "CallId",
    "ClientId",
    "CollectionId",
    "ExportId",
    "ImageId",
    "InspirationId",
    "LeaseToken",
    "ProductId",
    "UserId",
    "derived_id",
    "new_id",
]

ClientId = NewType("ClientId", UUID)
UserId = NewType("UserId", UUID)
AdminUserId = NewType("AdminUserId", UUID)
ProductId = NewType("ProductId", UUID)
ImageId = NewType("ImageId", UUID)
CollectionId = NewType("CollectionId", UUID)
InspirationId = NewType("InspirationId", UUID)
AssetId = NewType("AssetId", UUID)
CallId = NewType("CallId", UUID)
ExportId = NewType("ExportId", UUID)
LeaseToken = NewType("LeaseToken", UUID)


def new_id() -> UUID:
    """Make a random identifier."""
    return uuid.uuid4()


def derived_id(parent: UUID, purpose: str) -> UUID:
    """Make the identifier that always belongs to `purpose` of `parent`.

    Doing the same work twice then writes the same object instead of a second one.
    """
    return uuid.uuid5(parent, purpose)
