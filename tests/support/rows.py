"""A valid row of any table, from the models alone, with all the rows it refers to.

New tables come under the wall's tests without anyone remembering them.
"""

import itertools
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ForeignKeyConstraint, Table, insert

from visualizer_core.db.models import Base
from visualizer_core.db.session import Database
from visualizer_core.domain.ids import ClientId, new_id

__all__ = ["OWNED", "Rows", "owned_references", "references"]

OWNED: tuple[Table, ...] = tuple(
    table
    for table in Base.metadata.sorted_tables
    if "client_id" in table.columns
    and not table.columns["client_id"].nullable
    and table.columns["client_id"].server_default is not None
)

# Columns whose CHECK asks for a certain word and that have no default.
_WORDS = {
    "kind": "product",
    "source": "upload",
    "queue": "client",
    "matched_by": "nobody",
}
_SAMPLES: dict[type, Any] = {
    str: "x",
    int: 1,
    float: 1.0,
    bool: False,
    Decimal: Decimal(1),
    datetime: datetime(2026, 1, 1, tzinfo=UTC),
    date: date(2026, 1, 1),
    dict: {},
    list: [],
}


def references(table: Table) -> list[ForeignKeyConstraint]:
    """The foreign keys of a table, in a fixed order."""
    return sorted(table.foreign_key_constraints, key=lambda key: str(key.name))


def owned_references(table: Table) -> list[ForeignKeyConstraint]:
    """Those that lead to another table of the same client."""
    return [key for key in references(table) if key.referred_table in OWNED]


class Rows:
    """Makes rows for clients, as the operator: past nobody's rules but those of the tables."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._numbers = itertools.count(1)
        self._known: dict[tuple[str, UUID], dict[str, Any]] = {}

    def values(self, table: Table, client_id: ClientId) -> dict[str, Any]:
        """Column values of a new row of `client_id`; the rows it refers to exist afterwards."""
        values = {
            column.name: self._sample(column)
            for column in table.columns
            if _is_needed(column) and column.name != "client_id"
        }
        if "client_id" in table.columns:
            values["client_id"] = client_id
        for key in owned_references(table):
            if key.referred_table is not table:
                values[_pointing(key)] = self.of(key.referred_table, client_id)["id"]
        return values

    def of(self, table: Table, client_id: ClientId) -> dict[str, Any]:
        """The one row of a table this maker has made for a client, made when missing."""
        if (table.name, client_id) not in self._known:
            values = self.values(table, client_id)
            with self._database.operator() as session:
                session.execute(insert(table).values(**values))
            self._known[table.name, client_id] = values
        return self._known[table.name, client_id]

    def _sample(self, column: Column[Any]) -> object:
        if column.type.python_type is UUID:
            return new_id()
        if column.name in _WORDS:
            return _WORDS[column.name]
        if column.type.python_type is str:
            return f"{column.name}-{next(self._numbers)}"
        return _SAMPLES[column.type.python_type]


def _is_needed(column: Column[Any]) -> bool:
    if column.name == "id" and column.type.python_type is UUID:
        return True  # known beforehand, to look for it afterwards
    return not column.nullable and column.server_default is None and column.identity is None


def _pointing(key: ForeignKeyConstraint) -> str:
    """The column of a composite key that is not the client's."""
    return next(column.name for column in key.columns if column.name != "client_id")
