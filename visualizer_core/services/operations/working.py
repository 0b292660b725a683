"""Looks at the work: are workers alive, and does what waits move."""

from typing import Any

from sqlalchemy import Row, text

from visualizer_core import __version__
from visualizer_core.services.operations.checks import Check, Part
from visualizer_core.workspace import Runtime

__all__ = ["look_at_work", "look_at_workers"]

SEEN_WITHIN_S = 60  # a worker says that it lives every 15 s
OLDEST_S = 600  # ready for longer, while nothing is under way: nobody will take it
LEASE_GRACE_S = 60  # the control worker takes a lapsed lease back within seconds

_NEEDED = {
    "client": "pictures of the studio are not made",
    "control": "nothing is taken back from dead workers and nobody rings after a loss of Redis",
    "quarantine": "pictures that took a worker down are not tried again",
}
_WISHED = {"admin": "pictures of the admin portal are not made"}

_WORKERS = text("""
    SELECT role, count(*) AS alive, array_agg(DISTINCT version) AS versions
    FROM app.workers WHERE seen_at > now() - make_interval(secs => :seconds) GROUP BY role
""")


def look_at_workers(rt: Runtime, *, expected: bool = True) -> list[Check]:
    """Whether each kind of worker was seen lately."""
    with rt.begin() as session:
        rows = session.execute(_WORKERS, {"seconds": SEEN_WITHIN_S}).all()
    seen = {str(row.role): row for row in rows}
    if not seen and not expected:
        detail = "none run; commands that need some start their own"
        return [Check(Part.WORKERS, "workers", ok=True, detail=detail)]
    return [_role(role, without, seen.get(role)) for role, without in (_NEEDED | _WISHED).items()]


def _role(role: str, without: str, row: Row[Any] | None) -> Check:
    name = f"worker {role}"
    if row is None:
        return Check(
            Part.WORKERS,
            name,
            ok=role not in _NEEDED,
            detail=f"not seen for {SEEN_WITHIN_S} s: {without}",
            remedy=f"Start one: `visualizer worker {role}`, or everything: `visualizer up`.",
        )
    strangers = sorted(set(row.versions) - {__version__})
    return Check(
        Part.WORKERS,
        name,
        ok=True,
        detail=f"{row.alive} alive" + (f", of version {', '.join(strangers)}" if strangers else ""),
        remedy=f"Restart it with version {__version__}." if strangers else "",
    )


# Two lookups, each in the partial index made for the dispatcher.
_WORK = text("""
    SELECT r.ready, r.oldest_s, g.generating, g.lapsed
    FROM (SELECT count(*) AS ready,
                 extract(epoch FROM now() - min(greatest(a.created_at, a.run_after))) AS oldest_s
          FROM app.generated_assets a
          JOIN app.clients c ON c.id = a.client_id AND c.status = 'active' AND c.deleted_at IS NULL
          WHERE a.status = 'pending' AND a.hold IS NULL AND a.run_after <= now()) r
    CROSS JOIN (SELECT count(*) AS generating,
                       count(*) FILTER (WHERE lease_until < now() - make_interval(secs => :grace_s))
                         AS lapsed
                FROM app.generated_assets WHERE status = 'generating') g
""")
_PAUSED = text("""
    SELECT model, coalesce(paused_reason, 'no reason given') AS reason
    FROM app.provider_limits WHERE paused_until > now() ORDER BY model
""")


def look_at_work(rt: Runtime) -> list[Check]:
    """Whether what is ready gets done, no lease has lapsed, and which models are paused."""
    with rt.begin() as session:
        row = session.execute(_WORK, {"grace_s": LEASE_GRACE_S}).one()
        paused = session.execute(_PAUSED).all()
    checks = [_moves(row), _leases(row)]
    checks += [
        Check(
            Part.WORK,
            f"model {one.model} is paused",
            ok=True,
            detail=one.reason,
            remedy=f"When the cause is gone: `visualizer admin model resume {one.model}`.",
        )
        for one in paused
    ]
    return checks


def _moves(row: Row[Any]) -> Check:
    oldest_s = float(row.oldest_s or 0)
    stuck = oldest_s > OLDEST_S and row.generating <= row.lapsed
    waiting = f", the oldest for {oldest_s / 60:.0f} min" if row.ready else ""
    return Check(
        Part.WORK,
        "pictures to make",
        ok=not stuck,
        detail=f"{row.ready} ready{waiting}; {row.generating} under way",
        remedy="Start a client worker, and see `visualizer admin queue` for what it waits for."
        if stuck
        else "",
    )


def _leases(row: Row[Any]) -> Check:
    return Check(
        Part.WORK,
        "claims of dead workers",
        ok=not row.lapsed,
        detail=f"{row.lapsed} not taken back" if row.lapsed else "none left over",
        remedy="Start the control worker: `visualizer worker control`." if row.lapsed else "",
    )
