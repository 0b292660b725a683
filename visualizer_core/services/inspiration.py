"""Inspirations: pictures that show the wanted scene, from uploads, Unsplash or earlier results."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.expression import bindparam

from visualizer_core.analysing import Question, ask, content_key, with_pictures
from visualizer_core.domain.analysis import SceneAnalysis
from visualizer_core.domain.analysis_prompts import (
    AnalysisSubject,
    analysis_parts,
    scene_analysis_instruction,
)
from visualizer_core.domain.analysis_text import scene_from_text
from visualizer_core.domain.ids import AssetId, CollectionId, ImageId, InspirationId, new_id
from visualizer_core.domain.keys import inspiration_key
from visualizer_core.domain.status import AnalysisState, ImageKind, InspirationSource
from visualizer_core.errors import Conflict, InvalidInput, NotFound, ProviderError
from visualizer_core.intake import (
    StoredPicture,
    add_image_row,
    check_storage,
    known_image,
    store_picture,
)
from visualizer_core.ports import ImagePart, PhotoHit, SearchPage
from visualizer_core.workspace import Workspace

__all__ = [
    "MAX_INSPIRATIONS",
    "AddedInspiration",
    "SceneRun",
    "add_from_library",
    "add_unsplash",
    "add_upload",
    "analyse_scenes",
    "edit_analysis",
    "remove",
    "search_unsplash",
]

MAX_INSPIRATIONS = 24  # a person can still tell them apart, and every product has a fitting room
ANALYSES_AT_ONCE = 8  # calls mostly wait; the shared limiter sets the real pace
MAX_TITLE_CHARS = 120


@dataclass(frozen=True, slots=True)
class AddedInspiration:
    """An inspiration of a collection; `already` when exactly this picture was in it before."""

    id: InspirationId
    already: bool
    notes: tuple[str, ...] = ()


def add_upload(
    ws: Workspace, collection_id: CollectionId, data: bytes, filename: str
) -> AddedInspiration:
    """Add an uploaded picture.

    Raises
    ------
    ImageRejected
        When it is no usable picture.
    InvalidInput
        When the collection is full.
    """
    known = known_image(ws, data, ImageKind.INSPIRATION)
    if known is not None:
        return _link(ws, collection_id, known, _Origin(InspirationSource.UPLOAD, filename))
    inspiration_id = InspirationId(new_id())
    picture = store_picture(
        ws,
        data,
        filename,
        ImageKind.INSPIRATION,
        lambda _image, mime: inspiration_key(ws.client_id, inspiration_id, mime),
    )
    origin = _Origin(InspirationSource.UPLOAD, filename)
    return _link(ws, collection_id, picture, origin, inspiration_id)


def search_unsplash(ws: Workspace, query: str, *, page: int = 1) -> SearchPage:
    """Search stock photos.

    Raises
    ------
    NotAllowed
        When no Unsplash key is configured.
    ProviderUnavailable
        When the hourly allowance is used up.
    """
    return ws.runtime.search.search(query, page=page)


def add_unsplash(ws: Workspace, collection_id: CollectionId, photo_id: str) -> AddedInspiration:
    """Copy a stock photo into the collection, reporting the choice as its service asks.

    Its pixels reach the provider only when ``UNSPLASH_AI_LICENSED`` is set; until then it is a
    reference for people, and only its description is used.
    """
    hit = ws.runtime.search.find(photo_id)
    data = ws.runtime.search.choose(hit)
    inspiration_id = InspirationId(new_id())
    known = known_image(ws, data, ImageKind.INSPIRATION)
    picture = known or store_picture(
        ws,
        data,
        f"unsplash-{hit.id}.jpg",
        ImageKind.INSPIRATION,
        lambda _image, mime: inspiration_key(ws.client_id, inspiration_id, mime),
    )
    origin = _Origin(
        InspirationSource.UNSPLASH,
        hit.description,
        credit=_credit(hit),
        may_send_pixels=ws.runtime.settings.unsplash_ai_licensed,
    )
    return _link(ws, collection_id, picture, origin, inspiration_id)


def _credit(hit: PhotoHit) -> dict[str, object]:
    return {
        "service": "Unsplash",
        "photo_id": hit.id,
        "photographer": hit.photographer,
        "photographer_url": hit.photographer_url,
        "page_url": hit.page_url,
    }


_RESULT = text("""
    SELECT a.image_id, p.name FROM app.generated_assets a
    JOIN app.products p ON p.client_id = a.client_id AND p.id = a.product_id
    WHERE a.id = :asset_id AND a.status = 'completed' AND a.deleted_at IS NULL
