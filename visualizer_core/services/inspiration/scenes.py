"""Describing scenes: typed, cached by content, correctable."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.expression import bindparam

from visualizer_core.analysing import Question, ask, content_key, with_pictures
from visualizer_core.db.collection import advance, lock_collection
from visualizer_core.domain.analysis import SceneAnalysis
from visualizer_core.domain.analysis_prompts import (
    AnalysisSubject,
    analysis_parts,
    scene_analysis_instruction,
)
from visualizer_core.domain.analysis_text import scene_from_text
from visualizer_core.domain.ids import CollectionId, InspirationId
from visualizer_core.domain.status import AnalysisState, CollectionStatus, InspirationSource
from visualizer_core.errors import NotFound, ProviderRefused, ProviderUnavailable
from visualizer_core.parallel import in_parallel
from visualizer_core.ports import ImagePart
from visualizer_core.workspace import Workspace

__all__ = ["SceneRun", "analyse_scenes", "edit_analysis"]

ANALYSES_AT_ONCE = 8  # calls mostly wait; the shared limiter sets the real pace
_NOT_LICENSED = "Its licence does not allow sending it to the model."


@dataclass(frozen=True, slots=True)
class SceneRun:
    """What analysing a collection's scenes came to."""

    analysed: int  # asked for or remembered
    known: int  # up to date before
    fallback: tuple[str, ...]  # titles described from their names only, each with the reason
    cost_micros: int


_TO_ANALYSE = text("""
    SELECT i.id, i.title, i.source, i.analysis_state, i.analysis_key, i.may_send_pixels, i.image_id,
           m.sha256, coalesce(m.provider_s3_key, m.s3_key) AS key, m.mime, m.provider_s3_key
    FROM app.inspirations i
    JOIN app.images m ON m.client_id = i.client_id AND m.id = i.image_id
    WHERE i.collection_id = :collection_id ORDER BY i.position, i.id
""")


def analyse_scenes(
    ws: Workspace,
    collection_id: CollectionId,
    *,
    again: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> SceneRun:
    """Describe every inspiration that has no up-to-date description.

    One that must not be sent, or that the model refuses, is described from its title and marked as
    such; when the model could not be reached, the next run asks again. What a person edited stays.

    Parameters
    ----------
    again : bool
        Also ask again for those the model refused.
    on_progress : callable, optional
        Gets how many are done and how many there are.

    Raises
    ------
    NotFound
        When this client has no such collection.
    Misconfigured, PartMissing
        When no question can work; what was described so far is kept.
    """
    rows = _rows(ws, collection_id)
    todo = [row for row in rows if not _up_to_date(ws, row, again=again)]
    cost, fallback = 0, list[str]()
    results = in_parallel(partial(_analyse, ws), todo, at_once=ANALYSES_AT_ONCE, name="scenes")
    for count, (spent, reason) in enumerate(results, 1):
        cost += spent
        fallback += [reason] if reason else []
        if on_progress is not None:
            on_progress(count, len(todo))
    return SceneRun(
        analysed=len(todo), known=len(rows) - len(todo), fallback=tuple(fallback), cost_micros=cost
    )


def _rows(ws: Workspace, collection_id: CollectionId) -> Sequence[Row[Any]]:
    with ws.begin() as session:
        lock_collection(session, collection_id)
        begun = (CollectionStatus.SELECTING,)
        advance(session, collection_id, CollectionStatus.ANALYZING, before=begun)
        return session.execute(_TO_ANALYSE, {"collection_id": collection_id}).all()


def _key(ws: Workspace, row: Row[Any]) -> str:
    # A photo that may not be sent has a key of its own: once it may, it is looked at.
    sent = row.sha256 if _may_send(ws, row) else ""
    return content_key(ws.runtime.analysis_model, SceneAnalysis, sent, row.title)


def _may_send(ws: Workspace, row: Row[Any]) -> bool:
    if row.source == InspirationSource.UNSPLASH and not ws.runtime.settings.unsplash_ai_licensed:
        return False  # also when the permission was there at the time it was added
    return bool(row.may_send_pixels)


def _up_to_date(ws: Workspace, row: Row[Any], *, again: bool) -> bool:
    if row.analysis_state == AnalysisState.EDITED:
        return True
    if row.analysis_key != _key(ws, row):  # also None: the model could not be reached
        return False
    return row.analysis_state == AnalysisState.DONE or not again


def _analyse(ws: Workspace, row: Row[Any]) -> tuple[int, str | None]:
    """Describe one scene; returns its cost and, when it fell back, the reason."""
    if not _may_send(ws, row):
        return _fall_back(ws, row, _NOT_LICENSED, settled=True)
    try:
        understood = ask(ws, _question(ws, row))
    except (ProviderRefused, NotFound) as refused:  # or the picture is missing from storage
        return _fall_back(ws, row, str(refused), settled=isinstance(refused, ProviderRefused))
    except ProviderUnavailable as away:
        return _fall_back(ws, row, str(away), settled=False)
    _save(ws, row, understood.value, AnalysisState.DONE, key=_key(ws, row))
    return understood.cost_micros, None


def _question(ws: Workspace, row: Row[Any]) -> Question[SceneAnalysis]:
    mime = "image/jpeg" if row.provider_s3_key else row.mime
    picture = ImagePart(ws.store.get(row.key), mime, resolution="MEDIUM")
    subject = AnalysisSubject(id=row.id, images=(row.image_id,), name=row.title)
    return Question(
        key=_key(ws, row),
        purpose="scene_analysis",
        subject_id=row.id,
        schema=SceneAnalysis,
        instruction=scene_analysis_instruction(),
        parts=with_pictures(analysis_parts([subject]), {row.image_id: picture}),
    )


def _fall_back(ws: Workspace, row: Row[Any], reason: str, *, settled: bool) -> tuple[int, str]:
    """Describe a scene from its title; unless it is settled, the next run asks again."""
    key = _key(ws, row) if settled else None
    _save(ws, row, scene_from_text(row.title), AnalysisState.FALLBACK, key=key, error=reason)
    return 0, f"{row.title}: {reason}"


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
    *,
    key: str | None,
    error: str | None = None,
) -> None:
    with ws.begin() as session:
        session.execute(
            _SAVE,
            {
                "id": row.id,
                "analysis": analysis.model_dump(mode="json"),
                "state": state,
                "key": key,
                "error": error,
            },
        )


_EDIT = text("""
    UPDATE app.inspirations SET analysis = :analysis, analysis_state = 'edited',
           analysis_error = NULL
    WHERE id = :id RETURNING 1
""").bindparams(bindparam("analysis", type_=JSONB))


def edit_analysis(ws: Workspace, inspiration_id: InspirationId, analysis: SceneAnalysis) -> None:
    """Replace a description by a person's own; no re-run overwrites it.

    Raises
    ------
    NotFound
        When this client has no such inspiration.
    """
    with ws.begin() as session:
        changed = session.execute(
            _EDIT, {"id": inspiration_id, "analysis": analysis.model_dump(mode="json")}
        )
        if changed.one_or_none() is None:
            raise NotFound("There is no such inspiration.")
