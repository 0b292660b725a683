"""Describing products: typed, cached by content, correctable, with the catalogue's text behind."""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from functools import partial
from itertools import chain
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.expression import bindparam

from visualizer_core.analysing import Question, ask, content_key, with_pictures
from visualizer_core.db.collection import advance, lock_collection
from visualizer_core.domain.analysis import ProductAnalysis
from visualizer_core.domain.analysis_prompts import (
    AnalysisSubject,
    analysis_parts,
    product_analysis_instruction,
)
from visualizer_core.domain.analysis_text import CatalogueText, product_from_text
from visualizer_core.domain.ids import CollectionId, ProductId
from visualizer_core.domain.status import AnalysisState, CollectionStatus
from visualizer_core.errors import NotFound, ProviderRefused, ProviderUnavailable
from visualizer_core.parallel import in_parallel
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
    cost_micros : int
        Spent by this run, in millionths of a dollar.
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
    collection_id: CollectionId | None = None,
    again: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> ProductRun:
    """Describe every product of `product_ids` that has no up-to-date description.

    A product without a photo, or one the model refuses, is described from its catalogue text and
    marked as such; when the model could not be reached, the next run asks again. What a person
    edited stays.

    Parameters
    ----------
    collection_id : CollectionId, optional
        The collection this is done for; it moves on from ``selecting`` to ``analyzing``.
    again : bool
        Also ask again for those the model refused.
    on_progress : callable, optional
        Gets how many are done and how many there are.

    Raises
    ------
    NotFound
        When the collection or one of the products is not there; nothing is asked.
    Misconfigured, PartMissing
        When no question can work; what was described so far is kept.
    """
    rows = _rows(ws, product_ids, collection_id)
    todo = [row for row in rows if not _up_to_date(ws, row, again=again)]
    # The same photo and text are asked for once: the others find the answer remembered.
    first = {_key(ws, row): row for row in reversed(todo)}
    asked = [row for row in todo if first[_key(ws, row)] is row]
    same = [row for row in todo if first[_key(ws, row)] is not row]
    cost, fallback = 0, list[str]()
    work = partial(_analyse, ws)
    batches = (
        in_parallel(work, batch, at_once=ANALYSES_AT_ONCE, name="products")
        for batch in (asked, same)  # lazily: the second waits for the first
    )
    for count, (spent, reason) in enumerate(chain.from_iterable(batches), 1):
        cost += spent
        fallback += [reason] if reason else []
        if on_progress is not None:
            on_progress(count, len(todo))
    return ProductRun(
        analysed=len(todo), known=len(rows) - len(todo), fallback=tuple(fallback), cost_micros=cost
    )


def _rows(
    ws: Workspace, product_ids: Sequence[ProductId], collection_id: CollectionId | None
) -> Sequence[Row[Any]]:
    wanted = set(product_ids)
    with ws.begin() as session:
        rows = session.execute(_TO_ANALYSE, {"ids": [str(x) for x in wanted]}).all()
        if len(rows) < len(wanted):
            raise NotFound(
                f"{len(wanted) - len(rows)} of these {len(wanted)} products do not exist (any "
                "more). Reload the list."
            )
        if collection_id is not None:
            lock_collection(session, collection_id)
            begun = (CollectionStatus.SELECTING,)
            advance(session, collection_id, CollectionStatus.ANALYZING, before=begun)
    return rows


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


def _up_to_date(ws: Workspace, row: Row[Any], *, again: bool) -> bool:
    if row.analysis_state == AnalysisState.EDITED:
        return True
    if row.analysis_key != _key(ws, row):  # also None: the model could not be reached
        return False
    return row.analysis_state == AnalysisState.DONE or not again


def _analyse(ws: Workspace, row: Row[Any]) -> tuple[int, str | None]:
    """Describe one product; returns its cost and, when it fell back, the reason."""
    if row.key is None:
        return _fall_back(ws, row, "It has no photo.", settled=True)
    try:
        understood = ask(ws, _question(ws, row))
    except (ProviderRefused, NotFound) as refused:  # or the photo is missing from storage
        return _fall_back(ws, row, str(refused), settled=isinstance(refused, ProviderRefused))
    except ProviderUnavailable as away:
        return _fall_back(ws, row, str(away), settled=False)
    _save(ws, row, understood.value, AnalysisState.DONE, key=_key(ws, row))
    return understood.cost_micros, None


def _question(ws: Workspace, row: Row[Any]) -> Question[ProductAnalysis]:
    mime = "image/jpeg" if row.provider_s3_key else row.mime
    picture = ImagePart(ws.store.get(row.key), mime, resolution="HIGH")
    return Question(
        key=_key(ws, row),
        purpose="product_analysis",
        subject_id=row.id,
        schema=ProductAnalysis,
        instruction=product_analysis_instruction(),
        parts=with_pictures(analysis_parts([_subject(row)]), {row.image_id: picture}),
    )


def _fall_back(ws: Workspace, row: Row[Any], reason: str, *, settled: bool) -> tuple[int, str]:
    """Describe a product from its text; unless it is settled, the next run asks again."""
    told = f"{row.sku or row.name}: {reason}"
    if not settled and row.analysis_state == AnalysisState.DONE:
        return 0, told  # the description of an earlier photo or text is better than none
    key = _key(ws, row) if settled else None
    analysis = product_from_text(_words(row))
    _save(ws, row, analysis, AnalysisState.FALLBACK, key=key, error=reason)
    return 0, told


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
    UPDATE app.products SET analysis = :analysis, analysis_state = 'edited', analysis_error = NULL,
           updated_at = now(), version = version + 1
    WHERE id = :id AND deleted_at IS NULL RETURNING 1
""").bindparams(bindparam("analysis", type_=JSONB))


def edit_analysis(ws: Workspace, product_id: ProductId, analysis: ProductAnalysis) -> None:
    """Replace a description by a person's own; no re-run overwrites it.

    Raises
    ------
    NotFound
        When this client has no such product.
    """
    with ws.begin() as session:
        changed = session.execute(
            _EDIT, {"id": product_id, "analysis": analysis.model_dump(mode="json")}
        )
        if changed.one_or_none() is None:
            raise NotFound("There is no such product.")
