"""The first notebook, executed from an empty kernel on a machine where nothing runs."""

import base64
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from PIL import Image

from tests.notebooks.conftest import bare
from tests.notebooks.processes import wait_until_gone
from visualizer_core.local.state import temporary_state

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
FIRST = NOTEBOOKS / "01_first_collection.ipynb"
ALL = sorted(NOTEBOOKS.glob("*.ipynb"))
PLOT = "application/vnd.holoviews_exec.v0+json"

slow = [pytest.mark.slow, pytest.mark.timeout(500), pytest.mark.xdist_group("notebooks")]


@dataclass(frozen=True)
class Executed:
    """A notebook after its last cell."""

    cells: list[Any]
    left: list[str]  # processes that outlived the kernel

    def outputs(self, source: str) -> list[dict[str, Any]]:
        """Data of what the one cell that holds `source` shows, newest last."""
        [cell] = [cell for cell in self.cells if source in cell.source]
        return [dict(one.data) for one in cell.outputs if "data" in one]

    def html(self, source: str) -> str:
        return "\n".join(data.get("text/html", "") for data in self.outputs(source))


def _read(path: Path) -> Any:
    reader: Any = nbformat  # its types are loose
    return reader.read(path, as_version=4)


@pytest.fixture(scope="module")
def executed() -> Executed:
    notebook = _read(FIRST)
    with temporary_state() as state:
        client = NotebookClient(
            notebook,
            timeout=300,
            kernel_name="python3",
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": str(NOTEBOOKS)}},
        )
        env = bare(state) | {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}
        client.execute(env=env)
        left = wait_until_gone(state)
    return Executed([cell for cell in notebook.cells if cell.cell_type == "code"], left)


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs_and_without_places_of_one_machine(
    path: Path,
) -> None:
    stored = json.loads(path.read_text(encoding="utf-8"))
    nbformat.validate(_read(path))
    for cell in stored["cells"]:
        assert not cell.get("outputs"), cell["id"]
        assert cell.get("execution_count") is None, cell["id"]
        assert not re.search(r"(^|[\s\"'=(])(/\w|~/|[A-Z]:\\)", "".join(cell["source"])), cell["id"]
    assert stored["metadata"]["kernelspec"]["name"] == "python3"


@pytest.mark.usefixtures("executed")
class TestTheStory:
    """One execution, looked at from all sides."""

    pytestmark = slow

    def test_no_cell_fails_or_complains(self, executed: Executed) -> None:
        for cell in executed.cells:
            kinds = [one.output_type for one in cell.outputs]
            assert "error" not in kinds
            loud = [one.text for one in cell.outputs if one.get("name") == "stderr"]
            assert loud == [], cell.source

    @pytest.mark.parametrize(
        ("source", "columns"),
        [
            ("products = ws.products()", ("sku", "price", "photos")),
            ("trial.analyse()", ("kind", "room", "style")),
            ("matches = trial.match()", ("scene", "score")),
            ("trial.estimate()", ("pictures", "cost_usd", "generations_left")),
            ("trial.settings(sku)", ("decided_by",)),
            ("table = trial.table()", ("status", "width", "cost_usd")),
            ("calls = trial.calls()", ("outcome", "image_tokens", "cost_usd")),
            ("ledger = ws.calls()", ("count", "sum", "picture", "product_analysis")),
            ("trial.export(", ("file", "sku", "bytes")),
        ],
    )
    def test_tables_are_shown(
        self, executed: Executed, source: str, columns: tuple[str, ...]
    ) -> None:
        html = executed.html(source)
        assert "<table" in html
        for column in columns:
            assert f">{column}</th>" in html

    def test_the_bar_ends_with_every_picture_made(self, executed: Executed) -> None:
        bars = executed.html("run = trial.generate()")
        assert '<progress value="10" max="10"' in bars
        assert re.search(r"10 of 10 · \$0\.\d\d · \d+ s", bars)

    def test_a_second_run_makes_nothing_twice(self, executed: Executed) -> None:
        cell = next(cell for cell in executed.cells if cell.source == "trial.generate()")
        assert "started=0, existing=10, completed=10" in cell.outputs[-1].data["text/plain"]

    @pytest.mark.parametrize("source", ["trial.plot_analysis()", "trial.plot_coverage()"])
    def test_plots_are_drawn_from_what_the_notebook_carries(
        self, executed: Executed, source: str
    ) -> None:
        shown = executed.outputs(source)
        assert PLOT in shown[-1]
        drawn = shown[-1]["text/html"]
        assert "Living Room" in drawn or "living-room" in drawn
        assert "cdn." not in drawn
        assert "http" not in drawn.replace("https://jupyterlab.readthedocs.io", "")

    def test_the_code_that_draws_is_in_the_notebook_once(self, executed: Executed) -> None:
        scripts = [
            data["application/javascript"]
            for cell in executed.cells
            for data in (dict(one.data) for one in cell.outputs if "data" in one)
            if "application/javascript" in data
        ]
        bokeh = [script for script in scripts if len(script) > 1_000_000]
        assert len(bokeh) == 1
        assert "Bokeh" in bokeh[0]

    def test_the_pictures_are_in_the_notebook(self, executed: Executed) -> None:
        html = executed.html("trial.show()")
        found = re.findall(r"data:image/webp;base64,([A-Za-z0-9+/=]+)", html)
        assert len(found) == 10
        pictures = [Image.open(io.BytesIO(base64.b64decode(data))) for data in found]
        assert {picture.width for picture in pictures} == {512}
        assert len({picture.tobytes() for picture in pictures}) == 10

    def test_the_end_of_the_kernel_leaves_no_process_behind(self, executed: Executed) -> None:
        assert executed.left == []
