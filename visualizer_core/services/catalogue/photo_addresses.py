"""Photos the catalogue only names: which are missing, why, and fetching those with an address.

A photo that cannot be fetched never costs its product: it stays on the list with its reason, and
the next run tries again.
"""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.expression import bindparam

from visualizer_core.domain.catalogue.rows import RefKind
from visualizer_core.domain.ids import ProductId
from visualizer_core.errors import InvalidInput, NotFound, ProviderUnavailable
from visualizer_core.parallel import in_parallel
from visualizer_core.ports import CallEstimate, ModelLimits, Permit
from visualizer_core.services.catalogue.shelving import Shelf, put_on, shelves
from visualizer_core.workspace import Workspace

__all__ = ["FetchRun", "MissingPhoto", "fetch_photos", "missing_photos"]

FETCHES_AT_ONCE = 4  # a client's own shop serves its shoppers meanwhile
FETCHES_PER_MINUTE = 60  # the same; also keeps a client from scanning the internet through us
PERMIT_WAIT_S = 30.0  # how long one request for a turn may be answered with; then it asks again
MAX_LISTED = 10_000  # beyond this the list is no list any more; fetching shortens it
MAX_REASON_CHARS = 300  # for a person

_NOT_TRIED = "It was not fetched yet."
_NO_FILE = "The catalogue names this file, but it is not among the added photos. Add it."


@dataclass(frozen=True, slots=True)
class MissingPhoto:
    """A photo the catalogue names and the product has not.

    Attributes
    ----------
    value : str
        Address, or file name, as the catalogue writes it.
    position : int
        The catalogue's own order, from 1.
    """

    product_id: ProductId
    sku: str | None
    name: str
    value: str
    position: int
    reason: str
    is_address: bool


@dataclass(frozen=True, slots=True)
class FetchRun:
    """What fetching photos did; `missing` says what could not be had, each with its reason."""

    added: int
    known: int
    missing: tuple[MissingPhoto, ...]


_NAMED = text("""
    SELECT p.id, p.sku, p.name, p.image_refs,
           coalesce(array_agg(m.source ->> 'url') FILTER (WHERE m.source ? 'url'), '{}') AS urls,
           coalesce(array_agg(m.source ->> 'file') FILTER (WHERE m.source ? 'file'), '{}') AS files
    FROM app.products p
    LEFT JOIN app.product_images i ON i.client_id = p.client_id AND i.product_id = p.id
    LEFT JOIN app.images m ON m.client_id = i.client_id AND m.id = i.image_id
    WHERE p.deleted_at IS NULL AND p.image_refs <> '[]'
      AND (:all OR p.id = ANY(CAST(:ids AS uuid[])))
    GROUP BY p.client_id, p.id ORDER BY p.created_at, p.id
""")


def missing_photos(
    ws: Workspace, product_ids: Sequence[ProductId] | None = None
) -> list[MissingPhoto]:
    """Photos the catalogue names that are not there, in catalogue order, at most 10,000.

    Parameters
    ----------
    product_ids : sequence of ProductId, optional
        Of these products only; of all by default.
    """
    ids = [str(value) for value in product_ids or ()]
    with ws.begin() as session:
        rows = session.execute(_NAMED, {"all": product_ids is None, "ids": ids}).all()
    found = [missing for row in rows for missing in _missing_of(row)]
    return found[:MAX_LISTED]


def _missing_of(row: Row[Any]) -> list[MissingPhoto]:
    urls, stems = set(row.urls), {_stem(name) for name in row.files}
    missing: list[MissingPhoto] = []
    for ref in row.image_refs:
        is_address = ref["kind"] == RefKind.URL
        # A file added from a folder may be the one the address leads to: names decide.
        is_there = ref["value"] in urls or _stem(ref["value"]) in stems or ref.get("known")
        if is_there or (not is_address and stems):
            continue  # with photos of its own, a product does not lack the catalogue's file names
        missing.append(
            MissingPhoto(
                product_id=ProductId(row.id),
                sku=row.sku,
                name=row.name,
                value=ref["value"],
                position=ref["position"],
                reason=ref.get("error") or (_NOT_TRIED if is_address else _NO_FILE),
                is_address=is_address,
            )
        )
    return missing


