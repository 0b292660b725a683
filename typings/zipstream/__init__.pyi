from collections.abc import Iterable, Iterator

ZIP_STORED: int
ZIP_DEFLATED: int

class ZipStream:
    def __init__(
        self, *, compress_type: int = ..., compress_level: int | None = ..., sized: bool = ...
    ) -> None: ...
    def __iter__(self) -> Iterator[bytes]: ...
    def add(
        self,
        data: bytes | str | Iterable[bytes] | None,
        arcname: str,
        *,
        size: int | None = ...,
        compress_type: int | None = ...,
        compress_level: int | None = ...,
    ) -> None: ...
