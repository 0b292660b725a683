"""What a run came to, told apart from what came before it; and runs of some products only."""

import pytest

from tests.support.postgres import DatabaseUrls
from tests.support.working import rows, work_off
from tests.support.world import Standin, collection_of
from visualizer_core.domain.ids import ProductId, new_id
from visualizer_core.errors import Conflict, InvalidInput
from visualizer_core.services import generation
from visualizer_core.services.generation import RunRequest
from visualizer_core.workspace import Runtime, Workspace


def test_what_ended_is_counted_from_a_moment_on(
    runtime: Runtime, workspace: Workspace, standin: Standin, database_urls: DatabaseUrls
) -> None:
    collection_id, _ = collection_of(workspace, 3)
    began = generation.progress(workspace, collection_id).at
    standin.fault("err_400_invalid_argument")  # free, and given up at once
    generation.start(workspace, collection_id, request_id="first")
    work_off(runtime)
    first = generation.ended_since(workspace, collection_id, began)
    assert (first.completed, first.cancelled, len(first.failures)) == (2, 0, 1)
    [failure] = first.failures
    assert (failure.sku or "").removeprefix("SKU-00") == failure.product.removeprefix("Chair ")
    assert (failure.variant, failure.code) == (1, "invalid_request")
    assert failure.product in failure.message
    [(paid,)] = rows(database_urls, "SELECT sum(cost_micros) FROM app.provider_calls")
    assert first.cost_micros == paid
    standin.reset()
    began = generation.progress(workspace, collection_id).at
    generation.start(workspace, collection_id, request_id="second")
    work_off(runtime)
    second = generation.ended_since(workspace, collection_id, began)
    assert (second.completed, second.failures) == (1, ())
    assert 0 < second.cost_micros < first.cost_micros


def test_what_was_cancelled_is_told(workspace: Workspace) -> None:
    collection_id, _ = collection_of(workspace, 2)
    began = generation.progress(workspace, collection_id).at
    generation.start(workspace, collection_id, request_id="run")
    generation.cancel(workspace, collection_id)
    ended = generation.ended_since(workspace, collection_id, began)
    assert (ended.completed, ended.cancelled, ended.cost_micros) == (0, 2, 0)


def test_a_run_of_some_products_leaves_the_others_alone(
    runtime: Runtime, workspace: Workspace
) -> None:
    collection_id, products = collection_of(workspace, 3)
    some = RunRequest(product_ids=frozenset(products[:1]))
    assert generation.estimate(workspace, collection_id, some).pictures == 1
    assert generation.start(workspace, collection_id, request_id="some", request=some).created == 1
    work_off(runtime)
    assert generation.progress(workspace, collection_id).completed == 1
    everything = generation.start(workspace, collection_id, request_id="all")
    assert (everything.created, everything.existing) == (2, 1)


def test_one_request_id_is_not_for_two_choices_of_products(workspace: Workspace) -> None:
    collection_id, products = collection_of(workspace, 2)
    first, second = (RunRequest(product_ids=frozenset([product])) for product in products)
    generation.start(workspace, collection_id, request_id="run", request=first)
    with pytest.raises(Conflict):
        generation.start(workspace, collection_id, request_id="run", request=second)


def test_a_run_of_products_the_collection_lacks_is_refused(workspace: Workspace) -> None:
    collection_id, _ = collection_of(workspace, 1)
    strangers = RunRequest(product_ids=frozenset([ProductId(new_id())]))
    with pytest.raises(InvalidInput, match="none of the chosen products"):
        generation.start(workspace, collection_id, request_id="run", request=strangers)
