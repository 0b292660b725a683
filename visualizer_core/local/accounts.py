"""Accounts of the operating system: Postgres refuses to run as root."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from visualizer_core.errors import Misconfigured

__all__ = ["Account", "account_for_postgres", "can_reach"]

# A distribution's own database account first: nothing else runs under it, whereas `nobody` may
# be shared with other services.
_CANDIDATES = ("postgres", "nobody", "daemon")


@dataclass(frozen=True)
class Account:
    """An unprivileged account: name, user id and group id."""

    name: str
    uid: int
    gid: int


def account_for_postgres(existing_data: Path) -> Account | None:
    """Choose who runs Postgres: None for ourselves, an unprivileged account when we are root.

    Parameters
    ----------
    existing_data : Path
        Data folder of an earlier start; its owner is kept.

    Raises
    ------
    Misconfigured
        When root has nobody to hand it to.
    """
    if os.geteuid() != 0:
        return None
    if existing_data.exists() and (owner := existing_data.stat().st_uid) != 0:
        return _known(owner)
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise Misconfigured(
        "PostgreSQL refuses to run as root and this machine has no account to run it as. "
        f"Add one (useradd --system postgres; looked for {', '.join(_CANDIDATES)}), start as an "
        "ordinary user, or set DATABASE_URL."
    )


def _known(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise Misconfigured(
            f"The database folder belongs to user {uid}, who has no entry in /etc/passwd. Add "
            f"one (useradd --uid {uid} visualizer) or give the folder to another account."
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def can_reach(path: Path, account: Account | None) -> bool:
    """Whether ``account`` may enter every folder that leads to ``path``, and ``path`` itself.

    The usual obstacle is a checkout below ``/root`` or another private (0700) home.
    """
    if account is None:
        return True
    resolved = path.resolve()
    return all(_may(folder, account, stat.S_IXOTH) for folder in (resolved, *resolved.parents))


def _may(path: Path, account: Account, other_bit: int) -> bool:
    """Check one permission bit, given as that of "others", for the class ``account`` is in."""
    facts = path.stat()
    if facts.st_uid == account.uid:
        return bool(facts.st_mode & (other_bit << 6))
    if facts.st_gid == account.gid:
        return bool(facts.st_mode & (other_bit << 3))
    return bool(facts.st_mode & other_bit)
