from datetime import datetime

class Task:
    id: str
    name: str
    def __init__(self, args: tuple[object, ...] = ..., eta: datetime | None = ...) -> None: ...
