"""Invitations and resets: once, for one purpose, for a while."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from tests.auth.conftest import EMAIL, PASSWORD, Owner
from tests.support.factories import Clients
from visualizer_core.auth.links import (
    Purpose,
    invite,
    invite_admin,
    owner_of_link,
    redeem,
    request_reset,
)
from visualizer_core.auth.members import list_members
from visualizer_core.auth.people import set_active
from visualizer_core.auth.rows import Kind
from visualizer_core.auth.sessions import create_session, resolve_session
from visualizer_core.auth.signin import authenticate
from visualizer_core.domain.status import Role
from visualizer_core.errors import Conflict, InvalidInput, NotAllowed, TooManyAttempts
from visualizer_core.workspace import Runtime

NEW = "seven lamps drink the rain"
BOSS = "admin:boss"
BOB = "bob@example.com"


@pytest.fixture
def invitation(rt: Runtime, ada: Owner) -> str:
    token = invite(rt, ada.client_id, BOB, "Bob", Role.EDITOR, actor=ada.person.actor)
    assert token is not None
    return token


@pytest.fixture
def reset(rt: Runtime, ada: Owner) -> str:
    assert ada
    token = request_reset(rt, Kind.USER, EMAIL, address=None)
    assert token is not None
    return token


def test_an_invited_person_chooses_a_password_and_signs_in(
    rt: Runtime, ada: Owner, invitation: str
) -> None:
    assert owner_of_link(rt, Kind.USER, Purpose.INVITATION, invitation).email == BOB
    assert redeem(rt, Kind.USER, Purpose.INVITATION, invitation, NEW).email == BOB
    assert authenticate(rt, Kind.USER, BOB, NEW, address=None).name == "Bob"
    roles = {member.person.email: member.role for member in list_members(rt, ada.client_id)}
    assert roles[BOB] is Role.EDITOR


def test_somebody_with_a_password_is_a_member_without_a_link(
    rt: Runtime, ada: Owner, clients: Clients
) -> None:
    elm = clients.make(name="Elm", slug="elm")
    assert invite(rt, elm, EMAIL, "Ada", Role.VIEWER, actor=BOSS) is None
    assert [member.person.id for member in list_members(rt, elm)] == [ada.id]
    with pytest.raises(Conflict, match="member of Elm already"):
        invite(rt, elm, EMAIL, "Ada", Role.VIEWER, actor=BOSS)


def test_an_invited_admin_chooses_a_password(rt: Runtime) -> None:
    token = invite_admin(rt, "boss@example.com", "Boss", role="viewer", actor=BOSS)
    assert redeem(rt, Kind.ADMIN, Purpose.INVITATION, token, NEW).admin_role == "viewer"
    authenticate(rt, Kind.ADMIN, "boss@example.com", NEW, address=None)


def test_a_reset_ends_the_old_password_and_every_session(
    rt: Runtime, ada: Owner, reset: str
) -> None:
    token = create_session(rt, ada.person)
    redeem(rt, Kind.USER, Purpose.RESET, reset, NEW)
    assert resolve_session(rt, Kind.USER, token) is None
    authenticate(rt, Kind.USER, EMAIL, NEW, address=None)
    with pytest.raises(NotAllowed):
        authenticate(rt, Kind.USER, EMAIL, PASSWORD, address=None)


def test_a_link_works_once(rt: Runtime, reset: str) -> None:
    redeem(rt, Kind.USER, Purpose.RESET, reset, NEW)
    with pytest.raises(NotAllowed, match="used already or is too old"):
        redeem(rt, Kind.USER, Purpose.RESET, reset, NEW + " again")


def test_of_many_who_use_a_link_at_once_one_succeeds(rt: Runtime, reset: str) -> None:
    def use(number: int) -> bool:
        try:
            redeem(rt, Kind.USER, Purpose.RESET, reset, f"{NEW} {number}")
        except NotAllowed:
            return False
        return True

    with ThreadPoolExecutor(6) as crowd:
        assert sum(crowd.map(use, range(6))) == 1


def test_a_new_password_ends_other_links_too(rt: Runtime, reset: str) -> None:
    second = request_reset(rt, Kind.USER, EMAIL, address=None)
    assert second is not None
    redeem(rt, Kind.USER, Purpose.RESET, second, NEW)
    with pytest.raises(NotAllowed):
        redeem(rt, Kind.USER, Purpose.RESET, reset, NEW + " again")


def test_looking_at_a_link_does_not_use_it_up(rt: Runtime, reset: str) -> None:
    for _ in range(3):
        owner_of_link(rt, Kind.USER, Purpose.RESET, reset)
    redeem(rt, Kind.USER, Purpose.RESET, reset, NEW)


def test_a_weak_password_does_not_use_the_link_up(rt: Runtime, reset: str) -> None:
    with pytest.raises(InvalidInput):
        redeem(rt, Kind.USER, Purpose.RESET, reset, "north oak ada ada")
    redeem(rt, Kind.USER, Purpose.RESET, reset, NEW)


@pytest.mark.parametrize(
    ("kind", "purpose"), [(Kind.USER, Purpose.INVITATION), (Kind.ADMIN, Purpose.RESET)]
)
def test_a_link_for_one_thing_is_none_for_another(
    kind: Kind, purpose: Purpose, rt: Runtime, reset: str
) -> None:
    with pytest.raises(NotAllowed):
        redeem(rt, kind, purpose, reset, NEW)


@pytest.mark.parametrize(("purpose", "minutes"), [("reset", 30), ("invitation", 72 * 60)])
def test_a_link_lives_for(
    purpose: str, minutes: int, rt: Runtime, invitation: str, reset: str
) -> None:
    token = {"reset": reset, "invitation": invitation}[purpose]

    def age(by: int) -> None:
        with rt.database.auth() as session:
            session.execute(
                text("UPDATE auth_tokens SET expires_at = expires_at - make_interval(mins => :by)"),
                {"by": by},
            )

    age(minutes - 1)
    owner_of_link(rt, Kind.USER, Purpose(purpose), token)
    age(1)
    with pytest.raises(NotAllowed, match="too old"):
        redeem(rt, Kind.USER, Purpose(purpose), token, NEW)


@pytest.mark.parametrize("token", ["", "guess", "x" * 5_000])
def test_a_guessed_link_is_refused(token: str, rt: Runtime) -> None:
    with pytest.raises(NotAllowed):
        owner_of_link(rt, Kind.USER, Purpose.RESET, token)


def test_nobody_and_the_disabled_get_no_link(rt: Runtime, ada: Owner) -> None:
    assert request_reset(rt, Kind.USER, "nobody@example.com", address=None) is None
    assert request_reset(rt, Kind.USER, "not an address", address=None) is None
    set_active(rt, Kind.USER, ada.id, active=False, actor=BOSS)
    assert request_reset(rt, Kind.USER, EMAIL, address=None) is None


def test_somebody_disabled_meanwhile_cannot_use_their_link(
    rt: Runtime, ada: Owner, reset: str
) -> None:
    set_active(rt, Kind.USER, ada.id, active=False, actor=BOSS)
    with pytest.raises(NotAllowed, match="disabled"):
        redeem(rt, Kind.USER, Purpose.RESET, reset, NEW)


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.com"])
@pytest.mark.usefixtures("ada")
def test_a_mailbox_is_not_flooded(email: str, rt: Runtime) -> None:
    for _ in range(3):
        request_reset(rt, Kind.USER, email, address=None)
    with pytest.raises(TooManyAttempts):
        request_reset(rt, Kind.USER, email, address=None)


def test_secrets_of_links_are_not_in_the_database(rt: Runtime, invitation: str, reset: str) -> None:
    with rt.database.auth() as session:
        everything = session.scalar(text("SELECT string_agg(t::text, ' ') FROM auth_tokens t"))
    assert everything is not None
    assert invitation not in everything
    assert reset not in everything
