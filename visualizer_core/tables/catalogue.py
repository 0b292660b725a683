"""What the catalogue holds."""

import pandas as pd
from sqlalchemy import text

from visualizer_core.tables.frames import frame_of, types
from visualizer_core.workspace import Workspace

__all__ = ["products"]

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
_PRODUCT_TYPES = types(
    counts="photos pictures", numbers="width_cm depth_cm height_cm price", times="created_at"
)


def products(ws: Workspace) -> pd.DataFrame:
    """All products, one row each, oldest first.

    Columns
    -------
    product_id : UUID
    sku, name, category, currency, source : text
        `source` is the layout of the catalogue it came from.
    width_cm, depth_cm, height_cm : float
    price : float
        In `currency`.
    analysis : text
        none, done, fallback or edited.
    kind, room, style : text
        Generic class, best room and best style of the analysis.
    photos, pictures : int
        `pictures` are the finished ones.
    created_at : time
    """
    with ws.begin() as session:
        return frame_of(session, _PRODUCTS, _PRODUCT_TYPES)
