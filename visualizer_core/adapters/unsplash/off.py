"""`InspirationSearch` for an installation without a key."""

from typing import NoReturn

from visualizer_core.errors import NotAllowed
from visualizer_core.ports import PhotoHit, SearchPage

__all__ = ["NoInspirationSearch"]


class NoInspirationSearch:
    """What there is without a key: every use says how to get one."""

    def search(self, query: str, *, page: int = 1, per_page: int = 24) -> SearchPage:
        """Raise `NotAllowed`."""
        del query, page, per_page
        _off()

    def find(self, photo_id: str) -> PhotoHit:
        """Raise `NotAllowed`."""
        del photo_id
        _off()

    def choose(self, hit: PhotoHit) -> bytes:
        """Raise `NotAllowed`."""
        del hit
        _off()


def _off() -> NoReturn:
    raise NotAllowed(
        "Stock photo search is switched off here. Upload inspiration photos, or ask the operator "
        "to set UNSPLASH_ACCESS_KEY."
    )
