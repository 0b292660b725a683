"""Narrow values of unknown type, as JSON brings them."""

from collections.abc import Mapping, Sequence
from typing import cast

__all__ = ["as_list", "as_mapping"]


def as_mapping(value: object) -> Mapping[str, object] | None:
    """Give the value if it is a JSON object."""
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else None


def as_list(value: object) -> Sequence[object] | None:
    """Give the value if it is a list or tuple."""
    return cast("Sequence[object]", value) if isinstance(value, list | tuple) else None
