"""Exports into a file or into the client's storage."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.expression import bindparam

from visualizer_core.domain.ids import ExportId, new_id
from visualizer_core.domain.keys import export_key
from visualizer_core.domain.naming import NamePlan
from visualizer_core.errors import InvalidInput, NotFound, PartMissing, VisualizerError
from visualizer_core.intake import check_storage
from visualizer_core.services.delivery.packing import packed
from visualizer_core.services.delivery.selecting import ExportRequest, Selection, select
from visualizer_core.workspace import Workspace

__all__ = ["Exported", "delete_export", "download_url", "export_to_file", "export_to_storage"]

LOST_HOURS = 24  # no export takes so long: its process is gone, and its row may go


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export came to.

    Attributes
    ----------
    left_out : int
        Of the pictures asked for by id: not finished, not approved, in the trash, or not of this
        collection.
    """

    pictures: int
    bytes: int
    names: NamePlan
    left_out: int = 0
    export_id: ExportId | None = None


def export_to_file(ws: Workspace, request: ExportRequest, path: Path) -> Exported:
    """Write an export to a local file; nothing is left there when it fails.

    Raises
    ------
    NotFound
        When this client has no such collection, or a picture is missing from storage.
    InvalidInput
        When there is nothing to export, the template is wrong, or the file cannot be written.
    PartMissing
        When storage is away.
    """
    chosen = select(ws, request)
    # A name of its own: two exports to one place do not write into each other.
    partial = path.with_name(f".{path.name[:100]}.{new_id().hex[:8]}.partial")
    try:
        size = _pour(packed(ws, chosen), partial, path)
    finally:
        with suppress(OSError):  # what cannot be removed was never made
            partial.unlink(missing_ok=True)
    return _exported(chosen, size)


def _exported(chosen: Selection, size: int, export_id: ExportId | None = None) -> Exported:
    return Exported(
        pictures=len(chosen.rows),
        bytes=size,
        names=chosen.names,
        left_out=chosen.left_out,
        export_id=export_id,
    )


def _pour(chunks: Iterable[bytes], partial: Path, path: Path) -> int:
    """Write `chunks` and move the file to its place; a full disk may show as late as at its end."""
    size = 0
    try:
        with partial.open("xb") as file:
            for chunk in chunks:
                size += file.write(chunk)
        partial.replace(path)
    except OSError as error:
        raise _cannot_write(path, error) from error
    return size


def _cannot_write(path: Path, error: OSError) -> InvalidInput:
    why = error.strerror or type(error).__name__
    return InvalidInput(
        f"“{path}” cannot be written ({why}). Make its folder or free some space there, or choose "
        "another place."
    )


_OPEN = text("""
    INSERT INTO app.exports (id, collection_id, template, asset_ids, status, s3_key)
    VALUES (:id, :collection_id, :template, :asset_ids, 'running', :key)
""").bindparams(bindparam("asset_ids", type_=JSONB))
_CLOSE = text("""
    UPDATE app.exports SET status = :status, bytes = :bytes, error_message = :error,
           completed_at = now()
    WHERE id = :id
""")
_STOPPED = "The export stopped before its end. Start it again."


def export_to_storage(ws: Workspace, request: ExportRequest) -> Exported:
    """Stream an export into this client's storage and record it.

    Its row is ``running`` meanwhile and ``completed`` or ``error`` in the end.

    Raises
    ------
    NotFound, InvalidInput, PartMissing
        As `export_to_file`.
    QuotaExceeded
        When the plan's storage would not hold it.
    """
    export_id = ExportId(new_id())
    key = export_key(ws.client_id, export_id)
    chosen = select(ws, request)
    with ws.begin() as session:
        check_storage(session, ws, chosen.bytes)
        session.execute(
            _OPEN,
            {
                "id": export_id,
                "collection_id": request.collection_id,
                "template": request.template,
                "asset_ids": [str(row.id) for row in chosen.rows],
                "key": key,
            },
        )
    size, error = 0, _STOPPED
    try:
        size = ws.store.put_stream(key, packed(ws, chosen), "application/zip")
        error = ""
    except VisualizerError as failure:
        error = str(failure)
        raise
    finally:
        _close(ws, export_id, size, error)
    return _exported(chosen, size, export_id)


def _close(ws: Workspace, export_id: ExportId, size: int, error: str) -> None:
    values = {
        "id": export_id,
        "status": "error" if error else "completed",
        "bytes": size,
        "error": error or None,
    }
    with ws.begin() as session:
        session.execute(_CLOSE, values)


_FIND = text("""
    SELECT e.s3_key, e.status, e.error_message, c.name FROM app.exports e
    LEFT JOIN app.collections c ON c.client_id = e.client_id AND c.id = e.collection_id
    WHERE e.id = :id
""")
_DELETE = text("""
    DELETE FROM app.exports
    WHERE id = :id AND (status <> 'running' OR created_at < now() - make_interval(hours => :hours))
    RETURNING s3_key
""")


def download_url(ws: Workspace, export_id: ExportId) -> str:
    """A short-lived address of a finished export; the browser saves it under its collection's name.

    Raises
    ------
    NotFound
        When this client has no such export, or it is not finished; says how it stands.
    """
    with ws.begin() as session:
        row = session.execute(_FIND, {"id": export_id}).one_or_none()
    if row is None:
        raise NotFound("There is no such export. It may have been deleted.")
    if row.status != "completed":
        raise NotFound(row.error_message or "This export is not finished yet.")
    return ws.store.signed_url(row.s3_key, filename=f"{row.name or 'export'}.zip")


def delete_export(ws: Workspace, export_id: ExportId) -> None:
    """Remove an export from the list and from storage.

    Raises
    ------
    NotFound
        When this client has no such export, or it is still being made.
    """
    with ws.begin() as session:
        key = session.execute(_DELETE, {"id": export_id, "hours": LOST_HOURS}).scalar_one_or_none()
    if key is None:
        raise NotFound("There is no such export, or it is still being made.")
    with suppress(PartMissing):  # what stays behind is an object without a row: harmless
        ws.store.delete([key])
