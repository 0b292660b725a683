"""What the analyst model answered: parsed, validated, matched to what was asked.

The provider's own parsing hides truncation, wrong enumerations and Markdown fences, so answers
come here as text. Nothing that fails the schema gets through; the caller may ask once for a repair
and then falls back to the catalogue's text.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, NoReturn, TypeVar, cast
from uuid import UUID

from pydantic import BaseModel, ValidationError

from visualizer_core.domain.analysis import ProductAnalysis, SceneAnalysis

__all__ = [
    "AnalysisProblem",
    "AnswerSet",
    "ProblemKind",
    "ProductAnswer",
    "SceneAnswer",
    "parse_answer",
    "parse_answers",
]

ProblemKind = Literal["empty", "fenced", "truncated", "invalid", "missing", "duplicate"]

_MAX_ANSWER_CHARS = 200_000  # fourteen analyses take about 20,000; more is no answer of ours
_MAX_ERRORS = 8  # a repair request names the first few; the rest follow from them
_MAX_VALUE_CHARS = 60

_FENCE = re.compile(r"\A```[A-Za-z0-9_-]*\s*\n?(?P<body>.*?)(?:\n?\s*```\s*)?\Z", re.DOTALL)

_Model = TypeVar("_Model", bound=BaseModel)


class ProductAnswer(ProductAnalysis):
    """One of several products in an answer, matched by `id`."""

    id: str


class SceneAnswer(SceneAnalysis):
    """One of several scenes in an answer, matched by `id`."""

    id: str


@dataclass(frozen=True, slots=True)
class AnalysisProblem:
    """Why an answer cannot be used.

    Parameters
    ----------
    kind : ProblemKind
        ``fenced``: only a Markdown fence without JSON in it; ``truncated``: the end is missing,
        ask again with a higher limit; ``invalid``: JSON that is not what the schema asks for;
        ``missing`` and ``duplicate``: of a list, this id was left out or answered twice.
    errors : tuple of str
        Path and reason, short enough for a repair request and for a person.
    """

    kind: ProblemKind
    errors: tuple[str, ...]

    def message(self, item: str) -> str:
        """For a person: what happened to `item`, and what follows."""
        return (
            f"The analysis of {item} could not be used ({_WORDS[self.kind]}). The catalogue's text"
            " is used instead; you can correct it or analyse again."
        )


_WORDS: dict[ProblemKind, str] = {
    "empty": "the answer was empty",
    "fenced": "the answer held no data",
    "truncated": "the answer broke off",
    "invalid": "the answer had wrong or missing values",
    "missing": "the answer left it out",
    "duplicate": "the answer held it more than once",
}


@dataclass(frozen=True, slots=True)
class AnswerSet(Generic[_Model]):
    """A list answer, matched by id.

    Parameters
    ----------
    found : dict
        Id to validated analysis.
    problems : dict
        Id to what is wrong with it; `found` and `problems` together hold every id asked for.
    foreign : tuple of str
        Ids nobody asked for; their analyses are dropped.
    """

    found: dict[UUID, _Model]
    problems: dict[UUID, AnalysisProblem]
    foreign: tuple[str, ...]


def parse_answer(text: str | None, model: type[_Model]) -> _Model | AnalysisProblem:
    """Read one analysis; Markdown fences around it are forgiven."""
    value = _load(text)
    if isinstance(value, AnalysisProblem):
        return value
    return _validate(value.data, model)


def parse_answers(
    text: str | None, model: type[_Model], expected: Sequence[UUID]
) -> AnswerSet[_Model]:
    """Read a list of analyses, each with an ``id``; one bad entry does not spoil the others."""
    value = _load(text)
    if isinstance(value, AnalysisProblem):
        return AnswerSet({}, dict.fromkeys(expected, value), ())
    entries = _entries(value.data)
    if entries is None:
        problem = AnalysisProblem("invalid", ("expected a list of objects, each with an id",))
        return AnswerSet({}, dict.fromkeys(expected, problem), ())
    by_id: dict[str, list[dict[str, object]]] = {}
    for entry in entries:
        by_id.setdefault(str(entry.get("id", "")).strip().lower(), []).append(entry)
    found: dict[UUID, _Model] = {}
    problems: dict[UUID, AnalysisProblem] = {}
    for asked in dict.fromkeys(expected):
        result = _single(by_id.pop(str(asked), []), asked, model)
        if isinstance(result, AnalysisProblem):
            problems[asked] = result
        else:
            found[asked] = result
    return AnswerSet(found, problems, tuple(sorted(by_id)))


def _single(
    entries: Sequence[dict[str, object]], asked: UUID, model: type[_Model]
) -> _Model | AnalysisProblem:
    if not entries:
        return AnalysisProblem("missing", (f"id {asked}: not answered",))
    if len(entries) > 1:
        return AnalysisProblem("duplicate", (f"id {asked}: answered {len(entries)} times",))
    return _validate(entries[0], model)


def _entries(data: object) -> list[dict[str, object]] | None:
    if not isinstance(data, list):
        return None
    items = cast("list[object]", data)
    if not all(isinstance(item, dict) for item in items):
        return None
    return cast("list[dict[str, object]]", items)


@dataclass(frozen=True, slots=True)
class _Loaded:
    data: object


def _load(text: str | None) -> _Loaded | AnalysisProblem:
    stripped = (text or "").strip().removeprefix("\ufeff").strip()
    if not stripped:
        return AnalysisProblem("empty", ("the answer is empty",))
    fence = _FENCE.match(stripped)
    body = fence["body"].strip() if fence else stripped
    if not body:
        return AnalysisProblem("fenced", ("a Markdown fence with nothing in it",))
    try:
        return _Loaded(_parse(body))
    except RecursionError:
        return AnalysisProblem("invalid", ("nested too deeply",))
    except json.JSONDecodeError as error:
        return _unreadable(body, error, fenced=fence is not None)
    except ValueError as error:
        return AnalysisProblem("invalid", (str(error)[:_MAX_VALUE_CHARS],))


def _parse(body: str) -> object:
    """Raises plain `ValueError` for what Python would read although it is not JSON."""
    if len(body) > _MAX_ANSWER_CHARS:
        raise ValueError(f"longer than {_MAX_ANSWER_CHARS} characters")
    return cast("object", json.loads(body, parse_constant=_no_constant))


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _unreadable(body: str, error: json.JSONDecodeError, *, fenced: bool) -> AnalysisProblem:
    reason = f"not JSON at character {error.pos}: {error.msg}"
    starts_like_json = body[0] in "{["
    if starts_like_json and _is_open(body):
        return AnalysisProblem("truncated", (reason,))
    if fenced and not starts_like_json:
        return AnalysisProblem("fenced", (reason,))
    return AnalysisProblem("invalid", (reason,))


_STRING = re.compile(r'"(?:[^"\\]|\\.)*("?)', re.DOTALL)


def _is_open(body: str) -> bool:
    """Whether a string, an object or a list is still open at the end."""
    strings = list(_STRING.finditer(body))
    if strings and not strings[-1][1]:
        return True
    bare = _STRING.sub("", body)
    closed = bare.count("}") + bare.count("]")
    return bare.count("{") + bare.count("[") > closed


def _validate(data: object, model: type[_Model]) -> _Model | AnalysisProblem:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        return AnalysisProblem("invalid", tuple(_reasons(error)))


def _reasons(error: ValidationError) -> Iterable[str]:
    for detail in error.errors(include_url=False, include_context=False)[:_MAX_ERRORS]:
        path = ".".join(str(step) for step in detail["loc"]) or "answer"
        shown = ascii(detail["input"])[:_MAX_VALUE_CHARS] if detail["type"] != "missing" else ""
        yield f"{path}: {detail['msg']}" + (f" (got {shown})" if shown else "")
