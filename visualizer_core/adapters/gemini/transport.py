"""HTTP with a total deadline.

The library's timeout is per socket operation: an answer that arrives a byte at a time passes it for
ever. Here every read and write of a call also ends at the call's own deadline.
"""

import ssl
import threading
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any

import httpcore2
import httpx2

__all__ = ["DeadlineTransport"]

CONNECT_TIMEOUT_S = 5.0  # a provider that does not accept within this is not there
KEEPALIVE_S = 30.0  # longer than the pause between two calls of one worker


class _Call(threading.local):
    """What the current thread's call may still take, and whether anything left the machine."""

    ends_at: float | None = None
    sent: bool = False

    def left(self, timeout: float | None, late: type[httpcore2.TimeoutException]) -> float | None:
        if self.ends_at is None:
            return timeout
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise late("The call's total deadline passed.")
        return left if timeout is None else min(timeout, left)


class DeadlineTransport(httpx2.HTTPTransport):
    """`httpx2.HTTPTransport` whose sockets know when the call must be over.

    Parameters
    ----------
    tls : ssl.SSLContext
        For https.
    max_connections : int
        Calls at once; more wait, which counts as time.
    proxy_url : str | None
        HTTP proxy on the way, if any.
    """

    def __init__(
        self, *, tls: ssl.SSLContext, max_connections: int, proxy_url: str | None = None
    ) -> None:
        self._call = _Call()
        backend = _Backend(self._call)
        # The parent builds the same pool but offers no way to pass a backend.
        self._pool = (
            httpcore2.ConnectionPool(
                ssl_context=tls,
                max_connections=max_connections,
                max_keepalive_connections=max_connections,
                keepalive_expiry=KEEPALIVE_S,
                network_backend=backend,
            )
            if proxy_url is None
            else httpcore2.HTTPProxy(
                proxy_url,
                ssl_context=tls,
                max_connections=max_connections,
                max_keepalive_connections=max_connections,
                keepalive_expiry=KEEPALIVE_S,
                network_backend=backend,
            )
        )

    @contextmanager
    def within(self, seconds: float) -> Generator[None]:
        """End whatever this thread sends inside the block after `seconds`."""
        self._call.ends_at = time.monotonic() + seconds
        self._call.sent = False
        try:
            yield
        finally:
            self._call.ends_at = None

    @property
    def sent(self) -> bool:
        """Whether the thread's last block sent anything at all."""
        return self._call.sent


class _Stream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream, call: _Call) -> None:
        self._inner, self._call = inner, call

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._call.left(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = self._call.left(timeout, httpcore2.WriteTimeout)
        self._call.sent = True
        self._inner.write(buffer, left)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        left = self._call.left(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._call)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore2.NetworkBackend):
    def __init__(self, call: _Call) -> None:
        self._inner, self._call = httpcore2.SyncBackend(), call

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        limit = CONNECT_TIMEOUT_S if timeout is None else min(timeout, CONNECT_TIMEOUT_S)
        left = self._call.left(limit, httpcore2.ConnectTimeout)
        inner = self._inner.connect_tcp(host, port, left, local_address, socket_options or ())
        return _Stream(inner, self._call)
