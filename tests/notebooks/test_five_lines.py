"""The same job as a script: five lines, and nothing left behind however the script ends."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import visualizer_core as vc
from tests.notebooks.processes import processes_of, wait_until_gone

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.xdist_group("notebooks")]

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "work-in-a-notebook.md"
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
FIRST_OF_TWO = """
import visualizer_core as vc
with vc.open_workspace("demo") as ws:
    ws.import_catalogue("catalogue.csv", photos="photos/")
    trial = ws.collection("First", products=ws.products().head(1), rooms="rooms/")
    trial.generate()
    print("done", flush=True)
    input()
"""


def _python_of(page: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def test_the_lines_of_the_how_to_make_pictures_and_leave_no_process_behind(
    small_catalogue: Path, bare_environment: dict[str, str], state: Path
) -> None:
    five_lines, beyond = _python_of(HOW_TO)
    told = 'print(trial.table()[["sku", "variant", "review", "status"]].to_json(orient="records"))'
    done = subprocess.run(  # noqa: S603  # our own script
        [sys.executable, "-c", f"{five_lines}\n{beyond}\n{told}"],
        cwd=small_catalogue,
        env=bare_environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout.splitlines()[-1])
    assert [(row["sku"], row["variant"]) for row in made] == [
        (f"SKU-{number:03}", variant) for number in range(4) for variant in (1, 2)
    ]
    assert {(row["status"], row["review"]) for row in made} == {("completed", "approved")}
    assert "8 of 8" in done.stderr, "progress is for people and goes to stderr"
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


def test_a_notebook_goes_on_when_the_one_whose_servers_and_workers_it_used_is_closed(
    small_catalogue: Path, bare_environment: dict[str, str], state: Path
) -> None:
    first = subprocess.Popen(  # noqa: S603  # our own script
        [sys.executable, "-c", FIRST_OF_TWO],
        cwd=small_catalogue,
        env=bare_environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with first:
        assert first.stdout is not None
        assert first.stdout.readline() == "done\n"
        with vc.open_workspace("demo", state=state) as second:
            first.communicate("\n")
            assert first.returncode == 0
            trial = second.collection("First", products=["SKU-001", "SKU-002"])
            assert trial.generate().completed == 3
    assert wait_until_gone(state) == []
