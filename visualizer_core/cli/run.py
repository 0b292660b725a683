"""``visualizer run``: the main job in one command."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid4

import typer

from visualizer_core.cli.console import DEFAULT_STATE_DIR, Json, State, opened, reported
from visualizer_core.cli.following import Before, follow
from visualizer_core.cli.parts import check_parts
from visualizer_core.cli.preparing import Job, check_job, patiently, prepare
from visualizer_core.cli.report import Report, count
from visualizer_core.cli.showing import plain, say
from visualizer_core.domain.generation_settings import MAX_VARIANTS, SettingsOverrides
from visualizer_core.domain.ids import CollectionId, ProductId
from visualizer_core.domain.naming import DEFAULT_TEMPLATE
from visualizer_core.domain.status import Lane, RunState
from visualizer_core.errors import (
    NotAllowed,
    NotFound,
    PartMissing,
    QuotaExceeded,
    VisualizerError,
)
from visualizer_core.services import accounts, delivery, generation
from visualizer_core.services.generation import RunRequest
from visualizer_core.workspace import Runtime, Workspace

__all__ = ["run"]


def run(
    *,
    client: Annotated[str, typer.Option(help="Slug of the client.")],
    catalogue_file: Annotated[Path, typer.Option("--catalogue", help="CSV, TSV, XLSX or XML.")],
    photos: Annotated[Path, typer.Option(help="Folder or ZIP of product photos.")],
    rooms: Annotated[Path, typer.Option(help="Folder of inspirations.")],
    out_file: Annotated[Path, typer.Option("--out", help="ZIP to write.")],
    variants: Annotated[int, typer.Option(min=1, max=MAX_VARIANTS, help="Pictures a product.")] = 1,
    lane: Annotated[Lane, typer.Option(help="How urgently, at what price.")] = Lane.STANDARD,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only the first products of the catalogue.")
    ] = None,
    collection: Annotated[
        str, typer.Option(help="Name of the collection; by default that of the catalogue file.")
    ] = "",
    template: Annotated[str, typer.Option(help="File names in the ZIP.")] = DEFAULT_TEMPLATE,
    again: Annotated[
        bool, typer.Option("--again", help="Make existing pictures once more.")
    ] = False,
    later: Annotated[
        bool, typer.Option("--later", help="Let what exceeds today's limit wait for tomorrow.")
    ] = False,
    as_json: Json = False,
    state: State = DEFAULT_STATE_DIR,
) -> None:
    """Import a catalogue, analyse, match, generate in the background, export a ZIP.

    Running it again imports nothing new and makes nothing twice, unless asked with --again; what
    was interrupted or failed is taken up again.
    """
    report = Report(out=str(out_file))
    job = Job(catalogue_file, photos, rooms, limit, collection or catalogue_file.stem)
    wishes = RunRequest(
        changes=SettingsOverrides(variants=variants, lane=lane), again=again, later_too=later
    )
    with reported(), report.told(as_json=as_json):
        check_job(job, out_file)
        with opened(state) as (rt, env):
            check_parts(rt)
            ws = _workspace(rt, client)
            with _counted(ws, report):
                collection_id, wanted = prepare(ws, job, report, partial(_look, ws, wishes))
                make = _Making(ws, collection_id, replace(wishes, product_ids=wanted), report)
                make(env, state / "logs")
            _export(ws, collection_id, template, out_file, report)


def _workspace(rt: Runtime, slug: str) -> Workspace:
    try:
        found = accounts.find_client(rt, slug)
    except NotFound as error:
        raise NotFound(f"{error} `visualizer admin client list` lists them.") from error
    if not found.is_active:
        raise NotAllowed(
            f"The client {found.slug} is suspended, so nothing is made for it. An operator ends "
            f"that with `visualizer admin client resume {found.slug}`."
        )
    return rt.workspace(found.id, actor="cli")


def _look(
    ws: Workspace, wishes: RunRequest, collection_id: CollectionId, wanted: frozenset[ProductId]
) -> generation.Estimate:
    """Raise `InvalidInput` where no picture could be made: no photos, a lane nobody offers."""
    return generation.estimate(ws, collection_id, replace(wishes, product_ids=wanted))


@contextmanager
def _counted(ws: Workspace, report: Report) -> Generator[None]:
    """Count what ended in a block, also of a run that is cut off."""
    began = accounts.usage(ws).now
    try:
        yield
    except KeyboardInterrupt:
        _count(ws, report, began)
        if report.waiting:
            say(f"• {count(report.waiting, 'picture')} not made yet; run this again to go on")
        raise
    except VisualizerError:
        _count(ws, report, began)
        raise
    else:
        _count(ws, report, began)


def _count(ws: Workspace, report: Report, began: datetime) -> None:
    if not report.collection_id:
        return
    collection_id = CollectionId(UUID(report.collection_id))
    with suppress(PartMissing):  # a run that ends because of it says so
        now = generation.progress(ws, collection_id)
        report.add_end(generation.ended_since(ws, collection_id, began), now)


@dataclass(frozen=True)
class _Making:
    """The part of a run that is paid for picture by picture."""

    ws: Workspace
    collection_id: CollectionId
    wishes: RunRequest
    report: Report
    request_id: str = field(default_factory=lambda: str(uuid4()))

    def __call__(self, env: Mapping[str, str], logs: Path) -> None:
        before = patiently(self._begin)
        if not before.pictures:
            return
        left = follow(self.ws, self.collection_id, before, env=env, logs=logs)
        if left.is_paused:
            self.report.stop(f"Somebody paused the run; {count(left.pictures, 'picture')} left.")
        elif left.pictures:
            say(
                f"• {count(left.pictures, 'picture')} left: {left.words} They are made while "
                "`visualizer up` runs then, or when this is run again."
            )

    def _begin(self) -> Before:
        """Start; doing it again, with the same request id, changes nothing."""
        ws, collection_id = self.ws, self.collection_id
        was = generation.progress(ws, collection_id)
        if was.run_state is RunState.PAUSED:
            say(f"• {count(generation.resume(ws, collection_id), 'paused picture')} go on")
        self._show(generation.estimate(ws, collection_id, self.wishes))
        try:
            started = generation.start(
                ws, collection_id, request_id=self.request_id, request=self.wishes
            )
        except QuotaExceeded as error:
            hint = "Here: `--limit N`, or `--later`."
            raise QuotaExceeded(f"{error} {hint}", left=error.left) from error
        self.report.existing = started.existing
        now = generation.progress(ws, collection_id)
        return Before(
            completed=was.completed,
            error=now.error,
            cost_micros=was.cost_micros,
            pictures=was.open + started.created,
            at=now.at,
        )

    def _show(self, estimate: generation.Estimate) -> None:
        left = estimate.generations_left
        say(
            f"• to make: {count(estimate.pictures, 'picture')} ({estimate.existing} exist or are "
            f"under way), about "
            f"${estimate.cost_micros / 1e6:.2f} and {estimate.seconds:.0f} s; left today: "
            f"{'no limit' if left is None else left}"
        )


def _export(
    ws: Workspace, collection_id: CollectionId, template: str, out_file: Path, report: Report
) -> None:
    if not patiently(lambda: generation.progress(ws, collection_id)).completed:
        say("• no picture is finished, so there is no ZIP")
        return
    request = delivery.ExportRequest(collection_id, template=template)
    exported = patiently(lambda: delivery.export_to_file(ws, request, out_file))
    report.exported = exported.pictures
    made, size_mb = count(exported.pictures, "picture"), exported.bytes / 1e6
    say(f"✓ {made}, {size_mb:.1f} MB → {plain(out_file)}")
