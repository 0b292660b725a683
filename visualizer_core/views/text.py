"""The one way for text from outside into a page."""

import html

__all__ = ["text"]


def text(value: object) -> str:
    """Escape a value for HTML, inside an element or a quoted attribute.

    Most of Panel's components show plain strings as live HTML, and product names come from
    strangers: whatever is put into one goes through here.
    """
    return html.escape("" if value is None else str(value), quote=True)
