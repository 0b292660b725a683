"""The wall: who may see and do what to which table, applied after every migration.

Every table is decided on here, or the migration refuses to run. Row-level security is enabled and
forced everywhere, so that even the owner sees no row; policies name one role each, and a role
without a policy sees nothing. What RLS does not cover (TRUNCATE, DDL, columns) is left to grants.
A migration that must read or change rows has to switch `FORCE` off for that table and on again.
"""

import hashlib
from dataclasses import dataclass
from importlib import resources

import psycopg
from sqlalchemy import text
from sqlalchemy.engine import Connection

from visualizer_core.db.models import Base
from visualizer_core.db.roles import APP_ROLES, AUTH, OPERATOR, TENANT
from visualizer_core.errors import Misconfigured

__all__ = ["RULES", "Rule", "apply", "fence", "fingerprint", "run_sql", "sql_file"]

_OWN = "client_id = app.tenant()"
_ALL = "true"
_EVERYTHING = "SELECT, INSERT, UPDATE, DELETE"
_NO_DELETE = "SELECT, INSERT, UPDATE"


@dataclass(frozen=True, slots=True)
class Rule:
    """Grants of one table, in SQL's words, and the rows the tenant role sees.

    Parameters
    ----------
    tenant, operator, auth : str
        Privileges, with columns where a role may not touch all; empty for none.
    rows : str
        Condition on the tenant's rows, for reading and writing.
    """

    tenant: str = ""
    operator: str = ""
    auth: str = ""
    rows: str = _OWN


RULES: dict[str, Rule] = {
    # A client's own things. What ends in the trash or is money is not deleted by the tenant.
    "products": Rule(_NO_DELETE, _EVERYTHING),
    "images": Rule(_EVERYTHING, _EVERYTHING),
    "product_images": Rule(_EVERYTHING, _EVERYTHING),
    "collections": Rule(_NO_DELETE, _EVERYTHING),
    "collection_products": Rule(_EVERYTHING, _EVERYTHING),
    "inspirations": Rule(_EVERYTHING, _EVERYTHING),
    "analysis_cache": Rule(_EVERYTHING, _EVERYTHING),
    "saved_mappings": Rule(_EVERYTHING, _EVERYTHING),
    "idempotency_keys": Rule(_EVERYTHING, _EVERYTHING),
    "exports": Rule(_EVERYTHING, _EVERYTHING),
    "generated_assets": Rule(_NO_DELETE, _EVERYTHING),
    "collection_counts": Rule(_NO_DELETE, _NO_DELETE),
    "provider_calls": Rule(_NO_DELETE, _NO_DELETE),
    "usage_days": Rule(_NO_DELETE, _NO_DELETE),
    "budget_months": Rule(_NO_DELETE, _NO_DELETE),
    "fair_shares": Rule(_NO_DELETE, _EVERYTHING),
    # Shared or above the clients.
    "clients": Rule(
        "SELECT, UPDATE (generation_defaults, category_defaults, brand_kit, updated_at)",
        _NO_DELETE,
        "SELECT (id, name, slug, status, deleted_at)",
        rows="id = app.tenant()",
    ),
    "provider_limits": Rule("SELECT", _EVERYTHING, rows=_ALL),  # the same for every client
    "workers": Rule("", _EVERYTHING),
    "audit_log": Rule("SELECT, INSERT", "SELECT, INSERT", "INSERT"),
    # Sign-in. The operator manages people through auth and never reads a hash or a token.
    "users": Rule(
        "",
        "SELECT (id, email, email_key, name, active, must_change_password, created_at, updated_at)",
        _NO_DELETE,
    ),
    "memberships": Rule("", "SELECT", _EVERYTHING),
    "admin_users": Rule(
        "",
        "SELECT (id, email, email_key, name, role, active, must_change_password, created_at, "
        "updated_at)",
        _NO_DELETE,
    ),
    "sessions": Rule("", "", _EVERYTHING),
    "auth_tokens": Rule("", "", _EVERYTHING),
    "sign_in_failures": Rule("", "", _EVERYTHING),
}

