"""Collections, and what is in one: inspirations, matches, how well everything fits."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import text

from visualizer_core.db.plan import load_plan
from visualizer_core.domain.ids import CollectionId
from visualizer_core.domain.matching import score_table
from visualizer_core.tables.frames import frame_of, typed, types
from visualizer_core.workspace import Workspace

__all__ = ["collections", "coverage", "inspirations", "matches"]

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
_COLLECTION_TYPES = types(
    counts="products inspirations pending generating completed error cancelled",
    numbers="cost_usd",
    times="created_at updated_at",
)


def collections(ws: Workspace) -> pd.DataFrame:
    """All collections, the one changed last first.

    Columns
    -------
    collection_id : UUID
    name, status, run_state : text
    products, inspirations : int
    pending, generating, completed, error, cancelled : int
        Pictures.
    cost_usd : float
    created_at, updated_at : time
    """
    with ws.begin() as session:
        return frame_of(session, _COLLECTIONS, _COLLECTION_TYPES)


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
_INSPIRATION_TYPES = types(
    counts="products width height", times="created_at", flags="may_send_pixels"
)


def inspirations(ws: Workspace, collection_id: CollectionId) -> pd.DataFrame:
    """The inspirations of a collection, in its order; none when it is not there.

    Columns
    -------
    inspiration_id : UUID
    title, source : text
        `source` is upload, unsplash or library.
    analysis : text
        none, done, fallback or edited.
    scene_type, style : text
    error : text
        Why it fell back.
    photographer, key : text
        `key` is where it lies in storage.
    may_send_pixels : bool
    products : int
        Matched to it.
    width, height : int
        Pixels.
    created_at : time
    """
    with ws.begin() as session:
        return frame_of(
            session, _INSPIRATIONS, _INSPIRATION_TYPES, {"collection_id": collection_id}
        )


_MATCH_TYPES = types(counts="variants", numbers="score")
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

    Columns
    -------
    product_id : UUID
    sku, product, category, kind, scene, scene_type : text
    score : float
        0-1.
    by : text
        nobody, auto or user.
    ratio, size : text
    variants : int

    Raises
    ------
    NotFound
        When this client has no such collection.
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
    return typed(rows, _MATCH_COLUMNS, _MATCH_TYPES)


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
