"""What was made: pictures, the calls they took, the exports they went into."""

import pandas as pd
from sqlalchemy import text

from visualizer_core.domain.ids import CollectionId
from visualizer_core.tables.frames import frame_of, types
from visualizer_core.workspace import Workspace

__all__ = ["assets", "calls", "exports"]

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
_ASSET_TYPES = types(
    counts="variant attempts deferrals crashes",
    numbers="cost_usd seconds width height bytes",
    times="created_at completed_at",
)


def assets(ws: Workspace, collection_id: CollectionId) -> pd.DataFrame:
    """All pictures of a collection, whatever became of them; none when it is not there.

    Columns
    -------
    asset_id : UUID
    sku, product, scene : text
    variant : int
    status, review, error_code, error_message, model, lane, ratio, size : text
    attempts, deferrals, crashes : int
    cost_usd : float
    seconds : float
        From start to finish.
    key, recipe_hash : text
        `key` is where it lies in storage.
    width, height : float
        Pixels.
    bytes : float
    created_at, completed_at : time
    """
    with ws.begin() as session:
        return frame_of(session, _ASSETS, _ASSET_TYPES, {"collection_id": collection_id})


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
_CALL_TYPES = types(
    counts="prompt_tokens output_tokens image_tokens thought_tokens",
    numbers="http_status seconds cost_usd",
    times="sent_at done_at",
)


def calls(ws: Workspace, collection_id: CollectionId | None = None) -> pd.DataFrame:
    """The ledger: every provider call, of one collection's pictures or all of them.

    Columns
    -------
    call_id, asset_id, subject_id : UUID
        `subject_id` is the product or inspiration of an analysis.
    purpose, model, lane, state, charge, outcome, message : text
    http_status : float
    seconds : float
        Until the answer.
    prompt_tokens, output_tokens, image_tokens, thought_tokens : int
    cost_usd : float
    sent_at, done_at : time
    """
    with ws.begin() as session:
        return frame_of(session, _CALLS, _CALL_TYPES, {"collection_id": collection_id})


_EXPORTS = text("""
    SELECT e.id AS export_id, c.name AS collection, e.status,
           jsonb_array_length(e.asset_ids) AS pictures, e.bytes, e.error_message AS error,
           e.created_at, e.completed_at
    FROM app.exports e
    LEFT JOIN app.collections c ON c.client_id = e.client_id AND c.id = e.collection_id
    ORDER BY e.created_at DESC, e.id
""")
_EXPORT_TYPES = types(counts="pictures", numbers="bytes", times="created_at completed_at")


def exports(ws: Workspace) -> pd.DataFrame:
    """Exports in storage, made or being made, latest first.

    Columns
    -------
    export_id : UUID
    collection : text
    status : text
        pending, running, completed or error.
    pictures : int
    bytes : float
    error : text
    created_at, completed_at : time
    """
    with ws.begin() as session:
        return frame_of(session, _EXPORTS, _EXPORT_TYPES)
