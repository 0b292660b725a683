"""Fetch pictures from addresses that strangers wrote into a catalogue.

An address could point at this machine, at the cloud's metadata service or at a server that never
stops sending. So: https to public servers only; the name is looked up once, every answer must be
public, and exactly that address is connected to while the certificate is checked against the name;
redirects are followed by hand, each judged from the start; size and wall-clock time are capped.
Belongs into a worker, never into the web process' loop.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from queue import Empty, SimpleQueue
from urllib.parse import quote, urljoin, urlsplit

from visualizer_core.errors import InvalidInput, ProviderUnavailable, VisualizerError

__all__ = ["PublicFetcher", "is_public"]

MAX_URL_CHARS = 2_048  # what browsers and proxies agree on
MAX_SHOWN_CHARS = 120  # of an address in a message
MAX_BYTES = 20 << 20  # above any product photo; a camera's JPEG has 5-15 MB
DEADLINE_S = 15.0  # for everything: look-up, redirects, body
STEP_S = 5.0  # for one socket operation
MAX_REDIRECTS = 3  # shops use one or two; more is a loop
_CHUNK_BYTES = 64 << 10

# The registries of special-purpose addresses, IPv4 and IPv6. `ipaddress.is_global` alone lets
# several of them through.
_FORBIDDEN_V4 = (
    *("0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),  # own, private
    *("100.64.0.0/10", "169.254.0.0/16", "198.18.0.0/15"),  # carriers, link, laboratories
    "168.63.129.16/32",  # a cloud's agent, on an otherwise public network
    *("192.0.0.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.175.48.0/24"),  # protocols
    "192.88.99.0/24",  # relays into IPv6
    *("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"),  # documentation
    *("224.0.0.0/4", "240.0.0.0/4"),  # multicast, reserved and broadcast
)
_PUBLIC_V6 = "2000::/3"  # everything else is private, mapped, translated or unassigned
_FORBIDDEN_V6 = (
    *("2001::/23", "2002::/16"),  # protocols, and IPv4 addresses in disguise
    *("2001:db8::/32", "3fff::/20"),  # documentation
    "2620:4f:8000::/48",  # name servers of private networks
)
_NETWORKS = {
    4: tuple(ipaddress.IPv4Network(network) for network in _FORBIDDEN_V4),
    6: tuple(ipaddress.IPv6Network(network) for network in _FORBIDDEN_V6),
}
_WORLD_V6 = ipaddress.IPv6Network(_PUBLIC_V6)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BUSY = frozenset({408, 425, 429})
_HEADERS = {
    "User-Agent": "visualizer-workbench",
    "Accept": "image/jpeg, image/png, image/webp, image/*;q=0.5",
    "Accept-Encoding": "identity",  # nothing that could unpack to gigabytes
    "Connection": "close",
}

Resolver = Callable[[str, int], Sequence[str]]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet's."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:  # not an address, or one with a network interface's name
        return False
    if ip.version == 6 and ip not in _WORLD_V6:  # noqa: PLR2004  # IPv6
        return False
    return not any(ip in network for network in _NETWORKS[ip.version])


def _system_resolver(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@cache
def _certificates() -> ssl.SSLContext:
    """Whom the system believes; read once, when first needed (25 ms)."""
    return ssl.create_default_context()


@dataclass(frozen=True, slots=True)
class _Place:
    """A checked URL, taken apart."""

    origin: str  # scheme, host and port, as in the list of trusted ones
    secure: bool
    host: str
    port: int
    target: str


class PublicFetcher:
    """Fetches public addresses. Safe to use from many threads.

    Parameters
    ----------
    trusted_origins : Sequence[str]
        Origins such as ``http://127.0.0.1:8000`` to which none of the address rules apply; empty
        in production. Size, time and redirect rules apply to them too.
    tls : ssl.SSLContext | None
        Who is believed to certify names; None is the system's list.
    resolver : Callable[[str, int], Sequence[str]] | None
        Looks a name up; None asks the system.
    deadline_s, max_bytes
        Caps for one fetch.
    """

    def __init__(
        self,
        *,
        trusted_origins: Sequence[str] = (),
        tls: ssl.SSLContext | None = None,
        resolver: Resolver | None = None,
        deadline_s: float = DEADLINE_S,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._trusted = frozenset(trusted_origins)
        self._tls = tls
        self._resolve = resolver or _system_resolver
        self._deadline_s, self._max_bytes = deadline_s, max_bytes

    def fetch(self, url: str) -> bytes:
        """Fetch what lies at `url`; its content is not judged here.

        Raises
        ------
        InvalidInput
            When the address may not be used, or there is no picture of a sensible size behind it.
        ProviderUnavailable
            When the server does not answer properly now.
        """
        ends_at, here = time.monotonic() + self._deadline_s, url
        for _ in range(MAX_REDIRECTS + 1):
            found = self._visit(here, ends_at)
            if isinstance(found, bytes):
                return found
            here = urljoin(here, found)
        raise InvalidInput(f"“{_shown(url)}” leads from one address to the next without an end.")

    def _visit(self, url: str, ends_at: float) -> bytes | str:
        """Fetch one address; text is where it redirects to."""
        place = self._checked(url)
        address = self._looked_up(place, url, ends_at)
        call = _Call(url, ends_at, self._max_bytes)
        try:
            return call.run(place, address, self._tls or _certificates())
        except VisualizerError:
            raise
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise call.failure(error) from error

    def _checked(self, url: str) -> _Place:
        if len(url) > MAX_URL_CHARS or "\\" in url or any(c <= " " or c == "\x7f" for c in url):
            raise _refused(url)
        try:
            parts = urlsplit(url)
            secure = parts.scheme == "https"
            port = parts.port or (443 if secure else 80)
            host = (parts.hostname or "").rstrip(".")
            host = host if ":" in host else host.encode("idna").decode()
        except ValueError:  # a port that is no number, brackets that do not close, a bad name
            raise _refused(url) from None
        origin = f"{parts.scheme}://{parts.netloc}"
        open_door = secure and port == 443  # noqa: PLR2004  # https
        if not host or "@" in parts.netloc or not (open_door or origin in self._trusted):
            raise _refused(url)
        query = f"?{parts.query}" if parts.query else ""
        target = quote((parts.path or "/") + query, safe="%/:=&?~#+!$,;'@()*[]")
        return _Place(origin, secure, host, port, target)

    def _looked_up(self, place: _Place, url: str, ends_at: float) -> str:
        """The one address to connect to; a single private answer spoils the name."""
        addresses = self._answers(place, ends_at - time.monotonic())
        if not addresses:
            raise ProviderUnavailable(
                f"“{_shown(url)}”: the name “{place.host}” was not found. Check it, or try later."
            )
        trusted = place.origin in self._trusted
        if not (trusted or all(is_public(address) for address in addresses)):
            raise _refused(url)
        return addresses[0]

    def _answers(self, place: _Place, seconds: float) -> Sequence[str]:
        """Ask the resolver, which knows no deadline, in a thread that may be left behind."""
        box: SimpleQueue[Sequence[str]] = SimpleQueue()

        def ask() -> None:
            try:
                box.put(self._resolve(place.host, place.port))
            except (OSError, UnicodeError):
                box.put(())

        threading.Thread(target=ask, daemon=True).start()
        try:
            return box.get(timeout=max(seconds, 0))
        except Empty:
            return ()


class _Call:
    """One request, ended by a clock that no trickle can hold up."""

    def __init__(self, url: str, ends_at: float, max_bytes: int) -> None:
        self._url, self._ends_at, self._max_bytes = url, ends_at, max_bytes
        self._socket: socket.socket | None = None
        self._late = False

    def run(self, place: _Place, address: str, tls: ssl.SSLContext) -> bytes | str:
        with self._clock(), self._connected(place, address, tls) as connection:
            connection.request("GET", place.target, headers=_HEADERS)
            return self._read(connection.getresponse())

    def failure(self, error: Exception) -> ProviderUnavailable:
        late = self._late or time.monotonic() >= self._ends_at
        why = "took too long" if late else f"broke off ({type(error).__name__})"
        return ProviderUnavailable(f"“{_shown(self._url)}” {why}. Try again later.")

    @contextmanager
    def _clock(self) -> Generator[None]:
        # A socket's own timeout is for one operation: a byte a second would pass it for ever.
        timer = threading.Timer(max(self._ends_at - time.monotonic(), 0), self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        self._late = True
        if self._socket is not None:
            with suppress(OSError):  # closed meanwhile
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _hold(self, connection: socket.socket) -> None:
        """Let the clock know what to cut; it may have struck just before."""
        self._socket = connection
        if self._late:
            raise TimeoutError

    @contextmanager
    def _connected(
        self, place: _Place, address: str, tls: ssl.SSLContext
    ) -> Generator[http.client.HTTPConnection]:
        left = max(min(STEP_S, self._ends_at - time.monotonic()), 0.001)
        raw = socket.create_connection((address, place.port), left)
        with raw:
            self._hold(raw)
            if not place.secure:
                connection = http.client.HTTPConnection(place.host, place.port)
                connection.sock = raw
                yield connection
                return
            with tls.wrap_socket(
                raw, server_hostname=place.host, do_handshake_on_connect=False
            ) as wrapped:
                self._hold(wrapped)
                wrapped.do_handshake()
                connection = http.client.HTTPSConnection(place.host, place.port)
                connection.sock = wrapped
                yield connection

    def _read(self, answer: http.client.HTTPResponse) -> bytes | str:
        if answer.status in _REDIRECTS:
            return answer.getheader("Location") or ""
        self._judge(answer)
        body = bytearray()
        while chunk := answer.read1(_CHUNK_BYTES):
            body += chunk
            if len(body) > self._max_bytes:
                raise self._too_large()
        if self._late or answer.length:
            raise ConnectionAbortedError("the body ended early")
        return bytes(body)

    def _judge(self, answer: http.client.HTTPResponse) -> None:
        status = answer.status
        if status in _BUSY or status >= 500:  # noqa: PLR2004  # server errors
            raise ProviderUnavailable(f"“{_shown(self._url)}” is busy ({status}). Try again later.")
        if status != 200:  # noqa: PLR2004  # OK
            raise InvalidInput(f"“{_shown(self._url)}” holds no picture ({status}).")
        if int(answer.getheader("Content-Length") or 0) > self._max_bytes:
            raise self._too_large()
        if (answer.getheader("Content-Encoding") or "identity") != "identity":
            raise InvalidInput(f"“{_shown(self._url)}” sends a packed file, not a picture.")

    def _too_large(self) -> InvalidInput:
        megabytes = self._max_bytes / (1 << 20)
        return InvalidInput(f"“{_shown(self._url)}” is larger than {megabytes:.0f} MB.")


def _refused(url: str) -> InvalidInput:
    """One message for every reason: it must not tell a stranger what exists inside."""
    return InvalidInput(
        f"“{_shown(url)}” cannot be fetched: only https addresses of public servers can."
    )


def _shown(url: str) -> str:
    """The address without its query and its user, which may hold secrets."""
    plain = url.partition("?")[0].rpartition("@")[2][:MAX_SHOWN_CHARS]
    return "".join(c for c in plain if c.isprintable())
