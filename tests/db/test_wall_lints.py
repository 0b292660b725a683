"""What the server's catalogue must say about every table, also those of tomorrow."""

from string import Template

import psycopg
import pytest

from tests.support.postgres import DatabaseUrls
from visualizer_core.db.models import Base
from visualizer_core.db.wall import RULES, fence
from visualizer_core.errors import Misconfigured

_WORDS = {
    "roles": "('wb_tenant', 'wb_operator', 'wb_auth')",
    "tables": """pg_class c WHERE c.relnamespace = 'app'::regnamespace AND c.relkind IN ('r', 'p')
                 AND c.relname <> 'alembic_version'""",
    # Memberships are of people, and seen by sign-in only.
    "owned": """pg_class c JOIN pg_attribute client
                  ON client.attrelid = c.oid AND client.attname = 'client_id' AND client.attnotnull
                WHERE c.relnamespace = 'app'::regnamespace AND c.relkind IN ('r', 'p')
                  AND c.relname <> 'memberships'""",
}

# Each finds offenders.
_LINTS = {
    "a table without forced row-level security": """
        SELECT relname FROM $tables AND NOT (relrowsecurity AND relforcerowsecurity)""",
    "a client's table without a tenant policy for reading and writing": """
        SELECT c.relname FROM $owned AND NOT EXISTS (
          SELECT FROM pg_policies p WHERE p.schemaname = 'app' AND p.tablename = c.relname
            AND p.roles = '{wb_tenant}' AND p.cmd = 'ALL'
            AND p.qual = '(client_id = app.tenant())'
            AND p.with_check = '(client_id = app.tenant())')""",
    "a client's table without an operator policy": """
        SELECT c.relname FROM $owned AND NOT EXISTS (
          SELECT FROM pg_policies p WHERE p.schemaname = 'app' AND p.tablename = c.relname
            AND p.roles = '{wb_operator}' AND p.qual = 'true')""",
    "an always-true policy of the tenant role": """
        SELECT tablename FROM pg_policies WHERE schemaname = 'app' AND 'wb_tenant' = ANY(roles)
          AND (qual = 'true' OR with_check = 'true')
          AND tablename <> 'provider_limits'""",  # limits of the provider, the same for everybody
    "a policy for everybody": """
        SELECT tablename FROM pg_policies WHERE schemaname = 'app' AND 'public' = ANY(roles)""",
    "a policy for two roles at once": """
        SELECT tablename FROM pg_policies WHERE schemaname = 'app' AND cardinality(roles) <> 1""",
    "a client_id that may be missing": """
        SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'app'::regnamespace AND c.relkind = 'r'
          AND a.attname = 'client_id' AND NOT a.attnotnull
          AND c.relname NOT IN ('audit_log', 'auth_tokens')""",  # of the operator's people too
    "a foreign key between two tables of a client without the client in it": """
        SELECT k.conname FROM pg_constraint k
        JOIN pg_attribute s ON s.attrelid = k.conrelid AND s.attname = 'client_id'
        JOIN pg_attribute d ON d.attrelid = k.confrelid AND d.attname = 'client_id'
        WHERE k.contype = 'f' AND k.connamespace = 'app'::regnamespace
          AND NOT s.attnum = ANY(k.conkey)""",
    "a unique index of a client's table that does not start with the client": """
        SELECT i.indexrelid::regclass FROM pg_index i
        JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'app'::regnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'client_id' AND a.attnotnull
        WHERE i.indisunique AND (i.indkey::int2[])[0] <> a.attnum
          AND NOT (i.indisprimary AND i.indnkeyatts = 1)  -- a random id tells nothing
          AND i.indexrelid::regclass::text NOT IN (
            'app.uq_generated_assets_lease_token',  -- random, and known to its holder only
            'app.pk_fair_shares')  -- the claim looks by queue""",
    "an enum type": """
        SELECT typname FROM pg_type WHERE typnamespace = 'app'::regnamespace AND typtype = 'e'""",
    "a view that sees with its owner's eyes": """
        SELECT relname FROM pg_class WHERE relnamespace = 'app'::regnamespace
          AND (relkind = 'm' OR relkind = 'v'
               AND NOT coalesce(reloptions::text ~ 'security_invoker=(true|on)', false))""",
    "a function that runs with its owner's rights": """
        SELECT proname FROM pg_proc WHERE pronamespace = 'app'::regnamespace AND prosecdef""",
    "a function that everybody may run": """
        SELECT proname FROM pg_proc WHERE pronamespace = 'app'::regnamespace
          AND (proacl IS NULL OR proacl::text ~ '[{,]=X')""",
    "a function that looks things up where a session says": """
        SELECT proname FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
        WHERE pronamespace = 'app'::regnamespace AND l.lanname = 'plpgsql'
          AND NOT coalesce(proconfig::text ~ 'search_path=app, pg_temp', false)""",
    "a role that is too strong": """
        SELECT rolname FROM pg_roles WHERE (rolname IN $roles OR rolname = 'wb_owner')
          AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication
               OR rolinherit)""",
    "a role that owns something": """
        SELECT c.relname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
        WHERE r.rolname IN $roles""",
    "a role that is a member of another": """
        SELECT m.rolname FROM pg_auth_members x JOIN pg_roles m ON m.oid = x.member
        WHERE m.rolname IN $roles""",
    "a role that may empty, refer to or hook into a table": """
        SELECT c.relname FROM $tables AND EXISTS (
          SELECT FROM unnest(ARRAY['wb_tenant', 'wb_operator', 'wb_auth']) AS role(name)
          WHERE has_table_privilege(role.name, c.oid, 'TRUNCATE, REFERENCES, TRIGGER'))""",
    "a role that may make things in a schema": """
        SELECT rolname || ' in ' || nspname FROM pg_roles, pg_namespace
        WHERE rolname IN $roles AND nspname IN ('app', 'public')
          AND has_schema_privilege(rolname, nspname, 'CREATE')""",
    "a role without a limit on how long it waits": """
        SELECT rolname FROM pg_roles WHERE rolname IN $roles AND NOT (
          rolconfig::text ~ 'statement_timeout' AND rolconfig::text ~ 'lock_timeout'
          AND rolconfig::text ~ 'idle_in_transaction_session_timeout=30000ms')""",
    "the audit log, open to change": """
        SELECT rolname FROM pg_roles WHERE rolname IN $roles
          AND has_table_privilege(rolname, 'app.audit_log', 'UPDATE, DELETE')""",
    "a password hash or token outside sign-in": """
        SELECT a.attrelid::regclass FROM pg_attribute a
        WHERE a.attname IN ('password_hash', 'token_hash') AND a.attrelid::regclass::text ~ '^app'
          AND (has_column_privilege('wb_tenant', a.attrelid, a.attnum, 'SELECT')
               OR has_column_privilege('wb_operator', a.attrelid, a.attnum, 'SELECT'))""",
    "a client's table that sign-in can read": """
        SELECT c.relname FROM $owned AND has_table_privilege('wb_auth', c.oid, 'SELECT')""",
}


