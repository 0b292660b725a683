"""State folders nobody uses yet, and an environment that names no servers."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.world import catalogue_csv, picture
from visualizer_core.local.state import temporary_state
from visualizer_core.settings import Settings

_COLOURS = ("#b5651d", "#2f4f4f", "#8b0000", "#556b2f")


@pytest.fixture
def state() -> Iterator[Path]:
    """A state folder of this test."""
    with temporary_state() as folder:
        yield folder


@pytest.fixture
def bare_environment(state: Path) -> dict[str, str]:
    """The environment of a machine that names no servers, with the state folder."""
    return bare(state)


def bare(state: Path) -> dict[str, str]:
    named = {name.upper() for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name not in named}
    return {**kept, "VISUALIZER_STATE": str(state), "PYTHONWARNINGS": "error"}


@pytest.fixture(scope="session")
def small_catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with catalogue.csv, photos/ and rooms/: four chairs and two rooms."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "catalogue.csv").write_bytes(catalogue_csv(4))
    (folder / "photos").mkdir()
    (folder / "rooms").mkdir()
    for number, colour in enumerate(_COLOURS):
        (folder / "photos" / f"SKU-{number:03}.jpg").write_bytes(picture(colour))
    for number, colour in enumerate(_COLOURS[:2]):
        room = picture(colour, shape="room")
        (folder / "rooms" / f"living-room-{number}.jpg").write_bytes(room)
    return folder
