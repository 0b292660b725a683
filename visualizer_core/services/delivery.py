"""Exports: finished pictures in a streamed ZIP, named, labelled and listed in a manifest."""

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import zipstream
from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import bindparam

from visualizer_core.domain.csv_safety import neutralise_cell
from visualizer_core.domain.ids import AssetId, CollectionId, ExportId, new_id
from visualizer_core.domain.keys import export_key
from visualizer_core.domain.naming import DEFAULT_TEMPLATE, NameFields, NamePlan, plan_names
from visualizer_core.errors import InvalidInput
from visualizer_core.imaging.xmp import GENERATED, XmpFacts, write_xmp
from visualizer_core.workspace import Workspace

__all__ = ["ExportRequest", "Exported", "export_to_file", "export_to_storage", "preview_names"]

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
class Exported:
    """What an export came to."""

    pictures: int
    bytes: int
    names: NamePlan
    export_id: ExportId | None = None


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """One line of the manifest; sizes in pixels, cost in US dollars."""

    file: str
    sku: str
    product: str
    scene: str
    variant: int
    width: int
    height: int
    bytes: int
    sha256: str
    recipe_hash: str
    review: str
    cost_usd: float
    model: str
    credit: str


_PICTURES = text("""
    SELECT a.id, a.product_id, p.sku, p.name, p.category,
           coalesce(s.title, '') AS scene, s.credit, a.variant,
           c.name AS collection, m.s3_key, m.mime, m.width, m.height, a.recipe_hash,
           a.review_status, a.cost_micros, a.model, a.completed_at
    FROM app.generated_assets a
    JOIN app.collections c ON c.client_id = a.client_id AND c.id = a.collection_id
    JOIN app.products p ON p.client_id = a.client_id AND p.id = a.product_id
    JOIN app.images m ON m.client_id = a.client_id AND m.id = a.image_id
    LEFT JOIN app.inspirations s ON s.client_id = a.client_id AND s.id = a.inspiration_id
    WHERE a.collection_id = :collection_id AND a.status = 'completed' AND a.deleted_at IS NULL
      AND (NOT :approved_only OR a.review_status = 'approved')
      AND (:all OR a.id = ANY(CAST(:asset_ids AS uuid[])))
    ORDER BY p.sku, p.name, a.inspiration_id, a.variant, a.seq
    LIMIT :most
""")


def _pictures(session: Session, request: ExportRequest) -> Sequence[Row[Any]]:
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
        raise InvalidInput("There are no finished pictures to export. Generate some first.")
    if len(rows) > MAX_PICTURES:
        raise InvalidInput(f"An export holds at most {MAX_PICTURES:,} pictures. Choose fewer.")
    return rows


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
                scene=Path(row.scene).stem,
                collection=row.collection,
                preset="original",
                date=row.completed_at.date(),
                n=seen[row.product_id],
            )
        )
    return plan_names(template, items, [_EXTENSIONS[row.mime] for row in rows])


def preview_names(ws: Workspace, request: ExportRequest) -> NamePlan:
    """The file names an export would use, and which had to be changed to stay apart."""
    with ws.begin() as session:
        return _names(_pictures(session, request), request.template)


def export_to_file(ws: Workspace, request: ExportRequest, path: Path) -> Exported:
    """Write an export to a local file; nothing is left there when it fails.

    Raises
    ------
    InvalidInput
        When there is nothing to export or the template is wrong.
    PartMissing
        When storage is away.
    """
    with ws.begin() as session:
        rows = _pictures(session, request)
    names = _names(rows, request.template)
    partial = path.with_name(f"{path.name}.partial")
    size = 0
    try:
        with partial.open("wb") as file:
            for chunk in _zip(ws, rows, names):
                size += file.write(chunk)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return Exported(pictures=len(rows), bytes=size, names=names)


_OPEN = text("""
    INSERT INTO app.exports (id, collection_id, template, asset_ids, status, s3_key)
    VALUES (:id, :collection_id, :template, :asset_ids, 'running', :key)
""").bindparams(bindparam("asset_ids", type_=JSONB))
_CLOSE = text("""
    UPDATE app.exports SET status = :status, bytes = :bytes, error_message = :error,
           completed_at = now()
    WHERE id = :id
""")


def export_to_storage(ws: Workspace, request: ExportRequest) -> Exported:
    """Stream an export into this client's storage and record it; errors as `export_to_file`."""
    export_id = ExportId(new_id())
    key = export_key(ws.client_id, export_id)
    with ws.begin() as session:
        rows = _pictures(session, request)
        names = _names(rows, request.template)
        session.execute(
            _OPEN,
            {
                "id": export_id,
                "collection_id": request.collection_id,
                "template": request.template,
                "asset_ids": [str(row.id) for row in rows],
                "key": key,
            },
        )
    size = 0
    error: str | None = "The export stopped before its end. Start it again."
    try:
        size = ws.store.put_stream(key, _zip(ws, rows, names), "application/zip")
        error = None
    finally:
        status = "completed" if error is None else "error"
        with ws.begin() as session:
            session.execute(
                _CLOSE, {"id": export_id, "status": status, "bytes": size, "error": error}
            )
    return Exported(pictures=len(rows), bytes=size, names=names, export_id=export_id)


def _zip(ws: Workspace, rows: Sequence[Row[Any]], names: NamePlan) -> Iterable[bytes]:
    """Chunks of the ZIP; one picture at a time is in memory, the manifest comes last."""
    archive = zipstream.ZipStream(compress_type=zipstream.ZIP_STORED)  # pictures do not shrink
    manifest: list[ManifestEntry] = []
    for row, name in zip(rows, names.names, strict=True):
        archive.add(_picture(ws, row, name, manifest), name)
    archive.add(_late(lambda: _manifest_csv(manifest)), "manifest.csv")
    archive.add(_late(lambda: _manifest_json(manifest)), "manifest.json")
    return archive


def _picture(
    ws: Workspace, row: Row[Any], name: str, manifest: list[ManifestEntry]
) -> Iterator[bytes]:
    facts = XmpFacts(
        digital_source_type=GENERATED, title=row.name, sku=row.sku, recipe_hash=row.recipe_hash
    )
    data = write_xmp(ws.store.get(row.s3_key), facts)
    credit: dict[str, str] = row.credit or {}
    manifest.append(
        ManifestEntry(
            file=name,
            sku=row.sku or "",
            product=row.name,
            scene=row.scene,
            variant=row.variant,
            width=row.width,
            height=row.height,
            bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            recipe_hash=row.recipe_hash or "",
            review=row.review_status,
            cost_usd=row.cost_micros / 1_000_000,
            model=row.model,
            credit=f"{credit['photographer']} on Unsplash" if "photographer" in credit else "",
        )
    )
    yield data


def _late(make: Callable[[], bytes]) -> Iterator[bytes]:
    """Made when the ZIP gets to it: by then the pictures before it are known."""
    yield make()


def _manifest_csv(manifest: Sequence[ManifestEntry]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    fields = list(ManifestEntry.__dataclass_fields__)
    writer.writerow(fields)
    for entry in manifest:
        values = asdict(entry)
        writer.writerow([neutralise_cell(values[field]) for field in fields])
    return out.getvalue().encode("utf-8-sig")  # spreadsheets take it for UTF-8 only with the mark


def _manifest_json(manifest: Sequence[ManifestEntry]) -> bytes:
    return json.dumps([asdict(entry) for entry in manifest], indent=1, ensure_ascii=False).encode()
