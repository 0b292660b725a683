"""The main road: one ``generateContent`` call from its body to its answer."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime

from visualizer_core.errors import InvalidInput
from visualizer_core.local.standin import alterations, answers, usage
from visualizer_core.local.standin.analyst import as_text
from visualizer_core.local.standin.briefing import scene_of
from visualizer_core.local.standin.call import Call
from visualizer_core.local.standin.exchange import (
    Answer,
    Entry,
    JsonObject,
    Manner,
    Problem,
    Reply,
    Request,
)
from visualizer_core.local.standin.fault_answers import (
    PICTURE_KINDS,
    kinds_for,
    refusal_of,
    withheld,
)
from visualizer_core.local.standin.faults import Chance, Fault
from visualizer_core.local.standin.limits import Demand
from visualizer_core.local.standin.models import model_table
from visualizer_core.local.standin.state import State
from visualizer_core.local.standin.studio import Order
from visualizer_core.local.standin.usage import Usage
from visualizer_core.local.standin.validation import first, problems, too_large, undecodable
from visualizer_core.local.standin.wire import GenerateRequest, parse

__all__ = [
    "generate",
    "streamed",
]


@dataclass(frozen=True, slots=True)
class _Made:
    """An answer, what it costs, and the digests of its pictures."""

    answer: Answer
    usage: Usage | None
    billed: bool = True
    returned: tuple[str, ...] = ()


async def generate(state: State, request: Request, model_id: str, version: str) -> Reply:
    """Answer a call, or refuse it.

    Parameters
    ----------
    state : State
    request : Request
    model_id : str
        From the path; a ``models/`` prefix is already gone.
    version : str
        ``v1beta`` or ``v1``.
    """
    # What decides the answer is done in a frame of its own: while the answer waits for its time,
    # nothing holds the pictures that came in.
    reply, seconds = await _decided(state, request, model_id, version)
    left = request.arrived_at + seconds - time.time()
    if left > 0:
        await asyncio.sleep(left)
    return reply


async def _decided(
    state: State, request: Request, model_id: str, version: str
) -> tuple[Reply, float]:
    """Make the reply, and say how many seconds after the request's arrival it is due."""
    entry = Entry("generateContent", model_id)
    call = _accepted(state, request, model_id, version)
    if isinstance(call, Problem):
        return _refused(call, entry), 0.0
    _note(entry, call)
    if (problem := await _problem(state, call)) is not None:
        return _refused(problem, entry), 0.0
    entry.fault, fault = state.faults.draw(_chance(call, request)) or (None, None)
    if fault is not None and (error := refusal_of(fault.kind, call.model.id)) is not None:
        return _scripted_error(error, fault, call, entry), fault.seconds or 0.0
    if (problem := state.limits.take(_demand(call))) is not None:
        return _refused(problem, entry), 0.0
    seconds = _seconds(state, call, fault)
    return await _produced(state, call, fault, entry), seconds


async def _problem(state: State, call: Call) -> Problem | None:
    if (problem := first(problems(call, model_table()))) is not None:
        return problem
    for picture in call.pictures:
        if not await state.checker.readable(picture):
            return undecodable(picture.where)
    return None


def _scripted_error(answer: Answer, fault: Fault, call: Call, entry: Entry) -> Reply:
    entry.outcome = fault.kind
    entry.billed_micros = _expected(call).micros(call, _today()) if fault.billed else 0
    return Reply(answer, entry)


async def _produced(state: State, call: Call, fault: Fault | None, entry: Entry) -> Reply:
    try:
        made = await _make(state, call, fault, response_id=f"resp-{state.next_number():08d}")
    except InvalidInput:
        return _refused(undecodable("contents"), entry)
    return _reply(entry, call, made, fault)


def _accepted(state: State, request: Request, model_id: str, version: str) -> Call | Problem:
    model = state.find_model(model_id, version, "generateContent")
    if isinstance(model, Problem):
        return model
    raw = request.take_body()
    if len(raw) > state.options.max_request_bytes:
        return too_large()
    body = parse(GenerateRequest, raw)
    return body if isinstance(body, Problem) else Call.of(model, version, body)


def _note(entry: Entry, call: Call) -> None:
    entry.images = tuple(picture.sha256 for picture in call.pictures)
    entry.prompt = f"{call.system}\n{call.prompt}".strip()
    entry.seed = call.config.seed
    entry.ratio = call.ratio
    entry.size = call.size if call.model.role == "image" else None
    entry.tier = call.tier


def _refused(problem: Problem, entry: Entry) -> Reply:
    entry.outcome = problem.outcome
    return Reply(problem.answer(), entry)


def _chance(call: Call, request: Request) -> Chance:
    return Chance(
        model=call.model.id,
        path=request.path,
        prompt=f"{call.system}\n{call.prompt}",
        call=request.header("x-visualizer-call"),
        identity=call.identity,
        kinds=kinds_for(call.model.role),
    )


def _demand(call: Call) -> Demand:
    expected = _expected(call)
    pictures = 1 if _wants_picture(call) else 0
    return Demand(call.model.id, expected.prompt, pictures, expected.micros(call, _today()))


