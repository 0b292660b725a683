"""One picture into one collection: once, within the limit, with a look at what resembles it."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import bindparam

from visualizer_core.db.collection import SETTLED, advance, lock_collection
from visualizer_core.domain.ids import AssetId, CollectionId, ImageId, InspirationId, new_id
from visualizer_core.domain.status import CollectionStatus, InspirationSource
from visualizer_core.errors import InvalidInput, NotFound, QuotaExceeded
from visualizer_core.imaging.compare import hamming
from visualizer_core.imaging.sniff import display_name
from visualizer_core.intake import StoredPicture, add_image_row, check_storage, discard
from visualizer_core.workspace import Workspace

__all__ = [
    "MAX_INSPIRATIONS",
    "AddedInspiration",
    "Origin",
    "Similar",
    "check_room",
    "link_known",
    "link_new",
]

MAX_INSPIRATIONS = 24  # a person can still tell them apart, and every product has a fitting room
# Bits of 64 in which the perceptual hashes of two pictures of one place differ at most. Measured on
# 16 photographed rooms: scaled, re-encoded, brightened or warmed by a fifth 0 to 4; a rim of 3 %
# cropped off 2 to 16, half of them 8 or fewer; two different rooms 22 or more.
MAX_SIMILAR_BITS = 12
_NO_TITLE = "Untitled"


@dataclass(frozen=True, slots=True)
class Similar:
    """Another inspiration of the collection that looks nearly the same."""

    id: InspirationId
    title: str


@dataclass(frozen=True, slots=True)
class AddedInspiration:
    """An inspiration of a collection.

    Attributes
    ----------
    already : bool
        Exactly this picture was in it before; nothing was added.
    notes : tuple of str
        What was changed on the way in, and what a person should know.
    similar : tuple of Similar
        Near-duplicates: two of them give the products less choice than it seems.
    """

    id: InspirationId
    already: bool
    notes: tuple[str, ...] = ()
    similar: tuple[Similar, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an inspiration comes from, and what its licence allows."""

    source: InspirationSource
    title: str
    credit: dict[str, object] = field(default_factory=dict[str, object])
    may_send_pixels: bool = True
    asset_id: AssetId | None = None  # of the library; it is pinned, so that it is kept


_SIZE = text("""
    SELECT count(*) AS size, coalesce(max(position) + 1, 0) AS next FROM app.inspirations
    WHERE collection_id = :collection_id
""")


def check_room(ws: Workspace, collection_id: CollectionId) -> None:
    """Refuse early what could not be added anyway, before a picture is read or fetched.

    Raises
    ------
    NotFound
        When this client has no such collection.
    InvalidInput
        When it is full.
    """
    with ws.begin() as session:
        lock_collection(session, collection_id)
        _next_position(session, collection_id)


def _next_position(session: Session, collection_id: CollectionId) -> int:
    row = session.execute(_SIZE, {"collection_id": collection_id}).one()
    if row.size >= MAX_INSPIRATIONS:
        raise InvalidInput(
            f"A collection has at most {MAX_INSPIRATIONS} inspirations. Remove one first."
        )
    return row.next


def link_new(
    ws: Workspace,
    collection_id: CollectionId,
    inspiration_id: InspirationId,
    picture: StoredPicture,
    origin: Origin,
) -> AddedInspiration:
    """Put a picture that was just stored into a collection.

    Raises
    ------
    NotFound, InvalidInput
        As `check_room`; what was stored is removed again.
    QuotaExceeded
        When the plan's storage is full; the same.
    """
    try:
        with ws.begin() as session:
            lock_collection(session, collection_id)
            same = _same_file(session, collection_id, picture.source_sha256)
            if same is None:
                position = _next_position(session, collection_id)
                check_storage(session, ws, picture.bytes)
                add_image_row(session, picture)
                place = _Place(collection_id, picture.image_id, position)
                similar = _insert(session, inspiration_id, place, origin)
                notes = tuple(note.message for note in picture.notes)
                return AddedInspiration(inspiration_id, already=False, notes=notes, similar=similar)
    except (InvalidInput, NotFound, QuotaExceeded):
        discard(ws, picture)
        raise
    discard(ws, picture)  # another upload of the same file was quicker
    return AddedInspiration(same, already=True)


