"""Every DataFrame a screen or a notebook shows; read only.

Each function documents its columns. Money is in US dollars, times are UTC, sizes as named.
"""

from collections.abc import Mapping
from typing import Any

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
    "matches",
    "products",
    "usage",
    "workers",
]

MOST_ROWS = 50_000  # a frame beyond this belongs into a query of its own


def _frame(session: Session, statement: TextClause, values: Mapping[str, Any]) -> pd.DataFrame:
    result = session.execute(statement, dict(values))
    return pd.DataFrame.from_records(
        [tuple(row) for row in result.fetchmany(MOST_ROWS)], columns=list(result.keys())
    )


_PRODUCTS = text("""
    SELECT p.id AS product_id, p.sku, p.name, p.category, p.width_cm, p.depth_cm, p.height_cm,
           p.price::double precision AS price, p.currency, p.analysis_state AS analysis,
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


def products(ws: Workspace) -> pd.DataFrame:
    """All products, one row each.

    Columns: product_id (UUID), sku, name, category, width_cm, depth_cm, height_cm (float),
    price (float, in currency), currency, analysis (none, done, fallback, edited), kind (generic
    class), room and style (best ones of the analysis), photos, pictures (finished, int), source
    (catalogue layout), created_at.
    """
    with ws.begin() as session:
        return _frame(session, _PRODUCTS, {})


_COLLECTIONS = text("""
    SELECT c.id AS collection_id, c.name, c.status, c.run_state,
           (SELECT count(*) FROM app.collection_products cp
            WHERE cp.client_id = c.client_id AND cp.collection_id = c.id) AS products,
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
    WHERE c.deleted_at IS NULL ORDER BY c.updated_at DESC
""")


def collections(ws: Workspace) -> pd.DataFrame:
    """All collections, latest first.

    Columns: collection_id (UUID), name, status, run_state, products, inspirations, pending,
    generating, completed, error, cancelled (int), cost_usd (float), created_at, updated_at.
    """
    with ws.begin() as session:
        return _frame(session, _COLLECTIONS, {})


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


def assets(ws: Workspace, collection_id: CollectionId) -> pd.DataFrame:
    """All pictures of a collection, whatever became of them.

    Columns: asset_id (UUID), sku, product, scene, variant (int), status, review, error_code,
    error_message, model, lane, ratio, size, attempts, deferrals, crashes (int), cost_usd (float),
    seconds (from start to finish), key (in storage), width, height (pixels), bytes, recipe_hash,
    created_at, completed_at.
    """
    with ws.begin() as session:
        return _frame(session, _ASSETS, {"collection_id": collection_id})


_CALLS = text("""
    SELECT c.id AS call_id, c.asset_id, c.subject_id, c.purpose, c.model, c.lane, c.state, c.charge,
           c.outcome, c.http_status, c.latency_ms / 1e3 AS seconds, c.prompt_tokens,
           c.output_tokens, c.image_tokens, c.thought_tokens, c.cost_micros / 1e6 AS cost_usd,
           c.message, c.sent_at, c.done_at
    FROM app.provider_calls c
    WHERE CAST(:collection_id AS uuid) IS NULL OR c.asset_id IN (
      SELECT id FROM app.generated_assets WHERE collection_id = :collection_id)
    ORDER BY c.sent_at
""")


def calls(ws: Workspace, collection_id: CollectionId | None = None) -> pd.DataFrame:
    """The ledger: every provider call, of one collection's pictures or all of them.

    Columns: call_id, asset_id, subject_id (UUID), purpose, model, lane, state, charge, outcome,
    http_status, seconds (latency), prompt_tokens, output_tokens, image_tokens, thought_tokens,
    cost_usd, message, sent_at, done_at.
    """
    with ws.begin() as session:
        return _frame(session, _CALLS, {"collection_id": collection_id})


def matches(ws: Workspace, collection_id: CollectionId) -> pd.DataFrame:
    """The scene of each product of a collection.

    Columns: product_id (UUID), sku, product, category, kind, scene (title), scene_type, score
    (0-1), by (nobody, auto, user), ratio, size, variants.
    """
    with ws.begin() as session:
        plan = load_plan(session, collection_id)
    records: list[dict[str, Any]] = []
    for product in plan.products:
        scene = plan.scene(product.scene_id)
        settings = product.resolved.settings
        records.append(
            {
                "product_id": product.id,
                "sku": product.sku,
                "product": product.name,
                "category": product.category,
                "kind": product.analysis.generic_class if product.analysis else None,
                "scene": scene.title if scene else None,
                "scene_type": settings.scene_type,
                "score": product.match_score,
                "by": product.matched_by,
                "ratio": settings.aspect_ratio,
                "size": settings.image_size,
                "variants": settings.variants,
            }
        )
    return pd.DataFrame.from_records(records)


def coverage(ws: Workspace, collection_id: CollectionId) -> pd.DataFrame:
    """How well every scene fits every product.

    Rows are products (index: SKU, else name), columns are scene titles, values are match scores
    0-1; the frame's ``attrs["chosen"]`` maps each row label to its matched scene.
    """
    with ws.begin() as session:
        plan = load_plan(session, collection_id)
    table = score_table(*plan.facts())
    labels = [product.sku or product.name for product in plan.products]
    titles = [scene.title for scene in plan.scenes]
    frame = pd.DataFrame(table.values, index=labels, columns=titles)
    chosen = (plan.scene(product.scene_id) for product in plan.products)
    frame.attrs["chosen"] = {
        label: scene.title for label, scene in zip(labels, chosen, strict=True) if scene
    }
    return frame


_USAGE = text("""
    SELECT u.day, u.used, u.reserved,
           coalesce((SELECT sum(c.cost_micros) / 1e6 FROM app.provider_calls c
                     WHERE c.client_id = u.client_id AND c.sent_at >= u.day
                       AND c.sent_at < u.day + 1), 0)::double precision AS cost_usd
    FROM app.usage_days u ORDER BY u.day
""")


def usage(ws: Workspace) -> pd.DataFrame:
    """Generations and cost by UTC day.

    Columns: day (date), used, reserved (int, pictures), cost_usd (of every call that day).
    """
    with ws.begin() as session:
        return _frame(session, _USAGE, {})


_CLIENTS = text("""
    SELECT c.id AS client_id, c.slug, c.name, c.plan, c.status,
           (SELECT count(*) FROM app.products p
            WHERE p.client_id = c.id AND p.deleted_at IS NULL) AS products,
           (SELECT count(*) FROM app.collections k
            WHERE k.client_id = c.id AND k.deleted_at IS NULL) AS collections,
           coalesce((SELECT u.used FROM app.usage_days u WHERE u.client_id = c.id
             AND u.day = (now() AT TIME ZONE 'UTC')::date), 0) AS used_today, c.created_at
    FROM app.clients c WHERE c.deleted_at IS NULL ORDER BY c.name
""")


def clients(rt: Runtime) -> pd.DataFrame:
    """All clients.

    Columns: client_id (UUID), slug, name, plan, status, products, collections, used_today (int),
    created_at.
    """
    with rt.begin() as session:
        return _frame(session, _CLIENTS, {})


_WORKERS = text("""
    SELECT id AS worker, role, version, started_at, seen_at,
           extract(epoch FROM now() - seen_at)::double precision AS silent_s
    FROM app.workers ORDER BY role, id
""")


def workers(rt: Runtime) -> pd.DataFrame:
    """Worker processes seen in the last hour.

    Columns: worker (host:pid:role), role, version, started_at, seen_at, silent_s (seconds since).
    """
    with rt.begin() as session:
        return _frame(session, _WORKERS, {})
