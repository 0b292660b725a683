from datetime import datetime

class TaskWrapper:
    def __call__(self) -> object: ...
    def call_local(self) -> object: ...

class Task:
    id: str
    name: str
    def __init__(self, args: tuple[object, ...] = ..., eta: datetime | None = ...) -> None: ...
