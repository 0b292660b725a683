"""Names of exported files: a template, safe characters, no two alike.

A name is made of ASCII letters, digits, ``.``, ``_`` and ``-``; ``/`` in the template makes
folders. It is safe on Windows, macOS and Linux, inside a ZIP and in a shell.
"""

import re
import string
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812  # a field below is called date
from uuid import UUID

from visualizer_core.errors import InvalidInput

__all__ = [
    "DEFAULT_TEMPLATE",
    "FIELDS",
    "Collision",
    "NameFields",
    "NamePlan",
    "check_template",
    "plan_names",
    "preview_names",
    "safe_part",
]

DEFAULT_TEMPLATE = "{sku}-{scene}-{n:02}"

MAX_PART_CHARS = 100  # of the file's own name, without the extension
_MAX_FOLDER_CHARS = 30  # many Windows programs stop at 260 characters for a whole path
MAX_FOLDERS = 4
MAX_TEMPLATE_CHARS = 200
_MAX_FIELD_CHARS = 60  # one long name must not push the number out of the part
_ID_CHARS = 8

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_RUNS = re.compile(r"([-_.])[-_.]*(?=[-_.])")
_EDGES = "-_. "
_RESERVED = re.compile(r"\A(con|prn|aux|nul|com[0-9]|lpt[0-9])(?=\.|\Z)", re.IGNORECASE)
_NUMBER_FORMAT = re.compile(r"0[1-9]")
_LETTERS = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "Æ": "AE",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
        "þ": "th",
        "Þ": "TH",
        "œ": "oe",
        "Œ": "OE",
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    }
)


@dataclass(frozen=True, slots=True)
class NameFields:
    """What one picture's name may be made of; `n` counts a product's pictures from 1."""

    id: UUID
    sku: str = ""
    name: str = ""
    category: str = ""
    scene: str = ""
    collection: str = ""
    preset: str = ""
    date: Date | None = None
    n: int = 1


@dataclass(frozen=True, slots=True)
class Collision:
    """Several pictures wanted the same name.

    Parameters
    ----------
    wanted : str
        The name the template gives.
    given : tuple of str
        What they got instead, the first keeping its name.
    """

    wanted: str
    given: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NamePlan:
    """One path per picture, in order; all differ, also where letter case does not count."""

    names: tuple[str, ...]
    collisions: tuple[Collision, ...]


def _text_of(fields: NameFields, name: str) -> str:
    if name == "date":
        return fields.date.isoformat() if fields.date else ""
    if name == "id":
        return str(fields.id)
    return str(getattr(fields, name))


FIELDS = ("sku", "name", "category", "scene", "collection", "preset", "date", "n", "id")
"""What may stand between braces in a template."""


def check_template(template: str) -> None:
    """Refuse a template that cannot name files.

    Raises
    ------
    InvalidInput
        Says what is wrong, and names the fields there are.
    """
    _compile(template)


def plan_names(
    template: str, items: Sequence[NameFields], extension: str | Sequence[str]
) -> NamePlan:
    """Name every picture.

    Parameters
    ----------
    template : str
        For example ``{category}/{sku}-{n:02}``.
    items : sequence of NameFields
        Ids are unique.
    extension : str or sequence of str
        Without a dot; one for all, or one per item.

    Raises
    ------
    InvalidInput
        When the template is unusable.
    """
    render = _compile(template)
    extensions = [extension] * len(items) if isinstance(extension, str) else list(extension)
    wanted = [
        (render(fields), safe_part(ending).lower() or "bin")
        for fields, ending in zip(items, extensions, strict=True)
    ]
    # Names that nobody else wants are taken first: a suffix never takes one of them away.
    reserved = {_fold(f"{stem}.{ending}") for stem, ending in wanted}
    first: dict[str, int] = {}
    names: list[str] = []
    given: dict[str, list[str]] = {}
    for stem, ending in wanted:
        name = f"{stem}.{ending}"
        key = _fold(name)
        if key in first:
            name, first[key] = _free(stem, ending, first[key], reserved)
            reserved.add(_fold(name))
        else:
            first[key] = 2
        names.append(name)
        given.setdefault(key, []).append(name)
    collisions = [Collision(group[0], tuple(group)) for group in given.values() if len(group) > 1]
    return NamePlan(tuple(names), tuple(collisions))


