"""The client of first steps: made where it is missing."""

from visualizer_core.domain.ids import ClientId
from visualizer_core.domain.quota import Plan
from visualizer_core.errors import NotFound
from visualizer_core.services import accounts
from visualizer_core.workspace import Runtime

__all__ = ["DEMO_SLUG", "demo_client"]

DEMO_SLUG = "demo"


def demo_client(rt: Runtime, *, actor: str) -> ClientId:
    """Find the demo client, made when missing."""
    try:
        return accounts.find_client(rt, DEMO_SLUG).id
    except NotFound:
        return accounts.create_client(rt, "Demo Home", DEMO_SLUG, Plan.PRO, actor=actor)