""")
_PIN = text("UPDATE app.generated_assets SET pinned = true WHERE id = :asset_id")


def add_from_library(
    ws: Workspace, collection_id: CollectionId, asset_id: AssetId
) -> AddedInspiration:
    """Use an earlier result as an inspiration; pins it, so that it is kept."""
    with ws.begin() as session:
        row = session.execute(_RESULT, {"asset_id": asset_id}).one_or_none()
        if row is None:
            raise NotFound("There is no such finished picture.")
        session.execute(_PIN, {"asset_id": asset_id})
    origin = _Origin(InspirationSource.LIBRARY, row.name)
    return _link(ws, collection_id, ImageId(row.image_id), origin)


@dataclass(frozen=True, slots=True)
class _Origin:
    source: InspirationSource
    title: str
    credit: dict[str, object] | None = None
    may_send_pixels: bool = True


_LOCK = text("""
    SELECT (SELECT count(*) FROM app.inspirations i WHERE i.collection_id = c.id) AS size
    FROM app.collections c WHERE c.id = :collection_id AND c.deleted_at IS NULL
    FOR NO KEY UPDATE OF c
""")
_SAME = text("""
    SELECT id FROM app.inspirations
    WHERE collection_id = :collection_id AND image_id = :image_id
""")
_INSERT = text("""
    INSERT INTO app.inspirations (id, collection_id, image_id, title, source, position, credit,
                                  may_send_pixels)
    VALUES (:id, :collection_id, :image_id, :title, :source, :position, :credit, :may_send_pixels)
""").bindparams(bindparam("credit", type_=JSONB))


def _link(
    ws: Workspace,
    collection_id: CollectionId,
    picture: StoredPicture | ImageId,
    origin: _Origin,
    inspiration_id: InspirationId | None = None,
) -> AddedInspiration:
    new = isinstance(picture, StoredPicture)
    image_id = picture.image_id if new else picture
    added = inspiration_id or InspirationId(new_id())
    with ws.begin() as session:
        size = session.execute(_LOCK, {"collection_id": collection_id}).scalar_one_or_none()
        if size is None:
            raise NotFound("There is no such collection. It may have been deleted.")
        same = session.execute(
            _SAME, {"collection_id": collection_id, "image_id": image_id}
        ).scalar_one_or_none()
        if same is not None:
            return AddedInspiration(InspirationId(same), already=True)
        if size >= MAX_INSPIRATIONS:
            raise InvalidInput(
                f"A collection has at most {MAX_INSPIRATIONS} inspirations. Remove one first."
            )
        if new:
            check_storage(session, ws, picture.bytes)
            add_image_row(session, picture)
        session.execute(
            _INSERT,
            {
                "id": added,
                "collection_id": collection_id,
                "image_id": image_id,
                "title": origin.title[:MAX_TITLE_CHARS],
                "source": origin.source,
                "position": size,
                "credit": origin.credit or {},
                "may_send_pixels": origin.may_send_pixels,
            },
        )
    notes = tuple(note.message for note in picture.notes) if new else ()
    return AddedInspiration(added, already=False, notes=notes)


_REMOVE = text("""
    DELETE FROM app.inspirations WHERE id = :id
      AND NOT EXISTS (SELECT 1 FROM app.generated_assets a WHERE a.inspiration_id = :id
                      AND a.status IN ('pending', 'generating'))
    RETURNING 1
""")


def remove(ws: Workspace, inspiration_id: InspirationId) -> None:
    """Take an inspiration out; its products lose their match.

    Raises
    ------
    Conflict
        While pictures are being made with it.
    """
    with ws.begin() as session:
        if session.execute(_REMOVE, {"id": inspiration_id}).one_or_none() is None:
            raise Conflict(
                "This inspiration is gone already, or pictures are being made with it. "
                "Wait for the run or cancel it."
            )


@dataclass(frozen=True, slots=True)
class SceneRun:
    """What analysing a collection's scenes came to."""

    analysed: int  # asked for or remembered
    known: int  # up to date before
    fallback: tuple[str, ...]  # titles described from their names only, each with the reason
    cost_micros: int


