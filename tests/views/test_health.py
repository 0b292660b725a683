"""The health page as HTML, and the watch that all who look at it share."""

import asyncio
import dataclasses
import socket
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.support.postgres import DatabaseUrls
from tests.support.world import Servers, Standin, runtime_on
from visualizer_core.services.operations import Check, Part
from visualizer_core.views.health import HealthSnapshot, HealthView, HealthWatch, health_html
from visualizer_core.views.text import text
from visualizer_core.workspace import Runtime

AT = datetime(2026, 11, 25, 9, 30, 15, tzinfo=UTC)
WELL = Check(Part.DISK, "disk space", ok=True, detail="31% free")
ADVICE = Check(Part.WORK, "model m is paused", ok=True, detail="unpaid", remedy="Resume `m`.")
ILL = Check(Part.REDIS, "redis", ok=False, detail="does not answer", remedy="Start Redis.")


def _page(*checks: Check, detailed: bool = True) -> str:
    return health_html(HealthSnapshot(checks, AT), detailed=detailed)


@pytest.mark.parametrize(
    ("checks", "state", "words"),
    [
        ((WELL,), "good", "Everything works"),
        ((WELL, ADVICE), "advice", "there is advice"),
        ((WELL, ADVICE, ILL), "bad", "1 of 3 checks failed: redis"),
    ],
)
def test_the_verdict_is_that_of_the_worst_check(
    checks: tuple[Check, ...], state: str, words: str
) -> None:
    page = _page(*checks)
    assert f'class="verdict {state}"' in page
    assert words in page
    assert "09:30:15 UTC" in page


def test_every_row_says_its_state_in_words_and_its_remedy() -> None:
    page = _page(WELL, ADVICE, ILL)
    assert 'disk space<span class="hidden">: well' in page
    assert 'redis<span class="hidden">: failed' in page
    assert "Start Redis." in page
    assert "<code>m</code>" in page


def test_text_from_outside_is_shown_as_text() -> None:
    evil = "<img src=x onerror=alert(1)>\"'&`<b>`"
    page = _page(Check(Part.REDIS, evil, ok=False, detail=evil, remedy=evil))
    assert "<img" not in page
    assert "<b>" not in page
    assert page.count(text('<img src=x onerror=alert(1)>"')) >= 3
    assert text(None) == ""
    assert text("\"'<>&") == "&quot;&#x27;&lt;&gt;&amp;"


def test_strangers_see_which_part_is_ill_but_not_what_was_found() -> None:
    page = _page(ILL, detailed=False)
    assert "redis" in page
    assert "does not answer" not in page
    assert "Start Redis." not in page
    assert "<code>visualizer doctor</code>" in page


def test_ten_people_who_look_cost_what_one_does(runtime: Runtime, standin: Standin) -> None:
    watch = HealthWatch(runtime)
    snapshots = [watch.now() for _ in range(10)]
    assert all({check.part for check in one.checks} == set(Part) for one in snapshots)
    asked = [entry for entry in standin.log() if "/models/" in str(entry)]
    assert len(asked) == len(runtime.registry.models)


@pytest.fixture
def deaf_provider() -> Iterator[str]:
    """The address of a server that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_provider_that_hangs_does_not_stop_the_page_for_others(
    servers: Servers, database_urls: DatabaseUrls, runtime: Runtime, deaf_provider: str
) -> None:
    assert runtime
    changes = {"GEMINI_BASE_URL": deaf_provider, "GEMINI_TIMEOUT_S": "1"}
    with runtime_on(servers.settings(database_urls, **changes)) as slow:
        one_model = slow.registry.model_copy(update={"models": slow.registry.models[:1]})
        view = HealthView(HealthWatch(dataclasses.replace(slow, registry=one_model)))
        turns = asyncio.run(_turns_during(view))
    assert turns >= MOST_TURNS / 4  # a busy machine takes longer turns; a stopped loop takes none
    assert "provider key" in str(view.pane.object)


TURN_S, MOST_TURNS = 0.02, 50


async def _turns_during(view: HealthView) -> int:
    """How often the event loop got to do something else while the view was refreshed."""
    refreshing = asyncio.create_task(view.refresh())
    turns = 0
    while not refreshing.done():
        await asyncio.sleep(TURN_S)
        turns += 1
    await refreshing
    return turns
