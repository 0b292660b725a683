"""The command line's entry point: which commands there are, each loaded when it is used.

``visualizer --help`` must come at once, and most commands import half of the program; so what help
says of a command stands here, and the command itself in the module named beside it.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any

import typer
import typer.core
import typer.main

from visualizer_core import __version__

__all__ = ["COMMANDS", "Lazy", "app", "main"]


@dataclass(frozen=True, slots=True)
class Lazy:
    """A command that is not imported yet.

    Attributes
    ----------
    attribute : str
        A function, or a `typer.Typer` with commands of its own.
    help : str
        The first line of its docstring.
    """

    module: str
    attribute: str
    help: str


COMMANDS: dict[str, Lazy] = {
    "up": Lazy(
        "up", "up", "Start embedded servers, workers and both apps; stop cleanly on Ctrl-C."
    ),
    "run": Lazy(
        "run",
        "run",
        "Import a catalogue, analyse, match, generate in the background, export a ZIP.",
    ),
    "doctor": Lazy("doctor", "doctor", "Check every part and say what to do about each failure."),
    "images": Lazy("images", "images", "Pictures before they are imported."),
    "import": Lazy("catalogue", "import_catalogue", "Bring a catalogue and its photos in."),
    "products": Lazy("catalogue", "products", "List the products of a client."),
    "collections": Lazy("catalogue", "collections", "List the collections of a client."),
    "export": Lazy(
        "catalogue",
        "export",
        "Write the finished pictures of a collection to a ZIP, with a manifest.",
    ),
    "admin": Lazy("admin", "admin", "The operator's work: clients, people, limits, the queue."),
    "sample": Lazy(
        "sample", "sample", "Draw the sample catalogue: a CSV, product photos and rooms."
    ),
    "worker": Lazy("worker", "worker", "Run one kind of worker until it is stopped."),
    "migrate": Lazy("migrate", "migrate", "Bring the database to the version of this program."),
}


class _LazyGroup(typer.core.TyperGroup):
    """A group whose commands are imported when they are used, not when they are listed."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names in the order of the help page."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """What the help page needs to know of a command."""
        del ctx
        known = COMMANDS.get(cmd_name)
        return None if known is None else typer.core.TyperCommand(cmd_name, help=known.help)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command to run; now it is imported."""
        name, _, rest = super().resolve_command(ctx, args)
        return (name, None, rest) if name is None else (name, _load(name), rest)


def _load(name: str) -> Any:
    wanted = COMMANDS[name]
    found = getattr(import_module(f"visualizer_core.cli.{wanted.module}"), wanted.attribute)
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(add_completion=False, rich_markup_mode="markdown")
        alone.command(name)(found)
        found = alone
    command = typer.main.get_command(found)
    command.name = name
    return command


app = typer.Typer(
    cls=_LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,  # a bug's report must not show the values of variables
)


def _show_version(asked: bool) -> None:  # noqa: FBT001 - the option's own value
    if asked:
        print(__version__)
        raise typer.Exit


@app.callback()
def visualizer(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Say which version."),
    ] = False,
) -> None:
    """Turn plain product photos into product-in-room pictures, in bulk.

    Exit codes: 0 done; 1 done in part; 2 wrong input; 3 a part is missing or misconfigured;
    4 over a limit; 5 the provider refuses; 130 interrupted.
    """
    del version


def main() -> None:
    """Run the command that was typed."""
    app()
