"""What exactly was asked for: canonical JSON, its hash, and the slot a picture fills.

Two different questions are answered here:

- *recipe*: is it the same request? Everything that reached the provider counts, so the hash says
  how a picture was made. It is written into the picture.
- *slot*: does the person already have this picture? Only what a person decided counts: the product
  and its photo, the scene, the variant, and the settings people chose. What the program works out
  by itself (analyses, settings derived from them, the wording of the prompt, the default model) and
  what does not change the picture (lane, how many variants there are) must not open a new slot, or
  running the same job twice would pay twice.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import cast
from uuid import UUID

from pydantic import BaseModel

from visualizer_core.domain.generation_settings import FlowGenerationSettings, SettingsOverrides
from visualizer_core.domain.resolve import Level, merge

__all__ = [
    "RECIPE_VERSION",
    "InputHash",
    "Recipe",
    "canonical_json",
    "choices_digest",
    "recipe_hash",
    "seed_for",
    "slot_key",
]

RECIPE_VERSION = 1
_SLOT_VERSION = 1
_SEED_BITS = 31  # the provider takes a signed 32-bit number
_PLACES = 6  # of fractions; more would be noise of arithmetic

# Not part of a slot: another price or a sibling's existence does not make this picture another one.
_NOT_THE_PICTURE = ("lane", "variants")


@dataclass(frozen=True, slots=True)
class InputHash:
    """One picture that was sent, by content, in the order sent."""

    number: int
    kind: str  # product or inspiration
    sha256: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """A request as it was made.

    Parameters
    ----------
    inputs : tuple of InputHash
        In the order sent.
    prompt : str
        `BuiltPrompt.text`.
    prompt_version : int
        `BuiltPrompt.version`.
    model : str
        As called, never empty.
    settings : FlowGenerationSettings
        Resolved.
    variant : int
    """

    inputs: tuple[InputHash, ...]
    prompt: str
    prompt_version: int
    model: str
    settings: FlowGenerationSettings
    variant: int = 1

    def to_json(self) -> dict[str, object]:
        """JSON-ready, for storage beside the picture."""
        plain = _plain(
            {
                "recipe_version": RECIPE_VERSION,
                "inputs": [
                    {"number": item.number, "kind": item.kind, "sha256": item.sha256}
                    for item in self.inputs
                ],
                "prompt": self.prompt,
                "prompt_version": self.prompt_version,
                "model": self.model,
                "settings": self.settings,
                "variant": self.variant,
            }
        )
        return cast("dict[str, object]", plain)


def recipe_hash(recipe: Recipe | Mapping[str, object]) -> str:
    """SHA-256 (hex) of a recipe, or of its JSON as read back from storage."""
    value = recipe.to_json() if isinstance(recipe, Recipe) else recipe
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def choices_digest(chosen: Sequence[tuple[Level, SettingsOverrides]]) -> str:
    """What people set, together, as a hex digest; most products of a run share it.

    Parameters
    ----------
    chosen : sequence of (Level, SettingsOverrides)
        Client defaults, brand kit, edits of the collection's base settings, product defaults,
        overrides. Not what was derived from analyses. It counts only what they say together:
        moving a value from one level to another changes nothing.
    """
    together = merge(chosen).overrides.model_dump(
        mode="json", exclude_none=True, exclude=set(_NOT_THE_PICTURE)
    )
    return hashlib.sha256(canonical_json(together).encode()).hexdigest()


def slot_key(
    *,
    product_id: UUID,
    photo_sha256: str,
    inspiration_id: UUID | None,
    variant: int,
    choices: str,
) -> str:
    """The slot of one picture in its collection, as a hex digest.

    Parameters
    ----------
    product_id : UUID
    photo_sha256 : str
        Content of the primary photo. Another photo means that a person replaced it; further views
        that came in later do not count.
    inspiration_id : UUID, optional
        The matched scene. Callers keep the matches they have (`fixed` of `match`), so that a
        product added later does not move the others.
    variant : int
        From 1.
    choices : str
        `choices_digest` of what people set.
    """
    parts = (_SLOT_VERSION, product_id, photo_sha256, inspiration_id, variant, choices)
    return hashlib.sha256("/".join(str(part) for part in parts).encode()).hexdigest()


def seed_for(asset_id: UUID, attempt: int) -> int:
    """The seed of one attempt, 0 to 2^31 - 1: the same again after a crash, another per attempt."""
    digest = hashlib.sha256(f"{asset_id}/{attempt}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - _SEED_BITS)


# --- canonical JSON -----------------------------------------------------------------------------


def canonical_json(value: object) -> str:
    """JSON that is the same for the same value: sorted keys, no blanks, ASCII, no float surprises.

    Whole floats are written as integers and others with at most six places, so that what comes
    back from a JSON column gives the same text.

    Raises
    ------
    ValueError
        For NaN and infinities.
    TypeError
        For keys that are not text and types JSON does not know. Both are bugs of the caller.
    """
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return _plain(value.model_dump())
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, float):
        return _number(value)
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, UUID | date | datetime):
        return str(value) if isinstance(value, UUID) else value.isoformat()
    return _container(value)


def _container(value: object) -> object:
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        plain: dict[str, object] = {}
        for key, item in items:
            if not isinstance(key, str):
                raise TypeError(f"key {key!r} is not text")
            plain[str(key)] = _plain(item)
        return plain
    if isinstance(value, list | tuple):
        return [_plain(item) for item in cast("Sequence[object]", value)]
    raise TypeError(f"{type(value).__name__} has no canonical form")


def _number(value: float) -> int | float:
    if not math.isfinite(value):
        raise ValueError(f"{value} is not JSON")
    rounded = round(value, _PLACES)
    return int(rounded) if rounded.is_integer() else rounded
