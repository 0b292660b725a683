"""Where objects lie in the bucket. Every key of a client begins with that client's prefix."""

import re

from visualizer_core.domain.ids import CallId, ClientId, ExportId, ImageId, InspirationId, ProductId
from visualizer_core.errors import NotAllowed

__all__ = [
    "client_prefix",
    "export_key",
    "generated_key",
    "guard_key",
    "inspiration_key",
    "product_key",
    "provider_key",
    "raw_key",
    "thumbnail_key",
]

_SAFE_KEY = re.compile(r"[A-Za-z0-9_./-]{1,512}")
_EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


def client_prefix(client_id: ClientId) -> str:
    """Everything of one client lies below this."""
    return f"clients/{client_id}/"


def _extension(mime: str) -> str:
    return _EXTENSIONS[mime]


def product_key(client_id: ClientId, product_id: ProductId, image_id: ImageId, mime: str) -> str:
    """A product photo."""
    return f"{client_prefix(client_id)}products/{product_id}/{image_id}.{_extension(mime)}"


def generated_key(client_id: ClientId, image_id: ImageId, mime: str) -> str:
    """A generated picture, the provider's own bytes."""
    return f"{client_prefix(client_id)}generated/{image_id}.{_extension(mime)}"


def inspiration_key(client_id: ClientId, inspiration_id: InspirationId, mime: str) -> str:
    """An inspiration."""
    return f"{client_prefix(client_id)}inspirations/{inspiration_id}.{_extension(mime)}"


def thumbnail_key(original_key: str, width: int) -> str:
    """The thumbnail beside an original, `width` pixels wide."""
    return f"{original_key.rsplit('.', 1)[0]}_{width}.webp"


def provider_key(original_key: str) -> str:
    """The copy beside an original that is small enough to send to the provider."""
    return f"{original_key.rsplit('.', 1)[0]}_provider.jpg"


def export_key(client_id: ClientId, export_id: ExportId) -> str:
    """A finished export."""
    return f"{client_prefix(client_id)}exports/{export_id}.zip"


def raw_key(client_id: ClientId, call_id: CallId) -> str:
    """A provider's answer, kept 30 days."""
    return f"{client_prefix(client_id)}raw/{call_id}.json.gz"


def guard_key(client_id: ClientId, key: str) -> str:
    """Return `key` when it is a clean key of this client.

    Raises
    ------
    NotAllowed
        When it is another client's, or climbs out of the prefix.
    """
    prefix = client_prefix(client_id)
    clean = _SAFE_KEY.fullmatch(key) and not any(part in {"", ".", ".."} for part in key.split("/"))
    if not clean or not key.startswith(prefix):
        raise NotAllowed("That file does not belong to this client.")
    return key
