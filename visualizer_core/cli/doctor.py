"""``visualizer doctor``: is everything well, and what to do where it is not."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from visualizer_core.cli.console import (
    DEFAULT_STATE_DIR,
    ExitCode,
    Json,
    State,
    opened,
    out,
    print_json,
    reported,
)
from visualizer_core.cli.showing import plain, say
from visualizer_core.domain.status import Lane
from visualizer_core.errors import InvalidInput
from visualizer_core.local.stack import Stack
from visualizer_core.services import operations
from visualizer_core.services.operations import Check, ProbedCall
from visualizer_core.settings import Mode
from visualizer_core.wiring import environment
from visualizer_core.workspace import Runtime

__all__ = ["doctor"]


def doctor(
    *,
    probe: Annotated[
        bool, typer.Option("--probe", help="Also make one picture and one analysis; costs money.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before spending.")] = False,
    as_json: Json = False,
    state: State = DEFAULT_STATE_DIR,
) -> None:
    """Check every part and say what to do about each failure.

    Uses the running stack, or starts the embedded parts for the time of the check. Exits with 3
    when something failed.
    """
    with reported():
        has_stack = _is_up(state)
        with opened(state) as (rt, _):
            checks = _examine(rt, state, has_stack=has_stack)
            _show(checks)
            calls = _probed(rt, yes=yes) if probe else ()
    failed = sum(not check.ok for check in checks) + sum(not call.ok for call in calls)
    _close(checks, failed)
    if as_json:
        print_json(
            {
                "ok": not failed,
                "checks": [asdict(check) for check in checks],
                "probe": [_record(call) for call in calls],
            }
        )
    if failed:
        raise typer.Exit(ExitCode.NOT_READY)


def _is_up(state: Path) -> bool:
    """Whether a stack with workers of its own runs here."""
    record = Stack(state, environ=environment()).record()
    return record is not None and not record.one_command


def _examine(rt: Runtime, state: Path, *, has_stack: bool) -> list[Check]:
    is_local = rt.settings.visualizer_mode is Mode.LOCAL
    if is_local and not has_stack:
        say("• no stack is running here; what is embedded was started for this check")
    with out.status("looking at every part"):
        return operations.health(
            rt,
            workers_expected=has_stack or not is_local,
            folders=(state,) if is_local else (),
        )


def _show(checks: Sequence[Check]) -> None:
    part = None
    for check in checks:
        if check.part != part:
            part = check.part
            say(str(part), style="bold")
        sign, style = _sign(check)
        out.print(f"  {sign} ", style=style, end="")
        say(f"{plain(check.name)}: {plain(check.detail)}")
        if check.remedy:
            say(f"      → {check.remedy}")


def _sign(check: Check) -> tuple[str, str]:
    if not check.ok:
        return "✗", "bold red"
    return ("!", "bold yellow") if check.is_advice else ("✓", "green")


def _close(checks: Sequence[Check], failed: int) -> None:
    if failed:
        say(f"{failed} of {len(checks)} failed", style="bold red")
        return
    advice = sum(check.is_advice for check in checks)
    words = f"; advice on {advice}" if advice else ""
    say(f"every part is well ({len(checks)} checks{words})", style="bold green")


def _probed(rt: Runtime, *, yes: bool) -> tuple[ProbedCall, ...]:
    cost = operations.probe_estimate_micros(rt) / 1e6
    simulated = "" if rt.settings.gemini_base_url is None else ", simulated"
    say(
        f"The probe makes one 1K picture with {rt.image_model} and one analysis with "
        f"{rt.analysis_model}: about ${cost:.3f}{simulated}."
    )
    if not yes and not _agreed():
        say("nothing was sent")
        return ()
    calls = operations.probe(rt, actor="cli")
    for call in calls:
        _show_call(call)
    batch = [entry.id for entry in rt.registry.models if Lane.BATCH in entry.lanes]
    if batch:
        say(f"  • not probed: the batch lane of {', '.join(batch)}")
    return calls


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise InvalidInput("Nobody is there to be asked: add --yes to spend without asking.")
    return typer.confirm("Go on?", err=True)


def _show_call(call: ProbedCall) -> None:
    out.print("  ✓ " if call.ok else "  ✗ ", style="green" if call.ok else "bold red", end="")
    size = f"{call.width} x {call.height} px {call.mime}, " if call.width else ""
    usage = call.usage
    say(
        f"{call.purpose} with {call.model}: {call.latency_s:.1f} s, {size}"
        f"{usage.prompt_tokens} + {usage.output_tokens} tokens ({usage.thought_tokens} of thought),"
        f" ${call.cost_micros / 1e6:.4f} ({call.charge}) {plain(call.message)}"
    )


def _record(call: ProbedCall) -> dict[str, object]:
    return {
        "purpose": call.purpose,
        "model": call.model,
        "ok": call.ok,
        "message": call.message,
        "charge": call.charge,
        "latency_s": call.latency_s,
        "mime": call.mime,
        "width": call.width,
        "height": call.height,
        "usage": call.usage.model_dump(),
        "cost_usd": call.cost_micros / 1e6,
    }
