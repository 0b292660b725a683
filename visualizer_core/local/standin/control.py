"""The control routes, outside the provider's paths: scripts, limits, history.

They answer JSON; what cannot be used is 400 with ``{"error": "…"}``.
"""

import time
from collections.abc import Awaitable, Callable

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from visualizer_core.errors import InvalidInput
from visualizer_core.local.standin.exchange import Answer, JsonObject, Request, json_answer
from visualizer_core.local.standin.fault_answers import KINDS
from visualizer_core.local.standin.faults import FaultScript
from visualizer_core.local.standin.latency import LatencySettings
from visualizer_core.local.standin.limits import LimitSettings
from visualizer_core.local.standin.models import model_table
from visualizer_core.local.standin.state import State
from visualizer_core.local.standin.studio import PictureMode

__all__ = ["PREFIX", "answer"]

PREFIX = "/_control/"
_LOG_PAGE = 10_000  # lines of at most a few kilobytes


class KeySettings(BaseModel):
    """Body of ``POST /_control/keys``: keys that are valid; none means any."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    accepted: frozenset[str] = Field(default=frozenset())


class StrictSettings(BaseModel):
    """Body of ``POST /_control/strict``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    versions: bool


async def answer(state: State, request: Request) -> Answer:
    """Answer a control request."""
    action = _ACTIONS.get((request.method, request.path.removeprefix(PREFIX)))
    if action is None:
        known = ", ".join(f"{method} {PREFIX}{name}" for method, name in _ACTIONS)
        return json_answer({"error": f"No such control route. There are: {known}."}, status=404)
    try:
        return json_answer(await action(state, request))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        return json_answer({"error": f"{where}: {first['msg']}"}, status=400)
    except InvalidInput as error:
        return json_answer({"error": str(error)}, status=400)


async def _health(state: State, _: Request) -> JsonObject:
    return {
        "status": "ok",
        "models_as_of": model_table().as_of.isoformat(),
        "picture_mode": state.studio.mode.mode,
        "uptime_s": round(time.monotonic() - state.started, 3),
    }


async def _state(state: State, _: Request) -> JsonObject:
    return {
        "faults": state.faults.report(),
        "fault_kinds": sorted(KINDS),
        "latency": state.latency.settings.model_dump(),
        "limits": state.limits.settings.model_dump(),
        "picture_mode": state.studio.mode.model_dump(),
        "strict_versions": state.strict_versions,
        "unsplash": state.photos.quota(),
    }


async def _faults(state: State, request: Request) -> JsonObject:
    state.faults.script(FaultScript.model_validate_json(request.body))
    return {"faults": state.faults.report()}


async def _list_faults(state: State, _: Request) -> JsonObject:
    return {"faults": state.faults.report(), "kinds": sorted(KINDS)}


async def _latency(state: State, request: Request) -> JsonObject:
    state.latency.change(LatencySettings.model_validate_json(request.body))
    return {"latency": state.latency.settings.model_dump()}


async def _limits(state: State, request: Request) -> JsonObject:
    settings = LimitSettings.model_validate_json(request.body)
    state.limits.change(settings)
    if settings.unsplash_per_hour is not None:
        state.photos.limit(settings.unsplash_per_hour)
    return {"limits": settings.model_dump()}


async def _keys(state: State, request: Request) -> JsonObject:
    state.accepted_keys = KeySettings.model_validate_json(request.body).accepted
    return {"accepted": len(state.accepted_keys)}


async def _strict(state: State, request: Request) -> JsonObject:
    state.strict_versions = StrictSettings.model_validate_json(request.body).versions
    return {"versions": state.strict_versions}


async def _picture_mode(state: State, request: Request) -> JsonObject:
    await state.studio.change(PictureMode.model_validate_json(request.body))
    return {"picture_mode": state.studio.mode.model_dump()}


async def _reset(state: State, _: Request) -> JsonObject:
    state.reset()
    return {"last": state.history.last}


async def _log(state: State, request: Request) -> JsonObject:
    since, limit = (
        _count(request, name, default) for name, default in (("since", 0), ("limit", _LOG_PAGE))
    )
    lines = state.history.since(since, min(limit, _LOG_PAGE))
    return {"entries": lines, "last": state.history.last}


async def _stats(state: State, _: Request) -> JsonObject:
    return {**state.history.statistics.report(), "in_flight": dict(state.in_flight)}


def _count(request: Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    if not text.isdigit():
        raise InvalidInput(f"“{name}” must be a whole number, not “{text}”.")
    return int(text)


Action = Callable[[State, Request], Awaitable[JsonObject]]

_ACTIONS: dict[tuple[str, str], Action] = {
    ("GET", "health"): _health,
    ("GET", "state"): _state,
    ("GET", "log"): _log,
    ("GET", "stats"): _stats,
    ("GET", "faults"): _list_faults,
    ("POST", "faults"): _faults,
    ("POST", "latency"): _latency,
    ("POST", "limits"): _limits,
    ("POST", "keys"): _keys,
    ("POST", "strict"): _strict,
    ("POST", "picture-mode"): _picture_mode,
    ("POST", "reset"): _reset,
}
