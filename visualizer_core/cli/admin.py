"""``visualizer admin``: the operator's work on clients, people, limits and the queue."""

import typer

from visualizer_core.cli.admin_clients import client
from visualizer_core.cli.admin_models import limits, model, queue
from visualizer_core.cli.admin_people import create, list_all, reset_password, user

__all__ = ["admin"]

admin = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode="markdown")
admin.add_typer(client, name="client")
admin.add_typer(user, name="user")
admin.add_typer(limits, name="limits")
admin.add_typer(model, name="model")
admin.command("queue")(queue)
# Without a noun between: the operator's own people.
admin.command("create")(create)
admin.command("list")(list_all)
admin.command("reset-password")(reset_password)


@admin.callback()
def operator() -> None:
    """The operator's work: clients, people, limits, the queue.

    Every change is written to the audit log, as done by `cli`.
    """
