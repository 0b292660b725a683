"""`InspirationSearch` on the Unsplash API, by its rules.

Photos are shown from the addresses it returns, a choice is reported, searches are cached so that
the hourly allowance lasts, and Unsplash+ photos (whose licence excludes models) are left out.
"""

import os
import threading
import time
from collections import OrderedDict
from dataclasses import replace
from http import HTTPStatus
from typing import NoReturn, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import httpx2
from pydantic import BaseModel, ValidationError

from visualizer_core.adapters.unsplash.photos import Photo, Results
from visualizer_core.errors import (
    InvalidInput,
    NotAllowed,
    NotFound,
    ProviderRefused,
    ProviderUnavailable,
)
from visualizer_core.ports import PhotoHit, SearchPage

__all__ = ["UnsplashSearch"]

IMAGE_HOST = "images.unsplash.com"
MAX_PER_PAGE = 30  # the API's limit
MAX_QUERY_CHARS = 200  # a search, not an essay
CACHE_S = 3_600  # the allowance is counted per hour
CACHE_PAGES = 256  # about 2 MB
MAX_IMAGE_BYTES = 20 << 20  # a 2,048 px photo has about 1 MB
TIMEOUT = httpx2.Timeout(10, connect=3)  # seconds per socket operation
FETCH_S = 15  # for a whole picture

_M = TypeVar("_M", bound=BaseModel)


