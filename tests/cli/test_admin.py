"""The operator's work from the command line, and what the audit log keeps of it."""

from sqlalchemy import select

from tests.cli.conftest import Command
from visualizer_core.auth.passwords import verify_password
from visualizer_core.db.models import AdminUser, AuditEntry, ProviderLimit, User
from visualizer_core.services import accounts
from visualizer_core.workspace import Runtime


def _actions(rt: Runtime) -> list[str]:
    with rt.begin() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def _made(command: Command, slug: str = "north-oak") -> None:
    ran = command("admin", "client", "create", "--slug", slug, "--name", "North Oak")
    assert ran.code == 0, ran.told


def test_a_client_is_made_once(command: Command, runtime: Runtime) -> None:
    words = ("admin", "client", "create", "--slug", "north-oak", "--name", "North Oak")
    ran = command(*words, "--plan", "pro", "--json")
    assert ran.code == 0
    assert ran.json["client"]["plan"] == "pro"
    assert accounts.find_client(runtime, "north-oak").name == "North Oak"
    again = command(*words)
    assert again.code == 2
    assert "north-oak" in again.told
    assert _actions(runtime) == ["client.created"]


def test_a_slug_that_fits_no_address_is_refused_with_an_example(command: Command) -> None:
    ran = command("admin", "client", "create", "--slug", "North Oak", "--name", "North Oak")
    assert ran.code == 2
    assert "north-oak" in ran.told


def test_limits_set_later_leave_those_set_before(command: Command, runtime: Runtime) -> None:
    _made(command)
    limits = ("admin", "client", "limits", "north-oak")
    command(*limits, "--daily-generations", 7, "--weight", 2)
    ran = command(*limits, "--monthly-budget-usd", 12.5, "--json")
    assert ran.json["client"]["overrides"] == {
        "daily_generations": 7,
        "monthly_budget_micros": 12_500_000,
    }
    assert ran.json["client"]["weight"] == 2
    assert command(*limits).code == 0  # shows and changes nothing
    assert accounts.find_client(runtime, "north-oak").limits.daily_generations == 7
    followed = command(*limits, "--follow-plan", "--storage-gb", 1, "--json")
    assert followed.json["client"]["overrides"] == {"storage_bytes": 1_000_000_000}


def test_a_client_is_suspended_resumed_moved_deleted_and_restored(
    command: Command, runtime: Runtime
) -> None:
    _made(command)
    command("admin", "client", "suspend", "north-oak")
    assert not accounts.find_client(runtime, "north-oak").is_active
    command("admin", "client", "resume", "north-oak")
    assert accounts.find_client(runtime, "north-oak").is_active
    assert command("admin", "client", "plan", "north-oak", "starter").code == 0
    wrong = command("admin", "client", "delete", "north-oak", "--confirm", "north")
    assert wrong.code == 2
    assert command("admin", "client", "delete", "north-oak", "--confirm", "north-oak").code == 0
    assert command("admin", "client", "list", "--json").json == {"clients": []}
    assert command("admin", "client", "restore", "north-oak").code == 0
    assert _actions(runtime) == [
        "client.created",
        "client.suspended",
        "client.resumed",
        "client.plan_set",
        "client.deleted",
        "client.restored",
    ]


def test_a_user_gets_a_password_that_works_once_and_is_kept_nowhere(
    command: Command, runtime: Runtime
) -> None:
    _made(command)
    ran = command(
        *("admin", "user", "create", "--client", "north-oak", "--email", "Ann@Oak.example"),
        *("--name", "Ann", "--role", "owner"),
    )
    assert ran.code == 0, ran.told
    first = ran.out.removeprefix("one-time password: ").strip()
    with runtime.database.auth() as session:
        row = session.scalars(select(User)).one()
        assert verify_password(first, row.password_hash)
        assert row.must_change_password
    again = command("admin", "user", "reset-password", "--email", "ann@oak.example", "--json")
    with runtime.database.auth() as session:
        row = session.scalars(select(User)).one()
        assert verify_password(again.json["one_time_password"], row.password_hash)
        assert not verify_password(first, row.password_hash)
    with runtime.begin() as session:
        entries = session.scalars(select(AuditEntry)).all()
    assert {"user.created", "user.password_set"} <= {entry.action for entry in entries}
    assert {entry.actor for entry in entries} == {"cli"}
    for secret in (first, again.json["one_time_password"]):
        assert not any(secret in f"{entry.before}{entry.after}" for entry in entries)


