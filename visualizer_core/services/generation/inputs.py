"""What one picture is made from: product, photo, scenes, and their bytes."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from visualizer_core.db.jobs import ClaimedAsset
from visualizer_core.domain.analysis import ProductAnalysis, SceneAnalysis
from visualizer_core.domain.generation_settings import FlowGenerationSettings
from visualizer_core.errors import NotFound
from visualizer_core.imaging.compare import InputHash, input_hash
from visualizer_core.workspace import Workspace

__all__ = ["InputPicture", "PictureInputs", "SceneInput", "fetch", "load_inputs"]

CACHE_BYTES = 128 * 1024 * 1024  # of pictures a process keeps; a scene goes into many requests


@dataclass(frozen=True, slots=True)
class InputPicture:
    """A stored picture as the provider is sent it."""

    image_id: UUID
    key: str
    mime: str
    sha256: str


@dataclass(frozen=True, slots=True)
class SceneInput:
    """An inspiration that takes part in the picture."""

    inspiration_id: UUID
    analysis: SceneAnalysis | None
    picture: InputPicture | None  # None: only the description is sent
    role: Literal["composition", "style", "subject"]


@dataclass(frozen=True, slots=True)
class PictureInputs:
    """Everything the prompt builder and the call need, read in one transaction."""

    settings: FlowGenerationSettings
    sku: str | None
    name: str
    description: str
    category: str
    width_cm: float | None
    depth_cm: float | None
    height_cm: float | None
    analysis: ProductAnalysis | None
    photo: InputPicture
    scenes: tuple[SceneInput, ...]


@dataclass(frozen=True, slots=True)
class Fetched:
    """Bytes and fingerprint of an input picture."""

    data: bytes
    fingerprint: InputHash


_PRODUCT = text("""
    SELECT p.sku, p.name, p.description, p.category, p.width_cm, p.depth_cm, p.height_cm,
           p.analysis, m.id AS image_id, coalesce(m.provider_s3_key, m.s3_key) AS key, m.mime,
           m.provider_s3_key, m.sha256
    FROM app.products p
    JOIN app.product_images i
      ON i.client_id = p.client_id AND i.product_id = p.id AND i.is_primary
    JOIN app.images m ON m.client_id = i.client_id AND m.id = i.image_id
    WHERE p.id = :product_id AND p.deleted_at IS NULL
""")
_SCENES = text("""
    SELECT s.id, s.analysis, s.may_send_pixels, m.id AS image_id,
           coalesce(m.provider_s3_key, m.s3_key) AS key, m.mime, m.provider_s3_key, m.sha256
    FROM app.inspirations s
    JOIN app.images m ON m.client_id = s.client_id AND m.id = s.image_id
    WHERE s.id = ANY(CAST(:ids AS uuid[]))
""")


def load_inputs(session: Session, asset: ClaimedAsset) -> PictureInputs:
    """Read what an asset is made from.

    Raises
    ------
    NotFound
        When the product, its photo or an inspiration is gone: nobody pays for another picture
        than the one that was asked for.
    """
    settings = FlowGenerationSettings.model_validate(asset.settings)
    row = session.execute(_PRODUCT, {"product_id": asset.product_id}).one_or_none()
    if row is None:
        raise NotFound("The product or its photo was deleted. Add a photo and retry.")
    return PictureInputs(
        settings=settings,
        sku=row.sku,
        name=row.name,
        description=row.description,
        category=row.category,
        width_cm=row.width_cm,
        depth_cm=row.depth_cm,
        height_cm=row.height_cm,
        analysis=None if row.analysis is None else ProductAnalysis.model_validate(row.analysis),
        photo=_picture(row),
        scenes=_scenes(session, settings),
    )


def _scenes(session: Session, settings: FlowGenerationSettings) -> tuple[SceneInput, ...]:
    uses = settings.inspirations
    if not uses:
        return ()
    ids = [str(use.inspiration_id) for use in uses]
    rows = {row.id: row for row in session.execute(_SCENES, {"ids": ids})}
    if any(use.inspiration_id not in rows for use in uses):
        raise NotFound("Its inspiration was removed. Match the product again and start anew.")
    return tuple(
        SceneInput(
            inspiration_id=use.inspiration_id,
            analysis=_scene_analysis(rows[use.inspiration_id]),
            # The licence is asked again here: it may have been taken away since the start.
            picture=_picture(rows[use.inspiration_id])
            if use.send_pixels and rows[use.inspiration_id].may_send_pixels
            else None,
            role=use.role,
        )
        for use in uses
    )


def _scene_analysis(row: Row[Any]) -> SceneAnalysis | None:
    return None if row.analysis is None else SceneAnalysis.model_validate(row.analysis)


def _picture(row: Row[Any]) -> InputPicture:
    mime = "image/jpeg" if row.provider_s3_key else row.mime
    return InputPicture(image_id=row.image_id, key=row.key, mime=mime, sha256=row.sha256)


class _Cache:
    """Least recently used pictures of this process, by image id; pictures never change."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._size = 0
        self._items: OrderedDict[UUID, Fetched] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, image_id: UUID) -> Fetched | None:
        with self._lock:
            found = self._items.get(image_id)
            if found is not None:
                self._items.move_to_end(image_id)
            return found

    def put(self, image_id: UUID, item: Fetched) -> None:
        with self._lock:
            if image_id in self._items:
                return
            self._items[image_id] = item
            self._size += len(item.data)
            while self._size > self._most:
                _, dropped = self._items.popitem(last=False)
                self._size -= len(dropped.data)


_cache = _Cache(CACHE_BYTES)


def fetch(ws: Workspace, picture: InputPicture) -> Fetched:
    """Bytes and fingerprint of an input, from this process's cache or from storage.

    Image ids are random and were read under this client's row-level security, so the cache cannot
    hand one client another's picture.
    """
    found = _cache.get(picture.image_id)
    if found is None:
        data = ws.store.get(picture.key)
        found = Fetched(data, input_hash(data))
        _cache.put(picture.image_id, found)
    return found
