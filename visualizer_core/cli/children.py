"""Worker and app processes as children of a stack."""

import http.client
import os
import socket
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from visualizer_core.local.environment import without_owner
from visualizer_core.local.logs import Console
from visualizer_core.local.process import ChildSpec
from visualizer_core.local.server import HOST
from visualizer_core.local.signals import StopSignals
from visualizer_core.local.supervisor import Supervisor
from visualizer_core.workspace import Runtime

__all__ = ["ROLES", "app_specs", "have_workers", "worker_argv", "worker_specs"]

PROJECT = Path(__file__).parents[2]  # where tasks.py and apps/ are
ROLES = ("client", "admin", "control", "quarantine")
DRAIN_S = 45  # a call under way may end before a worker stops: nothing is paid twice
ANSWER_S = 5.0  # the first page of a Panel app imports half of the program
LIVE_S = 30.0  # a worker row older than this is of a dead worker
ADMIN_THREADS = 8  # of the embedded stack: an admin at a laptop works on single pictures


def worker_argv(role: str, threads: int) -> list[str]:
    """The consumer's command line.

    Stops on SIGTERM after the calls under way, at most 45 s; only `control` runs periodic tasks.
    """
    argv = [sys.executable, "-m", "huey.bin.huey_consumer", f"tasks.{role}"]
    argv += ["-w", str(threads), "-k", "process" if role == "quarantine" else "thread"]
    argv += ["-g", "TERM", "-t", str(DRAIN_S), "-q"]
    return argv if role == "control" else [*argv, "-n"]


def worker_specs(env: Mapping[str, str], threads: int) -> list[ChildSpec]:
    """One process for each role."""
    clean = without_owner(env)
    sizes = {"client": threads, "admin": min(threads, ADMIN_THREADS), "control": 1, "quarantine": 1}
    return [
        ChildSpec(
            name=f"worker-{role}",
            argv=worker_argv(role, sizes[role]),
            env={**clean, "PYTHONUNBUFFERED": "1", "TZ": "UTC"},
            cwd=PROJECT,
            ready_log=f"{role} worker is ready",
            stop_within_seconds=DRAIN_S + 5,
        )
        for role in ROLES
    ]


_APPS = {"client": ("client_dashboard.py", "Visualizer Studio"),
         "admin": ("admin_dashboard.py", "Visualizer Admin")}  # fmt: skip


def app_specs(env: Mapping[str, str], ports: Mapping[str, int]) -> list[ChildSpec]:
    """Both web apps; ready when a page of ours comes, since a broken app answers 200 as well."""
    return [
        ChildSpec(
            name=f"app-{app}",
            argv=[
                *(sys.executable, "-m", "panel", "serve", str(PROJECT / "apps" / script)),
                *("--address", HOST, "--port", str(ports[app])),
                *("--allow-websocket-origin", f"{HOST}:{ports[app]}"),
                *("--allow-websocket-origin", f"localhost:{ports[app]}"),
                *("--index", script.removesuffix(".py")),
            ],
            env={**without_owner(env), "APP_ENV": app, "PYTHONUNBUFFERED": "1"},
            cwd=PROJECT,
            ready=_Page(ports[app], f"/{script.removesuffix('.py')}", title),
            ready_within_seconds=60,
            address=f"http://{HOST}:{ports[app]}/{script.removesuffix('.py')}",
        )
        for app, (script, title) in _APPS.items()
    ]


class _Page:
    """Asks for a page and looks for its title."""

    def __init__(self, port: int, path: str, title: str) -> None:
        self._port, self._path, self._title = port, path, title

    def __call__(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self._port, timeout=ANSWER_S)
        try:
            connection.request("GET", self._path)
            return self._title.encode() in connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


_SEEN = text("""
    SELECT role, id FROM app.workers
    WHERE role = ANY(CAST(:roles AS text[])) AND seen_at > now() - make_interval(secs => :seconds)
""")


def _lives(worker: str) -> bool:
    """Whether a worker seen lately still runs, which can be known of this machine's own.

    Those of the command before this one were seen seconds ago and are gone.
    """
    host, pid, _role = worker.rsplit(":", 2)
    if host != socket.gethostname():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # another account's
    return True


def _are_there(rt: Runtime) -> bool:
    """Whether somebody makes this app's pictures, and somebody takes them back from the dead."""
    needed = {str(rt.settings.app_env), "control"}
    with rt.begin() as session:
        seen = session.execute(_SEEN, {"roles": sorted(needed), "seconds": LIVE_S}).all()
    return needed == {row.role for row in seen if _lives(row.id)}


@contextmanager
def have_workers(rt: Runtime, env: Mapping[str, str], logs: Path) -> Generator[bool]:
    """Workers for the time of a block: those that live already, or some of our own.

    Our own finish the calls they have under way before the block is left, unless a second Ctrl-C
    says that it must be now.

    Yields
    ------
    bool
        Whether they are our own.

    Raises
    ------
    PartMissing
        When the database is away, or a worker cannot be started; says why.
    """
    if _are_there(rt):
        yield False
        return
    supervisor = Supervisor(logs, Console(None), lambda: None)
    try:
        specs = worker_specs(env, rt.settings.worker_threads)
        supervisor.start_all([lambda spec=spec: supervisor.start(spec) for spec in specs])
        yield True
    finally:
        with StopSignals(supervisor.hurry) as signals:
            signals.stopping()
            supervisor.stop()
