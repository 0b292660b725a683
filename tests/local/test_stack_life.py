import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from visualizer_core.errors import Conflict, Misconfigured, PartMissing
from visualizer_core.local.record import ChildRecord
from visualizer_core.local.stack import Stack
from visualizer_core.local.stamps import ProcessStamp

SERVERS = {"postgres", "redis", "s3"}
NO_PROVIDER = {"GEMINI_API_KEY": "tests-need-no", "UNSPLASH_ACCESS_KEY": "provider"}
READY = "import time; print('ready'); time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready');"
    "time.sleep(600)"
)


def alive(pid: int) -> bool:
    return ProcessStamp.of(pid) is not None


def test_a_stack_starts_answers_and_leaves_nothing_behind(
    start_foreground: Callable[..., Any], state_dir: Path, query: Callable[..., Any]
) -> None:
    stack = start_foreground(state_dir, READY)
    assert set(stack.pids) == SERVERS | {"child-0"}
    assert query(stack.env["VISUALIZER_BOOTSTRAP_DATABASE_URL"], "SELECT 1") == [(1,)]

    assert stack.end(signal.SIGINT) == 0

    assert not any(alive(pid) for pid in stack.pids.values())
    assert not (state_dir / "stack.json").exists()
    assert not (state_dir / "environment.json").exists()
    assert " stack | redis: embedded Valkey" in stack.said()
    assert " child-0 | ready" in stack.said()


