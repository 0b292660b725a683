"""Which photo belongs to which product: never silent, always the same answer.

The catalogue's own reference decides first (``products/x.jpg`` by the end of the path, an address
by its file name). Then file and folder names are compared with SKU, barcode, handle and name.
Whatever could mean two products is ambiguous and left to a person.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from visualizer_core.domain.catalogue.photo_names import (
    Hit,
    KeyKindRank,
    NameIndex,
    order_in_folder,
    order_of,
)
from visualizer_core.domain.catalogue.photo_references import (
    Claim,
    Reference,
    ReferenceIndex,
    path_parts,
)
from visualizer_core.domain.catalogue.rows import ImageRef
from visualizer_core.domain.catalogue.text import word_set
from visualizer_core.domain.ids import ProductId

__all__ = [
    "AmbiguousPhoto",
    "MatchedPhoto",
    "PhotoFile",
    "PhotoMatches",
    "ProductRef",
    "UnmatchedPhoto",
    "match_photos",
]

PICTURES = word_set(
    "jpg jpeg jpe jfif mpo png apng webp avif heic heif tif tiff gif bmp"
)  # what the image reader accepts; the content decides later, not the name
_CLUTTER = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
_DIGITS = re.compile(r"(\d+)")

_KIND_NAMES = {
    KeyKindRank.SKU: "SKU",
    KeyKindRank.BARCODE: "barcode",
    KeyKindRank.HANDLE: "handle",
    KeyKindRank.NAME: "product name",
}


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """A file that may be a photo, by its path relative to the chosen folder or ZIP."""

    path: str


@dataclass(frozen=True, slots=True)
class ProductRef:
    """What photos can be matched to."""

    id: ProductId
    sku: str | None
    barcode: str | None
    handle: str | None
    name: str
    image_refs: tuple[ImageRef, ...] = ()


@dataclass(frozen=True, slots=True)
class MatchedPhoto:
    """A photo and its product; `position` counts from 1 within the product."""

    path: str
    product_id: ProductId
    position: int
    reason: str


@dataclass(frozen=True, slots=True)
class AmbiguousPhoto:
    """A photo that could belong to any of `product_ids`; a person decides."""

    path: str
    product_ids: tuple[ProductId, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class UnmatchedPhoto:
    """A file that belongs to no product, or that is no photo, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class PhotoMatches:
    """Every file is in exactly one list; a photo two products name is matched to both."""

    matched: tuple[MatchedPhoto, ...]
    ambiguous: tuple[AmbiguousPhoto, ...]
    unmatched: tuple[UnmatchedPhoto, ...]
    rejected: tuple[UnmatchedPhoto, ...]


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Products a file may belong to (indices), with the reason; one product is a match."""

    products: tuple[int, ...]
    reason: str
    is_certain: bool
    order: tuple[int, ...] = ()  # sorts the photos of a product; by product position for references


def match_photos(files: Sequence[PhotoFile], products: Sequence[ProductRef]) -> PhotoMatches:
    """Match photos to products.

    Parameters
    ----------
    files : sequence of PhotoFile
        Any order; files that are no pictures are rejected, not skipped.
    products : sequence of ProductRef
        The client's products.

    Returns
    -------
    PhotoMatches
        The same for any order of `files`. Positions are dense: the catalogue's own order first,
        then photos found by name in the order of their suffixes.
    """
    rejected: list[UnmatchedPhoto] = []
    paths: list[str] = []
    for path in sorted((file.path for file in files), key=_natural):
        reason = _rejection(path) or ("is listed twice" if path in paths[-1:] else None)
        if reason:
            rejected.append(UnmatchedPhoto(path, reason))
        else:
            paths.append(path)
    verdicts = _by_reference(paths, products)
    names = _name_index(products)
    for path in paths:
        if path not in verdicts:
            verdict = _by_name(path, names)
            if verdict is not None:
                verdicts[path] = [verdict]
    return _sorted_out(paths, verdicts, products, rejected)


def _rejection(path: str) -> str | None:
    parts = path.replace("\\", "/").split("/")
    if path.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\0" in path:
        return "is not a relative path"
    if any(part.casefold() in _CLUTTER or part.startswith(".") for part in parts if part != "."):
        return "is a hidden or system file"
    name = parts[-1]
    if "." not in name or name.rsplit(".", 1)[1].casefold() not in PICTURES:
        return "is not a picture by its file name"
    return None


def _by_reference(
    paths: Sequence[str], products: Sequence[ProductRef]
) -> dict[str, list[_Verdict]]:
    index = ReferenceIndex()
    for number, product in enumerate(products):
        for ref in product.image_refs:
            index.add(number, ref)
    claims = {path: claim for path in paths if (claim := index.claim(path))}
    rivals: dict[Reference, list[tuple[tuple[bool, int], str]]] = defaultdict(list)
    for path, claim in claims.items():
        for reference in claim.references:
            rivals[reference].append((claim.score, path))
    verdicts: dict[str, list[_Verdict]] = {}
    for path, claim in claims.items():
        won = [ref for ref in claim.references if max(rivals[ref])[0] == claim.score]
        if won:
            verdicts[path] = _reference_verdicts(claim, won, rivals)
    return verdicts


def _reference_verdicts(
    claim: Claim,
    won: list[Reference],
    rivals: dict[Reference, list[tuple[tuple[bool, int], str]]],
) -> list[_Verdict]:
    products = tuple(dict.fromkeys(ref.product for ref in won))
    if any(sum(score == claim.score for score, _ in rivals[ref]) > 1 for ref in won):
        return [
            _Verdict(products, "several files have the name the catalogue gives", is_certain=False)
        ]
    if len(products) > 1 and len({ref.parts for ref in won}) > 1:
        return [
            _Verdict(
                products, "the catalogue names such a file for several products", is_certain=False
            )
        ]
    reason = "named in the catalogue" if claim.score[0] else "named in the catalogue, nearly"
    first = {ref.product: ref for ref in reversed(won)}
    return [_Verdict((p,), reason, is_certain=True, order=(0, first[p].position)) for p in products]


def _name_index(products: Sequence[ProductRef]) -> NameIndex:
    index = NameIndex()
    for number, product in enumerate(products):
        index.add(number, KeyKindRank.SKU, product.sku)
        index.add(number, KeyKindRank.BARCODE, product.barcode)
        index.add(number, KeyKindRank.HANDLE, product.handle)
        index.add(number, KeyKindRank.NAME, product.name)
    return index


def _by_name(path: str, names: NameIndex) -> _Verdict | None:
    *folders, file_name = path_parts(path)
    stem = file_name.rsplit(".", 1)[0]
    of_file = _judge(names.hits(stem), "file name")
    of_folder = None
    for folder in reversed(folders):
        of_folder = _judge(names.hits(folder), "folder name")
        if of_folder is not None:
            break
    if of_folder is None or not of_folder.is_certain:
        return of_file or of_folder
    inside = _Verdict(
        of_folder.products, of_folder.reason, is_certain=True, order=(1, *order_in_folder(stem))
    )
    if of_file is None:
        return inside
    if of_folder.products[0] in of_file.products:
        return of_file if of_file.is_certain else inside
    if of_file.is_certain and _contains(names, stem, folders):
        return of_file
    both = tuple(dict.fromkeys((*of_file.products, *of_folder.products)))
    return _Verdict(
        both, "file name and folder name belong to different products", is_certain=False
    )


def _contains(names: NameIndex, stem: str, folders: Sequence[str]) -> bool:
    """Tell whether the file's key goes on where the folder's ends: the longer one is meant."""
    of_folder = next(hits for folder in reversed(folders) if (hits := names.hits(folder)))
    return all(any(hit.key in longer.key for longer in names.hits(stem)) for hit in of_folder)


def _judge(hits: Sequence[Hit], where: str) -> _Verdict | None:
    if not hits:
        return None
    best = min(hit.kind for hit in hits)
    products = tuple(dict.fromkeys(product for hit in hits for product in hit.products))
    what = f"{where} has its {_KIND_NAMES[best]}"
    if len(products) > 1:
        return _Verdict(products, f"the {where} fits several products", is_certain=False)
    if not any(hit.is_certain for hit in hits):
        return _Verdict(
            products, f"{what}, but other words could mean another product", is_certain=False
        )
    return _Verdict(products, what, is_certain=True, order=(1, *order_of(hits[-1].after)))


def _sorted_out(
    paths: Sequence[str],
    verdicts: dict[str, list[_Verdict]],
    products: Sequence[ProductRef],
    rejected: list[UnmatchedPhoto],
) -> PhotoMatches:
    ambiguous: list[AmbiguousPhoto] = []
    unmatched: list[UnmatchedPhoto] = []
    by_product: dict[int, list[tuple[tuple[int, ...], str, str]]] = defaultdict(list)
    for path in paths:
        found = verdicts.get(path, [])
        if not found:
            unmatched.append(UnmatchedPhoto(path, "no SKU, barcode, handle or name fits"))
        for verdict in found:
            if verdict.is_certain:
                by_product[verdict.products[0]].append((verdict.order, path, verdict.reason))
            else:
                ids = tuple(products[number].id for number in verdict.products)
                ambiguous.append(AmbiguousPhoto(path, ids, verdict.reason))
    matched = [
        MatchedPhoto(path, products[number].id, position, reason)
        for number in sorted(by_product)
        for position, (_, path, reason) in enumerate(
            sorted(by_product[number], key=lambda item: (item[0], _natural(item[1]))), start=1
        )
    ]
    return PhotoMatches(tuple(matched), tuple(ambiguous), tuple(unmatched), tuple(rejected))


def _natural(path: str) -> tuple[tuple[tuple[int, str], ...], str]:
    """Sort key under which ``x2`` comes before ``x10``."""
    pieces = _DIGITS.split(path.casefold())
    return tuple((int(p[:12]), "") if p.isdecimal() else (-1, p) for p in pieces), path
