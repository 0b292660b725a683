"""Photos to products: matched by name, shown before anything is stored, stored once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

from sqlalchemy import text

from visualizer_core.domain.catalogue.photos import (
    MatchedPhoto,
    PhotoFile,
    PhotoMatches,
    ProductRef,
    match_photos,
)
from visualizer_core.domain.catalogue.rows import ImageRef, RefKind
from visualizer_core.domain.ids import ProductId
from visualizer_core.errors import ImageRejected, NotFound
from visualizer_core.imaging.notes import Level
from visualizer_core.parallel import in_parallel
from visualizer_core.services.catalogue.photo_sources import FolderPhotos, PhotoSource, ZipPhotos
from visualizer_core.services.catalogue.shelving import Shelf, put_on, shelves
from visualizer_core.workspace import Workspace

__all__ = [
    "FolderPhotos",
    "PhotoRun",
    "PhotoSource",
    "RejectedPhoto",
    "ZipPhotos",
    "add_photos",
    "preview_photos",
]

READERS = 4  # two cores decode in the sandbox while the others wait for storage

_PRODUCTS = text("""
    SELECT id, sku, barcode, handle, name, image_refs FROM app.products
    WHERE deleted_at IS NULL ORDER BY created_at, id
""")


def preview_photos(ws: Workspace, source: PhotoSource) -> PhotoMatches:
    """Say which file belongs to which product, before anything is stored."""
    files = [PhotoFile(path) for path in source.paths()]
    with ws.begin() as session:
        products = [
            ProductRef(
                id=ProductId(row.id),
                sku=row.sku,
                barcode=row.barcode,
                handle=row.handle,
                name=row.name,
                image_refs=tuple(_ref(ref) for ref in row.image_refs),
            )
            for row in session.execute(_PRODUCTS)
        ]
    return match_photos(files, products)


def _ref(stored: Mapping[str, str | int]) -> ImageRef:
    return ImageRef(
        kind=RefKind(stored["kind"]),
        value=str(stored["value"]),
        position=int(stored["position"]),
        alt=str(stored.get("alt", "")),
    )


@dataclass(frozen=True, slots=True)
class RejectedPhoto:
    """A photo that could not be used, and why."""

    path: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class PhotoRun:
    """What adding photos did.

    Attributes
    ----------
    known : int
        Photos the products had already.
    warnings : tuple of RejectedPhoto
        Added, but a person should look.
    """

    added: int
    known: int
    rejected: tuple[RejectedPhoto, ...]
    warnings: tuple[RejectedPhoto, ...]
    matches: PhotoMatches


@dataclass(frozen=True, slots=True)
class _Outcome:
    added: bool = False
    rejected: RejectedPhoto | None = None
    warnings: tuple[RejectedPhoto, ...] = ()


def add_photos(
    ws: Workspace,
    source: PhotoSource,
    *,
    matches: PhotoMatches | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> PhotoRun:
    """Store every matched photo that its product does not have yet.

    Parameters
    ----------
    matches : PhotoMatches, optional
        A preview a person confirmed or corrected; made anew by default.
    on_progress : callable, optional
        Gets how many are done and how many there are.

    Raises
    ------
    NotFound
        When a corrected preview names a product that is not there; nothing is stored.
    QuotaExceeded
        When the plan's storage is full; what was stored stays.
    PartMissing
        When storage is away; what was stored stays, and a later run does the rest.
    """
    found = matches or preview_photos(ws, source)
    by_product: dict[ProductId, list[MatchedPhoto]] = {}
    for photo in sorted(found.matched, key=lambda photo: photo.position):
        by_product.setdefault(photo.product_id, []).append(photo)
    has = shelves(ws, list(by_product))
    outcomes: list[_Outcome] = []
    # One product's photos go one after the other, so that its first one becomes primary.
    jobs = [(has[product_id], photos) for product_id, photos in by_product.items()]
    work = partial(_add_to_product, ws, source)
    for batch in in_parallel(work, jobs, at_once=READERS, name="photos"):
        outcomes += batch
        if on_progress is not None:
            on_progress(len(outcomes), len(found.matched))
    added = sum(outcome.added for outcome in outcomes)
    rejected = tuple(outcome.rejected for outcome in outcomes if outcome.rejected)
    return PhotoRun(
        added=added,
        known=len(outcomes) - added - len(rejected),
        rejected=rejected,
        warnings=tuple(warning for outcome in outcomes for warning in outcome.warnings),
        matches=found,
    )


def _add_to_product(
    ws: Workspace, source: PhotoSource, job: tuple[Shelf, Sequence[MatchedPhoto]]
) -> list[_Outcome]:
    shelf, photos = job
    return [_add(ws, source, shelf, photo) for photo in photos]


def _add(ws: Workspace, source: PhotoSource, shelf: Shelf, photo: MatchedPhoto) -> _Outcome:
    try:
        done = put_on(
            ws,
            photo.product_id,
            shelf,
            source.read(photo.path),
            PurePosixPath(photo.path).name,
            position=shelf.last + photo.position,
        )
    except ImageRejected as error:
        return _Outcome(rejected=RejectedPhoto(photo.path, error.code, str(error)))
    except NotFound as error:
        return _Outcome(rejected=RejectedPhoto(photo.path, "product_gone", str(error)))
    warnings = tuple(
        RejectedPhoto(photo.path, note.code, note.message)
        for note in done.notes
        if note.level is Level.WARNING
    )
    return _Outcome(added=done.image_id is not None, warnings=warnings)
