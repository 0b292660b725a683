"""``visualizer up``: everything on a bare machine, without keys or services."""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from visualizer_core.auth import people
from visualizer_core.auth.passwords import new_password
from visualizer_core.auth.rows import Kind
from visualizer_core.cli.children import app_specs, worker_specs
from visualizer_core.cli.console import DEFAULT_STATE_DIR, State, migrate_embedded, out, reported
from visualizer_core.cli.demo import demo_client
from visualizer_core.domain.ids import ClientId
from visualizer_core.errors import NotFound, PartMissing
from visualizer_core.local.sample import write_sample
from visualizer_core.local.stack import Stack, UpStack
from visualizer_core.services import catalogue, operations
from visualizer_core.services.catalogue.photos import FolderPhotos
from visualizer_core.settings import settings_from
from visualizer_core.wiring import build_runtime, environment
from visualizer_core.workspace import Runtime

__all__ = ["up"]

DEMO_USER = "demo@visualizer.local"
DEMO_ADMIN = "admin@visualizer.local"
CLIENT_PORT, ADMIN_PORT = 5006, 5007  # Panel's usual port, and its neighbour


@dataclass(frozen=True)
class _SignIn:
    """A person made just now; the password is shown once."""

    what: str
    email: str
    password: str


def up(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Start, prove each part healthy, stop.")
    ] = False,
    threads: Annotated[
        int | None, typer.Option(min=1, max=256, help="Pictures made at a time.")
    ] = None,
    state: State = DEFAULT_STATE_DIR,
) -> None:
    """Start embedded servers, workers and both apps; stop cleanly on Ctrl-C.

    A part whose variable is set (DATABASE_URL, REDIS_URL, AWS_…, GEMINI_API_KEY) is used instead
    of the embedded one. The first start makes a demo client with the sample catalogue.
    """
    begun = time.monotonic()
    with reported():
        sample = write_sample(state / "sample")
        stack = Stack(state, environ=environment(), photos=sample.rooms, output=sys.stdout)
        with stack.up() as running:
            _migrate(running)
            runtime = build_runtime(settings_from(running.env))
            try:
                client_id, made = _demo(runtime)
                _load_sample(running, runtime, client_id, sample.catalogue, sample.photos)
                ports = _start_children(running, runtime, threads)
                _greet(running, ports, made, time.monotonic() - begun)
                if check:
                    _check(runtime)
                else:
                    running.wait()
            finally:
                runtime.close()


def _migrate(running: UpStack) -> None:
    revision = migrate_embedded(running.env)
    if revision is None:
        running.say("database: external; run `visualizer migrate` when the program is updated")
    else:
        running.say(f"database: at revision {revision}")


def _demo(rt: Runtime) -> tuple[ClientId, list[_SignIn]]:
    """The demo client and its people, made when missing."""
    made: list[_SignIn] = []
    client_id = demo_client(rt, actor="cli")
    if not _exists(rt, Kind.USER, DEMO_USER):
        password = new_password()
        people.create_user(
            rt, DEMO_USER, "Demo User", client_id=client_id, password=password, must_change=True,
            actor="cli",
        )  # fmt: skip
        made.append(_SignIn("studio", DEMO_USER, password))
    if not _exists(rt, Kind.ADMIN, DEMO_ADMIN):
        password = new_password()
        people.create_admin(
            rt, DEMO_ADMIN, "Demo Admin", password=password, must_change=True, actor="cli"
        )
        made.append(_SignIn("admin portal", DEMO_ADMIN, password))
    return client_id, made


def _exists(rt: Runtime, kind: Kind, email: str) -> bool:
    try:
        people.find_person(rt, kind, email)
    except NotFound:
        return False
    return True


def _load_sample(
    running: UpStack, rt: Runtime, client_id: ClientId, catalogue_file: Path, photos: Path
) -> None:
    ws = rt.workspace(client_id, actor="cli")
    imported = catalogue.import_products(ws, catalogue_file.read_bytes(), catalogue_file.name)
    if imported.created:
        added = catalogue.add_photos(ws, FolderPhotos(photos)).added
        running.say(f"sample catalogue: {imported.created} products, {added} photos")


def _start_children(running: UpStack, rt: Runtime, threads: int | None) -> dict[str, int]:
    ports = {
        "client": running.port("client", CLIENT_PORT),
        "admin": running.port("admin", ADMIN_PORT),
    }
    running.start(
        *worker_specs(running.env, threads or rt.settings.worker_threads),
        *app_specs(running.env, ports),
    )
    return ports


def _greet(running: UpStack, ports: dict[str, int], made: list[_SignIn], seconds: float) -> None:
    lines = [
        f"ready after {seconds:.0f} s",
        f"studio        http://127.0.0.1:{ports['client']}",
        f"admin portal  http://127.0.0.1:{ports['admin']}",
    ]
    lines += [
        f"sign-in       {sign_in.what}: {sign_in.email}  one-time password: {sign_in.password}"
        for sign_in in made
    ]
    lines.append("try           visualizer run --help      stop: Ctrl-C")
    for line in lines:
        running.say(line)


CHECK_PATIENCE_S = 30.0  # workers write their first heartbeat within seconds


def _check(rt: Runtime) -> None:
    """Prove every part healthy.

    Raises
    ------
    PartMissing
        Naming what failed and what to do.
    """
    deadline = time.monotonic() + CHECK_PATIENCE_S
    while True:
        failed = [found for found in operations.health(rt) if not found.ok]
        if not failed or time.monotonic() > deadline:
            break
        time.sleep(1)
    if failed:
        raise PartMissing(
            "Not healthy: "
            + "; ".join(f"{item.name}: {item.detail} {item.remedy}" for item in failed)
        )
    out.print(f"✓ every part is healthy (pid {os.getpid()})")
