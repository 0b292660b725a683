from typing import NamedTuple

from huey.api import Task

class Message(NamedTuple):
    id: str
    name: str
    eta: object = None
    retries: int | None = None
    retry_delay: float | None = None
    priority: int | None = None
    args: tuple[object, ...] | None = None
    kwargs: dict[str, object] | None = None
    on_complete: object = None
    on_error: object = None
    expires: object = None
    expires_resolved: object = None
    timeout: float | None = None
    chord_config: object = None
    retry_backoff: float | None = None

class Registry:
    def string_to_task(self, task_str: str) -> type[Task]: ...
    def task_to_string(self, task_class: type) -> str: ...
