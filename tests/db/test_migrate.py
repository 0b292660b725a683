"""Migrating: from nothing, again, two at once, without drift, and refusals that say what to run."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, create_engine, make_url, text

from tests.support.catalogue import structure
from tests.support.postgres import DatabaseUrls, copied
from visualizer_core.db import wall
from visualizer_core.db.migrate import (
    current_revision,
    head_revision,
    passwords_of,
    upgrade,
    write_revision,
)
from visualizer_core.db.models import Base
from visualizer_core.db.roles import APP_ROLES, AUTH, OPERATOR, OWNER, TENANT, roles_sql
from visualizer_core.errors import Misconfigured
from visualizer_core.local.postgres import PostgresServer
from visualizer_core.local.state import StateFolder, temporary_state


@pytest.fixture
def fresh(migrated_database: DatabaseUrls) -> Iterator[DatabaseUrls]:
    with copied(migrated_database, "fresh", template="template0") as urls:
        yield urls


def _migrate(urls: DatabaseUrls) -> str:
    return upgrade(urls.bootstrap, urls.url(OWNER), role_passwords=urls.passwords)


def _words(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def test_an_empty_database_is_brought_to_the_newest_revision(fresh: DatabaseUrls) -> None:
    assert _migrate(fresh) == head_revision()
    database = fresh.open()
    with database.operator() as session:
        assert current_revision(session.connection()) == head_revision()
    database.dispose()


def test_a_database_that_does_not_exist_is_made(migrated_database: DatabaseUrls) -> None:
    urls = migrated_database.named("not-there-yet")
    try:
        assert _migrate(urls) == head_revision()
        with psycopg.connect(urls.superuser) as connection:
            order = connection.execute(
                "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = %s",
                (urls.name,),
            ).fetchone()
        assert order == ("b", "C.UTF-8")
        with (
            psycopg.connect(urls.dsn(TENANT)) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("CREATE TEMPORARY TABLE mine (n int)")
    finally:
        with psycopg.connect(
            migrated_database.named("postgres").superuser, autocommit=True
        ) as server:
            server.execute('DROP DATABASE "not-there-yet" WITH (FORCE)')


def test_migrating_again_changes_nothing(fresh: DatabaseUrls) -> None:
    _migrate(fresh)
    before = structure(fresh.superuser)
    assert _migrate(fresh) == head_revision()
    assert structure(fresh.superuser) == before
    engine = create_engine(fresh.url(OWNER))
    with engine.begin() as connection:
        assert wall.apply(connection) is False
    engine.dispose()


def test_two_machines_that_migrate_at_once_do_it_once(fresh: DatabaseUrls) -> None:
    with psycopg.connect(fresh.superuser, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
    with ThreadPoolExecutor(2) as both:
        machines = [both.submit(upgrade, None, fresh.url(OWNER)) for _ in range(2)]
    assert [machine.result() for machine in machines] == [head_revision()] * 2


def test_the_migrated_tables_are_those_of_the_models(
    database_urls: DatabaseUrls, fresh: DatabaseUrls
) -> None:
    with psycopg.connect(fresh.superuser) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
    engine = create_engine(fresh.url(OWNER), connect_args={"options": "-c search_path=app,public"})
    with engine.begin() as owner:
        owner.execute(text("CREATE SCHEMA app"))
        wall.run_sql(owner, wall.sql_file("tenant"))
        Base.metadata.create_all(owner)
    engine.dispose()
    assert structure(database_urls.superuser) == structure(fresh.superuser)


def test_there_is_nothing_to_write_a_migration_for(
    database_urls: DatabaseUrls, tmp_path: Path
) -> None:
    assert write_revision(database_urls.url(OWNER), "nothing", folder=tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_missing_column_becomes_a_migration(fresh: DatabaseUrls, tmp_path: Path) -> None:
    _migrate(fresh)
    with psycopg.connect(fresh.dsn(OWNER)) as connection:
        connection.execute("ALTER TABLE app.users DROP COLUMN name")
    written = write_revision(fresh.url(OWNER), "name people", folder=tmp_path)
    assert written is not None
    assert "add_column('users', sa.Column('name'" in written.read_text()


def test_a_changed_wall_is_put_right_at_the_next_migration(fresh: DatabaseUrls) -> None:
    _migrate(fresh)
    with psycopg.connect(fresh.dsn(OWNER)) as connection:
        connection.execute("GRANT DELETE ON app.provider_calls TO wb_tenant")
        connection.execute("COMMENT ON SCHEMA app IS 'wall of another version'")
    _migrate(fresh)
    with psycopg.connect(fresh.dsn(TENANT)) as connection:
        allowed = connection.execute(
            "SELECT has_table_privilege('app.provider_calls', 'DELETE')"
        ).fetchone()
    assert allowed == (False,)


def test_a_failing_migration_leaves_the_database_as_it_was(fresh: DatabaseUrls) -> None:
    with psycopg.connect(fresh.superuser, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA app AUTHORIZATION wb_owner")
        connection.execute("CREATE TABLE app.workers (in_the_way int)")
    with pytest.raises(Exception, match="workers"):
        _migrate(fresh)
    with psycopg.connect(fresh.superuser) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'app'"
        ).fetchall()
    assert tables == [("workers",)]


def test_migrating_needs_an_address() -> None:
    with pytest.raises(Misconfigured, match="MIGRATION_DATABASE_URL"):
        upgrade(None, None)


def test_a_superuser_may_not_own_the_tables(fresh: DatabaseUrls) -> None:
    with pytest.raises(Misconfigured, match="may pass row-level security"):
        upgrade(None, fresh.superuser)


def test_a_role_that_may_not_make_the_schema_is_told_what_to_run(fresh: DatabaseUrls) -> None:
    with pytest.raises(Misconfigured, match=r"GRANT CREATE ON DATABASE fresh TO wb_operator;"):
        upgrade(None, fresh.url(OPERATOR))


def test_without_its_extension_the_administrator_is_asked_for_it(fresh: DatabaseUrls) -> None:
    with psycopg.connect(fresh.superuser, autocommit=True) as connection:
        connection.execute("DROP EXTENSION IF EXISTS pg_trgm")
    with pytest.raises(Misconfigured, match="CREATE EXTENSION pg_trgm;"):
        upgrade(None, fresh.url(OWNER))


def test_what_a_server_without_roles_asks_for_is_enough() -> None:
    """As in production: an administrator runs what the refusal prints, then it goes through."""
    with temporary_state() as folder:
        state = StateFolder(folder)
        state.create()
        server = PostgresServer(state, durable=False)
        url = make_url(server.start()).set(drivername="postgresql")
        try:
            with psycopg.connect(_words(url), autocommit=True) as connection:
                connection.execute("CREATE ROLE boss LOGIN PASSWORD 'boss'")
                connection.execute("CREATE DATABASE shop OWNER boss")
            with psycopg.connect(_words(url.set(database="shop")), autocommit=True) as shop:
                shop.execute("CREATE EXTENSION pg_trgm")
            owner = f"postgresql://boss:boss@{server.address}/shop"
            with pytest.raises(Misconfigured) as refusal:
                upgrade(None, owner)
            statements = str(refusal.value).split(":", 1)[1]
            assert all(role in statements for role in APP_ROLES)
            assert OWNER not in statements
            with psycopg.connect(_words(url), autocommit=True) as connection:
                connection.execute(statements.encode())
            assert upgrade(None, owner) == head_revision()
        finally:
            server.stop()


def test_roles_can_neither_pass_the_wall_nor_make_things() -> None:
    made = [statement for statement in roles_sql() if statement.startswith("CREATE ROLE")]
    assert len(made) == len(APP_ROLES) + 1
    for statement in made:
        assert "NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE" in statement


def test_passwords_come_from_the_addresses_of_our_roles_only() -> None:
    urls = [
        f"postgresql://{AUTH}:p%40ss@h/d",
        "postgresql://someone:else@h/d",
        f"postgres://{TENANT}@h/d",
    ]
    assert passwords_of(urls) == {AUTH: "p@ss"}
