"""``visualizer run``: the main job in one command."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Self
from uuid import uuid4

import typer
from rich.live import Live
from rich.table import Table

from visualizer_core.cli.children import have_workers
from visualizer_core.cli.console import (
    DEFAULT_STATE_DIR,
    ExitCode,
    Json,
    State,
    opened,
    out,
    print_json,
    reported,
)
from visualizer_core.domain.generation_settings import MAX_VARIANTS, SettingsOverrides
from visualizer_core.domain.ids import CollectionId, ProductId
from visualizer_core.domain.naming import DEFAULT_TEMPLATE
from visualizer_core.domain.status import Lane
from visualizer_core.errors import ImageRejected, InvalidInput, Misconfigured
from visualizer_core.services import (
    accounts,
    catalogue,
    curation,
    delivery,
    generation,
    inspiration,
)
from visualizer_core.services.catalogue.photos import FolderPhotos
from visualizer_core.workspace import Workspace

__all__ = ["run"]

MAX_CATALOGUE_BYTES = 50 * 1024 * 1024  # what the reader accepts
POLL_S = 0.5  # how often progress is read; one cheap query each time
STUCK_S = 300.0  # nothing moved for this long and no reason is known: something is broken
PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif", ".tif", ".tiff", ".gif",
            ".bmp")  # fmt: skip


@dataclass
class _Report:
    """What is printed at the end, and as JSON."""

    imported: int = 0
    updated: int = 0
    unchanged: int = 0
    photos_added: int = 0
    analysed: int = 0
    fallback: int = 0
    generated: int = 0
    failed: int = 0
    existing: int = 0
    settled_cost_usd: float = 0.0
    seconds: float = 0.0
    collection_id: str = ""
    out: str = ""
    problems: list[str] = field(default_factory=list[str])


def run(
    *,
    client: Annotated[str, typer.Option(help="Slug of the client.")],
    catalogue_file: Annotated[
        Path, typer.Option("--catalogue", help="CSV, TSV, XLSX or XML.", exists=True)
    ],
    photos: Annotated[Path, typer.Option(help="Folder of product photos.", exists=True)],
    rooms: Annotated[Path, typer.Option(help="Folder of inspirations.", exists=True)],
    out_file: Annotated[Path, typer.Option("--out", help="ZIP to write.")],
    variants: Annotated[int, typer.Option(min=1, max=MAX_VARIANTS, help="Pictures a product.")] = 1,
    lane: Annotated[Lane, typer.Option(help="How urgently, at what price.")] = Lane.STANDARD,
    limit: Annotated[int | None, typer.Option(min=1, help="First products only.")] = None,
    collection: Annotated[str, typer.Option(help="Name of the collection.")] = "",
    template: Annotated[str, typer.Option(help="File names in the ZIP.")] = DEFAULT_TEMPLATE,
    again: Annotated[bool, typer.Option(help="Make existing pictures once more.")] = False,
    later: Annotated[bool, typer.Option(help="Let what exceeds today's limit wait.")] = False,
    as_json: Json = False,
    state: State = DEFAULT_STATE_DIR,
) -> None:
    """Import a catalogue, analyse, match, generate in the background, export a ZIP.

    Running it again imports nothing new and makes nothing twice, unless asked with --again.
    """
    begun = time.monotonic()
    report = _Report(out=str(out_file))
    job = _Job(catalogue_file, photos, rooms, limit, collection or catalogue_file.stem)
    wishes = generation.RunRequest(
        changes=SettingsOverrides(variants=variants, lane=lane), again=again, later_too=later
    )
    with reported(), opened(state) as (rt, env):
        client_id = accounts.find_client(rt, client).id
        ws = rt.workspace(client_id, actor="cli")
        collection_id = _prepare(ws, job, report)
        report.collection_id = str(collection_id)
        _show_estimate(generation.estimate(ws, collection_id, wishes))
        started = generation.start(ws, collection_id, request_id=str(uuid4()), request=wishes)
        report.existing = started.existing
        if generation.progress(ws, collection_id).open:
            with have_workers(rt, env, state / "logs"):
                _follow(ws, collection_id, started, report)
        exported = delivery.export_to_file(
            ws, delivery.ExportRequest(collection_id, template=template), out_file
        )
        out.print(f"✓ {exported.pictures} pictures, {exported.bytes / 1e6:.1f} MB → {out_file}")
    report.seconds = round(time.monotonic() - begun, 1)
    _close(report, as_json=as_json)


@dataclass(frozen=True)
class _Job:
    catalogue: Path
    photos: Path
    rooms: Path
    limit: int | None
    collection: str


def _prepare(ws: Workspace, job: _Job, report: _Report) -> CollectionId:
    """Everything before money is spent on pictures."""
    product_ids = _import(ws, job, report)
    collection_id = curation.find_collection(ws, job.collection) or curation.create_collection(
        ws, job.collection
    )
    curation.add_products(ws, collection_id, product_ids)
    _add_rooms(ws, collection_id, job.rooms, report)
    with _Counter("analysing products") as counter:
        products = catalogue.analyse_products(ws, product_ids, on_progress=counter)
    with _Counter("analysing scenes") as counter:
        scenes = inspiration.analyse_scenes(ws, collection_id, on_progress=counter)
    report.analysed = products.analysed + scenes.analysed
    report.fallback = len(products.fallback) + len(scenes.fallback)
    report.problems += [*products.fallback, *scenes.fallback]
    out.print(
        f"✓ analysed {report.analysed}, {products.known + scenes.known} known"
        + (f", {report.fallback} from their texts only" if report.fallback else "")
    )
    curation.derive_base_settings(ws, collection_id)
    matches = curation.match_products(ws, collection_id)
    mean = sum(match.score for match in matches) / len(matches)
    out.print(f"✓ matched {len(matches)} products, mean score {mean:.2f}")
    return collection_id


def _import(ws: Workspace, job: _Job, report: _Report) -> list[ProductId]:
    if job.catalogue.stat().st_size > MAX_CATALOGUE_BYTES:
        raise InvalidInput(f"{job.catalogue.name} is larger than 50 MB. Split it.")
    imported = catalogue.import_products(ws, job.catalogue.read_bytes(), job.catalogue.name)
    report.imported, report.updated = imported.created, imported.updated
    report.unchanged = imported.unchanged
    out.print(
        f"✓ {job.catalogue.name}: {imported.created} new, {imported.updated} changed, "
        f"{imported.unchanged} unchanged"
    )
    for problem in imported.report.problems[:20]:
        report.problems.append(f"line {problem.line}: {problem.message}")
        out.print(f"  line {problem.line}: {problem.message} {problem.remedy}", markup=False)
    if not imported.product_ids:
        raise InvalidInput(f"{job.catalogue.name} holds no product that can be pictured.")
    with _Counter("photos") as counter:
        photos = catalogue.add_photos(ws, FolderPhotos(job.photos), on_progress=counter)
    report.photos_added = photos.added
    out.print(f"✓ photos: {photos.added} added, {photos.known} known")
    for rejected in photos.rejected:
        report.problems.append(f"{rejected.path}: {rejected.reason}")
        out.print(f"  {rejected.path}: {rejected.reason}", markup=False)
    return list(imported.product_ids[: job.limit])


def _add_rooms(ws: Workspace, collection_id: CollectionId, rooms: Path, report: _Report) -> None:
    files = sorted(path for path in rooms.iterdir() if path.suffix.lower() in PICTURES)
    if not files:
        raise InvalidInput(f"{rooms} holds no pictures. Put at least one inspiration there.")
    added = known = 0
    for path in files:
        try:
            result = inspiration.add_upload(ws, collection_id, path.read_bytes(), path.name)
        except ImageRejected as error:
            report.problems.append(f"{path.name}: {error}")
            out.print(f"  {path.name}: {error}", markup=False)
            continue
        known += result.already
        added += not result.already
    out.print(f"✓ inspirations: {added} added, {known} known")


class _Counter:
    """A line that counts; `with` erases it at the end."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._live = Live(console=out, transient=True, refresh_per_second=4)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def __call__(self, done: int, total: int) -> None:
        self._live.update(f"  {self._what}: {done} of {total}")


