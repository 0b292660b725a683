"""What is past its time goes, and nothing else."""

import psycopg

from tests.support.postgres import DatabaseUrls
from tests.support.working import check_invariants, rows, work_off
from tests.support.world import collection_of
from visualizer_core.services import generation
from visualizer_core.workspace import Runtime, Workspace


def test_a_providers_answer_is_kept_thirty_days_and_its_picture_stays(
    runtime: Runtime, workspace: Workspace, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 2, scenes=1)
    generation.start(workspace, collection_id, request_id="run")
    work_off(runtime)
    calls = rows(
        database_urls, "SELECT id, raw_key, picture_key FROM app.provider_calls ORDER BY sent_at"
    )
    (old, old_raw, old_picture), (_, young_raw, _) = calls
    with psycopg.connect(database_urls.superuser, autocommit=True) as connection:
        connection.execute(
            "UPDATE app.provider_calls SET done_at = now() - interval '31 days' WHERE id = %s",
            (old,),
        )
    generation.clean(runtime)
    assert workspace.store.head(str(old_raw)) is None
    assert workspace.store.head(str(young_raw)) is not None
    assert workspace.store.head(str(old_picture)) is not None
    kept = rows(database_urls, "SELECT count(raw_key) FROM app.provider_calls")
    assert kept == [(1,)]
    check_invariants(database_urls)
