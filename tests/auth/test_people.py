"""People and their memberships."""

import pytest
from sqlalchemy import select, text

from tests.auth.conftest import EMAIL, PASSWORD, Owner
from tests.support.factories import Clients
from visualizer_core.auth.members import (
    add_member,
    change_role,
    list_members,
    remove_member,
)
from visualizer_core.auth.passwords import new_password
from visualizer_core.auth.people import (
    create_admin,
    create_user,
    find_person,
    list_admins,
    set_active,
    set_password,
)
from visualizer_core.auth.rows import Kind
from visualizer_core.auth.sessions import create_session, resolve_session
from visualizer_core.auth.signin import authenticate
from visualizer_core.db.models import AuditEntry
from visualizer_core.domain.ids import ClientId, UserId, new_id
from visualizer_core.domain.status import Role
from visualizer_core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from visualizer_core.workspace import Runtime

BOSS = "admin:boss"


def _make(rt: Runtime, client_id: ClientId, name: str, role: Role = Role.EDITOR) -> UserId:
    return create_user(rt, f"{name}@example.com", name, client_id=client_id, role=role, actor=BOSS)


def test_a_person_is_found_however_the_address_is_written(rt: Runtime, ada: Owner) -> None:
    for spelling in (EMAIL, EMAIL.upper(), f"  {EMAIL.lower()} "):
        assert find_person(rt, Kind.USER, spelling).id == ada.id
    assert ada.person.email == EMAIL
    assert ada.person.is_active
    assert not ada.person.must_change_password


def test_one_address_has_one_account(rt: Runtime, ada: Owner) -> None:
    with pytest.raises(Conflict, match="has an account already"):
        create_user(rt, EMAIL.lower(), "Eve", client_id=ada.client_id, actor=BOSS)
    assert len(list_members(rt, ada.client_id)) == 1


@pytest.mark.usefixtures("ada")
def test_the_operators_people_live_apart_from_users(rt: Runtime) -> None:
    admin_id = create_admin(rt, EMAIL, "Ada", password=PASSWORD, actor=BOSS)
    assert [(admin.id, admin.admin_role) for admin in list_admins(rt)] == [(admin_id, "admin")]
    assert find_person(rt, Kind.USER, EMAIL).id != admin_id
    with pytest.raises(InvalidInput, match="admin or viewer"):
        create_admin(rt, "b@example.com", "Bob", role="owner", actor=BOSS)


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@", "@example.com", "a b@example.com", "a@b, c@d", "x" * 251 + "@b.c"]
)
def test_what_is_no_address_is_refused(email: str, rt: Runtime, ada: Owner) -> None:
    with pytest.raises(InvalidInput, match="is not an e-mail address"):
        create_user(rt, email, "Eve", client_id=ada.client_id, actor=BOSS)


def test_a_person_of_no_client_is_not_made(rt: Runtime, ada: Owner) -> None:
    assert ada
    with pytest.raises(NotFound, match="no such client"):
        create_user(rt, "eve@example.com", "Eve", client_id=ClientId(new_id()), actor=BOSS)
    with pytest.raises(NotFound):
        find_person(rt, Kind.USER, "eve@example.com")


def test_a_weak_password_makes_nobody(rt: Runtime, ada: Owner) -> None:
    with pytest.raises(InvalidInput, match="at least 15"):
        create_user(
            rt, "eve@example.com", "Eve", client_id=ada.client_id, password="short", actor=BOSS
        )
    assert len(list_members(rt, ada.client_id)) == 1


def test_a_password_made_of_the_clients_name_is_refused(rt: Runtime, ada: Owner) -> None:
    with pytest.raises(InvalidInput, match="first ones anybody would try"):
        set_password(rt, Kind.USER, ada.id, "north-oak north-oak 12", actor=BOSS)


def test_a_person_without_a_password_cannot_sign_in(rt: Runtime, ada: Owner) -> None:
    _make(rt, ada.client_id, "bob")
    for attempt in ("", "None", PASSWORD):
        with pytest.raises(NotAllowed):
            authenticate(rt, Kind.USER, "bob@example.com", attempt, address=None)


