"""Deciding on results: approve, reject with a reason, pin, favourite, trash and restore.

Every function takes ids of any number of results and says how many it changed; ids of results that
are not there, not finished or another client's change nothing.
"""

from collections.abc import Sequence

from sqlalchemy import TextClause, text

from visualizer_core.domain.corrections import ReviewReason
from visualizer_core.domain.ids import AssetId
from visualizer_core.domain.status import Review
from visualizer_core.errors import InvalidInput
from visualizer_core.workspace import Workspace

__all__ = ["decide", "pin", "restore", "set_favourite", "trash", "unpin"]

# A decision taken back leaves no trace of who took it: nobody has decided.
_DECIDE = text("""
    UPDATE app.generated_assets SET review_status = :review, review_reason = :reason,
           reviewed_by = CASE WHEN :review = 'pending' THEN NULL ELSE :actor END,
           reviewed_at = CASE WHEN :review = 'pending' THEN NULL ELSE now() END,
           updated_at = now()
    WHERE id = ANY(CAST(:ids AS uuid[])) AND status = 'completed' AND deleted_at IS NULL
    RETURNING 1
""")


def decide(
    ws: Workspace,
    asset_ids: Sequence[AssetId],
    review: Review,
    *,
    reason: ReviewReason | None = None,
) -> int:
    """Approve, reject (with a reason code) or take a decision back. Returns how many changed.

    Raises
    ------
    InvalidInput
        When a rejection has no reason, or something else has one.
    """
    if (review is Review.REJECTED) != (reason is not None):
        raise InvalidInput("A rejection needs a reason, and only a rejection has one.")
    return _change(ws, _DECIDE, asset_ids, review=review, reason=reason, actor=ws.actor)


_PIN = text("""
    UPDATE app.generated_assets SET pinned = :value, updated_at = now()
    WHERE id = ANY(CAST(:ids AS uuid[])) AND status = 'completed' AND deleted_at IS NULL
    RETURNING 1
""")
_FAVOURITE = text("""
    UPDATE app.generated_assets SET favourite = :value, updated_at = now()
    WHERE id = ANY(CAST(:ids AS uuid[])) AND deleted_at IS NULL RETURNING 1
""")
# A picture in the trash gives its slot free, so that it can be made again, and remembers it.
_TRASH = text("""
    UPDATE app.generated_assets SET deleted_at = now(), updated_at = now(),
           slot = 'trash:' || id || ':' || slot
    WHERE id = ANY(CAST(:ids AS uuid[])) AND status NOT IN ('pending', 'generating')
      AND deleted_at IS NULL RETURNING 1
""")
# It gets its slot back unless another picture was made for it meanwhile. Of several in the trash
# that had the same slot, the one made last is the one a next run would find.
_RESTORE = text("""
    WITH wanted AS (
      SELECT id, collection_id, substr(slot, length('trash:' || id || ':') + 1) AS slot,
             row_number() OVER (PARTITION BY collection_id,
               substr(slot, length('trash:' || id || ':') + 1) ORDER BY seq DESC) AS rank
      FROM app.generated_assets
      WHERE id = ANY(CAST(:ids AS uuid[])) AND deleted_at IS NOT NULL
    )
    UPDATE app.generated_assets a SET deleted_at = NULL, updated_at = now(),
           slot = CASE WHEN w.rank = 1 AND NOT EXISTS (
             SELECT 1 FROM app.generated_assets b
             WHERE b.collection_id = w.collection_id AND b.slot = w.slot) THEN w.slot END
    FROM wanted w WHERE a.id = w.id
    RETURNING 1
""")


def pin(ws: Workspace, asset_ids: Sequence[AssetId]) -> int:
    """Keep results and offer them as inspirations in the library. Returns how many."""
    return _change(ws, _PIN, asset_ids, value=True)


def unpin(ws: Workspace, asset_ids: Sequence[AssetId]) -> int:
    """Take results out of the library. Returns how many."""
    return _change(ws, _PIN, asset_ids, value=False)


def set_favourite(ws: Workspace, asset_ids: Sequence[AssetId], *, favourite: bool) -> int:
    """Mark or unmark favourites. Returns how many."""
    return _change(ws, _FAVOURITE, asset_ids, value=favourite)


def trash(ws: Workspace, asset_ids: Sequence[AssetId]) -> int:
    """Put results into the trash, where they stay 30 days; a next run makes them again.

    Returns
    -------
    int
        How many; those waiting or being made are not among them: cancel them.
    """
    return _change(ws, _TRASH, asset_ids)


def restore(ws: Workspace, asset_ids: Sequence[AssetId]) -> int:
    """Take results out of the trash. Returns how many."""
    return _change(ws, _RESTORE, asset_ids)


def _change(
    ws: Workspace, statement: TextClause, asset_ids: Sequence[AssetId], **values: bool | str | None
) -> int:
    ids = [str(asset_id) for asset_id in set(asset_ids)]
    with ws.begin() as session:
        return len(session.execute(statement, {"ids": ids, **values}).all())
