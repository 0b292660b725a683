"""``visualizer admin limits | model | queue``: how fast models are called, and what waits."""

from dataclasses import asdict
from typing import Annotated, cast

import typer

from visualizer_core.cli.admin_clients import ACTOR
from visualizer_core.cli.console import (
    DEFAULT_STATE_DIR,
    Json,
    State,
    opened,
    print_json,
    reported,
)
from visualizer_core.cli.showing import say, show_table
from visualizer_core.ports import ModelLimits
from visualizer_core.services import operations
from visualizer_core.services.operations import ModelLine, QueueState, Rates

__all__ = ["limits", "model", "queue"]

_MICROS = 1_000_000
_LIFTABLE = (
    "requests_per_minute",
    "input_tokens_per_minute",
    "images_per_minute",
    "micros_per_ten_minutes",
    "requests_per_day",
)

Model = Annotated[
    str, typer.Argument(metavar="MODEL", help="Id of the model, as the registry has it.")
]

limits = typer.Typer(no_args_is_help=True, help="How fast each model may be called.")
model = typer.Typer(no_args_is_help=True, help="Pause and resume a model, for everybody.")


@limits.callback()
def rates() -> None:
    """How fast each model may be called, by everybody together."""


@limits.command("set")
def set_limits(
    model_id: Annotated[str, typer.Argument(metavar="MODEL", help="Id of the model.")],
    *,
    requests_per_minute: Annotated[float | None, typer.Option(help="Calls.")] = None,
    input_tokens_per_minute: Annotated[float | None, typer.Option(help="Prompt tokens.")] = None,
    images_per_minute: Annotated[float | None, typer.Option(help="Pictures.")] = None,
    usd_per_ten_minutes: Annotated[
        float | None, typer.Option(help="US dollars in any ten minutes.")
    ] = None,
    requests_per_day: Annotated[int | None, typer.Option(help="Calls a Pacific day.")] = None,
    max_in_flight: Annotated[int | None, typer.Option(help="Calls at the same time.")] = None,
    reserved_slots: Annotated[
        int | None, typer.Option(help="Of these, kept for single pictures people wait for.")
    ] = None,
    unlimited: Annotated[
        bool, typer.Option("--unlimited", help="Lift every rate that is not named here.")
    ] = False,
    as_json: Json = False,
    state: State = DEFAULT_STATE_DIR,
) -> None:
    """Change how fast a model may be called; takes effect with the next call.

    What is not named stays as it is.
    """
    named = {
        "requests_per_minute": requests_per_minute,
        "input_tokens_per_minute": input_tokens_per_minute,
        "images_per_minute": images_per_minute,
        "micros_per_ten_minutes": None
        if usd_per_ten_minutes is None
        else usd_per_ten_minutes * _MICROS,
        "requests_per_day": requests_per_day,
        "max_in_flight": max_in_flight,
        "reserved_slots": reserved_slots,
    }
    lifted = dict.fromkeys(_LIFTABLE) if unlimited else {}
    wanted = lifted | {name: value for name, value in named.items() if value is not None}
    with reported(), opened(state) as (rt, _):
        operations.set_model_limits(rt, model_id, actor=ACTOR, **cast("Rates", wanted))
        now = operations.queue_state(rt)
    line = _line(now, model_id)
    say(f"✓ {model_id}: {_rates(line.limits)}")
    if as_json:
        print_json({"model": model_id, "limits": asdict(line.limits)})


@model.command("pause")
def pause(
    model_id: Model,
    *,
    reason: Annotated[str, typer.Option(help="Shown to everybody whose pictures wait.")],
    minutes: Annotated[
        int | None, typer.Option(min=1, help="How long; without it until it is resumed.")
    ] = None,
    state: State = DEFAULT_STATE_DIR,
) -> None:
    """Begin no more calls of a model; calls under way end normally, pictures wait."""
    with reported(), opened(state) as (rt, _):
        operations.pause_model(rt, model_id, actor=ACTOR, reason=reason, minutes=minutes)
    lasts = f"for {minutes} minutes" if minutes else "until it is resumed"
    say(f"✓ {model_id} is paused {lasts}")
    say(f"  resume: visualizer admin model resume {model_id}")


@model.command("resume")
def resume(model_id: Model, *, state: State = DEFAULT_STATE_DIR) -> None:
    """Let calls of a model begin again; waiting pictures go on within seconds."""
    with reported(), opened(state) as (rt, _):
        was_paused = operations.resume_model(rt, model_id, actor=ACTOR)
    say(f"✓ {model_id} " + ("goes on" if was_paused else "was not paused"))


def queue(*, as_json: Json = False, state: State = DEFAULT_STATE_DIR) -> None:
    """Show what waits, what runs, and what holds it up."""
    with reported(), opened(state) as (rt, _):
        now = operations.queue_state(rt)
    if as_json:
        print_json(asdict(now))
        return
    show_table(
        ("queue", "ready", "oldest s", "under way", "later", "held", "wake-ups"),
        [
            (
                one.queue,
                one.ready,
                round(one.oldest_ready_s or 0),
                one.generating,
                one.later,
                one.held,
                one.tokens,
            )
            for one in now.queues
        ],
    )
    show_table(
        ("model", "in flight", "pace", "limits", "state"),
        [
            (one.model, one.in_flight, f"{one.factor:.0%}", _rates(one.limits), _state(one))
            for one in now.models
        ],
    )


def _line(now: QueueState, model_id: str) -> ModelLine:
    return next(one for one in now.models if one.model == model_id)


def _rates(found: ModelLimits) -> str:
    dollars = found.micros_per_ten_minutes
    parts = [
        _part(found.requests_per_minute, "calls a minute"),
        _part(found.input_tokens_per_minute, "tokens a minute"),
        _part(found.images_per_minute, "pictures a minute"),
        None if dollars is None else f"${dollars / _MICROS:,.2f} in ten minutes",
        _part(found.requests_per_day, "calls a day"),
        _part(found.max_in_flight, "at a time"),
    ]
    return ", ".join(part for part in parts if part) or "no limits"


def _part(value: float | None, unit: str) -> str | None:
    return None if value is None else f"{value:,g} {unit}"


def _state(one: ModelLine) -> str:
    if one.paused_until is not None:
        return f"paused: {one.paused_reason or 'no reason given'}"
    if one.cooldown_s > 0:
        return f"asked to slow down; {one.cooldown_s:.0f} s left"
    return "open"
