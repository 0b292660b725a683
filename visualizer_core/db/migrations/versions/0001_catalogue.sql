CREATE TABLE app.analysis_cache (
  id UUID DEFAULT gen_random_uuid() NOT NULL,
  content_key TEXT NOT NULL,
  result JSONB DEFAULT '{}'::jsonb NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  client_id UUID DEFAULT app.tenant() NOT NULL,
  CONSTRAINT pk_analysis_cache PRIMARY KEY (id),
  CONSTRAINT uq_analysis_cache_client_id_content_key UNIQUE (client_id, content_key),
  CONSTRAINT fk_analysis_cache_client_id FOREIGN KEY(client_id) REFERENCES app.clients (id) ON DELETE CASCADE
);

CREATE TABLE app.collections (
  id UUID DEFAULT gen_random_uuid() NOT NULL,
  name TEXT NOT NULL,
  status TEXT DEFAULT 'selecting' NOT NULL,
  run_state TEXT DEFAULT 'active' NOT NULL,
  product_analysis JSONB DEFAULT '{}'::jsonb NOT NULL,
  inspiration_images JSONB DEFAULT '[]'::jsonb NOT NULL,
  base_settings JSONB DEFAULT '{}'::jsonb NOT NULL,
  version INTEGER DEFAULT 1 NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  completed_at TIMESTAMP WITH TIME ZONE,
  deleted_at TIMESTAMP WITH TIME ZONE,
  client_id UUID DEFAULT app.tenant() NOT NULL,
  CONSTRAINT pk_collections PRIMARY KEY (id),
  CONSTRAINT uq_collections_client_id_id UNIQUE (client_id, id),
  CONSTRAINT ck_collections_status CHECK (status IN ('selecting', 'analyzing', 'ready', 'generating', 'completed')),
  CONSTRAINT ck_collections_run_state CHECK (run_state IN ('active', 'paused', 'cancelled')),
  CONSTRAINT fk_collections_client_id FOREIGN KEY(client_id) REFERENCES app.clients (id) ON DELETE CASCADE
);
CREATE INDEX ix_collections_list ON app.collections (client_id, deleted_at, updated_at DESC, id);

CREATE TABLE app.images (
  id UUID DEFAULT gen_random_uuid() NOT NULL,
  kind TEXT NOT NULL,
  s3_key TEXT NOT NULL,
  provider_s3_key TEXT,
  sha256 TEXT NOT NULL,
  source_sha256 TEXT,
  phash TEXT,
  mime TEXT NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  bytes BIGINT NOT NULL,
  thumbnail_widths JSONB DEFAULT '[]'::jsonb NOT NULL,
  source JSONB DEFAULT '{}'::jsonb NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  client_id UUID DEFAULT app.tenant() NOT NULL,
  CONSTRAINT pk_images PRIMARY KEY (id),
  CONSTRAINT uq_images_client_id_id UNIQUE (client_id, id),
  CONSTRAINT ck_images_kind CHECK (kind IN ('product', 'inspiration', 'generated')),
  CONSTRAINT fk_images_client_id FOREIGN KEY(client_id) REFERENCES app.clients (id) ON DELETE CASCADE
);
CREATE INDEX ix_images_client_id_source_sha256 ON app.images (client_id, source_sha256);

CREATE TABLE app.products (
  id UUID DEFAULT gen_random_uuid() NOT NULL,
  import_key TEXT NOT NULL,
  fingerprint TEXT DEFAULT '' NOT NULL,
  sku TEXT,
  barcode TEXT,
  handle TEXT,
  name TEXT NOT NULL,
  search_text TEXT DEFAULT '' NOT NULL,
  description TEXT DEFAULT '' NOT NULL,
  category TEXT DEFAULT '' NOT NULL,
  tags TEXT[] DEFAULT '{}' NOT NULL,
  width_cm DOUBLE PRECISION,
  depth_cm DOUBLE PRECISION,
  height_cm DOUBLE PRECISION,
  price NUMERIC(14, 2),
  currency TEXT,
  source TEXT DEFAULT '' NOT NULL,
  image_refs JSONB DEFAULT '[]'::jsonb NOT NULL,
  favourite BOOLEAN DEFAULT false NOT NULL,
  default_settings JSONB DEFAULT '{}'::jsonb NOT NULL,
  analysis JSONB,
  analysis_state TEXT DEFAULT 'none' NOT NULL,
  analysis_key TEXT,
  analysis_error TEXT,
  analysed_at TIMESTAMP WITH TIME ZONE,
  version INTEGER DEFAULT 1 NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  deleted_at TIMESTAMP WITH TIME ZONE,
  client_id UUID DEFAULT app.tenant() NOT NULL,
  CONSTRAINT pk_products PRIMARY KEY (id),
  CONSTRAINT uq_products_client_id_id UNIQUE (client_id, id),
  CONSTRAINT uq_products_client_id_import_key UNIQUE (client_id, import_key),
  CONSTRAINT ck_products_analysis_state CHECK (analysis_state IN ('none', 'done', 'fallback', 'edited')),
  CONSTRAINT fk_products_client_id FOREIGN KEY(client_id) REFERENCES app.clients (id) ON DELETE CASCADE
);
CREATE INDEX ix_products_list ON app.products (client_id, deleted_at, created_at DESC, id);
CREATE INDEX ix_products_search ON app.products USING gin (search_text gin_trgm_ops);
CREATE UNIQUE INDEX uq_products_client_id_sku ON app.products (client_id, sku) WHERE sku IS NOT NULL AND deleted_at IS NULL;