def _stem(value: str) -> str:
    return PurePosixPath(_file_name(value)).stem.casefold()


def _file_name(value: str) -> str:
    try:
        path = urlsplit(value).path
    except ValueError:  # brackets that do not close
        path = value
    return PurePosixPath(unquote(path).replace("\\", "/")).name


def fetch_photos(
    ws: Workspace,
    product_ids: Sequence[ProductId] | None = None,
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> FetchRun:
    """Fetch every photo the catalogue gives an address of and the product has not.

    Takes about a second a photo: a client may fetch 60 a minute.

    Parameters
    ----------
    product_ids : sequence of ProductId, optional
        For these products only; for all by default.
    on_progress : callable, optional
        Gets how many are done and how many there are.

    Raises
    ------
    QuotaExceeded
        When the plan's storage is full; what was stored stays.
    PartMissing
        When storage, the database or Redis is away; a later run does the rest.
    """
    wanted = [photo for photo in missing_photos(ws, product_ids) if photo.is_address]
    by_product: dict[ProductId, list[MissingPhoto]] = {}
    for photo in wanted:
        by_product.setdefault(photo.product_id, []).append(photo)
    has = shelves(ws, list(by_product))
    outcomes: list[str | bool] = []
    jobs = [(has[product_id], photos) for product_id, photos in by_product.items()]
    work = partial(_fetch_for_product, ws)
    for batch in in_parallel(work, jobs, at_once=FETCHES_AT_ONCE, name="fetch"):
        outcomes += batch
        if on_progress is not None:
            on_progress(len(outcomes), len(wanted))
    return FetchRun(
        added=sum(outcome is True for outcome in outcomes),
        known=sum(outcome is False for outcome in outcomes),
        missing=tuple(missing_photos(ws, product_ids)),
    )


def _fetch_for_product(
    ws: Workspace, job: tuple[Shelf, Sequence[MissingPhoto]]
) -> list[str | bool]:
    shelf, photos = job
    return [_fetch(ws, shelf, photo) for photo in photos]


def _fetch(ws: Workspace, shelf: Shelf, photo: MissingPhoto) -> str | bool:
    """Add one; returns whether it is new, or why it could not be had."""
    try:
        with _turn(ws):
            data = ws.runtime.fetcher.fetch(photo.value)
        done = put_on(
            ws,
            photo.product_id,
            shelf,
            data,
            _file_name(photo.value),
            position=photo.position,
            source={"url": photo.value},
        )
    except (InvalidInput, ProviderUnavailable, NotFound) as error:
        reason = str(error)[:MAX_REASON_CHARS]
        _note(ws, photo, {"error": reason})
        return reason
    _note(ws, photo, {"known": True})
    return done.image_id is not None


@contextmanager
def _turn(ws: Workspace) -> Generator[None]:
    """Wait for this client's turn; all machines count together."""
    name = f"fetch:{ws.client_id}"
    limits = ModelLimits(requests_per_minute=FETCHES_PER_MINUTE, max_in_flight=FETCHES_AT_ONCE)
    limiter = ws.runtime.limiter
    while True:
        permit = limiter.acquire(name, limits, CallEstimate(), max_wait_s=PERMIT_WAIT_S)
        if isinstance(permit, Permit):
            break
        time.sleep(permit.retry_in_s)
    try:
        time.sleep(permit.wait_s)
        yield
    finally:
        limiter.release(permit)


# Found by its address: the catalogue may have been imported anew meanwhile.
_NOTE = text("""
    UPDATE app.products SET image_refs = (
      SELECT jsonb_agg(CASE WHEN r.ref ->> 'value' = :value
                            THEN (r.ref - 'error') || :note ELSE r.ref END
                       ORDER BY r.rank)
      FROM jsonb_array_elements(image_refs) WITH ORDINALITY AS r(ref, rank))
    WHERE id = :product_id AND image_refs <> '[]'
""").bindparams(bindparam("note", type_=JSONB))


def _note(ws: Workspace, photo: MissingPhoto, note: Mapping[str, str | bool]) -> None:
    """Remember on the catalogue's reference what became of it."""
    with ws.begin() as session:
        session.execute(
            _NOTE, {"product_id": photo.product_id, "value": photo.value, "note": dict(note)}
        )
