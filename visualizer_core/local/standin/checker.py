"""Tells whether a picture sent in can be read, once per picture."""

import asyncio
import io
import warnings
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

from PIL import Image, UnidentifiedImageError
from pillow_heif import (
    register_heif_opener,  # pyright: ignore[reportUnknownVariableType]  # its keywords have no types
)

from visualizer_core.local.standin.call import Picture

__all__ = ["Checker", "size_of"]

_REMEMBERED = 8192
_MAX_PIXELS = 100_000_000  # well above any photo; a bomb of more would stall the server

register_heif_opener()


class Checker:
    """Decodes unseen pictures in a thread and remembers the outcome by digest."""

    def __init__(self) -> None:
        # One thread: the decoder works without the interpreter lock, the event loop stays free.
        self._thread = ThreadPoolExecutor(1, "decode")
        self._known: OrderedDict[str, bool] = OrderedDict()

    async def readable(self, picture: Picture) -> bool:
        """Whether the picture decodes."""
        known = self._known.get(picture.sha256)
        if known is None:
            loop = asyncio.get_running_loop()
            known = await loop.run_in_executor(self._thread, _decodes, picture.data)
            self._known[picture.sha256] = known
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return known


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height in pixels of a picture that was found readable."""
    with Image.open(io.BytesIO(data)) as image:
        return image.size


def _decodes(data: bytes) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd metadata; the pixels decide
            with Image.open(io.BytesIO(data)) as image:
                width, height = image.size
                if width * height > _MAX_PIXELS:
                    return False
                # JPEG only: decode at an eighth, which reads all bytes at a fraction of the work.
                image.draft("RGB", (width // 8, height // 8))
                image.load()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError):
        return False
    return True
