"""Throw away what sign-in no longer needs; run by the periodic sweep."""

from sqlalchemy import text

from visualizer_core.workspace import Runtime

__all__ = ["sweep"]

# Kept for a while after their end, for whoever asks what happened last week.
_KEEP_DAYS = 30
_SESSIONS = text("""
    DELETE FROM app.sessions WHERE expires_at < now() - make_interval(days => :days) RETURNING 1
""")
_LINKS = text("""
    DELETE FROM app.auth_tokens WHERE expires_at < now() - make_interval(days => :days) RETURNING 1
""")
_COUNTERS = text("""
    DELETE FROM app.sign_in_failures
    WHERE window_start < now() - make_interval(days => :days) RETURNING 1
""")


def sweep(rt: Runtime) -> int:
    """Delete ended sessions, old links and old counters; returns how many rows."""
    with rt.database.auth() as session:
        gone = [
            len(session.execute(statement, {"days": _KEEP_DAYS}).all())
            for statement in (_SESSIONS, _LINKS, _COUNTERS)
        ]
    return sum(gone)
