"""Bytes in and out: the HTTP server, its log line before each answer, and answers sent badly."""

import asyncio
import logging
import re
import socket
import struct
import time
import urllib.parse

from tornado.http1connection import HTTP1Connection
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPHeaders, HTTPServerRequest, ResponseStartLine
from tornado.iostream import IOStream, StreamClosedError
from tornado.netutil import bind_sockets

from visualizer_core.local.standin import control, routes
from visualizer_core.local.standin.exchange import (
    Answer,
    Entry,
    Problem,
    Reply,
    Request,
    reason_phrase,
)
from visualizer_core.local.standin.state import State

__all__ = ["Server"]

_BACKLOG = 1024  # a run opens hundreds of connections at once
_MAX_BODY_BYTES = 110 * 1024 * 1024  # beyond the largest documented limit; more is cut off unread
_TRICKLE_STEPS = 20
_LINGER_NOTHING = struct.pack("ii", 1, 0)  # close() then sends RST instead of FIN

_GENERATES = re.compile(r":(?:g|streamG)enerateContent$")

log = logging.getLogger(__name__)


class Server:
    """The listening server.

    Parameters
    ----------
    state : State
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._server = HTTPServer(
            self._arrived,
            max_body_size=_MAX_BODY_BYTES,
            max_buffer_size=_MAX_BODY_BYTES + 1024 * 1024,
            chunk_size=1024 * 1024,  # pictures arrive in few reads
        )
        self._tasks: set[asyncio.Task[None]] = set()

    def listen(self, host: str, port: int) -> int:
        """Start to listen; gives the port, which matters when `port` is 0.

        Raises
        ------
        OSError
            When the port is taken.
        """
        sockets = bind_sockets(port, host, family=socket.AF_INET, backlog=_BACKLOG)
        self._server.add_sockets(sockets)
        return int(sockets[0].getsockname()[1])

    def stop(self) -> None:
        """Stop listening; answers under way are dropped by the caller's exit."""
        self._server.stop()

    def _arrived(self, raw: HTTPServerRequest) -> None:
        task = asyncio.ensure_future(self._serve(raw))
        self._tasks.add(task)  # the loop itself holds tasks only weakly
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, raw: HTTPServerRequest) -> None:
        connection = raw.connection
        if not isinstance(connection, HTTP1Connection):
            raise TypeError("the server speaks HTTP/1 only")
        stream = connection.stream
        request = _request(raw)
        raw.body = b""  # megabytes need not be kept while the answer waits
        if request.path.startswith(control.PREFIX):
            answer = await control.answer(self._state, request)
        else:
            answer = await self._logged(request, stream)
        await _send(connection, answer, head=request.method == "HEAD")

    async def _logged(self, request: Request, stream: IOStream | None) -> Answer:
        kind = "generateContent" if _GENERATES.search(request.path) else "other"
        self._state.in_flight[kind] += 1
        in_flight = self._state.in_flight[kind]
        try:
            reply = await self._reply(request)
        finally:
            self._state.in_flight[kind] -= 1
        silent = reply.answer.manner.kind in {"close", "reset"}
        self._state.history.append(
            request,
            reply.entry,
            status=0 if silent else reply.answer.status,
            answered_at=time.time(),
            in_flight=in_flight,
            client_gone=stream is None or stream.closed(),
        )
        return reply.answer

    async def _reply(self, request: Request) -> Reply:
        try:
            return await routes.answer(self._state, request)
        except Exception:  # the route boundary: a bug here must not look like a fault of the client
            log.exception("The stand-in failed at %s %s.", request.method, request.path)
            problem = Problem("standin_bug", 500, "The stand-in itself failed; see its log.")
            return Reply(problem.answer(), Entry("unknown", outcome=problem.outcome))


def _request(raw: HTTPServerRequest) -> Request:
    query = urllib.parse.parse_qsl(raw.query, keep_blank_values=True)
    return Request(
        method=raw.method or "",
        path=urllib.parse.unquote(raw.path),
        query=dict(query),
        headers=raw.headers,
        body=raw.body,
        arrived_at=time.time(),
        origin=f"{raw.protocol}://{raw.host}",
    )


async def _send(connection: HTTP1Connection, answer: Answer, *, head: bool) -> None:
    try:
        if answer.manner.kind == "plain":
            await _send_plain(connection, answer, head=head)
        else:
            await _send_badly(connection, answer)
    except StreamClosedError:
        log.debug("The client was gone before its answer.")


def _headers(answer: Answer) -> HTTPHeaders:
    headers = HTTPHeaders({"Content-Type": answer.content_type})
    headers["Content-Length"] = str(answer.length)
    for name, value in answer.headers:
        headers.add(name, value)
    return headers


async def _send_plain(connection: HTTP1Connection, answer: Answer, *, head: bool) -> None:
    start = ResponseStartLine("HTTP/1.1", answer.status, reason_phrase(answer.status))
    body = b"" if head else b"".join(answer.pieces)
    written = connection.write_headers(start, _headers(answer), body)
    connection.finish()
    await written


async def _send_badly(connection: HTTP1Connection, answer: Answer) -> None:
    """Take the socket from the HTTP machinery and break the rules as the fault says."""
    stream = connection.detach()
    try:
        match answer.manner.kind:
            case "truncate":
                await stream.write(_head(answer) + b"".join(answer.pieces)[: answer.length // 2])
            case "trickle":
                await _trickle(stream, answer)
            case "reset":
                if stream.socket is not None:
                    linger = (socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOTHING)
                    stream.socket.setsockopt(*linger)
            case _:
                pass
    finally:
        stream.close()


def _head(answer: Answer) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {reason_phrase(answer.status)}"]
    lines += [f"{name}: {value}" for name, value in _headers(answer).get_all()]
    lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def _trickle(stream: IOStream, answer: Answer) -> None:
    body = b"".join(answer.pieces)
    step = max(-(-len(body) // _TRICKLE_STEPS), 1)
    await stream.write(_head(answer))
    for start in range(0, len(body), step):
        await stream.write(body[start : start + step])
        await asyncio.sleep(answer.manner.seconds / _TRICKLE_STEPS)
