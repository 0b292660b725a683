"""Products, photos and rooms for the benchmarks, drawn and written here."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.expression import bindparam

from visualizer_core.domain.analysis_text import CatalogueText, product_from_text
from visualizer_core.domain.ids import CollectionId, ProductId
from visualizer_core.services import catalogue, curation, inspiration
from visualizer_core.workspace import Workspace

__all__ = [
    "DrawnPhotos",
    "collection_of",
    "collection_with_photos",
    "described_products",
    "plain_catalogue",
    "room",
]

PHOTO_PX = 1024  # a usual product photo on white
ROOM_PX = (1600, 1200)
GRAIN, QUALITY = 4.0, 88  # about 120 and 320 kB
_KINDS = ("Chair", "Sofa", "Table", "Shelf", "Lamp", "Bed", "Stool", "Desk")
_COLOURS = ("#b5651d", "#2f4f4f", "#8b0000", "#556b2f", "#483d8b", "#c08040", "#336688", "#884466")
_WALLS = ("#d8cfc4", "#c9d6df", "#e0d6c8", "#cfd8c8", "#d9c8c8", "#c8c8d9")


def plain_catalogue(count: int) -> bytes:
    """A CSV of `count` products with sizes and prices."""
    lines = ["sku,name,category,description,width_cm,depth_cm,height_cm,price,currency"]
    for number in range(count):
        kind = _KINDS[number % len(_KINDS)]
        words = f"{kind} of solid oak with a woven seat made to last"
        size = f"{45 + number % 60},{40 + number % 40},{80 + number % 50}"
        lines.append(f"SKU-{number:04},{kind} {number},{kind}s,{words},{size},99,EUR")
    return "\n".join(lines).encode()


@dataclass(frozen=True, slots=True)
class DrawnPhotos:
    """One photo for each product of `plain_catalogue`, drawn when it is read."""

    count: int

    def paths(self) -> list[str]:
        """File names that carry the SKU."""
        return [f"SKU-{number:04}.jpg" for number in range(self.count)]

    def read(self, path: str) -> bytes:
        """A thing on white, as JPEG; every number another picture."""
        return _photo(int(path[4:8]))


def _photo(number: int) -> bytes:
    image = Image.new("RGB", (PHOTO_PX, PHOTO_PX), "white")
    draw = ImageDraw.Draw(image)
    unit, colour = PHOTO_PX // 20, _COLOURS[number % len(_COLOURS)]
    left = (4 + number % 3) * unit
    draw.rectangle((left, 4 * unit, left + 2 * unit, 17 * unit), fill=colour)
    draw.rectangle((left, 9 * unit, left + 9 * unit, 11 * unit), fill=colour)
    draw.rectangle((left + 7 * unit, 11 * unit, left + 9 * unit, 17 * unit), fill=colour)
    draw.text((left, 10 * unit), f"{number}", fill="white", font_size=2 * unit)
    return _jpeg(image, number)


def room(number: int) -> bytes:
    """A plain room with a window, as JPEG; every number another picture."""
    width, height = ROOM_PX
    image = Image.new("RGB", ROOM_PX, _WALLS[number % len(_WALLS)])
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, height * 2 // 3, width, height), fill="#7a5a3a")
    left = width // 8 + width // 16 * (number % 8)
    draw.rectangle((left, height // 8, left + width // 4, height // 2), fill="#dfeeff")
    return _jpeg(image, number)


def _jpeg(image: Image.Image, number: int) -> bytes:
    """Encode with the grain of a camera, so that it weighs about what photos weigh."""
    random = np.random.default_rng(number)
    grain = random.normal(0.0, GRAIN, (image.height, image.width, 1)).astype(np.float32)
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(2)), dtype=np.float32)
    pixels = np.clip(soft + grain, 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def collection_with_photos(ws: Workspace, products: int, scenes: int) -> CollectionId:
    """A matched, analysed collection whose pictures are in storage: ready to be made."""
    ids = catalogue.import_products(ws, plain_catalogue(products), "bench.csv").product_ids
    catalogue.add_photos(ws, DrawnPhotos(products))
    catalogue.analyse_products(ws, ids)
    return collection_of(ws, ids, scenes)


def described_products(ws: Workspace, count: int) -> Sequence[ProductId]:
    """Analysed products whose photos exist in the tables only: for what looks at no pixels."""
    ids = catalogue.import_products(ws, plain_catalogue(count), "bench.csv").product_ids
    with ws.begin() as session:
        session.execute(_PHOTO_ROWS, {"ids": [str(product_id) for product_id in ids]})
        rows = session.execute(_WORDS).all()
        analyses = [
            {
                "id": str(row.id),
                "analysis": product_from_text(
                    CatalogueText(name=row.name, category=row.category, description=row.description)
                ).model_dump(mode="json"),
            }
            for row in rows
        ]
        session.execute(_DESCRIBE, {"rows": analyses})
    return ids


def collection_of(ws: Workspace, ids: Sequence[ProductId], scenes: int) -> CollectionId:
    """A collection of these products with analysed rooms, matched: ready to start."""
    collection_id = curation.create_collection(ws, "Bench")
    curation.add_products(ws, collection_id, ids)
    for number in range(scenes):
        inspiration.add_upload(ws, collection_id, room(number), f"living-room-{number}.jpg")
    inspiration.analyse_scenes(ws, collection_id)
    curation.derive_base_settings(ws, collection_id)
    curation.match_products(ws, collection_id)
    return collection_id


_PHOTO_ROWS = text("""
    WITH made AS (
      INSERT INTO app.images (id, kind, s3_key, sha256, mime, width, height, bytes)
      SELECT gen_random_uuid(), 'product', 'bench/' || p, md5(p::text), 'image/jpeg', 1024, 1024, 1
      FROM unnest(CAST(:ids AS uuid[])) AS p
      RETURNING id, substr(s3_key, 7)::uuid AS product_id
    )
    INSERT INTO app.product_images (id, product_id, image_id, is_primary)
    SELECT gen_random_uuid(), product_id, id, true FROM made
""")
_WORDS = text("SELECT id, name, category, description FROM app.products")
_DESCRIBE = text("""
    UPDATE app.products p SET analysis = r.analysis, analysis_state = 'done', analysed_at = now()
    FROM jsonb_to_recordset(:rows) AS r(id uuid, analysis jsonb) WHERE p.id = r.id
""").bindparams(bindparam("rows", type_=JSONB))
