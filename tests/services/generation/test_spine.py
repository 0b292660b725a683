"""From a collection to stored pictures, through one worker in this process."""

from uuid import uuid4

import pytest

from tests.support.world import Standin, collection_of
from visualizer_core.domain.generation_settings import SettingsOverrides
from visualizer_core.domain.status import CollectionStatus, Queue
from visualizer_core.services import generation
from visualizer_core.services.generation import Desk, RanKind, RunRequest
from visualizer_core.workspace import Runtime, Workspace


@pytest.fixture
def desk(runtime: Runtime) -> Desk:
    return Desk(runtime, role="client", version="test")


def work_off(runtime: Runtime, desk: Desk) -> int:
    """Take tokens until nothing is ready."""
    made = 0
    while generation.run_next(runtime, desk, Queue.CLIENT).kind is RanKind.WORKED:
        made += 1
    return made


def test_a_started_run_ends_with_every_picture_stored(
    runtime: Runtime, workspace: Workspace, desk: Desk, standin: Standin
) -> None:
    collection_id, _ = collection_of(workspace, 3)
    request = RunRequest(changes=SettingsOverrides(variants=2))
    started = generation.start(workspace, collection_id, request_id=str(uuid4()), request=request)
    assert started.created == 6
    assert work_off(runtime, desk) == 6
    done = generation.progress(workspace, collection_id)
    assert (done.completed, done.open, done.error) == (6, 0, 0)
    assert done.status is CollectionStatus.COMPLETED
    assert done.cost_micros > 0
    assert len({entry["imageSha256"] for entry in standin.log()}) == 6
