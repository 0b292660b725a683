"""Rates and pauses: changed for everybody, kept in the log, obeyed by the next call."""

from typing import Any

import pytest
from sqlalchemy import select

from tests.support.working import work_off
from tests.support.world import collection_of, runtime_on
from visualizer_core.db.models import AuditEntry, ProviderLimit
from visualizer_core.domain.status import Queue
from visualizer_core.errors import InvalidInput, PartMissing
from visualizer_core.services import generation, operations
from visualizer_core.services.operations.limits import model_limits
from visualizer_core.workspace import Runtime, Workspace


def _log(rt: Runtime) -> list[AuditEntry]:
    with rt.begin() as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


def test_only_what_is_named_changes_and_only_that_is_logged(runtime: Runtime) -> None:
    model = runtime.image_model
    operations.set_model_limits(runtime, model, actor="admin:1", requests_per_minute=30)
    operations.set_model_limits(runtime, model, actor="admin:1", max_in_flight=4)
    operations.set_model_limits(runtime, model, actor="admin:1", max_in_flight=4)  # no change
    limits = model_limits(runtime, model)
    assert (limits.requests_per_minute, limits.max_in_flight) == (30, 4)
    first, second = _log(runtime)
    assert (first.actor, first.action, first.subject) == (
        "admin:1",
        "model.limits_set",
        f"model:{model}",
    )
    assert first.after == {"requests_per_minute": 30.0}
    assert (second.before, second.after) == ({"max_in_flight": 64}, {"max_in_flight": 4})


def test_a_limit_can_be_lifted(runtime: Runtime) -> None:
    model = runtime.image_model
    operations.set_model_limits(runtime, model, actor="test", requests_per_minute=30)
    operations.set_model_limits(runtime, model, actor="test", requests_per_minute=None)
    assert model_limits(runtime, model).requests_per_minute is None


@pytest.mark.parametrize(
    "rates",
    [
        {},
        {"requests_per_minute": 0},
        {"requests_per_minute": -1},
        {"max_in_flight": None},
        {"max_in_flight": 2},  # two are reserved: none would be left for runs
        {"reserved_slots": 64},
    ],
)
def test_limits_that_would_stop_everything_change_nothing(
    runtime: Runtime, rates: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput):
        operations.set_model_limits(runtime, runtime.image_model, actor="test", **rates)
    assert _log(runtime) == []
    with runtime.begin() as session:
        assert session.scalars(select(ProviderLimit)).all() == []


def test_a_model_nobody_knows_has_no_limits(runtime: Runtime) -> None:
    with pytest.raises(InvalidInput, match=runtime.image_model):
        operations.set_model_limits(runtime, "nope", actor="test", requests_per_minute=1)
    with pytest.raises(InvalidInput, match="nope"):
        operations.pause_model(runtime, "nope", actor="test", reason="why not")


def test_a_paused_model_makes_nothing_until_it_is_resumed(
    runtime: Runtime, workspace: Workspace
) -> None:
    collection_id, _ = collection_of(workspace, 2)
    model = runtime.image_model
    operations.pause_model(runtime, model, actor="test", reason="the bill is unpaid")
    generation.start(workspace, collection_id, request_id="one")
    assert work_off(runtime) == 0
    assert "the bill is unpaid" in (generation.why_waiting(workspace, collection_id) or "")
    assert operations.resume_model(runtime, model, actor="test")
    assert work_off(runtime) == 2
    assert not operations.resume_model(runtime, model, actor="test")
    assert [entry.action for entry in _log(runtime) if entry.action.startswith("model.")] == [
        "model.paused",
        "model.resumed",
    ]


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201])
def test_a_pause_has_a_reason_people_can_read(runtime: Runtime, reason: str) -> None:
    with pytest.raises(InvalidInput):
        operations.pause_model(runtime, runtime.image_model, actor="test", reason=reason)


def test_a_pause_for_a_while_ends_by_itself_at_that_time(runtime: Runtime) -> None:
    model = runtime.image_model
    operations.pause_model(runtime, model, actor="test", reason="maintenance", minutes=5)
    [line] = [one for one in operations.queue_state(runtime).models if one.model == model]
    with runtime.begin() as session:
        row = session.get_one(ProviderLimit, model)
        assert row.paused_until is not None
        assert line.paused_until == row.paused_until
        assert round((row.paused_until - row.updated_at).total_seconds()) == 300


def test_the_queue_says_what_is_ready_held_and_later(
    runtime: Runtime, workspace: Workspace
) -> None:
    collection_id, _ = collection_of(workspace, 3)
    generation.start(workspace, collection_id, request_id="one")
    client, admin = operations.queue_state(runtime).queues
    assert (client.queue, client.ready, client.generating, client.held) == (Queue.CLIENT, 3, 0, 0)
    assert client.tokens == 3
    assert client.oldest_ready_s is not None
    assert (admin.ready, admin.oldest_ready_s) == (0, None)
    generation.pause(workspace, collection_id)
    client, _ = operations.queue_state(runtime).queues
    assert (client.ready, client.held) == (0, 3)


def test_the_queue_needs_redis_and_says_so(runtime: Runtime) -> None:
    settings = runtime.settings.model_copy(
        update={"redis_url": type(runtime.settings.redis_url)("redis://127.0.0.1:1/0")}
    )
    with runtime_on(settings) as away, pytest.raises(PartMissing, match="REDIS_URL"):
        operations.queue_state(away)
