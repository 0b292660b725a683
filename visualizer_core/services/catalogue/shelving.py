"""Putting one picture on a product: stored once, first one primary, quota kept."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from visualizer_core.domain.ids import ImageId, ProductId
from visualizer_core.domain.keys import product_key
from visualizer_core.domain.status import ImageKind
from visualizer_core.errors import NotFound, QuotaExceeded
from visualizer_core.imaging.notes import Note
from visualizer_core.intake import (
    StoredPicture,
    add_image_row,
    check_storage,
    discard,
    store_picture,
)
from visualizer_core.workspace import Workspace

__all__ = ["Shelf", "Shelved", "put_on", "shelves"]


@dataclass(frozen=True, slots=True)
class Shelf:
    """The photos a product has.

    Attributes
    ----------
    hashes : frozenset of str
        SHA-256 of the files they came from.
    last : int
        Highest position; what is added by another run goes behind it.
    """

    hashes: frozenset[str]
    last: int


@dataclass(frozen=True, slots=True)
class Shelved:
    """What became of one picture; `image_id` is None when the product had it already."""

    image_id: ImageId | None
    notes: tuple[Note, ...] = ()


_SHELVES = text("""
    SELECT p.id, coalesce(max(i.position), 0) AS last,
           coalesce(array_agg(m.source_sha256) FILTER (WHERE m.source_sha256 IS NOT NULL), '{}')
             AS hashes
    FROM app.products p
    LEFT JOIN app.product_images i ON i.client_id = p.client_id AND i.product_id = p.id
    LEFT JOIN app.images m ON m.client_id = i.client_id AND m.id = i.image_id
    WHERE p.id = ANY(CAST(:ids AS uuid[])) AND p.deleted_at IS NULL
    GROUP BY p.id
""")


def shelves(ws: Workspace, product_ids: Sequence[ProductId]) -> dict[ProductId, Shelf]:
    """What each product has.

    Raises
    ------
    NotFound
        When one of the products is not there (any more).
    """
    wanted = set(product_ids)
    with ws.begin() as session:
        rows = session.execute(_SHELVES, {"ids": [str(value) for value in wanted]}).all()
    if len(rows) < len(wanted):
        raise NotFound(
            f"{len(wanted) - len(rows)} products of these photos do not exist (any more). Look at "
            "the preview again."
        )
    return {ProductId(row.id): Shelf(frozenset(row.hashes), row.last) for row in rows}


def put_on(
    ws: Workspace,
    product_id: ProductId,
    shelf: Shelf,
    data: bytes,
    filename: str,
    *,
    position: int,
    source: Mapping[str, object] | None = None,
) -> Shelved:
    """Store a picture for a product, unless it has exactly this one.

    Raises
    ------
    ImageRejected
        When it is no usable picture.
    NotFound
        When the product was deleted meanwhile.
    QuotaExceeded
        When the plan's storage is full.
    PartMissing
        When storage or the database is away.
    """
    if hashlib.sha256(data).hexdigest() in shelf.hashes:
        return Shelved(None)
    picture = store_picture(
        ws,
        data,
        filename,
        ImageKind.PRODUCT,
        lambda image_id, mime: product_key(ws.client_id, product_id, image_id, mime),
    )
    try:
        with ws.begin() as session:
            check_storage(session, ws, picture.bytes)
            is_new = _attach(session, product_id, picture, position, dict(source or {}))
    except (NotFound, QuotaExceeded):
        discard(ws, picture)
        raise
    if not is_new:
        discard(ws, picture)
        return Shelved(None)
    return Shelved(picture.image_id, picture.notes)


_LOCK = text("""
    SELECT 1 FROM app.products WHERE id = :product_id AND deleted_at IS NULL FOR NO KEY UPDATE
""")
_HAS = text("""
    SELECT 1 FROM app.product_images i
    JOIN app.images m ON m.client_id = i.client_id AND m.id = i.image_id
    WHERE i.product_id = :product_id AND m.source_sha256 = :sha256 LIMIT 1
""")
_ATTACH = text("""
    INSERT INTO app.product_images (product_id, image_id, position, is_primary)
    VALUES (:product_id, :image_id, :position,
            NOT EXISTS (SELECT 1 FROM app.product_images i
                        WHERE i.product_id = :product_id AND i.is_primary))
""")


def _attach(
    session: Session,
    product_id: ProductId,
    picture: StoredPicture,
    position: int,
    source: dict[str, object],
) -> bool:
    """Write the rows; False when another run has added the same file meanwhile."""
    # The product's lock makes two adders queue: one primary photo, no file twice.
    if session.execute(_LOCK, {"product_id": product_id}).one_or_none() is None:
        raise NotFound("The product of this photo was deleted meanwhile.")
    same: dict[str, UUID | str] = {"product_id": product_id, "sha256": picture.source_sha256}
    if session.execute(_HAS, same).one_or_none() is not None:
        return False
    add_image_row(session, picture, source=source)
    session.execute(
        _ATTACH,
        {"product_id": product_id, "image_id": picture.image_id, "position": position},
    )
    return True
