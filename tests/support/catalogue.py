"""What a database really consists of, as the server says it; to compare two of them."""

import psycopg

__all__ = ["structure"]

_COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
           pg_get_expr(d.adbin, d.adrelid)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'app'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
      AND c.relname <> 'alembic_version'
"""
_CONSTRAINTS = """
    SELECT c.relname, k.conname, pg_get_constraintdef(k.oid)
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE c.relnamespace = 'app'::regnamespace AND c.relname <> 'alembic_version'
"""
_INDEXES = """
    SELECT tablename, indexname, indexdef FROM pg_indexes
    WHERE schemaname = 'app' AND tablename <> 'alembic_version'
"""


def structure(dsn: str) -> set[tuple[object, ...]]:
    """Every column, constraint and index of schema ``app``, one tuple each."""
    with psycopg.connect(dsn) as connection:
        return {
            row
            for query in (_COLUMNS, _CONSTRAINTS, _INDEXES)
            for row in connection.execute(query.encode()).fetchall()
        }
