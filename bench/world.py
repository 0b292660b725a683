"""The program on embedded servers of its own, in a temporary folder, for one figure."""

import json
import os
import urllib.request
from collections.abc import Generator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from sqlalchemy import text

from bench.harness import note
from visualizer_core.cli.children import worker_specs
from visualizer_core.cli.console import migrate_embedded
from visualizer_core.domain.quota import Plan
from visualizer_core.domain.registry import builtin_registry
from visualizer_core.local.process import ChildSpec
from visualizer_core.local.stack import Stack, UpStack
from visualizer_core.local.state import temporary_state
from visualizer_core.services import accounts
from visualizer_core.settings import settings_from
from visualizer_core.wiring import build_runtime
from visualizer_core.workspace import Runtime, Workspace

__all__ = ["IN_FLIGHT", "Workers", "World", "world"]

IN_FLIGHT = 64  # calls at a time, as the goals say


@dataclass(frozen=True, slots=True)
class Workers:
    """Process ids of the workers of a world.

    Attributes
    ----------
    client : tuple of int
        Those that make pictures.
    all : tuple of int
        With the control process.
    """

    client: tuple[int, ...]
    all: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class World:
    """A running stack and a runtime on it."""

    runtime: Runtime
    stack: Stack
    running: UpStack

    def client(self) -> Workspace:
        """A new client without limits."""
        slug = f"bench-{uuid4().hex[:8]}"
        client_id = accounts.create_client(self.runtime, slug, slug, Plan.ENTERPRISE, actor="bench")
        return self.runtime.workspace(client_id, actor="bench")

    def start_workers(self, *, processes: int, threads: int = IN_FLIGHT) -> Workers:
        """Start workers as ``visualizer up`` does: `processes` for clients, and one for control."""
        specs = {spec.name: spec for spec in worker_specs(self.running.env, threads)}
        clients = [_numbered(specs["worker-client"], number) for number in range(1, processes + 1)]
        self.running.start(*clients, specs["worker-control"])
        pids = self._pids()
        return Workers(
            client=tuple(pids[spec.name] for spec in clients),
            all=tuple(pids[name] for name in pids if name.startswith("worker-")),
        )

    def part_pids(self, name: str) -> tuple[int, ...]:
        """The process of a part (``postgres``, ``redis``, ``s3``, ``standin``), with its own."""
        return _with_children(self._pids()[name])

    def control_standin(self, route: str, body: dict[str, object]) -> dict[str, object]:
        """Call a control route of the stand-in; an empty body reads."""
        base = self.runtime.settings.gemini_base_url or ""
        request = urllib.request.Request(  # noqa: S310  # http on this machine
            f"{base}/_control/{route}",
            data=json.dumps(body).encode() if body else None,
            headers={"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  # the same
            return json.loads(answer.read())

    def allow_in_flight(self, calls: int = IN_FLIGHT) -> None:
        """Let bulk work have exactly so many calls at a time, none kept for waiting people."""
        models = [entry.id for entry in builtin_registry().models]
        with self.runtime.begin() as session:
            session.execute(_LIMITS, {"models": models, "calls": calls})

    def _pids(self) -> dict[str, int]:
        record = self.stack.record()
        return {} if record is None else {child.name: child.pid for child in record.children}


_LIMITS = text("""
    INSERT INTO app.provider_limits (model, max_in_flight, reserved_slots)
    SELECT m, :calls, 0 FROM unnest(CAST(:models AS text[])) AS m
    ON CONFLICT (model) DO UPDATE SET max_in_flight = excluded.max_in_flight,
      reserved_slots = excluded.reserved_slots
""")


def _numbered(spec: ChildSpec, number: int) -> ChildSpec:
    return spec if number == 1 else replace(spec, name=f"{spec.name}-{number}")


def _with_children(pid: int) -> tuple[int, ...]:
    found = [pid]
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if int(fields[1]) in found:
            found.append(int(path.parent.name))
    return tuple(found)


@contextmanager
def world(*, state: Path | None = None) -> Generator[World]:
    """Start Postgres, Valkey, S3 and the stand-in, durable as on a laptop; migrate; stop.

    Parameters
    ----------
    state : Path, optional
        A state folder to use and keep; by default a temporary one.
    """
    note("starting servers")
    with temporary_state() if state is None else nullcontext(state) as folder:
        # The caller's own servers must not be measured, nor filled.
        stack = Stack(folder, environ=_plain_environment())
        with stack.up() as running:
            migrate_embedded(running.env)
            runtime = build_runtime(settings_from(running.env))
            try:
                yield World(runtime, stack, running)
            finally:
                runtime.close()


_PASSED_ON: Sequence[str] = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")


def _plain_environment() -> dict[str, str]:
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
