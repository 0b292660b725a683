"""Every DataFrame a screen or a notebook shows; read only.

Each function documents its columns, and an empty frame has them too, with the same types. Money is
in US dollars, times are UTC, sizes as named. What may be unknown is a float or a text and missing
then; counts are never missing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from visualizer_core.db.plan import load_plan
from visualizer_core.domain.ids import CollectionId
from visualizer_core.domain.matching import score_table
from visualizer_core.workspace import Runtime, Workspace

__all__ = [
    "assets",
    "calls",
    "clients",
    "collections",
    "coverage",
    "exports",
    "inspirations",
    "matches",
    "products",
    "usage",
    "workers",
]

MOST_ROWS = 50_000  # a frame beyond this belongs into a query of its own

_Types = Mapping[str, str]


def _types(*, counts: str = "", numbers: str = "", times: str = "", flags: str = "") -> _Types:
    """Types of columns that are no text; ids stay the objects they are."""
    return {
        **dict.fromkeys(counts.split(), "int64"),
        **dict.fromkeys(numbers.split(), "float64"),
        **dict.fromkeys(times.split(), "datetime64[us, UTC]"),
        **dict.fromkeys(flags.split(), "bool"),
    }


def _frame(
    session: Session, statement: TextClause, types: _Types, values: Mapping[str, Any] | None = None
) -> pd.DataFrame:
    result = session.execute(statement, dict(values or {}))
    return _typed(result.fetchmany(MOST_ROWS), list(result.keys()), types)


def _typed(rows: Iterable[Iterable[Any]], columns: list[str], types: _Types) -> pd.DataFrame:
    frame = pd.DataFrame([tuple(row) for row in rows], columns=columns, dtype=object)
    return frame.astype(dict(types))


_PRODUCTS = text("""
    SELECT p.id AS product_id, p.sku, p.name, p.category, p.width_cm, p.depth_cm, p.height_cm,
           p.price, p.currency, p.analysis_state AS analysis,
           p.analysis ->> 'generic_class' AS kind, p.analysis -> 'rooms' ->> 0 AS room,
           p.analysis -> 'styles' ->> 0 AS style,
           (SELECT count(*) FROM app.product_images i
            WHERE i.client_id = p.client_id AND i.product_id = p.id) AS photos,
           (SELECT count(*) FROM app.generated_assets a
            WHERE a.client_id = p.client_id AND a.product_id = p.id AND a.status = 'completed'
              AND a.deleted_at IS NULL) AS pictures,
           p.source, p.created_at
    FROM app.products p WHERE p.deleted_at IS NULL ORDER BY p.created_at, p.sku, p.id
""")
_PRODUCT_TYPES = _types(
    counts="photos pictures", numbers="width_cm depth_cm height_cm price", times="created_at"
)


def products(ws: Workspace) -> pd.DataFrame:
    """All products, one row each.

    Columns: product_id (UUID), sku, name, category, width_cm, depth_cm, height_cm (float),
    price (float, in currency), currency, analysis (none, done, fallback, edited), kind (generic
    class), room, style (best ones of the analysis), photos, pictures (finished, int), source
    (catalogue layout), created_at (time).
    """
    with ws.begin() as session:
        return _frame(session, _PRODUCTS, _PRODUCT_TYPES)


_COLLECTIONS = text("""
    SELECT c.id AS collection_id, c.name, c.status, c.run_state,
           (SELECT count(*) FROM app.collection_products cp
            JOIN app.products p ON p.client_id = cp.client_id AND p.id = cp.product_id
            WHERE cp.client_id = c.client_id AND cp.collection_id = c.id
              AND p.deleted_at IS NULL) AS products,
           (SELECT count(*) FROM app.inspirations i
            WHERE i.client_id = c.client_id AND i.collection_id = c.id) AS inspirations,
           n.pending, n.generating, n.completed, n.error, n.cancelled,
           n.cost_micros / 1e6 AS cost_usd, c.created_at, c.updated_at
    FROM app.collections c
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(k.pending), 0)::int AS pending,
             coalesce(sum(k.generating), 0)::int AS generating,
             coalesce(sum(k.completed), 0)::int AS completed,
             coalesce(sum(k.error), 0)::int AS error,
             coalesce(sum(k.cancelled), 0)::int AS cancelled,
             coalesce(sum(k.cost_micros), 0)::double precision AS cost_micros
      FROM app.collection_counts k
      WHERE k.client_id = c.client_id AND k.collection_id = c.id) n
    WHERE c.deleted_at IS NULL ORDER BY c.updated_at DESC, c.id
