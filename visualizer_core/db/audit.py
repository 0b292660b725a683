"""The audit log: who did what to whom, in the transaction that did it."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

__all__ = ["record"]

# Without RETURNING: sign-in may add to the log, but not read it.
_RECORD = text("""
    INSERT INTO app.audit_log (client_id, actor, action, subject, before, after)
    VALUES (:client_id, :actor, :action, :subject, :before, :after)
""").bindparams(
    bindparam("before", type_=JSONB(none_as_null=True)),
    bindparam("after", type_=JSONB(none_as_null=True)),
)


def record(
    session: Session,
    *,
    client_id: UUID | None,
    actor: str,
    action: str,
    subject: str,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Add one entry.

    Parameters
    ----------
    client_id : UUID or None
        Whose log it belongs to; None for what concerns the operator's people only.
    actor : str
        ``user:<id>``, ``admin:<id>``, ``worker``, ``command line``.
    action : str
        A verb in the past, dotted with what it was done to: ``client.suspended``.
    subject : str
        What it was done to, ``<kind>:<id>``.
    before, after : mapping, optional
        Only what changed, as JSON values; never a secret, never a hash of one.
    """
    session.execute(
        _RECORD,
        {
            "client_id": client_id,
            "actor": actor,
            "action": action,
            "subject": subject,
            "before": None if before is None else dict(before),
            "after": None if after is None else dict(after),
        },
    )
