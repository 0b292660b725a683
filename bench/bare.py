"""Moving a picture's bytes with nothing but sockets, base64, JSON and digests.

What this costs no client library could save. It stands for "transfer" when the CPU time of a worker
is divided into its parts.
"""

import base64
import binascii
import hashlib
import http.client
import json
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

import boto3
from botocore.config import Config

from visualizer_core.domain.registry import builtin_registry
from visualizer_core.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

__all__ = ["BareProvider", "BareStorage"]

_OK = 200
_TIMEOUT_S = 60
_PROMPT = "Place the product of the first picture into the room of the second picture. " * 20


class BareProvider:
    """One kept-alive connection to the provider.

    Parameters
    ----------
    settings : Settings
        Whose provider.
    """

    def __init__(self, settings: Settings) -> None:
        address = urlsplit(settings.gemini_base_url or "")
        self._connection = http.client.HTTPConnection(
            address.hostname or "", address.port, timeout=_TIMEOUT_S
        )
        self._path = f"/v1beta/models/{builtin_registry().default_image_model}:generateContent"
        self._key = settings.gemini_api_key.get_secret_value()

    def cpu_s(self, inputs: Sequence[bytes]) -> float:
        """CPU seconds of this thread for one picture call with these input pictures."""
        begun = time.thread_time()
        pictures = [
            {"inlineData": {"mimeType": "image/jpeg", "data": base64.b64encode(data).decode()}}
            for data in inputs
        ]
        body = {
            "contents": [{"role": "user", "parts": [{"text": _PROMPT}, *pictures]}],
            "generationConfig": {
                "responseModalities": ["IMAGE"],
                "imageConfig": {"aspectRatio": "1:1", "imageSize": "1K"},
            },
        }
        headers = {"content-type": "application/json", "x-goog-api-key": self._key}
        self._connection.request("POST", self._path, json.dumps(body).encode(), headers)
        answer = self._connection.getresponse()
        data = json.loads(answer.read())
        if answer.status != _OK:
            raise AssertionError(f"the stand-in refused: {data}")
        for part in data["candidates"][0]["content"]["parts"]:
            if "inlineData" in part:
                binascii.a2b_base64(part["inlineData"]["data"])
        return time.thread_time() - begun

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


class BareStorage:
    """One kept-alive connection to storage; addresses are signed outside of what is measured.

    Parameters
    ----------
    settings : Settings
        Whose bucket.
    """

    def __init__(self, settings: Settings) -> None:
        address = urlsplit(settings.aws_endpoint_url or "")
        self._connection = http.client.HTTPConnection(
            address.hostname or "", address.port, timeout=_TIMEOUT_S
        )
        self._bucket = settings.aws_s3_bucket
        self._signer: S3Client = boto3.session.Session().client(  # pyright: ignore[reportUnknownMemberType]  # only S3 has stubs
            "s3",
            region_name=settings.aws_region,
            endpoint_url=settings.aws_endpoint_url,
            aws_access_key_id=settings.aws_access_key_id.get_secret_value(),
            aws_secret_access_key=settings.aws_secret_access_key.get_secret_value(),
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )

    def cpu_s(self, objects: Sequence[bytes]) -> float:
        """CPU seconds of this thread for storing these, with the digests the protocol wants."""
        return sum(self._one(data) for data in objects)

    def _one(self, data: bytes) -> float:
        where = {"Bucket": self._bucket, "Key": f"bench/{uuid4().hex}.jpg"}
        address = urlsplit(self._signer.generate_presigned_url("put_object", Params=where))
        begun = time.thread_time()
        hashlib.md5(data, usedforsecurity=False).digest()
        hashlib.sha256(data).digest()
        self._connection.request("PUT", f"{address.path}?{address.query}", data)
        answer = self._connection.getresponse()
        answer.read()
        spent = time.thread_time() - begun
        if answer.status != _OK:
            raise AssertionError(f"storage refused with status {answer.status}")
        return spent

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
