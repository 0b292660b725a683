"""Which handler answers which path of the provider, and the short handlers themselves."""

import re
from collections.abc import Awaitable, Callable

from visualizer_core.local.standin import unsplash
from visualizer_core.local.standin.call import Call
from visualizer_core.local.standin.exchange import (
    Entry,
    JsonObject,
    Problem,
    Reply,
    Request,
    invalid_argument,
    json_answer,
)
from visualizer_core.local.standin.generate import generate, streamed
from visualizer_core.local.standin.models import Model, model_table
from visualizer_core.local.standin.state import State
from visualizer_core.local.standin.usage import prompt_details, prompt_tokens
from visualizer_core.local.standin.validation import contents_problems, first
from visualizer_core.local.standin.wire import CountTokensRequest, GenerateRequest, parse

__all__ = ["answer"]

_MODEL = re.compile(r"^/(v1beta|v1)/models/([^/:]+)(?::(\w+))?$")
_MODELS = re.compile(r"^/(v1beta|v1)/models/?$")
_TOKEN = re.compile(r"^p\d{1,6}$")
_LATER = re.compile(r"^/(?:upload/)?(?:v1beta|v1)/(?:files|batches|cachedContents)\b")
_PAGE_SIZE = 50  # documented default
_MAX_PAGE_SIZE = 1000

Action = Callable[[State, Request, str, str], Awaitable[Reply]]


async def answer(state: State, request: Request) -> Reply:
    """Answer a request of the provider or of the photo service."""
    if (unsplashed := await unsplash.answer(state.photos, request)) is not None:
        return unsplashed
    return await _provider(state, request)


async def _provider(state: State, request: Request) -> Reply:
    if (problem := state.check_key(request)) is not None:
        return _refused(problem, _operation(request))
    if found := _MODEL.match(request.path):
        version, model_id, method = found.groups()
        action = _ACTIONS.get((request.method, method))
        if action is not None:
            return await action(state, request, model_id, version)
    if request.method == "GET" and _MODELS.match(request.path):
        return _list_models(request)
    if _LATER.match(request.path) or (found and found[3] == "batchGenerateContent"):
        return _refused(_not_found("The stand-in does not serve files and batches yet."), "later")
    return _refused(_not_found("Requested entity was not found."), "unknown")


async def _get_model(state: State, _: Request, model_id: str, version: str) -> Reply:
    model = state.find_model(model_id, version, "generateContent")
    if isinstance(model, Problem):
        return _refused(model, "models.get")
    return Reply(json_answer(model.described()), Entry("models.get", model.id))


async def _count_tokens(state: State, request: Request, model_id: str, version: str) -> Reply:
    model = state.find_model(model_id, version, "countTokens")
    if isinstance(model, Problem):
        return _refused(model, "countTokens")
    call = _counted(request, model, version)
    if isinstance(call, Problem):
        return _refused(call, "countTokens")
    if (problem := first(contents_problems(call))) is not None:
        return _refused(problem, "countTokens")
    text, image = prompt_tokens(call)
    body: JsonObject = {
        "totalTokens": text + image,
        "promptTokensDetails": prompt_details(text, image),
    }
    entry = Entry("countTokens", model.id, prompt=call.prompt)
    entry.images = tuple(picture.sha256 for picture in call.pictures)
    return Reply(json_answer(body), entry)


def _counted(request: Request, model: Model, version: str) -> Call | Problem:
    body = parse(CountTokensRequest, request.take_body())
    if isinstance(body, Problem):
        return body
    inner = body.generate_content_request or GenerateRequest(contents=body.contents)
    return Call.of(model, version, inner)


async def _generate_streamed(state: State, request: Request, model_id: str, version: str) -> Reply:
    return streamed(await generate(state, request, model_id, version))


_ACTIONS: dict[tuple[str, str | None], Action] = {
    ("GET", None): _get_model,
    ("POST", "generateContent"): generate,
    ("POST", "streamGenerateContent"): _generate_streamed,
    ("POST", "countTokens"): _count_tokens,
}


def _list_models(request: Request) -> Reply:
    """Answer one page; the page token is the letter p and the number of models already listed."""
    asked, token = request.query.get("pageSize", ""), request.query.get("pageToken", "p0")
    if (asked and not asked.isdigit()) or not _TOKEN.match(token):
        field = "page_token" if asked.isdigit() or not asked else "page_size"
        problem = invalid_argument(f"Invalid value at {field}", field, "unusable value")
        return _refused(problem, "models.list")
    size = min(int(asked or 0) or _PAGE_SIZE, _MAX_PAGE_SIZE)
    skipped = int(token[1:])
    models = model_table().models
    page = models[skipped : skipped + size]
    body: JsonObject = {"models": [model.described() for model in page]}
    if skipped + size < len(models):
        body["nextPageToken"] = f"p{skipped + size}"
    return Reply(json_answer(body), Entry("models.list"))


def _operation(request: Request) -> str:
    found = _MODEL.match(request.path)
    return (found[3] or "models.get") if found else "unknown"


def _refused(problem: Problem, op: str) -> Reply:
    return Reply(problem.answer(), Entry(op, outcome=problem.outcome))


def _not_found(message: str) -> Problem:
    return Problem("err_404_path", 404, message)
