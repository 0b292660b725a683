CREATE TABLE app.provider_limits (
  model TEXT NOT NULL,
  requests_per_minute DOUBLE PRECISION,
  input_tokens_per_minute DOUBLE PRECISION,
  images_per_minute DOUBLE PRECISION,
  micros_per_ten_minutes DOUBLE PRECISION,
  requests_per_day INTEGER,
  max_in_flight INTEGER DEFAULT 64 NOT NULL,
  reserved_slots INTEGER DEFAULT 2 NOT NULL,
  paused_until TIMESTAMP WITH TIME ZONE,
  paused_reason TEXT,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_provider_limits PRIMARY KEY (model)
);

CREATE TABLE app.workers (
  id TEXT NOT NULL,
  role TEXT NOT NULL,
  version TEXT NOT NULL,
  started_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  details JSONB DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT pk_workers PRIMARY KEY (id)
);

CREATE TABLE app.budget_months (
  month DATE NOT NULL,
  used_micros BIGINT DEFAULT 0 NOT NULL,
  reserved_micros BIGINT DEFAULT 0 NOT NULL,
  client_id UUID DEFAULT app.tenant() NOT NULL,
  CONSTRAINT pk_budget_months PRIMARY KEY (client_id, month),
  CONSTRAINT ck_budget_months_not_negative CHECK (used_micros >= 0 AND reserved_micros >= 0),
  CONSTRAINT fk_budget_months_client_id FOREIGN KEY(client_id) REFERENCES app.clients (id) ON DELETE CASCADE
);

CREATE TABLE app.fair_shares (
  queue TEXT NOT NULL,
  weight DOUBLE PRECISION DEFAULT 1 NOT NULL,
  virtual_time DOUBLE PRECISION DEFAULT 0 NOT NULL,
  blocked_until TIMESTAMP WITH TIME ZONE DEFAULT 'epoch' NOT NULL,
  max_in_flight INTEGER DEFAULT 1000 NOT NULL,
  client_id UUID DEFAULT app.tenant() NOT NULL,
  CONSTRAINT pk_fair_shares PRIMARY KEY (queue, client_id),
  CONSTRAINT ck_fair_shares_queue CHECK (queue IN ('client', 'admin')),
  CONSTRAINT ck_fair_shares_weight CHECK (weight > 0),
  CONSTRAINT fk_fair_shares_client_id FOREIGN KEY(client_id) REFERENCES app.clients (id) ON DELETE CASCADE
);

CREATE TABLE app.idempotency_keys (
  key TEXT NOT NULL,
  body_hash TEXT NOT NULL,
  response JSONB DEFAULT '{}'::jsonb NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  client_id UUID DEFAULT app.tenant() NOT NULL,
  CONSTRAINT pk_idempotency_keys PRIMARY KEY (client_id, key),
  CONSTRAINT fk_idempotency_keys_client_id FOREIGN KEY(client_id) REFERENCES app.clients (id) ON DELETE CASCADE
);

CREATE TABLE app.usage_days (
  day DATE NOT NULL,
  used INTEGER DEFAULT 0 NOT NULL,
  reserved INTEGER DEFAULT 0 NOT NULL,
  client_id UUID DEFAULT app.tenant() NOT NULL,
  CONSTRAINT pk_usage_days PRIMARY KEY (client_id, day),
  CONSTRAINT ck_usage_days_not_negative CHECK (used >= 0 AND reserved >= 0),
  CONSTRAINT fk_usage_days_client_id FOREIGN KEY(client_id) REFERENCES app.clients (id) ON DELETE CASCADE
);

