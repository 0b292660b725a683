-- Marks a collection completed when nothing of it is open; true when that happened now.
-- The caller holds the collection's lock. Volatile, so that it sees what was committed until that
-- lock was given, and what the statement it is called from has written so far: of two workers that
-- finish the last two assets at once, the second sees the first one's.
CREATE OR REPLACE FUNCTION app.close_collection(p_client uuid, p_collection uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = app, pg_temp AS $$
BEGIN
  UPDATE collections c SET status = 'completed', completed_at = now(), updated_at = now(),
         version = version + 1
  WHERE c.client_id = p_client AND c.id = p_collection AND c.status = 'generating'
    AND NOT EXISTS (SELECT 1 FROM generated_assets a
                    WHERE a.client_id = c.client_id AND a.collection_id = c.id
                      AND a.status IN ('pending', 'generating'));
  RETURN FOUND;
END $$;
