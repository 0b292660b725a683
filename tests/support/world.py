"""The program on real servers, for one test process: settings, runtime, and work to do."""

import io
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image, ImageDraw
from redis import Redis

from tests.support.postgres import DatabaseUrls
from tests.support.web import web
from visualizer_core.adapters.redis_queue import redis_pool
from visualizer_core.db.roles import AUTH, OPERATOR, TENANT
from visualizer_core.domain.ids import CollectionId, ProductId
from visualizer_core.local.stack import Stack
from visualizer_core.local.state import temporary_state
from visualizer_core.services import curation, inspiration
from visualizer_core.services.catalogue import imports, photos
from visualizer_core.settings import Settings, settings_from
from visualizer_core.wiring import build_runtime
from visualizer_core.workspace import Runtime, Workspace

__all__ = ["Servers", "Standin", "collection_of", "picture", "runtime_on", "servers_running"]


@dataclass(frozen=True)
class Servers:
    """Redis, S3 and the provider stand-in; the database is a fixture of its own."""

    env: Mapping[str, str]

    def settings(self, urls: DatabaseUrls, **changes: str) -> Settings:
        """Settings on these servers and that database; `changes` by variable name."""
        return settings_from(self.environment(urls, **changes))

    def environment(self, urls: DatabaseUrls, **changes: str) -> dict[str, str]:
        """The same as an environment, for child processes."""
        return {
            **self.env,
            "DATABASE_URL": urls.url(TENANT),
            "OPERATOR_DATABASE_URL": urls.url(OPERATOR),
            "AUTH_DATABASE_URL": urls.url(AUTH),
            **changes,
        }


@contextmanager
def servers_running() -> Generator[Servers]:
    """Start everything but the database."""
    with (
        temporary_state() as folder,
        Stack(folder, environ={}, durable=False).running({"redis", "s3", "standin"}) as env,
    ):
        yield Servers(env)


@contextmanager
def runtime_on(settings: Settings) -> Generator[Runtime]:
    """A runtime, closed at the end."""
    runtime = build_runtime(settings)
    try:
        yield runtime
    finally:
        runtime.close()


class Standin:
    """The control routes of the stand-in."""

    def __init__(self, base_url: str) -> None:
        self._base = f"{base_url}/_control"
        self._since: object = 0

    def reset(self) -> None:
        """Forget faults, limits and latency; the log begins here."""
        self._post("reset", {})
        self._post("latency", {"image": 0, "text": 0})
        self._since = self._get("log?since=0&limit=0")["last"]

    def latency(self, seconds: float) -> None:
        """Answer after so long."""
        self._post("latency", {"image": seconds})

    def fault(self, kind: str, **settings: object) -> None:
        """Script a fault."""
        self._post("faults", {"faults": [{"kind": kind, **settings}]})

    def log(self) -> list[dict[str, object]]:
        """Every request since the reset."""
        return self._get(f"log?since={self._since}")["entries"]

    def stats(self) -> Mapping[str, object]:
        """Counts by outcome, billed money, most calls in flight."""
        return self._get("stats")

    def _post(self, name: str, body: object) -> None:
        answer = web.post(f"{self._base}/{name}", json=body)
        assert answer.status_code == 200, answer.text

    def _get(self, name: str) -> dict[str, list[dict[str, object]]]:
        answer = web.get(f"{self._base}/{name}")
        assert answer.status_code == 200, answer.text
        return answer.json()


def flush_redis(env: Mapping[str, str]) -> None:
    """Forget every token, limit and mirror."""
    redis_of(env).execute_command("FLUSHALL")  # pyright: ignore[reportUnknownMemberType]  # loose


def redis_of(env: Mapping[str, str]) -> Redis:
    """The Redis of these servers."""
    return Redis.from_pool(redis_pool(env["REDIS_URL"], max_connections=4))


def picture(colour: str = "#b5651d", *, side: int = 640, shape: str = "chair") -> bytes:
    """A JPEG of a simple thing on white; another colour or shape is another picture."""
    image = Image.new("RGB", (side, side), "white")
    draw = ImageDraw.Draw(image)
    unit = side // 10
    if shape == "chair":
        draw.rectangle((3 * unit, 2 * unit, 4 * unit, 8 * unit), fill=colour)
        draw.rectangle((3 * unit, 5 * unit, 7 * unit, 6 * unit), fill=colour)
        draw.rectangle((6 * unit, 6 * unit, 7 * unit, 8 * unit), fill=colour)
    else:
        draw.rectangle((0, 0, side, 6 * unit), fill=colour)
        draw.rectangle((0, 6 * unit, side, side), fill="#7a5a3a")
        draw.rectangle((6 * unit, unit, 8 * unit, 4 * unit), fill="#dfeeff")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


class MemoryPhotos:
    """Photos by path, for tests."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = dict(files)

    def paths(self) -> list[str]:
        """Every path."""
        return sorted(self._files)

    def read(self, path: str) -> bytes:
        """One file."""
        return self._files[path]


_COLOURS = ("#b5651d", "#2f4f4f", "#8b0000", "#556b2f", "#483d8b", "#c08040", "#336688", "#884466")


def catalogue_csv(count: int, prefix: str = "SKU") -> bytes:
    """A plain catalogue of `count` chairs."""
    lines = ["sku,name,category,description,width_cm,depth_cm,height_cm,price,currency"]
    lines += [
        f"{prefix}-{number:03},Chair {number},Chairs,A wooden chair,45,50,{80 + number % 9},99,EUR"
        for number in range(count)
    ]
    return "\n".join(lines).encode()


def collection_of(
    ws: Workspace, count: int, *, scenes: int = 2, name: str = "Test"
) -> tuple[CollectionId, list[ProductId]]:
    """A collection with photos and scenes, matched without analyses: ready to start."""
    imported = imports.import_products(ws, catalogue_csv(count), "catalogue.csv")
    files = {
        f"SKU-{number:03}.jpg": picture(_COLOURS[number % len(_COLOURS)], side=320 + number)
        for number in range(count)
    }
    photos.add_photos(ws, MemoryPhotos(files))
    collection_id = curation.create_collection(ws, name)
    curation.add_products(ws, collection_id, imported.product_ids)
    for number in range(scenes):
        room = picture(_COLOURS[-1 - number], side=700, shape="room")
        inspiration.add_upload(ws, collection_id, room, f"living-room-{number}.jpg")
    curation.match_products(ws, collection_id)
    return collection_id, list(imported.product_ids)
