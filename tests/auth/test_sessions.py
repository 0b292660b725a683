"""Sessions: opened, seen, and ended at the moment they must end."""

import pytest
from sqlalchemy import text

from tests.auth.conftest import Owner
from tests.support.factories import Clients
from visualizer_core.auth.housekeeping import sweep
from visualizer_core.auth.members import add_member, remove_member
from visualizer_core.auth.people import create_admin, create_user, find_person
from visualizer_core.auth.rows import Kind, Person
from visualizer_core.auth.sessions import (
    create_session,
    list_sessions,
    memberships_of,
    resolve_session,
    revoke_session,
    revoke_sessions,
    switch_client,
)
from visualizer_core.domain.ids import new_id
from visualizer_core.domain.status import Role
from visualizer_core.errors import NotAllowed, NotFound
from visualizer_core.services import accounts
from visualizer_core.workspace import Runtime

BOSS = "admin:boss"


@pytest.fixture
def boss(rt: Runtime) -> Person:
    create_admin(rt, "boss@example.com", "Boss", role="viewer", actor="command line")
    return find_person(rt, Kind.ADMIN, "boss@example.com")


def _age(rt: Runtime, column: str, minutes: int) -> None:
    with rt.database.auth() as session:
        session.execute(
            text(f"UPDATE sessions SET {column} = {column} - make_interval(mins => :by)"),  # noqa: S608 - columns named below
            {"by": minutes},
        )


def test_a_session_says_who_works_where_as_what(rt: Runtime, ada: Owner) -> None:
    token = create_session(rt, ada.person, ip="203.0.113.7", agent="Browser " * 100)
    signed_in = resolve_session(rt, Kind.USER, token)
    assert signed_in is not None
    assert (signed_in.person_id, signed_in.client_id) == (ada.id, ada.client_id)
    assert (signed_in.client_name, signed_in.role) == ("North Oak", Role.OWNER)
    assert signed_in.admin_role is None
    assert signed_in.actor == f"user:{ada.id}"
    (listed,) = list_sessions(rt, Kind.USER, ada.id)
    assert (listed.id, listed.ip) == (signed_in.session_id, "203.0.113.7")
    assert len(listed.agent or "") == 200


def test_an_admins_session_belongs_to_no_client(rt: Runtime, boss: Person) -> None:
    signed_in = resolve_session(rt, Kind.ADMIN, create_session(rt, boss))
    assert signed_in is not None
    assert (signed_in.admin_role, signed_in.client_id, signed_in.role) == ("viewer", None, None)


def test_a_cookie_of_one_app_is_none_of_the_other(rt: Runtime, ada: Owner, boss: Person) -> None:
    assert resolve_session(rt, Kind.ADMIN, create_session(rt, ada.person)) is None
    assert resolve_session(rt, Kind.USER, create_session(rt, boss)) is None


@pytest.mark.parametrize("token", ["", "guess", "x" * 5_000])
def test_a_guess_is_nobody(token: str, rt: Runtime) -> None:
    assert resolve_session(rt, Kind.USER, token) is None


@pytest.mark.parametrize(("idle", "total"), [(60, 24 * 60)])
def test_a_users_session_ends_after_an_idle_hour_or_a_day(
    idle: int, total: int, rt: Runtime, ada: Owner
) -> None:
    token = create_session(rt, ada.person)
    _age(rt, "seen_at", idle - 1)
    assert resolve_session(rt, Kind.USER, token) is not None  # which was seen
    _age(rt, "seen_at", idle - 1)
    assert resolve_session(rt, Kind.USER, token) is not None
    _age(rt, "seen_at", idle + 1)
    assert resolve_session(rt, Kind.USER, token) is None
    fresh = create_session(rt, ada.person)
    _age(rt, "expires_at", total - 1)
    assert resolve_session(rt, Kind.USER, fresh) is not None
    _age(rt, "expires_at", 1)
    assert resolve_session(rt, Kind.USER, fresh) is None


def test_an_admins_session_ends_after_a_quarter_of_an_hour_or_half_a_day(
    rt: Runtime, boss: Person
) -> None:
    token = create_session(rt, boss)
    _age(rt, "seen_at", 16)
    assert resolve_session(rt, Kind.ADMIN, token) is None
    fresh = create_session(rt, boss)
    _age(rt, "expires_at", 12 * 60)
    assert resolve_session(rt, Kind.ADMIN, fresh) is None


