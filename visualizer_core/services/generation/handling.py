"""What becomes of an asset after a call that gave no picture, and after a crash."""

import logging
import random
from datetime import datetime

from sqlalchemy import text

from visualizer_core.db.jobs import ClaimedAsset, Dead, HandBack
from visualizer_core.domain.outcomes import CallOutcome
from visualizer_core.domain.retry import Action, Counters, Decision, decide, decide_crash
from visualizer_core.domain.status import AssetStatus
from visualizer_core.services.generation.inputs import PictureInputs
from visualizer_core.workspace import Runtime, Workspace

__all__ = ["after_call", "after_crash"]

STOP_S = 900.0  # a stop that needs a person is looked at again after a quarter of an hour

log = logging.getLogger(__name__)
_jitter = random.Random()  # noqa: S311 - spreads retries; not a secret


def after_call(
    ws: Workspace, asset: ClaimedAsset, inputs: PictureInputs, outcome: CallOutcome
) -> HandBack:
    """Decide, and slow down or stop the model where the provider asks for it."""
    rt = ws.runtime
    decision = decide(
        outcome,
        Counters(
            attempts=max(asset.attempts - 1, 0),  # the claim has counted this one
            deferrals=asset.deferrals,
            crashes=asset.crashes,
            recalls=asset.recalls,
            # The asset's own waits stand for the model's: refused together, they grow together.
            bare_429_in_a_row=asset.deferrals,
        ),
        item=f"“{inputs.name}” (variant {asset.variant})",
        now=_now(rt),
        rng=_jitter,
    )
    _pace(rt, asset.model, decision, outcome)
    return _hand_back(decision)


def _now(rt: Runtime) -> datetime:
    with rt.begin() as session:
        return session.execute(text("SELECT now()")).scalar_one()


def _pace(rt: Runtime, model: str, decision: Decision, outcome: CallOutcome) -> None:
    if decision.slow_down:
        rt.limiter.slow_down(model)
    if decision.model_pause_s > 0:
        rt.limiter.cool_down(model, decision.model_pause_s, decision.error_code)
    if decision.action in {Action.STOP_MODEL, Action.STOP_RUN}:
        models = [model]
        if decision.action is Action.STOP_RUN:
            models = [entry.id for entry in rt.registry.models if entry.kind == "image"]
        # Every client reads the reason: it must not name the picture of one.
        stop_models(rt, models, outcome.message or decision.error_code)


_STOP = text("""
    INSERT INTO app.provider_limits (model, paused_until, paused_reason)
    SELECT m, now() + make_interval(secs => :seconds), :reason
    FROM unnest(CAST(:models AS text[])) AS m
    ON CONFLICT (model) DO UPDATE SET paused_until = excluded.paused_until,
      paused_reason = excluded.paused_reason, updated_at = now()
""")


def stop_models(rt: Runtime, models: list[str], reason: str) -> None:
    """Pause models for everybody until somebody has looked."""
    log.error("%s paused: %s", ", ".join(models), reason)
    with rt.begin() as session:
        session.execute(_STOP, {"models": models, "seconds": STOP_S, "reason": reason})


_WAITS = {Action.DEFER, Action.COOL_DOWN, Action.STOP_MODEL, Action.STOP_RUN}


def _hand_back(decision: Decision) -> HandBack:
    waits = decision.action in _WAITS
    return HandBack(
        status=AssetStatus.ERROR if decision.action is Action.FAIL else AssetStatus.PENDING,
        delay_s=decision.delay_s,
        attempts=-1 if waits else 0,  # what the claim counted is taken back
        deferrals=int(decision.counts_as == "deferrals"),
        hint=decision.hint,
        error_code=decision.error_code,
        error_message=decision.message,
    )


def after_crash(dead: Dead) -> HandBack:
    """Decide what becomes of an asset whose worker died."""
    decision = decide_crash(
        Counters(crashes=dead.crashes, recalls=dead.recalls),
        call_unknown=dead.in_doubt,
        item=f"“{dead.product}” (variant {dead.variant})",
        rng=_jitter,
    )
    return HandBack(
        status=AssetStatus.ERROR if decision.action is Action.FAIL else AssetStatus.PENDING,
        delay_s=decision.delay_s,
        attempts=-1,
        crashes=1,
        recalls=int(dead.in_doubt),
        error_code=decision.error_code,
        error_message=decision.message,
    )
