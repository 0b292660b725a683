"""Deciding on results: approve, reject with a reason, pin, favourite, trash and restore."""

from collections.abc import Sequence

from sqlalchemy import TextClause, text

from visualizer_core.domain.corrections import ReviewReason
from visualizer_core.domain.ids import AssetId
from visualizer_core.domain.status import Review
from visualizer_core.errors import InvalidInput
from visualizer_core.workspace import Workspace

__all__ = ["decide", "pin", "restore", "set_favourite", "trash", "unpin"]

_DECIDE = text("""
    UPDATE app.generated_assets SET review_status = :review, review_reason = :reason,
           reviewed_by = :actor, reviewed_at = now(), updated_at = now()
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
    with ws.begin() as session:
        changed = session.execute(
            _DECIDE,
            {
                "ids": [str(asset_id) for asset_id in asset_ids],
                "review": review,
                "reason": reason,
                "actor": ws.actor,
            },
        )
        return len(changed.all())


_PIN = text("""
    UPDATE app.generated_assets SET pinned = :value, updated_at = now()
    WHERE id = ANY(CAST(:ids AS uuid[])) AND status = 'completed' AND deleted_at IS NULL
    RETURNING 1
""")
_FAVOURITE = text("""
    UPDATE app.generated_assets SET favourite = :value, updated_at = now()
    WHERE id = ANY(CAST(:ids AS uuid[])) AND deleted_at IS NULL RETURNING 1
""")
# A trashed picture gives its slot free, so that it can be made again.
_TRASH = text("""
    UPDATE app.generated_assets SET deleted_at = now(), slot = NULL, updated_at = now()
    WHERE id = ANY(CAST(:ids AS uuid[])) AND status NOT IN ('pending', 'generating')
      AND deleted_at IS NULL RETURNING 1
""")
_RESTORE = text("""
    UPDATE app.generated_assets SET deleted_at = NULL, updated_at = now()
    WHERE id = ANY(CAST(:ids AS uuid[])) AND deleted_at IS NOT NULL RETURNING 1
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
    """Put results into the trash, where they stay 30 days. Returns how many."""
    return _change(ws, _TRASH, asset_ids)


def restore(ws: Workspace, asset_ids: Sequence[AssetId]) -> int:
    """Take results out of the trash. Returns how many."""
    return _change(ws, _RESTORE, asset_ids)


def _change(
    ws: Workspace, statement: TextClause, asset_ids: Sequence[AssetId], **values: bool
) -> int:
    with ws.begin() as session:
        found = session.execute(statement, {"ids": [str(x) for x in asset_ids], **values})
        return len(found.all())
