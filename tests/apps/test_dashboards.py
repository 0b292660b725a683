"""Both apps over HTTP and their websocket, as a browser speaks to them."""

import html
import time
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from bokeh.client import ClientSession, pull_session
from bokeh.core.types import ID
from bokeh.document import Document
from bokeh.events import DocumentReady
from panel.models.markup import HTML

from tests.apps.conftest import Serve, Served
from tests.support.postgres import DatabaseUrls
from tests.support.world import Servers
from visualizer_core.services.operations import Part
from visualizer_core.workspace import Runtime

PATIENCE_S = 40.0


def _shown(document: Document) -> str:
    """Every text of the page, as HTML; on the wire it is escaped once more."""
    texts = [str(pane.text) for pane in document.select({"type": HTML}) if isinstance(pane, HTML)]
    return html.unescape(" ".join(texts))


def _shown_until(app: Served, words: str) -> str:
    """Load the page as a browser does and look at it until it holds `words`."""
    with _session(app) as loaded:
        loaded.document.callbacks.send_event(DocumentReady())
        loaded.force_roundtrip()
        deadline = time.monotonic() + PATIENCE_S
        shown = _shown(loaded.document)
        while words not in shown:
            assert time.monotonic() < deadline, app.log.read_text("utf-8")
            time.sleep(0.2)
            # Another look at the same session: pulling twice would send the old page back.
            with _session(app, loaded.id) as again:
                shown = _shown(again.document)
    return shown


@contextmanager
def _session(app: Served, session_id: ID | None = None) -> Generator[ClientSession]:
    session = pull_session(session_id=session_id, url=app.address)
    try:
        yield session
    finally:
        session.close()


@pytest.mark.parametrize(
    ("script", "title"),
    [
        ("client_dashboard.py", "Visualizer Studio"),
        ("admin_dashboard.py", "Visualizer Admin"),
    ],
)
def test_an_app_has_its_own_title_and_tells_how_every_part_is(
    serve: Serve,
    servers: Servers,
    database_urls: DatabaseUrls,
    runtime: Runtime,
    script: str,
    title: str,
) -> None:
    assert runtime
    app = serve(script, servers.environment(database_urls))
    page = app.get()
    assert page.status_code == 200
    assert f"<title>{title}</title>" in page.text
    assert f"<h1>{title}</h1>" in page.text
    assert "width=device-width" in page.text
    shown = _shown_until(app, "checks failed")
    assert all(f"<h2>{part}</h2>" in shown for part in Part)
    assert "worker control" in shown  # none runs here: it has to be missed
    assert "Traceback" not in app.log.read_text("utf-8")


def test_an_app_that_is_not_set_up_says_so_under_another_title(serve: Serve) -> None:
    app = serve("client_dashboard.py", {})
    page = app.get()
    assert "<title>Not set up</title>" in page.text
    with _session(app) as loaded:
        shown = _shown(loaded.document)
    assert "DATABASE_URL" in shown
    assert "Visualizer Studio" not in page.text
