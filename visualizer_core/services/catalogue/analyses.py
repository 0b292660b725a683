"""Describing products: typed, cached by content, correctable, with the catalogue's text behind."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from functools import partial
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.expression import bindparam

from visualizer_core.analysing import Question, ask, content_key, with_pictures
from visualizer_core.domain.analysis import ProductAnalysis
from visualizer_core.domain.analysis_prompts import (
    AnalysisSubject,
    analysis_parts,
    product_analysis_instruction,
)
from visualizer_core.domain.analysis_text import CatalogueText, product_from_text
from visualizer_core.domain.ids import ProductId
from visualizer_core.domain.status import AnalysisState
from visualizer_core.errors import NotFound, ProviderError
from visualizer_core.ports import ImagePart
from visualizer_core.workspace import Workspace

__all__ = ["ProductRun", "analyse_products", "edit_analysis"]

ANALYSES_AT_ONCE = 8  # calls mostly wait; the shared limiter sets the real pace


@dataclass(frozen=True, slots=True)
class ProductRun:
    """What analysing products came to.

    Attributes
    ----------
    analysed : int
        Asked for, or remembered from the same photo and text.
    known : int
        Up to date before.
    fallback : tuple of str
        Products described from the catalogue's text only, each with the reason.
    """

    analysed: int
    known: int
    fallback: tuple[str, ...]
    cost_micros: int


_TO_ANALYSE = text("""
    SELECT p.id, p.sku, p.name, p.description, p.category, p.tags, p.width_cm, p.depth_cm,
           p.height_cm, p.analysis_state, p.analysis_key, m.id AS image_id, m.sha256,
           m.mime, m.provider_s3_key,
           coalesce(m.provider_s3_key, m.s3_key) AS key
    FROM app.products p
    LEFT JOIN app.product_images i
      ON i.client_id = p.client_id AND i.product_id = p.id AND i.is_primary
    LEFT JOIN app.images m ON m.client_id = i.client_id AND m.id = i.image_id
    WHERE p.id = ANY(CAST(:ids AS uuid[])) AND p.deleted_at IS NULL
    ORDER BY p.created_at, p.id
""")


def analyse_products(
    ws: Workspace,
    product_ids: Sequence[ProductId],
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> ProductRun:
    """Describe every product of `product_ids` that has no up-to-date description.

    A product without a photo, or one the model refuses, is described from its catalogue text and
    marked as such.

    Parameters
    ----------
    on_progress : callable, optional
        Gets how many are done and how many there are.

    Raises
    ------
    Misconfigured, PartMissing
        When no question can work; what was described so far is kept.
    """
    with ws.begin() as session:
        rows = session.execute(_TO_ANALYSE, {"ids": [str(x) for x in product_ids]}).all()
    todo = [row for row in rows if not _up_to_date(ws, row)]
    done = cost = 0
    fallback: list[str] = []
    with ThreadPoolExecutor(ANALYSES_AT_ONCE, thread_name_prefix="products") as pool:
        for spent, reason in pool.map(partial(_analyse, ws), todo):
            done += 1
            cost += spent
            if reason:
                fallback.append(reason)
            if on_progress:
                on_progress(done, len(todo))
    return ProductRun(
        analysed=len(todo), known=len(rows) - len(todo), fallback=tuple(fallback), cost_micros=cost
    )


def _words(row: Row[Any]) -> CatalogueText:
    return CatalogueText(
        name=row.name,
        category=row.category,
        description=row.description,
        tags=tuple(row.tags),
        width_cm=row.width_cm,
        depth_cm=row.depth_cm,
        height_cm=row.height_cm,
    )


def _subject(row: Row[Any]) -> AnalysisSubject:
    return AnalysisSubject(
        id=row.id,
        images=(row.image_id,),
        name=row.name,
        category=row.category,
        description=row.description,
        width_cm=row.width_cm,
        depth_cm=row.depth_cm,
        height_cm=row.height_cm,
    )


def _key(ws: Workspace, row: Row[Any]) -> str:
    return content_key(
        ws.runtime.analysis_model,
        ProductAnalysis,
        row.sha256 or "",
        *map(str, astuple(_words(row))),
    )


def _up_to_date(ws: Workspace, row: Row[Any]) -> bool:
    if row.analysis_state == AnalysisState.EDITED:
        return True
    settled = row.analysis_state == AnalysisState.DONE or (
        row.analysis_state == AnalysisState.FALLBACK and row.key is None
    )
    return settled and row.analysis_key == _key(ws, row)


def _analyse(ws: Workspace, row: Row[Any]) -> tuple[int, str | None]:
    """Describe one product; returns its cost and, when it fell back, the reason."""
    words = _words(row)
    label = row.sku or row.name
    if row.key is None:
        _save(ws, row, product_from_text(words), AnalysisState.FALLBACK, "It has no photo.")
        return 0, f"{label}: it has no photo"
    mime = "image/jpeg" if row.provider_s3_key else row.mime
    picture = ImagePart(ws.store.get(row.key), mime, resolution="HIGH")
    question = Question(
        key=_key(ws, row),
        purpose="product_analysis",
        subject_id=row.id,
        schema=ProductAnalysis,
        instruction=product_analysis_instruction(),
        parts=with_pictures(analysis_parts([_subject(row)]), {row.image_id: picture}),
    )
    try:
        understood = ask(ws, question)
    except ProviderError as error:
        _save(ws, row, product_from_text(words), AnalysisState.FALLBACK, str(error))
        return 0, f"{label}: {error}"
    _save(ws, row, understood.value, AnalysisState.DONE, None)
    return understood.cost_micros, None


_SAVE = text("""
    UPDATE app.products SET analysis = :analysis, analysis_state = :state, analysis_key = :key,
           analysis_error = :error, analysed_at = now(), updated_at = now(), version = version + 1
    WHERE id = :id AND analysis_state <> 'edited'
""").bindparams(bindparam("analysis", type_=JSONB))


def _save(
    ws: Workspace,
    row: Row[Any],
    analysis: ProductAnalysis,
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
    UPDATE app.products SET analysis = :analysis, analysis_state = 'edited', analysis_error = NULL,
           updated_at = now(), version = version + 1
    WHERE id = :id AND deleted_at IS NULL RETURNING 1
""").bindparams(bindparam("analysis", type_=JSONB))


def edit_analysis(ws: Workspace, product_id: ProductId, analysis: ProductAnalysis) -> None:
    """Replace a description by a person's own; no re-run overwrites it."""
    with ws.begin() as session:
        changed = session.execute(
            _EDIT, {"id": product_id, "analysis": analysis.model_dump(mode="json")}
        )
        if changed.one_or_none() is None:
            raise NotFound("There is no such product.")
