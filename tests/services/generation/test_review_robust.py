"""What must not stop with one thing that is wrong, and what one client must not see of another."""

import json
import time
from collections.abc import Generator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import text

from tests.support.factories import Clients
from tests.support.postgres import DatabaseUrls
from tests.support.working import check_invariants, rows, work_off
from tests.support.world import Servers, Standin, collection_of, runtime_on
from visualizer_core.adapters.gemini.answers import read_picture
from visualizer_core.db.jobs import claim
from visualizer_core.db.session import Database
from visualizer_core.domain.status import Queue
from visualizer_core.errors import PartMissing
from visualizer_core.services import generation
from visualizer_core.services.generation import Desk
from visualizer_core.workspace import Runtime, Workspace


def superuser(urls: DatabaseUrls, statement: str) -> None:
    """Change something behind every rule."""
    with psycopg.connect(urls.superuser, autocommit=True) as connection:
        connection.execute(statement.encode())


@contextmanager
def forbidden(urls: DatabaseUrls, what: str) -> Generator[None]:
    """The operator may not do something for a while: an error nobody reckoned with."""
    superuser(urls, f"REVOKE {what} FROM wb_operator")
    try:
        yield
    finally:
        superuser(urls, f"GRANT {what} TO wb_operator")


@pytest.mark.slow  # it waits for as long as a worker does
def test_too_few_connections_are_a_wait_and_no_crash(database_urls: DatabaseUrls) -> None:
    database = Database(None, database_urls.url("wb_operator"), None, pool_size=1)
    engine = database.engine("operator")
    held = [engine.connect() for _ in range(5)]
    try:
        with pytest.raises(PartMissing, match="connection is busy"), database.operator() as session:
            session.execute(text("SELECT 1"))
    finally:
        for connection in held:
            connection.close()
        database.dispose()


def test_a_deadlock_is_something_to_try_again(runtime: Runtime) -> None:
    with pytest.raises(PartMissing, match="try again"), runtime.begin() as session:
        session.execute(text("DO $$ BEGIN RAISE EXCEPTION SQLSTATE '40P01'; END $$"))


def test_a_heartbeat_goes_on_after_an_error_nobody_reckoned_with(
    servers: Servers, database_urls: DatabaseUrls, workspace: Workspace
) -> None:
    collection_id, _ = collection_of(workspace, 1, scenes=1)
    generation.start(workspace, collection_id, request_id="run")
    with runtime_on(servers.settings(database_urls, LEASE_S="2")) as quick:
        desk = Desk(quick, role="client", version="test")
        with forbidden(database_urls, "INSERT ON app.workers"):
            with quick.begin() as session:
                asset = claim(session, Queue.CLIENT, quick.image_model, worker="w", lease_s=2)
            assert asset is not None
            desk.hold(asset.lease)
            time.sleep(3)
            [(renewed,)] = rows(
                database_urls,
                "SELECT lease_until > now() FROM app.generated_assets WHERE status = 'generating'",
            )
            assert renewed
        desk.stop()


def test_one_collection_that_cannot_be_reaped_does_not_stop_the_tick(
    runtime: Runtime, clients: Clients, database_urls: DatabaseUrls
) -> None:
    for _ in range(2):
        ws = runtime.workspace(clients.make(), actor="test")
        collection_id, _ = collection_of(ws, 1, scenes=1)
        generation.start(ws, collection_id, request_id="run")
        with runtime.begin() as session:
            assert claim(session, Queue.CLIENT, runtime.image_model, worker="w", lease_s=-1)
    superuser(
        database_urls,
        """WITH first AS (UPDATE app.generated_assets SET crashes = 2
             WHERE id = (SELECT id FROM app.generated_assets ORDER BY client_id LIMIT 1)
             RETURNING client_id)
           UPDATE app.usage_days u SET reserved = 0
           FROM first WHERE u.client_id = first.client_id""",
    )
    done = generation.tick(runtime)
    assert done.reaped == 1
    assert rows(
        database_urls,
        "SELECT status, count(*) FROM app.generated_assets GROUP BY status ORDER BY status",
    ) == [("generating", 1), ("pending", 1)]


@pytest.mark.parametrize("most", [1, 2])
def test_bulk_work_runs_however_few_calls_are_allowed(
    most: int, servers: Servers, database_urls: DatabaseUrls, workspace: Workspace
) -> None:
    collection_id, _ = collection_of(workspace, 2)
    generation.start(workspace, collection_id, request_id="run")
    with runtime_on(servers.settings(database_urls, MAX_IN_FLIGHT=str(most))) as narrow:
        generation.clean(narrow)
        assert work_off(narrow) == 2
    check_invariants(database_urls)


def test_a_call_that_was_not_made_takes_nothing_from_the_limits(
    runtime: Runtime, workspace: Workspace, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 1, scenes=1)
    [(key,)] = rows(
        database_urls,
        """SELECT m.s3_key FROM app.product_images p JOIN app.images m ON m.id = p.image_id""",
    )
    workspace.store.delete([str(key)])
    generation.clean(runtime)
    superuser(database_urls, "UPDATE app.provider_limits SET requests_per_day = 1")
    generation.start(workspace, collection_id, request_id="run")
    assert work_off(runtime, most=1) == 1
    state = runtime.limiter.state(runtime.image_model)
    assert (state["day_used"], state["in_flight"]) == (0, 0)


def test_a_claim_that_breaks_leaves_no_slot_taken(
    runtime: Runtime, workspace: Workspace, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 1, scenes=1)
    generation.start(workspace, collection_id, request_id="run")
    claiming = "EXECUTE ON FUNCTION app.claim_asset(text, text, text, double precision, boolean)"
    with forbidden(database_urls, claiming), pytest.raises(Exception, match="permission denied"):
        work_off(runtime, most=1)
    assert runtime.limiter.state(runtime.image_model)["in_flight"] == 0
    assert work_off(runtime) == 1


def test_why_a_model_is_paused_names_nothing_of_another_client(
    runtime: Runtime, clients: Clients, standin: Standin
) -> None:
    one, other = (runtime.workspace(clients.make(), actor="test") for _ in range(2))
    mine, theirs = (collection_of(ws, 1, scenes=1)[0] for ws in (one, other))
    standin.fault("err_403_permission", count=1)
    generation.start(one, mine, request_id="run")
    work_off(runtime)
    generation.start(other, theirs, request_id="run")
    said = generation.why_waiting(other, theirs)
    assert said is not None
    assert "permission" in said.lower()
    assert "Chair" not in said


def test_an_answer_with_unstorable_words_is_an_outcome_too() -> None:
    answer = {
        "candidates": [
            {
                "content": {"parts": [{"text": "\ud800"}]},
                "finishReason": "IMAGE_SAFETY",
                "finishMessage": "No\u0000 \ud800",
            }
        ]
    }
    outcome = read_picture(json.dumps(answer))
    assert "\0" not in outcome.message
    outcome.message.encode()
    assert outcome.raw
