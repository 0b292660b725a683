"""Queues of one client: what must not happen twice at once, waits for the other's commit."""

from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from visualizer_core.domain.ids import ClientId

__all__ = ["queue_up"]

_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('app.' || :what), hashtext(:client_id))")


def queue_up(session: Session, what: Literal["catalogue", "storage"], client_id: ClientId) -> None:
    """Wait until no other transaction of this client holds the same queue; ends with the commit."""
    session.execute(_LOCK, {"what": what, "client_id": str(client_id)})
