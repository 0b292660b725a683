"""How many threads of this process may decode or encode at the same time.

Hundreds of threads wait for the provider; if all decoded at once, each would take ages and the
memory of all of them together would be needed.
"""

import os
import threading
from collections.abc import Generator
from contextlib import contextmanager

__all__ = ["PLACES", "pixel_work"]

# One more than there are cores: Pillow releases the interpreter while it works, and one thread can
# prepare what the next core takes.
PLACES = (os.cpu_count() or 1) + 1

_GATE = threading.BoundedSemaphore(PLACES)


@contextmanager
def pixel_work() -> Generator[None]:
    """Hold while decoding or encoding. Not re-entrant: never nest it."""
    with _GATE:
        yield
