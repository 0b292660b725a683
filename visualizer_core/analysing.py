"""One structured question to the analyst: its permit, its ledger row, its cache, its repair.

Services that ask (products, scenes) share this, so that no question is ever put unpaced or
unbooked, and the same question of the same client is paid once.
"""

import hashlib
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.expression import bindparam

from visualizer_core.db.ledger import close_call, open_analysis_call
from visualizer_core.domain.analysis import ANALYSIS_VERSION
from visualizer_core.domain.analysis_answers import AnalysisProblem, parse_answer
from visualizer_core.domain.analysis_prompts import repair_instruction
from visualizer_core.domain.ids import CallId, new_id
from visualizer_core.domain.outcomes import CallOutcome, OutcomeClass
from visualizer_core.domain.prompt_parts import PromptImage, PromptText
from visualizer_core.domain.registry import Usage
from visualizer_core.domain.retry import next_pacific_midnight
from visualizer_core.errors import (
    Misconfigured,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
    VisualizerError,
)
from visualizer_core.ports import (
    AnalysisRequest,
    CallEstimate,
    ImagePart,
    ModelLimits,
    Permit,
    TextPart,
)
from visualizer_core.workspace import Workspace

__all__ = ["Question", "Understood", "ask", "content_key", "with_pictures"]

Answer = TypeVar("Answer", bound=BaseModel)

MAX_TRIES = 4  # transient trouble of one question; with back-off about half a minute
PERMIT_PATIENCE_S = 300.0  # a person watches an analysis; longer waits are reported instead
_ANSWER_TOKENS = 2_048
_MORE_ANSWER_TOKENS = 8_192  # asked for once when an answer was cut off
_BASE_DELAY_S = 1.0
MAX_REASON_CHARS = 300  # for a person; the ledger keeps the whole answer

_STOPS = {
    OutcomeClass.BAD_KEY,
    OutcomeClass.BILLING,
    OutcomeClass.FORBIDDEN,
    OutcomeClass.MODEL_GONE,
    OutcomeClass.NO_ACCESS,
}
_AGAIN = {
    OutcomeClass.RATE_LIMITED,
    OutcomeClass.OVERLOADED,
    OutcomeClass.SERVER_ERROR,
    OutcomeClass.TIMEOUT,
    OutcomeClass.CANCELLED,
    OutcomeClass.CONNECTION,
    OutcomeClass.UNKNOWN,
    OutcomeClass.SOFT_FAIL,
}
_PAUSES = {OutcomeClass.RATE_LIMITED, OutcomeClass.OVERLOADED, OutcomeClass.DAY_LIMIT}
_PAUSE_S = 2.0  # when the provider names no time


@dataclass(frozen=True, slots=True)
class Question(Generic[Answer]):
    """What to ask.

    Attributes
    ----------
    key : str
        `content_key` of everything the answer depends on.
    purpose : str
        Ledger purpose: ``product_analysis`` or ``scene_analysis``.
    subject_id : UUID
        The product or inspiration it is about.
    """

    key: str
    purpose: str
    subject_id: UUID
    schema: type[Answer]
    instruction: str
    parts: tuple[TextPart | ImagePart, ...]


@dataclass(frozen=True, slots=True)
class Understood(Generic[Answer]):
    """A valid answer."""

    value: Answer
    from_cache: bool
    cost_micros: int


def content_key(model: str, schema: type[BaseModel], *contents: str) -> str:
    """Hash what an answer depends on: model, schema version, picture hashes, text."""
    digest = hashlib.sha256()
    for content in (model, schema.__name__, str(ANALYSIS_VERSION), *contents):
        raw = content.encode()
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return digest.hexdigest()


def with_pictures(
    parts: Sequence[PromptText | PromptImage], pictures: Mapping[UUID, ImagePart]
) -> tuple[TextPart | ImagePart, ...]:
    """Put the pictures' bytes where a built prompt has places for them."""
    return tuple(
        TextPart(part.text) if isinstance(part, PromptText) else pictures[part.id] for part in parts
    )


