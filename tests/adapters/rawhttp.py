"""A real HTTP server that answers with exactly the bytes, or the misbehaviour, a test wants."""

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

__all__ = ["Act", "RawServer", "Request", "close", "hang", "raw_http", "reset", "serve", "trickle"]


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived."""

    method: str
    target: str
    headers: dict[str, str]  # names in lower case
    body: bytes


Act = bytes | Callable[[socket.socket], None]  # bytes to send, or what to do with the connection


def raw_http(
    status: int, body: bytes = b"", headers: dict[str, str] | None = None, reason: str = "Any"
) -> bytes:
    """One HTTP/1.1 answer with a true length unless `headers` say otherwise."""
    merged = {"content-length": str(len(body)), **(headers or {})}
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in merged.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def close(connection: socket.socket) -> None:
    """Hang up politely without a word."""
    connection.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket) -> None:
    """Hang up with a RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def hang(seconds: float) -> Callable[[socket.socket], None]:
    """Say nothing for a while, then hang up."""

    def act(connection: socket.socket) -> None:
        time.sleep(seconds)
        close(connection)

    return act


def trickle(data: bytes, pause_s: float, step: int = 1) -> Callable[[socket.socket], None]:
    """Send a few bytes at a time."""

    def act(connection: socket.socket) -> None:
        for start in range(0, len(data), step):
            connection.sendall(data[start : start + step])
            time.sleep(pause_s)

    return act


@dataclass
class RawServer:
    """Answers every request with what `answer` returns for it, and remembers the requests."""

    answer: Callable[[Request], Act]
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list[Request])
    connections: int = 0

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listener.getsockname()[1])
        self._stopped = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._stopped = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while not self._stopped:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection:
                while (request := _read(connection)) is not None:
                    self.requests.append(request)
                    act = self.answer(request)
                    if isinstance(act, bytes):
                        connection.sendall(act)
                    else:
                        act(connection)


def _read(connection: socket.socket) -> Request | None:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(65_536)
        if not piece:
            return None
        head += piece
    head, _, body = head.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    if headers.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    while len(body) < int(headers.get("content-length", "0")):
        piece = connection.recv(1 << 20)
        if not piece:
            return None
        body += piece
    method, target, _ = first.split(" ", 2)
    return Request(method, target, headers, body)


@contextlib.contextmanager
def serve(
    answer: Callable[[Request], Act] | bytes, tls: ssl.SSLContext | None = None
) -> Generator[RawServer]:
    """Run a server for the length of a with block; `bytes` are the answer to everything."""
    fixed = answer
    server = RawServer((lambda _: fixed) if isinstance(fixed, bytes) else fixed, tls)
    try:
        yield server
    finally:
        server.stop()
