"""Messages between the sandbox and its child: a length, a JSON header, raw bytes.

No pickle: a child that a picture has taken over must not be able to run code in its parent.
"""

import json
from typing import IO

__all__ = ["MAX_BODY_BYTES", "WireError", "receive", "send"]

MAX_HEADER_BYTES = 256 * 1024  # names and notes; real ones have about 1 kB
MAX_BODY_BYTES = 64 * 1024 * 1024  # an incompressible 3072 x 3072 RGBA PNG has 36 MiB

_LENGTH_BYTES = 4
_SIZE_KEY = "bytes"


class WireError(OSError):
    """The other side is gone or does not speak the protocol."""


def send(pipe: IO[bytes], header: dict[str, object], body: bytes = b"") -> None:
    """Write one message.

    Raises
    ------
    OSError
        The other side is gone.
    """
    encoded = json.dumps({**header, _SIZE_KEY: len(body)}).encode()
    pipe.write(len(encoded).to_bytes(_LENGTH_BYTES, "big") + encoded)
    pipe.write(body)
    pipe.flush()


def receive(pipe: IO[bytes]) -> tuple[dict[str, object], bytes] | None:
    """Read one message; None when the other side closed in an orderly way.

    Raises
    ------
    WireError
        The message is cut off, too long or no JSON object.
    """
    prefix = pipe.read(_LENGTH_BYTES)
    if not prefix:
        return None
    length = int.from_bytes(prefix, "big")
    if len(prefix) < _LENGTH_BYTES or length > MAX_HEADER_BYTES:
        raise WireError("not a message")
    header = _header(_exactly(pipe, length))
    size = header.pop(_SIZE_KEY, None)
    if not isinstance(size, int) or not 0 <= size <= MAX_BODY_BYTES:
        raise WireError("a message without a sane size")
    return header, _exactly(pipe, size)


def _exactly(pipe: IO[bytes], count: int) -> bytes:
    data = pipe.read(count)
    if len(data) < count:
        raise WireError("a message was cut off")
    return data


def _header(encoded: bytes) -> dict[str, object]:
    try:
        header: object = json.loads(encoded)
    except (ValueError, RecursionError) as reason:
        raise WireError("a header that is no JSON") from reason
    if not isinstance(header, dict):
        raise WireError("a header that is no object")
    return {str(key): value for key, value in header.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # JSON: each value is checked by its reader