""")
_COLLECTION_TYPES = _types(
    counts="products inspirations pending generating completed error cancelled",
    numbers="cost_usd",
    times="created_at updated_at",
)


def collections(ws: Workspace) -> pd.DataFrame:
    """All collections, latest first.

    Columns: collection_id (UUID), name, status, run_state, products, inspirations, pending,
    generating, completed, error, cancelled (int, pictures), cost_usd (float), created_at,
    updated_at (time).
    """
    with ws.begin() as session:
        return _frame(session, _COLLECTIONS, _COLLECTION_TYPES)


_ASSETS = text("""
    SELECT a.id AS asset_id, p.sku, p.name AS product, s.title AS scene, a.variant, a.status,
           a.review_status AS review, a.error_code, a.error_message, a.model, a.lane,
           a.settings ->> 'aspect_ratio' AS ratio, a.settings ->> 'image_size' AS size,
           a.attempts, a.deferrals, a.crashes, a.cost_micros / 1e6 AS cost_usd,
           extract(epoch FROM a.completed_at - a.created_at)::double precision AS seconds,
           m.s3_key AS key, m.width, m.height, m.bytes, a.recipe_hash, a.created_at, a.completed_at
    FROM app.generated_assets a
    JOIN app.products p ON p.client_id = a.client_id AND p.id = a.product_id
    LEFT JOIN app.inspirations s ON s.client_id = a.client_id AND s.id = a.inspiration_id
    LEFT JOIN app.images m ON m.client_id = a.client_id AND m.id = a.image_id
    WHERE a.collection_id = :collection_id AND a.deleted_at IS NULL
    ORDER BY p.sku, p.name, a.variant, a.seq
""")
_ASSET_TYPES = _types(
    counts="variant attempts deferrals crashes",
    numbers="cost_usd seconds width height bytes",
    times="created_at completed_at",
)


def assets(ws: Workspace, collection_id: CollectionId) -> pd.DataFrame:
    """All pictures of a collection, whatever became of them.

    Columns: asset_id (UUID), sku, product, scene, variant (int), status, review, error_code,
    error_message, model, lane, ratio, size, attempts, deferrals, crashes (int), cost_usd (float),
    seconds (float, from start to finish), key (in storage), width, height (float, pixels), bytes
    (float), recipe_hash, created_at, completed_at (time).
    """
    with ws.begin() as session:
        return _frame(session, _ASSETS, _ASSET_TYPES, {"collection_id": collection_id})


_CALLS = text("""
    SELECT c.id AS call_id, c.asset_id, c.subject_id, c.purpose, c.model, c.lane, c.state, c.charge,
           c.outcome, c.http_status, c.latency_ms / 1e3 AS seconds, c.prompt_tokens,
           c.output_tokens, c.image_tokens, c.thought_tokens, c.cost_micros / 1e6 AS cost_usd,
           c.message, c.sent_at, c.done_at
    FROM app.provider_calls c
    WHERE CAST(:collection_id AS uuid) IS NULL OR c.asset_id IN (
      SELECT id FROM app.generated_assets WHERE collection_id = :collection_id)
    ORDER BY c.sent_at, c.id