# Repeatable SQL, applied after the tables: rewritten in place, never by a migration of its own.
_FUNCTIONS = ("tenant", "claim_asset", "open_call", "close_collection", "asset_counts")
_EXECUTE = {
    "app.tenant()": APP_ROLES,
    "app.claim_asset(text, text, text, double precision, boolean)": (OPERATOR,),
    "app.open_call(uuid, uuid, uuid, text, text, bigint)": (TENANT, OPERATOR),
    "app.close_collection(uuid, uuid)": (TENANT, OPERATOR),
    "app.add_to_counts(app.asset_delta[])": (TENANT, OPERATOR),
}


def run_sql(connection: Connection, sql: str) -> None:
    """Run a script of ours as it stands: several statements, and `%` means `%`."""
    raw = connection.connection.driver_connection
    if not isinstance(raw, psycopg.Connection):
        raise TypeError("migrating needs psycopg")
    raw.execute(sql.encode())


def sql_file(name: str) -> str:
    """The text of ``db/sql/<name>.sql``."""
    return (resources.files("visualizer_core.db") / "sql" / f"{name}.sql").read_text("utf-8")


def fence(table: str) -> list[str]:
    """The statements that put `table` behind the wall, whatever it looked like before.

    Raises
    ------
    Misconfigured
        When nobody has decided who may do what to it.
    """
    rule = RULES.get(table)
    if rule is None:
        raise Misconfigured(f"Table {table} has no rule in db/wall.py: decide who may see it.")
    statements = [
        f"ALTER TABLE app.{table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE app.{table} FORCE ROW LEVEL SECURITY",
        f"REVOKE ALL ON app.{table} FROM PUBLIC, {', '.join(APP_ROLES)}",
    ]
    for name, role, grant, rows in (
        ("tenant", TENANT, rule.tenant, rule.rows),
        ("operator", OPERATOR, rule.operator, _ALL),
        ("auth", AUTH, rule.auth, _ALL),
    ):
        statements.append(f"DROP POLICY IF EXISTS {name} ON app.{table}")
        if grant:
            allowed = f"USING ({rows}) WITH CHECK ({rows})"
            statements.append(f"CREATE POLICY {name} ON app.{table} FOR ALL TO {role} {allowed}")
            statements.append(f"GRANT {grant} ON app.{table} TO {role}")
    return statements


def _statements() -> list[str]:
    everyone = ", ".join(APP_ROLES)
    statements = [f"GRANT USAGE ON SCHEMA app TO {everyone}"]
    statements += [sql_file(name) for name in _FUNCTIONS]
    for table in Base.metadata.sorted_tables:
        statements += fence(table.name)
    statements.append("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA app FROM PUBLIC")
    statements += [
        f"GRANT EXECUTE ON FUNCTION {function} TO {', '.join(roles)}"
        for function, roles in _EXECUTE.items()
    ]
    # Every process may check that the schema is the one it was written for.
    statements.append(f"GRANT SELECT ON app.alembic_version TO {everyone}")
    return statements


def fingerprint() -> str:
    """Names the wall of this version of the program; the database remembers the one it has."""
    return "wall " + hashlib.sha256("\n".join(_statements()).encode()).hexdigest()[:16]


def apply(connection: Connection) -> bool:
    """Bring policies, grants and functions up to this version, as owner.

    Returns
    -------
    bool
        False when they already were: nothing is locked then.
    """
    wanted = fingerprint()
    present = connection.scalar(text("SELECT obj_description('app'::regnamespace, 'pg_namespace')"))
    if present == wanted:
        return False
    run_sql(connection, ";\n".join((*_statements(), f"COMMENT ON SCHEMA app IS '{wanted}'")))
    return True
