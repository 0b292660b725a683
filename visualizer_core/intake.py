"""Taking a stranger's picture in: read it safely, store it with its smaller copies.

Products and inspirations share this. Storage comes first and the row second: an object without a
row is harmless, a row without its object is not. What counts towards a plan's storage are a
client's own pictures, the generated ones and finished exports; thumbnails, the provider's copies
and its raw answers are the program's business.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import bindparam

from visualizer_core.db.allowance import limits_of
from visualizer_core.db.locks import queue_up
from visualizer_core.domain.ids import ImageId, new_id
from visualizer_core.domain.keys import provider_key, thumbnail_key
from visualizer_core.domain.status import ImageKind
from visualizer_core.errors import PartMissing, QuotaExceeded
from visualizer_core.imaging.compare import input_hash
from visualizer_core.imaging.derive import provider_input, thumbnail
from visualizer_core.imaging.notes import Note
from visualizer_core.workspace import Workspace

__all__ = [
    "THUMBNAIL_WIDTHS_PX",
    "StoredPicture",
    "add_image_row",
    "check_storage",
    "discard",
    "known_image",
    "storage_used",
    "store_picture",
]

THUMBNAIL_WIDTHS_PX = (512,)  # a card on a dense screen; small lists scale it down
_KB, _MB, _GB = 1_000, 1_000_000, 1_000_000_000  # as plans are sold


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture whose objects are stored and whose row is not yet."""

    image_id: ImageId
    kind: ImageKind
    key: str
    provider_key: str | None
    sha256: str
    source_sha256: str
    phash: str
    mime: str
    width: int
    height: int
    bytes: int
    notes: tuple[Note, ...]
    source: dict[str, object] = field(default_factory=dict[str, object])

    @property
    def keys(self) -> list[str]:
        """Every object of it."""
        copies = [] if self.provider_key is None else [self.provider_key]
        small = [thumbnail_key(self.key, width) for width in THUMBNAIL_WIDTHS_PX]
        return [self.key, *small, *copies]


_KNOWN = text("""
    SELECT id FROM app.images WHERE source_sha256 = :sha256 AND kind = :kind
    ORDER BY created_at LIMIT 1
""")


def known_image(ws: Workspace, data: bytes, kind: ImageKind) -> ImageId | None:
    """The picture made earlier from exactly these bytes, if there is one."""
    digest = hashlib.sha256(data).hexdigest()
    with ws.begin() as session:
        found = session.execute(_KNOWN, {"sha256": digest, "kind": kind}).scalar_one_or_none()
    return None if found is None else ImageId(found)


def store_picture(
    ws: Workspace,
    data: bytes,
    filename: str,
    kind: ImageKind,
    key_of: Callable[[ImageId, str], str],
) -> StoredPicture:
    """Read `data` in the sandbox and store the clean picture, its thumbnail and a provider copy.

    Parameters
    ----------
    key_of : callable
        Makes the object's key from the new image id and the mime type.

    Raises
    ------
    ImageRejected
        When it is no usable picture; says why and what to do.
    PartMissing
        When storage is away.
    """
    clean = ws.runtime.sandbox.normalise(data, filename)
    image_id = ImageId(new_id())
    key = key_of(image_id, clean.mime)
    ws.store.put(key, clean.data, clean.mime)
    for width in THUMBNAIL_WIDTHS_PX:
        ws.store.put(thumbnail_key(key, width), thumbnail(clean.data, width), "image/webp")
    sent, mime = provider_input(clean.data)
    smaller = None
    if sent is not clean.data:
        smaller = provider_key(key)
        ws.store.put(smaller, sent, mime)
    return StoredPicture(
        image_id=image_id,
        kind=kind,
        key=key,
        provider_key=smaller,
        sha256=clean.sha256,
        source_sha256=hashlib.sha256(data).hexdigest(),
        phash=f"{input_hash(clean.data).phash:016x}",
        mime=clean.mime,
        width=clean.width,
        height=clean.height,
        bytes=len(clean.data),
        notes=clean.notes,
        source={
            "file": filename[:255],
            "format": clean.source_format,
            "notes": [note.code for note in clean.notes],
        },
    )


def discard(ws: Workspace, picture: StoredPicture) -> None:
    """Remove the objects of a picture that certainly gets no row.

    Not for a transaction that broke off: it may have been committed all the same.
    """
    with suppress(PartMissing):  # what stays behind is an object without a row: harmless
        ws.store.delete(picture.keys)


_ADD = text("""
    INSERT INTO app.images (id, kind, s3_key, provider_s3_key, sha256, source_sha256, phash, mime,
                            width, height, bytes, thumbnail_widths, source)
    VALUES (:id, :kind, :key, :provider_key, :sha256, :source_sha256, :phash, :mime, :width,
            :height, :bytes, :thumbnail_widths, :source)
""").bindparams(bindparam("thumbnail_widths", type_=JSONB), bindparam("source", type_=JSONB))


def add_image_row(
    session: Session, picture: StoredPicture, *, source: dict[str, object] | None = None
) -> None:
    """Write the row of a stored picture; `source` adds licence and credit to what is known."""
    session.execute(
        _ADD,
        {
            "id": picture.image_id,
            "kind": picture.kind,
            "key": picture.key,
            "provider_key": picture.provider_key,
            "sha256": picture.sha256,
            "source_sha256": picture.source_sha256,
            "phash": picture.phash,
            "mime": picture.mime,
            "width": picture.width,
            "height": picture.height,
            "bytes": picture.bytes,
            "thumbnail_widths": list(THUMBNAIL_WIDTHS_PX),
            "source": {**picture.source, **(source or {})},
        },
    )


_USED = text("""
    SELECT (SELECT coalesce(sum(bytes), 0) FROM app.images)::bigint
         + (SELECT coalesce(sum(bytes), 0) FROM app.exports WHERE status = 'completed')::bigint
""")


def storage_used(session: Session) -> int:
    """Bytes of the client's storage that count towards its plan."""
    return session.execute(_USED).scalar_one()


def check_storage(session: Session, ws: Workspace, more_bytes: int) -> None:
    """Refuse what would go over the plan's storage; call it in the transaction that adds the row.

    Raises
    ------
    QuotaExceeded
        Saying how much is used and allowed.
    """
    most = limits_of(session, ws.client_id)[0].storage_bytes
    if most is None:
        return
    # Writers of one client queue up here until they commit: each sees what the others added.
    queue_up(session, "storage", ws.client_id)
    used = storage_used(session)
    if used + more_bytes > most:
        raise QuotaExceeded(
            f"{_size(used)} of {_size(most)} of storage are used, and this needs "
            f"{_size(more_bytes)} more. Remove photos or old exports, or ask for a larger plan.",
            left=0,
        )


def _size(count: int) -> str:
    """In the unit people would choose."""
    if count >= _GB:
        return f"{count / _GB:.1f} GB"
    return f"{count / _MB:.1f} MB" if count >= _MB else f"{count / _KB:.0f} kB"
