import hashlib
import os
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.adapters.conftest import S3Address, free_port
from tests.adapters.contracts import ObjectStoreContract
from tests.adapters.rawhttp import Act, Request, close, raw_http, serve
from tests.support.web import web
from visualizer_core.adapters.s3 import S3Store
from visualizer_core.errors import PartMissing

DATA = b"a picture, more or less"
MD5 = hashlib.md5(DATA, usedforsecurity=False).hexdigest()


def store_at(endpoint: str, **changes: str) -> S3Store:
    values = {"bucket": "pictures", "key_id": "tester", "secret": "not-a-secret-at-all", **changes}
    return S3Store(
        bucket=values["bucket"],
        region="us-east-1",
        key_id=values["key_id"],
        secret=values["secret"],
        endpoint_url=endpoint,
        public_endpoint_url=values.get("public_endpoint_url"),
    )


@pytest.fixture(scope="module")
def one_store(s3_address: S3Address) -> Iterator[S3Store]:
    """Making one reads the library's descriptions of the protocol (0.3 s)."""
    store = store_at(s3_address.endpoint)
    yield store
    store.close()


class TestS3Store(ObjectStoreContract):
    @pytest.fixture
    def store(self, one_store: S3Store) -> S3Store:
        one_store.delete([item.key for item in one_store.list("")])
        return one_store

    def test_an_expired_address_is_refused(self, store: S3Store) -> None:
        store.put("a/1.txt", b"hello", "text/plain")
        url = store.signed_url("a/1.txt", seconds=1)
        time.sleep(2.1)
        assert web.get(url).status_code in {400, 401, 403}

    def test_a_broken_stream_leaves_no_parts_either(
        self, store: S3Store, s3_address: S3Address
    ) -> None:
        def chunks() -> Iterator[bytes]:
            for _ in range(20):
                yield b"x" * (1 << 20)
            raise ConnectionAbortedError

        with pytest.raises(ConnectionAbortedError):
            store.put_stream("a/broken.zip", chunks(), "application/zip")
        assert not list(s3_address.folder.rglob("*multipart*"))

    def test_browsers_may_be_sent_to_another_address(self, s3_address: S3Address) -> None:
        store = store_at(s3_address.endpoint, public_endpoint_url="https://pictures.example.com")
        assert store.signed_url("a/1.jpg").startswith(
            "https://pictures.example.com/pictures/a/1.jpg?"
        )

    def test_many_threads_share_it(self, store: S3Store) -> None:
        failures: list[Exception] = []

        def work(number: int) -> None:
            data = os.urandom(50_000)
            try:
                store.put(f"t/{number}.bin", data, "application/octet-stream")
                assert store.get(f"t/{number}.bin") == data
            except (PartMissing, AssertionError) as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []

    def test_a_forked_process_makes_its_own_connections(self, store: S3Store) -> None:
        store.put("f/parent.txt", b"parent", "text/plain")
        child = os.fork()
        if child == 0:
            ok = store.get("f/parent.txt") == b"parent"
            os._exit(0 if ok else 1)
        assert store.get("f/parent.txt") == b"parent"
        assert os.waitpid(child, 0)[1] == 0

    def test_wrong_keys_are_named_as_the_cause(self, s3_address: S3Address) -> None:
        with pytest.raises(PartMissing, match="AWS_ACCESS_KEY_ID"):
            store_at(s3_address.endpoint, secret="wrong").check()


