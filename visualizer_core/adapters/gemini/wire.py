"""Reading JSON that promises nothing: every look-up has an answer, whatever the shape."""

from collections.abc import Iterator
from typing import cast

__all__ = ["JsonObject", "count", "item_of", "items", "obj", "said", "text", "unwrap"]

JsonObject = dict[str, object]

MAX_QUOTE_CHARS = 300  # of the provider's own words in a message for a person


def obj(value: object) -> JsonObject:
    """`value` if it is an object, else an empty one."""
    return cast("JsonObject", value) if isinstance(value, dict) else {}


def items(value: object) -> Iterator[JsonObject]:
    """The objects in a list; nothing when it is not a list."""
    if isinstance(value, list):
        for item in cast("list[object]", value):
            if isinstance(item, dict):
                yield cast("JsonObject", item)


def item_of(value: JsonObject, *names: str) -> JsonObject | None:
    """The first of `names` that holds an object."""
    return next((obj(value[name]) for name in names if isinstance(value.get(name), dict)), None)


def text(value: object) -> str:
    """`value` if it is text, else nothing."""
    return value if isinstance(value, str) else ""


def count(value: JsonObject, name: str) -> int:
    """A number of tokens; 0 when absent, negative or not a number."""
    number = value.get(name)
    return max(number, 0) if isinstance(number, int) and not isinstance(number, bool) else 0


def unwrap(value: object) -> JsonObject:
    """The object, also when it stands alone in a list, as some of the provider's errors do."""
    alone = list(items(value))
    return alone[0] if len(alone) == 1 else obj(value)


def said(explanation: str, theirs: str) -> str:
    """Our explanation, followed by the provider's words, capped."""
    # Neither half characters nor NUL can be stored, and a paid answer must be.
    storable = theirs.encode(errors="replace").decode().replace("\0", "")
    words = " ".join(storable.split())[:MAX_QUOTE_CHARS]
    return f"{explanation} The provider says: “{words}”" if words and explanation else explanation