def test_a_password_for_the_first_time_says_so(rt: Runtime, ada: Owner) -> None:
    once = new_password()
    set_password(rt, Kind.USER, ada.id, once, must_change=True, actor=BOSS)
    assert authenticate(rt, Kind.USER, EMAIL, once, address=None).must_change_password
    set_password(rt, Kind.USER, ada.id, "seven lamps drink the rain", actor=ada.person.actor)
    again = authenticate(rt, Kind.USER, EMAIL, "seven lamps drink the rain", address=None)
    assert not again.must_change_password


def test_members_have_roles_that_can_change(rt: Runtime, ada: Owner) -> None:
    bob = _make(rt, ada.client_id, "bob")
    change_role(rt, bob, ada.client_id, Role.REVIEWER, actor=BOSS)
    assert [(m.person.name, m.role) for m in list_members(rt, ada.client_id)] == [
        ("Ada Lovelace", Role.OWNER),
        ("bob", Role.REVIEWER),
    ]
    remove_member(rt, bob, ada.client_id, actor=BOSS)
    assert len(list_members(rt, ada.client_id)) == 1
    with pytest.raises(NotFound, match="not a member"):
        change_role(rt, bob, ada.client_id, Role.EDITOR, actor=BOSS)


def test_a_client_always_keeps_an_owner(rt: Runtime, ada: Owner) -> None:
    for leave in (
        lambda: change_role(rt, ada.id, ada.client_id, Role.VIEWER, actor=BOSS),
        lambda: remove_member(rt, ada.id, ada.client_id, actor=BOSS),
    ):
        with pytest.raises(Conflict, match="last owner"):
            leave()
    _make(rt, ada.client_id, "bob", Role.OWNER)
    remove_member(rt, ada.id, ada.client_id, actor=BOSS)


def test_one_person_may_work_in_several_clients(rt: Runtime, ada: Owner, clients: Clients) -> None:
    elm = clients.make(name="Elm", slug="elm")
    add_member(rt, ada.id, elm, Role.EDITOR, actor=BOSS)
    assert [m.role for m in list_members(rt, elm)] == [Role.EDITOR]
    with pytest.raises(Conflict, match="member of Elm already"):
        add_member(rt, ada.id, elm, Role.OWNER, actor=BOSS)
    with pytest.raises(NotFound, match="no such person"):
        add_member(rt, UserId(new_id()), elm, Role.OWNER, actor=BOSS)


def test_a_disabled_person_is_out_at_once(rt: Runtime, ada: Owner) -> None:
    token = create_session(rt, ada.person)
    set_active(rt, Kind.USER, ada.id, active=False, actor=BOSS)
    assert resolve_session(rt, Kind.USER, token) is None
    with pytest.raises(NotAllowed):
        authenticate(rt, Kind.USER, EMAIL, PASSWORD, address=None)
    set_active(rt, Kind.USER, ada.id, active=True, actor=BOSS)
    assert resolve_session(rt, Kind.USER, token) is None
    assert authenticate(rt, Kind.USER, EMAIL, PASSWORD, address=None).id == ada.id


def test_the_audit_log_tells_who_did_it_and_never_a_secret(rt: Runtime, ada: Owner) -> None:
    set_password(rt, Kind.USER, ada.id, "seven lamps drink the rain", actor=BOSS)
    authenticate(rt, Kind.USER, EMAIL, "seven lamps drink the rain", address=None)
    with rt.begin() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        everything = session.scalar(text("SELECT string_agg(a::text, ' ') FROM audit_log a")) or ""
    assert [(entry.actor, entry.action) for entry in entries] == [
        ("command line", "user.created"),
        ("command line", "member.added"),
        (BOSS, "user.password_set"),
        (f"user:{ada.id}", "user.signed_in"),
    ]
    assert "lamps" not in everything
    assert "argon2" not in everything