def test_people_are_listed_added_disabled_and_enabled(command: Command) -> None:
    _made(command)
    _made(command, "south-elm")
    person = ("--email", "ann@oak.example")
    command("admin", "user", "create", "--client", "north-oak", *person, "--name", "Ann")
    assert command("admin", "user", "add", "--client", "south-elm", *person).code == 0
    twice = command("admin", "user", "add", "--client", "south-elm", *person)
    assert twice.code == 2
    assert command("admin", "user", "disable", *person).code == 0
    [listed] = command("admin", "user", "list", "--client", "south-elm", "--json").json["users"]
    assert (listed["email"], listed["active"], listed["role"]) == (
        "ann@oak.example",
        False,
        "editor",
    )
    assert command("admin", "user", "enable", *person).code == 0
    assert (
        "has a one-time password" in command("admin", "user", "list", "--client", "north-oak").out
    )


def test_a_person_of_a_client_nobody_knows_is_refused(command: Command, runtime: Runtime) -> None:
    ran = command(
        *("admin", "user", "create", "--client", "nope", "--email", "a@b.example", "--name", "A")
    )
    assert ran.code == 2
    assert "nope" in ran.told
    assert _actions(runtime) == []


def test_an_admin_user_is_made_listed_and_given_another_password(
    command: Command, runtime: Runtime
) -> None:
    person = ("--email", "op@house.example")
    made = command("admin", "create", *person, "--name", "Op", "--role", "viewer", "--json")
    assert made.code == 0
    [listed] = command("admin", "list", "--json").json["admins"]
    assert (listed["email"], listed["role"]) == ("op@house.example", "viewer")
    reset = command("admin", "reset-password", *person, "--json")
    with runtime.database.auth() as session:
        row = session.scalars(select(AdminUser)).one()
        assert verify_password(reset.json["one_time_password"], row.password_hash)
    unknown = command("admin", "reset-password", "--email", "nobody@house.example")
    assert unknown.code == 2
    assert "nobody@house.example" in unknown.told


def test_rates_pauses_and_the_queue_are_set_and_shown(command: Command, runtime: Runtime) -> None:
    model = runtime.image_model
    ran = command(
        *("admin", "limits", "set", model, "--requests-per-minute", 30),
        *("--usd-per-ten-minutes", 10, "--json"),
    )
    assert ran.json["limits"]["requests_per_minute"] == 30
    assert ran.json["limits"]["micros_per_ten_minutes"] == 10_000_000
    kept = command("admin", "limits", "set", model, "--requests-per-day", 100, "--unlimited")
    assert kept.code == 0
    with runtime.begin() as session:
        row = session.get_one(ProviderLimit, model)
        assert (row.requests_per_minute, row.requests_per_day) == (None, 100)
    command("admin", "model", "pause", model, "--reason", "the bill is unpaid")
    shown = command("admin", "queue")
    assert "paused: the bill is unpaid" in shown.out
    assert [one["queue"] for one in command("admin", "queue", "--json").json["queues"]] == [
        "client",
        "admin",
    ]
    assert "goes on" in command("admin", "model", "resume", model).told
    assert "was not paused" in command("admin", "model", "resume", model).told


def test_a_model_nobody_knows_is_refused_with_those_that_are_known(
    command: Command, runtime: Runtime
) -> None:
    for words in (("limits", "set", "nope", "--max-in-flight", 1), ("model", "resume", "nope")):
        ran = command("admin", *words)
        assert ran.code == 2
        assert runtime.image_model in ran.told
