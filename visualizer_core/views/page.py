"""The page around a view: header, colours for light and dark, a title that is our own."""

from functools import cache
from importlib import resources

import panel as pn

from visualizer_core.views.text import text

__all__ = ["asset", "page"]


@cache
def asset(name: str) -> str:
    """The text of ``views/assets/<name>``."""
    return (resources.files("visualizer_core.views") / "assets" / name).read_text("utf-8")


def page(
    view: pn.viewable.Viewable, *, heading: str, tagline: str, footer: str = ""
) -> pn.Template:
    """Put a view into a page; the strings are shown as plain text."""
    framed = pn.Template(asset("page.html"))
    framed.add_variable("css", asset("page.css"))
    framed.add_variable("heading", text(heading))
    framed.add_variable("tagline", text(tagline))
    framed.add_variable("footer", text(footer))
    framed.add_panel("view", view)
    return framed
