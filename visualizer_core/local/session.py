"""One life of a stack, from taking over the state folder to giving it back."""

import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from visualizer_core.local.environment import (
    Piece,
    external_pieces,
    forget_environment,
    merged,
    own_variables,
    write_environment,
)
from visualizer_core.local.logs import Console
from visualizer_core.local.postgres import PostgresServer
from visualizer_core.local.process import ChildSpec
from visualizer_core.local.provider import StandinServer
from visualizer_core.local.record import (
    ChildRecord,
    PartRecord,
    Phase,
    StackRecord,
    read_record,
    remove_record,
)
from visualizer_core.local.s3 import S3Server
from visualizer_core.local.server import HOST, Server
from visualizer_core.local.stamps import this_process
from visualizer_core.local.state import StateFolder
from visualizer_core.local.supervisor import Supervisor
from visualizer_core.local.valkey import ValkeyServer

__all__ = ["PARTS", "Session", "SessionOptions"]

PARTS = frozenset({"postgres", "redis", "s3", "standin"})
CLIENT_PORT = 5006  # what Panel people expect; another when taken


@dataclass(frozen=True, kw_only=True)
class SessionOptions:
    """What a stack was asked to be.

    Parameters
    ----------
    environ : mapping
        The caller's environment; variables set here replace embedded parts.
    durable : bool
        False for tests: nothing waits for the disk.
    photos : Path or None
        Rooms the stand-in's Unsplash offers.
    one_command : bool
        Whether it lives for one command only.
    """

    environ: Mapping[str, str]
    durable: bool
    photos: Path | None
    one_command: bool


class Session:
    """Runs the parts of a stack; the caller holds the state folder's lock.

    Parameters
    ----------
    state : StateFolder
        The folder.
    options : SessionOptions
        What was asked for.
    parts : collection of str
        Which of `PARTS` are needed.
    console : Console
        Where to report.
    """

    def __init__(
        self,
        state: StateFolder,
        options: SessionOptions,
        parts: Collection[str],
        console: Console,
    ) -> None:
        self.supervisor = Supervisor(state.logs, console, self._record)
        self._state = state
        self._options = options
        self._console = console
        self._external = external_pieces(options.environ)
        self._servers = self._embedded(parts)
        self._phase = Phase.STARTING
        self._recording = threading.Lock()

    def begin(self) -> dict[str, str]:
        """Clear what a crash left, start all parts at the same time, return the environment.

        Raises
        ------
        PartMissing, Misconfigured
            When a part cannot be started; `end` must be called in any case.
        """
        self._clear_leftovers()
        self._record()
        for piece, variable in self._external.items():
            self._console.say("stack", f"{piece}: external, as {variable} says")
        self.supervisor.start_all([self._starter(server) for server in self._servers])
        variables = self._variables()
        write_environment(self._state, variables)
        self._phase = Phase.READY
        self._record()
        return with_defaults(merged(self._options.environ, variables, self._external))

    def start(self, *specs: ChildSpec) -> None:
        """Start further children at the same time and wait until all are ready."""
        self.supervisor.start_all([lambda spec=spec: self.supervisor.start(spec) for spec in specs])

    def leave(self) -> None:
        """Announce the end: from now on no other command may begin to use it."""
        self._phase = Phase.STOPPING
        self._record()

    def end(self) -> None:
        """Stop everything in order and forget the stack."""
        self._phase = Phase.STOPPING
        self.supervisor.stop()
        forget_environment(self._state)
        remove_record(self._state)

    def _clear_leftovers(self) -> None:
        record = read_record(self._state)
        if record is None:
            return
        stopped = record.stop_leftovers()
        if stopped:
            names = ", ".join(stopped)
            self._console.say("stack", f"an earlier stack was cut off; stopped its {names}")
        forget_environment(self._state)

    def _embedded(self, parts: Collection[str]) -> list[Server]:
        durable, external = self._options.durable, self._external
        wanted: list[tuple[str, bool, Server]] = [
            (
                "postgres",
                Piece.POSTGRES not in external,
                PostgresServer(self._state, durable=durable),
            ),
            ("redis", Piece.REDIS not in external, ValkeyServer(self._state, durable=durable)),
            ("s3", Piece.S3 not in external, S3Server(self._state, durable=durable)),
            (
                "standin",
                not {Piece.GEMINI, Piece.UNSPLASH} <= external.keys(),
                StandinServer(
                    self._state, environ=self._options.environ, photos=self._options.photos
                ),
            ),
        ]
        return [server for name, is_embedded, server in wanted if name in parts and is_embedded]

    def _starter(self, server: Server) -> "_Start":
        return _Start(server, self.supervisor, self._console)

    def _variables(self) -> dict[str, str]:
        """Return the variables of the stack: external pieces as given, embedded ones as started."""
        environ = self._options.environ
        found = own_variables(environ, self._external)
        for server in self._servers:
            found = server.variables() | found  # the stand-in serves two pieces, one may be given
        found["AUTH_SECRET"] = environ.get("AUTH_SECRET") or self._state.secret("auth")
        found["QUEUE_SECRET"] = environ.get("QUEUE_SECRET") or self._state.secret("queue")
        found["BASE_URL"] = environ.get("BASE_URL") or (
            f"http://{HOST}:{self._state.port('client', CLIENT_PORT)}"
        )
        found["VISUALIZER_MODE"] = environ.get("VISUALIZER_MODE") or "local"
        return found

    def _record(self) -> None:
        """Write down what runs now; from any thread, the newest state last."""
        with self._recording:
            me = this_process()
            record = StackRecord(
                supervisor_pid=me.pid,
                supervisor_started=me.started,
                phase=self._phase,
                one_command=self._options.one_command,
                parts=(*self._external_records(), *self._embedded_records()),
                children=tuple(self._child_records()),
            )
            try:
                record.write(self._state)
            except OSError as error:  # a full disk must not end what still works
                self._console.say("stack", f"cannot note what runs in {self._state.path}: {error}")

    def _external_records(self) -> list[PartRecord]:
        return [
            PartRecord(name=piece, embedded=False, address=f"as {name} says", says="external")
            for piece, name in self._external.items()
        ]

    def _embedded_records(self) -> list[PartRecord]:
        return [
            PartRecord(
                name=server.name, embedded=True, address=server.address, says=server.version()
            )
            for server in self._servers
        ]

    def _child_records(self) -> list[ChildRecord]:
        return [
            ChildRecord(
                name=child.spec.name,
                pid=child.stamp.pid,
                started=child.stamp.started,
                stop_signal=child.spec.stop_signal,
                stop_within_seconds=child.spec.stop_within_seconds,
                is_server=child.spec.is_server,
                address=child.spec.address,
                log=str(child.log),
            )
            for child in self.supervisor.children
            if child.stamp is not None
        ]


@dataclass(frozen=True)
class _Start:
    """Starts one server and says how long it took."""

    server: Server
    supervisor: Supervisor
    console: Console

    def __call__(self) -> None:
        begun = time.monotonic()
        self.server.start(self.supervisor)
        took = time.monotonic() - begun
        self.console.say(
            "stack",
            f"{self.server.name}: embedded {self.server.version()} on {self.server.address}, "
            f"ready after {took:.1f} s",
        )


def with_defaults(env: dict[str, str]) -> dict[str, str]:
    """Add what each process of a local stack may choose for itself."""
    return {"APP_ENV": "client"} | {name: value for name, value in env.items() if value}
