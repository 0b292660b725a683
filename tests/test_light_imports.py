"""What a process does not need it does not load: workers start often and there are many."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import visualizer_core

ROOT = Path(__file__).parents[1]
HEAVY = ("panel", "holoviews", "bokeh", "pandas", "google.genai", "IPython", "typer")


def _loaded_by(statement: str) -> set[str]:
    code = f"{statement}\nimport json, sys\nprint(json.dumps(list(sys.modules)))"
    done = subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


def test_a_worker_loads_no_tables_plots_or_provider_library_until_it_uses_them() -> None:
    assert not _loaded_by("import tasks") & set(HEAVY)


def test_importing_the_core_loads_nothing_of_it() -> None:
    ours = {name for name in _loaded_by("import visualizer_core") if name.startswith("visualizer")}
    assert ours == {"visualizer_core"}


def test_opening_a_workspace_loads_no_plots() -> None:
    loaded = _loaded_by("from visualizer_core import open_workspace")
    assert "pandas" in loaded
    assert not loaded & {"panel", "holoviews", "bokeh", "IPython", "google.genai"}


def test_the_names_for_analysts_are_those_type_checkers_are_told() -> None:
    told = ast.parse((ROOT / "visualizer_core" / "__init__.pyi").read_text(encoding="utf-8"))
    names = {
        alias.name for node in told.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    offered = {name for name in dir(visualizer_core) if name not in vars(visualizer_core)}
    assert names == offered
    for name in names:
        assert getattr(visualizer_core, name).__module__.startswith("visualizer_core.notebook")
