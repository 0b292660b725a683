"""Stacks for the tests of the embedded stack: each test has its own folder, ports and processes."""

import contextlib
import json
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from visualizer_core.local.accounts import Account, can_reach
from visualizer_core.local.postgres import PostgresServer
from visualizer_core.local.state import StateFolder, temporary_state

ROOT = Path(__file__).parents[2]
FOREGROUND = Path(__file__).with_name("foreground.py")
READY_SECONDS = 40.0
# Named pieces are external; so these start no server.
NO_PROVIDER = {"GEMINI_API_KEY": "tests-need-no", "UNSPLASH_ACCESS_KEY": "provider"}
ONLY_REDIS = NO_PROVIDER | {
    "DATABASE_URL": "postgresql+psycopg://elsewhere/x",
    "AWS_S3_BUCKET": "elsewhere",
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "key",
}


@dataclass
class Foreground:
    """A `visualizer up` of a test, in a process of its own."""

    process: subprocess.Popen[str]
    log: Path
    env: dict[str, str]
    pids: dict[str, int]
    uid: int

    def end(self, how: signal.Signals = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(30)

    def said(self) -> str:
        return self.log.read_text("utf-8")


StartForeground = Callable[..., Foreground]
Query = Callable[[str, str], list[tuple[object, ...]]]


@pytest.fixture
def state_dir() -> Generator[Path]:
    with temporary_state() as path:
        yield path


@pytest.fixture
def state(state_dir: Path) -> StateFolder:
    folder = StateFolder(state_dir)
    folder.create()
    return folder


@pytest.fixture
def postgres(state: StateFolder) -> Generator[PostgresServer]:
    server = PostgresServer(state, durable=False)
    yield server
    server.stop()


@pytest.fixture
def query() -> Query:
    """Run one statement at a SQLAlchemy-style address and return its rows."""

    def run(url: str, statement: str) -> list[tuple[object, ...]]:
        plain = url.replace("+psycopg", "")
        with psycopg.connect(plain, autocommit=True, connect_timeout=5) as connection:
            answer = connection.execute(statement.encode())
            return answer.fetchall() if answer.description else []

    return run


@pytest.fixture
def start_foreground(tmp_path: Path) -> Generator[StartForeground]:
    """Start foreground.py and wait for it; whatever is left at the end of the test is killed."""
    started: list[Foreground] = []

    def start(
        state_dir: Path,
        *codes: str,
        expect_ready: bool = True,
        only_redis: bool = False,
        prefix: tuple[str, ...] = (),
    ) -> Foreground:
        pieces = ONLY_REDIS if only_redis else NO_PROVIDER
        log = tmp_path / f"foreground-{len(started)}.log"
        with log.open("w", encoding="utf-8") as output:
            process = subprocess.Popen(  # noqa: S603  # our own script
                [*prefix, sys.executable, str(FOREGROUND), str(state_dir), *codes],
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | pieces,
            )
        one = Foreground(process, log, {}, {}, -1)
        started.append(one)
        if expect_ready:
            _read_ready(one)
        return one

    yield start
    for one in started:
        one.process.kill()
        one.process.wait(10)
        for pid in one.pids.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if one.process.stdout is not None:
            one.process.stdout.close()


def _read_ready(one: Foreground) -> None:
    assert one.process.stdout is not None
    readable, _, _ = select.select([one.process.stdout], [], [], READY_SECONDS)
    line = one.process.stdout.readline() if readable else ""
    assert line, f"the stack did not get ready:\n{one.said()}"
    found = json.loads(line)
    one.env, one.pids, one.uid = found["env"], found["pids"], found["uid"]


@dataclass(frozen=True)
class Ordinary:
    """An ordinary user of this machine: how to become one, and a state folder of theirs."""

    account: Account
    prefix: tuple[str, ...]
    state_dir: Path


@pytest.fixture
def ordinary() -> Generator[Ordinary]:
    """Become `nobody` when root runs the tests; an ordinary user is covered by all others."""
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0 or setpriv is None:
        pytest.skip("needs root and setpriv; an ordinary user runs every other test as one")
    entry = pwd.getpwnam("nobody")
    account = Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    become = (setpriv, f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups")
    if not (can_reach(Path(sys.executable).resolve().parent, account) and can_reach(ROOT, account)):
        # Root's own Python lies in a private home. Let the test user pass through folders.
        reach = "-all,+dac_read_search"
        become += (f"--inh-caps={reach}", f"--ambient-caps={reach}")
    trial = subprocess.run([*become, sys.executable, "-c", ""], check=False)  # noqa: S603  # fixed
    if trial.returncode != 0:
        pytest.skip("this root may not let another account run its Python")
    folder = Path(tempfile.mkdtemp(prefix="visualizer-ordinary-"))
    os.chown(folder, account.uid, account.gid)
    try:
        yield Ordinary(account, become, folder / "state")
    finally:
        shutil.rmtree(folder)


def wait_until(what: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def eventually() -> Callable[..., bool]:
    """Wait until something is true; False when it did not become true in time."""
    return wait_until
