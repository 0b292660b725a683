"""One client's workspace in an analyst's hands."""

import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pandas as pd

from visualizer_core import tables
from visualizer_core.domain.catalogue.mapping import ColumnMapping
from visualizer_core.errors import InvalidInput
from visualizer_core.notebook.answers import CatalogueImport, problem_table
from visualizer_core.notebook.bars import bar
from visualizer_core.notebook.choosing import Products
from visualizer_core.notebook.collection import OpenCollection
from visualizer_core.services import catalogue, curation
from visualizer_core.services.catalogue.photos import FolderPhotos, ZipPhotos
from visualizer_core.workspace import Workspace

__all__ = ["OpenWorkspace"]

MAX_CATALOGUE_BYTES = 50 * 1024 * 1024  # what the reader accepts


class OpenWorkspace:
    """A client's workspace; made by `open_workspace`.

    Parameters
    ----------
    workspace : Workspace
        The core's handle: give it to any service or table function this class does not wrap.
    client : str
        The client's slug.
    see_to_workers : callable
        Makes sure that workers live.
    release : callable
        Gives the stack back; called once, at `close`, when the object is gone or at exit.

    Examples
    --------
    >>> from visualizer_core.services import accounts
    >>> accounts.usage(ws.workspace)
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        client: str,
        see_to_workers: Callable[[], None],
        release: Callable[[], None],
    ) -> None:
        self.workspace = workspace
        self.client = client
        self.see_to_workers = see_to_workers
        self._close = weakref.finalize(self, release)

    def __repr__(self) -> str:
        state = "open" if self._close.alive else "closed"
        return f"<workspace of {self.client}, {state}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the stack back; what was started for this session stops when its work is done."""
        self._close()

    # --- the catalogue ------------------------------------------------------------------------

    def import_catalogue(
        self,
        file: str | Path,
        *,
        photos: str | Path | None = None,
        mapping: ColumnMapping | None = None,
    ) -> CatalogueImport:
        """Bring a catalogue and its photos in; doing it again changes what the file changed.

        Parameters
        ----------
        file : path
            CSV, TSV, XLSX or XML, as a shop system exports it.
        photos : path, optional
            Folder or ZIP, matched to the products by name.
        mapping : ColumnMapping, optional
            For headers nobody knows.

        Raises
        ------
        InvalidInput
            When the file as a whole cannot be read; says why and what to do.
        QuotaExceeded
            When the plan's storage is full; what was stored stays.
        """
        place = _existing(file)
        if place.stat().st_size > MAX_CATALOGUE_BYTES:
            raise InvalidInput(f"{place.name} is larger than 50 MB. Split it.")
        data = place.read_bytes()
        done = catalogue.import_products(self.workspace, data, place.name, mapping=mapping)
        added = None if photos is None else self._add_photos(_existing(photos))
        return CatalogueImport(
            created=done.created,
            updated=done.updated,
            unchanged=done.unchanged,
            photos_added=0 if added is None else added.added,
            photos_known=0 if added is None else added.known,
            problems=problem_table(done.report.problems, added),
        )

    def _add_photos(self, place: Path) -> catalogue.PhotoRun:
        source = FolderPhotos(place) if place.is_dir() else ZipPhotos(place)
        with bar("photos") as shown:
            return catalogue.add_photos(self.workspace, source, on_progress=shown.show)

    def products(self) -> pd.DataFrame:
        """All products; columns as `tables.products` says."""
        return tables.products(self.workspace)

    # --- collections --------------------------------------------------------------------------

    def collection(
        self, name: str, *, products: Products | None = None, rooms: str | Path | None = None
    ) -> OpenCollection:
        """Open the collection of that name, made when missing, and add to it.

        Parameters
        ----------
        products : DataFrame, or SKUs, or product ids, optional
            Added to what is in it: a (filtered) table of `products`, or a list.
        rooms : path, optional
            A picture, or a folder of them, to show the products in: added as inspirations.

        Raises
        ------
        NotFound
            When there is no such product.
        QuotaExceeded
            When the plan's collections hold fewer products.
        """
        ws = self.workspace
        collection_id = curation.find_collection(ws, name) or curation.create_collection(ws, name)
        found = OpenCollection(self, collection_id, name)
        if products is not None:
            found.add_products(products)
        if rooms is not None:
            found.add_rooms(rooms)
        return found

    def collections(self) -> pd.DataFrame:
        """All collections; columns as `tables.collections` says."""
        return tables.collections(self.workspace)

    # --- money --------------------------------------------------------------------------------

    def calls(self) -> pd.DataFrame:
        """The ledger: every call of the provider, analyses too; columns as `tables.calls` says."""
        return tables.calls(self.workspace)

    def usage(self) -> pd.DataFrame:
        """Generations and cost by day; columns as `tables.usage` says."""
        return tables.usage(self.workspace)


def _existing(place: str | Path) -> Path:
    found = Path(place).expanduser()
    if not found.exists():
        raise InvalidInput(f"There is no {found} in {Path.cwd()}. Check the spelling.")
    return found