_TO_ANALYSE = text("""
    SELECT i.id, i.title, i.analysis_state, i.analysis_key, i.may_send_pixels, i.image_id, m.sha256,
           coalesce(m.provider_s3_key, m.s3_key) AS key, m.mime, m.provider_s3_key
    FROM app.inspirations i
    JOIN app.images m ON m.client_id = i.client_id AND m.id = i.image_id
    WHERE i.collection_id = :collection_id ORDER BY i.position
""")
_SETTLED = {AnalysisState.DONE, AnalysisState.EDITED}


def analyse_scenes(
    ws: Workspace,
    collection_id: CollectionId,
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> SceneRun:
    """Describe every inspiration that has no up-to-date description.

    Parameters
    ----------
    on_progress : callable, optional
        Gets how many are done and how many there are; called from worker threads.

    Raises
    ------
    Misconfigured, PartMissing
        When no question can work; what was described so far is kept.
    """
    with ws.begin() as session:
        rows = session.execute(_TO_ANALYSE, {"collection_id": collection_id}).all()
    todo = [row for row in rows if not _up_to_date(ws, row)]
    done = 0
    fallback: list[str] = []
    cost = 0
    with ThreadPoolExecutor(ANALYSES_AT_ONCE, thread_name_prefix="scenes") as pool:
        for spent, reason in pool.map(partial(_analyse, ws), todo):
            done += 1
            cost += spent
            if reason:
                fallback.append(reason)
            if on_progress:
                on_progress(done, len(todo))
    return SceneRun(
        analysed=len(todo), known=len(rows) - len(todo), fallback=tuple(fallback), cost_micros=cost
    )


def _key(ws: Workspace, row: Row[Any]) -> str:
    return content_key(ws.runtime.analysis_model, SceneAnalysis, row.sha256)


def _up_to_date(ws: Workspace, row: Row[Any]) -> bool:
    return row.analysis_state == AnalysisState.EDITED or (
        row.analysis_state in _SETTLED and row.analysis_key == _key(ws, row)
    )


def _analyse(ws: Workspace, row: Row[Any]) -> tuple[int, str | None]:
    """Describe one scene; returns its cost and, when it fell back, the reason."""
    if not row.may_send_pixels:
        reason = "its licence does not allow sending it to the model"
        _save(ws, row, scene_from_text(row.title), AnalysisState.FALLBACK, reason)
        return 0, f"{row.title}: {reason}"
    mime = "image/jpeg" if row.provider_s3_key else row.mime
    picture = ImagePart(ws.store.get(row.key), mime, resolution="MEDIUM")
    subject = AnalysisSubject(id=row.id, images=(row.image_id,), name=row.title)
    question = Question(
        key=_key(ws, row),
        purpose="scene_analysis",
        subject_id=row.id,
        schema=SceneAnalysis,
        instruction=scene_analysis_instruction(),
        parts=with_pictures(analysis_parts([subject]), {row.image_id: picture}),
    )
    try:
        understood = ask(ws, question)
    except ProviderError as error:
        _save(ws, row, scene_from_text(row.title), AnalysisState.FALLBACK, str(error))
        return 0, f"{row.title}: {error}"
    _save(ws, row, understood.value, AnalysisState.DONE, None)
    return understood.cost_micros, None


_SAVE = text("""
    UPDATE app.inspirations SET analysis = :analysis, analysis_state = :state,
           analysis_key = :key, analysis_error = :error
    WHERE id = :id AND analysis_state <> 'edited'
""").bindparams(bindparam("analysis", type_=JSONB))


def _save(
    ws: Workspace,
    row: Row[Any],
    analysis: SceneAnalysis,
    state: AnalysisState,
    error: str | None,
) -> None:
    with ws.begin() as session:
        session.execute(
            _SAVE,
            {
                "id": row.id,
                "analysis": analysis.model_dump(mode="json"),
                "state": state,
                "key": _key(ws, row),
                "error": error,
            },
        )


_EDIT = text("""
    UPDATE app.inspirations SET analysis = :analysis, analysis_state = 'edited',
           analysis_error = NULL
    WHERE id = :id RETURNING 1
""").bindparams(bindparam("analysis", type_=JSONB))


def edit_analysis(ws: Workspace, inspiration_id: UUID, analysis: SceneAnalysis) -> None:
    """Replace a description by a person's own; no re-run overwrites it."""
    with ws.begin() as session:
        changed = session.execute(
            _EDIT, {"id": inspiration_id, "analysis": analysis.model_dump(mode="json")}
        )
        if changed.one_or_none() is None:
            raise NotFound("There is no such inspiration.")