""")
_CALL_TYPES = _types(
    counts="prompt_tokens output_tokens image_tokens thought_tokens",
    numbers="http_status seconds cost_usd",
    times="sent_at done_at",
)


def calls(ws: Workspace, collection_id: CollectionId | None = None) -> pd.DataFrame:
    """The ledger: every provider call, of one collection's pictures or all of them.

    Columns: call_id, asset_id, subject_id (UUID), purpose, model, lane, state, charge, outcome,
    http_status (float), seconds (float, latency), prompt_tokens, output_tokens, image_tokens,
    thought_tokens (int), cost_usd (float), message, sent_at, done_at (time).
    """
    with ws.begin() as session:
        return _frame(session, _CALLS, _CALL_TYPES, {"collection_id": collection_id})


_INSPIRATIONS = text("""
    SELECT i.id AS inspiration_id, i.title, i.source, i.analysis_state AS analysis,
           i.analysis ->> 'scene_type' AS scene_type, i.analysis -> 'styles' ->> 0 AS style,
           i.analysis_error AS error, i.credit ->> 'photographer' AS photographer,
           i.may_send_pixels,
           (SELECT count(*) FROM app.collection_products cp
            JOIN app.products p ON p.client_id = cp.client_id AND p.id = cp.product_id
            WHERE cp.client_id = i.client_id AND cp.inspiration_id = i.id
              AND p.deleted_at IS NULL) AS products,
           m.s3_key AS key, m.width, m.height, i.created_at
    FROM app.inspirations i
    JOIN app.images m ON m.client_id = i.client_id AND m.id = i.image_id
    WHERE i.collection_id = :collection_id ORDER BY i.position, i.id
""")
_INSPIRATION_TYPES = _types(
    counts="products width height", times="created_at", flags="may_send_pixels"
)


def inspirations(ws: Workspace, collection_id: CollectionId) -> pd.DataFrame:
    """The inspirations of a collection, in its order.

    Columns: inspiration_id (UUID), title, source (upload, unsplash, library), analysis (none, done,
    fallback, edited), scene_type, style, error (why it fell back), photographer, may_send_pixels
    (bool), products (int, matched to it), key (in storage), width, height (int, pixels), created_at
    (time).
    """
    with ws.begin() as session:
        return _frame(session, _INSPIRATIONS, _INSPIRATION_TYPES, {"collection_id": collection_id})


_EXPORTS = text("""
    SELECT e.id AS export_id, c.name AS collection, e.status,
           jsonb_array_length(e.asset_ids) AS pictures, e.bytes, e.error_message AS error,
           e.created_at, e.completed_at
    FROM app.exports e
    LEFT JOIN app.collections c ON c.client_id = e.client_id AND c.id = e.collection_id
    ORDER BY e.created_at DESC, e.id