CREATE TABLE app.collection_counts (
  collection_id UUID NOT NULL,
  shard INTEGER NOT NULL,
  pending INTEGER DEFAULT 0 NOT NULL,
  generating INTEGER DEFAULT 0 NOT NULL,
  completed INTEGER DEFAULT 0 NOT NULL,
  error INTEGER DEFAULT 0 NOT NULL,
  cancelled INTEGER DEFAULT 0 NOT NULL,
  cost_micros BIGINT DEFAULT 0 NOT NULL,
  client_id UUID DEFAULT app.tenant() NOT NULL,
  CONSTRAINT pk_collection_counts PRIMARY KEY (client_id, collection_id, shard),
  CONSTRAINT fk_collection_counts_client_id_collection_id FOREIGN KEY(client_id, collection_id) REFERENCES app.collections (client_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_collection_counts_client_id FOREIGN KEY(client_id) REFERENCES app.clients (id) ON DELETE CASCADE
);

CREATE TABLE app.exports (
  id UUID DEFAULT gen_random_uuid() NOT NULL,
  collection_id UUID,
  preset TEXT DEFAULT 'original' NOT NULL,
  template TEXT NOT NULL,
  asset_ids JSONB DEFAULT '[]'::jsonb NOT NULL,
  status TEXT DEFAULT 'pending' NOT NULL,
  s3_key TEXT,
  bytes BIGINT,
  error_message TEXT,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  completed_at TIMESTAMP WITH TIME ZONE,
  client_id UUID DEFAULT app.tenant() NOT NULL,
  CONSTRAINT pk_exports PRIMARY KEY (id),
  CONSTRAINT uq_exports_client_id_id UNIQUE (client_id, id),
  CONSTRAINT fk_exports_client_id_collection_id FOREIGN KEY(client_id, collection_id) REFERENCES app.collections (client_id, id) ON DELETE CASCADE,
  CONSTRAINT ck_exports_status CHECK (status IN ('pending', 'running', 'completed', 'error')),
  CONSTRAINT fk_exports_client_id FOREIGN KEY(client_id) REFERENCES app.clients (id) ON DELETE CASCADE
);

CREATE TABLE app.generated_assets (
  id UUID DEFAULT gen_random_uuid() NOT NULL,
  collection_id UUID NOT NULL,
  product_id UUID NOT NULL,
  inspiration_id UUID,
  type TEXT DEFAULT 'image' NOT NULL,
  status TEXT DEFAULT 'pending' NOT NULL,
  settings JSONB DEFAULT '{}'::jsonb NOT NULL,
  settings_trace JSONB DEFAULT '{}'::jsonb NOT NULL,
  variant INTEGER DEFAULT 1 NOT NULL,
  slot TEXT,
  seed BIGINT DEFAULT 0 NOT NULL,
  image_id UUID,
  prompt TEXT DEFAULT '' NOT NULL,
  prompt_trace JSONB DEFAULT '{}'::jsonb NOT NULL,
  recipe JSONB DEFAULT '{}'::jsonb NOT NULL,
  recipe_hash TEXT,
  parent_id UUID,
  instruction TEXT DEFAULT '' NOT NULL,
  reasons JSONB DEFAULT '[]'::jsonb NOT NULL,
  pinned BOOLEAN DEFAULT false NOT NULL,
  favourite BOOLEAN DEFAULT false NOT NULL,
  review_status TEXT DEFAULT 'pending' NOT NULL,
  review_reason TEXT,
  reviewed_by TEXT,
  reviewed_at TIMESTAMP WITH TIME ZONE,
  fidelity JSONB DEFAULT '{}'::jsonb NOT NULL,
  risk DOUBLE PRECISION,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  completed_at TIMESTAMP WITH TIME ZONE,
  deleted_at TIMESTAMP WITH TIME ZONE,
  job_id TEXT DEFAULT gen_random_uuid()::text NOT NULL,
  queue TEXT DEFAULT 'client' NOT NULL,
  model TEXT NOT NULL,
  lane TEXT DEFAULT 'standard' NOT NULL,
  priority INTEGER DEFAULT 0 NOT NULL,
  seq BIGINT GENERATED ALWAYS AS IDENTITY,
  run_after TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  hold TEXT,
  attempts INTEGER DEFAULT 0 NOT NULL,
  deferrals INTEGER DEFAULT 0 NOT NULL,
  crashes INTEGER DEFAULT 0 NOT NULL,
  recalls INTEGER DEFAULT 0 NOT NULL,
  progress INTEGER DEFAULT 0 NOT NULL,
  lease_token UUID,
  lease_until TIMESTAMP WITH TIME ZONE,
  leased_by TEXT,
  cancel_requested BOOLEAN DEFAULT false NOT NULL,
  paid_call_id UUID,
  hint TEXT,
  error_code TEXT,
  error_message TEXT,
  reserved_day DATE,
  reserved_month DATE,
  reserved_micros BIGINT DEFAULT 0 NOT NULL,
  cost_micros BIGINT DEFAULT 0 NOT NULL,
  client_id UUID DEFAULT app.tenant() NOT NULL,
  CONSTRAINT pk_generated_assets PRIMARY KEY (id),
  CONSTRAINT uq_generated_assets_client_id_id UNIQUE (client_id, id),
  CONSTRAINT fk_generated_assets_client_id_collection_id FOREIGN KEY(client_id, collection_id) REFERENCES app.collections (client_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_generated_assets_client_id_product_id FOREIGN KEY(client_id, product_id) REFERENCES app.products (client_id, id),
  CONSTRAINT fk_generated_assets_client_id_image_id FOREIGN KEY(client_id, image_id) REFERENCES app.images (client_id, id),
  CONSTRAINT fk_generated_assets_client_id_parent_id FOREIGN KEY(client_id, parent_id) REFERENCES app.generated_assets (client_id, id) ON DELETE SET NULL (parent_id),
  CONSTRAINT fk_generated_assets_client_id_inspiration_id FOREIGN KEY(client_id, inspiration_id) REFERENCES app.inspirations (client_id, id) ON DELETE SET NULL (inspiration_id),
  CONSTRAINT ck_generated_assets_type CHECK (type IN ('image', 'video')),
  CONSTRAINT ck_generated_assets_status CHECK (status IN ('pending', 'generating', 'completed', 'error', 'cancelled')),
  CONSTRAINT ck_generated_assets_queue CHECK (queue IN ('client', 'admin')),
  CONSTRAINT ck_generated_assets_lane CHECK (lane IN ('priority', 'standard', 'flex', 'batch')),
  CONSTRAINT ck_generated_assets_review_status CHECK (review_status IN ('pending', 'approved', 'rejected')),
  CONSTRAINT ck_generated_assets_hold CHECK (hold IS NULL OR hold IN ('paused', 'quota', 'outcome_unknown')),
  CONSTRAINT ck_generated_assets_lease_iff_generating CHECK ((status = 'generating') = (lease_token IS NOT NULL)),
  CONSTRAINT ck_generated_assets_done_has_image CHECK ((status = 'completed') <= (image_id IS NOT NULL)),
  CONSTRAINT fk_generated_assets_client_id FOREIGN KEY(client_id) REFERENCES app.clients (id) ON DELETE CASCADE
);
CREATE INDEX ix_generated_assets_collection ON app.generated_assets (client_id, collection_id, status);
CREATE INDEX ix_generated_assets_done ON app.generated_assets (client_id, collection_id, completed_at) WHERE completed_at IS NOT NULL;
CREATE INDEX ix_generated_assets_list ON app.generated_assets (client_id, deleted_at, created_at DESC, id);
CREATE INDEX ix_generated_assets_product ON app.generated_assets (client_id, product_id);
CREATE INDEX ix_generated_assets_ready ON app.generated_assets (queue, model, client_id, priority DESC, run_after, seq) WHERE status = 'pending' AND hold IS NULL;
CREATE INDEX ix_generated_assets_running ON app.generated_assets (model, client_id, lease_until) WHERE status = 'generating';
CREATE INDEX ix_generated_assets_suspect ON app.generated_assets (model) WHERE status IN ('pending', 'generating') AND crashes >= 2;
CREATE UNIQUE INDEX uq_generated_assets_lease_token ON app.generated_assets (lease_token) WHERE lease_token IS NOT NULL;
CREATE UNIQUE INDEX uq_generated_assets_slot ON app.generated_assets (client_id, collection_id, slot) WHERE slot IS NOT NULL;

CREATE TABLE app.provider_calls (
  id UUID DEFAULT gen_random_uuid() NOT NULL,
  asset_id UUID,
  subject_id UUID,
  purpose TEXT DEFAULT 'picture' NOT NULL,
  provider TEXT DEFAULT 'gemini' NOT NULL,
  model TEXT NOT NULL,
  lane TEXT DEFAULT 'standard' NOT NULL,
  lease_token UUID,
  state TEXT DEFAULT 'sent' NOT NULL,
  charge TEXT DEFAULT 'maybe' NOT NULL,
  outcome TEXT,
  message TEXT,
  http_status INTEGER,
  latency_ms INTEGER,
  usage JSONB DEFAULT '{}'::jsonb NOT NULL,
  prompt_tokens INTEGER DEFAULT 0 NOT NULL,
  output_tokens INTEGER DEFAULT 0 NOT NULL,
  image_tokens INTEGER DEFAULT 0 NOT NULL,
  thought_tokens INTEGER DEFAULT 0 NOT NULL,
  estimated_micros BIGINT DEFAULT 0 NOT NULL,
  cost_micros BIGINT DEFAULT 0 NOT NULL,
  raw_key TEXT,
  picture_key TEXT,
  picture_sha256 TEXT,
  picture_mime TEXT,
  sent_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  done_at TIMESTAMP WITH TIME ZONE,
  client_id UUID DEFAULT app.tenant() NOT NULL,
  CONSTRAINT pk_provider_calls PRIMARY KEY (id),
  CONSTRAINT uq_provider_calls_client_id_id UNIQUE (client_id, id),
  CONSTRAINT fk_provider_calls_client_id_asset_id FOREIGN KEY(client_id, asset_id) REFERENCES app.generated_assets (client_id, id) ON DELETE SET NULL (asset_id),
  CONSTRAINT ck_provider_calls_state CHECK (state IN ('sent', 'paid', 'rejected', 'unknown')),
  CONSTRAINT ck_provider_calls_lane CHECK (lane IN ('priority', 'standard', 'flex', 'batch')),
  CONSTRAINT ck_provider_calls_charge CHECK (charge IN ('none', 'paid', 'maybe')),
  CONSTRAINT ck_provider_calls_purpose CHECK (purpose IN ('picture', 'product_analysis', 'scene_analysis', 'repair', 'probe')),
  CONSTRAINT fk_provider_calls_client_id FOREIGN KEY(client_id) REFERENCES app.clients (id) ON DELETE CASCADE
);
CREATE INDEX ix_provider_calls_answers ON app.provider_calls (done_at) WHERE raw_key IS NOT NULL;
CREATE INDEX ix_provider_calls_client_id_asset_id ON app.provider_calls (client_id, asset_id);
CREATE INDEX ix_provider_calls_client_id_sent_at ON app.provider_calls (client_id, sent_at DESC);
CREATE INDEX ix_provider_calls_open ON app.provider_calls (sent_at) WHERE state = 'sent';
CREATE UNIQUE INDEX uq_provider_calls_open ON app.provider_calls (client_id, asset_id) WHERE state = 'sent' AND asset_id IS NOT NULL;
