"""Signing in, and how often it may be tried."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from tests.auth.conftest import EMAIL, PASSWORD, Owner
from visualizer_core.auth.people import create_admin, set_password
from visualizer_core.auth.rows import Kind
from visualizer_core.auth.sessions import create_session, resolve_session
from visualizer_core.auth.signin import authenticate, change_password
from visualizer_core.errors import InvalidInput, NotAllowed, TooManyAttempts
from visualizer_core.services import accounts
from visualizer_core.workspace import Runtime

HERE = "203.0.113.7"


def _fails(
    rt: Runtime, email: str = EMAIL, *, password: str = "wrong", address: str | None = HERE
) -> NotAllowed:
    with pytest.raises(NotAllowed) as refusal:
        authenticate(rt, Kind.USER, email, password, address=address)
    return refusal.value


def _auth_sql(rt: Runtime, statement: str) -> None:
    with rt.database.auth() as session:
        session.execute(text(statement))


def test_the_right_password_lets_in_whoever_it_belongs_to(rt: Runtime, ada: Owner) -> None:
    person = authenticate(rt, Kind.USER, EMAIL.upper(), PASSWORD, address=HERE)
    assert (person.id, person.name) == (ada.id, "Ada Lovelace")


def test_everybody_who_is_refused_hears_the_same(rt: Runtime, ada: Owner) -> None:
    said = {
        str(_fails(rt)),
        str(_fails(rt, "nobody@example.com", password=PASSWORD)),
        str(_fails(rt, "not an address", password=PASSWORD)),
        str(_fails(rt, "", password="")),
    }
    accounts.suspend_client(rt, ada.client_id, actor="admin:boss")
    said.add(str(_fails(rt, password=PASSWORD)))
    assert said == {"This address and password do not belong together."}


@pytest.mark.usefixtures("ada")
def test_a_user_is_no_admin_and_an_admin_no_user(rt: Runtime) -> None:
    create_admin(rt, "boss@example.com", "Boss", password=PASSWORD, actor="command line")
    with pytest.raises(NotAllowed):
        authenticate(rt, Kind.ADMIN, EMAIL, PASSWORD, address=HERE)
    with pytest.raises(NotAllowed):
        authenticate(rt, Kind.USER, "boss@example.com", PASSWORD, address=HERE)
    boss = authenticate(rt, Kind.ADMIN, "boss@example.com", PASSWORD, address=HERE)
    assert boss.admin_role == "admin"


@pytest.mark.usefixtures("ada")
def test_an_old_hash_is_replaced_at_the_next_sign_in(rt: Runtime) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    with rt.database.auth() as session:
        session.execute(text("UPDATE users SET password_hash = :weak"), {"weak": weak})
    authenticate(rt, Kind.USER, EMAIL, PASSWORD, address=HERE)
    with rt.database.auth() as session:
        stored = session.scalar(text("SELECT password_hash FROM users")) or ""
    assert "m=47104" in stored
    authenticate(rt, Kind.USER, EMAIL, PASSWORD, address=HERE)


@pytest.mark.usefixtures("ada")
def test_known_and_unknown_addresses_take_as_long(rt: Runtime) -> None:
    def cpu_of(email: str) -> float:
        started = time.thread_time()
        for _ in range(3):
            _fails(rt, email, address=None)
        return time.thread_time() - started

    cpu_of("warm@example.com")
    assert cpu_of("nobody@example.com") == pytest.approx(cpu_of(EMAIL), rel=0.5)


# --- the throttle -----------------------------------------------------------------------------


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.com"])
@pytest.mark.usefixtures("ada")
def test_after_some_slips_each_further_one_makes_wait_longer(rt: Runtime, email: str) -> None:
    for _ in range(6):
        assert not isinstance(_fails(rt, email), TooManyAttempts)
    waits: list[float] = []
    for _ in range(3):
        blocked = _fails(rt, email, password=PASSWORD)  # even the right one
        assert isinstance(blocked, TooManyAttempts)
        waits.append(blocked.retry_after_s)
        _auth_sql(rt, "UPDATE sign_in_failures SET blocked_until = now()")
        assert not isinstance(_fails(rt, email), TooManyAttempts)
    assert waits == pytest.approx([2, 4, 8], abs=1)


@pytest.mark.usefixtures("ada")
def test_the_wait_ends_at_a_quarter_of_an_hour(rt: Runtime) -> None:
    _fails(rt)
    _auth_sql(rt, "UPDATE sign_in_failures SET failures = 18")  # under every other limit
    _fails(rt)
    blocked = _fails(rt)
    assert isinstance(blocked, TooManyAttempts)
    assert blocked.retry_after_s == pytest.approx(900, abs=5)
    assert str(blocked) == "Too many attempts. Try again in 15 minutes."


@pytest.mark.usefixtures("ada")
def test_the_right_password_forgives_earlier_slips(rt: Runtime) -> None:
    for _ in range(2):
        for _ in range(4):
            _fails(rt)
        authenticate(rt, Kind.USER, EMAIL, PASSWORD, address=HERE)


@pytest.mark.usefixtures("ada")
def test_a_stranger_elsewhere_does_not_make_the_owner_wait(rt: Runtime) -> None:
    for _ in range(6):
        _fails(rt, address="198.51.100.1")
    assert isinstance(_fails(rt, address="198.51.100.99"), TooManyAttempts)  # the same network
    authenticate(rt, Kind.USER, EMAIL, PASSWORD, address=HERE)
    authenticate(rt, Kind.USER, EMAIL, PASSWORD, address="2001:db8::1")


@pytest.mark.usefixtures("ada")
def test_an_address_may_not_try_one_account_after_the_other(rt: Runtime) -> None:
    for number in range(20):
        assert not isinstance(_fails(rt, f"user{number}@example.com"), TooManyAttempts)
    assert isinstance(_fails(rt, "another@example.com"), TooManyAttempts)
    assert not isinstance(_fails(rt, "another@example.com", address="203.0.113.8"), TooManyAttempts)


def test_after_a_hundred_failures_only_a_new_password_helps(rt: Runtime, ada: Owner) -> None:
    _fails(rt, address=None)
    _auth_sql(rt, "UPDATE sign_in_failures SET failures = 100, blocked_until = NULL")
    with pytest.raises(TooManyAttempts):
        authenticate(rt, Kind.USER, EMAIL, PASSWORD, address="2001:db8::7")
    set_password(rt, Kind.USER, ada.id, "seven lamps drink the rain", actor="admin:boss")
    authenticate(rt, Kind.USER, EMAIL, "seven lamps drink the rain", address="2001:db8::7")


@pytest.mark.usefixtures("ada")
def test_many_attempts_at_once_are_many_attempts(rt: Runtime) -> None:
    with ThreadPoolExecutor(8) as crowd:
        refusals = [attempt.result() for attempt in [crowd.submit(_fails, rt) for _ in range(16)]]
    looked_at = [r for r in refusals if not isinstance(r, TooManyAttempts)]
    assert 1 <= len(looked_at) <= 7


@pytest.mark.usefixtures("ada")
def test_the_table_of_failures_names_nobody(rt: Runtime) -> None:
    _fails(rt)
    with rt.database.auth() as session:
        everything = session.scalar(text("SELECT string_agg(f::text, ' ') FROM sign_in_failures f"))
    assert everything is not None
    assert "ada" not in everything.lower()
    assert HERE not in everything


# --- changing one's own password ------------------------------------------------------------------


def test_changing_ones_password_needs_the_old_one_and_ends_other_sessions(
    rt: Runtime, ada: Owner
) -> None:
    here, elsewhere = (create_session(rt, ada.person) for _ in range(2))
    signed_in = resolve_session(rt, Kind.USER, here)
    assert signed_in is not None
    new = "seven lamps drink the rain"
    keep = signed_in.session_id
    with pytest.raises(NotAllowed):
        change_password(rt, ada.person, "wrong", new, address=HERE, keep_session=keep)
    with pytest.raises(InvalidInput, match="the old one"):
        change_password(rt, ada.person, PASSWORD, PASSWORD, address=HERE, keep_session=keep)
    change_password(rt, ada.person, PASSWORD, new, address=HERE, keep_session=keep)
    assert resolve_session(rt, Kind.USER, here) is not None
    assert resolve_session(rt, Kind.USER, elsewhere) is None
    authenticate(rt, Kind.USER, EMAIL, new, address=HERE)
