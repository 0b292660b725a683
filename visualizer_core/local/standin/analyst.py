"""Answers in JSON or words, from the pixels and the words of the request."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Mapping

from visualizer_core.errors import InvalidInput
from visualizer_core.local.standin.call import Call, Picture
from visualizer_core.local.standin.concepts import Facts, concept_of, words_of
from visualizer_core.local.standin.facts import Subject, look
from visualizer_core.local.standin.filling import fill
from visualizer_core.local.standin.items import Item, id_field, items_of
from visualizer_core.local.standin.shape import Shape
from visualizer_core.local.standin.workers import DrawingProcesses

__all__ = ["Analyst", "as_text"]

_MEMORY = 4096  # analyses kept; each is some hundred bytes
_SCENE_CONCEPTS = {"scene_type", "lighting", "surroundings", "props", "free_floor", "people"}
_PRODUCT_CONCEPTS = {"noun", "category", "placement", "rooms", "scale", "has_text", "background"}


class Analyst:
    """Reads pictures and fills schemas.

    Parameters
    ----------
    processes : DrawingProcesses
        Where pixels are looked at.
    """

    def __init__(self, processes: DrawingProcesses) -> None:
        self._processes = processes
        self._known: OrderedDict[tuple[str, str, str], Mapping[str, object]] = OrderedDict()

    async def structured(self, call: Call, shape: Shape) -> object:
        """Make the value a schema asks for; one element an id when it asks for a list of things.

        Raises
        ------
        InvalidInput
            When a picture decodes and yet cannot be analysed.
        """
        subject = _subject(call, shape)
        element = _listed_element(shape)
        items = items_of(call.pieces) if element is not None else []
        if element is not None and items:
            values = await asyncio.gather(
                *(self._element(element, item, subject) for item in items)
            )
            return _put_back(shape, list(values))
        picture = call.pictures[0] if call.pictures else None
        facts = await self._facts(picture, call.prompt, subject)
        return fill(shape, facts, text=call.prompt)

    async def described(self, call: Call) -> str:
        """Describe the request's first picture in a sentence."""
        if not call.pictures:
            return "This is the stand-in. It answers questions about pictures and makes pictures."
        facts = await self._facts(call.pictures[0], call.prompt, _subject(call, None))
        return str(fill(Shape(kind="string"), facts, name="summary"))

    async def _element(self, shape: Shape, item: Item, subject: Subject) -> object:
        facts = await self._facts(item.picture, item.text, subject)
        name = id_field(shape)
        known = {**facts, name: item.id} if name is not None else facts
        return fill(shape, known, text=item.text)

    async def _facts(self, picture: Picture | None, text: str, subject: Subject) -> Facts:
        key = (picture.sha256 if picture else "", text, subject)
        if key not in self._known:
            data = picture.data if picture else None
            facts = await self._processes.run(look, subject, data, text)
            if facts is None:
                raise InvalidInput("The picture of the request cannot be analysed.")
            self._known[key] = facts
            while len(self._known) > _MEMORY:
                self._known.popitem(last=False)
        return self._known[key]


def _subject(call: Call, shape: Shape | None) -> Subject:
    """Tell whether a product or a room is asked about, by the schema first, then by the words."""
    concepts = {concept_of(name) for name in _names(shape)} if shape else set[str | None]()
    score = len(concepts & _SCENE_CONCEPTS) - len(concepts & _PRODUCT_CONCEPTS)
    if score == 0:
        words = words_of(f"{call.system} {call.prompt}")
        score = words.count("scene") + words.count("room") - words.count("product")
    return "scene" if score > 0 else "product"


def _names(shape: Shape) -> list[str]:
    names = [name for name, _ in shape.properties]
    for child in [child for _, child in shape.properties] + ([shape.items] if shape.items else []):
        names += _names(child)
    return names


def _listed_element(shape: Shape) -> Shape | None:
    """Element shape when the answer is a list of identified things, bare or in an object."""
    listed = shape if shape.kind == "array" else None
    if shape.kind == "object":
        listed = next((child for _, child in shape.properties if _identified(child)), None)
    return listed.items if listed is not None and _identified(listed) else None


def _identified(shape: Shape) -> bool:
    return (
        shape.kind == "array"
        and shape.items is not None
        and shape.items.kind == "object"
        and id_field(shape.items) is not None
    )


def _put_back(shape: Shape, values: list[object]) -> object:
    if shape.kind == "array":
        return values
    name = next(name for name, child in shape.properties if _identified(child))
    rest = {key: fill(child, {}) for key, child in shape.properties if key != name}
    return {key: values if key == name else rest[key] for key, _ in shape.properties}


def as_text(value: object) -> str:
    """Write a value as the model would: JSON on one line."""
    return json.dumps(value, ensure_ascii=False)