def preview_names(
    template: str, items: Sequence[NameFields], extension: str, *, count: int = 5
) -> NamePlan:
    """The first `count` names, with every collision of the whole list."""
    plan = plan_names(template, items, extension)
    return NamePlan(plan.names[:count], plan.collisions)


def _fold(name: str) -> str:
    return name.casefold()


def _free(stem: str, ending: str, start: int, taken: set[str]) -> tuple[str, int]:
    """The stem with the first number that is free, and the number to go on from."""
    number = start
    while True:
        suffix = f"-{number}"
        folder, slash, last = stem.rpartition("/")
        name = f"{folder}{slash}{last[: MAX_PART_CHARS - len(suffix)].rstrip(_EDGES)}{suffix}"
        number += 1
        if _fold(f"{name}.{ending}") not in taken:
            return f"{name}.{ending}", number


# --- one part of a path -------------------------------------------------------------------------


def safe_part(text: str, cap: int = MAX_PART_CHARS) -> str:
    """`text` as one part of a path: ASCII, no separators, no name Windows keeps; maybe empty."""
    spelled = unicodedata.normalize("NFKD", text[: cap * 4].translate(_LETTERS))
    letters = "".join(char for char in spelled if not unicodedata.combining(char))
    part = _RUNS.sub("", _UNSAFE.sub("-", letters)).strip(_EDGES)[:cap].rstrip(_EDGES)
    # Windows keeps these names with any ending: "aux.final.jpg" is the device, too.
    return _RESERVED.sub(r"\1_", part)[:cap].rstrip(".-")


def _compile(template: str) -> Callable[[NameFields], str]:
    """Turn a template into a function that renders a path without extension."""
    pieces = _pieces(template)

    def render(fields: NameFields) -> str:
        text = "".join(
            literal + (_value(fields, name, spec) if name else "") for literal, name, spec in pieces
        )
        *folders, last = text.split("/")
        # No dots in folders: a folder must never have the name of a file.
        parts = [safe_part(folder.replace(".", "-"), _MAX_FOLDER_CHARS) for folder in folders]
        parts.append(safe_part(last) or str(fields.id)[:_ID_CHARS])
        return "/".join(part for part in parts if part)

    return render


def _value(fields: NameFields, name: str, spec: str) -> str:
    if name == "n":
        return format(max(fields.n, 0), f"{spec}d")
    value = safe_part(_text_of(fields, name), _MAX_FIELD_CHARS)
    if value or name not in {"sku", "name"}:
        return value
    return str(fields.id)[:_ID_CHARS]  # a picture of a product without SKU is still told apart


def _pieces(template: str) -> list[tuple[str, str, str]]:
    """(literal, field, number format) in order; the last may have no field."""
    if len(template) > MAX_TEMPLATE_CHARS:
        raise InvalidInput(f"The naming template is longer than {MAX_TEMPLATE_CHARS} characters.")
    try:
        parsed = list(string.Formatter().parse(template))
    except ValueError as error:
        raise InvalidInput(
            f"The naming template “{template}” has a brace that does not close. Fields are written"
            f" like {{sku}}; there are: {', '.join(FIELDS)}."
        ) from error
    pieces: list[tuple[str, str, str]] = []
    for literal, name, spec, conversion in parsed:
        if name is not None:
            _check_field(template, name, spec or "", conversion)
        pieces.append((literal, name or "", spec or ""))
    if not any(name for _, name, _ in pieces):
        raise InvalidInput(
            f"The naming template “{template}” would name every file alike. Add one of:"
            f" {', '.join(FIELDS)}."
        )
    if sum(literal.count("/") for literal, _, _ in pieces) > MAX_FOLDERS:
        raise InvalidInput(
            f"The naming template “{template}” makes more than {MAX_FOLDERS} folders. Use fewer."
        )
    return pieces


def _check_field(template: str, name: str, spec: str, conversion: str | None) -> None:
    if name not in FIELDS:
        raise InvalidInput(
            f"The naming template “{template}” uses “{name}”, which is not a field. There are:"
            f" {', '.join(FIELDS)}."
        )
    number_format = name == "n" and _NUMBER_FORMAT.fullmatch(spec)
    if conversion or (spec and not number_format):
        raise InvalidInput(
            f"The naming template “{template}” formats “{name}” in a way that is not known. Only"
            " the number takes a format, such as {n:02}."
        )
