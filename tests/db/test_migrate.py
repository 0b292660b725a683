"""Migrating: from nothing, again, by several at once, and refusals that say what to run."""

from visualizer_core.db.session import Database
from visualizer_core.domain.ids import ClientId
from sqlalchemy import text


def test_a_fixture_works(database: Database, two_clients: tuple[ClientId, ClientId]) -> None:
    with database.operator() as session:
        assert session.scalar(text("select count(*) from clients")) == 2
