"""The two handles every function of the core takes first.

A `Runtime` reaches every client: workers, sweeps and the operator's tools hold it. A `Workspace`
reaches one client and nothing else: its transactions are fenced by the database, its files by the
key prefix.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy.orm import Session

from visualizer_core.db.session import Database
from visualizer_core.domain.ids import ClientId
from visualizer_core.domain.keys import guard_key
from visualizer_core.domain.registry import ModelRegistry
from visualizer_core.domain.status import Queue
from visualizer_core.imaging.sandbox import Sandbox
from visualizer_core.ports import (
    Analyst,
    ImageGenerator,
    InspirationSearch,
    JobMirror,
    JobQueue,
    ObjectHead,
    ObjectStore,
    RateLimiter,
    UrlFetcher,
)
from visualizer_core.settings import Settings

__all__ = ["ClientStore", "Runtime", "Workspace"]


@dataclass(frozen=True, slots=True)
class ClientStore:
    """Storage of one client; refuses every key outside its prefix."""

    client_id: ClientId
    store: ObjectStore

    def put(self, key: str, data: bytes, mime: str) -> None:
        """Store an object of this client."""
        self.store.put(guard_key(self.client_id, key), data, mime)

    def put_stream(self, key: str, chunks: Iterable[bytes], mime: str) -> int:
        """Store a stream; returns its size in bytes."""
        return self.store.put_stream(guard_key(self.client_id, key), chunks, mime)

    def get(self, key: str) -> bytes:
        """Read an object of this client."""
        return self.store.get(guard_key(self.client_id, key))

    def stream(self, key: str) -> Iterator[bytes]:
        """Read an object in chunks."""
        return self.store.stream(guard_key(self.client_id, key))

    def head(self, key: str) -> ObjectHead | None:
        """Look at an object without reading it."""
        return self.store.head(guard_key(self.client_id, key))

    def delete(self, keys: Sequence[str]) -> None:
        """Remove objects of this client."""
        self.store.delete([guard_key(self.client_id, key) for key in keys])

    def signed_url(self, key: str, *, seconds: int = 900, filename: str | None = None) -> str:
        """A short-lived address of an object of this client."""
        return self.store.signed_url(
            guard_key(self.client_id, key), seconds=seconds, filename=filename
        )


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything, for every client."""

    settings: Settings
    registry: ModelRegistry
    database: Database
    store: ObjectStore
    generator: ImageGenerator
    analyst: Analyst
    search: InspirationSearch
    fetcher: UrlFetcher
    limiter: RateLimiter
    queue: JobQueue
    mirror: JobMirror
    sandbox: Sandbox
    closing: tuple[Callable[[], None], ...] = ()  # what gives the adapters' connections back

    def begin(self) -> AbstractContextManager[Session]:
        """One transaction over all clients, as the operator role."""
        return self.database.operator()

    def statement(self) -> AbstractContextManager[Session]:
        """One statement over all clients, which is its own transaction."""
        return self.database.operator_statement()

    def workspace(
        self, client_id: ClientId, *, actor: str, queue: Queue | None = None
    ) -> "Workspace":
        """Narrow down to one client.

        Parameters
        ----------
        client_id : ClientId
            From the signed-in session, never from a request.
        actor : str
            Who acts, for the audit log: ``user:<id>``, ``admin:<id>``, ``worker``, ``cli``.
        queue : Queue, optional
            Which workers make what is started here; by default those of this app.
        """
        return Workspace(
            client_id=client_id, actor=actor, runtime=self, app=queue or self.settings.app_env
        )

    @property
    def image_model(self) -> str:
        """The model pictures are made with when nobody chose one."""
        return self.settings.image_model or self.registry.default_image_model

    @property
    def analysis_model(self) -> str:
        """The model that analyses."""
        return self.settings.analysis_model or self.registry.default_analysis_model

    def close(self) -> None:
        """Give every connection and child process back."""
        self.sandbox.close()
        for close in self.closing:
            close()
        self.database.dispose()


@dataclass(frozen=True, slots=True)
class Workspace:
    """One client."""

    client_id: ClientId
    actor: str
    runtime: Runtime
    app: Queue

    def begin(self) -> AbstractContextManager[Session]:
        """One transaction under row-level security: the only door to this client's rows."""
        return self.runtime.database.tenant(self.client_id)

    @property
    def store(self) -> ClientStore:
        """The files of this client."""
        return ClientStore(self.client_id, self.runtime.store)

    def wake(self, count: int) -> None:
        """Ring for `count` pieces of work; call it after the commit that made them."""
        self.runtime.queue.wake(self.app, count)
