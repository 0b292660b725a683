"""One internal form for both kinds of response schema, and what is refused in them.

``responseSchema`` is a subset of OpenAPI with upper-case types, ``responseJsonSchema`` is JSON
Schema; both become a `Shape`, which `filling` fills.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from visualizer_core.local.standin.loose import as_list, as_mapping
from visualizer_core.local.standin.wire import ResponseSchema

__all__ = ["Kind", "Shape", "from_json_schema", "from_response_schema", "schema_faults"]

Kind = Literal["object", "array", "string", "number", "integer", "boolean", "null", "any"]

# Reports name deep and wide schemas as refused ("too many states for serving") without figures.
# These are wide enough for every schema the vendor's guides show and narrow enough to warn.
_MAX_DEPTH = 8
_MAX_PROPERTIES = 200

_KINDS: dict[str, Kind] = {
    "object": "object",
    "array": "array",
    "string": "string",
    "number": "number",
    "integer": "integer",
    "boolean": "boolean",
    "null": "null",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a value must look like."""

    kind: Kind = "any"
    nullable: bool = False
    enum: tuple[object, ...] = ()
    properties: tuple[tuple[str, "Shape"], ...] = ()
    required: tuple[str, ...] = ()
    items: "Shape | None" = None
    options: tuple["Shape", ...] = ()  # anyOf, oneOf
    min_items: int = 0
    max_items: int | None = None
    min_length: int = 0
    max_length: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    format: str | None = None
    description: str = ""


def from_response_schema(schema: ResponseSchema) -> Shape:
    """Convert the OpenAPI subset."""
    properties = schema.properties or {}
    order = [name for name in schema.property_ordering or () if name in properties]
    names = order + [name for name in properties if name not in order]
    return Shape(
        kind=_KINDS[schema.type.lower()] if schema.type else "any",
        nullable=bool(schema.nullable),
        enum=schema.enum or (),
        properties=tuple((name, from_response_schema(properties[name])) for name in names),
        required=schema.required or (),
        items=from_response_schema(schema.items) if schema.items else None,
        options=tuple(from_response_schema(option) for option in schema.any_of or ()),
        min_items=schema.min_items or 0,
        max_items=schema.max_items,
        min_length=schema.min_length or 0,
        max_length=schema.max_length,
        minimum=schema.minimum,
        maximum=schema.maximum,
        pattern=schema.pattern,
        format=schema.format,
        description=schema.description or "",
    )


def from_json_schema(schema: Mapping[str, object]) -> Shape:
    """Convert JSON Schema; references are followed inside the same document."""
    return _JsonSchema(schema).read(schema)


class _JsonSchema:
    def __init__(self, root: Mapping[str, object]) -> None:
        self._root = root

    def read(self, node: object, depth: int = 0) -> Shape:
        schema = _mapping(node)
        if depth > _MAX_DEPTH:
            return Shape()
        if isinstance(target := schema.get("$ref"), str):
            return self.read(self._resolve(target), depth + 1)
        options = [self.read(x, depth + 1) for x in _items(schema.get("anyOf"))]
        options += [self.read(x, depth + 1) for x in _items(schema.get("oneOf"))]
        kind, nullable = _kind_of(schema.get("type"))
        enum = tuple(_items(schema.get("enum")))
        enum = (schema["const"],) if "const" in schema else enum
        return replace(
            _bounds(schema),
            kind=kind,
            nullable=nullable or None in enum,
            enum=tuple(value for value in enum if value is not None),
            properties=tuple(
                (name, self.read(value, depth + 1))
                for name, value in _mapping(schema.get("properties")).items()
            ),
            required=tuple(str(name) for name in _items(schema.get("required"))),
            items=self.read(schema["items"], depth + 1) if "items" in schema else None,
            options=tuple(options),
        )

    def _resolve(self, target: str) -> object:
        node: object = self._root
        for step in target.removeprefix("#").strip("/").split("/"):
            node = _mapping(node).get(step, {}) if step else node
        return node


def _bounds(schema: Mapping[str, object]) -> Shape:
    minimum = _number(schema.get("minimum"))
    maximum = _number(schema.get("maximum"))
    above = _number(schema.get("exclusiveMinimum"))
    below = _number(schema.get("exclusiveMaximum"))
    step = 1.0 if schema.get("type") == "integer" else 1e-6
    return Shape(
        min_items=_count(schema.get("minItems")) or 0,
        max_items=_count(schema.get("maxItems")),
        min_length=_count(schema.get("minLength")) or 0,
        max_length=_count(schema.get("maxLength")),
        minimum=minimum if above is None else above + step,
        maximum=maximum if below is None else below - step,
        pattern=_text(schema.get("pattern")),
        format=_text(schema.get("format")),
        description=_text(schema.get("description")) or "",
    )


def _kind_of(value: object) -> tuple[Kind, bool]:
    names = [str(name).lower() for name in (_items(value) or [value])]
    kinds: list[Kind] = [_KINDS[name] for name in names if name in _KINDS and name != "null"]
    if kinds:
        return kinds[0], "null" in names
    return ("null", False) if "null" in names else ("any", False)


def _mapping(value: object) -> Mapping[str, object]:
    return as_mapping(value) or {}


def _items(value: object) -> list[object]:
    return list(as_list(value) or ())


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _count(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def schema_faults(shape: Shape, where: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Find what the provider refuses in a schema, as pairs of field and reason."""
    if depth > _MAX_DEPTH or _size(shape) > _MAX_PROPERTIES:
        yield where, "The specified schema produces a constraint that has too many states."
        return
    if shape.kind == "array" and shape.items is None:
        yield f"{where}.items", "missing field."
    if shape.kind == "object" and not shape.properties:
        yield f"{where}.properties", "should be non-empty for OBJECT type"
    names = {name for name, _ in shape.properties}
    for index, name in enumerate(shape.required):
        if name not in names:
            yield f"{where}.required[{index}]", "property is not defined"
    yield from _nested_faults(shape, where, depth)


def _nested_faults(shape: Shape, where: str, depth: int) -> Iterator[tuple[str, str]]:
    for name, child in shape.properties:
        yield from schema_faults(child, f"{where}.properties[{name}]", depth + 1)
    if shape.items is not None:
        yield from schema_faults(shape.items, f"{where}.items", depth + 1)
    for index, option in enumerate(shape.options):
        yield from schema_faults(option, f"{where}.any_of[{index}]", depth + 1)


def _size(shape: Shape) -> int:
    children = [child for _, child in shape.properties] + list(shape.options)
    if shape.items is not None:
        children.append(shape.items)
    return len(shape.properties) + sum(_size(child) for child in children)
