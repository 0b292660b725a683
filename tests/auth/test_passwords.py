"""Passwords that may be used, and how they are kept."""

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from visualizer_core.auth.passwords import (
    MAX_CHARS,
    checked_password,
    hash_password,
    needs_rehash,
    new_password,
    verify_password,
)
from visualizer_core.errors import InvalidInput, PartMissing

GOOD = "teal otter hums under glass"


def test_a_password_is_verified_against_its_hash_only() -> None:
    stored = hash_password(GOOD)
    assert stored.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert verify_password(GOOD, stored)
    assert not verify_password(GOOD + " ", stored)
    assert not verify_password("", stored)
    assert hash_password(GOOD) != stored


def test_nobody_has_no_password() -> None:
    assert not verify_password(GOOD, None)
    assert not verify_password("", None)


def test_a_damaged_hash_lets_nobody_in() -> None:
    assert not verify_password(GOOD, "$argon2id$nonsense")
    assert not verify_password(GOOD, "plain")


def test_the_same_characters_composed_differently_are_the_same_password() -> None:
    assert verify_password(
        "cafe\u0301 under the old bridge", hash_password("café under the old bridge")
    )


def test_an_older_weaker_hash_is_to_be_made_again() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(GOOD)
    assert verify_password(GOOD, weak)
    assert needs_rehash(weak)
    assert not needs_rehash(hash_password(GOOD))


def test_unknown_people_take_as_long_as_known_ones() -> None:
    stored = hash_password(GOOD)
    verify_password("warm up", None)

    def cpu_of(hashed: str | None) -> float:
        started = time.thread_time()
        for _ in range(5):
            verify_password("wrong password here", hashed)
        return time.thread_time() - started

    assert cpu_of(None) == pytest.approx(cpu_of(stored), rel=0.5)


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "Тихая ночь под синим мостом",
        "vK9#tq!Lm2$wRx7Zp",
        "a room with 3 doors & no walls",
        "🦊🪑🌊🧲🍋🪁🧊🎻🪵🌵🥁🐙🧿🪐🧦",
    ],
)
def test_may_be_used(password: str) -> None:
    assert checked_password(password) == password


@pytest.mark.parametrize(
    "password",
    [
        "password12345678",
        "P@ssw0rd!P@ssw0rd!",
        "aaaaaaaaaaaaaaaa",
        "abababababababab",
        "123456789012345678",
        "qwertyuiopasdfghjkl",
        "1q2w3e4r5t6y7u8i9o",
        "letmeinletmein2024",
        "Summer2025!Summer2025!",
        "iloveyouiloveyou1",
        "correct horse battery staple",
        "administrator-admin-2023",
        "               ",
    ],
)
def test_is_what_everybody_tries(password: str) -> None:
    with pytest.raises(InvalidInput, match="first ones anybody would try"):
        checked_password(password)


def test_names_everybody_knows_do_not_count() -> None:
    password = "NorthOak-Furniture-Ada-2026"
    personal = ["North Oak", "Ada Lovelace", "ada@north-oak.example"]
    with pytest.raises(InvalidInput):
        checked_password(password, personal=personal)
    assert checked_password(f"{GOOD} at North Oak", personal=personal)


def test_a_short_password_is_refused_with_its_length() -> None:
    with pytest.raises(InvalidInput, match=r"at least 15 characters; this one has 14"):
        checked_password("kz7wq9tplm2x4v")


def test_a_password_longer_than_a_page_is_refused() -> None:
    assert checked_password((GOOD * 20)[:MAX_CHARS])
    with pytest.raises(InvalidInput, match="at most 256"):
        checked_password((GOOD * 20)[: MAX_CHARS + 1])


@given(st.text(min_size=1, max_size=400))
def test_any_text_is_either_taken_or_refused_with_a_reason(password: str) -> None:
    with contextlib.suppress(InvalidInput):
        assert 15 <= len(checked_password(password)) <= MAX_CHARS


def test_a_made_password_passes_and_is_never_the_same() -> None:
    made = {new_password() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        assert len(password) == 23
        assert checked_password(password) == password


def test_at_most_two_are_hashed_at_once_and_a_crowd_is_sent_away() -> None:
    stored, start = hash_password(GOOD), threading.Barrier(60)

    def sign_in(_number: int) -> bool | str:
        start.wait()
        try:
            return verify_password(GOOD, stored)
        except PartMissing as refusal:
            return str(refusal)

    with ThreadPoolExecutor(60) as crowd:
        answers = list(crowd.map(sign_in, range(60)))
    assert answers.count(True) >= 22
    assert any("Too many people" in str(answer) for answer in answers)
