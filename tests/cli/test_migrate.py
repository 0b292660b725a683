"""The database to this version: an embedded one, one's own, and one that says no."""

import pytest

from tests.cli.conftest import Command, OwnStack
from tests.support.postgres import DatabaseUrls
from visualizer_core.db.migrate import head_revision
from visualizer_core.db.roles import OWNER, TENANT


def test_the_embedded_database_is_migrated_and_twice_is_once(
    alone: Command, own_stack: OwnStack
) -> None:
    for _ in range(2):
        ran = alone("migrate", "--json", "--state", own_stack.state)
        assert ran.code == 0, ran.told
        assert ran.json == {"revision": head_revision()}


def test_the_owner_role_is_all_it_needs(
    alone: Command, database_urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRATION_DATABASE_URL", database_urls.url(OWNER))
    assert alone("migrate", "--json").json == {"revision": head_revision()}


def test_the_tenant_role_cannot_migrate_and_is_told_what_can(
    alone: Command, database_urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_urls.url(TENANT))
    ran = alone("migrate")
    assert ran.code == 3
    assert "MIGRATION_DATABASE_URL" in ran.told


def test_a_database_that_is_away_is_said_without_its_password(
    alone: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRATION_DATABASE_URL", "postgresql://wb_owner:hunter2@127.0.0.1:1/x")
    ran = alone("migrate")
    assert ran.code == 3
    assert "hunter2" not in ran.told
