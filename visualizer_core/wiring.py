"""Settings to `Runtime`: the one place where adapters are chosen and the environment is read."""

import os
import threading
from collections.abc import Mapping
from functools import cache

from redis import Redis

from visualizer_core.adapters.redis_limits import RedisRateLimiter
from visualizer_core.adapters.redis_queue import RedisBell, RedisMirror, redis_pool
from visualizer_core.adapters.s3 import S3Store
from visualizer_core.adapters.safe_fetch import PublicFetcher
from visualizer_core.adapters.unsplash import NoInspirationSearch, UnsplashSearch
from visualizer_core.db.session import Database
from visualizer_core.domain.registry import ModelRegistry, builtin_registry, load_registry
from visualizer_core.imaging.sandbox import Sandbox
from visualizer_core.ports import InspirationSearch
from visualizer_core.settings import Mode, Settings, settings_from
from visualizer_core.workspace import Runtime

__all__ = ["build_runtime", "environment", "process_runtime", "process_settings"]

SPARE_CONNECTIONS = 16  # beside one a worker thread: progress readers, exports, the heartbeat


def environment() -> Mapping[str, str]:
    """The environment of this process."""
    return dict(os.environ)


@cache
def process_settings() -> Settings:
    """Settings of this process, read once."""
    return settings_from(environment())


def process_runtime() -> Runtime:
    """The runtime of this process, made once; a forked child gets its own."""
    with _lock:
        pid = os.getpid()
        if pid not in _runtimes:
            _runtimes[pid] = build_runtime(process_settings())
        return _runtimes[pid]


_runtimes: dict[int, Runtime] = {}
_lock = threading.Lock()


def _registry(settings: Settings) -> ModelRegistry:
    if settings.model_registry_file is None:
        return builtin_registry()
    return load_registry(settings.model_registry_file)


def _search(settings: Settings) -> InspirationSearch:
    if settings.unsplash_access_key is None:
        return NoInspirationSearch()
    return UnsplashSearch(
        access_key=settings.unsplash_access_key.get_secret_value(),
        base_url=settings.unsplash_base_url,
    )


def build_runtime(settings: Settings) -> Runtime:
    """Choose every adapter; nothing connects before its first use."""
    # Half of the time and memory a worker needs to be imported: loaded where it is used.
    from visualizer_core.adapters.gemini import GeminiProvider  # noqa: PLC0415  # as said above

    registry = _registry(settings)
    connections = settings.worker_threads + SPARE_CONNECTIONS
    redis = Redis(
        connection_pool=redis_pool(
            settings.redis_url.get_secret_value(), max_connections=settings.redis_max_connections
        )
    )
    provider = GeminiProvider(
        api_key=settings.gemini_api_key.get_secret_value(),
        base_url=settings.gemini_base_url,
        registry=registry,
        timeout_s=settings.gemini_timeout_s,
        deadline_s=settings.gemini_deadline_s,
        max_connections=connections,
    )
    store = S3Store(
        bucket=settings.aws_s3_bucket,
        region=settings.aws_region,
        key_id=settings.aws_access_key_id.get_secret_value(),
        secret=settings.aws_secret_access_key.get_secret_value(),
        endpoint_url=settings.aws_endpoint_url,
        max_connections=connections,
    )
    search = _search(settings)
    local = settings.visualizer_mode is Mode.LOCAL
    auth = settings.auth_database_url or (settings.database_url if local else None)
    operator = settings.operator_database_url or (settings.database_url if local else None)
    return Runtime(
        settings=settings,
        registry=registry,
        database=Database(
            settings.database_url.get_secret_value(),
            None if operator is None else operator.get_secret_value(),
            None if auth is None else auth.get_secret_value(),
            pool_size=settings.database_pool_size,
        ),
        store=store,
        generator=provider,
        analyst=provider,
        search=search,
        fetcher=PublicFetcher(),
        limiter=RedisRateLimiter(redis),
        queue=RedisBell(
            redis,
            secret=settings.queue_secret.get_secret_value(),
            environment=settings.visualizer_mode,
        ),
        mirror=RedisMirror(redis),
        sandbox=Sandbox(),
        closing=(
            provider.close,
            store.close,
            redis.connection_pool.disconnect,
            *((search.close,) if isinstance(search, UnsplashSearch) else ()),
        ),
    )
