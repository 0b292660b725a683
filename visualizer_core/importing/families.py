"""From variants that belong together to the products that are pictured."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from visualizer_core.domain.catalogue.problems import Findings, ProblemCode
from visualizer_core.domain.catalogue.rows import (
    ImageRef,
    KeyKind,
    Layout,
    ProductKey,
    ProductRow,
    Variant,
    fingerprint,
)
from visualizer_core.domain.catalogue.sizes import NO_SIZE, Size
from visualizer_core.domain.catalogue.text import fold
from visualizer_core.domain.catalogue.variants import Look, is_colour_like, visual_groups
from visualizer_core.importing.cells import slug
from visualizer_core.importing.pictures import numbered
from visualizer_core.importing.table import Record

__all__ = [
    "Facts",
    "Family",
    "Options",
    "Part",
    "ProductBuilder",
    "key_from_name",
    "why_not_placeable",
]

MAX_KEY_CHARS = 200  # of a SKU, barcode or handle; real ones stay below 60

Options = tuple[tuple[str, str], ...]

_NOT_GOODS = {
    "service": "a service", "services": "a service", "giftcard": "a gift card",
    "giftcards": "a gift card", "voucher": "a voucher", "vouchers": "a voucher",
    "download": "a download", "downloads": "a download", "digital": "a download",
    "digitalgoods": "a download", "ebook": "a download", "software": "software",
    "subscription": "a subscription", "subscriptions": "a subscription",
}  # fmt: skip


@dataclass(slots=True)
class Facts:
    """What a row says about a product as such."""

    name: str = ""
    description: str = ""
    category: str = ""
    product_type: str = ""
    tags: tuple[str, ...] = ()
    size: Size = NO_SIZE
    is_published: bool | None = None
    not_placeable: str = ""  # why, in words; blank when it can stand in a room


@dataclass(slots=True)
class Part:
    """One variant: a row that can be bought."""

    record: Record
    sku: str | None = None
    barcode: str | None = None
    options: Options = ()
    images: list[ImageRef] = field(default_factory=list[ImageRef])  # its own
    price: Decimal | None = None
    currency: str | None = None
    facts: Facts | None = None  # when the row describes itself; else the family's count


@dataclass(slots=True)
class Family:
    """Rows that a shop sells as one product."""

    records: list[Record]
    facts: Facts
    handle: str | None = None
    sku: str | None = None  # of the family itself, where a layout has one
    barcode: str | None = None
    parts: list[Part] = field(default_factory=list[Part])
    images: list[ImageRef] = field(default_factory=list[ImageRef])  # of all variants


def why_not_placeable(*kinds: str) -> str:
    """Return what a product of one of `kinds` (type, last category) is, if it is no object."""
    return next((what for kind in kinds if (what := _NOT_GOODS.get(fold(kind)))), "")


@dataclass(slots=True)
class ProductBuilder:
    """Makes `ProductRow` of families and keeps out what is there already."""

    layout: Layout
    findings: Findings
    rows: list[ProductRow] = field(default_factory=list[ProductRow])
    _seen: dict[ProductKey, ProductRow] = field(default_factory=dict[ProductKey, ProductRow])
    _barcodes: dict[str, int] = field(default_factory=dict[str, int])

    def add(self, family: Family) -> None:
        """Add the products of `family`; rows that cannot come in are reported."""
        parts = family.parts
        looks = [Look(part.sku, part.options, _own_image(part)) for part in parts]
        groups = visual_groups(looks) if len(parts) > 1 else ((0,),)
        images = [{ref.value for index in group for ref in parts[index].images} for group in groups]
        for number, group in enumerate(groups):
            foreign = set[str]().union(*images[:number], *images[number + 1 :])
            self._add_product(family, [parts[i] for i in group], foreign, is_one=len(groups) == 1)

    def _add_product(
        self, family: Family, parts: Sequence[Part], foreign: set[str], *, is_one: bool
    ) -> None:
        records = family.records if is_one else [part.record for part in parts]
        sku = (family.sku if is_one else None) or _first(part.sku for part in parts)
        barcode = (family.barcode if is_one else None) or _first(part.barcode for part in parts)
        options = _common_options(parts)
        key = self._key(records, sku, barcode, family.handle, () if is_one else options)
        if key is None:
            return
        facts = _merged(family.facts, parts[0].facts, is_one=is_one)
        name = self._name(facts, family, options, key, records[0], is_one=is_one)
        priced = next((part for part in parts if part.price is not None), parts[0])
        row = ProductRow(
            key=key,
            sku=sku,
            barcode=barcode,
            handle=family.handle,
            options=options,
            name=name,
            description=facts.description,
            category=facts.category,
            product_type=facts.product_type,
            tags=facts.tags,
            width_cm=facts.size.width_cm,
            depth_cm=facts.size.depth_cm,
            height_cm=facts.size.height_cm,
            price=priced.price,
            currency=priced.currency,
            image_refs=_images(family, parts, foreign, is_one=is_one),
            variants=_variants(parts) if len(parts) > 1 else (),
            layout=self.layout,
            lines=tuple(sorted({record.line for record in records})),
            is_published=facts.is_published,
            is_placeable=not facts.not_placeable,
        )
        self._keep(row, records, facts.not_placeable)
        self._note_shared_skus(parts)

    def _key(
        self,
        records: Sequence[Record],
        sku: str | None,
        barcode: str | None,
        handle: str | None,
        options: Options,
    ) -> ProductKey | None:
        if sku:
            key = ProductKey(KeyKind.SKU, sku)
        elif barcode:
            key = ProductKey(KeyKind.BARCODE, barcode)
        elif handle:
            chosen = "".join(f"|{name}={value}" for name, value in options)
            key = ProductKey(KeyKind.HANDLE, handle + chosen)
        else:
            self._reject(records, ProblemCode.MISSING_KEY)
            return None
        longest = max(len(key.value), len(barcode or ""), len(handle or ""))
        if longest > MAX_KEY_CHARS:
            detail = f"{longest:,} characters"
            self._reject(records, ProblemCode.KEY_TOO_LONG, key.value, detail, key.kind)
            return None
        return key

    def _name(
        self,
        facts: Facts,
        family: Family,
        options: Options,
        key: ProductKey,
        record: Record,
        *,
        is_one: bool,
    ) -> str:
        base = facts.name
        if not base:
            base = family.handle.replace("-", " ").capitalize() if family.handle else key.value
            self.findings.add(ProblemCode.MISSING_NAME, record.line, value=key.value, detail=base)
        names = {part.facts.name for part in family.parts if part.facts}
        if is_one or len(names) > 1:  # each has a name of its own already
            return base
        visible = [value for name, value in options if is_colour_like(name)]
        visible = visible or [value for _, value in options]
        return " – ".join([base, *visible])  # noqa: RUF001 - a dash between name and colour

    def _keep(self, row: ProductRow, records: Sequence[Record], not_placeable: str) -> None:
        first = self._seen.get(row.key)
        if first is not None:
            what = {KeyKind.SKU: "SKU", KeyKind.BARCODE: "barcode", KeyKind.HANDLE: "handle"}
            detail = f"The {what[row.key.kind]} “{row.key.value}” is already on line {first.line}"
            if fingerprint(first) == fingerprint(row):
                self.findings.add(
                    ProblemCode.IDENTICAL_ROW, row.line, value=row.key.value, detail=detail
                )
            else:
                self._reject(records, ProblemCode.DUPLICATE_PRODUCT, row.key.value, detail)
            return
        self._seen[row.key] = row
        self.rows.append(row)
        if not_placeable:
            self.findings.add(
                ProblemCode.NOT_PLACEABLE, row.line, value=row.name, detail=not_placeable
            )
        if row.barcode and row.key.kind is KeyKind.SKU:
            other = self._barcodes.setdefault(row.barcode, row.line)
            if other != row.line:
                self.findings.add(
                    ProblemCode.SHARED_BARCODE,
                    row.line,
                    value=row.barcode,
                    detail=f"the product on line {other}",
                )

    def _reject(
        self,
        records: Sequence[Record],
        code: ProblemCode,
        value: str = "",
        detail: str = "",
        column: str = "",
    ) -> None:
        rows = [(record.line, record.cells) for record in records]
        self.findings.reject(code, rows, value=value, detail=detail, column=column)

    def _note_shared_skus(self, parts: Sequence[Part]) -> None:
        if len(parts) == 1:
            return
        counts = Counter(part.sku for part in parts if part.sku)
        for sku, count in counts.items():
            if count > 1:
                lines = [str(part.record.line) for part in parts if part.sku == sku]
                self.findings.add(
                    ProblemCode.SHARED_SKU,
                    int(lines[0]),
                    value=sku,
                    detail=f"lines {', '.join(lines)}",
                )


def key_from_name(family: Family, findings: Findings) -> None:
    """Give a family without SKU, barcode and handle the handle its name would have."""
    if family.sku or family.handle or any(part.sku or part.barcode for part in family.parts):
        return
    family.handle = slug(family.facts.name) or None
    if family.handle:
        line = family.records[0].line
        findings.add(ProblemCode.KEY_FROM_NAME, line, value=family.facts.name)


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value), None)


def _own_image(part: Part) -> str | None:
    return part.images[0].value if part.images else None


def _merged(family: Facts, own: Facts | None, *, is_one: bool) -> Facts:
    """Return the facts of a product: its own before the family's when it is one of several."""
    if own is None:
        return family
    first, second = (family, own) if is_one else (own, family)
    return Facts(
        name=first.name or second.name,
        description=first.description or second.description,
        category=first.category or second.category,
        product_type=first.product_type or second.product_type,
        tags=first.tags or second.tags,
        size=second.size if first.size == NO_SIZE else first.size,
        is_published=second.is_published if first.is_published is None else first.is_published,
        not_placeable=first.not_placeable or second.not_placeable,
    )


def _common_options(parts: Sequence[Part]) -> Options:
    return tuple(
        option for option in parts[0].options if all(option in part.options for part in parts)
    )


def _variants(parts: Sequence[Part]) -> tuple[Variant, ...]:
    return tuple(
        Variant(part.record.line, part.sku, part.barcode, part.options, part.price)
        for part in parts
    )


def _images(
    family: Family, parts: Sequence[Part], foreign: set[str], *, is_one: bool
) -> tuple[ImageRef, ...]:
    own = [ref for part in parts for ref in part.images]
    if is_one:
        return numbered([*family.images, *own])
    shared = [ref for ref in family.images if ref.value not in foreign]
    return numbered([*own, *shared])