def test_polling_does_not_write_each_time(rt: Runtime, ada: Owner) -> None:
    token = create_session(rt, ada.person)
    first = list_sessions(rt, Kind.USER, ada.id)[0].seen_at
    resolve_session(rt, Kind.USER, token)
    assert list_sessions(rt, Kind.USER, ada.id)[0].seen_at == first
    _age(rt, "seen_at", 5)
    resolve_session(rt, Kind.USER, token)
    assert list_sessions(rt, Kind.USER, ada.id)[0].seen_at >= first


def test_signing_out_ends_one_session_and_only_ones_own(rt: Runtime, ada: Owner) -> None:
    here, elsewhere = (create_session(rt, ada.person) for _ in range(2))
    signed_in = resolve_session(rt, Kind.USER, here)
    assert signed_in is not None
    with pytest.raises(NotFound):
        revoke_session(rt, Kind.USER, new_id(), signed_in.session_id)
    revoke_session(rt, Kind.USER, ada.id, signed_in.session_id)
    assert resolve_session(rt, Kind.USER, here) is None
    assert resolve_session(rt, Kind.USER, elsewhere) is not None
    with pytest.raises(NotFound, match="ended already"):
        revoke_session(rt, Kind.USER, ada.id, signed_in.session_id)


def test_signing_out_everywhere_else_keeps_this_session(rt: Runtime, ada: Owner) -> None:
    tokens = [create_session(rt, ada.person) for _ in range(3)]
    keep = resolve_session(rt, Kind.USER, tokens[0])
    assert keep is not None
    revoke_sessions(rt, Kind.USER, ada.id, keep=keep.session_id, actor=keep.actor)
    alive = [resolve_session(rt, Kind.USER, token) is not None for token in tokens]
    assert alive == [True, False, False]


def test_the_eleventh_session_ends_the_first(rt: Runtime, ada: Owner) -> None:
    tokens = [create_session(rt, ada.person) for _ in range(11)]
    assert resolve_session(rt, Kind.USER, tokens[0]) is None
    assert all(resolve_session(rt, Kind.USER, token) for token in tokens[1:])


def test_a_suspended_client_closes_its_sessions_until_it_goes_on(rt: Runtime, ada: Owner) -> None:
    token = create_session(rt, ada.person)
    accounts.suspend_client(rt, ada.client_id, actor=BOSS)
    assert resolve_session(rt, Kind.USER, token) is None
    with pytest.raises(NotAllowed):
        create_session(rt, ada.person)
    accounts.resume_client(rt, ada.client_id, actor=BOSS)
    assert resolve_session(rt, Kind.USER, token) is not None


def test_a_lost_membership_closes_the_session(rt: Runtime, ada: Owner) -> None:
    create_user(rt, "bob@example.com", "Bob", client_id=ada.client_id, actor=BOSS)
    token = create_session(rt, ada.person)
    remove_member(rt, ada.id, ada.client_id, actor=BOSS)
    assert resolve_session(rt, Kind.USER, token) is None


def test_a_person_of_two_clients_switches_between_them_and_to_no_other(
    rt: Runtime, ada: Owner, clients: Clients
) -> None:
    elm, foreign = clients.make(name="Elm", slug="elm"), clients.make()
    add_member(rt, ada.id, elm, Role.VIEWER, actor=BOSS)
    assert [name for _, name, _ in memberships_of(rt, ada.id)] == ["Elm", "North Oak"]
    token = create_session(rt, ada.person, client_id=ada.client_id)
    signed_in = resolve_session(rt, Kind.USER, token)
    assert signed_in is not None
    switch_client(rt, signed_in, elm)
    now = resolve_session(rt, Kind.USER, token)
    assert now is not None
    assert (now.client_id, now.role) == (elm, Role.VIEWER)
    for attempt in (
        lambda: switch_client(rt, signed_in, foreign),
        lambda: create_session(rt, ada.person, client_id=foreign),
    ):
        with pytest.raises(NotAllowed, match="not a member"):
            attempt()


def test_the_secret_of_a_session_is_not_in_the_database(rt: Runtime, ada: Owner) -> None:
    token = create_session(rt, ada.person)
    with rt.database.auth() as session:
        everything = session.scalar(text("SELECT string_agg(s::text, ' ') FROM sessions s"))
    assert everything is not None
    assert token not in everything


def test_what_ended_long_ago_is_swept_and_what_lives_stays(rt: Runtime, ada: Owner) -> None:
    create_session(rt, ada.person)
    _age(rt, "expires_at", 40 * 24 * 60)
    token = create_session(rt, ada.person)
    assert sweep(rt) == 1
    assert resolve_session(rt, Kind.USER, token) is not None
