"""Fixtures of the imaging tests."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.imaging.pictures import SHARED_DATA
from visualizer_core.imaging.sandbox import Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="session")
def shared_data() -> Path:
    if not SHARED_DATA.is_dir():
        pytest.skip(f"needs the sample data in {SHARED_DATA}")
    return SHARED_DATA


@pytest.fixture(scope="session")
def expected_outcomes(shared_data: Path) -> dict[str, str]:
    """File name to the outcome people agreed on."""
    with (shared_data / "odd_images.csv").open(encoding="utf-8") as rows:
        return {Path(row["file"]).name: row["expected"] for row in csv.DictReader(rows)}
