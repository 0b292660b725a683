"""A picture that kills, hangs or bloats its decoder costs itself only."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.imaging.pictures import encoded, jpeg, packed_zeros, photo, png, raw_png
from visualizer_core.errors import ImageRejected, PartMissing
from visualizer_core.imaging.normalise import NormalisedImage, normalise
from visualizer_core.imaging.sandbox import Sandbox, SandboxLimits

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def heavy() -> bytes:
    """A picture that takes about a second to decode."""
    return encoded(photo().resize((8_000, 6_000)), "JPEG", quality=75)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in 20 s"
        time.sleep(0.005)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def used_ticks(sandbox: Sandbox) -> int:
    """CPU time of its only child so far, in hundredths of a second."""
    (pid,) = sandbox.child_pids()
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11])


def start_decoding(
    sandbox: Sandbox, pool: ThreadPoolExecutor, data: bytes
) -> Future[NormalisedImage]:
    """Give it a picture and return when its only child is in the middle of it."""
    sandbox.normalise(jpeg(), "warm-up.jpg")
    before = used_ticks(sandbox)
    working = pool.submit(sandbox.normalise, data, "deadly.jpg")
    wait_until(lambda: used_ticks(sandbox) > before + 8)
    return working


def test_the_result_is_the_same_as_without_the_sandbox(sandbox: Sandbox) -> None:
    for data in (jpeg(), png(photo().convert("RGBA").rotate(10))):
        assert sandbox.normalise(data, "a.gif") == normalise(data, "a.gif")


def test_a_refusal_arrives_with_its_code_and_words(sandbox: Sandbox) -> None:
    with pytest.raises(ImageRejected, match=r"“chair\.psd” is a Photoshop file") as refusal:
        sandbox.normalise(b"8BPS" + bytes(99), "chair.psd")
    assert refusal.value.code == "type_photoshop"


def test_no_child_is_started_before_the_first_picture() -> None:
    with Sandbox(1) as fresh:
        assert fresh.child_pids() == []
        fresh.normalise(jpeg(), "a.jpg")
        assert len(fresh.child_pids()) == 1


@pytest.mark.parametrize("deadly", [signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT])
def test_a_crash_costs_one_picture(heavy: bytes, deadly: signal.Signals) -> None:
    with Sandbox(1) as one, ThreadPoolExecutor(1) as pool:
        working = start_decoding(one, pool, heavy)
        os.kill(one.child_pids()[0], deadly)
        with pytest.raises(
            ImageRejected, match=r"“deadly\.jpg” made the picture decoder fail"
        ) as lost:
            working.result(20)
        assert lost.value.code == "crashed"
        assert one.normalise(jpeg(), "next.jpg").outcome == "accept"


def test_a_child_that_died_while_idle_costs_nothing() -> None:
    with Sandbox(1) as one:
        one.normalise(jpeg(), "a.jpg")
        (pid,) = one.child_pids()
        os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)
        assert one.normalise(jpeg(), "b.jpg").outcome == "accept"
        assert one.child_pids() != [pid]


def test_a_picture_that_computes_too_long_is_stopped() -> None:
    slow = raw_png(6_900, 6_900, bits=16, packed=packed_zeros(97 << 20))
    with Sandbox(1, SandboxLimits(cpu_seconds=0)) as strict:
        with pytest.raises(ImageRejected, match="took too long") as stopped:
            strict.normalise(slow, "slow.png")
        assert stopped.value.code == "timeout"
        assert strict.normalise(jpeg(), "next.jpg").outcome == "accept"


def test_a_picture_that_sleeps_is_stopped_by_the_clock(heavy: bytes) -> None:
    with Sandbox(1, SandboxLimits(wall_seconds=3.0)) as one, ThreadPoolExecutor(1) as pool:
        one.normalise(jpeg(), "first.jpg")
        (pid,) = one.child_pids()
        os.kill(pid, signal.SIGSTOP)
        working = pool.submit(one.normalise, heavy, "asleep.jpg")
        with pytest.raises(ImageRejected) as stopped:
            working.result(20)
        assert stopped.value.code == "timeout"
        assert not is_running(pid)
        assert one.normalise(jpeg(), "next.jpg").outcome == "accept"


def test_a_picture_that_needs_too_much_memory_is_refused(heavy: bytes) -> None:
    with Sandbox(1, SandboxLimits(memory_bytes=320 << 20)) as tight:
        with pytest.raises(ImageRejected) as refusal:
            tight.normalise(heavy, "fat.jpg")
        assert refusal.value.code == "too_heavy"
        assert tight.normalise(jpeg(), "next.jpg").outcome == "accept"


def test_many_threads_share_the_children_and_nobody_gets_anothers_picture() -> None:
    widths = list(range(100, 160))
    with Sandbox(2) as pair:
        with ThreadPoolExecutor(12) as pool:
            files = [jpeg(photo(width, 90)) for width in widths]
            images = list(pool.map(pair.normalise, files, ["a.jpg"] * len(files)))
        assert [image.width for image in images] == widths
        assert len(pair.child_pids()) == 2


def test_a_child_is_replaced_after_its_share_of_pictures() -> None:
    with Sandbox(1, SandboxLimits(pictures_per_child=2)) as one:
        pids = set[int]()
        for _ in range(5):
            one.normalise(jpeg(), "a.jpg")
            pids.update(one.child_pids())
        assert len(pids) == 3


def test_closing_leaves_no_process_and_refuses_further_pictures() -> None:
    closed = Sandbox(2)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(closed.normalise, [jpeg()] * 4, ["a.jpg"] * 4))
    pids = closed.child_pids()
    closed.close()
    closed.close()
    assert pids
    assert not any(is_running(pid) for pid in pids)
    with pytest.raises(PartMissing):
        closed.normalise(jpeg(), "late.jpg")


def test_closing_lets_the_picture_in_work_finish_and_wakes_those_who_wait(heavy: bytes) -> None:
    one = Sandbox(1)
    with ThreadPoolExecutor(4) as pool:
        working = start_decoding(one, pool, heavy)
        waiting = [pool.submit(one.normalise, heavy, "b.jpg") for _ in range(3)]
        closing = threading.Thread(target=one.close)
        closing.start()
        assert working.result(30).width == 3072
        ends = [future.exception(30) for future in waiting]
        closing.join(30)
    assert all(isinstance(end, PartMissing) for end in ends if end is not None)
    assert any(ends)


def test_a_child_ends_when_its_parent_is_killed() -> None:
    parent = (
        "import sys, time\n"
        "from visualizer_core.imaging.sandbox import Sandbox\n"
        "sandbox = Sandbox(1)\n"
        "sandbox.normalise(sys.stdin.buffer.read(), 'a.jpg')\n"
        "print(sandbox.child_pids()[0], flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(  # noqa: S603  # our own interpreter
        [sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(jpeg())
        process.stdin.close()
        child = int(process.stdout.readline())
        assert is_running(child)
        process.kill()
    wait_until(lambda: not is_running(child) or _is_zombie(child))


def test_a_fork_starts_children_of_its_own() -> None:
    forking = (
        "import os, sys\n"
        "from visualizer_core.imaging.sandbox import Sandbox\n"
        "data = sys.stdin.buffer.read()\n"
        "with Sandbox(1) as sandbox:\n"
        "    sandbox.normalise(data, 'a.jpg')\n"
        "    before = sandbox.child_pids()\n"
        "    fork = os.fork()\n"
        "    assert fork or not sandbox.child_pids()\n"
        "    for _ in range(5):\n"
        "        sandbox.normalise(data, 'a.jpg')\n"
        "    assert (sandbox.child_pids() == before) == bool(fork)\n"
        "sys.exit(os.waitpid(fork, 0)[1] if fork else 0)\n"
    )
    done = subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, "-W", "error", "-c", forking],
        cwd=ROOT,
        input=jpeg(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_child_that_cannot_start_is_no_fault_of_the_picture() -> None:
    with (
        Sandbox(1, SandboxLimits(memory_bytes=1 << 70)) as broken,
        pytest.raises(PartMissing, match="does not start"),
    ):
        broken.normalise(jpeg(), "a.jpg")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_child_knows_no_secrets_and_holds_only_its_pipes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "very-secret-key")
    with Sandbox(1) as one:
        one.normalise(jpeg(), "a.jpg")
        (pid,) = one.child_pids()
        assert b"very-secret-key" not in Path(f"/proc/{pid}/environ").read_bytes()
        open_files = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
        assert all(f.startswith("pipe:") or f == "/dev/null" for f in open_files), open_files


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_child_runs_limited_and_confined() -> None:
    with Sandbox(1) as one:
        one.normalise(jpeg(), "a.jpg")
        (pid,) = one.child_pids()
        limits = Path(f"/proc/{pid}/limits").read_text()
        status = Path(f"/proc/{pid}/status").read_text()
    hard = {line[:26].strip(): line[26:].split()[1] for line in limits.splitlines()}
    assert hard["Max address space"] == str(1 << 30)
    assert hard["Max file size"] == "0"
    assert hard["Max core file size"] == "0"
    assert "Seccomp:\t2" in status
    assert "NoNewPrivs:\t1" in status


FORBIDDEN = {
    "open a connection": "import socket; socket.socket()",
    "start a program": "import subprocess; subprocess.run(['true'])",
    "start a process": "import os; os.fork()",
    "become a program": "import os; os.execv('/bin/true', ['true'])",
    "signal its parent": "import os; os.kill(os.getppid(), 0)",
    "delete a file": "import os; os.unlink('/nowhere/at/all')",
    "rename a file": "import os; os.rename('/nowhere/a', '/nowhere/b')",
}


@pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux")
@pytest.mark.parametrize("deed", FORBIDDEN.values(), ids=FORBIDDEN)
def test_a_confined_process_cannot(deed: str) -> None:
    code = f"from visualizer_core.imaging.confine import confine\nassert confine()\n{deed}"
    done = subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "PermissionError" in done.stderr
    assert done.returncode == 1
