"""``python -m visualizer_core.cli.keep STATE``: the stack for as long as another process wants it.

A notebook starts it. It uses a running stack or starts the parts, says where they are in one JSON
line on stdout, and answers each line on stdin by seeing to it that workers live. When stdin ends,
it stops what it started, in order. A kernel that is closed, restarted, killed or crashed all end
stdin: whatever happens to the notebook, a call under way is finished and nothing is left behind.
"""

import contextlib
import json
import sys
import threading
from pathlib import Path

from visualizer_core.cli.children import have_workers
from visualizer_core.cli.console import opened
from visualizer_core.cli.demo import demo_client
from visualizer_core.errors import VisualizerError
from visualizer_core.local.environment import without_owner
from visualizer_core.local.signals import StopSignals
from visualizer_core.settings import Mode

__all__ = ["keep", "main"]

ACTOR = "notebook"  # as the audit log calls it


def keep(state: Path) -> None:
    """Serve one process until its end of stdin is closed.

    Answers are objects with ``env`` (the variables of the stack), ``asked`` (the line that was
    answered), ``error`` and ``kind`` (what went wrong, and the name of its class in `errors`).
    """
    try:
        with opened(state) as (rt, env), contextlib.ExitStack() as workers:
            if rt.settings.visualizer_mode is Mode.LOCAL:
                demo_client(rt, actor=ACTOR)
            _say(env=without_owner(env))
            for line in sys.stdin:
                asked = line.strip()
                try:
                    workers.enter_context(have_workers(rt, env, state / "logs"))
                except VisualizerError as error:
                    _say(asked=asked, **_told(error))
                else:
                    _say(asked=asked)
    except VisualizerError as error:
        _say(**_told(error))


def _told(error: VisualizerError) -> dict[str, str]:
    return {"error": str(error), "kind": type(error).__name__}


def _say(**answer: object) -> None:
    with contextlib.suppress(BrokenPipeError):  # nobody listens any more: stdin ends as well
        print(json.dumps(answer), flush=True)


def main() -> None:
    """Run until stdin ends or a stop signal comes."""
    with StopSignals(threading.Event()), contextlib.suppress(KeyboardInterrupt):
        keep(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
