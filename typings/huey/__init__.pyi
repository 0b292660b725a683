# The part of huey 3.5 that tasks.py uses; huey itself has no types.
from collections.abc import Callable
from datetime import datetime
from typing import ParamSpec, Protocol, TypeVar

from huey.api import Task as Task
from huey.api import TaskWrapper as TaskWrapper
from huey.consumer import Consumer
from huey.registry import Message, Registry
from huey.storage import RedisStorage

_P = ParamSpec("_P")
_R = TypeVar("_R")

class _Serializer(Protocol):
    def serialize(self, data: object) -> bytes: ...
    def deserialize(self, data: bytes) -> Message: ...

class Huey:
    name: str
    immediate: bool
    storage: RedisStorage
    serializer: _Serializer
    _registry: Registry
    def __init__(
        self,
        name: str = ...,
        results: bool = ...,
        *,
        utc: bool = ...,
        serializer: _Serializer = ...,
        storage_class: Callable[[str], RedisStorage] = ...,
        **storage_kwargs: object,
    ) -> None: ...
    def task(self, *, name: str | None = None) -> Callable[[Callable[[], object]], TaskWrapper]: ...
    def periodic_task(
        self, validate_datetime: Callable[[datetime], bool], *, name: str | None = None
    ) -> Callable[[Callable[[], object]], TaskWrapper]: ...
    def on_startup(
        self, name: str | None = None
    ) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]: ...
    def on_shutdown(
        self, name: str | None = None
    ) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]: ...
    def dequeue(self) -> Task | None: ...
    def deserialize_task(self, data: bytes) -> Task: ...
    def serialize_task(self, task: Task) -> bytes: ...
    def is_revoked(self, task: Task, timestamp: object = None, peek: bool = True) -> bool: ...
    def read_schedule(self, timestamp: object = None) -> list[Task]: ...
    def delete(self, key: str) -> bool: ...
    def create_consumer(self, **options: object) -> Consumer: ...

def crontab(
    minute: str = ..., hour: str = ..., day: str = ..., month: str = ..., day_of_week: str = ...
) -> Callable[[datetime], bool]: ...
