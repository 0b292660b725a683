from redis import Redis
from redis.connection import ConnectionPool

class RedisStorage:
    conn: Redis
    name: str
    queue_key: str
    schedule_key: str
    result_key: str
    counter_key: str
    def __init__(
        self,
        name: str = ...,
        *,
        blocking: bool = ...,
        read_timeout: float = ...,
        connection_pool: ConnectionPool | None = ...,
        clean_name: bool = ...,
    ) -> None: ...
    def queue_size(self) -> int: ...
    def dequeue(self) -> bytes | None: ...
    def enqueue(self, data: bytes, priority: object = None) -> None: ...