class TestStorageThatLies:
    """A server that answers 200 without having stored anything."""

    @pytest.mark.parametrize(
        "etag", [None, "", "d41d8cd98f00b204e9800998ecf8427e"], ids=["none", "empty", "other"]
    )
    def test_a_lying_200_is_found_out(self, etag: str | None) -> None:
        headers = {} if etag is None else {"etag": f'"{etag}"'}

        def answer(request: Request) -> bytes:
            return raw_http(404) if request.method == "HEAD" else raw_http(200, headers=headers)

        with serve(answer) as server, pytest.raises(PartMissing, match="does not hold it"):
            store_at(server.url).put("a/1.jpg", DATA, "image/jpeg")

    @pytest.mark.parametrize(
        ("size", "etag_now"), [(len(DATA) - 1, "kms-tag"), (len(DATA), "older-tag")]
    )
    def test_a_half_kept_or_older_object_is_found_out(self, size: int, etag_now: str) -> None:
        def answer(request: Request) -> bytes:
            if request.method == "HEAD":
                return raw_http(200, headers={"etag": etag_now, "content-length": str(size)})
            return raw_http(200, headers={"etag": '"kms-tag"'})

        with serve(answer) as server, pytest.raises(PartMissing):
            store_at(server.url).put("a/1.jpg", DATA, "image/jpeg")

    def test_an_encrypted_bucket_with_tags_of_its_own_is_believed(self) -> None:
        def answer(request: Request) -> bytes:
            length = len(DATA) if request.method == "HEAD" else 0
            return raw_http(200, headers={"etag": '"kms-tag"', "content-length": str(length)})

        with serve(answer) as server:
            store_at(server.url).put("a/1.jpg", DATA, "image/jpeg")
            assert [request.method for request in server.requests] == ["PUT", "HEAD"]

    def test_an_honest_200_costs_one_request_and_carries_its_checksum(self) -> None:
        with serve(raw_http(200, headers={"etag": f'"{MD5}"'})) as server:
            store_at(server.url).put("a/1.jpg", DATA, "image/jpeg")
            (request,) = server.requests
        assert request.body == DATA
        assert request.headers["content-md5"]
        assert "x-amz-checksum-crc32" not in request.headers, "would hash everything once more"

    def test_a_check_finds_a_bucket_that_forgets(self) -> None:
        def answer(request: Request) -> bytes:
            if request.method == "PUT":
                digest = hashlib.md5(request.body, usedforsecurity=False).hexdigest()
                return raw_http(200, headers={"etag": f'"{digest}"'})
            return raw_http(200, b"<DeleteResult/>")  # also what it says when asked for the file

        with serve(answer) as server, pytest.raises(PartMissing, match="does not give back"):
            store_at(server.url).check()


class TestStorageInTrouble:
    def test_errors_on_two_of_three_calls_are_ridden_out(self) -> None:
        calls = iter(range(100))

        def answer(_: Request) -> bytes:
            good = next(calls) % 3 == 2
            return raw_http(200, headers={"etag": f'"{MD5}"'}) if good else raw_http(500)

        with serve(answer) as server:
            store_at(server.url).put("a/1.jpg", DATA, "image/jpeg")
            assert len(server.requests) == 3

    @pytest.mark.parametrize(
        ("act", "says"), [(raw_http(500), "try again later"), (close, "AWS_ENDPOINT_URL")]
    )
    def test_lasting_trouble_is_said_with_the_file_and_the_remedy(
        self, act: Act, says: str
    ) -> None:
        with serve(lambda _: act) as server, pytest.raises(PartMissing, match=f"a/1.jpg.*{says}"):
            store_at(server.url).get("a/1.jpg")

    def test_nobody_listening_is_said_too(self) -> None:
        with pytest.raises(PartMissing, match="AWS_ENDPOINT_URL"):
            store_at(f"http://127.0.0.1:{free_port()}").get("a/1.jpg")

    def test_a_body_cut_short_is_not_taken_for_the_picture(self) -> None:
        cut = raw_http(200, b"half", headers={"content-length": "8"})

        def act(connection: socket.socket) -> None:
            connection.sendall(cut)
            close(connection)

        with serve(lambda _: act) as server, pytest.raises(PartMissing):
            store_at(server.url).get("a/1.jpg")

    def test_a_failed_removal_names_the_file(self) -> None:
        body = (
            b"<DeleteResult><Error><Key>a/1.jpg</Key><Code>AccessDenied</Code></Error>"
            b"</DeleteResult>"
        )
        with serve(raw_http(200, body)) as server, pytest.raises(PartMissing, match=r"a/1\.jpg"):
            store_at(server.url).delete(["a/1.jpg"])
