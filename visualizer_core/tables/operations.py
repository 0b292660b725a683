"""Usage of a client, and what the operator sees of all of them."""

import pandas as pd
from sqlalchemy import text

from visualizer_core.tables.frames import frame_of, types
from visualizer_core.workspace import Runtime, Workspace

__all__ = ["clients", "usage", "workers"]

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
_USAGE_TYPES = types(counts="used reserved", numbers="cost_usd")


def usage(ws: Workspace) -> pd.DataFrame:
    """Generations and cost by UTC day.

    Columns
    -------
    day : date
    used, reserved : int
        Pictures.
    cost_usd : float
        Of every call that day, analyses included.
    """
    with ws.begin() as session:
        return frame_of(session, _USAGE, _USAGE_TYPES)


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
_CLIENT_TYPES = types(counts="products collections used_today", times="created_at")


def clients(rt: Runtime) -> pd.DataFrame:
    """All clients, by name.

    Columns
    -------
    client_id : UUID
    slug, name, plan, status : text
    products, collections, used_today : int
    created_at : time
    """
    with rt.begin() as session:
        return frame_of(session, _CLIENTS, _CLIENT_TYPES)


_WORKERS = text("""
    SELECT id AS worker, role, version, started_at, seen_at,
           extract(epoch FROM now() - seen_at)::double precision AS silent_s
    FROM app.workers ORDER BY role, id
""")
_WORKER_TYPES = types(numbers="silent_s", times="started_at seen_at")


def workers(rt: Runtime) -> pd.DataFrame:
    """Worker processes seen in the last hour.

    Columns
    -------
    worker : text
        host:pid:start.
    role, version : text
    started_at, seen_at : time
    silent_s : float
        Seconds since it was seen.
    """
    with rt.begin() as session:
        return frame_of(session, _WORKERS, _WORKER_TYPES)
