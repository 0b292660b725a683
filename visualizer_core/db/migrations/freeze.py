"""Write the first migration's SQL from the models.

``python -m visualizer_core.db.migrations.freeze``, only until the first release; from then on the
files are history, and changes are migrations of their own (`migrate.write_revision`). One file a
module of models, in the order they are run.
"""

from pathlib import Path

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from visualizer_core.db.models import Base

__all__ = ["MODULES", "table_sql", "write"]

MODULES = ("accounts", "catalogue", "generation")  # each refers to earlier ones only


def table_sql(module: str) -> str:
    """The statements that make the tables of one module of models."""
    owners = {mapper.local_table: mapper.class_.__module__ for mapper in Base.registry.mappers}
    tables = [
        table for table in Base.metadata.sorted_tables if owners[table].rsplit(".", 1)[1] == module
    ]
    return "\n\n".join(_one(table) for table in tables) + "\n"


def _one(table: Table) -> str:
    dialect = postgresql.dialect()
    indexes = sorted(table.indexes, key=lambda index: index.name or "")
    statements = [str(CreateTable(table).compile(dialect=dialect))]
    statements += [str(CreateIndex(index).compile(dialect=dialect)) for index in indexes]
    lines = "\n".join(f"{statement.strip()};" for statement in statements).splitlines()
    return "\n".join(line.rstrip().replace("\t", "  ") for line in lines)


def write(folder: Path) -> None:
    """Write ``0001_<module>.sql`` for every module of models into `folder`."""
    for module in MODULES:
        (folder / f"0001_{module}.sql").write_text(table_sql(module), encoding="utf-8")


if __name__ == "__main__":
    write(Path(__file__).parent / "versions")