CREATE TABLE app.saved_mappings (
  id UUID DEFAULT gen_random_uuid() NOT NULL,
  header_signature TEXT NOT NULL,
  mapping JSONB DEFAULT '{}'::jsonb NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  client_id UUID DEFAULT app.tenant() NOT NULL,
  CONSTRAINT pk_saved_mappings PRIMARY KEY (id),
  CONSTRAINT uq_saved_mappings_client_id_header_signature UNIQUE (client_id, header_signature),
  CONSTRAINT fk_saved_mappings_client_id FOREIGN KEY(client_id) REFERENCES app.clients (id) ON DELETE CASCADE
);

CREATE TABLE app.inspirations (
  id UUID DEFAULT gen_random_uuid() NOT NULL,
  collection_id UUID NOT NULL,
  image_id UUID NOT NULL,
  title TEXT DEFAULT '' NOT NULL,
  source TEXT NOT NULL,
  role TEXT DEFAULT 'composition' NOT NULL,
  position INTEGER DEFAULT 0 NOT NULL,
  credit JSONB DEFAULT '{}'::jsonb NOT NULL,
  may_send_pixels BOOLEAN DEFAULT true NOT NULL,
  analysis JSONB,
  analysis_state TEXT DEFAULT 'none' NOT NULL,
  analysis_key TEXT,
  analysis_error TEXT,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  client_id UUID DEFAULT app.tenant() NOT NULL,
  CONSTRAINT pk_inspirations PRIMARY KEY (id),
  CONSTRAINT uq_inspirations_client_id_id UNIQUE (client_id, id),
  CONSTRAINT uq_inspirations_client_id_collection_id_image_id UNIQUE (client_id, collection_id, image_id),
  CONSTRAINT fk_inspirations_client_id_collection_id FOREIGN KEY(client_id, collection_id) REFERENCES app.collections (client_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_inspirations_client_id_image_id FOREIGN KEY(client_id, image_id) REFERENCES app.images (client_id, id),
  CONSTRAINT ck_inspirations_source CHECK (source IN ('upload', 'unsplash', 'library')),
  CONSTRAINT ck_inspirations_analysis_state CHECK (analysis_state IN ('none', 'done', 'fallback', 'edited')),
  CONSTRAINT fk_inspirations_client_id FOREIGN KEY(client_id) REFERENCES app.clients (id) ON DELETE CASCADE
);

CREATE TABLE app.product_images (
  id UUID DEFAULT gen_random_uuid() NOT NULL,
  product_id UUID NOT NULL,
  image_id UUID NOT NULL,
  position INTEGER DEFAULT 0 NOT NULL,
  is_primary BOOLEAN DEFAULT false NOT NULL,
  client_id UUID DEFAULT app.tenant() NOT NULL,
  CONSTRAINT pk_product_images PRIMARY KEY (id),
  CONSTRAINT uq_product_images_client_id_id UNIQUE (client_id, id),
  CONSTRAINT uq_product_images_client_id_product_id_image_id UNIQUE (client_id, product_id, image_id),
  CONSTRAINT fk_product_images_client_id_product_id FOREIGN KEY(client_id, product_id) REFERENCES app.products (client_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_product_images_client_id_image_id FOREIGN KEY(client_id, image_id) REFERENCES app.images (client_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_product_images_client_id FOREIGN KEY(client_id) REFERENCES app.clients (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX uq_product_images_primary ON app.product_images (client_id, product_id) WHERE is_primary;

CREATE TABLE app.collection_products (
  id UUID DEFAULT gen_random_uuid() NOT NULL,
  collection_id UUID NOT NULL,
  product_id UUID NOT NULL,
  position INTEGER DEFAULT 0 NOT NULL,
  overrides JSONB DEFAULT '{}'::jsonb NOT NULL,
  inspiration_id UUID,
  match_score DOUBLE PRECISION,
  match_reasons JSONB DEFAULT '[]'::jsonb NOT NULL,
  matched_by TEXT DEFAULT 'nobody' NOT NULL,
  client_id UUID DEFAULT app.tenant() NOT NULL,
  CONSTRAINT pk_collection_products PRIMARY KEY (id),
  CONSTRAINT uq_collection_products_client_id_id UNIQUE (client_id, id),
  CONSTRAINT uq_collection_products_client_id_collection_id_product_id UNIQUE (client_id, collection_id, product_id),
  CONSTRAINT fk_collection_products_client_id_collection_id FOREIGN KEY(client_id, collection_id) REFERENCES app.collections (client_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_collection_products_client_id_product_id FOREIGN KEY(client_id, product_id) REFERENCES app.products (client_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_collection_products_client_id_inspiration_id FOREIGN KEY(client_id, inspiration_id) REFERENCES app.inspirations (client_id, id) ON DELETE SET NULL (inspiration_id),
  CONSTRAINT ck_collection_products_matched_by CHECK (matched_by IN ('nobody', 'auto', 'user')),
  CONSTRAINT ck_collection_products_score CHECK (match_score IS NULL OR match_score BETWEEN 0 AND 1),
  CONSTRAINT fk_collection_products_client_id FOREIGN KEY(client_id) REFERENCES app.clients (id) ON DELETE CASCADE
);
