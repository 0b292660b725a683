"""``visualizer up``: everything on a bare machine, without keys or services."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from visualizer_core.auth import people
from visualizer_core.auth.passwords import new_password
from visualizer_core.auth.rows import Kind
from visualizer_core.cli.children import app_specs, worker_specs
from visualizer_core.cli.console import DEFAULT_STATE_DIR, State, migrate_embedded, reported
from visualizer_core.cli.demo import demo_client
from visualizer_core.cli.parts import check_parts
from visualizer_core.domain.ids import ClientId
from visualizer_core.errors import NotFound, PartMissing
from visualizer_core.local.logs import Console
from visualizer_core.local.sample import SampleCatalogue, write_sample
from visualizer_core.local.sample.writer import is_stale, pictures_to_draw
from visualizer_core.local.server import HOST
from visualizer_core.local.stack import Stack, UpStack
from visualizer_core.local.state import StateFolder
from visualizer_core.services import catalogue, operations
from visualizer_core.services.catalogue.photos import FolderPhotos
from visualizer_core.settings import settings_from
from visualizer_core.wiring import build_runtime, environment
from visualizer_core.workspace import Runtime, Workspace

__all__ = ["up"]

ACTOR = "cli"  # as the audit log calls it
_DEMO_PEOPLE = (
    (Kind.USER, "demo@visualizer.local", "studio"),
    (Kind.ADMIN, "admin@visualizer.local", "admin portal"),
)
_RESETS = {Kind.USER: "admin user reset-password", Kind.ADMIN: "admin reset-password"}
CLIENT_PORT, ADMIN_PORT = 5006, 5007  # Panel's usual port, and its neighbour


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
        sample = _draw_sample(state)
        stack = Stack(state, environ=environment(), photos=sample.rooms, output=sys.stdout)
        with stack.up() as running:
            _migrate(running)
            runtime = build_runtime(settings_from(running.env))
            try:
                check_parts(runtime)
                client_id, passwords = _demo(runtime)
                _load_sample(running, runtime.workspace(client_id, actor=ACTOR), sample, state)
                try:
                    ports = _start_children(running, runtime, threads)
                finally:
                    _say_sign_ins(running, passwords)  # nobody else knows them
                _greet(running, ports, time.monotonic() - begun)
                if check:
                    _check(running, runtime, state)
                else:
                    running.wait()
            finally:
                runtime.close()


def _draw_sample(state: Path) -> SampleCatalogue:
    """The sample catalogue of a state folder, drawn when it is not there yet.

    A folder on which a stack runs is left alone: starting another is refused in a moment.

    Raises
    ------
    Misconfigured, InvalidInput
        When the folder cannot be written.
    """
    StateFolder(state).create()  # private, and reachable for Postgres, before anything lies in it
    folder = state / "sample"
    sample = SampleCatalogue(folder / "catalogue.csv", folder / "photos", folder / "rooms")
    if Stack(state, environ={}).record() is not None:
        return sample
    missing = len(pictures_to_draw(sample, stale=is_stale(folder)))
    if missing:
        Console(sys.stdout).say("stack", f"drawing the sample catalogue once: {missing} pictures")
    return write_sample(folder)


def _migrate(running: UpStack) -> None:
    revision = migrate_embedded(running.env)
    if revision is None:
        running.say("database: external; run `visualizer migrate` when the program is updated")
    else:
        running.say(f"database: at revision {revision}")


def _demo(rt: Runtime) -> tuple[ClientId, dict[str, str]]:
    """The demo client and its people, made when missing; one-time passwords of those made now."""
    client_id = demo_client(rt, actor=ACTOR)
    passwords = {
        email: _make_person(rt, kind, email, client_id)
        for kind, email, _ in _DEMO_PEOPLE
        if not _exists(rt, kind, email)
    }
    return client_id, passwords


def _make_person(rt: Runtime, kind: Kind, email: str, client_id: ClientId) -> str:
    """Make a person with a one-time password, which is returned."""
    password = new_password()
    if kind is Kind.USER:
        people.create_user(
            rt, email, "Demo User", client_id=client_id, password=password, must_change=True,
            actor=ACTOR,
        )  # fmt: skip
    else:
        people.create_admin(
            rt, email, "Demo Admin", password=password, must_change=True, actor=ACTOR
        )
    return password


def _exists(rt: Runtime, kind: Kind, email: str) -> bool:
    try:
        people.find_person(rt, kind, email)
    except NotFound:
        return False
    return True


def _load_sample(running: UpStack, ws: Workspace, sample: SampleCatalogue, state: Path) -> None:
    """Bring the sample in, once: what somebody deletes of it does not come back."""
    loaded = state / "sample" / "loaded"
    if loaded.exists():
        return
    imported = catalogue.import_products(ws, sample.catalogue.read_bytes(), sample.catalogue.name)
    added = catalogue.add_photos(ws, FolderPhotos(sample.photos)).added
    loaded.touch()
    if imported.created or added:
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


def _say_sign_ins(running: UpStack, passwords: Mapping[str, str]) -> None:
    for kind, email, what in _DEMO_PEOPLE:
        password = passwords.get(email)
        how = (
            f"forgotten password: visualizer {_RESETS[kind]} --email {email}"
            if password is None
            else f"one-time password: {password}"
        )
        running.say(f"sign-in       {what}: {email}  {how}")


def _greet(running: UpStack, ports: Mapping[str, int], seconds: float) -> None:
    running.say(
        f"ready after {seconds:.0f} s\n"
        f"studio        http://{HOST}:{ports['client']}\n"
        f"admin portal  http://{HOST}:{ports['admin']}\n"
        "try           visualizer run --help      stop: Ctrl-C"
    )


CHECK_PATIENCE_S = 30.0  # workers write their first heartbeat within seconds


def _check(running: UpStack, rt: Runtime, state: Path) -> None:
    """Prove every part healthy, and say of each what was found.

    Raises
    ------
    PartMissing
        Naming what failed and what to do.
    """
    deadline = time.monotonic() + CHECK_PATIENCE_S
    while True:
        checks = operations.health(rt, folders=(state,))
        failed = [found for found in checks if not found.ok]
        if not failed or time.monotonic() > deadline:
            break
        time.sleep(1)
    for found in checks:
        running.say(f"{'✓' if found.ok else '✗'} {found.name}: {found.detail}")
    if failed:
        raise PartMissing(
            "Not healthy:\n"
            + "\n".join(f"{found.name}: {found.detail} {found.remedy}" for found in failed)
        )
    running.say(f"every part is healthy ({len(checks)} checks)")
