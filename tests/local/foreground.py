"""Run `Stack.up` as `visualizer up` does, for tests that kill or interrupt it.

Usage: foreground.py STATE_DIR [CHILD_CODE ...]; each CHILD_CODE is Python run as one more child.
Prints one JSON object when everything is ready. Pieces that the environment names are external.
"""

import json
import os
import sys
from pathlib import Path

from visualizer_core.errors import VisualizerError
from visualizer_core.local.process import ChildSpec
from visualizer_core.local.stack import Stack

REFUSED = 3


def main(state_dir: str, codes: list[str]) -> int:
    stack = Stack(Path(state_dir), environ=os.environ, durable=True, output=sys.stderr)
    try:
        with stack.up() as up:
            up.start(*[_child(number, code) for number, code in enumerate(codes)])
            record = stack.record()
            pids = {} if record is None else {c.name: c.pid for c in record.children}
            sys.stdout.write(json.dumps({"env": up.env, "pids": pids, "uid": os.geteuid()}) + "\n")
            sys.stdout.flush()
            up.wait()
    except VisualizerError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    except KeyboardInterrupt:  # it came before `wait`
        return 0
    return 0


def _child(number: int, code: str) -> ChildSpec:
    return ChildSpec(
        name=f"child-{number}",
        argv=[sys.executable, "-u", "-c", code],
        env={},
        ready_log="ready",
        stop_within_seconds=2.0,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
