"""Catalogue files into products: a dry run first, then the same plan applied."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import bindparam

from visualizer_core.db.locks import queue_up
from visualizer_core.domain.catalogue.mapping import ColumnMapping
from visualizer_core.domain.catalogue.plan import ImportReport, PlannedRow, plan_import
from visualizer_core.domain.catalogue.rows import CatalogueFile, KeyKind, ProductKey, ProductRow
from visualizer_core.domain.ids import ProductId, new_id
from visualizer_core.importing import inspect_catalogue, read_catalogue
from visualizer_core.workspace import Workspace

__all__ = ["Imported", "apply_import", "dry_run", "import_products", "save_mapping"]

ROWS_A_STATEMENT = 1_000  # keeps one statement's JSON around a megabyte
MAX_SAVED_MAPPINGS = 100  # a client has a handful of sources; the longest unused are forgotten


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did.

    Attributes
    ----------
    product_ids : tuple of ProductId
        Every product the file speaks of, in file order, changed or not.
    """

    created: int
    updated: int
    unchanged: int
    report: ImportReport
    product_ids: tuple[ProductId, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """A product the client has."""

    id: ProductId
    fingerprint: str
    sku: str | None
    barcode: str | None
    handle: str | None


_Existing = Mapping[ProductKey, _Known]


def dry_run(
    ws: Workspace, data: bytes, filename: str, *, mapping: ColumnMapping | None = None
) -> ImportReport:
    """Say what an import would create, update and leave alone, and what is wrong with which row.

    Parameters
    ----------
    mapping : ColumnMapping, optional
        For headers nobody knows; the one this client saved for such a header is used by default.

    Raises
    ------
    InvalidInput
        When the file as a whole cannot be read; says why and what to do.
    """
    file = _read(ws, data, filename, mapping)
    with ws.begin() as session:
        return _plan(file, _existing(session))


def import_products(
    ws: Workspace, data: bytes, filename: str, *, mapping: ColumnMapping | None = None
) -> Imported:
    """Read a catalogue and bring its good rows in; see `dry_run` for parameters and errors.

    A mapping that is given is remembered for this client's next file with the same header.
    """
    return apply_import(ws, _read(ws, data, filename, mapping), remember=mapping)


_SAVED = text("SELECT header_signature, mapping FROM app.saved_mappings")


def _read(
    ws: Workspace, data: bytes, filename: str, mapping: ColumnMapping | None
) -> CatalogueFile:
    return read_catalogue(data, filename, mapping=mapping or _saved(ws, data, filename))


def _saved(ws: Workspace, data: bytes, filename: str) -> ColumnMapping | None:
    with ws.begin() as session:
        saved = {row.header_signature: row.mapping for row in session.execute(_SAVED)}
    if not saved:
        return None  # most clients: the file need not be looked at twice
    found = saved.get(inspect_catalogue(data, filename).signature)
    return None if found is None else ColumnMapping.model_validate(found)


_SAVE = text("""
    INSERT INTO app.saved_mappings (header_signature, mapping) VALUES (:signature, :mapping)
    ON CONFLICT (client_id, header_signature) DO UPDATE
      SET mapping = excluded.mapping, updated_at = now()
""").bindparams(bindparam("mapping", type_=JSONB))
_FORGET = text("""
    DELETE FROM app.saved_mappings WHERE id IN (
      SELECT id FROM app.saved_mappings ORDER BY updated_at DESC, id OFFSET :most)
""")


def save_mapping(ws: Workspace, signature: str, mapping: ColumnMapping) -> None:
    """Remember how this client's own header maps to ours; at most 100 are kept."""
    with ws.begin() as session:
        _save(session, signature, mapping)


def _save(session: Session, signature: str, mapping: ColumnMapping) -> None:
    stored = mapping.model_dump(mode="json", exclude_none=True)
    session.execute(_SAVE, {"signature": signature, "mapping": stored})
    session.execute(_FORGET, {"most": MAX_SAVED_MAPPINGS})


_EXISTING = text("""
    SELECT id, import_key, fingerprint, sku, barcode, handle FROM app.products
    WHERE deleted_at IS NULL
""")


def _existing(session: Session) -> _Existing:
    return {
        ProductKey.parse(row.import_key): _Known(
            ProductId(row.id), row.fingerprint, row.sku, row.barcode, row.handle
        )
        for row in session.execute(_EXISTING)
    }


def _plan(file: CatalogueFile, existing: _Existing) -> ImportReport:
    prints = {key: known.fingerprint for key, known in existing.items()}
    return plan_import(file, prints, aliases=_aliases(existing))


def _aliases(existing: _Existing) -> dict[ProductKey, ProductKey]:
    """Barcodes and handles that one product only has; variants of a product share a handle."""
    named: dict[ProductKey, list[ProductKey]] = {}
    for key, known in existing.items():
        for kind, value in ((KeyKind.BARCODE, known.barcode), (KeyKind.HANDLE, known.handle)):
            if value:
                named.setdefault(ProductKey(kind, value), []).append(key)
    return {alias: keys[0] for alias, keys in named.items() if len(keys) == 1}


def apply_import(
    ws: Workspace, file: CatalogueFile, *, remember: ColumnMapping | None = None
) -> Imported:
    """Bring a read catalogue in, in one transaction: all its good rows or none.

    Parameters
    ----------
    remember : ColumnMapping, optional
        To be saved for the client's next file with this header.
    """
    with ws.begin() as session:
        # Two imports of one client queue up: both would plan to create the same products.
        queue_up(session, "catalogue", ws.client_id)
        existing = _existing(session)
        report = _plan(file, existing)
        ids = {item.row.key: ProductId(new_id()) for item in report.create}
        ids |= {
            item.row.key: existing[item.existing_key].id
            for item in (*report.update, *report.unchanged)
            if item.existing_key is not None
        }
        _create(session, report.create, ids)
        _update(session, report, ids, existing)
        if remember is not None:
            _save(session, file.signature, remember)
    return Imported(
        created=len(report.create),
        updated=len(report.update),
        unchanged=len(report.unchanged),
        report=report,
        product_ids=tuple(
            ids[row.key] for row in sorted(file.rows, key=lambda row: row.line) if row.key in ids
        ),
    )


# A microsecond apart: every list by age then shows the products of one file in its order.
_CREATE = text("""
    INSERT INTO app.products (id, fingerprint, import_key, sku, barcode, handle, name, search_text,
      description, category, tags, width_cm, depth_cm, height_cm, price, currency, source,
      image_refs, created_at)
    SELECT r.id, r.fingerprint, r.import_key, r.sku, r.barcode, r.handle, r.name, r.search_text,
      r.description, r.category, r.tags, r.width_cm, r.depth_cm, r.height_cm, r.price, r.currency,
      r.source, r.image_refs, now() + r.rank * interval '1 microsecond'
    FROM jsonb_to_recordset(:rows) AS r(
      rank bigint, id uuid, fingerprint text, import_key text, sku text, barcode text, handle text,
      name text, search_text text, description text, category text, tags text[],
      width_cm double precision, depth_cm double precision, height_cm double precision,
      price numeric, currency text,
      source text, image_refs jsonb)
""").bindparams(bindparam("rows", type_=JSONB))


def _create(
    session: Session, planned: Sequence[PlannedRow], ids: Mapping[ProductKey, ProductId]
) -> None:
    ranked = [
        {"rank": rank, **_values(item, ids[item.row.key], item.row.sku)}
        for rank, item in enumerate(planned)
    ]
    for chunk in _chunks(ranked):
        session.execute(_CREATE, {"rows": chunk})


# A field the file has no column for is left as it is: each switch names one it speaks of.
_UPDATE = text("""
    UPDATE app.products p SET
      fingerprint = r.fingerprint, import_key = r.import_key, source = r.source,
      sku = coalesce(r.sku, p.sku), barcode = coalesce(r.barcode, p.barcode),
      handle = coalesce(r.handle, p.handle), name = r.name, search_text = r.search_text,
      description = CASE WHEN :description THEN r.description ELSE p.description END,
      category = CASE WHEN :category THEN r.category ELSE p.category END,
      tags = CASE WHEN :tags THEN r.tags ELSE p.tags END,
      width_cm = CASE WHEN :width_cm THEN r.width_cm ELSE p.width_cm END,
      depth_cm = CASE WHEN :depth_cm THEN r.depth_cm ELSE p.depth_cm END,
      height_cm = CASE WHEN :height_cm THEN r.height_cm ELSE p.height_cm END,
      price = CASE WHEN :price THEN r.price ELSE p.price END,
      currency = CASE WHEN :currency THEN r.currency ELSE p.currency END,
      image_refs = CASE WHEN :image_refs THEN r.image_refs ELSE p.image_refs END,
      updated_at = now(), version = p.version + 1
    FROM jsonb_to_recordset(:rows) AS r(
      id uuid, fingerprint text, import_key text, sku text, barcode text, handle text, name text,
      search_text text, description text, category text, tags text[], width_cm double precision,
      depth_cm double precision, height_cm double precision, price numeric, currency text,
      source text, image_refs jsonb)
    WHERE p.id = r.id
""").bindparams(bindparam("rows", type_=JSONB))
_COLUMNS = ("description", "tags", "width_cm", "depth_cm", "height_cm", "price", "currency",
            "image_refs")  # fmt: skip


def _update(
    session: Session,
    report: ImportReport,
    ids: Mapping[ProductKey, ProductId],
    existing: _Existing,
) -> None:
    spoken = {column: column in report.fields for column in _COLUMNS}
    spoken["category"] = not report.fields.isdisjoint({"category", "product_type"})
    rows = [
        _values(item, ids[item.row.key], item.row.sku or existing[item.existing_key].sku)
        for item in report.update
        if item.existing_key is not None
    ]
    for chunk in _chunks(rows):
        session.execute(_UPDATE, {"rows": chunk, **spoken})


def _chunks(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    return [
        rows[start : start + ROWS_A_STATEMENT] for start in range(0, len(rows), ROWS_A_STATEMENT)
    ]


def _values(item: PlannedRow, product_id: ProductId, sku: str | None) -> dict[str, Any]:
    """A row for the database; `sku` is the one it is found by from now on."""
    row = item.row
    return {
        "id": str(product_id),
        "fingerprint": item.fingerprint,
        "import_key": str(item.key),
        "sku": row.sku,
        "barcode": row.barcode,
        "handle": row.handle,
        "name": row.name,
        "search_text": f"{row.name} {sku or ''}".casefold().strip(),
        "description": row.description,
        "category": row.category or row.product_type,
        "tags": list(row.tags),
        "width_cm": row.width_cm,
        "depth_cm": row.depth_cm,
        "height_cm": row.height_cm,
        "price": None if row.price is None else str(row.price),
        "currency": row.currency,
        "source": row.layout,
        "image_refs": _image_refs(row),
    }


def _image_refs(row: ProductRow) -> list[dict[str, Any]]:
    return [
        {"kind": ref.kind, "value": ref.value, "position": ref.position, "alt": ref.alt}
        for ref in row.image_refs
    ]
