"""Photos to products: matched by name, shown before anything is stored, stored once."""

import hashlib
import zipfile
from collections.abc import Callable, Container, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Protocol
from uuid import UUID

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
from visualizer_core.domain.keys import product_key
from visualizer_core.domain.status import ImageKind
from visualizer_core.errors import ImageRejected, InvalidInput
from visualizer_core.imaging.admission import MAX_FILE_BYTES
from visualizer_core.intake import add_image_row, check_storage, store_picture
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

MAX_FILES = 20_000  # a folder with more is a mistake; a catalogue this size comes in parts
READERS = 4  # two cores decode in the sandbox while the others wait for storage


class PhotoSource(Protocol):
    """Where photos come from."""

    def paths(self) -> list[str]:
        """Relative paths, with forward slashes."""
        ...

    def read(self, path: str) -> bytes:
        """The bytes of one; never more than a picture may have, plus one."""
        ...


class FolderPhotos:
    """Photos in a folder and its subfolders; links that lead out of it are left out."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise InvalidInput(f"{folder} is not a folder.")
        self._folder = folder.resolve()

    def paths(self) -> list[str]:
        """Every file below, in order."""
        found = [
            path
            for path in self._folder.rglob("*")
            if path.is_file() and path.resolve().is_relative_to(self._folder)
        ]
        _check_count(len(found))
        return sorted(path.relative_to(self._folder).as_posix() for path in found)

    def read(self, path: str) -> bytes:
        """Read one, up to a byte more than is allowed, so that larger ones are refused unread."""
        with (self._folder / PurePosixPath(path)).open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)


class ZipPhotos:
    """Photos in a ZIP; names are only names, sizes are counted while inflating."""

    def __init__(self, archive: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(archive)
        except (zipfile.BadZipFile, OSError) as error:
            raise InvalidInput(f"{archive.name} is not a ZIP file that can be read.") from error

    def paths(self) -> list[str]:
        """Every file in it, in order."""
        names = [info.filename for info in self._zip.infolist() if not info.is_dir()]
        _check_count(len(names))
        return sorted(names)

    def read(self, path: str) -> bytes:
        """Inflate one, up to a byte more than is allowed."""
        with self._zip.open(path) as file:
            return file.read(MAX_FILE_BYTES + 1)


def _check_count(count: int) -> None:
    if count > MAX_FILES:
        raise InvalidInput(
            f"There are {count:,} files; at most {MAX_FILES:,} are read at once. Split the folder."
        )


_PRODUCTS = text("""
    SELECT id, sku, barcode, handle, name, image_refs FROM app.products
    WHERE deleted_at IS NULL ORDER BY created_at, id
""")


def preview_photos(ws: Workspace, source: PhotoSource) -> PhotoMatches:
    """Say which file belongs to which product, before anything is stored."""
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
    return match_photos([PhotoFile(path) for path in source.paths()], products)


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
    warnings : tuple of RejectedPhoto
        Added, but a person should look.
    """

    added: int
    known: int
    rejected: tuple[RejectedPhoto, ...]
    warnings: tuple[RejectedPhoto, ...]
    matches: PhotoMatches


_SEEN = text("""
    SELECT p.product_id, i.source_sha256 FROM app.product_images p
    JOIN app.images i ON i.client_id = p.client_id AND i.id = p.image_id
""")


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
    QuotaExceeded
        When the plan's storage is full; what was stored stays.
    PartMissing
        When storage is away.
    """
    found = matches or preview_photos(ws, source)
    with ws.begin() as session:
        seen = {(row.product_id, row.source_sha256) for row in session.execute(_SEEN)}
    done = added = 0
    rejected: list[RejectedPhoto] = []
    warnings: list[RejectedPhoto] = []
    with ThreadPoolExecutor(READERS, thread_name_prefix="photos") as pool:
        for result in pool.map(partial(_add, ws, source, seen), found.matched):
            done += 1
            added += result.added
            rejected.extend(result.rejected)
            warnings.extend(result.warnings)
            if on_progress:
                on_progress(done, len(found.matched))
    return PhotoRun(
        added=added,
        known=done - added - len(rejected),
        rejected=tuple(rejected),
        warnings=tuple(warnings),
        matches=found,
    )


@dataclass(frozen=True, slots=True)
class _One:
    added: int = 0
    rejected: tuple[RejectedPhoto, ...] = ()
    warnings: tuple[RejectedPhoto, ...] = ()


def _add(
    ws: Workspace, source: PhotoSource, seen: Container[tuple[UUID, str]], photo: MatchedPhoto
) -> _One:
    try:
        data = source.read(photo.path)
        if (photo.product_id, hashlib.sha256(data).hexdigest()) in seen:
            return _One()
        picture = store_picture(
            ws,
            data,
            PurePosixPath(photo.path).name,
            ImageKind.PRODUCT,
            lambda image_id, mime: product_key(ws.client_id, photo.product_id, image_id, mime),
        )
    except ImageRejected as error:
        return _One(rejected=(RejectedPhoto(photo.path, error.code, str(error)),))
    except (OSError, zipfile.BadZipFile, RuntimeError) as error:
        # RuntimeError is what zipfile raises for an encrypted entry.
        reason = f"{photo.path} cannot be read ({type(error).__name__}). Check the file."
        return _One(rejected=(RejectedPhoto(photo.path, "unreadable", reason),))
    with ws.begin() as session:
        check_storage(session, ws, picture.bytes)
        add_image_row(session, picture)
        session.execute(
            _ATTACH,
            {
                "product_id": photo.product_id,
                "image_id": picture.image_id,
                "position": photo.position,
            },
        )
    warnings = tuple(
        RejectedPhoto(photo.path, note.code, note.message)
        for note in picture.notes
        if note.level == "warning"
    )
    return _One(added=1, warnings=warnings)


# The first photo becomes the primary one; the product's row lock makes two adders queue here.
_ATTACH = text("""
    WITH product AS MATERIALIZED (
      SELECT id FROM app.products WHERE id = :product_id FOR NO KEY UPDATE
    )
    INSERT INTO app.product_images (product_id, image_id, position, is_primary)
    SELECT product.id, :image_id, :position,
           NOT EXISTS (SELECT 1 FROM app.product_images i
                       WHERE i.product_id = product.id AND i.is_primary)
    FROM product
""")
