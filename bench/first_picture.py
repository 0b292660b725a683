"""From ``make up`` in a fresh clone to the first picture, with the packages in the cache.

The clone of what is committed goes into a temporary folder; ``make up`` makes its environment,
servers, sample and workers. Then ``visualizer run`` makes one picture of a sample product. The
clock stops when that command has ended, export included. The picture itself is the stand-in's.
"""

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.harness import Figure, Goal, note

__all__ = ["GOALS", "measure"]

PROJECT = Path(__file__).resolve().parent.parent
READY = "ready after"  # what `visualizer up` says when everything runs
PATIENCE_S = 600.0
STOP_S = 90.0  # workers may end their calls
POLL_S = 0.1

GOALS = (Goal("up_to_first_picture_s", "s", 90),)


def measure() -> list[Figure]:
    """One run; a second one would find a warmer cache than anybody has."""
    with tempfile.TemporaryDirectory(prefix="visualizer-clone-") as folder:
        # Root's Postgres runs under another account, which must pass through.
        Path(folder).chmod(0o711)
        clone = Path(folder) / "clone"
        _call(["git", "clone", "--quiet", str(PROJECT), str(clone)], PROJECT, _environment())
        note("make up in a fresh clone")
        begun = time.monotonic()
        with _up(clone) as log:
            _wait_for(log, READY)
            ready_s = time.monotonic() - begun
            note(f"ready after {ready_s:.0f} s; one picture")
            result = _first_picture(clone)
            seconds = time.monotonic() - begun
    if result["generated"] != 1:
        raise AssertionError(f"no picture was made: {result}")
    details = {"ready_s": round(ready_s, 1), "run_s": round(seconds - ready_s, 1)}
    return [GOALS[0].figure(seconds, runs=1, **details)]


_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "UV_", "PIP_", "XDG_", "SSL_",
              "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "NO_PROXY")  # fmt: skip


def _environment() -> dict[str, str]:
    """What set-up needs of this environment; nothing that would replace an embedded server."""
    return {name: value for name, value in os.environ.items() if name.startswith(_PASSED_ON)}


@contextmanager
def _up(clone: Path) -> Generator[Path]:
    log = clone.parent / "up.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["make", "up"],  # noqa: S607 - make is what people type
            cwd=clone,
            env=_environment(),
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that Ctrl-C can be sent to all of it
        )
        try:
            yield log
        finally:
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def _wait_for(log: Path, words: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while words not in (said := log.read_text("utf-8", "replace")):
        if time.monotonic() > deadline or "make: ***" in said:
            raise AssertionError(f"`make up` did not get ready:\n{said[-2_000:]}")
        time.sleep(POLL_S)


def _first_picture(clone: Path) -> Mapping[str, object]:
    sample = clone / ".visualizer" / "sample"
    catalogue = next(path for path in sample.iterdir() if path.suffix == ".csv")
    command = [str(clone / ".venv" / "bin" / "visualizer"), "run", "--client", "demo"]
    command += ["--catalogue", str(catalogue), "--photos", str(sample / "photos")]
    command += ["--rooms", str(sample / "rooms"), "--limit", "1"]
    command += ["--out", str(clone.parent / "first.zip"), "--json"]
    said = _call(command, clone, _environment())
    result: dict[str, object] = json.loads(said.splitlines()[-1])
    return result


def _call(command: list[str], cwd: Path, env: Mapping[str, str]) -> str:
    done = subprocess.run(  # noqa: S603 - our own commands
        command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    if done.returncode:
        raise AssertionError(f"{command[0]} failed ({done.returncode}): {done.stderr[-2_000:]}")
    return done.stdout
