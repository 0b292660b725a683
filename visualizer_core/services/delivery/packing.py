"""An export as a stream of bytes: pictures with their labels, then the manifest."""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import zipstream
from sqlalchemy import Row

from visualizer_core.domain.csv_safety import neutralise_cell
from visualizer_core.errors import NotFound
from visualizer_core.imaging.xmp import GENERATED, XmpFacts, write_xmp
from visualizer_core.services.delivery.selecting import Selection
from visualizer_core.workspace import Workspace

__all__ = ["ManifestEntry", "packed"]


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """One line of the manifest; sizes in pixels, cost in US dollars."""

    file: str
    sku: str
    product: str
    scene: str
    variant: int
    width: int
    height: int
    bytes: int
    sha256: str
    recipe_hash: str
    review: str
    cost_usd: float
    model: str
    credit: str


def packed(ws: Workspace, chosen: Selection) -> Iterable[bytes]:
    """Chunks of the ZIP; one picture at a time is in memory, the manifest comes last."""
    archive = zipstream.ZipStream(compress_type=zipstream.ZIP_STORED)  # pictures do not shrink
    manifest: list[ManifestEntry] = []
    for row, name in zip(chosen.rows, chosen.names.names, strict=True):
        archive.add(_picture(ws, row, name, manifest), name)
    archive.add(_late(lambda: _manifest_csv(manifest)), "manifest.csv")
    archive.add(_late(lambda: _manifest_json(manifest)), "manifest.json")
    return archive


def _picture(
    ws: Workspace, row: Row[Any], name: str, manifest: list[ManifestEntry]
) -> Iterator[bytes]:
    facts = XmpFacts(
        digital_source_type=GENERATED, title=row.name, sku=row.sku, recipe_hash=row.recipe_hash
    )
    data = write_xmp(_stored(ws, row), facts)
    credit: dict[str, str] = row.credit or {}
    manifest.append(
        ManifestEntry(
            file=name,
            sku=row.sku or "",
            product=row.name,
            scene=row.scene,
            variant=row.variant,
            width=row.width,
            height=row.height,
            bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            recipe_hash=row.recipe_hash or "",
            review=row.review_status,
            cost_usd=row.cost_micros / 1_000_000,
            model=row.model,
            credit=f"{credit['photographer']} on Unsplash" if "photographer" in credit else "",
        )
    )
    yield data


def _stored(ws: Workspace, row: Row[Any]) -> bytes:
    try:
        return ws.store.get(row.s3_key)
    except NotFound as error:
        raise NotFound(
            f"The picture of “{row.name}” (variant {row.variant}) is missing from storage. Put it "
            "into the trash, or export without it."
        ) from error


def _late(make: Callable[[], bytes]) -> Iterator[bytes]:
    """Made when the ZIP gets to it: by then the pictures before it are known."""
    yield make()


def _manifest_csv(manifest: Sequence[ManifestEntry]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    fields = list(ManifestEntry.__dataclass_fields__)
    writer.writerow(fields)
    for entry in manifest:
        values = asdict(entry)
        writer.writerow([neutralise_cell(values[field]) for field in fields])
    return out.getvalue().encode("utf-8-sig")  # spreadsheets take it for UTF-8 only with the mark


def _manifest_json(manifest: Sequence[ManifestEntry]) -> bytes:
    return json.dumps([asdict(entry) for entry in manifest], indent=1, ensure_ascii=False).encode()
