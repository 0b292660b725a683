"""The photo service: search, look-up, the download ping and the image host."""

import asyncio
import re
import time
from collections import deque
from pathlib import Path

from visualizer_core.local.standin.exchange import (
    Answer,
    Entry,
    JsonObject,
    Reply,
    Request,
    json_answer,
)
from visualizer_core.local.standin.photos import Photo, PhotoLibrary, load_photos

__all__ = ["PhotoService", "answer"]

_SEARCH = "/search/photos"
_PHOTO = re.compile(r"^/photos/([\w-]+)(/download)?$")
_IMAGE = re.compile(r"^/images/([\w-]+)$")
_JSON = "application/json"
_SITE = "https://unsplash.com"
_PER_PAGE, _MAX_PER_PAGE = 10, 30  # documented default and maximum
_HOUR_S = 3600
_MAX_WIDTH = 6000  # as the sample address of the raw file asks
_WIDTHS = {"raw": _MAX_WIDTH, "full": _MAX_WIDTH, "regular": 1080, "small": 400, "thumb": 200}
_ORIENTATIONS = ("landscape", "portrait", "squarish")


class PhotoService:
    """Photos, the access key rule and the hourly limit.

    Parameters
    ----------
    folder : Path or None
        Photos; None draws some.
    per_hour : int
        JSON requests an hour; image requests do not count.
    """

    def __init__(self, folder: Path | None, per_hour: int) -> None:
        self.library = PhotoLibrary(load_photos(folder))
        self._start_limit = per_hour
        self._per_hour = per_hour
        self._taken: deque[float] = deque()

    def limit(self, per_hour: int) -> None:
        """Set the hourly limit; what was used so far is forgotten."""
        self._per_hour = per_hour
        self._taken.clear()

    def reset(self) -> None:
        """Go back to the limit the server was started with."""
        self.limit(self._start_limit)

    def quota(self) -> JsonObject:
        """Limit and what is left of it this hour."""
        now = time.monotonic()
        while self._taken and self._taken[0] <= now - _HOUR_S:
            self._taken.popleft()
        return {"limit": self._per_hour, "remaining": self._per_hour - len(self._taken)}

    def take(self) -> bool:
        """Take one request out of the hour, False when none is left."""
        if self.quota()["remaining"] == 0:
            return False
        self._taken.append(time.monotonic())
        return True


async def answer(service: PhotoService, request: Request) -> Reply | None:
    """Answer a request of the photo service, None when the path is not one of its."""
    if found := _IMAGE.match(request.path):
        return await _image(service, found[1], request)
    photo = _PHOTO.match(request.path)
    if request.path != _SEARCH and photo is None:
        return None
    op = "unsplash.search" if photo is None else "unsplash.photo"
    op = "unsplash.download" if photo is not None and photo[2] else op
    if (refused := _refused(service, request)) is not None:
        outcome, answered = refused
        return Reply(answered, Entry(op, outcome=outcome))
    if photo is None:
        answered = _search(service, request)
    else:
        answered = _one(service, request, photo[1], download=bool(photo[2]))
    outcome = "ok" if answered.status == 200 else f"unsplash_{answered.status}"  # noqa: PLR2004  # OK
    prompt = request.query.get("query", photo[1] if photo else "")
    return Reply(answered, Entry(op, outcome=outcome, prompt=prompt))


def _refused(service: PhotoService, request: Request) -> tuple[str, Answer] | None:
    scheme, _, key = request.header("authorization").partition(" ")
    if scheme != "Client-ID" or not key.strip():
        body = {"errors": ["OAuth error: The access token is invalid"]}
        return "unsplash_unauthorized", json_answer(body, status=401, content_type=_JSON)
    if not service.take():
        words = (b"Rate Limit Exceeded",)
        return "unsplash_rate_limited", Answer(403, words, "text/html", _quota_headers(service))
    return None


def _quota_headers(service: PhotoService) -> tuple[tuple[str, str], ...]:
    quota = service.quota()
    return (
        ("X-Ratelimit-Limit", str(quota["limit"])),
        ("X-Ratelimit-Remaining", str(quota["remaining"])),
    )


def _json(service: PhotoService, body: JsonObject, status: int = 200) -> Answer:
    headers = _quota_headers(service)
    return json_answer(body, status=status, content_type=_JSON, headers=headers)


def _search(service: PhotoService, request: Request) -> Answer:
    query = request.query.get("query", "").strip()
    page = _number(request, "page", 1)
    per_page = min(_number(request, "per_page", _PER_PAGE), _MAX_PER_PAGE)
    orientation = request.query.get("orientation")
    if not query:
        return _json(service, {"errors": ["query is missing"]}, 400)
    if page < 1 or per_page < 1:
        return _json(service, {"errors": ["page and per_page must be positive"]}, 400)
    if orientation is not None and orientation not in _ORIENTATIONS:
        return _json(service, {"errors": ["orientation does not have a valid value"]}, 400)
    newest = request.query.get("order_by") == "latest"
    hits = service.library.search(query, orientation, newest=newest)
    shown = hits[(page - 1) * per_page : page * per_page]
    return _json(
        service,
        {
            "total": len(hits),
            "total_pages": -(-len(hits) // per_page),
            "results": [_described(photo, request.origin) for photo in shown],
        },
    )


def _one(service: PhotoService, request: Request, photo_id: str, *, download: bool) -> Answer:
    photo = service.library.get(photo_id)
    if photo is None:
        return _json(service, {"errors": ["Couldn't find Photo"]}, 404)
    if download:
        return _json(service, {"url": _image_url(photo, request.origin, _MAX_WIDTH)})
    return _json(service, _described(photo, request.origin))


async def _image(service: PhotoService, photo_id: str, request: Request) -> Reply:
    entry = Entry("unsplash.image", prompt=photo_id)
    photo = service.library.get(photo_id)
    if photo is None:
        entry.outcome = "unsplash_404"
        return Reply(Answer(404, (b"Not Found",), "text/plain"), entry)
    width = max(_number(request, "w", _MAX_WIDTH), 1)
    data = await asyncio.to_thread(service.library.at_width, photo, width)
    return Reply(Answer(200, (data,), "image/jpeg"), entry)


def _number(request: Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isdigit() else default


def _image_url(photo: Photo, origin: str, width: int) -> str:
    return f"{origin}/images/{photo.id}?ixid=STANDIN&w={width}"


def _described(photo: Photo, origin: str) -> JsonObject:
    username = re.sub(r"\W+", "_", photo.photographer.lower()).strip("_")
    page = f"{_SITE}/photos/{photo.id}"
    return {
        "id": photo.id,
        "slug": photo.slug,
        "created_at": "2026-01-05T09:00:00Z",
        "updated_at": "2026-10-01T09:00:00Z",
        "width": photo.width,
        "height": photo.height,
        "color": photo.colour,
        "blur_hash": photo.blur_hash,
        "description": None,
        "alt_description": photo.description,
        "asset_type": "photo",
        "likes": sum(photo.id.encode()) % 400,
        "urls": {name: _image_url(photo, origin, width) for name, width in _WIDTHS.items()},
        "links": {
            "self": f"{origin}/photos/{photo.id}",
            "html": page,
            "download": f"{page}/download",
            "download_location": f"{origin}/photos/{photo.id}/download?ixid=STANDIN",
        },
        "user": {
            "id": f"user-{username}",
            "username": username,
            "name": photo.photographer,
            "links": {
                "html": f"{_SITE}/@{username}",
                "self": f"{origin}/users/{username}",
            },
        },
    }
