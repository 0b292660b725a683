"""How often somebody may try. Counted in Postgres, so that a wiped Redis forgives nobody.

An attempt is counted before the password is looked at, and forgiven when it was right: a hundred
attempts at once are a hundred attempts. Known and unknown addresses are counted alike.
"""

import hmac
import ipaddress
from dataclasses import dataclass

from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from visualizer_core.auth.rows import Kind
from visualizer_core.db.models import SignInFailures
from visualizer_core.errors import TooManyAttempts
from visualizer_core.workspace import Runtime

__all__ = ["admit_reset", "admit_sign_in", "forget_failures"]

FREE_FAILURES = 5  # people mistype
MAX_DELAY_S = 900.0  # 15 minutes: longer punishes the owner, not the guesser
MAX_IN_A_ROW = 100  # NIST SP 800-63B: then only a new password helps
_FORGIVEN_AFTER_S = 86_400  # yesterday's slips do not slow today's down
_IPV4_NETWORK = 24  # what one subscriber or office has
_IPV6_NETWORK = 64


@dataclass(frozen=True, slots=True)
class _Window:
    """At most `most` attempts in `seconds`."""

    name: str
    seconds: int
    most: int


_PER_ADDRESS = (_Window("minute", 60, 20), _Window("hour", 3_600, 200))
_PER_RESET = _Window("reset", 3_600, 3)  # a mailbox is not to be flooded


def admit_sign_in(
    rt: Runtime, session: Session, kind: Kind, email_key: str, address: str | None
) -> None:
    """Count an attempt to sign in.

    Parameters
    ----------
    address : str or None
        Where it comes from; None on the command line.

    Raises
    ------
    TooManyAttempts
        When it may not be made now; nothing is counted then.
    """
    pair = _key(rt, "pair", kind, email_key, _network(address))
    failures, wait_s = _lock(session, pair, forgive_after_s=_FORGIVEN_AFTER_S)
    _refuse_while(wait_s)
    delay_s = _delay_s(failures + 1)
    session.execute(_COUNT, {"key": pair, "delay_s": delay_s})

    account = _key(rt, "account", kind, email_key)
    in_a_row, _ = _lock(session, account, forgive_after_s=None)
    if in_a_row >= MAX_IN_A_ROW:
        raise TooManyAttempts(
            "There were too many failed attempts for this address. Set a new password with the "
            "link “Forgot password”.",
            retry_after_s=MAX_DELAY_S,
        )
    session.execute(_COUNT, {"key": account, "delay_s": None})
    _admit_address(rt, session, address)


def admit_reset(
    rt: Runtime, session: Session, kind: Kind, email_key: str, address: str | None
) -> None:
    """Count a wish for a reset link. Raises as `admit_sign_in`."""
    _admit_window(session, _key(rt, "reset", kind, email_key), _PER_RESET)
    _admit_address(rt, session, address)


def forget_failures(
    rt: Runtime, session: Session, kind: Kind, email_key: str, address: str | None = None
) -> None:
    """Forgive what was counted for somebody who has shown who they are."""
    keys = [
        _key(rt, "account", kind, email_key),
        _key(rt, "pair", kind, email_key, _network(address)),
    ]
    session.execute(delete(SignInFailures).where(SignInFailures.key.in_(keys)))


# The database's clock decides, and the row's lock makes attempts queue.
_ENSURE = text("INSERT INTO app.sign_in_failures (key) VALUES (:key) ON CONFLICT DO NOTHING")
_READ = text("""
    SELECT failures, extract(epoch FROM now() - window_start)::float AS age_s,
           extract(epoch FROM blocked_until - now())::float AS wait_s
    FROM app.sign_in_failures WHERE key = :key FOR UPDATE
""")
_RESTART = text("""
    UPDATE app.sign_in_failures SET failures = 0, window_start = now(), blocked_until = NULL
    WHERE key = :key
""")
# `window_start` of a row that counts in a row is its last attempt.
_COUNT = text("""
    UPDATE app.sign_in_failures SET failures = failures + 1, window_start = now(),
      blocked_until = now() + make_interval(secs => CAST(:delay_s AS float))
    WHERE key = :key
""")
_COUNT_IN_WINDOW = text("UPDATE app.sign_in_failures SET failures = failures + 1 WHERE key = :key")


def _lock(session: Session, key: str, *, forgive_after_s: float | None) -> tuple[int, float]:
    """Lock a counter; returns its count and how many seconds it blocks."""
    session.execute(_ENSURE, {"key": key})
    row = session.execute(_READ, {"key": key}).one()
    if forgive_after_s is not None and row.age_s >= forgive_after_s:
        session.execute(_RESTART, {"key": key})
        return 0, 0.0
    return row.failures, max(row.wait_s or 0.0, 0.0)


def _admit_address(rt: Runtime, session: Session, address: str | None) -> None:
    if address is None:
        return
    for window in _PER_ADDRESS:
        _admit_window(session, _key(rt, window.name, address), window)


def _admit_window(session: Session, key: str, window: _Window) -> None:
    count, _ = _lock(session, key, forgive_after_s=window.seconds)
    if count >= window.most:
        _refuse_while(float(window.seconds))
    session.execute(_COUNT_IN_WINDOW, {"key": key})


def _refuse_while(wait_s: float) -> None:
    if wait_s > 0:
        raise TooManyAttempts(
            f"Too many attempts. Try again in {_in_words(wait_s)}.", retry_after_s=wait_s
        )


def _in_words(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 100 else f"{seconds / 60:.0f} minutes"  # noqa: PLR2004 - readable


def _delay_s(failures: int) -> float | None:
    """How long the next attempt has to wait after this one, unless this one is right."""
    if failures <= FREE_FAILURES:
        return None
    return min(2.0 ** (failures - FREE_FAILURES), MAX_DELAY_S)


def _network(address: str | None) -> str:
    """The part of an address that one person cannot change at will."""
    if address is None:
        return "here"
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    bits = _IPV4_NETWORK if parsed.version == 4 else _IPV6_NETWORK  # noqa: PLR2004 - IP version
    return str(ipaddress.ip_network((parsed, bits), strict=False))


def _key(rt: Runtime, *parts: str) -> str:
    """What is counted, without saying who tried: nobody's address stands in the table."""
    secret = rt.settings.auth_secret.get_secret_value().encode()
    return hmac.digest(secret, "\0".join(parts).encode(), "sha256").hex()
