"""The health page: how each part is, kept current while somebody looks."""

import asyncio
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

import panel as pn

from visualizer_core.errors import VisualizerError
from visualizer_core.services.operations import Check, Part, health
from visualizer_core.settings import Mode
from visualizer_core.views.page import asset, page
from visualizer_core.views.text import text
from visualizer_core.workspace import Runtime

__all__ = ["HealthSnapshot", "HealthView", "HealthWatch", "health_html", "serve_health"]

REFRESH_S = 15
# How old a finding may get: a look at storage writes a file, one at the provider is a call a model.
FRESH_S = dict.fromkeys(Part, 10.0) | {Part.STORAGE: 60.0, Part.PROVIDER: 300.0}


@dataclass(frozen=True, slots=True)
class HealthSnapshot:
    """All findings, and when the newest was made (UTC)."""

    checks: tuple[Check, ...]
    at: datetime


class HealthWatch:
    """Looks at the parts for everybody who has the page open: ten people cost what one does.

    Parameters
    ----------
    rt : Runtime
        Of this process.
    """

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._lock = threading.Lock()
        self._found: dict[Part, list[Check]] = {}
        self._looked_at: dict[Part, float] = {}
        self._at = datetime.now(UTC)

    @property
    def is_local(self) -> bool:
        """Whether details may be shown to whoever finds the page."""
        return self._rt.settings.visualizer_mode is Mode.LOCAL

    def now(self) -> HealthSnapshot:
        """Findings that are recent enough; blocks while it looks, so call it in a thread."""
        with self._lock:
            now = time.monotonic()
            due = [
                part
                for part in Part
                if part not in self._looked_at or now - self._looked_at[part] >= FRESH_S[part]
            ]
            if due:
                self._look(due)
            checks = tuple(check for part in Part for check in self._found[part])
            return HealthSnapshot(checks, self._at)

    def _look(self, due: Sequence[Part]) -> None:
        found = health(self._rt, parts=due)
        for part in due:
            self._found[part] = [check for check in found if check.part is part]
            self._looked_at[part] = time.monotonic()
        self._at = datetime.now(UTC)


class HealthView:
    """One session's view of a `HealthWatch`; `pane` is what is shown."""

    def __init__(self, watch: HealthWatch) -> None:
        self._watch = watch
        self.pane = pn.pane.HTML(
            '<div class="health"><div class="verdict waiting" role="status">'
            "Looking at every part…</div></div>",
            stylesheets=[asset("health.css")],
            sizing_mode="stretch_width",
            margin=0,
        )

    async def refresh(self) -> None:
        """Look, in a thread, and show."""
        snapshot = await asyncio.to_thread(self._watch.now)
        self.pane.object = health_html(snapshot, detailed=self._watch.is_local)


def health_html(snapshot: HealthSnapshot, *, detailed: bool) -> str:
    """The findings as HTML.

    Parameters
    ----------
    detailed : bool
        Whether to say what was found and what to do; without, only which part is well.
    """
    groups = groupby(snapshot.checks, key=lambda check: check.part)
    parts = "".join(_part(part, list(checks), detailed=detailed) for part, checks in groups)
    return (
        f'<div class="health">{_verdict(snapshot, detailed=detailed)}'
        f'<div class="parts">{parts}</div></div>'
    )


def _verdict(snapshot: HealthSnapshot, *, detailed: bool) -> str:
    failed = [check.name for check in snapshot.checks if not check.ok]
    advice = sum(check.is_advice for check in snapshot.checks)
    if failed:
        state = "bad"
        words = f"{len(failed)} of {len(snapshot.checks)} checks failed: {', '.join(failed)}"
    elif advice:
        state, words = "advice", "Everything works; there is advice"
    else:
        state, words = "good", "Everything works"
    when = f"{snapshot.at:%H:%M:%S} UTC, again every {REFRESH_S} s"
    more = "" if detailed else "; details: `visualizer doctor`"
    return (
        f'<div class="verdict {state}" role="status">{text(words)}'
        f"<small>{_with_code(when + more)}</small></div>"
    )


def _part(part: Part, checks: Sequence[Check], *, detailed: bool) -> str:
    rows = "".join(_row(check, detailed=detailed) for check in checks)
    return f'<section class="part"><h2>{text(part)}</h2><ul>{rows}</ul></section>'


_SIGNS = {"good": ("✓", "well"), "advice": ("!", "works, with advice"), "bad": ("✗", "failed")}


def _row(check: Check, *, detailed: bool) -> str:
    state = "bad" if not check.ok else "advice" if check.is_advice else "good"
    sign, words = _SIGNS[state]
    lines = ""
    if detailed:
        lines = f'<span class="detail">{text(check.detail)}</span>'
        if check.remedy:
            lines += f'<span class="remedy">{_with_code(check.remedy)}</span>'
    return (
        f'<li class="{state}"><span class="sign" aria-hidden="true">{sign}</span>'
        f'<span class="name">{text(check.name)}<span class="hidden">: {words}</span></span>'
        f"{lines}</li>"
    )


_COMMAND = re.compile(r"`([^`]+)`")


def _with_code(words: str) -> str:
    """Escape, and set the commands between backticks apart."""
    return _COMMAND.sub(r"<code>\1</code>", text(words))


def serve_health(title: str, runtime: Callable[[], Runtime]) -> None:
    """Serve the page to this session.

    A program that is not set up gets a page that says so, under another title: whoever waits for
    the app to be ready looks for its title.
    """
    try:
        rt = runtime()
    except VisualizerError as error:
        pane = pn.pane.HTML(
            f'<div class="health"><div class="verdict bad" role="alert">{text(error)}</div></div>',
            stylesheets=[asset("health.css")],
            sizing_mode="stretch_width",
        )
        page(pane, heading="Not set up", tagline="The program refuses to start like this").servable(
            title="Not set up"
        )
        return
    watch = pn.state.as_cached("health", lambda: HealthWatch(rt))  # pyright: ignore[reportUnknownMemberType]  # its **kwargs are untyped
    view = HealthView(watch)
    pn.state.onload(view.refresh)
    pn.state.add_periodic_callback(view.refresh, period=REFRESH_S * 1_000)  # pyright: ignore[reportArgumentType]  # its stub forgets coroutine functions
    framed = page(
        view.pane,
        heading=title,
        tagline="Health of the installation",
        footer="Pictures are made from the command line for now: visualizer run --help",
    )
    framed.servable(title=title)
