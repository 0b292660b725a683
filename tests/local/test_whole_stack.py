import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.web import web
from visualizer_core.db.migrate import passwords_of, upgrade
from visualizer_core.local.postgres import ROLES
from visualizer_core.local.stack import Stack

MAX_START_SECONDS = 15.0  # takes 1.6 s alone; a build machine may be busy with other tests


def test_a_bare_machine_gets_all_parts_and_migrations_make_the_roles_the_addresses_name(
    state_dir: Path, query: Callable[..., Any]
) -> None:
    stack = Stack(state_dir, environ={}, durable=False)
    begun = time.monotonic()
    with stack.running() as env:
        assert time.monotonic() - begun < MAX_START_SECONDS
        record = stack.record()
        assert record is not None
        assert {c.name for c in record.children} == {"postgres", "redis", "s3", "standin"}
        health = web.get(env["GEMINI_BASE_URL"] + "/_control/health")
        assert health.status_code == 200

        upgrade(
            env["VISUALIZER_BOOTSTRAP_DATABASE_URL"],
            env["MIGRATION_DATABASE_URL"],
            role_passwords=passwords_of(env[variable] for variable in ROLES),
        )
        for variable, role in ROLES.items():
            assert query(env[variable], "SELECT current_user") == [(role,)]
    assert stack.record() is None
