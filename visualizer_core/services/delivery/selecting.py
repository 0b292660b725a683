"""Which pictures an export holds, and under which names."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from visualizer_core.db.collection import NO_COLLECTION
from visualizer_core.domain.ids import AssetId, CollectionId
from visualizer_core.domain.naming import DEFAULT_TEMPLATE, NameFields, NamePlan, plan_names
from visualizer_core.errors import InvalidInput, NotFound
from visualizer_core.workspace import Workspace

__all__ = ["ExportRequest", "Selection", "preview_names", "select"]

MAX_PICTURES = 20_000  # one ZIP beyond this is unwieldy; export a collection at a time


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What to export.

    Attributes
    ----------
    asset_ids : tuple of AssetId
        Empty: every finished picture of the collection.
    approved_only : bool
        Leave out what nobody approved.
    """

    collection_id: CollectionId
    template: str = DEFAULT_TEMPLATE
    asset_ids: tuple[AssetId, ...] = ()
    approved_only: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """Pictures to be exported, as of one moment; `rows` and ``names.names`` go together."""

    rows: Sequence[Row[Any]]
    names: NamePlan
    left_out: int

    @property
    def bytes(self) -> int:
        """Of all pictures, as they are stored."""
        return sum(row.bytes for row in self.rows)


_PICTURES = text("""
    SELECT a.id, a.product_id, p.sku, p.name, p.category,
           coalesce(s.title, '') AS scene, s.credit, a.variant,
           c.name AS collection, m.s3_key, m.mime, m.width, m.height, m.bytes, a.recipe_hash,
           a.review_status, a.cost_micros, a.model, a.completed_at
    FROM app.generated_assets a
    JOIN app.collections c ON c.client_id = a.client_id AND c.id = a.collection_id
    JOIN app.products p ON p.client_id = a.client_id AND p.id = a.product_id
    JOIN app.images m ON m.client_id = a.client_id AND m.id = a.image_id
    LEFT JOIN app.inspirations s ON s.client_id = a.client_id AND s.id = a.inspiration_id
    WHERE a.collection_id = :collection_id AND a.status = 'completed' AND a.deleted_at IS NULL
      AND (NOT :approved_only OR a.review_status = 'approved')
      AND (:all OR a.id = ANY(CAST(:asset_ids AS uuid[])))
    ORDER BY p.sku, p.name, p.id, s.position, a.inspiration_id, a.variant, a.seq
    LIMIT :most
""")
_FINISHED = text("""
    SELECT (SELECT count(*) FROM app.generated_assets a
            WHERE a.collection_id = c.id AND a.status = 'completed' AND a.deleted_at IS NULL)
    FROM app.collections c WHERE c.id = :collection_id AND c.deleted_at IS NULL
""")


def _rows(session: Session, request: ExportRequest) -> Sequence[Row[Any]]:
    where = {"collection_id": request.collection_id}
    finished = session.execute(_FINISHED, where).scalar_one_or_none()
    if finished is None:
        raise NotFound(NO_COLLECTION)
    rows = session.execute(
        _PICTURES,
        {
            "collection_id": request.collection_id,
            "approved_only": request.approved_only,
            "all": not request.asset_ids,
            "asset_ids": [str(asset_id) for asset_id in request.asset_ids],
            "most": MAX_PICTURES + 1,
        },
    ).all()
    if not rows:
        raise InvalidInput(_nothing(request, finished))
    if len(rows) > MAX_PICTURES:
        raise InvalidInput(f"An export holds at most {MAX_PICTURES:,} pictures. Choose fewer.")
    return rows


def _nothing(request: ExportRequest, finished: int) -> str:
    if not finished:
        return "There are no finished pictures to export. Generate some first."
    if request.asset_ids:
        return "None of the chosen pictures can be exported from this collection. Choose others."
    return f"None of the {finished} finished pictures is approved. Approve some, or export all."


def select(ws: Workspace, request: ExportRequest) -> Selection:
    """Find and name the pictures of a request.

    Raises
    ------
    NotFound
        When this client has no such collection.
    InvalidInput
        When there is nothing to export, or the template is wrong.
    """
    with ws.begin() as session:
        rows = _rows(session, request)
    left_out = len(set(request.asset_ids)) - len(rows) if request.asset_ids else 0
    return Selection(rows, _names(rows, request.template), left_out)


def preview_names(ws: Workspace, request: ExportRequest) -> NamePlan:
    """The file names an export would use, and which had to be changed; errors as `select`."""
    return select(ws, request).names


_EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


def _names(rows: Sequence[Row[Any]], template: str) -> NamePlan:
    seen: Counter[UUID] = Counter()
    items: list[NameFields] = []
    for row in rows:
        seen[row.product_id] += 1
        items.append(
            NameFields(
                id=row.id,
                sku=row.sku or "",
                name=row.name,
                category=row.category,
                scene=PurePath(row.scene).stem,
                collection=row.collection,
                preset="original",
                date=row.completed_at.date(),
                n=seen[row.product_id],
            )
        )
    return plan_names(template, items, [_EXTENSIONS[row.mime] for row in rows])
