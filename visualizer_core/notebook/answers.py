"""What the steps of an analyst's work answer: figures to read, problems as a table."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from visualizer_core.domain.catalogue.problems import Problem
from visualizer_core.services import catalogue, generation

__all__ = ["CatalogueImport", "RunResult", "SavedExport", "estimate_table", "problem_table"]


@dataclass(frozen=True)
class CatalogueImport:
    """What an import came to, in products and photos.

    Attributes
    ----------
    problems : DataFrame
        Columns: line (of the file; 0 for a photo), what (the value or the photo's path), severity
        (error, warning), message, remedy.
    """

    created: int
    updated: int
    unchanged: int
    photos_added: int = 0
    photos_known: int = 0
    problems: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)

    def __str__(self) -> str:
        return (
            f"products: {self.created} new, {self.updated} changed, {self.unchanged} unchanged; "
            f"photos: {self.photos_added} added, {self.photos_known} known; "
            f"{len(self.problems)} problems"
        )

    def _repr_html_(self) -> str:
        table = "" if self.problems.empty else self.problems.to_html(max_rows=20, index=False)
        return f"<p>{self}</p>{table}"


@dataclass(frozen=True)
class RunResult:
    """What a run came to.

    Attributes
    ----------
    started, existing : int
        Pictures this run asked for, and those that were there or under way before.
    completed, failed, waiting : int
        Of the whole collection, now.
    cost_usd : float
        Settled for the whole collection's pictures.
    seconds : float
        How long it was watched.
    """

    started: int
    existing: int
    completed: int
    failed: int
    waiting: int
    cost_usd: float
    seconds: float


@dataclass(frozen=True)
class SavedExport:
    """A ZIP with pictures and their manifest."""

    path: Path
    pictures: int
    bytes: int


def problem_table(problems: Sequence[Problem], photos: catalogue.PhotoRun | None) -> pd.DataFrame:
    """All problems of an import, in the columns of `CatalogueImport.problems`."""
    rows: list[dict[str, Any]] = [
        {
            "line": problem.line,
            "what": problem.value,
            "severity": str(problem.severity),
            "message": problem.message,
            "remedy": problem.remedy,
        }
        for problem in problems
    ]
    if photos is not None:
        rows += [_photo(one.path, "error", one.reason) for one in photos.rejected]
        rows += [_photo(one.path, "warning", one.reason) for one in photos.warnings]
    return pd.DataFrame.from_records(
        rows, columns=["line", "what", "severity", "message", "remedy"]
    )


def _photo(path: str, severity: str, message: str) -> dict[str, Any]:
    return {"line": 0, "what": path, "severity": severity, "message": message, "remedy": ""}


def estimate_table(estimate: generation.Estimate) -> pd.DataFrame:
    """An estimate as one row; columns as `OpenCollection.estimate` says."""
    micros = estimate.micros_left
    row: dict[str, Any] = {
        "pictures": estimate.pictures,
        "existing": estimate.existing,
        "cost_usd": estimate.cost_micros / 1e6,
        "seconds": estimate.seconds,
        "generations_left": estimate.generations_left,
        "budget_left_usd": None if micros is None else micros / 1e6,
        "skipped": "; ".join(f"{one.name}: {one.reason}" for one in estimate.skipped),
    }
    return pd.DataFrame.from_records([row])
