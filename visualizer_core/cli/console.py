"""What all commands share: output, exit codes, the stack."""

import json
import logging
import signal
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from visualizer_core.db.migrate import passwords_of, upgrade
from visualizer_core.errors import (
    InvalidInput,
    Misconfigured,
    NotAllowed,
    NotFound,
    PartMissing,
    ProviderError,
    QuotaExceeded,
    VisualizerError,
)
from visualizer_core.local.postgres import ROLES
from visualizer_core.local.stack import Stack
from visualizer_core.local.state import DEFAULT_STATE
from visualizer_core.settings import settings_from
from visualizer_core.wiring import build_runtime, environment
from visualizer_core.workspace import Runtime

__all__ = [
    "ExitCode",
    "Json",
    "State",
    "code_of",
    "migrate_embedded",
    "opened",
    "out",
    "print_json",
    "reported",
]

out = Console(stderr=True, highlight=False)
"""For people; stdout is left to results, so that ``--json`` can be piped."""

State = Annotated[
    Path,
    typer.Option(
        "--state",
        envvar="VISUALIZER_STATE",
        help="Folder of the embedded servers.",
        show_default=True,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, last on stdout.")]

DEFAULT_STATE_DIR = DEFAULT_STATE


class ExitCode(IntEnum):
    """What a command's exit code says."""

    DONE = 0
    PARTLY = 1
    WRONG_INPUT = 2
    NOT_READY = 3
    OVER_LIMIT = 4
    REFUSED = 5
    INTERRUPTED = 130


_CODES: tuple[tuple[type[VisualizerError], ExitCode], ...] = (
    (QuotaExceeded, ExitCode.OVER_LIMIT),
    (InvalidInput, ExitCode.WRONG_INPUT),
    (NotFound, ExitCode.WRONG_INPUT),
    (NotAllowed, ExitCode.WRONG_INPUT),
    (PartMissing, ExitCode.NOT_READY),
    (Misconfigured, ExitCode.NOT_READY),
    (ProviderError, ExitCode.REFUSED),
)


def code_of(error: VisualizerError) -> ExitCode:
    """The exit code of a command that ends with this error."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), ExitCode.WRONG_INPUT)


@contextmanager
def reported() -> Generator[None]:
    """Turn our errors into a message and an exit code; anything else is a bug and stays one."""
    try:
        yield
    except VisualizerError as error:
        out.print("✗ ", style="bold red", end="")
        out.print(_shown(str(error)), markup=False, soft_wrap=not out.is_terminal)
        raise typer.Exit(code_of(error)) from error
    except KeyboardInterrupt:
        out.print("interrupted; what is done is kept")
        raise typer.Exit(ExitCode.INTERRUPTED) from None


def _shown(message: str) -> str:
    """What a terminal shows as it is: a message may quote the name of a stranger's file."""
    return "".join(
        c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in message
    )


class _Warnings(logging.Handler):
    """Shows what adapters warn of, between the lines of a command."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one warning."""
        words = _shown(record.getMessage())
        out.print(f"  {words}", markup=False, soft_wrap=not out.is_terminal)


@contextmanager
def _ended_by_signals() -> Generator[None]:
    """Let SIGTERM and a closed terminal end a command as Ctrl-C does: in order, with exit code 130.

    Whoever handles them otherwise, or ignores them (``nohup``), is left alone.
    """
    mine = [
        number
        for number in (signal.SIGTERM, signal.SIGHUP)
        if threading.current_thread() is threading.main_thread()
        and signal.getsignal(number) is signal.SIG_DFL
    ]
    for number in mine:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in mine:
            signal.signal(number, signal.SIG_DFL)


@contextmanager
def opened(state: Path) -> Generator[tuple[Runtime, dict[str, str]]]:
    """A runtime on the running stack, or on parts started for the time of the block.

    Yields the environment too, for child processes.
    """
    logging.basicConfig(level=logging.WARNING, handlers=[_Warnings()])
    with _ended_by_signals(), Stack(state, environ=environment()).running() as env:
        migrate_embedded(env)
        runtime = build_runtime(settings_from(env))
        try:
            yield runtime, env
        finally:
            runtime.close()


def migrate_embedded(env: Mapping[str, str]) -> str | None:
    """Bring the embedded database to this version; an external one is left to its owner.

    Returns
    -------
    str or None
        The revision; None when the database is external and names no owner.
    """
    bootstrap = env.get("VISUALIZER_BOOTSTRAP_DATABASE_URL")
    owner = env.get("MIGRATION_DATABASE_URL")
    if bootstrap is None and owner is None:
        return None
    passwords = passwords_of(env[name] for name in ROLES) if bootstrap else None
    return upgrade(bootstrap, owner, role_passwords=passwords)


def print_json(value: dict[str, object]) -> None:
    """Print one JSON object on stdout."""
    print(json.dumps(value, default=str))
