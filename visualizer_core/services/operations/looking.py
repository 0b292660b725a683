"""Looks at what the program stands on: itself, database, Redis, storage, disk."""

import http.client
import platform
import secrets
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from visualizer_core import __version__
from visualizer_core.db.health import check_database
from visualizer_core.domain.status import Queue
from visualizer_core.errors import PartMissing
from visualizer_core.services.operations.checks import Check, Part
from visualizer_core.settings import Mode, Settings
from visualizer_core.workspace import Runtime

__all__ = [
    "look_at_database",
    "look_at_disk",
    "look_at_program",
    "look_at_redis",
    "look_at_storage",
]

FETCH_TIMEOUT_S = 10.0  # storage is near; a signed address that takes longer helps no browser
LEAST_FREE_SHARE = 0.10  # databases and uploads stop at a full disk, and not gracefully
_REFUSALS = range(400, 500)  # HTTP: the caller is told no; a server's own trouble proves nothing
_LIBRARIES = ("google-genai", "huey", "panel", "pillow", "psycopg", "sqlalchemy")


def look_at_program(rt: Runtime) -> list[Check]:
    """Versions and settings."""
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    found = f"visualizer {__version__}, Python {platform.python_version()}, {libraries}"
    settings = rt.settings
    return [
        Check(Part.PROGRAM, "versions", ok=True, detail=found),
        Check(
            Part.PROGRAM,
            "settings",
            ok=True,
            detail=_mode(settings),
            remedy=_advice(settings),
        ),
    ]


def _mode(settings: Settings) -> str:
    local = settings.visualizer_mode is Mode.LOCAL
    mode = "local: embedded parts, generated secrets" if local else "production"
    provider = "Google" if settings.gemini_base_url is None else settings.gemini_base_url
    return f"{mode}; pictures from {provider}"


def _advice(settings: Settings) -> str:
    if settings.visualizer_mode is Mode.PRODUCTION and settings.gemini_base_url is not None:
        return "GEMINI_BASE_URL is set: pictures are not made by Google. Unset it for real ones."
    return ""


def look_at_database(rt: Runtime) -> list[Check]:
    """Each role, version, migrations, connections, clock, and whether the wall stands."""
    return [
        Check(
            Part.DATABASE,
            found.name,
            ok=found.ok,
            detail=found.found,
            remedy="" if found.ok else found.remedy,
        )
        for found in check_database(rt.database)
    ]


def look_at_redis(rt: Runtime) -> list[Check]:
    """Whether the bell can be rung, and how many rings wait."""
    tokens = ", ".join(f"{rt.queue.waiting(queue)} for {queue}" for queue in Queue)
    return [Check(Part.REDIS, "redis", ok=True, detail=f"answers; wake-ups waiting: {tokens}")]


def look_at_storage(rt: Runtime) -> list[Check]:
    """Whether files can be written and read, and read by a signed address but by no other."""
    rt.store.check()
    key, data = f"health/{secrets.token_hex(8)}.txt", secrets.token_bytes(32)
    rt.store.put(key, data, "application/octet-stream")
    try:
        signed = rt.store.signed_url(key, seconds=60)
        direct = rt.settings.aws_endpoint_url is not None
        with_signature = _fetched(signed, direct=direct)
        without = _fetched(_unsigned(signed), direct=direct)
    finally:
        rt.store.delete([key])
    bucket = rt.settings.aws_s3_bucket
    opens = with_signature == data
    closed = isinstance(without, int) and without in _REFUSALS
    return [
        Check(Part.STORAGE, "bucket", ok=True, detail=f"“{bucket}” can be written and read"),
        Check(
            Part.STORAGE,
            "signed addresses",
            ok=opens,
            detail="open a file" if opens else f"do not open a file ({_answer(with_signature)})",
            remedy="" if opens else "Check AWS_REGION, AWS_ENDPOINT_URL and the clocks.",
        ),
        Check(
            Part.STORAGE,
            "unsigned addresses",
            ok=closed,
            detail=("are refused" if closed else "are not refused") + f" ({_answer(without)})",
            remedy="" if closed else "Make the bucket private: anybody might read every picture.",
        ),
    ]


def _unsigned(signed: str) -> str:
    return urlunsplit(urlsplit(signed)._replace(query=""))


def _answer(fetched: bytes | int) -> str:
    return f"HTTP {fetched}" if isinstance(fetched, int) else f"{len(fetched)} bytes"


def _fetched(address: str, *, direct: bool) -> bytes | int:
    """Fetch as a browser would: the bytes, or the status of a refusal."""
    proxies: dict[str, str] | None = (
        {} if direct else None
    )  # as the store itself: an endpoint of our own needs none
    opener = urllib.request.build_opener(urllib.request.ProxyHandler(proxies))
    try:
        with opener.open(address, timeout=FETCH_TIMEOUT_S) as answer:
            body: bytes = answer.read()
    except urllib.error.HTTPError as refusal:
        refusal.close()
        return refusal.code
    except http.client.HTTPException as broken:
        raise PartMissing(f"Storage gave no proper answer ({type(broken).__name__}).") from broken
    return body


def look_at_disk(places: Iterable[Path]) -> list[Check]:
    """Whether there is room on the disks of `places`."""
    found: dict[int, Check] = {}
    for place in places:
        existing = next(path for path in (place, *place.resolve().parents) if path.exists())
        found.setdefault(existing.stat().st_dev, _room(existing))
    return list(found.values())


def _room(place: Path) -> Check:
    usage = shutil.disk_usage(place)
    share = usage.free / usage.total
    ok = share > LEAST_FREE_SHARE
    return Check(
        Part.DISK,
        "disk space",
        ok=ok,
        detail=f"{share:.0%} free at {place} ({usage.free / 1e9:.1f} GB)",
        remedy="" if ok else "Make room: at a full disk uploads, the database and logs stop.",
    )
