"""From a collection to stored pictures, through one worker in this process."""

import io
from typing import Any, cast
from uuid import uuid4

from PIL import Image

from tests.support.postgres import DatabaseUrls
from tests.support.working import check_invariants, paid_twice, rows, work_off, work_off_by
from tests.support.world import Standin, collection_of
from visualizer_core import tables
from visualizer_core.domain.generation_settings import SettingsOverrides
from visualizer_core.domain.status import CollectionStatus
from visualizer_core.services import generation
from visualizer_core.services.generation import RunRequest
from visualizer_core.workspace import Runtime, Workspace

TWO = RunRequest(changes=SettingsOverrides(variants=2))


def test_a_started_run_ends_with_every_picture_stored(
    runtime: Runtime, workspace: Workspace, standin: Standin, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 3)
    started = generation.start(workspace, collection_id, request_id=str(uuid4()), request=TWO)
    assert (started.created, started.existing) == (6, 0)
    assert work_off(runtime) == 6
    done = generation.progress(workspace, collection_id)
    assert (done.completed, done.open, done.error) == (6, 0, 0)
    assert done.status is CollectionStatus.COMPLETED
    assert done.cost_micros > 0
    pictures = tables.assets(workspace, collection_id)
    for key, width in zip(pictures["key"], pictures["width"], strict=True):
        stored = Image.open(io.BytesIO(workspace.store.get(key)))
        assert stored.size == (width, width) == (1024, 1024)
        thumbnail = workspace.store.get(key.rsplit(".", 1)[0] + "_512.webp")
        assert Image.open(io.BytesIO(thumbnail)).width == 512
    assert len(standin.log()) == 6
    check_invariants(database_urls)
    assert paid_twice(database_urls) == []


def test_a_second_start_makes_nothing_twice_and_again_does(
    runtime: Runtime, workspace: Workspace, standin: Standin
) -> None:
    collection_id, _ = collection_of(workspace, 2)
    generation.start(workspace, collection_id, request_id="first")
    work_off(runtime)
    second = generation.start(workspace, collection_id, request_id="second")
    assert (second.created, second.existing) == (0, 2)
    more = generation.start(workspace, collection_id, request_id="third", request=TWO)
    assert (more.created, more.existing) == (2, 2)
    again = generation.start(
        workspace, collection_id, request_id="fourth", request=RunRequest(again=True)
    )
    assert (again.created, again.existing) == (2, 0)
    work_off(runtime)
    assert len(standin.log()) == 6


def test_many_threads_make_each_picture_once(
    runtime: Runtime, workspace: Workspace, standin: Standin, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 6)
    generation.start(workspace, collection_id, request_id="run", request=TWO)
    work_off_by(runtime, 6)
    assert len(standin.log()) == 12
    assert generation.progress(workspace, collection_id).completed == 12
    check_invariants(database_urls)
    assert paid_twice(database_urls) == []


def test_the_recipe_and_the_prompt_are_kept_with_the_picture(
    runtime: Runtime, workspace: Workspace, standin: Standin, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 1, scenes=1)
    generation.start(workspace, collection_id, request_id="run")
    work_off(runtime)
    [(prompt, recipe_hash, recipe)] = rows(
        database_urls, "SELECT prompt, recipe_hash, recipe FROM app.generated_assets"
    )
    told = cast("dict[str, Any]", recipe)
    assert prompt == told["prompt"]
    assert isinstance(recipe_hash, str)
    assert len(recipe_hash) == 64
    [sent] = standin.log()
    inputs: list[dict[str, str]] = told["inputs"]
    assert [item["sha256"] for item in inputs] == sent["images"]


def test_a_product_without_photo_is_skipped_and_named(
    runtime: Runtime, workspace: Workspace, database_urls: DatabaseUrls
) -> None:
    collection_id, products = collection_of(workspace, 2)
    with workspace.begin() as session:
        session.connection().exec_driver_sql(
            "DELETE FROM app.product_images WHERE product_id = %s", (products[0],)
        )
    started = generation.start(workspace, collection_id, request_id="run")
    assert started.created == 1
    assert [(item.product_id, item.reason) for item in started.skipped] == [
        (products[0], "It has no photo.")
    ]
    work_off(runtime)
    check_invariants(database_urls)
