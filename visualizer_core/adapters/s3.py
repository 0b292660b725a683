"""`ObjectStore` on Amazon S3 and on anything that speaks its protocol.

A 200 from storage proves nothing, so every write is compared with what storage says it holds.
"""

import base64
import hashlib
import os
import secrets
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.handlers import add_expect_header

from visualizer_core.errors import NotAllowed, NotFound, PartMissing
from visualizer_core.ports import ObjectHead

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

__all__ = ["S3Store"]

CONNECT_TIMEOUT_S = 3  # storage is near; longer means it is away
READ_TIMEOUT_S = 20  # per socket read; a 20 MB picture arrives in many reads
ATTEMPTS = 4  # in all; two errors in three calls still let four of five writes through
PART_BYTES = 8 << 20  # S3 wants parts of at least 5 MiB; this bounds memory per stream
DELETE_BATCH = 1_000  # the protocol's limit for one call
MAX_URL_S = 7 * 86_400  # the protocol's limit for a signed address
_SERVER_ERROR = 500  # HTTP: from here on the server's own fault
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})


class S3Store:
    """One bucket.

    Safe to use from many threads and across a fork: each process makes its own client.

    Parameters
    ----------
    bucket, region
        Where.
    key_id, secret
        Credentials; nothing else of the machine's S3 configuration is used.
    endpoint_url : str | None
        None is Amazon; with one, buckets are addressed by path and proxies are ignored.
    public_endpoint_url : str | None
        What browsers call the endpoint, when it differs; signed addresses use it.
    max_connections : int
        At least the number of worker threads: a thread without one waits.
    """

    def __init__(
        self,
        *,
        bucket: str,
        region: str,
        key_id: str,
        secret: str,
        endpoint_url: str | None = None,
        public_endpoint_url: str | None = None,
        max_connections: int = 80,
    ) -> None:
        self._bucket, self._region = bucket, region
        self._key_id, self._secret = key_id, secret
        self._endpoint = endpoint_url
        self._public_endpoint = public_endpoint_url or endpoint_url
        self._max_connections = max_connections
        self._lock = threading.Lock()
        self._clients: dict[tuple[int, str | None], S3Client] = {}

    def put(self, key: str, data: bytes, mime: str) -> None:
        """Store; see `ObjectStore`."""
        md5 = _md5(data)
        with _explained(key):
            answer = self._client.put_object(
                Bucket=self._bucket,
                Key=_clean(key),
                Body=data,
                ContentType=mime,
                ContentMD5=_base64(md5),  # storage refuses what got damaged on the way
            )
        if _etag(answer) != md5.hex():  # encrypted buckets have other tags: ask what is there
            self._confirm(key, len(data), _etag(answer))

    def put_stream(self, key: str, chunks: Iterable[bytes], mime: str) -> int:
        """Store a stream of unknown length; see `ObjectStore`."""
        parts = _parts(chunks)
        first = next(parts)
        if len(first) < PART_BYTES:
            self.put(key, first, mime)
            return len(first)
        with ExitStack() as on_failure:
            with _explained(key):
                begun = self._client.create_multipart_upload(
                    Bucket=self._bucket, Key=_clean(key), ContentType=mime
                )
            upload_id = begun["UploadId"]
            on_failure.callback(self._abort, key, upload_id)
            size = self._send_parts(key, upload_id, first, parts)
            on_failure.pop_all()
        self._confirm(key, size, None)
        return size

    def get(self, key: str) -> bytes:
        """Read; see `ObjectStore`."""
        with _explained(key):
            return self._client.get_object(Bucket=self._bucket, Key=_clean(key))["Body"].read()

    def stream(self, key: str, chunk_bytes: int = 1 << 20) -> Iterator[bytes]:
        """Read in chunks; see `ObjectStore`."""
        with _explained(key):
            body = self._client.get_object(Bucket=self._bucket, Key=_clean(key))["Body"]
            with body:
                yield from body.iter_chunks(chunk_bytes)

    def head(self, key: str) -> ObjectHead | None:
        """Look without reading; see `ObjectStore`."""
        try:
            with _explained(key):
                found = self._client.head_object(Bucket=self._bucket, Key=_clean(key))
        except NotFound:
            return None
        return ObjectHead(
            key=key,
            size_bytes=found["ContentLength"],
            mime=found.get("ContentType"),
            modified_at=found.get("LastModified"),
        )

    def list(self, prefix: str) -> Iterator[ObjectHead]:
        """Everything below a prefix; see `ObjectStore`."""
        pages = self._client.get_paginator("list_objects_v2")
        with _explained(prefix):
            for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
                for item in page.get("Contents", []):
                    yield ObjectHead(
                        key=item.get("Key", ""),
                        size_bytes=item.get("Size", 0),
                        mime=None,
                        modified_at=item.get("LastModified"),
                    )

    def delete(self, keys: Sequence[str]) -> None:
        """Remove; see `ObjectStore`."""
        for start in range(0, len(keys), DELETE_BATCH):
            batch = keys[start : start + DELETE_BATCH]
            with _explained(batch[0]):
                answer = self._client.delete_objects(
                    Bucket=self._bucket,
                    Delete={"Objects": [{"Key": _clean(key)} for key in batch], "Quiet": True},
                )
            failed = [
                error for error in answer.get("Errors", []) if error.get("Code") != "NoSuchKey"
            ]
            if failed:
                raise PartMissing(
                    f"Storage could not remove {len(failed)} of {len(batch)} files, the first is "
                    f"“{failed[0].get('Key')}” ({failed[0].get('Code')}). Try again."
                )

    def signed_url(self, key: str, *, seconds: int = 900, filename: str | None = None) -> str:
        """Make a GET address; see `ObjectStore`."""
        wish = {"Bucket": self._bucket, "Key": _clean(key)}
        if filename is not None:
            wish["ResponseContentDisposition"] = _attachment(filename)
        return self._client_for(self._public_endpoint).generate_presigned_url(
            "get_object", Params=wish, ExpiresIn=max(1, min(seconds, MAX_URL_S))
        )

    def check(self) -> None:
        """Write, read and remove a small object; see `ObjectStore`."""
        key, data = f"health/{secrets.token_hex(8)}.txt", b"visualizer"
        self.put(key, data, "text/plain")
        kept = self.get(key)
        self.delete([key])
        if kept != data:
            raise PartMissing(f"Bucket “{self._bucket}” does not give back what was stored.")

    def close(self) -> None:
        """Close this process's connections; a later use makes new ones."""
        with self._lock:
            mine = [which for which in self._clients if which[0] == os.getpid()]
            clients = [self._clients.pop(which) for which in mine]
        for client in clients:
            client.close()

    @property
    def _client(self) -> "S3Client":
        return self._client_for(self._endpoint)

    def _client_for(self, endpoint: str | None) -> "S3Client":
        which = (os.getpid(), endpoint)  # a connection inherited by fork would be shared
        client = self._clients.get(which)
        if client is None:
            with self._lock:
                client = self._clients.get(which) or self._new_client(endpoint)
                self._clients[which] = client
        return client

    def _new_client(self, endpoint: str | None) -> "S3Client":
        client: S3Client = boto3.session.Session().client(  # pyright: ignore[reportUnknownMemberType]  # only S3 has stubs
            "s3",
            region_name=self._region,
            endpoint_url=endpoint,
            aws_access_key_id=self._key_id,
            aws_secret_access_key=self._secret,
            config=Config(
                signature_version="s3v4",
                connect_timeout=CONNECT_TIMEOUT_S,
                read_timeout=READ_TIMEOUT_S,
                max_pool_connections=self._max_connections,
                retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
                request_checksum_calculation="when_required",  # else each write hashes twice
                response_checksum_validation="when_required",
                s3={
                    "addressing_style": "path" if endpoint else "virtual",
                    "payload_signing_enabled": False,  # TLS and the MD5 do it; plain http signs
                },
                proxies={} if endpoint else None,
            ),
        )
        # Asking whether a body may come costs a round trip each write, to save one refused a day.
        client.meta.events.unregister("before-call.s3", add_expect_header)
        return client

    def _send_parts(self, key: str, upload_id: str, first: bytes, rest: Iterator[bytes]) -> int:
        done: list[CompletedPartTypeDef] = []
        size, data = 0, first
        while data:
            number = len(done) + 1
            with _explained(key):
                answer = self._client.upload_part(
                    Bucket=self._bucket,
                    Key=key,
                    UploadId=upload_id,
                    PartNumber=number,
                    Body=data,
                    ContentMD5=_base64(_md5(data)),
                )
            done.append({"ETag": answer["ETag"], "PartNumber": number})
            size += len(data)
            data = next(rest, b"")
        with _explained(key):
            self._client.complete_multipart_upload(
                Bucket=self._bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": done}
            )
        return size

    def _abort(self, key: str, upload_id: str) -> None:
        with _explained(key):
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=upload_id)

    def _confirm(self, key: str, size: int, etag: str | None) -> None:
        try:
            with _explained(key):
                found = self._client.head_object(Bucket=self._bucket, Key=key)
        except NotFound:
            found = None
        same_tag = found is not None and etag in {None, _etag(found)}
        if found is None or found["ContentLength"] != size or not same_tag:
            raise PartMissing(
                f"Storage said it kept “{key}” but does not hold it. Nothing is lost: try again."
            )