class UnsplashSearch:
    """The API. Safe to use from many threads and across a fork.

    Parameters
    ----------
    access_key : str
        Kept on the server; sent to `base_url` only, never to the image host.
    base_url : str
        The stand-in's, or ``https://api.unsplash.com``.
    proxy_url : str | None
        HTTP proxy on the way, if any.
    """

    def __init__(
        self,
        *,
        access_key: str,
        base_url: str = "https://api.unsplash.com",
        proxy_url: str | None = None,
    ) -> None:
        self._access_key, self._proxy_url = access_key, proxy_url
        self._base_url = base_url.rstrip("/")
        self._lock = threading.Lock()
        self._clients: dict[int, httpx2.Client] = {}  # by process id
        self._pages: OrderedDict[tuple[str, int, int], tuple[float, SearchPage]] = OrderedDict()
        self._calls_left: int | None = None

    def search(self, query: str, *, page: int = 1, per_page: int = 24) -> SearchPage:
        """Search; see `InspirationSearch`. An hour-old answer is good enough."""
        words = " ".join(query.split())
        if not 0 < len(words) <= MAX_QUERY_CHARS:
            raise InvalidInput(f"Say in 1 to {MAX_QUERY_CHARS} characters what to look for.")
        which = (words.casefold(), max(page, 1), min(max(per_page, 1), MAX_PER_PAGE))
        found = self._remembered(which)
        if found is None:
            found = self._search(words, which[1], which[2])
            self._remember(which, found)
        return replace(found, calls_left=self._calls_left)

    def find(self, photo_id: str) -> PhotoHit:
        """Look one photo up; see `InspirationSearch`."""
        answer = self._ask(f"{self._base_url}/photos/{quote(photo_id, safe='')}")
        hit = _read(Photo, answer).hit()
        if hit is None:
            raise ProviderRefused("Unsplash+ photos may not be used here. Choose another one.")
        return hit

    def choose(self, hit: PhotoHit) -> bytes:
        """Report the choice, then fetch the picture; see `InspirationSearch`."""
        if not self._is_ours(hit.download_location) or not self._may_fetch(hit.image_url):
            raise NotAllowed(f"Photo “{hit.id}” does not come from Unsplash.")
        self._ask(hit.download_location)
        return self._fetch(hit)

    def close(self) -> None:
        """Close this process's connections; a later use makes new ones."""
        with self._lock:
            client = self._clients.pop(os.getpid(), None)
        if client is not None:
            client.close()

    def _search(self, words: str, page: int, per_page: int) -> SearchPage:
        wish = {
            "query": words,
            "page": str(page),
            "per_page": str(per_page),
            "order_by": "relevant",
            "content_filter": "high",
        }
        answer = _read(Results, self._ask(f"{self._base_url}/search/photos?{urlencode(wish)}"))
        hits: list[PhotoHit] = []
        for result in answer.results:
            try:
                hit = Photo.model_validate(result).hit()
            except ValidationError:
                continue  # one odd photo must not hide the others
            if hit is not None:
                hits.append(hit)
        return SearchPage(answer.total, answer.total_pages, tuple(hits), self._calls_left)

    def _ask(self, url: str) -> httpx2.Response:
        headers = {"Authorization": f"Client-ID {self._access_key}", "Accept-Version": "v1"}
        try:
            answer = self._client().get(url, headers=headers)
        except httpx2.RequestError as error:
            raise ProviderUnavailable(
                f"Unsplash does not answer ({type(error).__name__}). Try again later."
            ) from error
        left = answer.headers.get("x-ratelimit-remaining", "")
        if left.isdecimal():
            self._calls_left = int(left)
        if answer.status_code != HTTPStatus.OK:
            _complain(answer)
        return answer

    def _fetch(self, hit: PhotoHit) -> bytes:
        picture, ends_at = bytearray(), time.monotonic() + FETCH_S
        try:
            plain = {"Accept-Encoding": "identity"}  # nothing that could unpack to gigabytes
            with self._client().stream("GET", hit.image_url, headers=plain) as answer:
                if answer.status_code != HTTPStatus.OK:
                    raise ProviderUnavailable(
                        f"Unsplash did not give photo “{hit.id}” ({answer.status_code})."
                    )
                for chunk in answer.iter_raw():
                    picture += chunk
                    if len(picture) > MAX_IMAGE_BYTES or time.monotonic() > ends_at:
                        raise ProviderUnavailable(f"Photo “{hit.id}” is too large or too slow.")
        except httpx2.RequestError as error:
            raise ProviderUnavailable(
                f"Photo “{hit.id}” could not be fetched ({type(error).__name__}). Try again."
            ) from error
        return bytes(picture)

    def _is_ours(self, url: str) -> bool:
        """Whether the key may be sent there."""
        ours, theirs = urlsplit(self._base_url), urlsplit(url)
        return (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc)

    def _may_fetch(self, url: str) -> bool:
        theirs = urlsplit(url)
        return self._is_ours(url) or (theirs.scheme, theirs.netloc) == ("https", IMAGE_HOST)

    def _client(self) -> httpx2.Client:
        pid = os.getpid()
        with self._lock:
            if pid not in self._clients:
                self._clients[pid] = httpx2.Client(
                    timeout=TIMEOUT,
                    trust_env=False,
                    proxy=self._proxy_url,
                    follow_redirects=False,
                    headers={"User-Agent": "visualizer-workbench"},
                )
            return self._clients[pid]

    def _remembered(self, which: tuple[str, int, int]) -> SearchPage | None:
        with self._lock:
            kept_at, page = self._pages.get(which, (float("-inf"), None))
            return page if time.monotonic() - kept_at < CACHE_S else None

    def _remember(self, which: tuple[str, int, int], page: SearchPage) -> None:
        with self._lock:
            self._pages[which] = (time.monotonic(), page)
            self._pages.move_to_end(which)
            while len(self._pages) > CACHE_PAGES:
                self._pages.popitem(last=False)


def _read(model: type[_M], answer: httpx2.Response) -> _M:
    try:
        return model.model_validate_json(answer.content)
    except ValidationError as error:
        raise ProviderUnavailable("Unsplash sent an answer that is not readable.") from error


def _complain(answer: httpx2.Response) -> NoReturn:
    """Say what a refusal means and what to do."""
    status, says = answer.status_code, answer.text[:300]
    if status == HTTPStatus.UNAUTHORIZED:
        raise ProviderRefused("Unsplash does not know the key. Check UNSPLASH_ACCESS_KEY.")
    if status == HTTPStatus.FORBIDDEN and "rate limit" in says.casefold():
        raise ProviderUnavailable(
            "This hour's Unsplash searches are used up. Try again in an hour, or upload a photo."
        )
    if status == HTTPStatus.NOT_FOUND:
        raise NotFound("Unsplash has no such photo (any more). Choose another one.")
    if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
        raise InvalidInput(f"Unsplash does not understand this search: {says}")
    if status == HTTPStatus.FORBIDDEN:
        raise ProviderRefused("Unsplash does not let this key do that. Check its permissions.")
    raise ProviderUnavailable(f"Unsplash is in trouble ({status}). Try again later.")
