"""The dry run: what an import would create, update and leave alone."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

from visualizer_core.domain.catalogue.problems import BadRow, Problem, Severity
from visualizer_core.domain.catalogue.rows import (
    CatalogueFile,
    KeyKind,
    Layout,
    ProductKey,
    ProductRow,
    fingerprint,
)
from visualizer_core.domain.csv_safety import neutralise_cell

__all__ = ["ImportCounts", "ImportReport", "PlannedRow", "bad_rows_csv", "plan_import"]


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row with its place in the plan.

    Parameters
    ----------
    fingerprint : str
        To be stored with the product; the next dry run compares it.
    existing_key : ProductKey or None
        Key of the stored product to update; differs from the row's own when a product known by
        handle or barcode has been given a SKU since, or is named without it in this file.
        ``None`` for a new product.
    """

    row: ProductRow
    fingerprint: str
    existing_key: ProductKey | None

    @property
    def key(self) -> ProductKey:
        """To be stored: the best the product has been named by so far."""
        if self.existing_key is None:
            return self.row.key
        return min(self.row.key, self.existing_key, key=lambda key: _STRENGTH.index(key.kind))


_STRENGTH = tuple(KeyKind)


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """The plan in figures. `records` are data rows of the file; several can make one product."""

    records: int
    create: int
    update: int
    unchanged: int
    left_out: int
    bad_rows: int
    errors: int
    warnings: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import would do; screens, command line, API and notebooks show this same object.

    Parameters
    ----------
    fields : frozenset of str
        Fields of `ProductRow` that the file speaks of: an update writes these and no others.
    create, update, unchanged : tuple of PlannedRow
        In file order.
    left_out : tuple of PlannedRow
        Good rows with nothing to place in a room (downloads, services, bundles).
    """

    filename: str
    layout: Layout
    headers: tuple[str, ...]
    fields: frozenset[str]
    create: tuple[PlannedRow, ...]
    update: tuple[PlannedRow, ...]
    unchanged: tuple[PlannedRow, ...]
    left_out: tuple[PlannedRow, ...]
    problems: tuple[Problem, ...]
    bad_rows: tuple[BadRow, ...]
    counts: ImportCounts


def plan_import(
    file: CatalogueFile,
    existing: Mapping[ProductKey, str],
    *,
    aliases: Mapping[ProductKey, ProductKey] | None = None,
    with_unplaceable: bool = False,
) -> ImportReport:
    """Say what importing `file` would do, without doing it.

    Parameters
    ----------
    file : CatalogueFile
        As `read_catalogue` returned it.
    existing : mapping of ProductKey to str
        Fingerprint of the last import of every product the client has, by the key stored with it.
    aliases : mapping of ProductKey to ProductKey, optional
        Barcodes and handles that mean one stored product only, to the key stored with it: a file
        without SKUs then finds the products another file gave theirs.
    with_unplaceable : bool
        Also import what cannot stand in a room.

    Returns
    -------
    ImportReport
        Importing it and planning again gives nothing but unchanged rows.
    """
    left_out = [row for row in file.rows if not (row.is_placeable or with_unplaceable)]
    rows = [row for row in file.rows if row.is_placeable or with_unplaceable]
    found = _stored_keys(rows, existing, aliases or {})
    create: list[PlannedRow] = []
    update: list[PlannedRow] = []
    unchanged: list[PlannedRow] = []
    for row in rows:
        key = found.get(row.key)
        planned = PlannedRow(row, fingerprint(row), key)
        if key is None:
            create.append(planned)
        elif existing[key] == planned.fingerprint:
            unchanged.append(planned)
        else:
            update.append(planned)
    return ImportReport(
        filename=file.filename,
        layout=file.layout,
        headers=file.headers,
        fields=file.fields,
        create=tuple(create),
        update=tuple(update),
        unchanged=tuple(unchanged),
        left_out=tuple(PlannedRow(row, fingerprint(row), None) for row in left_out),
        problems=file.problems,
        bad_rows=file.bad_rows,
        counts=_counts(file, create, update, unchanged, left_out),
    )


def _counts(
    file: CatalogueFile,
    create: list[PlannedRow],
    update: list[PlannedRow],
    unchanged: list[PlannedRow],
    left_out: list[ProductRow],
) -> ImportCounts:
    errors = sum(problem.severity is Severity.ERROR for problem in file.problems)
    return ImportCounts(
        records=file.records,
        create=len(create),
        update=len(update),
        unchanged=len(unchanged),
        left_out=len(left_out),
        bad_rows=len(file.bad_rows),
        errors=errors,
        warnings=len(file.problems) - errors,
    )


def _stored_keys(
    rows: list[ProductRow],
    existing: Mapping[ProductKey, str],
    aliases: Mapping[ProductKey, ProductKey],
) -> dict[ProductKey, ProductKey]:
    """Row key → key of the stored product it is, for the rows that are stored already.

    Own keys go first. A product stored under its handle had no SKU then; when the file now gives
    one, the handle still finds it, and the other way round. Each stored product is given away once.
    """
    found = {row.key: row.key for row in rows if row.key in existing}
    taken = set(found)
    for row in rows:
        if row.key in found:
            continue
        candidates = [key for key in _weaker_keys(row) if key in existing]
        if row.key in aliases:
            candidates.append(aliases[row.key])
        for key in candidates:
            if key not in taken:
                found[row.key] = key
                taken.add(key)
                break
    return found


def _weaker_keys(row: ProductRow) -> list[ProductKey]:
    keys: list[ProductKey] = []
    if row.barcode and row.key.kind is KeyKind.SKU:
        keys.append(ProductKey(KeyKind.BARCODE, row.barcode))
    if row.handle and row.key.kind is not KeyKind.HANDLE:
        keys.append(ProductKey(KeyKind.HANDLE, row.handle))
    return keys


def bad_rows_csv(report: ImportReport | CatalogueFile) -> bytes:
    """Return the rows that did not come in, as a CSV to correct and import again.

    UTF-8 with a byte order mark (spreadsheets then show accents right), the file's own headings,
    and after them the line each row stood on and why it was refused. No cell can run as a formula.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    width = max([len(report.headers), *(len(row.cells) for row in report.bad_rows)])
    headers = [*report.headers, *[""] * (width - len(report.headers))]
    writer.writerow([*map(neutralise_cell, headers), "Line in the file", "Why it was refused"])
    for row in report.bad_rows:
        cells = [*row.cells, *[""] * (width - len(row.cells))]
        writer.writerow([*map(neutralise_cell, cells), row.line, neutralise_cell(row.reason)])
    return b"\xef\xbb\xbf" + out.getvalue().encode()