def link_known(
    ws: Workspace, collection_id: CollectionId, image_id: ImageId, origin: Origin
) -> AddedInspiration:
    """Put a picture this client has already into a collection; errors as `check_room`."""
    with ws.begin() as session:
        lock_collection(session, collection_id)
        same = _same_image(session, collection_id, image_id)
        if same is not None:
            return AddedInspiration(same, already=True)
        position = _next_position(session, collection_id)
        inspiration_id = InspirationId(new_id())
        place = _Place(collection_id, image_id, position)
        similar = _insert(session, inspiration_id, place, origin)
    return AddedInspiration(inspiration_id, already=False, similar=similar)


_SAME_FILE = text("""
    SELECT i.id FROM app.inspirations i
    JOIN app.images m ON m.client_id = i.client_id AND m.id = i.image_id
    WHERE i.collection_id = :collection_id AND m.source_sha256 = :sha256 LIMIT 1
""")
_SAME_IMAGE = text("""
    SELECT id FROM app.inspirations WHERE collection_id = :collection_id AND image_id = :image_id
""")


def _same_file(session: Session, collection_id: CollectionId, sha256: str) -> InspirationId | None:
    where = {"collection_id": collection_id, "sha256": sha256}
    found = session.execute(_SAME_FILE, where).scalar_one_or_none()
    return None if found is None else InspirationId(found)


def _same_image(
    session: Session, collection_id: CollectionId, image_id: ImageId
) -> InspirationId | None:
    where = {"collection_id": collection_id, "image_id": image_id}
    found = session.execute(_SAME_IMAGE, where).scalar_one_or_none()
    return None if found is None else InspirationId(found)


@dataclass(frozen=True, slots=True)
class _Place:
    collection_id: CollectionId
    image_id: ImageId
    position: int


_INSERT = text("""
    INSERT INTO app.inspirations (id, collection_id, image_id, title, source, position, credit,
                                  may_send_pixels)
    VALUES (:id, :collection_id, :image_id, :title, :source, :position, :credit, :may_send_pixels)
""").bindparams(bindparam("credit", type_=JSONB))
_PIN = text("""
    UPDATE app.generated_assets SET pinned = true, updated_at = now()
    WHERE id = :asset_id AND NOT pinned
""")


def _insert(
    session: Session, inspiration_id: InspirationId, place: _Place, origin: Origin
) -> tuple[Similar, ...]:
    """Write the row; returns what resembles it."""
    title = display_name(origin.title) if origin.title.strip() else _NO_TITLE
    session.execute(
        _INSERT,
        {
            "id": inspiration_id,
            "collection_id": place.collection_id,
            "image_id": place.image_id,
            "title": title,
            "source": origin.source,
            "position": place.position,
            "credit": origin.credit,
            "may_send_pixels": origin.may_send_pixels,
        },
    )
    if origin.asset_id is not None:
        session.execute(_PIN, {"asset_id": origin.asset_id})
    advance(session, place.collection_id, CollectionStatus.SELECTING, before=SETTLED)
    return _similar(session, place.collection_id, inspiration_id)


_HASHES = text("""
    SELECT i.id, i.title, m.phash FROM app.inspirations i
    JOIN app.images m ON m.client_id = i.client_id AND m.id = i.image_id
    WHERE i.collection_id = :collection_id AND m.phash IS NOT NULL ORDER BY i.position, i.id
""")


def _similar(
    session: Session, collection_id: CollectionId, inspiration_id: UUID
) -> tuple[Similar, ...]:
    rows = session.execute(_HASHES, {"collection_id": collection_id}).all()
    own = next((int(row.phash, 16) for row in rows if row.id == inspiration_id), None)
    if own is None:
        return ()
    return tuple(
        Similar(InspirationId(row.id), row.title)
        for row in rows
        if row.id != inspiration_id and hamming(own, int(row.phash, 16)) <= MAX_SIMILAR_BITS
    )
