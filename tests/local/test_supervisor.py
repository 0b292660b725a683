import io
import os
import signal
import sys
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path

import pytest

from visualizer_core.errors import PartMissing
from visualizer_core.local.logs import MAX_LOG_BYTES, Console, rotate, tail
from visualizer_core.local.process import ChildSpec
from visualizer_core.local.stamps import ProcessStamp
from visualizer_core.local.supervisor import Supervisor

Eventually = Callable[..., bool]


@pytest.fixture
def shown() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def supervisor(tmp_path: Path, shown: io.StringIO) -> Generator[Supervisor]:
    one = Supervisor(tmp_path, Console(shown), lambda: None)
    yield one
    one.hurry.set()
    one.stop()


def spec(code: str, name: str = "worker") -> ChildSpec:
    argv = [sys.executable, "-S", "-u", "-c", code]
    return ChildSpec(name=name, argv=argv, env={}, ready_log="ready", stop_within_seconds=2.0)


def alive(pid: int | None) -> bool:
    return pid is not None and ProcessStamp.of(pid) is not None


def test_a_child_that_dies_is_restarted_and_people_are_told(
    supervisor: Supervisor, shown: io.StringIO, eventually: Eventually
) -> None:
    child = supervisor.start(spec("import time; print('ready'); time.sleep(60)"))
    first = child.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: "worker is back (restart 1)" in shown.getvalue())
    assert "worker died and is restarted in 0.5 s: killed by SIGKILL" in shown.getvalue()
    assert child.pid != first
    assert not supervisor.gave_up.is_set()


def test_a_child_that_dies_again_and_again_is_given_up(
    eventually: Eventually, tmp_path: Path
) -> None:
    impatient = Supervisor(tmp_path, Console(None), lambda: None, first_backoff_seconds=0.02)
    # Ready at the first start, dead at once at every other.
    once = tmp_path / "was-here"
    code = (
        f"import pathlib, time; p = pathlib.Path({str(once)!r}); here = p.exists(); p.touch()\n"
        "if here: raise SystemExit('the disk is full')\n"
        "print('ready'); time.sleep(0.3)"
    )
    impatient.start(spec(code))
    assert eventually(impatient.gave_up.is_set)
    assert "worker died 6 times in a row" in impatient.failure
    assert "the disk is full" in impatient.failure
    impatient.stop()


def test_a_child_that_does_not_get_ready_is_stopped_and_quoted(supervisor: Supervisor) -> None:
    slow = replace(spec("import time; print('thinking'); time.sleep(60)"), ready_within_seconds=0.4)
    with pytest.raises(PartMissing, match=r"not ready after 0\.4 s(.|\n)*thinking"):
        supervisor.start(slow)
    assert supervisor.children == ()


def test_a_program_that_does_not_exist_is_named(supervisor: Supervisor) -> None:
    missing = replace(spec(""), argv=["/no/such/program"])
    with pytest.raises(PartMissing, match="cannot start /no/such/program: No such file"):
        supervisor.start(missing)


def test_stopping_a_child_stops_what_it_started(
    supervisor: Supervisor, eventually: Eventually
) -> None:
    code = (
        "import subprocess, sys, time\n"
        "p = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(60)'])\n"
        "print('grandchild', p.pid, 'ready'); time.sleep(60)"
    )
    child = supervisor.start(spec(code))
    grandchild = int(tail(child.log).split()[1])
    assert alive(grandchild)
    supervisor.stop()
    assert not alive(child.pid)
    assert eventually(lambda: not alive(grandchild))


def test_workers_are_stopped_before_the_servers_they_need(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    order = tmp_path / "order"
    code = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    open({path!r}, 'a').write({name!r} + ' '); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end); print('ready'); time.sleep(60)"
    )
    for name, is_server in (("database", True), ("workers", False)):
        one = spec(code.format(path=str(order), name=name), name)
        supervisor.start(replace(one, is_server=is_server))
    supervisor.stop()
    assert order.read_text("utf-8") == "workers database "


def test_children_started_by_a_thread_outlive_that_thread(
    supervisor: Supervisor, eventually: Eventually
) -> None:
    code = "import time; print('ready'); time.sleep(60)"
    supervisor.start_all([lambda: supervisor.start(spec(code))])  # the pool's thread has ended
    pid = supervisor.children[0].pid
    assert not eventually(lambda: not alive(pid), 0.3)


def test_what_a_child_writes_cannot_steer_the_terminal(
    supervisor: Supervisor, shown: io.StringIO, eventually: Eventually
) -> None:
    supervisor.start(spec(r"print('\x1b[2Jready'); import time; time.sleep(60)"))
    assert eventually(lambda: "?[2Jready" in shown.getvalue())
    assert "\x1b" not in shown.getvalue()


def test_a_log_that_grew_too_long_is_cut_and_its_older_text_kept(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_bytes(b"x" * (MAX_LOG_BYTES + 1))
    with log.open("ab") as still_open:
        rotate(log)
        still_open.write(b"new\n")
    assert log.read_bytes() == b"new\n"
    assert (tmp_path / "worker.log.1").stat().st_size == MAX_LOG_BYTES + 1


def test_a_reader_that_has_gone_does_not_end_the_stack() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w", encoding="utf-8") as output:
        os.close(reading)
        console = Console(output)
        console.say("worker", "into the void")
        assert console.is_quiet
        with pytest.raises(BrokenPipeError):
            output.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), writing)