@contextmanager
def _explained(key: str) -> Generator[None]:
    """Turn what the library raises into our errors, naming the file."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "?")
        if code in _MISSING:
            raise NotFound(f"Storage has no file “{key}”.") from error
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        remedy = (
            "It is in trouble itself: try again later."
            if status >= _SERVER_ERROR
            else "Check AWS_S3_BUCKET, AWS_ACCESS_KEY_ID and what that key may do."
        )
        raise PartMissing(f"Storage refused “{key}” ({code}). {remedy}") from error
    except BotoCoreError as error:
        raise PartMissing(
            f"Storage does not answer for “{key}” ({type(error).__name__}). "
            "Check AWS_ENDPOINT_URL and the network, then try again."
        ) from error


def _clean(key: str) -> str:
    if any(part in {"", ".", ".."} for part in key.split("/")):
        raise NotAllowed("That file name leads outside of the storage folder.")
    return key


def _etag(answer: Mapping[str, object]) -> str:
    return str(answer.get("ETag", "")).strip('"')


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _parts(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Regroup into parts of `PART_BYTES`; the last is shorter, and the first may be empty."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= PART_BYTES:
            yield bytes(held[:PART_BYTES])
            del held[:PART_BYTES]
    yield bytes(held)


def _attachment(filename: str) -> str:
    """``Content-Disposition`` of RFC 6266: a plain name for old browsers, then the true one."""
    plain = "".join(
        c if c.isascii() and c.isprintable() and c not in '"\\%;/' else "_" for c in filename
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
