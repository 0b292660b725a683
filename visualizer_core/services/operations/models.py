"""Looks at the provider: the key, every model of the registry, retirement dates, Unsplash."""

from datetime import UTC, date, datetime

from visualizer_core.domain.registry import ModelEntry
from visualizer_core.services.operations.checks import Check, Part
from visualizer_core.workspace import Runtime

__all__ = ["look_at_provider"]

RETIREMENT_NOTICE_DAYS = 60  # enough to try another model on a client's products


def look_at_provider(rt: Runtime) -> list[Check]:
    """Whether the key may use each model of the registry, and how long each will exist."""
    answers = {entry.id: rt.analyst.model_alive(entry.id) for entry in rt.registry.models}
    objections = {why for alive, why in answers.values() if not alive}
    nothing_works = not any(alive for alive, _ in answers.values())
    if nothing_works and len(objections) == 1:
        # One cause, one finding: a wrong key would otherwise be told once for each model.
        return [
            Check(
                Part.PROVIDER,
                "provider key",
                ok=False,
                detail=objections.pop(),
                remedy="Check GEMINI_API_KEY, its billing, and the network.",
            ),
            _unsplash(rt),
        ]
    key = Check(Part.PROVIDER, "provider key", ok=True, detail="accepted")
    today = datetime.now(UTC).date()
    models = [_model(rt, entry, answers[entry.id], today) for entry in rt.registry.models]
    return [key, *models, _unsplash(rt)]


def _model(rt: Runtime, entry: ModelEntry, answer: tuple[bool, str], today: date) -> Check:
    alive, why = answer
    is_default = entry.id in {rt.image_model, rt.analysis_model}
    name = f"model {entry.id}"
    if not alive:
        return Check(
            Part.PROVIDER,
            name,
            ok=not is_default,
            detail=("the default; " if is_default else "") + why,
            remedy="Choose another default with IMAGE_MODEL or ANALYSIS_MODEL."
            if is_default
            else "It cannot be chosen; take it out of the registry (MODEL_REGISTRY_FILE).",
        )
    detail = "usable, the default" if is_default else "usable"
    if entry.retires_on is None:
        return Check(Part.PROVIDER, name, ok=True, detail=detail)
    days = (entry.retires_on - today).days
    soon = days <= RETIREMENT_NOTICE_DAYS
    return Check(
        Part.PROVIDER,
        name,
        ok=True,
        detail=f"{detail}, until {entry.retires_on} ({days} days)",
        remedy="Try its successor now and change the default." if soon else "",
    )


def _unsplash(rt: Runtime) -> Check:
    settings = rt.settings
    if settings.unsplash_access_key is None:
        detail = "not set up; inspirations can be uploaded"
    elif settings.unsplash_ai_licensed:
        detail = "set up; photos may be sent to the provider"
    else:
        detail = "set up for browsing; no photo is sent to the provider"
    return Check(Part.PROVIDER, "unsplash", ok=True, detail=detail)
