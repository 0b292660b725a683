-- Takes the next asset of a queue and model, fairly; returns it, or no row when nothing may be
-- taken now. Call it in a transaction of its own: it commits without waiting for the disk, which
-- is safe only because the ledger's write that follows flushes the same log. A claim lost in a
-- crash of the server is a row that is still pending.
CREATE OR REPLACE FUNCTION app.claim_asset(
  p_queue text, p_model text, p_worker text, p_lease_s double precision, p_quarantine boolean
) RETURNS SETOF app.generated_assets
LANGUAGE plpgsql SET search_path = app, pg_temp AS $$
DECLARE
  v_cap integer;        -- calls in flight of this model, all queues together
  v_reserved integer;   -- of these, kept for work a person waits for
  v_running integer;
  v_pick record;
  v_asset app.generated_assets;
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  -- One claim at a time per model: what is counted below stays true until the commit.
  PERFORM pg_advisory_xact_lock(hashtext('app.claim_asset'), hashtext(p_model));

  SELECT max_in_flight, reserved_slots INTO v_cap, v_reserved
    FROM provider_limits
    WHERE model = p_model AND (paused_until IS NULL OR paused_until <= now());
  IF NOT FOUND THEN
    IF EXISTS (SELECT 1 FROM provider_limits WHERE model = p_model) THEN
      RETURN;  -- paused
    END IF;
    v_cap := 64;      -- the defaults of provider_limits, for a model nobody configured
    v_reserved := 2;
  END IF;
  -- However few calls are allowed, bulk work gets one of them, or it would wait for ever.
  v_reserved := least(v_reserved, greatest(v_cap, 1) - 1);

  SELECT count(*) INTO v_running
    FROM generated_assets WHERE status = 'generating' AND model = p_model;
  IF v_running >= v_cap THEN
    RETURN;
  END IF;
  -- Quarantine: one suspect at a time, so that a crash names its cause.
  IF p_quarantine AND EXISTS (
    SELECT 1 FROM generated_assets
    WHERE model = p_model AND status = 'generating' AND crashes >= 2
  ) THEN
    RETURN;
  END IF;
  IF p_quarantine AND NOT EXISTS (
    SELECT 1 FROM generated_assets
    WHERE model = p_model AND status IN ('pending', 'generating') AND crashes >= 2
  ) THEN
    RETURN;
  END IF;

  FOR v_pick IN
    WITH running AS MATERIALIZED (
      SELECT client_id, count(*) AS n
      FROM generated_assets
      WHERE status = 'generating' AND model = p_model AND queue = p_queue
      GROUP BY client_id
    ), ready AS MATERIALIZED (
      SELECT share.client_id, share.weight, share.virtual_time, coalesce(running.n, 0) AS in_flight,
             share.blocked_until <= now() AND coalesce(running.n, 0) < share.max_in_flight AS free,
             next.id, next.priority
      FROM fair_shares share
      JOIN clients client
        ON client.id = share.client_id AND client.status = 'active' AND client.deleted_at IS NULL
      LEFT JOIN running ON running.client_id = share.client_id
      CROSS JOIN LATERAL (
        SELECT asset.id, asset.priority
        FROM generated_assets asset
        WHERE asset.queue = p_queue AND asset.model = p_model AND asset.client_id = share.client_id
          AND asset.status = 'pending' AND asset.hold IS NULL AND asset.run_after <= now()
          AND (asset.crashes >= 2) = p_quarantine
          AND EXISTS (
            SELECT 1 FROM collections c
            WHERE c.client_id = asset.client_id AND c.id = asset.collection_id
              -- A picture a person asked for is made while the rest of its run is paused.
              AND (c.run_state = 'active' OR (c.run_state = 'paused' AND asset.priority > 0))
          )
        ORDER BY asset.priority DESC, asset.run_after, asset.seq
        LIMIT 1
      ) next
      WHERE share.queue = p_queue
    )
    SELECT ready.id, ready.client_id, ready.weight,
           -- Start-time fair queueing: the clock is where the last claim of anybody began. A client
           -- that comes back after a pause starts there; it has saved nothing up.
           greatest(ready.virtual_time, (
             SELECT max(share.virtual_time - 1.0 / share.weight)
             FROM fair_shares share WHERE share.queue = p_queue
           )) AS virtual_time
    FROM ready
    WHERE ready.free AND (ready.priority > 0 OR v_running < v_cap - v_reserved)
    ORDER BY ready.priority DESC, ready.in_flight / ready.weight, ready.virtual_time,
             ready.client_id
    LIMIT 8  -- a pick may be cancelled or paused under our hands: then the next in line
  LOOP
    UPDATE generated_assets SET
      status = 'generating', lease_token = gen_random_uuid(),
      lease_until = now() + make_interval(secs => p_lease_s), leased_by = p_worker,
      attempts = attempts + 1, progress = 5, updated_at = now()
    WHERE id = (
      -- Never wait here: whoever waits would keep every other claim of this model waiting too.
      SELECT id FROM generated_assets
      WHERE id = v_pick.id AND status = 'pending' AND hold IS NULL
      FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING * INTO v_asset;
    IF FOUND THEN
      -- Not waiting here either: a missed advance costs one claim's worth of fairness.
      UPDATE fair_shares share SET virtual_time = v_pick.virtual_time + 1.0 / v_pick.weight
      FROM (
        SELECT queue, client_id FROM fair_shares
        WHERE queue = p_queue AND client_id = v_pick.client_id
        FOR NO KEY UPDATE SKIP LOCKED
      ) mine
      WHERE share.queue = mine.queue AND share.client_id = mine.client_id;
      RETURN NEXT v_asset;
      RETURN;
    END IF;
  END LOOP;
END $$;
