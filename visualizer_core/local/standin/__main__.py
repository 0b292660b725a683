"""Start the stand-in: ``python -m visualizer_core.local.standin --port N --log-file FILE``."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from visualizer_core.errors import InvalidInput
from visualizer_core.local.standin.latency import parse_latency
from visualizer_core.local.standin.options import Options
from visualizer_core.local.standin.server import Server
from visualizer_core.local.standin.state import State
from visualizer_core.local.standin.studio import parse_mode

__all__ = ["main"]

_HOST = "127.0.0.1"
_MIB = 1024 * 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop.

    Parameters
    ----------
    arguments : sequence of str or None
        Command line; None takes the process's own.

    Returns
    -------
    int
        0 after a stop, 2 when it could not start.
    """
    given = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="stand-in: %(message)s")
    try:
        options = _options(given)
        return asyncio.run(_serve(options, given.port))
    except (InvalidInput, OSError) as error:
        sys.stderr.write(f"The stand-in cannot start: {error}\n")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="standin", description=__doc__)
    add = parser.add_argument
    add("--host", default=_HOST, help="only 127.0.0.1 is accepted")
    add(
        "--port",
        type=int,
        required=True,
        help="0 takes a free one; the first line of output names it",
    )
    add("--log-file", type=Path, required=True, help="history, one JSON line a request")
    add("--photos", type=Path, help="JPEGs for the photo search, with credits.json if there is one")
    add("--cache-dir", type=Path, help="keep composed pictures over restarts")
    add("--latency", default="0", help="of picture calls: seconds, or lognormal:15,0.3")
    add("--text-latency", default="0", help="of analysis calls")
    add("--accept-key", action="append", default=[], help="only these keys are valid; repeatable")
    add("--max-request-mb", type=float, default=20.0, help="larger bodies are refused")
    add("--strict-versions", action="store_true", help="404 for models the API version lacks")
    add("--picture-mode", default="compose", help="compose, or pool:32 for benchmarks")
    add("--workers", type=int, default=2, help="drawing processes")
    add("--unsplash-per-hour", type=int, default=1000)
    return parser


def _options(given: argparse.Namespace) -> Options:
    if given.host != _HOST:
        raise InvalidInput(f"The stand-in listens on {_HOST} only, not on {given.host}.")
    return Options(
        log_file=given.log_file,
        photos=given.photos,
        cache_dir=given.cache_dir,
        image_latency=parse_latency(given.latency),
        text_latency=parse_latency(given.text_latency),
        accepted_keys=frozenset(given.accept_key),
        max_request_bytes=int(given.max_request_mb * _MIB),
        strict_versions=given.strict_versions,
        picture_mode=parse_mode(given.picture_mode),
        workers=given.workers,
        unsplash_per_hour=given.unsplash_per_hour,
    )


async def _serve(options: Options, port: int) -> int:
    state = State(options)
    await state.studio.change(options.picture_mode)
    server = Server(state)
    bound = server.listen(_HOST, port)
    sys.stdout.write(f"stand-in on http://{_HOST}:{bound}\n")
    sys.stdout.flush()
    told_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told_to_stop.set)
    await told_to_stop.wait()
    server.stop()
    state.history.close()
    state.processes.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
