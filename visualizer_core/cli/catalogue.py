"""``visualizer import | products | collections | export``: a client's things, step by step."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from visualizer_core.cli.console import (
    DEFAULT_STATE_DIR,
    Json,
    State,
    opened,
    print_json,
    reported,
)
from visualizer_core.cli.showing import plain, say, show_table
from visualizer_core.domain.catalogue.photos import PhotoFile, ProductRef, match_photos
from visualizer_core.domain.catalogue.plan import ImportReport, bad_rows_csv
from visualizer_core.domain.ids import CollectionId, ProductId, new_id
from visualizer_core.domain.naming import DEFAULT_TEMPLATE
from visualizer_core.errors import InvalidInput, NotFound
from visualizer_core.services import accounts, catalogue, curation, delivery
from visualizer_core.services.catalogue.photos import FolderPhotos, PhotoSource, ZipPhotos
from visualizer_core.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["collections", "export", "import_catalogue", "products"]

MAX_CATALOGUE_BYTES = 50 * 1024 * 1024  # what the reader accepts
SHOWN_PROBLEMS = 20  # on a screen; --json and --bad-rows have them all

Client = Annotated[str, typer.Option("--client", help="Slug of the client.")]


@contextmanager
def _workspace(state: Path, slug: str) -> Generator[Workspace]:
    with reported(), opened(state) as (rt, _):
        yield rt.workspace(accounts.find_client(rt, slug).id, actor="cli")


def import_catalogue(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, XLSX or XML.")],
    *,
    client: Client,
    photos: Annotated[
        Path | None, typer.Option(help="Folder or ZIP of photos, matched to products by name.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would do.")] = False,
    bad_rows: Annotated[
        Path | None, typer.Option(help="CSV to write with the rows that did not come in.")
    ] = None,
    as_json: Json = False,
    state: State = DEFAULT_STATE_DIR,
) -> None:
    """Bring a catalogue and its photos in.

    Good rows come in, bad rows are listed with line, reason and remedy. Doing it again changes
    only what the file changed.
    """
    with _workspace(state, client) as ws:
        data = _read(file)
        source = None if photos is None else _photos(photos)
        result: dict[str, object] = {"file": file.name, "dry_run": dry_run}
        if dry_run:
            report = catalogue.dry_run(ws, data, file.name)
        else:
            report = catalogue.import_products(ws, data, file.name).report
        result |= _told(report, dry_run=dry_run)
        if bad_rows is not None and report.bad_rows:
            bad_rows.write_bytes(bad_rows_csv(report))
            say(f"  the rows left out are in {plain(bad_rows)}")
        if source is not None:
            result["photos"] = _preview(report, source) if dry_run else _add(ws, source)
    if as_json:
        print_json(result)


def _read(file: Path) -> bytes:
    if not file.is_file():
        raise InvalidInput(f"There is no file {file}. Check the spelling.")
    if file.stat().st_size > MAX_CATALOGUE_BYTES:
        raise InvalidInput(f"{file.name} is larger than 50 MB. Split it.")
    return file.read_bytes()


def _photos(place: Path) -> PhotoSource:
    return ZipPhotos(place) if place.is_file() else FolderPhotos(place)


def _told(report: ImportReport, *, dry_run: bool) -> dict[str, object]:
    counts = report.counts
    would = " would be" if dry_run else ""
    say(
        f"✓ {plain(report.filename)} ({report.layout}): {counts.create} products{would} new, "
        f"{counts.update} changed, {counts.unchanged} unchanged, {counts.left_out} not for "
        f"rooms, {counts.bad_rows} rows left out"
    )
    for problem in report.problems[:SHOWN_PROBLEMS]:
        where = f"line {problem.line}" if problem.line else "file"
        say(f"  {where}: {plain(problem.message)} {problem.remedy}")
    if len(report.problems) > SHOWN_PROBLEMS:
        say(f"  … and {len(report.problems) - SHOWN_PROBLEMS} more; see --json")
    return {
        "layout": report.layout,
        "records": counts.records,
        "created": counts.create,
        "updated": counts.update,
        "unchanged": counts.unchanged,
        "left_out": counts.left_out,
        "bad_rows": counts.bad_rows,
        "problems": [
            {
                "line": problem.line,
                "column": problem.column,
                "value": problem.value,
                "code": problem.code,
                "severity": problem.severity,
                "message": problem.message,
                "remedy": problem.remedy,
            }
            for problem in report.problems
        ],
    }


def _preview(report: ImportReport, source: PhotoSource) -> dict[str, object]:
    """Match photos to the products of the file, which nothing has stored yet."""
    rows = [planned.row for planned in (*report.create, *report.update, *report.unchanged)]
    refs = [
        ProductRef(
            id=ProductId(new_id()),
            sku=row.sku,
            barcode=row.barcode,
            handle=row.handle,
            name=row.name,
            image_refs=tuple(row.image_refs),
        )
        for row in rows
    ]
    found = match_photos([PhotoFile(path) for path in source.paths()], refs)
    say(
        f"• photos: {len(found.matched)} belong to products of the file, {len(found.unmatched)} to "
        f"none, {len(found.ambiguous)} to several"
    )
    return {
        "matched": len(found.matched),
        "unmatched": [photo.path for photo in found.unmatched],
        "ambiguous": [photo.path for photo in found.ambiguous],
    }


def _add(ws: Workspace, source: PhotoSource) -> dict[str, object]:
    added = catalogue.add_photos(ws, source)
    say(f"✓ photos: {added.added} added, {added.known} known, {len(added.rejected)} refused")
    for refused in added.rejected:
        say(f"  {plain(refused.path)}: {refused.reason}")
    return {
        "added": added.added,
        "known": added.known,
        "rejected": [{"file": one.path, "reason": one.reason} for one in added.rejected],
    }


def products(*, client: Client, as_json: Json = False, state: State = DEFAULT_STATE_DIR) -> None:
    """List the products of a client."""
    from visualizer_core import tables  # noqa: PLC0415 - pandas, for listings only

    with _workspace(state, client) as ws:
        frame = tables.products(ws)
    _listing("products", frame, ("sku", "name", "category", "kind", "analysis", "photos",
                                 "pictures"), as_json=as_json)  # fmt: skip


def collections(*, client: Client, as_json: Json = False, state: State = DEFAULT_STATE_DIR) -> None:
    """List the collections of a client."""
    from visualizer_core import tables  # noqa: PLC0415 - pandas, for listings only

    with _workspace(state, client) as ws:
        frame = tables.collections(ws)
    _listing("collections", frame, ("name", "status", "products", "inspirations", "pending",
                                    "generating", "completed", "error", "cost_usd",
                                    "collection_id"), as_json=as_json)  # fmt: skip


def _listing(name: str, frame: "pd.DataFrame", shown: Sequence[str], *, as_json: bool) -> None:
    records = [
        {str(key): value if value == value else None for key, value in row.items()}  # noqa: PLR0124 - NaN
        for row in frame.to_dict("records")
    ]
    if as_json:
        print_json({name: records})
        return
    show_table(shown, [[record[column] for column in shown] for record in records])
    say(f"{len(records)} {name}")


def export(
    *,
    client: Client,
    collection: Annotated[str, typer.Option(help="Name or id of the collection.")],
    out_file: Annotated[Path, typer.Option("--out", help="ZIP to write.")],
    template: Annotated[str, typer.Option(help="File names in the ZIP.")] = DEFAULT_TEMPLATE,
    approved_only: Annotated[
        bool, typer.Option("--approved-only", help="Leave out what nobody approved.")
    ] = False,
    as_json: Json = False,
    state: State = DEFAULT_STATE_DIR,
) -> None:
    """Write the finished pictures of a collection to a ZIP, with a manifest."""
    with _workspace(state, client) as ws:
        if not out_file.resolve().parent.is_dir():
            raise InvalidInput(f"There is no folder {out_file.resolve().parent}. Make it first.")
        request = delivery.ExportRequest(
            _collection(ws, collection), template=template, approved_only=approved_only
        )
        done = delivery.export_to_file(ws, request, out_file)
    say(f"✓ {done.pictures} pictures, {done.bytes / 1e6:.1f} MB → {plain(out_file)}")
    if as_json:
        print_json({"pictures": done.pictures, "bytes": done.bytes, "out": str(out_file)})


def _collection(ws: Workspace, name_or_id: str) -> CollectionId:
    try:
        return CollectionId(UUID(name_or_id))
    except ValueError:
        found = curation.find_collection(ws, name_or_id)
    if found is None:
        raise NotFound(
            f"There is no collection {name_or_id!r}. `visualizer collections` lists them."
        )
    return found
