"""One pace for every worker on every machine."""

from visualizer_core.adapters.redis_limits.limiter import RedisRateLimiter

__all__ = ["RedisRateLimiter"]
