"""The list of commands, which must come at once."""

import resource
import subprocess
import sys
from importlib import import_module

import pytest
import typer

from tests.cli.conftest import invoke
from visualizer_core import __version__
from visualizer_core.cli.main import COMMANDS

MAX_CPU_S = 1.0  # takes 0.4 s of one core; a person notices half a second
HEAVY = ("sqlalchemy", "pandas", "panel", "boto3", "google.genai", "PIL", "numpy", "redis")


def _python(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own interpreter and words
        [sys.executable, *words], capture_output=True, text=True, check=False, timeout=60
    )


def test_help_names_every_command_and_takes_no_time() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    shown = _python("-m", "visualizer_core.cli", "--help")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert shown.returncode == 0
    assert all(f" {name} " in shown.stdout for name in COMMANDS)
    assert after.ru_utime - before.ru_utime < MAX_CPU_S


def test_help_imports_nothing_that_only_a_command_needs() -> None:
    loaded = _python("-c", "import sys, visualizer_core.cli; print(*sys.modules)").stdout.split()
    assert "typer" in loaded
    assert set(loaded).isdisjoint(HEAVY)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_a_command_what_the_command_says_of_itself(name: str) -> None:
    listed = COMMANDS[name]
    found = getattr(import_module(f"visualizer_core.cli.{listed.module}"), listed.attribute)
    if isinstance(found, typer.Typer):
        assert found.registered_callback is not None
        found = found.registered_callback.callback
    assert (found.__doc__ or "").splitlines()[0] == listed.help


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    ran = invoke(name, "--help")
    assert ran.code == 0
    assert COMMANDS[name].help.split()[0] in ran.out


def test_a_command_that_does_not_exist_is_wrong_input() -> None:
    ran = invoke("dokter")
    assert ran.code == 2
    assert "dokter" in ran.told


def test_the_version_is_said() -> None:
    assert invoke("--version").out.strip() == __version__
