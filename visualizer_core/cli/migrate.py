"""``visualizer migrate``: the database to this version."""

from visualizer_core.cli.console import (
    DEFAULT_STATE_DIR,
    Json,
    State,
    migrate_embedded,
    print_json,
    reported,
)
from visualizer_core.cli.showing import say
from visualizer_core.db.migrate import upgrade
from visualizer_core.errors import Misconfigured
from visualizer_core.local.stack import Stack
from visualizer_core.wiring import environment

__all__ = ["migrate"]


def migrate(*, as_json: Json = False, state: State = DEFAULT_STATE_DIR) -> None:
    """Bring the database to the version of this program.

    With MIGRATION_DATABASE_URL (the owner role) that database; without any database variable the
    embedded one. Doing it again, or on two machines at once, does no harm.
    """
    with reported():
        revision = _migrated(state)
    say(f"✓ the database is at revision {revision}")
    if as_json:
        print_json({"revision": revision})


def _migrated(state: State) -> str:
    here = environment()
    owner = here.get("MIGRATION_DATABASE_URL")
    if owner:
        return upgrade(None, owner)
    if here.get("DATABASE_URL"):
        raise Misconfigured(
            "DATABASE_URL names the tenant role, which may not change tables. Set "
            "MIGRATION_DATABASE_URL to the address of the database's owner role."
        )
    with Stack(state, environ=here).running({"postgres"}) as env:
        return migrate_embedded(env) or ""
