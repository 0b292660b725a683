-- Keeps app.collection_counts in step with app.generated_assets, one statement at a time.
-- Runs as the caller: whoever may change an asset may change the counts of its client.
-- A trigger function may read only the transition tables its trigger names, hence a branch each.

DO $$ BEGIN
  CREATE TYPE app.asset_delta AS (
    client_id uuid, collection_id uuid, status text, cost_micros bigint, n integer
  );
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;

CREATE OR REPLACE FUNCTION app.add_to_counts(deltas app.asset_delta[]) RETURNS void
LANGUAGE sql SET search_path = app, pg_temp AS $$
  INSERT INTO app.collection_counts AS c
    (client_id, collection_id, shard, pending, generating, completed, error, cancelled, cost_micros)
  SELECT d.client_id, d.collection_id, pg_backend_pid() % 8,
         coalesce(sum(d.n) FILTER (WHERE d.status = 'pending'), 0),
         coalesce(sum(d.n) FILTER (WHERE d.status = 'generating'), 0),
         coalesce(sum(d.n) FILTER (WHERE d.status = 'completed'), 0),
         coalesce(sum(d.n) FILTER (WHERE d.status = 'error'), 0),
         coalesce(sum(d.n) FILTER (WHERE d.status = 'cancelled'), 0),
         sum(d.n * d.cost_micros)
  FROM (SELECT * FROM unnest(deltas)) d
  GROUP BY d.client_id, d.collection_id
  ORDER BY d.client_id, d.collection_id
  ON CONFLICT (client_id, collection_id, shard) DO UPDATE SET
    pending = c.pending + excluded.pending,
    generating = c.generating + excluded.generating,
    completed = c.completed + excluded.completed,
    error = c.error + excluded.error,
    cancelled = c.cancelled + excluded.cancelled,
    cost_micros = c.cost_micros + excluded.cost_micros;
$$;

CREATE OR REPLACE FUNCTION app.count_assets() RETURNS trigger
LANGUAGE plpgsql SET search_path = app, pg_temp AS $$
DECLARE
  deltas app.asset_delta[];
BEGIN
  IF TG_OP = 'INSERT' THEN
    SELECT array_agg(ROW(client_id, collection_id, status, cost_micros, 1)::app.asset_delta)
      INTO deltas FROM fresh;
  ELSIF TG_OP = 'DELETE' THEN
    -- A collection that goes takes its counts with it.
    SELECT array_agg(ROW(client_id, collection_id, status, cost_micros, -1)::app.asset_delta)
      INTO deltas FROM stale
      WHERE EXISTS (SELECT 1 FROM app.collections c
                    WHERE c.client_id = stale.client_id AND c.id = stale.collection_id);
  ELSE
    SELECT array_agg(ROW(client_id, collection_id, status, cost_micros, n)::app.asset_delta)
      INTO deltas
      FROM (
        SELECT f.client_id, f.collection_id, f.status, f.cost_micros, 1 AS n
          FROM fresh f JOIN stale s USING (id)
          WHERE (f.status, f.cost_micros) IS DISTINCT FROM (s.status, s.cost_micros)
        UNION ALL
        SELECT s.client_id, s.collection_id, s.status, s.cost_micros, -1
          FROM fresh f JOIN stale s USING (id)
          WHERE (f.status, f.cost_micros) IS DISTINCT FROM (s.status, s.cost_micros)
      ) changed;
  END IF;
  IF deltas IS NOT NULL THEN
    PERFORM app.add_to_counts(deltas);
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER count_inserted AFTER INSERT ON app.generated_assets
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION app.count_assets();
CREATE OR REPLACE TRIGGER count_updated AFTER UPDATE ON app.generated_assets
  REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION app.count_assets();
CREATE OR REPLACE TRIGGER count_deleted AFTER DELETE ON app.generated_assets
  REFERENCING OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION app.count_assets();
