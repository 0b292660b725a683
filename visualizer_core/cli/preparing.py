"""What a run does before money is spent on pictures: read, add, describe, match.

Every step changes nothing when it is done again, so a run that was cut off is simply started again,
and a step whose database, Redis or storage is away for a moment is repeated.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from visualizer_core.cli.live import Line
from visualizer_core.cli.report import Report, count
from visualizer_core.cli.showing import plain, say
from visualizer_core.domain.ids import CollectionId, ProductId
from visualizer_core.errors import ImageRejected, InvalidInput, PartMissing
from visualizer_core.imaging.sniff import PICTURE_SUFFIXES
from visualizer_core.services import catalogue, curation, generation, inspiration
from visualizer_core.services.catalogue.photos import FolderPhotos, PhotoSource, ZipPhotos
from visualizer_core.services.inspiration.linking import MAX_INSPIRATIONS
from visualizer_core.workspace import Workspace

__all__ = ["MAX_CATALOGUE_BYTES", "Job", "check_job", "patiently", "prepare"]

MAX_CATALOGUE_BYTES = 50 * 1024 * 1024  # what the reader accepts
PATIENCE_S = 60.0  # a part that restarts is back within seconds; longer is for a person
KNOCK_S = 2.0  # how often a part that is away is tried

_T = TypeVar("_T")


@dataclass(frozen=True)
class Job:
    """What to make pictures of."""

    catalogue: Path
    photos: Path
    rooms: Path
    limit: int | None
    collection: str


def check_job(job: Job, out_file: Path) -> None:
    """Refuse what cannot work before anything is started or paid.

    Raises
    ------
    InvalidInput
        Naming the file or folder.
    """
    if not job.catalogue.is_file():
        raise InvalidInput(f"There is no file “{job.catalogue}”. Check the spelling.")
    if job.catalogue.stat().st_size > MAX_CATALOGUE_BYTES:
        raise InvalidInput(f"“{job.catalogue}” is larger than 50 MB. Split it.")
    for place in (job.photos, job.rooms):
        if not place.exists():
            raise InvalidInput(f"There is no folder “{place}”. Check the spelling.")
    rooms = len(_pictures(_photos(job.rooms)))
    if not rooms:
        raise InvalidInput(f"“{job.rooms}” holds no pictures. {_ROOM_NEEDED}")
    if rooms > MAX_INSPIRATIONS:
        raise InvalidInput(
            f"“{job.rooms}” holds {rooms} pictures, and a collection has at most "
            f"{MAX_INSPIRATIONS} inspirations. Choose the best."
        )
    _check_out(out_file)


_ROOM_NEEDED = "Put at least one inspiration there: a room as JPEG, PNG, WebP or HEIC."


def _check_out(path: Path) -> None:
    if path.is_dir():
        raise InvalidInput(f"“{path}” is a folder. Name the ZIP to write: {path / 'pictures.zip'}")
    trial = path.with_name(f".{path.name[:100]}.trial")
    try:
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise InvalidInput(
            f"“{path}” cannot be written ({error.strerror or error}). Make its folder, or choose "
            "another place."
        ) from error


def patiently(step: Callable[[], _T]) -> _T:
    """Do a step again while a part is away, for a minute.

    Raises
    ------
    PartMissing
        When it did not come back.
    """
    away_since: float | None = None
    while True:
        try:
            return step()
        except PartMissing as error:
            now = time.monotonic()
            if away_since is None:
                say(f"  {error} Waiting for it, {PATIENCE_S:.0f} s at most.")
                away_since = now
            if now - away_since > PATIENCE_S:
                raise
            time.sleep(KNOCK_S)


def prepare(
    ws: Workspace,
    job: Job,
    report: Report,
    look: Callable[[CollectionId, frozenset[ProductId]], generation.Estimate],
) -> tuple[CollectionId, frozenset[ProductId]]:
    """Do everything before the first picture; returns the collection and the products of this run.

    Parameters
    ----------
    look : callable
        Called before anything is described, which costs a little: raises where no picture could
        be made, and says which products none can be made of.

    Raises
    ------
    InvalidInput, QuotaExceeded, Misconfigured, PartMissing
        As the services say; what was done is kept.
    """
    product_ids = patiently(lambda: _import(ws, job, report))
    patiently(lambda: _add_photos(ws, job, product_ids, report))
    collection_id = patiently(lambda: _collect(ws, job.collection, product_ids, report))
    patiently(lambda: _add_rooms(ws, collection_id, job.rooms, report))
    wanted = frozenset(product_ids)
    skipped = patiently(lambda: look(collection_id, wanted)).skipped
    report.skipped = len(skipped)
    report.list_problems(
        f"{product.name}: {product.reason} Add one that is named by its SKU." for product in skipped
    )
    without = {product.product_id for product in skipped}
    pictured = [product_id for product_id in product_ids if product_id not in without]
    patiently(lambda: _analyse(ws, collection_id, pictured, report))
    patiently(lambda: _match(ws, collection_id))
    return collection_id, wanted


def _import(ws: Workspace, job: Job, report: Report) -> list[ProductId]:
    imported = catalogue.import_products(ws, _read(job.catalogue), job.catalogue.name)
    counts = imported.report.counts
    report.imported, report.updated = imported.created, imported.updated
    report.unchanged, report.bad_rows = imported.unchanged, counts.bad_rows
    say(
        f"✓ {plain(job.catalogue.name)}: {imported.created} new, {imported.updated} changed, "
        f"{imported.unchanged} unchanged"
        + (f", {count(counts.bad_rows, 'row')} left out" if counts.bad_rows else "")
    )
    report.list_problems(
        f"{f'line {problem.line}' if problem.line else job.catalogue.name}: {problem.message} "
        f"{problem.remedy}".strip()
        for problem in imported.report.problems
    )
    if not imported.product_ids:
        raise InvalidInput(
            f"“{job.catalogue.name}” holds no product that can be pictured. The lines above say "
            "why; correct the file and run this again."
        )
    return list(imported.product_ids[: job.limit])


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"“{file}” cannot be read ({error.strerror or error}).") from error


def _add_photos(ws: Workspace, job: Job, product_ids: Sequence[ProductId], report: Report) -> None:
    source = _photos(job.photos)
    matches = catalogue.preview_photos(ws, source)
    if job.limit is not None:  # a trial of a few products does not take in the photos of all
        wanted = set(product_ids)
        chosen = tuple(photo for photo in matches.matched if photo.product_id in wanted)
        matches = replace(matches, matched=chosen)
    with Line() as line:
        photos = catalogue.add_photos(
            ws, source, matches=matches, on_progress=line.counting("photos")
        )
    report.photos_added, report.photos_rejected = photos.added, len(photos.rejected)
    strangers = [*matches.unmatched, *matches.ambiguous]
    report.photos_unmatched = len(strangers)
    say(
        f"✓ photos: {photos.added} added, {photos.known} known"
        + (f", {len(photos.rejected)} refused" if photos.rejected else "")
        + (f", {len(strangers)} of no product" if strangers else "")
    )
    report.list_problems(f"{photo.path}: {photo.reason}" for photo in photos.rejected)
    report.list_problems(f"{photo.path}: {photo.reason}" for photo in photos.warnings)
    report.list_problems(
        f"{photo.path}: {photo.reason}. Name it by its product's SKU." for photo in strangers
    )
    report.list_problems(f"{file.path}: {file.reason}" for file in matches.rejected)


def _photos(place: Path) -> PhotoSource:
    return ZipPhotos(place) if place.is_file() else FolderPhotos(place)


def _collect(
    ws: Workspace, name: str, product_ids: Sequence[ProductId], report: Report
) -> CollectionId:
    found = curation.find_collection(ws, name) or curation.create_collection(ws, name)
    report.collection, report.collection_id = name, str(found)
    curation.add_products(ws, found, product_ids)
    return found


def _add_rooms(ws: Workspace, collection_id: CollectionId, rooms: Path, report: Report) -> None:
    source = _photos(rooms)
    names = _pictures(source)
    added = known = 0
    refused: list[str] = []
    alike: list[str] = []
    with Line() as line:
        show = line.counting("inspirations")
        for number, name in enumerate(names, start=1):
            try:
                result = inspiration.add_upload(
                    ws, collection_id, source.read(name), Path(name).name
                )
            except ImageRejected as error:
                refused.append(f"{name}: {error}")
            except InvalidInput as error:
                raise InvalidInput(f"“{name}” cannot be added: {error}") from error
            else:
                known += result.already
                added += not result.already
                alike += [f"{name}: looks nearly like {one.title}" for one in result.similar]
            show(number, len(names))
    report.inspirations_added, report.inspirations_rejected = added, len(refused)
    say(
        f"✓ inspirations: {added} added, {known} known"
        + (f", {len(refused)} refused" if refused else "")
    )
    report.list_problems([*refused, *alike])
    if not added + known:
        raise InvalidInput(f"“{rooms}” holds no usable picture. {_ROOM_NEEDED}")


def _pictures(source: PhotoSource) -> list[str]:
    """Files that are pictures by their names; what they are is seen when they are read."""
    return [
        name
        for name in source.paths()
        if Path(name).suffix.lower() in PICTURE_SUFFIXES and not Path(name).name.startswith(".")
    ]


def _analyse(
    ws: Workspace, collection_id: CollectionId, product_ids: Sequence[ProductId], report: Report
) -> None:
    with Line() as line:
        products = catalogue.analyse_products(
            ws, product_ids, on_progress=line.counting("analysing products")
        )
        scenes = inspiration.analyse_scenes(
            ws, collection_id, on_progress=line.counting("analysing scenes")
        )
    fallback = [*products.fallback, *scenes.fallback]
    report.analysed = products.analysed + scenes.analysed
    report.fallback = len(fallback)
    say(
        f"✓ analysed {report.analysed}, {products.known + scenes.known} known"
        + (f", {len(fallback)} from their texts only" if fallback else "")
    )
    report.list_problems(fallback)


def _match(ws: Workspace, collection_id: CollectionId) -> None:
    curation.derive_base_settings(ws, collection_id)
    matches = curation.match_products(ws, collection_id)
    mean = sum(match.score for match in matches) / len(matches)
    say(f"✓ matched {count(len(matches), 'product')}, mean score {mean:.2f}")