def ask(ws: Workspace, question: Question[Answer]) -> Understood[Answer]:
    """Ask, or remember the answer of the same question.

    Raises
    ------
    ProviderUnavailable
        When it did not work out in several tries; asking later may.
    ProviderRefused
        When the model refused, or its answer was unusable even after one repair.
    Misconfigured
        When no question can work: key, billing or model.
    PartMissing
        When the database or Redis is away.
    """
    known = _remembered(ws, question)
    if known is not None:
        return Understood(known, from_cache=True, cost_micros=0)
    outcome, spent = _call_patiently(ws, question, question.parts, _ANSWER_TOKENS)
    answer = _parsed(outcome, question.schema)
    if isinstance(answer, AnalysisProblem):
        tokens = _MORE_ANSWER_TOKENS if answer.kind == "truncated" else _ANSWER_TOKENS
        parts = (*question.parts, TextPart(repair_instruction(answer)))
        outcome, more = _call_patiently(ws, replace(question, purpose="repair"), parts, tokens)
        spent += more
        answer = _parsed(outcome, question.schema)
    if isinstance(answer, AnalysisProblem):
        reasons = "; ".join(answer.errors)[:MAX_REASON_CHARS]
        raise ProviderRefused(f"The model's description could not be used: {reasons}")
    _remember(ws, question, answer)
    return Understood(answer, from_cache=False, cost_micros=spent)


def _parsed(outcome: CallOutcome, schema: type[Answer]) -> Answer | AnalysisProblem:
    if outcome.kind is OutcomeClass.TRUNCATED:
        return AnalysisProblem("truncated", ("the answer was cut off",))
    return parse_answer(outcome.text, schema)


def _call_patiently(
    ws: Workspace,
    question: Question[Answer],
    parts: Sequence[TextPart | ImagePart],
    max_output_tokens: int,
) -> tuple[CallOutcome, int]:
    spent = 0
    outcome: CallOutcome | None = None
    for attempt in range(MAX_TRIES):
        if attempt:
            time.sleep(random.uniform(0.5, 1.0) * _BASE_DELAY_S * 2**attempt)  # noqa: S311 - jitter
        outcome, cost = _call_once(ws, question, tuple(parts), max_output_tokens)
        spent += cost
        if outcome.kind not in _AGAIN:
            break
    if outcome is None:
        raise AssertionError("at least one try is made")
    if outcome.kind not in {OutcomeClass.SUCCESS, OutcomeClass.TRUNCATED}:
        raise _as_error(outcome, ws.runtime.analysis_model)
    return outcome, spent


def _as_error(outcome: CallOutcome, model: str) -> ProviderError | Misconfigured:
    if outcome.kind in _STOPS:
        return Misconfigured(f"Nothing can be analysed with model “{model}”: {outcome.message}")
    if outcome.kind in _AGAIN or outcome.kind is OutcomeClass.DAY_LIMIT:
        gist = outcome.message.partition(";")[0].rstrip(".")  # what goes on by itself is a run
        return ProviderUnavailable(f"The model gave no answer: {gist}. Analyse again later.")
    return ProviderRefused(f"The model refused to describe it: {outcome.message}")


def _call_once(
    ws: Workspace,
    question: Question[Answer],
    parts: tuple[TextPart | ImagePart, ...],
    max_output_tokens: int,
) -> tuple[CallOutcome, int]:
    rt = ws.runtime
    model = rt.registry.get(rt.analysis_model)
    guess = Usage(prompt_tokens=model.typical_prompt_tokens, output_tokens=200)
    estimate = CallEstimate(
        input_tokens=guess.prompt_tokens, images=0, cost_micros=model.cost_micros(guess)
    )
    permit = _permit(ws, model.id, estimate)
    try:
        call_id = _opened(ws, question, model.id, estimate)
    except VisualizerError:
        rt.limiter.refund(permit)
        raise
    used: CallEstimate | None = None
    try:
        outcome = rt.analyst.analyse(
            AnalysisRequest(
                call_id=call_id,
                model=model.id,
                instruction=question.instruction,
                parts=parts,
                schema=question.schema,
                max_output_tokens=max_output_tokens,
            )
        )
        cost = model.cost_micros(outcome.usage) if outcome.usage else 0
        used = CallEstimate(
            input_tokens=outcome.usage.prompt_tokens if outcome.usage else 0, cost_micros=cost
        )
        with ws.begin() as session:
            close_call(session, ws.client_id, call_id, outcome, cost_micros=cost)
    finally:
        rt.limiter.release(permit, used=used)
    _pace(ws, model.id, outcome)
    return outcome, cost


