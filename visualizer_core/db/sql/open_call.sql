-- Writes the ledger before a call: the money may be spent only when this returned the call's id.
-- No row means: the lease is lost, a cancel was asked for, the run was paused, the answer is
-- already paid for, or another call of this asset is still under way. The partial unique index settles races.
CREATE OR REPLACE FUNCTION app.open_call(
  p_asset uuid, p_lease uuid, p_call uuid, p_model text, p_lane text, p_estimated bigint
) RETURNS SETOF uuid
LANGUAGE plpgsql SET search_path = app, pg_temp AS $$
BEGIN
  IF current_setting('synchronous_commit') = 'off' THEN
    PERFORM set_config('synchronous_commit', 'on', true);  -- the one write that must not be lost
  END IF;
  RETURN QUERY
    WITH held AS (
      SELECT asset.client_id, asset.id, asset.lease_token
      FROM generated_assets asset
      JOIN collections c ON c.client_id = asset.client_id AND c.id = asset.collection_id
      WHERE asset.id = p_asset AND asset.lease_token = p_lease AND asset.status = 'generating'
        AND NOT asset.cancel_requested AND asset.paid_call_id IS NULL
        AND (c.run_state <> 'paused' OR asset.priority > 0)
      FOR NO KEY UPDATE OF asset
    )
    INSERT INTO provider_calls AS call
      (id, client_id, asset_id, model, lane, lease_token, state, charge, estimated_micros)
    SELECT p_call, held.client_id, held.id, p_model, p_lane, held.lease_token, 'sent', 'maybe',
           p_estimated
    FROM held
    ON CONFLICT DO NOTHING
    RETURNING call.id;
END $$;
