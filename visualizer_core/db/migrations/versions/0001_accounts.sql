CREATE TABLE app.admin_users (
  id UUID DEFAULT gen_random_uuid() NOT NULL,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL,
  name TEXT NOT NULL,
  password_hash TEXT,
  must_change_password BOOLEAN DEFAULT false NOT NULL,
  role TEXT DEFAULT 'admin' NOT NULL,
  active BOOLEAN DEFAULT true NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_admin_users PRIMARY KEY (id),
  CONSTRAINT ck_admin_users_role CHECK (role IN ('admin', 'viewer')),
  CONSTRAINT uq_admin_users_email_key UNIQUE (email_key)
);

CREATE TABLE app.clients (
  id UUID DEFAULT gen_random_uuid() NOT NULL,
  name TEXT NOT NULL,
  slug TEXT NOT NULL,
  plan TEXT DEFAULT 'free' NOT NULL,
  limits JSONB DEFAULT '{}'::jsonb NOT NULL,
  generation_defaults JSONB DEFAULT '{}'::jsonb NOT NULL,
  brand_kit JSONB DEFAULT '{}'::jsonb NOT NULL,
  category_defaults JSONB DEFAULT '{}'::jsonb NOT NULL,
  status TEXT DEFAULT 'active' NOT NULL,
  weight DOUBLE PRECISION DEFAULT 1 NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  deleted_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_clients PRIMARY KEY (id),
  CONSTRAINT ck_clients_plan CHECK (plan IN ('free', 'starter', 'pro', 'enterprise')),
  CONSTRAINT ck_clients_status CHECK (status IN ('active', 'suspended')),
  CONSTRAINT ck_clients_weight CHECK (weight > 0),
  CONSTRAINT uq_clients_slug UNIQUE (slug)
);

CREATE TABLE app.sign_in_failures (
  key TEXT NOT NULL,
  failures INTEGER DEFAULT 0 NOT NULL,
  window_start TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  blocked_until TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_sign_in_failures PRIMARY KEY (key)
);

CREATE TABLE app.users (
  id UUID DEFAULT gen_random_uuid() NOT NULL,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL,
  name TEXT NOT NULL,
  password_hash TEXT,
  must_change_password BOOLEAN DEFAULT false NOT NULL,
  active BOOLEAN DEFAULT true NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_users PRIMARY KEY (id),
  CONSTRAINT uq_users_email_key UNIQUE (email_key)
);

CREATE TABLE app.audit_log (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  client_id UUID,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  before JSONB,
  after JSONB,
  CONSTRAINT pk_audit_log PRIMARY KEY (id),
  CONSTRAINT fk_audit_log_client_id FOREIGN KEY(client_id) REFERENCES app.clients (id) ON DELETE CASCADE
);
CREATE INDEX ix_audit_log_client_id_at ON app.audit_log (client_id, at DESC);

CREATE TABLE app.auth_tokens (
  id UUID DEFAULT gen_random_uuid() NOT NULL,
  token_hash TEXT NOT NULL,
  purpose TEXT NOT NULL,
  subject_id UUID NOT NULL,
  client_id UUID,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  used_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_auth_tokens PRIMARY KEY (id),
  CONSTRAINT ck_auth_tokens_purpose CHECK (purpose IN ('invitation', 'reset', 'admin_invitation', 'admin_reset')),
  CONSTRAINT uq_auth_tokens_token_hash UNIQUE (token_hash),
  CONSTRAINT fk_auth_tokens_client_id FOREIGN KEY(client_id) REFERENCES app.clients (id) ON DELETE CASCADE
);

CREATE TABLE app.memberships (
  id UUID DEFAULT gen_random_uuid() NOT NULL,
  client_id UUID NOT NULL,
  user_id UUID NOT NULL,
  role TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_memberships PRIMARY KEY (id),
  CONSTRAINT uq_memberships_client_id_user_id UNIQUE (client_id, user_id),
  CONSTRAINT ck_memberships_role CHECK (role IN ('owner', 'editor', 'reviewer', 'viewer')),
  CONSTRAINT fk_memberships_client_id FOREIGN KEY(client_id) REFERENCES app.clients (id) ON DELETE CASCADE,
  CONSTRAINT fk_memberships_user_id FOREIGN KEY(user_id) REFERENCES app.users (id) ON DELETE CASCADE
);
CREATE INDEX ix_memberships_user_id ON app.memberships (user_id);

CREATE TABLE app.sessions (
  id UUID DEFAULT gen_random_uuid() NOT NULL,
  token_hash TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject_id UUID NOT NULL,
  active_client_id UUID,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  revoked_at TIMESTAMP WITH TIME ZONE,
  ip INET,
  agent TEXT,
  CONSTRAINT pk_sessions PRIMARY KEY (id),
  CONSTRAINT ck_sessions_kind CHECK (kind IN ('user', 'admin')),
  CONSTRAINT uq_sessions_token_hash UNIQUE (token_hash),
  CONSTRAINT fk_sessions_active_client_id FOREIGN KEY(active_client_id) REFERENCES app.clients (id) ON DELETE CASCADE
);
CREATE INDEX ix_sessions_subject ON app.sessions (kind, subject_id);
