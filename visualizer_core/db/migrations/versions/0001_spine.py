"""The tables of the spine, from frozen SQL beside this file."""

from pathlib import Path

from alembic import op

from visualizer_core.db.wall import run_sql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    for module in ("accounts", "catalogue", "generation"):
        script = Path(__file__).with_name(f"0001_{module}.sql")
        run_sql(op.get_bind(), script.read_text(encoding="utf-8"))
