-- Whose transaction this is. NULLIF because a reverted transaction-local setting leaves '' behind,
-- not NULL, and ''::uuid would raise. STABLE and inlinable: policies become index conditions.
CREATE OR REPLACE FUNCTION app.tenant() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN NULLIF(current_setting('app.client_id', true), '')::uuid;
