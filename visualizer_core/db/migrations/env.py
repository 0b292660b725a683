"""Runs migrations on the connection (and inside the transaction) that `db.migrate` opened."""

from alembic import context

from visualizer_core.db.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table_schema=Base.metadata.schema,
    include_schemas=True,
    include_name=lambda name, kind, _parents: kind != "schema" or name == Base.metadata.schema,
    # Alembic asks the server whether two defaults are equal, and NULL or random ones never are:
    # a test compares them by their text instead.
    compare_server_default=False,
)
context.run_migrations()
