"""Frames whose columns and types do not depend on what is in them."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
from sqlalchemy import TextClause
from sqlalchemy.orm import Session

__all__ = ["MOST_ROWS", "Types", "frame_of", "typed", "types"]

MOST_ROWS = 50_000  # a frame beyond this belongs into a query of its own

Types = Mapping[str, str]


def types(*, counts: str = "", numbers: str = "", times: str = "", flags: str = "") -> Types:
    """Types of columns that are no text; ids stay the objects they are."""
    return {
        **dict.fromkeys(counts.split(), "int64"),
        **dict.fromkeys(numbers.split(), "float64"),
        **dict.fromkeys(times.split(), "datetime64[us, UTC]"),
        **dict.fromkeys(flags.split(), "bool"),
    }


def frame_of(
    session: Session,
    statement: TextClause,
    column_types: Types,
    values: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """What a statement gives, at most `MOST_ROWS` rows, with its own column names."""
    result = session.execute(statement, dict(values or {}))
    return typed(result.fetchmany(MOST_ROWS), list(result.keys()), column_types)


def typed(rows: Iterable[Iterable[Any]], columns: list[str], column_types: Types) -> pd.DataFrame:
    """Rows as a frame; columns without a type hold objects: ids, texts, dates."""
    frame = pd.DataFrame([tuple(row) for row in rows], columns=columns, dtype=object)
    return frame.astype(dict(column_types))
