"""``visualizer worker``: one kind of worker in this process."""

import os
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from visualizer_core.cli.children import PROJECT, worker_argv
from visualizer_core.cli.console import DEFAULT_STATE_DIR, State, reported
from visualizer_core.cli.showing import say
from visualizer_core.errors import PartMissing
from visualizer_core.local.environment import without_owner
from visualizer_core.local.stack import Stack
from visualizer_core.settings import settings_from
from visualizer_core.wiring import environment

__all__ = ["WorkerRole", "worker"]


class WorkerRole(StrEnum):
    """What a worker does."""

    CLIENT = "client"
    ADMIN = "admin"
    CONTROL = "control"
    QUARANTINE = "quarantine"


_ALONE = (WorkerRole.CONTROL, WorkerRole.QUARANTINE)  # a second thread would have nothing to do


def worker(
    role: Annotated[
        WorkerRole,
        typer.Argument(
            help="client and admin make pictures; control takes back what dead workers held (run "
            "exactly one or two); quarantine retries what took a worker down."
        ),
    ],
    *,
    threads: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="Calls in flight; by default WORKER_THREADS."),
    ] = None,
    state: State = DEFAULT_STATE_DIR,
) -> None:
    """Run one kind of worker until it is stopped.

    Everything comes from the environment (DATABASE_URL, REDIS_URL, …); on a laptop, from the
    running stack. SIGTERM lets calls under way end, for at most 45 s.
    """
    with reported():
        env = _environment(state)
        if threads is not None:
            env["WORKER_THREADS"] = str(threads)
        settings = settings_from(env)
    size = 1 if role in _ALONE else settings.worker_threads
    say(f"• {role} worker, {size} {'thread' if size == 1 else 'threads'}")
    os.chdir(PROJECT)  # where tasks.py is
    argv = worker_argv(role, size)
    os.execve(sys.executable, argv, {**env, "PYTHONUNBUFFERED": "1", "TZ": "UTC"})  # noqa: S606  # our own interpreter and arguments


def _environment(state: Path) -> dict[str, str]:
    """The environment of this process where it names everything, else that of the running stack.

    Raises
    ------
    PartMissing
        When parts are missing and no stack runs that has them: a worker starts no servers, which
        would end with it.
    """
    here = environment()
    if _is_complete(here):
        return without_owner(here)
    stack = Stack(state, environ=here)
    if stack.record() is None:
        raise PartMissing(
            f"No stack is running on {stack.path}, and the environment does not name every part. "
            "Start one with `visualizer up`, or set DATABASE_URL, OPERATOR_DATABASE_URL, "
            "REDIS_URL, the AWS_… variables, GEMINI_API_KEY and the secrets."
        )
    with stack.running() as env:
        return without_owner(env)


_NEEDED = ("DATABASE_URL", "REDIS_URL", "AWS_S3_BUCKET", "GEMINI_API_KEY")


def _is_complete(env: Mapping[str, str]) -> bool:
    return all(env.get(name) for name in _NEEDED)