""")
_EXPORT_TYPES = _types(counts="pictures", numbers="bytes", times="created_at completed_at")


def exports(ws: Workspace) -> pd.DataFrame:
    """Exports in storage, made or being made, latest first.

    Columns: export_id (UUID), collection, status (pending, running, completed, error), pictures
    (int), bytes (float), error, created_at, completed_at (time).
    """
    with ws.begin() as session:
        return _frame(session, _EXPORTS, _EXPORT_TYPES)


_MATCH_TYPES = _types(counts="variants", numbers="score")
_MATCH_COLUMNS = [
    "product_id",
    "sku",
    "product",
    "category",
    "kind",
    "scene",
    "scene_type",
    "score",
    "by",
    "ratio",
    "size",
    "variants",
]


def matches(ws: Workspace, collection_id: CollectionId) -> pd.DataFrame:
    """The scene of each product of a collection.

    Columns: product_id (UUID), sku, product, category, kind, scene (title), scene_type, score
    (float, 0-1), by (nobody, auto, user), ratio, size, variants (int).
    """
    with ws.begin() as session:
        plan = load_plan(session, collection_id)
    rows: list[tuple[Any, ...]] = []
    for product in plan.products:
        scene = plan.scene(product.scene_id)
        settings = product.resolved.settings
        rows.append(
            (
                product.id,
                product.sku,
                product.name,
                product.category,
                product.analysis.generic_class if product.analysis else None,
                scene.title if scene else None,
                settings.scene_type,
                product.match_score,
                product.matched_by,
                settings.aspect_ratio,
                settings.image_size,
                settings.variants,
            )
        )
    return _typed(rows, _MATCH_COLUMNS, _MATCH_TYPES)


def coverage(ws: Workspace, collection_id: CollectionId) -> pd.DataFrame:
    """How well every scene fits every product.

    Rows are products (index: SKU, else name), columns are scene titles, both numbered where they
    would be alike; values are match scores 0-1 (float). The frame's ``attrs["chosen"]`` maps each
    row label to the column of its matched scene.
    """
    with ws.begin() as session:
        plan = load_plan(session, collection_id)
    table = score_table(*plan.facts())
    labels = _apart(product.sku or product.name for product in plan.products)
    titles = dict(
        zip(
            (scene.id for scene in plan.scenes),
            _apart(scene.title for scene in plan.scenes),
            strict=True,
        )
    )
    shape = (len(labels), len(titles))
    frame = pd.DataFrame(
        np.reshape(table.values, shape),
        index=pd.Index(labels, dtype=object),
        columns=list(titles.values()),
    )
    frame.attrs["chosen"] = {
        label: titles[product.scene_id]
        for label, product in zip(labels, plan.products, strict=True)
        if product.scene_id is not None and product.scene_id in titles
    }
    return frame


def _apart(names: Iterable[str]) -> list[str]:
    """The same names, those used before with a number."""
    seen: Counter[str] = Counter()
    apart: list[str] = []
    for name in names:
        seen[name] += 1
        apart.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return apart


# A day with analyses only has a cost and no generations.
_USAGE = text("""
    SELECT day, coalesce(u.used, 0) AS used, coalesce(u.reserved, 0) AS reserved,
           coalesce(c.cost_micros, 0) / 1e6 AS cost_usd
    FROM app.usage_days u
    FULL JOIN (
      SELECT (sent_at AT TIME ZONE 'UTC')::date AS day, sum(cost_micros) AS cost_micros
      FROM app.provider_calls GROUP BY 1) c USING (day)
    ORDER BY day
""")
_USAGE_TYPES = _types(counts="used reserved", numbers="cost_usd")


def usage(ws: Workspace) -> pd.DataFrame:
    """Generations and cost by UTC day.

    Columns: day (date), used, reserved (int, pictures), cost_usd (float, of every call that day,
    analyses included).
    """
    with ws.begin() as session:
        return _frame(session, _USAGE, _USAGE_TYPES)


_CLIENTS = text("""
    SELECT c.id AS client_id, c.slug, c.name, c.plan, c.status,
           (SELECT count(*) FROM app.products p
            WHERE p.client_id = c.id AND p.deleted_at IS NULL) AS products,
           (SELECT count(*) FROM app.collections k
            WHERE k.client_id = c.id AND k.deleted_at IS NULL) AS collections,
           coalesce((SELECT u.used FROM app.usage_days u WHERE u.client_id = c.id
             AND u.day = (now() AT TIME ZONE 'UTC')::date), 0) AS used_today, c.created_at
    FROM app.clients c WHERE c.deleted_at IS NULL ORDER BY c.name, c.id
""")
_CLIENT_TYPES = _types(counts="products collections used_today", times="created_at")


def clients(rt: Runtime) -> pd.DataFrame:
    """All clients.

    Columns: client_id (UUID), slug, name, plan, status, products, collections, used_today (int),
    created_at (time).
    """
    with rt.begin() as session:
        return _frame(session, _CLIENTS, _CLIENT_TYPES)


_WORKERS = text("""
    SELECT id AS worker, role, version, started_at, seen_at,
           extract(epoch FROM now() - seen_at)::double precision AS silent_s
    FROM app.workers ORDER BY role, id
""")
_WORKER_TYPES = _types(numbers="silent_s", times="started_at seen_at")


def workers(rt: Runtime) -> pd.DataFrame:
    """Worker processes seen in the last hour.

    Columns: worker (host:pid:role), role, version, started_at, seen_at (time), silent_s (float,
    seconds since).
    """
    with rt.begin() as session:
        return _frame(session, _WORKERS, _WORKER_TYPES)
