"""The same job as a script: five lines, and nothing left behind however the script ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.notebooks.processes import processes_of, wait_until_gone

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.xdist_group("notebooks")]

FIVE_LINES = """
import visualizer_core as vc
ws = vc.open_workspace("demo")
ws.import_catalogue("catalogue.csv", photos="photos/")
trial = ws.collection("First", products=ws.products().head(3), rooms="rooms/")
trial.generate(variants=2)
print(trial.table()[["sku", "variant", "status", "width"]].to_json(orient="records"))
"""
KILLED = """
import time
import visualizer_core as vc
ws = vc.open_workspace("demo")
ws.import_catalogue("catalogue.csv", photos="photos/")
trial = ws.collection("First", products=ws.products(), rooms="rooms/")
trial.generate(variants=4, wait=False)
print("under way", flush=True)
time.sleep(600)
"""


def test_five_lines_make_pictures_and_leave_no_process_behind(
    small_catalogue: Path, bare_environment: dict[str, str], state: Path
) -> None:
    done = subprocess.run(  # noqa: S603  # our own script
        [sys.executable, "-c", FIVE_LINES],
        cwd=small_catalogue,
        env=bare_environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert [(row["sku"], row["variant"]) for row in made] == [
        (f"SKU-{number:03}", variant) for number in range(3) for variant in (1, 2)
    ]
    assert {row["status"] for row in made} == {"completed"}
    assert {row["width"] for row in made} == {1024}
    assert "6 of 6" in done.stderr, "progress is for people and goes to stderr"
    assert wait_until_gone(state) == []


def test_a_script_killed_in_the_middle_of_a_run_leaves_no_process_behind(
    small_catalogue: Path, bare_environment: dict[str, str], state: Path
) -> None:
    process = subprocess.Popen(  # noqa: S603  # our own script
        [sys.executable, "-c", KILLED],
        cwd=small_catalogue,
        env=bare_environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "under way\n"
        running = " ".join(processes_of(state))
        for part in ("visualizer_core.cli.keep", "postgres", "huey_consumer tasks.client"):
            assert part in running
    finally:
        process.kill()
        process.communicate()
    assert wait_until_gone(state) == []
