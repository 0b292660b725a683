"""Adding and removing inspirations."""

from sqlalchemy import text

from visualizer_core.db.collection import lock_collection
from visualizer_core.domain.ids import AssetId, CollectionId, ImageId, InspirationId, new_id
from visualizer_core.domain.keys import inspiration_key
from visualizer_core.domain.status import ImageKind, InspirationSource
from visualizer_core.errors import Conflict, NotFound
from visualizer_core.intake import known_image, store_picture
from visualizer_core.ports import PhotoHit, SearchPage
from visualizer_core.services.inspiration.linking import (
    AddedInspiration,
    Origin,
    Similar,
    check_room,
    link_known,
    link_new,
)
from visualizer_core.workspace import Workspace

__all__ = [
    "AddedInspiration",
    "Similar",
    "add_from_library",
    "add_unsplash",
    "add_upload",
    "remove",
    "search_unsplash",
]


def add_upload(
    ws: Workspace, collection_id: CollectionId, data: bytes, filename: str
) -> AddedInspiration:
    """Add an uploaded picture; the same file again changes nothing.

    Raises
    ------
    ImageRejected
        When it is no usable picture.
    InvalidInput
        When the collection is full.
    NotFound
        When this client has no such collection.
    QuotaExceeded
        When the plan's storage is full.
    """
    return _add(ws, collection_id, data, filename, Origin(InspirationSource.UPLOAD, filename))


def _add(
    ws: Workspace, collection_id: CollectionId, data: bytes, filename: str, origin: Origin
) -> AddedInspiration:
    known = known_image(ws, data, ImageKind.INSPIRATION)
    if known is not None:
        return link_known(ws, collection_id, known, origin)
    check_room(ws, collection_id)
    inspiration_id = InspirationId(new_id())
    picture = store_picture(
        ws,
        data,
        filename,
        ImageKind.INSPIRATION,
        lambda _image, mime: inspiration_key(ws.client_id, inspiration_id, mime),
    )
    return link_new(ws, collection_id, inspiration_id, picture, origin)


def search_unsplash(ws: Workspace, query: str, *, page: int = 1) -> SearchPage:
    """Search stock photos.

    Raises
    ------
    InvalidInput
        When the query is empty or too long.
    NotAllowed
        When no Unsplash key is configured.
    ProviderUnavailable
        When the hourly allowance is used up.
    """
    return ws.runtime.search.search(query, page=page)


def add_unsplash(ws: Workspace, collection_id: CollectionId, photo_id: str) -> AddedInspiration:
    """Copy a stock photo into the collection, reporting the choice as its service asks.

    Its pixels reach the provider only when ``UNSPLASH_AI_LICENSED`` is set; until then it is a
    reference for people, and only its description is used.

    Raises
    ------
    NotAllowed
        When no Unsplash key is configured.
    NotFound
        When there is no such photo, or this client has no such collection.
    InvalidInput
        When the collection is full; the service is not told of a choice then.
    ProviderUnavailable, ProviderRefused
        When the service does not give the photo.
    """
    chosen = _chosen(ws, collection_id, photo_id)
    if chosen is not None:
        return AddedInspiration(chosen, already=True)  # the choice was reported then
    check_room(ws, collection_id)
    hit = ws.runtime.search.find(photo_id)
    data = ws.runtime.search.choose(hit)
    origin = Origin(
        InspirationSource.UNSPLASH,
        hit.description,
        credit=_credit(hit),
        may_send_pixels=ws.runtime.settings.unsplash_ai_licensed,
    )
    return _add(ws, collection_id, data, f"unsplash-{hit.id}.jpg", origin)


_CHOSEN = text("""
    SELECT id FROM app.inspirations WHERE collection_id = :collection_id
      AND source = 'unsplash' AND credit ->> 'photo_id' = :photo_id LIMIT 1
""")


def _chosen(ws: Workspace, collection_id: CollectionId, photo_id: str) -> InspirationId | None:
    where = {"collection_id": collection_id, "photo_id": photo_id}
    with ws.begin() as session:
        found = session.execute(_CHOSEN, where).scalar_one_or_none()
    return None if found is None else InspirationId(found)


def _credit(hit: PhotoHit) -> dict[str, object]:
    return {
        "service": "Unsplash",
        "photo_id": hit.id,
        "photographer": hit.photographer,
        "photographer_url": hit.photographer_url,
        "page_url": hit.page_url,
    }


_RESULT = text("""
    SELECT a.image_id, p.name FROM app.generated_assets a
    JOIN app.products p ON p.client_id = a.client_id AND p.id = a.product_id
    WHERE a.id = :asset_id AND a.status = 'completed' AND a.deleted_at IS NULL
""")


def add_from_library(
    ws: Workspace, collection_id: CollectionId, asset_id: AssetId
) -> AddedInspiration:
    """Use an earlier result as an inspiration; pins it, so that it is kept.

    Raises
    ------
    NotFound
        When this client has no such finished picture, or no such collection.
    InvalidInput
        When the collection is full.
    """
    with ws.begin() as session:
        row = session.execute(_RESULT, {"asset_id": asset_id}).one_or_none()
    if row is None:
        raise NotFound("There is no such finished picture.")
    origin = Origin(InspirationSource.LIBRARY, row.name, asset_id=asset_id)
    return link_known(ws, collection_id, ImageId(row.image_id), origin)


_FIND = text("SELECT collection_id FROM app.inspirations WHERE id = :id")
_IN_USE = text("""
    SELECT count(*) FROM app.generated_assets
    WHERE status IN ('pending', 'generating') AND collection_id = :collection_id
      AND (inspiration_id = :id
           OR settings -> 'inspirations' @> jsonb_build_array(
                jsonb_build_object('inspiration_id', CAST(:id AS text))))
""")
_UNMATCH = text("""
    UPDATE app.collection_products SET inspiration_id = NULL, match_score = NULL,
           match_reasons = '[]', matched_by = 'nobody'
    WHERE collection_id = :collection_id AND inspiration_id = :id
""")
_DELETE = text("DELETE FROM app.inspirations WHERE id = :id")


def remove(ws: Workspace, inspiration_id: InspirationId) -> None:
    """Take an inspiration out; its products are without a scene until the next match.

    Raises
    ------
    NotFound
        When this client has no such inspiration (any more).
    Conflict
        While pictures are being made with it.
    """
    with ws.begin() as session:
        found = session.execute(_FIND, {"id": inspiration_id}).scalar_one_or_none()
        if found is None:
            raise NotFound("There is no such inspiration. It may have been removed.")
        lock_collection(session, CollectionId(found))
        where = {"id": inspiration_id, "collection_id": found}
        in_use = session.execute(_IN_USE, where).scalar_one()
        if in_use:
            raise Conflict(
                f"{in_use} pictures are being made with this inspiration. Wait for the run or "
                "cancel it."
            )
        session.execute(_UNMATCH, where)
        session.execute(_DELETE, where)
