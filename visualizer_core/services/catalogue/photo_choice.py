"""Which of a product's photos is the one pictures are made from, and which go."""

from contextlib import suppress

from sqlalchemy import text

from visualizer_core.domain.ids import ImageId, ProductId
from visualizer_core.domain.keys import provider_key, thumbnail_key
from visualizer_core.errors import NotFound, PartMissing
from visualizer_core.intake import THUMBNAIL_WIDTHS_PX
from visualizer_core.workspace import Workspace

__all__ = ["remove_photo", "set_primary_photo"]

_NO_PHOTO = "This product has no such photo (any more)."

_LOCK = text("""
    SELECT 1 FROM app.products p JOIN app.product_images i
      ON i.client_id = p.client_id AND i.product_id = p.id
    WHERE p.id = :product_id AND i.image_id = :image_id AND p.deleted_at IS NULL
    FOR NO KEY UPDATE OF p
""")
_NO_PRIMARY = text("""
    UPDATE app.product_images SET is_primary = false WHERE product_id = :product_id AND is_primary
""")
_PRIMARY = text("""
    UPDATE app.product_images SET is_primary = true
    WHERE product_id = :product_id AND image_id = :image_id
""")


def set_primary_photo(ws: Workspace, product_id: ProductId, image_id: ImageId) -> None:
    """Make pictures from this photo; the product is described anew by the next analysis.

    Raises
    ------
    NotFound
        When the product has no such photo.
    """
    where = {"product_id": product_id, "image_id": image_id}
    with ws.begin() as session:
        if session.execute(_LOCK, where).one_or_none() is None:
            raise NotFound(_NO_PHOTO)
        session.execute(_NO_PRIMARY, where)
        session.execute(_PRIMARY, where)


_DETACH = text("""
    DELETE FROM app.product_images WHERE product_id = :product_id AND image_id = :image_id
""")
_NEXT_PRIMARY = text("""
    UPDATE app.product_images SET is_primary = true
    WHERE id = (SELECT id FROM app.product_images WHERE product_id = :product_id
                ORDER BY position, id LIMIT 1)
      AND NOT EXISTS (SELECT 1 FROM app.product_images
                      WHERE product_id = :product_id AND is_primary)
""")
_DELETE = text("""
    DELETE FROM app.images m WHERE m.id = :image_id
      AND NOT EXISTS (SELECT 1 FROM app.product_images i WHERE i.image_id = m.id)
      AND NOT EXISTS (SELECT 1 FROM app.inspirations s WHERE s.image_id = m.id)
      AND NOT EXISTS (SELECT 1 FROM app.generated_assets a WHERE a.image_id = m.id)
    RETURNING m.s3_key
""")


def remove_photo(ws: Workspace, product_id: ProductId, image_id: ImageId) -> None:
    """Take a photo off a product and out of storage; the next one becomes primary.

    Pictures made from it stay, and their recipes still name its hash.

    Raises
    ------
    NotFound
        When the product has no such photo.
    """
    where = {"product_id": product_id, "image_id": image_id}
    with ws.begin() as session:
        if session.execute(_LOCK, where).one_or_none() is None:
            raise NotFound(_NO_PHOTO)
        session.execute(_DETACH, where)
        session.execute(_NEXT_PRIMARY, where)
        key = session.execute(_DELETE, where).scalar_one_or_none()
    if key is not None:
        small = [thumbnail_key(key, width) for width in THUMBNAIL_WIDTHS_PX]
        with suppress(PartMissing):  # what stays behind is an object without a row: harmless
            ws.store.delete([key, *small, provider_key(key)])