def _expected(call: Call) -> Usage:
    """Usage of a normal answer, as far as it is known beforehand."""
    return usage.pictures(call, 1) if _wants_picture(call) else usage.prompt_only(call)


def _wants_picture(call: Call) -> bool:
    return call.model.role == "image" and "IMAGE" in call.modalities


def _seconds(state: State, call: Call, fault: Fault | None) -> float:
    drawn = state.latency.draw(call.model.role)
    if fault is None or fault.seconds is None or fault.kind == "wire_trickle":
        return drawn
    return drawn + fault.seconds if fault.kind == "wire_delay" else fault.seconds


async def _make(state: State, call: Call, fault: Fault | None, *, response_id: str) -> _Made:
    if fault is not None and (silent := withheld(fault, call, response_id)) is not None:
        return _Made(*silent)
    if not _wants_picture(call):
        return await _words(state, call, fault, response_id)
    kind = fault.kind if fault is not None and fault.kind in PICTURE_KINDS else None
    order = _order(call)
    pictures = await alterations.pictures(kind, state.studio, order, call)
    parts = _picture_parts(call, kind, [picture.mime for picture in pictures])
    spent = usage.pictures(call, len(pictures))
    body = answers.response(
        [answers.candidate(parts)], spent, model=call.model.id, response_id=response_id
    )
    answer = answers.with_pictures(body, [picture.rendered for picture in pictures])
    return _Made(answer, spent, returned=tuple(sent.rendered.sha256 for sent in pictures))


def _order(call: Call) -> Order:
    scene = scene_of(call)
    ratio = call.ratio or alterations.ratio_like(call)
    width, height = model_table().pixels(ratio, call.size)
    return Order(
        product=scene.product.data if scene.product else None,
        scene=scene.scene.data if scene.scene else None,
        width=width,
        height=height,
        seed=call.seed,
        prompt=f"{call.system}\n{call.prompt}",
    )


def _picture_parts(call: Call, kind: str | None, mimes: list[str]) -> list[JsonObject]:
    talkative = kind == "image_ok_with_thought_and_text"
    thinking = call.config.thinking_config
    parts: list[JsonObject] = []
    if talkative or (thinking is not None and thinking.include_thoughts):
        parts.append({"text": "Plan: place the product where it would stand.", "thought": True})
    if talkative or "TEXT" in call.modalities:
        parts.append({"text": "Here is the scene."})
    for index, mime in enumerate(mimes):
        if index:
            parts.append({"text": "Refining."})
        signed = kind != "image_corrupt_bytes"
        parts.append(answers.picture_part(index, mime, signed=signed))
    return parts


async def _words(state: State, call: Call, fault: Fault | None, response_id: str) -> _Made:
    finish = "STOP"
    shape = call.shape
    if shape is None:
        text = await state.analyst.described(call)
    else:
        value = await state.analyst.structured(call, shape)
        text = as_text(value)
        if fault is not None:
            text, finish = alterations.text(fault.kind, value, shape)
    spent = usage.words(call, text, structured=shape is not None)
    limit = call.config.max_output_tokens
    if limit is not None and (spent.candidates or 0) > limit:
        text, finish = text[: limit * len(text) // (spent.candidates or 1)], "MAX_TOKENS"
        spent = usage.words(call, text, structured=shape is not None)
    body = answers.response(
        [answers.candidate([{"text": text}], finish)],
        spent,
        model=call.model.id,
        response_id=response_id,
    )
    return _Made(answers.body_with(body), spent)


def _reply(entry: Entry, call: Call, made: _Made, fault: Fault | None) -> Reply:
    entry.returned = made.returned
    if made.usage is not None:
        entry.usage = made.usage.reported()
    manner = Manner()
    billed = made.billed
    if fault is not None:
        entry.outcome = fault.kind if fault.reason is None else f"{fault.kind}:{fault.reason}"
        manner = _manner(fault)
        if manner.kind in {"close", "reset"}:
            entry.returned = ()
            billed = False
        billed = billed if fault.billed is None else fault.billed
    if billed:
        entry.billed_micros = (made.usage or _expected(call)).micros(call, _today())
    return Reply(made.answer.sent(manner), entry)


def _manner(fault: Fault) -> Manner:
    match fault.kind:
        case "wire_trickle":
            return Manner("trickle", fault.seconds or 1.0)
        case "wire_close":
            return Manner("close")
        case "wire_reset":
            return Manner("reset")
        case "wire_truncate":
            return Manner("truncate")
        case _:
            return Manner()


def _today() -> date:
    return datetime.now(UTC).date()


def streamed(reply: Reply) -> Reply:
    """Send the same answer as one server-sent event."""
    answer = reply.answer
    if answer.status != 200:  # noqa: PLR2004  # OK
        return reply
    pieces = (b"data: ", *answer.pieces, b"\r\n\r\n")
    return Reply(
        Answer(200, pieces, "text/event-stream", answer.headers, answer.manner), reply.entry
    )
