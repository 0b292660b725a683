"""A picture ready to be sent."""

import base64
import hashlib
from dataclasses import dataclass

__all__ = ["Rendered", "mime_of", "rendered"]

_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG", "image/png"),
    (b"RIFF", "image/webp"),
)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A picture as base64 in pieces, with its digest.

    Parameters
    ----------
    sha256 : str
        Hex digest of the picture's bytes.
    base64 : tuple of bytes
        Standard alphabet; the pieces follow each other.
    """

    sha256: str
    base64: tuple[bytes, ...]


def rendered(data: bytes) -> Rendered:
    """Prepare a picture."""
    return Rendered(hashlib.sha256(data).hexdigest(), (base64.b64encode(data),))


def mime_of(data: bytes) -> str:
    """Tell the type by content; HEIC is what is left of the accepted types."""
    return next((mime for magic, mime in _MAGIC if data.startswith(magic)), "image/heic")
