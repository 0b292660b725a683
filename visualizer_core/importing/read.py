"""The two doors: look at a catalogue file, and read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from visualizer_core.domain.catalogue.headings import header_signature
from visualizer_core.domain.catalogue.mapping import ColumnMapping, Suggestion, suggest_mapping
from visualizer_core.domain.catalogue.problems import Findings, ProblemCode
from visualizer_core.domain.catalogue.rows import CatalogueFile, Layout, ProductRow
from visualizer_core.errors import InvalidInput
from visualizer_core.importing.cells import Cells
from visualizer_core.importing.containers import Container, check_size, decode, sniff
from visualizer_core.importing.delimited import find_separator, read_rows
from visualizer_core.importing.families import Family, ProductBuilder
from visualizer_core.importing.feed import read_feed
from visualizer_core.importing.google import GoogleReader
from visualizer_core.importing.layouts import recognise_layout
from visualizer_core.importing.plain import PlainReader, mapped_headings
from visualizer_core.importing.shopify import ShopifyReader
from visualizer_core.importing.table import Table, build_table
from visualizer_core.importing.vendure import VendureReader
from visualizer_core.importing.woocommerce import WooCommerceReader
from visualizer_core.importing.workbook import read_sheet

__all__ = ["CatalogueHead", "inspect_catalogue", "read_catalogue"]

_EXAMPLES = 5  # rows a mapping screen shows
_PROSE_CHARS = 60  # a "heading" beyond this is a sentence
_SHOWN_HEADINGS = 40  # in a message; a person maps from the screen, not from the text


class _Reader(Protocol):
    def fields(self) -> frozenset[str]: ...

    def read(self) -> list[Family]: ...


@dataclass(frozen=True, slots=True)
class CatalogueHead:
    """What a mapping screen needs to know of a file.

    Parameters
    ----------
    layout : Layout or None
        The known layout; ``None`` when a mapping is needed or can be changed.
    suggestion : Suggestion
        The best guess by the headings, and what it lacks.
    examples : tuple of tuple of str
        The first rows, cells cut to 200 characters.
    """

    headers: tuple[str, ...]
    signature: str
    layout: Layout | None
    suggestion: Suggestion
    examples: tuple[tuple[str, ...], ...]
    records: int


def inspect_catalogue(data: bytes, filename: str) -> CatalogueHead:
    """Look at a file without reading its products.

    Raises
    ------
    InvalidInput
        When it is no table at all, or beyond a limit.
    """
    table = _load(data, filename, Findings(), None)
    headers = _headers(table)
    return CatalogueHead(
        headers=headers,
        signature=header_signature(headers),
        layout=recognise_layout(table.headings),
        suggestion=suggest_mapping(headers),
        examples=tuple(
            tuple(cell[:200] for cell in record.cells) for record in table.records[:_EXAMPLES]
        ),
        records=table.count,
    )


def read_catalogue(
    data: bytes, filename: str, *, mapping: ColumnMapping | None = None
) -> CatalogueFile:
    """Read a catalogue file.

    Parameters
    ----------
    data : bytes
        CSV, TSV (UTF-8, UTF-16, Windows-1252), XLSX, or Google Merchant XML.
    filename : str
        For messages; the kind of file is told by its content.
    mapping : ColumnMapping or None
        Which column means what. Given, it is used whatever the headings look like. Otherwise a
        known layout is recognised, else the columns are guessed by their headings.

    Returns
    -------
    CatalogueFile
        Good rows and problems; a bad row never costs another one.

    Raises
    ------
    InvalidInput
        When the file as a whole cannot be read: no table, beyond a limit, or headings that do not
        say which column is which (the message lists them).
    """
    findings = Findings()
    table = _load(data, filename, findings, mapping)
    cells = Cells(table, findings)
    layout = recognise_layout(table.headings) if mapping is None else Layout.PLAIN
    is_sku_guessed = False
    if layout is None:
        layout = Layout.PLAIN
        mapping, is_sku_guessed = _guess(table, filename)
    reader = _reader(layout, cells, mapping, filename)
    if is_sku_guessed and mapping is not None:
        findings.add(ProblemCode.ID_USED_AS_SKU, 0, column=mapping.sku or "")
    builder = ProductBuilder(layout, findings)
    for family in reader.read():
        builder.add(family)
    headers = _headers(table)
    return CatalogueFile(
        filename=filename,
        layout=layout,
        headers=headers,
        signature=header_signature(headers),
        mapping=mapping,
        fields=reader.fields() | _seen_fields(builder.rows),
        rows=tuple(builder.rows),
        problems=findings.all_problems(),
        bad_rows=findings.all_bad_rows(),
        records=table.count,
    )


def _seen_fields(rows: Sequence[ProductRow]) -> frozenset[str]:
    """Return the fields that come out of other columns: a currency in a price, a made handle."""
    seen: set[str] = set()
    for row in rows:
        if row.currency:
            seen.add("currency")
        if row.handle:
            seen.add("handle")
    return frozenset(seen)


def _headers(table: Table) -> tuple[str, ...]:
    return tuple(heading.text for heading in table.headings)


def _load(data: bytes, filename: str, findings: Findings, mapping: ColumnMapping | None) -> Table:
    check_size(data, filename)
    wanted = mapped_headings(mapping) if mapping else ()
    container = sniff(data, filename)
    if container is Container.WORKBOOK:
        rows = read_sheet(data, filename, findings)
    elif container is Container.XML:
        rows = read_feed(data, filename)
    else:
        text = decode(data, filename, findings)
        rows = read_rows(text, find_separator(text), filename, findings)
    is_native = container is not Container.TEXT
    return build_table(rows, filename, findings, wanted, is_native=is_native)


def _guess(table: Table, filename: str) -> tuple[ColumnMapping, bool]:
    suggestion = suggest_mapping(_headers(table))
    if suggestion.mapping is None:
        raise InvalidInput(_cannot_map(table, suggestion, filename))
    return suggestion.mapping, suggestion.is_sku_guessed


def _cannot_map(table: Table, suggestion: Suggestion, filename: str) -> str:
    headers = [text for text in _headers(table) if text]
    is_prose = any(len(text) > _PROSE_CHARS or text.endswith(".") for text in headers)
    if not suggestion.columns and (is_prose or len(headers) == 1):
        return (
            f"“{filename}” is not a table of products: it does not begin with column headings. "
            "Export the catalogue as CSV, TSV, XLSX or Google Merchant XML."
        )
    shown = ", ".join(f"“{text[:60]}”" for text in headers[:_SHOWN_HEADINGS])
    more = f" and {len(headers) - _SHOWN_HEADINGS} more" if len(headers) > _SHOWN_HEADINGS else ""
    missing = " and ".join(suggestion.missing)
    return (
        f"“{filename}” was not recognised as a product catalogue: {missing} could not be found. "
        f"Its columns are {shown}{more}. Say which column is which, or export the products "
        "themselves."
    )


def _reader(layout: Layout, cells: Cells, mapping: ColumnMapping | None, filename: str) -> _Reader:
    if layout in {Layout.SHOPIFY, Layout.SHOPIFY_NEW}:
        return ShopifyReader(cells)
    if layout is Layout.WOOCOMMERCE:
        return WooCommerceReader(cells)
    if layout is Layout.GOOGLE:
        return GoogleReader(cells)
    if layout is Layout.VENDURE:
        return VendureReader(cells)
    if mapping is None:
        raise InvalidInput(f"“{filename}” needs a mapping of its columns.")
    return PlainReader(cells, mapping, filename)
