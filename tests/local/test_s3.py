import hashlib
from collections.abc import Generator
from time import sleep
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.support.web import web
from visualizer_core.local.s3 import BUCKET, S3Server
from visualizer_core.local.state import StateFolder, temporary_state

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
else:
    S3Client = Any

KEY = "clients/one/products/two/three.webp"
BODY = b"0123456789" * 100
REFUSED = {400, 401, 403}


@pytest.fixture(scope="module")
def server() -> Generator[S3Server]:
    with temporary_state() as path:
        state = StateFolder(path)
        state.create()
        server = S3Server(state, durable=False)
        server.start()
        yield server
        server.stop()


def client_of(server: S3Server) -> S3Client:
    values = server.variables()
    return boto3.client(  # pyright: ignore[reportUnknownMemberType]  # only S3's types are installed
        "s3",
        endpoint_url=values["AWS_ENDPOINT_URL"],
        aws_access_key_id=values["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=values["AWS_SECRET_ACCESS_KEY"],
        region_name=values["AWS_REGION"],
        config=Config(signature_version="s3v4", request_checksum_calculation="when_required"),
    )


@pytest.fixture(scope="module")
def s3(server: S3Server) -> Generator[S3Client]:
    client = client_of(server)
    client.put_object(Bucket=BUCKET, Key=KEY, Body=BODY, ContentType="image/webp")
    yield client
    client.close()


def signed(s3: S3Client, seconds: int, key: str = KEY) -> str:
    return s3.generate_presigned_url(
        "get_object", Params={"Bucket": BUCKET, "Key": key}, ExpiresIn=seconds
    )


def test_an_object_comes_back_as_it_was_stored(s3: S3Client) -> None:
    answer = s3.get_object(Bucket=BUCKET, Key=KEY)
    with answer["Body"] as body:
        assert body.read() == BODY
    assert answer["ContentType"] == "image/webp"
    # What S3 calls an ETag is an MD5, for comparing, not for security.
    assert answer["ETag"] == f'"{hashlib.md5(BODY, usedforsecurity=False).hexdigest()}"'


def test_a_part_of_an_object_can_be_read(s3: S3Client) -> None:
    answer = s3.get_object(Bucket=BUCKET, Key=KEY, Range="bytes=5-14")
    with answer["Body"] as body:
        assert body.read() == b"5678901234"


def test_unsigned_requests_are_refused(server: S3Server, s3: S3Client) -> None:
    address = f"{server.url()}/{BUCKET}"
    assert web.get(signed(s3, 60).partition("?")[0]).status_code in REFUSED
    assert web.get(address).status_code in REFUSED
    assert web.get(server.url()).status_code in REFUSED
    assert web.put(f"{address}/x", content=b"x").status_code in REFUSED
    assert web.delete(f"{address}/{KEY}").status_code in REFUSED


def test_a_signed_url_works_until_it_expires(s3: S3Client) -> None:
    url = signed(s3, 1)
    assert web.get(url).content == BODY
    sleep(2.1)
    assert web.get(url).status_code in REFUSED


def test_a_signed_url_opens_no_other_object(s3: S3Client) -> None:
    s3.put_object(Bucket=BUCKET, Key="other", Body=b"secret")
    url = signed(s3, 60).replace(KEY, "other")
    assert web.get(url).status_code in REFUSED


def test_a_wrong_key_is_refused(server: S3Server) -> None:
    stranger = boto3.client(  # pyright: ignore[reportUnknownMemberType]  # as above
        "s3",
        endpoint_url=server.url(),
        aws_access_key_id=server.variables()["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key="0" * 64,
        region_name="us-east-1",
    )
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        stranger.list_objects_v2(Bucket=BUCKET)
    stranger.close()


def test_a_key_cannot_climb_out_of_the_bucket(s3: S3Client) -> None:
    with pytest.raises(ClientError, match="InvalidArgument"):
        s3.put_object(Bucket=BUCKET, Key="a/../../../secrets.json", Body=b"x")


def test_listing_deleting_and_missing_objects_behave_as_on_amazon(s3: S3Client) -> None:
    for number in range(5):
        s3.put_object(Bucket=BUCKET, Key=f"list/{number}.jpg", Body=b"x")
    page = s3.list_objects_v2(Bucket=BUCKET, Prefix="list/", MaxKeys=3)
    rest = s3.list_objects_v2(
        Bucket=BUCKET, Prefix="list/", ContinuationToken=page["NextContinuationToken"]
    )
    pages = (page, rest)
    keys = [entry.get("Key") for one in pages for entry in one.get("Contents", [])]
    assert keys == [f"list/{number}.jpg" for number in range(5)]
    s3.delete_object(Bucket=BUCKET, Key="list/0.jpg")
    s3.delete_object(Bucket=BUCKET, Key="list/0.jpg")  # again is no error
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket=BUCKET, Key="list/0.jpg")
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket=BUCKET, Key="list/0.jpg")


def test_objects_survive_a_restart_with_a_content_type_from_their_extension(
    state: StateFolder,
) -> None:
    for _ in range(2):
        server = S3Server(state, durable=False)
        server.start()
        s3 = client_of(server)
        if not s3.list_objects_v2(Bucket=BUCKET).get("Contents"):
            s3.put_object(Bucket=BUCKET, Key=KEY, Body=BODY, ContentType="image/webp")
        head = s3.head_object(Bucket=BUCKET, Key=KEY)
        assert (head["ContentType"], head["ContentLength"]) == ("image/webp", len(BODY))
        s3.close()
        server.stop()


def test_the_secret_key_stands_on_no_command_line(server: S3Server) -> None:
    spec = server.spec()
    assert server.variables()["AWS_SECRET_ACCESS_KEY"] not in " ".join(spec.argv)