def test_the_next_start_finds_the_data_the_ports_and_the_secrets_again(
    state_dir: Path, query: Callable[..., Any]
) -> None:
    with Stack(state_dir, environ=NO_PROVIDER, durable=False).running(SERVERS) as first:
        url = first["VISUALIZER_BOOTSTRAP_DATABASE_URL"]
        query(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    with Stack(state_dir, environ=NO_PROVIDER, durable=False).running(SERVERS) as second:
        assert query(url, "SELECT answer FROM kept") == [(42,)]
        assert second == first


def test_after_kill_9_of_the_supervisor_the_servers_die_and_the_next_start_recovers_the_data(
    start_foreground: Callable[..., Any],
    state_dir: Path,
    query: Callable[..., Any],
    eventually: Callable[..., bool],
) -> None:
    first = start_foreground(state_dir)
    url = first.env["VISUALIZER_BOOTSTRAP_DATABASE_URL"]
    query(url, "CREATE TABLE kept AS SELECT 42 AS answer")

    first.end(signal.SIGKILL)
    assert eventually(lambda: not any(alive(pid) for pid in first.pids.values()))
    assert (state_dir / "stack.json").exists()  # nobody could tidy up

    second = start_foreground(state_dir)
    assert second.env["DATABASE_URL"] == first.env["DATABASE_URL"]
    assert query(url, "SELECT answer FROM kept") == [(42,)]
    assert second.end() == 0


def test_a_child_that_outlives_the_killed_supervisor_is_stopped_by_the_next_start(
    start_foreground: Callable[..., Any], state_dir: Path
) -> None:
    first = start_foreground(state_dir, STUBBORN, only_redis=True)
    first.end(signal.SIGKILL)
    assert alive(first.pids["child-0"])

    second = start_foreground(state_dir, only_redis=True)

    assert not alive(first.pids["child-0"])
    assert "an earlier stack was cut off; stopped its" in second.said()
    assert second.end() == 0


def test_kill_9_of_everything_loses_no_committed_row(
    start_foreground: Callable[..., Any], state_dir: Path, query: Callable[..., Any]
) -> None:
    first = start_foreground(state_dir)
    url = first.env["VISUALIZER_BOOTSTRAP_DATABASE_URL"]
    query(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    for pid in (first.process.pid, *first.pids.values()):
        os.kill(pid, signal.SIGKILL)
    first.process.wait(10)

    second = start_foreground(state_dir)

    assert query(url, "SELECT answer FROM kept") == [(42,)]
    assert second.end() == 0


def test_a_second_start_is_refused_with_the_addresses_and_disturbs_nothing(
    start_foreground: Callable[..., Any], state_dir: Path
) -> None:
    first = start_foreground(state_dir, only_redis=True)

    second = start_foreground(state_dir, expect_ready=False, only_redis=True)

    assert second.process.wait(20) == 3
    said = second.said()
    assert "already running" in said
    assert str(first.process.pid) in said
    address = first.env["REDIS_URL"].rpartition("@")[2].removesuffix("/0")
    assert address in said
    assert first.env["REDIS_URL"] not in said  # it holds the password
    assert all(alive(pid) for pid in first.pids.values())
    assert first.end() == 0


def test_sigterm_stops_as_cleanly_as_ctrl_c(
    start_foreground: Callable[..., Any], state_dir: Path
) -> None:
    stack = start_foreground(state_dir, only_redis=True)
    assert stack.end(signal.SIGTERM) == 0
    assert not any(alive(pid) for pid in stack.pids.values())


def test_a_second_ctrl_c_does_not_wait_for_a_stubborn_child(
    start_foreground: Callable[..., Any], state_dir: Path, eventually: Callable[..., bool]
) -> None:
    stack = start_foreground(state_dir, STUBBORN, only_redis=True)
    stack.process.send_signal(signal.SIGINT)
    assert eventually(lambda: "Ctrl-C now stops without waiting" in stack.said())
    begun = time.monotonic()

    assert stack.end(signal.SIGINT) == 0

    assert time.monotonic() - begun < 1.5  # its grace time is 2 s
    assert "child-0 had to be killed" in stack.said()
    assert not any(alive(pid) for pid in stack.pids.values())


def test_a_killed_server_comes_back_on_the_same_port_and_the_record_knows(
    start_foreground: Callable[..., Any],
    state_dir: Path,
    query: Callable[..., Any],
    eventually: Callable[..., bool],
) -> None:
    stack = start_foreground(state_dir)
    os.kill(stack.pids["postgres"], signal.SIGKILL)

    assert eventually(lambda: "postgres is back (restart 1)" in stack.said(), 20)
    assert query(stack.env["VISUALIZER_BOOTSTRAP_DATABASE_URL"], "SELECT 1") == [(1,)]
    record = Stack(state_dir, environ={}).record()
    assert record is not None
    now = {child.name: child.pid for child in record.children}
    assert now["postgres"] != stack.pids["postgres"]
    assert record.is_usable()
    stack.pids.update(now)
    assert stack.end() == 0


def test_a_command_uses_the_running_stack_and_leaves_it_running(
    start_foreground: Callable[..., Any], state_dir: Path
) -> None:
    stack = start_foreground(state_dir, only_redis=True)
    begun = time.monotonic()

    with Stack(state_dir, environ={"OTHER": "kept"}).running() as env:
        assert time.monotonic() - begun < 0.5
        assert env["OTHER"] == "kept"
        for name in ("DATABASE_URL", "REDIS_URL", "AWS_S3_BUCKET", "QUEUE_SECRET", "BASE_URL"):
            assert env[name] == stack.env[name]

    assert all(alive(pid) for pid in stack.pids.values())
    assert stack.end() == 0


def test_a_command_may_bring_a_piece_of_its_own_to_a_running_stack(state_dir: Path) -> None:
    with Stack(state_dir, environ=NO_PROVIDER, durable=False).running({"redis"}) as outer:
        own = NO_PROVIDER | {"REDIS_URL": "redis://elsewhere:6379/0"}
        with Stack(state_dir, environ=own).running({"redis"}) as env:
            assert env["REDIS_URL"] == "redis://elsewhere:6379/0"
            assert env["QUEUE_SECRET"] == outer["QUEUE_SECRET"]


def test_a_command_that_needs_more_than_the_running_stack_has_is_told_what(state_dir: Path) -> None:
    with (
        Stack(state_dir, environ=NO_PROVIDER, durable=False).running({"redis"}),
        pytest.raises(Conflict, match="lacks s3"),
        Stack(state_dir, environ=NO_PROVIDER).running({"redis", "s3"}),
    ):
        pass


def test_the_owner_of_a_shared_stack_waits_for_the_commands_that_came_to_use_it(
    state_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    leave, joined = threading.Event(), threading.Event()
    seen: list[bool] = []

    def use() -> None:
        with Stack(state_dir, environ=NO_PROVIDER).running({"redis"}):
            joined.set()
            leave.wait(10)
            record = Stack(state_dir, environ={}).record()
            seen.append(record is not None and all(c.is_alive() for c in record.children))

    user = threading.Thread(target=use)
    with Stack(state_dir, environ=NO_PROVIDER, durable=False).running({"redis"}):
        user.start()
        assert joined.wait(10)
        threading.Timer(0.4, leave.set).start()
    user.join(10)

    assert seen == [True]
    assert "Another command still uses" in caplog.text


def test_several_stacks_run_side_by_side(state_dir: Path) -> None:
    one = Stack(state_dir / "one", environ=NO_PROVIDER, durable=False)
    two = Stack(state_dir / "two", environ=NO_PROVIDER, durable=False)
    with one.running({"redis", "s3"}) as first, two.running({"redis", "s3"}) as second:
        for name in ("REDIS_URL", "AWS_ENDPOINT_URL", "AWS_SECRET_ACCESS_KEY", "AUTH_SECRET"):
            assert first[name] != second[name]


def test_a_child_that_cannot_start_ends_the_stack_with_its_last_words(
    start_foreground: Callable[..., Any], state_dir: Path
) -> None:
    stack = start_foreground(
        state_dir, "raise SystemExit('no lights')", expect_ready=False, only_redis=True
    )
    assert stack.process.wait(30) == 3
    assert "child-0 ended at its start: exit code 1" in stack.said()
    assert "no lights" in stack.said()
    assert not (state_dir / "stack.json").exists()


def test_a_leftover_record_never_stops_a_stranger_with_the_same_pid() -> None:
    mine = ProcessStamp.of(os.getpid())
    assert mine is not None
    stranger = ChildRecord(
        name="postgres",
        pid=mine.pid,
        started=mine.started[:-1] + "x",
        stop_signal=signal.SIGKILL,
        stop_within_seconds=1,
        is_server=True,
        address="",
        log="",
    )
    assert not stranger.is_alive()
    assert not stranger.stamp.stop(signal.SIGKILL, 1)  # or this test would end here


def test_a_part_that_nobody_knows_is_refused(state_dir: Path) -> None:
    with (
        pytest.raises(Misconfigured, match="mongodb"),
        Stack(state_dir, environ={}).running({"mongodb"}),
    ):
        pass


def test_a_failing_part_names_itself_and_the_others_are_stopped(state_dir: Path) -> None:
    stack = Stack(state_dir, environ=NO_PROVIDER, durable=False)
    with stack.running({"redis"}):
        pass
    # A folder where the configuration file should be: the server cannot be set up.
    (state_dir / "redis" / "valkey.conf").unlink()
    (state_dir / "redis" / "valkey.conf").mkdir()
    with (
        pytest.raises(PartMissing, match="redis could not be set up"),
        stack.running({"redis", "s3"}),
    ):
        pass
    assert not (state_dir / "stack.json").exists()