def _query(offence: str) -> bytes:
    return Template(_LINTS[offence]).substitute(_WORDS).encode()


@pytest.mark.parametrize("offence", _LINTS)
def test_nowhere_is(offence: str, database_urls: DatabaseUrls) -> None:
    with psycopg.connect(database_urls.superuser) as connection:
        assert connection.execute(_query(offence)).fetchall() == []


def test_every_table_is_decided_on_and_no_decision_outlives_its_table() -> None:
    assert set(RULES) == {table.name for table in Base.metadata.sorted_tables}


def test_a_table_nobody_decided_on_stops_the_migration() -> None:
    with pytest.raises(Misconfigured, match="decide who may see it"):
        fence("secret_new_table")


def test_the_lints_can_fail(database_urls: DatabaseUrls) -> None:
    """Each offence of a careless new table is found."""
    with psycopg.connect(database_urls.superuser) as connection:
        connection.execute("""
            CREATE TYPE app.mood AS ENUM ('good');
            CREATE TABLE app.careless (
              id uuid PRIMARY KEY, client_id uuid NOT NULL, code text UNIQUE,
              product_id uuid REFERENCES app.products (id));
            CREATE POLICY all_of_it ON app.careless USING (true);
            GRANT ALL ON app.careless TO wb_tenant;
            CREATE VIEW app.peek AS SELECT * FROM app.products;
            CREATE FUNCTION app.shortcut() RETURNS int LANGUAGE plpgsql SECURITY DEFINER
              AS 'BEGIN RETURN 1; END';
        """)
        found = {offence for offence in _LINTS if connection.execute(_query(offence)).fetchall()}
        connection.rollback()
    assert found == {
        "a table without forced row-level security",
        "a client's table without a tenant policy for reading and writing",
        "a client's table without an operator policy",
        "a policy for everybody",
        "a foreign key between two tables of a client without the client in it",
        "a unique index of a client's table that does not start with the client",
        "an enum type",
        "a view that sees with its owner's eyes",
        "a function that runs with its owner's rights",
        "a function that everybody may run",
        "a function that looks things up where a session says",
        "a role that may empty, refer to or hook into a table",
    }
