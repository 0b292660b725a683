"""One real picture and one real analysis, to see what the provider does: it costs money."""

import time
from dataclasses import dataclass

from visualizer_core.db.audit import record
from visualizer_core.domain.analysis import ProductAnalysis
from visualizer_core.domain.analysis_answers import AnalysisProblem, parse_answer
from visualizer_core.domain.analysis_prompts import product_analysis_instruction
from visualizer_core.domain.ids import new_id
from visualizer_core.domain.outcomes import CallOutcome, Charge, OutcomeClass
from visualizer_core.domain.registry import ModelEntry, Usage
from visualizer_core.errors import ProviderUnavailable
from visualizer_core.imaging.compare import judge_picture
from visualizer_core.ports import (
    AnalysisRequest,
    CallEstimate,
    ImagePart,
    Permit,
    PictureRequest,
    TextPart,
)
from visualizer_core.services.operations.limits import model_limits
from visualizer_core.workspace import Runtime

__all__ = ["ProbedCall", "probe", "probe_estimate_micros"]

RATIO, SIZE = "1:1", "1K"  # what every picture model makes, at its lowest price
PATIENCE_S = 20.0  # a person watches; a run that uses the whole rate is reported instead
_SCENE = (
    "A plain white ceramic vase on a light oak side table in a bright living room, in daylight, "
    "photographed at eye level. No text, no people."
)
_ANALYSIS_TOKENS = Usage(prompt_tokens=1_300, output_tokens=200)  # of a usual analysis


@dataclass(frozen=True, slots=True)
class ProbedCall:
    """What one call came to.

    Attributes
    ----------
    ok : bool
        Whether the answer was what was asked for.
    message : str
        What was wrong, or what was noticed.
    width, height : int
        Pixels; 0 when there is no picture.
    """

    purpose: str
    model: str
    ok: bool
    message: str
    charge: Charge
    latency_s: float
    usage: Usage
    cost_micros: int
    mime: str = ""
    width: int = 0
    height: int = 0


def probe_estimate_micros(rt: Runtime) -> int:
    """What `probe` is going to cost, in millionths of a dollar."""
    picture = rt.registry.get(rt.image_model).estimate_micros(SIZE)
    return picture + rt.registry.get(rt.analysis_model).cost_micros(_ANALYSIS_TOKENS)


def probe(rt: Runtime, *, actor: str) -> tuple[ProbedCall, ProbedCall]:
    """Make one picture with the default model and let the default analyst describe it.

    The pace of everybody is kept, and the audit log says what it cost.

    Raises
    ------
    ProviderUnavailable
        When runs use the whole rate at the moment.
    PartMissing
        When the database or Redis is away.
    """
    picture_model = rt.registry.get(rt.image_model)
    outcome = _picture(rt, picture_model)
    picture = _judged(picture_model, outcome)
    _book(rt, actor, picture)
    analysis = _analysis(rt, outcome)
    _book(rt, actor, analysis)
    return picture, analysis


def _picture(rt: Runtime, model: ModelEntry) -> CallOutcome:
    estimate = CallEstimate(
        input_tokens=model.typical_prompt_tokens, images=1, cost_micros=model.estimate_micros(SIZE)
    )
    request = PictureRequest(
        call_id=new_id(),
        model=model.id,
        parts=(TextPart(_SCENE),),
        aspect_ratio=RATIO,
        image_size=SIZE,
        seed=1,
    )
    permit = _permit(rt, model.id, estimate)
    try:
        return rt.generator.generate(request)
    finally:
        rt.limiter.release(permit)


def _judged(model: ModelEntry, outcome: CallOutcome) -> ProbedCall:
    if outcome.picture is None:
        return _call("picture", model, outcome, ok=False, message=outcome.message)
    width, height = model.pixels(RATIO, SIZE)
    verdict = judge_picture(
        outcome.picture.data,
        expected_ratio=width / height,
        expected_long_side=max(width, height),
    )
    message = verdict.message
    if verdict.ok and (verdict.width, verdict.height) != (width, height):
        message = f"The registry expects {width} x {height} px; correct its pixel table."
    call = _call("picture", model, outcome, ok=verdict.ok, message=message)
    return ProbedCall(
        purpose=call.purpose,
        model=call.model,
        ok=call.ok,
        message=call.message,
        charge=call.charge,
        latency_s=call.latency_s,
        usage=call.usage,
        cost_micros=call.cost_micros,
        mime=outcome.picture.mime,
        width=verdict.width,
        height=verdict.height,
    )


def _analysis(rt: Runtime, made: CallOutcome) -> ProbedCall:
    model = rt.registry.get(rt.analysis_model)
    parts: tuple[TextPart | ImagePart, ...] = (TextPart("A white ceramic vase."),)
    if made.picture is not None:
        parts = (*parts, ImagePart(made.picture.data, made.picture.mime, "MEDIUM"))
    estimate = CallEstimate(
        input_tokens=_ANALYSIS_TOKENS.prompt_tokens, cost_micros=model.cost_micros(_ANALYSIS_TOKENS)
    )
    request = AnalysisRequest(
        call_id=new_id(),
        model=model.id,
        instruction=product_analysis_instruction(),
        parts=parts,
        schema=ProductAnalysis,
    )
    permit = _permit(rt, model.id, estimate)
    try:
        outcome = rt.analyst.analyse(request)
    finally:
        rt.limiter.release(permit)
    if outcome.kind is not OutcomeClass.SUCCESS:
        return _call("analysis", model, outcome, ok=False, message=outcome.message)
    answer = parse_answer(outcome.text, ProductAnalysis)
    if isinstance(answer, AnalysisProblem):
        return _call("analysis", model, outcome, ok=False, message="; ".join(answer.errors))
    return _call("analysis", model, outcome, ok=True, message=f"It sees: {answer.generic_class}.")


def _call(
    purpose: str, model: ModelEntry, outcome: CallOutcome, *, ok: bool, message: str
) -> ProbedCall:
    usage = outcome.usage or Usage()
    return ProbedCall(
        purpose=purpose,
        model=model.id,
        ok=ok,
        message=message,
        charge=outcome.charge,
        latency_s=round(outcome.latency_s, 2),
        usage=usage,
        cost_micros=model.cost_micros(usage),
    )


def _permit(rt: Runtime, model: str, estimate: CallEstimate) -> Permit:
    limits = model_limits(rt, model)
    deadline = time.monotonic() + PATIENCE_S
    while True:
        permit = rt.limiter.acquire(model, limits, estimate, max_wait_s=PATIENCE_S)
        if isinstance(permit, Permit):
            time.sleep(permit.wait_s)
            return permit
        if time.monotonic() + permit.retry_in_s > deadline:
            raise ProviderUnavailable(
                f"{model} is busy ({permit.reason}). Try again in {permit.retry_in_s:.0f} s, or "
                "when the running work is done."
            )
        time.sleep(max(permit.retry_in_s, 0.05))


def _book(rt: Runtime, actor: str, call: ProbedCall) -> None:
    with rt.begin() as session:
        record(
            session,
            client_id=None,
            actor=actor,
            action="provider.probed",
            subject=f"model:{call.model}",
            after={
                "purpose": call.purpose,
                "ok": call.ok,
                "charge": call.charge,
                "cost_micros": call.cost_micros,
            },
        )