def _show_estimate(estimate: generation.Estimate) -> None:
    left = "no limit" if estimate.generations_left is None else f"{estimate.generations_left} left"
    out.print(
        f"• to make: {estimate.pictures} pictures ({estimate.existing} exist), about "
        f"${estimate.cost_micros / 1e6:.2f} and {estimate.seconds:.0f} s; today {left}"
    )
    for skipped in estimate.skipped:
        out.print(f"  {skipped.name}: {skipped.reason}", markup=False)


def _follow(
    ws: Workspace, collection_id: CollectionId, started: generation.Started, report: _Report
) -> None:
    """Show progress until nothing is left that can happen now."""
    first = generation.progress(ws, collection_id)
    before = first.completed
    moved_at, seen = time.monotonic(), -1
    with Live(console=out, refresh_per_second=4) as live:
        while True:
            now = generation.progress(ws, collection_id)
            waits = None if now.generating else generation.why_waiting(ws, collection_id)
            live.update(_progress_table(now, waits))
            if now.done or (started.later and now.open <= started.later and not now.generating):
                break
            if now.completed + now.error != seen:
                moved_at, seen = time.monotonic(), now.completed + now.error
            if waits and waits.startswith("The provider's model is paused"):
                raise Misconfigured(waits)
            if time.monotonic() - moved_at > STUCK_S:
                raise Misconfigured(f"Nothing moved for {STUCK_S:.0f} s. {waits or ''}".strip())
            time.sleep(POLL_S)
    report.generated = now.completed - before
    report.failed = now.error
    report.settled_cost_usd = round(now.cost_micros / 1e6, 4)


def _progress_table(now: generation.Progress, waits: str | None) -> Table:
    table = Table.grid(padding=(0, 2))
    eta = "" if now.eta_s is None else f"about {now.eta_s:.0f} s left"
    table.add_row(
        f"  {now.completed} of {now.total} made",
        f"{now.generating} under way",
        f"{now.error} failed" if now.error else "",
        f"{now.per_minute:.0f} a minute" if now.per_minute else "",
        eta,
        f"${now.cost_micros / 1e6:.2f}",
    )
    if waits:
        table.add_row(f"  {waits}")
    return table


def _close(report: _Report, *, as_json: bool) -> None:
    out.print(
        f"{report.generated} generated, {report.failed} failed, {report.existing} existed, "
        f"${report.settled_cost_usd:.2f} settled, {report.seconds:.0f} s"
    )
    if as_json:
        print_json(report.__dict__)
    if report.failed:
        raise typer.Exit(ExitCode.PARTLY)
