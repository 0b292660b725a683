"""What the doctor says about the database, well and unwell."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.support.postgres import DatabaseUrls, copied
from visualizer_core.db.health import DatabaseCheck, check_database
from visualizer_core.db.migrate import head_revision
from visualizer_core.db.roles import AUTH, OPERATOR, OWNER, TENANT
from visualizer_core.db.session import Database
from visualizer_core.domain.ids import ClientId


@pytest.fixture
def patient(migrated_database: DatabaseUrls) -> Iterator[DatabaseUrls]:
    """A database of its own, to be made ill."""
    with copied(migrated_database, "patient") as urls:
        yield urls


def _examine(urls: DatabaseUrls) -> dict[str, DatabaseCheck]:
    database = urls.open()
    checks = check_database(database)
    database.dispose()
    return {check.name: check for check in checks}


def _spoil(urls: DatabaseUrls, sql: str) -> None:
    with psycopg.connect(urls.superuser, autocommit=True) as connection:
        connection.execute(sql.encode())


@pytest.mark.usefixtures("two_clients")
def test_a_healthy_database_passes_every_check(database: Database) -> None:
    checks = check_database(database)
    assert [check.name for check in checks if not check.ok] == []
    assert len(checks) == 8
    found = {check.name: check.found for check in checks}
    assert found["migrations"] == f"revision {head_revision()} of {head_revision()}"
    assert found["row-level security"].startswith("alive on ")


def test_a_wrong_password_is_said_with_the_variable_to_set(patient: DatabaseUrls) -> None:
    wrong = patient.url(AUTH).replace(patient.passwords[AUTH], "wrong")
    database = Database(patient.url(TENANT), patient.url(OPERATOR), wrong)
    checks = {check.name: check for check in check_database(database)}
    database.dispose()
    assert not checks["database as auth"].ok
    assert "password authentication failed" in checks["database as auth"].found
    assert "AUTH_DATABASE_URL" in checks["database as auth"].remedy
    assert checks["row-level security"].ok


def test_a_role_this_process_was_not_given_is_said(patient: DatabaseUrls) -> None:
    database = Database(patient.url(TENANT), None, None)
    checks = check_database(database)
    database.dispose()
    assert [check.name for check in checks if not check.ok] == [
        "database as operator",
        "database as auth",
    ]


def test_a_database_that_is_away_ends_the_examination(patient: DatabaseUrls) -> None:
    port = str(patient.server.port)
    away = [patient.url(role).replace(port, "1") for role in (TENANT, OPERATOR, AUTH)]
    database = Database(*away)
    checks = check_database(database)
    database.dispose()
    assert [check.ok for check in checks] == [False] * 3


@pytest.mark.parametrize(
    ("spoil", "check", "said"),
    [
        ("ALTER TABLE app.images NO FORCE ROW LEVEL SECURITY", "row-level security", "images"),
        (
            "CREATE POLICY careless ON app.clients TO wb_tenant USING (true)",
            "row-level security",
            "rows of clients are seen",
        ),
        ("REVOKE SELECT ON app.exports FROM wb_tenant", "row-level security", "permission denied"),
        ("UPDATE app.alembic_version SET version_num = '0000'", "migrations", "revision 0000 of"),
        ("DROP TABLE app.alembic_version", "migrations", "revision none of"),
        ("COMMENT ON SCHEMA app IS 'wall old'", "migrations", "policies of another version"),
    ],
)
def test_what_is_wrong_is_named(spoil: str, check: str, said: str, patient: DatabaseUrls) -> None:
    _spoil(patient, "INSERT INTO app.clients (name, slug) VALUES ('A', 'a')")
    _spoil(patient, spoil)
    checks = _examine(patient)
    assert [name for name, found in checks.items() if not found.ok] == [check]
    assert said in checks[check].found
    assert checks[check].remedy


@pytest.mark.usefixtures("client_id")
def test_a_tenant_door_that_opens_as_superuser_is_found(
    database_urls: DatabaseUrls, client_id: ClientId
) -> None:
    assert client_id
    database = Database(
        database_urls.superuser, database_urls.url(OPERATOR), database_urls.url(OWNER)
    )
    checks = {check.name: check for check in check_database(database)}
    database.dispose()
    assert "superuser" in checks["row-level security"].found
