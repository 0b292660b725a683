"""Passwords: hashed with argon2id, checked for strength, made when one is needed once."""

import secrets
import threading
import unicodedata
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from visualizer_core.auth.common_words import without_common_words
from visualizer_core.errors import InvalidInput, PartMissing

__all__ = [
    "MAX_CHARS",
    "MIN_CHARS",
    "checked_password",
    "hash_password",
    "needs_rehash",
    "new_password",
    "verify_password",
]

MIN_CHARS = 15  # NIST SP 800-63B-4 for a password that stands alone
MAX_CHARS = 256  # longer ones only cost time
_MIN_LEFT = 6  # characters beside common words and runs; "password12345678" has none
_MIN_DISTINCT = 6  # "aaaaaaaaaaaaaaa" is long, too

# OWASP ASVS 5.0, appendix C: m=46 MiB, t=1, p=1. About 60 ms of one core.
_HASHER = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)
# Hashing is the most expensive thing a stranger can ask for: two at once leave the machine usable.
_AT_ONCE = 2
_QUEUE = 20  # as many again would wait for more than a second
_slots = threading.BoundedSemaphore(_AT_ONCE)
_queue = threading.BoundedSemaphore(_AT_ONCE + _QUEUE)

# Without letters and digits people confuse: read out, typed from paper.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP_CHARS = 4, 5  # 31 ** 20: 99 bits


@contextmanager
def _slot() -> Generator[None]:
    if not _queue.acquire(blocking=False):
        raise PartMissing("Too many people are signing in at this moment. Try again in a moment.")
    try:
        with _slots:
            yield
    finally:
        _queue.release()


def checked_password(password: str, *, personal: Iterable[str] = ()) -> str:
    """Return a password that may be used, as it is to be hashed.

    No rules about kinds of characters and no expiry: length and not being guessable is all.

    Parameters
    ----------
    personal : iterable of str
        What others know too: the client's name, the person's name and address.

    Raises
    ------
    InvalidInput
        When it is too short, too long, or made of what everybody tries first.
    """
    plain = _canonical(password)
    if len(plain) < MIN_CHARS:
        raise InvalidInput(
            f"A password has at least {MIN_CHARS} characters; this one has {len(plain)}. "
            "Four or five words in a row are easy to remember."
        )
    if len(plain) > MAX_CHARS:
        raise InvalidInput(f"A password has at most {MAX_CHARS} characters.")
    left = without_common_words(plain, personal)
    if len(left) < _MIN_LEFT or len(set(plain.casefold())) < _MIN_DISTINCT:
        raise InvalidInput(
            "This password is among the first ones anybody would try: common words, names that "
            "belong to you, or keys in a row. Add words that have nothing to do with you."
        )
    return plain


def hash_password(password: str) -> str:
    """Hash a password for storage; takes about 60 ms.

    Raises
    ------
    PartMissing
        When too many are being hashed already.
    """
    with _slot():
        return _HASHER.hash(_canonical(password))


def verify_password(password: str, stored: str | None) -> bool:
    """Whether a password is the stored one; takes as long when there is none to compare with.

    Raises
    ------
    PartMissing
        When too many are being checked already.
    """
    with _slot():
        try:
            matches = _HASHER.verify(stored or _nobodys(), _canonical(password)[: MAX_CHARS + 1])
        except (VerificationError, InvalidHashError):
            return False
    return matches and stored is not None


def needs_rehash(stored: str) -> bool:
    """Whether a hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def new_password() -> str:
    """Make a password to be printed once, for example ``k7mwp-x2hfa-q9dtr-c4vzn``."""
    return "-".join(
        "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_CHARS)) for _ in range(_GROUPS)
    )


def _canonical(password: str) -> str:
    """The same characters whatever keyboard or system composed them."""
    return unicodedata.normalize("NFKC", password)


@cache
def _nobodys() -> str:
    """A hash no password belongs to, so that unknown people take as long as known ones."""
    return _HASHER.hash(secrets.token_urlsafe(32))
