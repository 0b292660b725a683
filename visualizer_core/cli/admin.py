"""``visualizer admin``: the operator's work on clients, people, limits and the queue."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from visualizer_core.auth import members, people
from visualizer_core.auth.passwords import new_password
from visualizer_core.auth.rows import Kind, Person
from visualizer_core.cli.admin_models import limits, model, queue
from visualizer_core.cli.console import (
    DEFAULT_STATE_DIR,
    Json,
    State,
    opened,
    out,
    print_json,
    reported,
)
from visualizer_core.cli.tables import plain, show_table
from visualizer_core.domain.quota import LimitOverrides, Plan
from visualizer_core.domain.status import Role
from visualizer_core.services import accounts
from visualizer_core.services.accounts import ClientInfo
from visualizer_core.workspace import Runtime

__all__ = ["admin"]

ACTOR = "cli"  # as the audit log calls whoever may use the command line

admin = typer.Typer(no_args_is_help=True)
client = typer.Typer(no_args_is_help=True, help="Clients: plan, limits, suspension.")
user = typer.Typer(no_args_is_help=True, help="People of clients.")