def _opened(
    ws: Workspace, question: Question[Answer], model: str, estimate: CallEstimate
) -> CallId:
    """Write the call into the ledger before it is made."""
    call_id = CallId(new_id())
    with ws.begin() as session:
        open_analysis_call(
            session,
            ws.client_id,
            call_id,
            purpose=question.purpose,
            subject_id=question.subject_id,
            model=model,
            estimated_micros=estimate.cost_micros,
        )
    return call_id


_NOW = text("SELECT now()")


def _pace(ws: Workspace, model: str, outcome: CallOutcome) -> None:
    """Make every worker slow down, or stop for the day, where the provider asks for it."""
    if outcome.kind not in _PAUSES:
        return
    pause_s = outcome.retry_after_s or _PAUSE_S
    if outcome.kind is OutcomeClass.DAY_LIMIT:
        with ws.begin() as session:
            now = session.execute(_NOW).scalar_one()
        pause_s = (next_pacific_midnight(now) - now).total_seconds()
    if outcome.kind is OutcomeClass.RATE_LIMITED:
        ws.runtime.limiter.slow_down(model)
    ws.runtime.limiter.cool_down(model, pause_s, outcome.message)


_LIMITS = text("""
    SELECT requests_per_minute, input_tokens_per_minute, images_per_minute,
           micros_per_ten_minutes, requests_per_day, max_in_flight
    FROM app.provider_limits WHERE model = :model
""")
_PAUSED = text("""
    SELECT coalesce(paused_reason, 'by an admin') FROM app.provider_limits
    WHERE model = :model AND paused_until > now()
""")


def _limits(ws: Workspace, model: str) -> ModelLimits:
    with ws.begin() as session:
        paused = session.execute(_PAUSED, {"model": model}).scalar_one_or_none()
        row = session.execute(_LIMITS, {"model": model}).mappings().one_or_none()
    if paused is not None:
        raise ProviderUnavailable(f"The model is paused ({paused}). Analyse again later.")
    if row is None:
        return ModelLimits(max_in_flight=ws.runtime.settings.max_in_flight)
    return ModelLimits(**row)


def _permit(ws: Workspace, model: str, estimate: CallEstimate) -> Permit:
    limits = _limits(ws, model)
    deadline = time.monotonic() + PERMIT_PATIENCE_S
    while True:
        permit = ws.runtime.limiter.acquire(model, limits, estimate, max_wait_s=10)
        if isinstance(permit, Permit):
            time.sleep(permit.wait_s)
            return permit
        if time.monotonic() + permit.retry_in_s > deadline:
            raise ProviderUnavailable(
                f"The analysis model is busy ({permit.reason}). Try again in "
                f"{permit.retry_in_s:.0f} s."
            )
        time.sleep(max(permit.retry_in_s, 0.05))


_CACHED = text("SELECT result FROM app.analysis_cache WHERE content_key = :key")
_CACHE = text("""
    INSERT INTO app.analysis_cache (content_key, result) VALUES (:key, :result)
    ON CONFLICT (client_id, content_key) DO NOTHING
""").bindparams(bindparam("result", type_=JSONB))


def _remembered(ws: Workspace, question: Question[Answer]) -> Answer | None:
    with ws.begin() as session:
        stored = session.execute(_CACHED, {"key": question.key}).scalar_one_or_none()
    if stored is None:
        return None
    try:
        return question.schema.model_validate(stored)
    except ValidationError:
        return None  # written by an older version of the schema


def _remember(ws: Workspace, question: Question[Answer], answer: Answer) -> None:
    with ws.begin() as session:
        session.execute(_CACHE, {"key": question.key, "result": answer.model_dump(mode="json")})
