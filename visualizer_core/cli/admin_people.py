"""``visualizer admin user`` for people of clients, ``visualizer admin create`` for admin users."""

from enum import StrEnum
from typing import Annotated

import typer

from visualizer_core.auth import members, people
from visualizer_core.auth.passwords import new_password
from visualizer_core.auth.rows import Kind, Person
from visualizer_core.cli.admin_clients import ACTOR
from visualizer_core.cli.console import (
    DEFAULT_STATE_DIR,
    Json,
    State,
    opened,
    print_json,
    reported,
)
from visualizer_core.cli.showing import plain, say, show_table
from visualizer_core.domain.ids import UserId
from visualizer_core.domain.status import Role
from visualizer_core.services import accounts
from visualizer_core.workspace import Runtime

__all__ = ["create", "list_all", "reset_password", "user"]


class AdminRole(StrEnum):
    """What an admin user may do."""

    ADMIN = "admin"
    VIEWER = "viewer"


Client = Annotated[str, typer.Option("--client", help="Slug of the client.")]
Email = Annotated[str, typer.Option("--email", help="What they sign in with.")]
Name = Annotated[str, typer.Option("--name", help="How others see them.")]

user = typer.Typer(no_args_is_help=True, help="People of clients.")


@user.command("create")
def create_user(
    *,
    client: Client,
    email: Email,
    name: Name,
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.EDITOR,
    as_json: Json = False,
    state: State = DEFAULT_STATE_DIR,
) -> None:
    """Make a person of a client and print their one-time password."""
    password = new_password()
    with reported(), opened(state) as (rt, _):
        people.create_user(
            rt,
            email,
            name,
            client_id=accounts.find_client(rt, client).id,
            role=role,
            password=password,
            must_change=True,
            actor=ACTOR,
        )
        made = people.find_person(rt, Kind.USER, email)
    say(f"✓ {plain(made.email)} is {role} of {client}")
    _hand_over(made, password, as_json=as_json)


@user.command("add")
def add_user(
    *,
    client: Client,
    email: Email,
    role: Annotated[Role, typer.Option(help="What they may do there.")] = Role.EDITOR,
    state: State = DEFAULT_STATE_DIR,
) -> None:
    """Give somebody who has an account another client."""
    with reported(), opened(state) as (rt, _):
        found = people.find_person(rt, Kind.USER, email)
        client_id = accounts.find_client(rt, client).id
        members.add_member(rt, UserId(found.id), client_id, role, actor=ACTOR)
    say(f"✓ {plain(found.email)} is {role} of {client}")


@user.command("list")
def list_users(*, client: Client, as_json: Json = False, state: State = DEFAULT_STATE_DIR) -> None:
    """List the people of a client."""
    with reported(), opened(state) as (rt, _):
        found = members.list_members(rt, accounts.find_client(rt, client).id)
    if as_json:
        print_json({"users": [{**_record(one.person), "role": one.role} for one in found]})
        return
    show_table(
        ("e-mail", "name", "role", "state"),
        [(one.person.email, one.person.name, one.role, _state(one.person)) for one in found],
    )


@user.command("reset-password")
def reset_user_password(
    *, email: Email, as_json: Json = False, state: State = DEFAULT_STATE_DIR
) -> None:
    """Give a person of a client a new one-time password; their sessions end."""
    _reset(Kind.USER, email, as_json=as_json, state=state)


@user.command("disable")
def disable_user(*, email: Email, state: State = DEFAULT_STATE_DIR) -> None:
    """Let a person of a client sign in no longer; their sessions end at once."""
    _switch(Kind.USER, email, active=False, state=state)


@user.command("enable")
def enable_user(*, email: Email, state: State = DEFAULT_STATE_DIR) -> None:
    """Let a person of a client sign in again."""
    _switch(Kind.USER, email, active=True, state=state)


def create(
    *,
    email: Email,
    name: Name,
    role: Annotated[
        AdminRole, typer.Option(help="admin may change everything, viewer nothing.")
    ] = AdminRole.ADMIN,
    as_json: Json = False,
    state: State = DEFAULT_STATE_DIR,
) -> None:
    """Make an admin user and print their one-time password."""
    password = new_password()
    with reported(), opened(state) as (rt, _):
        people.create_admin(
            rt, email, name, role=role, password=password, must_change=True, actor=ACTOR
        )
        made = people.find_person(rt, Kind.ADMIN, email)
    say(f"✓ {plain(made.email)} is an admin user ({role})")
    _hand_over(made, password, as_json=as_json)


def list_all(*, as_json: Json = False, state: State = DEFAULT_STATE_DIR) -> None:
    """List the admin users."""
    with reported(), opened(state) as (rt, _):
        found = people.list_admins(rt)
    if as_json:
        print_json({"admins": [{**_record(one), "role": one.admin_role} for one in found]})
        return
    show_table(
        ("e-mail", "name", "role", "state"),
        [(one.email, one.name, one.admin_role, _state(one)) for one in found],
    )


def reset_password(
    *, email: Email, as_json: Json = False, state: State = DEFAULT_STATE_DIR
) -> None:
    """Give an admin user a new one-time password; their sessions end."""
    _reset(Kind.ADMIN, email, as_json=as_json, state=state)


def _reset(kind: Kind, email: str, *, as_json: bool, state: State) -> None:
    password = new_password()
    with reported(), opened(state) as (rt, _):
        found = people.find_person(rt, kind, email)
        people.set_password(rt, kind, found.id, password, must_change=True, actor=ACTOR)
    say(f"✓ {plain(found.email)} has a new password; every session of theirs has ended")
    _hand_over(found, password, as_json=as_json)


def _switch(kind: Kind, email: str, *, active: bool, state: State) -> None:
    with reported(), opened(state) as (rt, _):
        found = _switched(rt, kind, email, active=active)
    say(f"✓ {plain(found.email)} may {'sign in again' if active else 'not sign in any more'}")


def _switched(rt: Runtime, kind: Kind, email: str, *, active: bool) -> Person:
    found = people.find_person(rt, kind, email)
    people.set_active(rt, kind, found.id, active=active, actor=ACTOR)
    return found


def _hand_over(person: Person, password: str, *, as_json: bool) -> None:
    """Print the password, this once: only its hash is kept."""
    if as_json:
        print_json({**_record(person), "one_time_password": password})
        return
    print(f"one-time password: {password}")
    say("  it is shown this once and has to be changed at the first sign-in")


def _state(person: Person) -> str:
    if not person.is_active:
        return "disabled"
    return "has a one-time password" if person.must_change_password else "active"


def _record(person: Person) -> dict[str, object]:
    return {
        "id": str(person.id),
        "email": person.email,
        "name": person.name,
        "active": person.is_active,
        "must_change_password": person.must_change_password,
    }
