import datetime as dt
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.adapters.conftest import free_port
from tests.adapters.rawhttp import Act, RawServer, Request, close, hang, raw_http, serve, trickle
from visualizer_core.adapters.safe_fetch import PublicFetcher, is_public
from visualizer_core.errors import InvalidInput, ProviderUnavailable

PICTURE = b"\xff\xd8\xff a picture"
GOOD = raw_http(200, PICTURE)

FORBIDDEN = [
    "0.0.0.0",  # noqa: S104  # nothing is bound to it
    *("0.1.2.3", "10.0.0.1", "10.255.255.255", "127.0.0.1", "127.1.2.3"),
    *("172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255"),
    *("100.64.0.1", "100.100.100.200", "100.127.255.255"),
    *("169.254.0.1", "169.254.169.254", "168.63.129.16", "198.18.0.1", "198.19.255.255"),
    *("192.0.0.1", "192.0.0.192", "192.0.2.1", "198.51.100.1", "203.0.113.1"),
    *("192.31.196.1", "192.52.193.1", "192.88.99.1", "192.175.48.1"),
    *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:8.8.8.8"),
    *("64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "100:0:0:1::1"),
    *("2001::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1"),
    *("2620:4f:8000::1", "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1"),
    *("fe80::1%eth0", "fec0::1", "ff02::1", "4000::1", "", "localhost"),
]
PUBLIC = ["8.8.8.8", "93.184.216.34", "100.128.0.1", "2606:4700::1111", "2a00:1450:4001::1"]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_addresses_of_the_inside_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_open_internet_are(address: str) -> None:
    assert is_public(address)


def never(host: str, port: int) -> Sequence[str]:
    raise AssertionError(f"{host}:{port} was looked up")


class Names:
    """A resolver that answers from a list and counts."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = iter(answers)
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return next(self._answers)


class TestAddresses:
    @pytest.mark.parametrize(
        "url",
        [
            "http://pictures.example/a.jpg",
            "ftp://pictures.example/a.jpg",
            "file:///etc/passwd",
            "gopher://pictures.example/",
            "//pictures.example/a.jpg",
            "pictures.example/a.jpg",
            "https://pictures.example:8443/a.jpg",
            "https://pictures.example:99999/a.jpg",
            "https://pictures.example:x/a.jpg",
            "https://user@pictures.example/a.jpg",
            "https://user:secret@pictures.example/a.jpg",
            "https://pictures.example\\@evil.example/a.jpg",
            "https://pictures.example/a b.jpg",
            "https://pictures.example/a\r\nX: y",
            "https://pictures.example/\x00",
            "https:///a.jpg",
            "https://",
            "https://[::1/a.jpg",
            "https://" + "x" * 300 + ".example/",
            "https://pictures.example/" + "x" * 2_100,
            "",
        ],
    )
    def test_odd_forms_are_refused_before_anything_is_looked_up(self, url: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            PublicFetcher(resolver=never).fetch(url)
        assert "secret" not in str(refused.value)

    @pytest.mark.parametrize(
        "host",
        [
            *("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1"),
            *("[::1]", "[::ffff:127.0.0.1]", "0", "127.0.0.1.", "169.254.169.254"),
        ],
    )
    def test_this_machine_is_refused_in_every_spelling(self, host: str) -> None:
        with pytest.raises(InvalidInput, match="public"):
            PublicFetcher().fetch(f"https://{host}/a.jpg")

    @pytest.mark.parametrize("address", [a for a in FORBIDDEN if a and "%" not in a])
    def test_a_name_that_leads_inside_is_refused(self, address: str) -> None:
        with pytest.raises(InvalidInput, match="public"):
            PublicFetcher(resolver=Names([address])).fetch("https://pictures.example/a.jpg")

    @pytest.mark.parametrize("answers", [["8.8.8.8", "10.0.0.1"], ["::1", "8.8.8.8"]])
    def test_one_inside_answer_spoils_the_name(self, answers: list[str]) -> None:
        with pytest.raises(InvalidInput):
            PublicFetcher(resolver=Names(answers)).fetch("https://pictures.example/a.jpg")

    def test_refusals_do_not_tell_what_exists_inside(self) -> None:
        messages: set[str] = set()
        for address in ("10.0.0.1", "127.0.0.1", "169.254.169.254"):
            with pytest.raises(InvalidInput) as refused:
                PublicFetcher(resolver=Names([address])).fetch("https://a.example/?token=abc")
            messages.add(str(refused.value))
        assert len(messages) == 1
        assert "abc" not in messages.pop()

    def test_an_unknown_name_may_be_tried_again(self) -> None:
        def unknown(host: str, port: int) -> Sequence[str]:
            raise socket.gaierror(f"{host}:{port}")

        with pytest.raises(ProviderUnavailable, match="not found"):
            PublicFetcher(resolver=unknown).fetch("https://pictures.example/a.jpg")

    def test_a_slow_resolver_does_not_hold_the_worker(self) -> None:
        def slow(host: str, port: int) -> Sequence[str]:
            time.sleep(3)
            return [f"{host}{port}"]

        begun = time.monotonic()
        with pytest.raises(ProviderUnavailable):
            PublicFetcher(resolver=slow, deadline_s=0.5).fetch("https://pictures.example/a.jpg")
        assert time.monotonic() - begun < 1


Fetch = Callable[..., bytes]


def fetch_from(server: RawServer, path: str = "/a.jpg", **caps: float) -> bytes:
    fetcher = PublicFetcher(
        trusted_origins=[server.url],
        deadline_s=caps.get("deadline_s", 5),
        max_bytes=int(caps.get("max_bytes", 1 << 20)),
    )
    return fetcher.fetch(server.url + path)


class TestAnswers:
    def test_the_picture_comes_back(self) -> None:
        with serve(GOOD) as server:
            assert fetch_from(server, "/söfa.jpg?a=1&b=%20") == PICTURE
            (request,) = server.requests
        assert request.target == "/s%C3%B6fa.jpg?a=1&b=%20"
        assert request.headers["accept-encoding"] == "identity"
        assert not {"cookie", "authorization", "referer"} & set(request.headers)

    def test_a_chunked_picture_comes_back(self) -> None:
        body = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        with serve(body) as server:
            assert fetch_from(server) == b"abc"

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 204, 206])
    def test_no_picture_there_is_final(self, status: int) -> None:
        with serve(raw_http(status)) as server, pytest.raises(InvalidInput, match=str(status)):
            fetch_from(server)

    @pytest.mark.parametrize("status", [429, 500, 502, 503])
    def test_a_busy_server_may_be_tried_again(self, status: int) -> None:
        with serve(raw_http(status)) as server, pytest.raises(ProviderUnavailable):
            fetch_from(server)

    @pytest.mark.parametrize(
        ("act", "error"),
        [
            (raw_http(200, b"x" * 2_000_000), InvalidInput),
            (raw_http(200, b"", {"content-length": "99999999"}), InvalidInput),
            (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2_000_000, InvalidInput),
            (
                b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
                + b"ffff\r\n" * 1
                + (b"x" * 0xFFFF + b"\r\nffff\r\n") * 40,
                InvalidInput,
            ),
            (raw_http(200, PICTURE, {"content-encoding": "gzip"}), InvalidInput),
            (raw_http(200, PICTURE, {"content-length": "50"}), ProviderUnavailable),
            (raw_http(200, PICTURE, {"content-length": "many"}), ProviderUnavailable),
            (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 2_000 + b"\r\n", ProviderUnavailable),
            (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000 + b"\r\n\r\n", ProviderUnavailable),
            (b"this is not http\r\n\r\n", ProviderUnavailable),
            (close, ProviderUnavailable),
        ],
        ids=[
            *("too large", "says too large", "endless", "endless chunks", "packed", "cut"),
            *("odd length", "many headers", "long header", "garbage", "hangs up"),
        ],
    )
    def test_hostile_answers_end(self, act: Act, error: type[Exception]) -> None:
        def then_close(connection: socket.socket) -> None:
            if isinstance(act, bytes):
                connection.sendall(act)
            close(connection)

        with serve(lambda _: then_close) as server, pytest.raises(error):
            fetch_from(server)

    @pytest.mark.parametrize(
        "act",
        [
            hang(30),
            trickle(GOOD, 0.1),
            trickle(raw_http(200, b"x" * 1_000), 0.05, 8),
            trickle(b"HTTP/1.1 100 Continue\r\n\r\n" * 500, 0.02, 25),
        ],
        ids=["silence", "slow headers", "slow body", "endless prelude"],
    )
    def test_slowness_ends_at_the_wall_clock(self, act: Act) -> None:
        with serve(lambda _: act) as server:
            begun = time.monotonic()
            with pytest.raises(ProviderUnavailable, match="too long"):
                fetch_from(server, deadline_s=1)
        assert 0.9 < time.monotonic() - begun < 1.7

    def test_nobody_listening_may_be_tried_again(self) -> None:
        origin = f"http://127.0.0.1:{free_port()}"
        with pytest.raises(ProviderUnavailable):
            PublicFetcher(trusted_origins=[origin]).fetch(f"{origin}/a.jpg")


def to(location: str, status: int = 302) -> bytes:
    return raw_http(status, headers={"location": location})


class TestRedirects:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_few_are_followed(self, status: int) -> None:
        def answer(request: Request) -> bytes:
            return GOOD if request.target == "/3" else to(f"/{len(server.requests)}", status)

        with serve(answer) as server:
            assert fetch_from(server, "/0") == PICTURE
            assert [request.method for request in server.requests] == ["GET"] * 4

    def test_a_loop_ends_after_four_requests(self) -> None:
        with serve(to("/again")) as server:
            with pytest.raises(InvalidInput, match="without an end"):
                fetch_from(server)
            assert len(server.requests) == 4

    @pytest.mark.parametrize(
        "location",
        [
            "https://127.0.0.1/",
            "https://localhost/",
            "https://169.254.169.254/latest/meta-data/",
            "https://[::1]/",
            "https://10.0.0.1/",
            "http://8.8.8.8/",
            "https://8.8.8.8:22/",
            "https://user@8.8.8.8/",
            "file:///etc/passwd",
            "gopher://127.0.0.1:6379/_FLUSHALL",
            "//127.0.0.1/",
            "https://2130706433/",
            "javascript:alert(1)",
        ],
    )
    def test_each_hop_is_judged_from_the_start(self, location: str) -> None:
        with serve(to(location)) as server:
            with pytest.raises(InvalidInput):
                fetch_from(server)
            assert len(server.requests) == 1

    def test_the_clock_runs_over_all_hops(self) -> None:
        with serve(lambda _: trickle(to("/again"), 0.01)) as server:
            begun = time.monotonic()
            with pytest.raises((ProviderUnavailable, InvalidInput)):
                fetch_from(server, deadline_s=1)
        assert time.monotonic() - begun < 1.7


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-made certificate for ``pictures.example``, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pictures.example")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("pictures.example"), x509.IPAddress(ipaddress.ip_address("127.0.0.2"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


class TestTls:
    @pytest.fixture
    def seen(self) -> list[str | None]:
        return []

    @pytest.fixture
    def server(self, certificate: Path, seen: list[str | None]) -> Iterator[RawServer]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        context.sni_callback = lambda _socket, name, _context: seen.append(name)
        with serve(GOOD, tls=context) as server:
            yield server

    def fetch(self, server: RawServer, host: str, names: Names, trust: Path | None) -> bytes:
        context = ssl.create_default_context(cafile=None if trust is None else str(trust))
        origin = f"https://{host}:{server.port}"
        fetcher = PublicFetcher(trusted_origins=[origin], tls=context, resolver=names)
        return fetcher.fetch(f"{origin}/a.jpg")

    def test_the_name_is_looked_up_once_and_named_in_the_handshake(
        self, server: RawServer, certificate: Path, seen: list[str | None]
    ) -> None:
        names = Names(["127.0.0.1"])  # a second look-up would fail
        assert self.fetch(server, "pictures.example", names, certificate) == PICTURE
        assert names.asked == [("pictures.example", server.port)]
        assert seen == ["pictures.example"]
        assert server.requests[0].headers["host"] == f"pictures.example:{server.port}"

    def test_a_certificate_for_another_name_is_refused(
        self, server: RawServer, certificate: Path
    ) -> None:
        with pytest.raises(ProviderUnavailable, match="SSLCertVerificationError"):
            self.fetch(server, "other.example", Names(["127.0.0.1"]), certificate)
        assert server.requests == []

    def test_a_certificate_nobody_vouches_for_is_refused(self, server: RawServer) -> None:
        with pytest.raises(ProviderUnavailable, match="SSLCertVerificationError"):
            self.fetch(server, "pictures.example", Names(["127.0.0.1"]), None)
        assert server.requests == []

    def test_a_stuck_handshake_ends_at_the_wall_clock(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            origin = f"https://127.0.0.1:{silent.getsockname()[1]}"
            fetcher = PublicFetcher(trusted_origins=[origin], deadline_s=1)
            begun = time.monotonic()
            with pytest.raises(ProviderUnavailable, match="too long"):
                fetcher.fetch(f"{origin}/a.jpg")
        assert time.monotonic() - begun < 1.7
