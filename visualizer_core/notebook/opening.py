"""Opening a client's workspace, with the servers it needs."""

import json
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from visualizer_core.errors import InvalidInput, NotFound
from visualizer_core.notebook.bars import bar
from visualizer_core.notebook.keeper import PROJECT
from visualizer_core.notebook.stacks import use_stack
from visualizer_core.notebook.workspace import OpenWorkspace
from visualizer_core.services import accounts
from visualizer_core.services.accounts import ClientInfo
from visualizer_core.wiring import environment
from visualizer_core.workspace import Runtime

__all__ = ["STATE_FOLDER", "SampleCatalogue", "open_workspace", "sample_catalogue"]

STATE_FOLDER = ".visualizer"  # as `visualizer up` calls it
STATE_VARIABLE = "VISUALIZER_STATE"
ACTOR = "notebook"  # as the audit log calls it


def open_workspace(client: str = "demo", *, state: str | Path | None = None) -> OpenWorkspace:
    """Open one client's workspace: on the stack that runs, or on embedded parts of its own.

    Parameters
    ----------
    client : str
        Slug or id. ``demo`` is made when it is missing from an embedded stack.
    state : path, optional
        Folder of the embedded servers. By default ``VISUALIZER_STATE``, else the nearest
        ``.visualizer`` in this folder or above it, else the one of the project, which is where
        ``make up`` has it.

    Returns
    -------
    OpenWorkspace
        To be closed, used as a context manager, or left alone: the end of this process closes it.

    Raises
    ------
    NotFound
        When there is no such client; names those there are.
    PartMissing, Conflict, Misconfigured
        When a part cannot be started or used; says which and what to do.

    Examples
    --------
    >>> import visualizer_core as vc
    >>> ws = vc.open_workspace("demo")
    >>> ws.import_catalogue("catalogue.csv", photos="photos/")
    >>> trial = ws.collection("First", products=ws.products().head(12), rooms="rooms/")
    >>> trial.generate(variants=2)
    >>> trial.table()
    """
    with ExitStack() as undo:
        stack = use_stack(_state(state))
        undo.callback(stack.release)
        found = _find(stack.runtime, client)
        opened = OpenWorkspace(
            stack.runtime.workspace(found.id, actor=ACTOR),
            client=found.slug,
            see_to_workers=stack.keeper.see_to_workers,
            release=stack.release,
        )
        undo.pop_all()
    return opened


def _find(rt: Runtime, client: str) -> ClientInfo:
    try:
        return accounts.find_client(rt, client)
    except NotFound:
        known = ", ".join(info.slug for info in accounts.list_clients(rt)) or "none"
        raise NotFound(
            f"There is no client {client!r}. There are: {known}. "
            "`visualizer admin client create` makes one."
        ) from None


def _state(given: str | Path | None) -> Path:
    named = given or environment().get(STATE_VARIABLE)
    if named:
        return Path(named).expanduser().resolve()
    here = Path.cwd()
    near = (folder / STATE_FOLDER for folder in (here, *here.parents))
    return next((state for state in near if state.is_dir()), PROJECT / STATE_FOLDER)


@dataclass(frozen=True, slots=True)
class SampleCatalogue:
    """Where the project's own sample lies: furniture and rooms that it draws itself.

    Attributes
    ----------
    catalogue : Path
        A CSV file.
    photos, rooms : Path
        Folders of pictures.
    """

    catalogue: Path
    photos: Path
    rooms: Path


def sample_catalogue(folder: str | Path | None = None) -> SampleCatalogue:
    """Have the sample catalogue, drawn at the first call (about 20 s).

    Parameters
    ----------
    folder : path, optional
        Where to write it; by default where ``visualizer up`` has it, beside the embedded servers.

    Raises
    ------
    InvalidInput
        When the folder cannot be written.
    """
    place = (_state(None) / "sample") if folder is None else Path(folder).expanduser().resolve()
    argv = [sys.executable, "-m", "visualizer_core.cli", "sample", str(place), "--json"]
    with bar("sample catalogue") as shown:
        shown.show(0, 0, "drawing what is missing")
        # In a process of its own: drawing takes several, which a script could not start at its top.
        done = subprocess.run(  # noqa: S603  # our own program
            argv, cwd=PROJECT, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise InvalidInput(done.stderr.strip().removeprefix("✗ "))
        shown.show(1, 1, "ready")
    paths: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return SampleCatalogue(**{name: Path(path) for name, path in paths.items()})
