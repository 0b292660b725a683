"""Settings: every problem named at once, no secret repeated, weak ones refused where it matters."""

import re
from pathlib import Path

import pytest
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from visualizer_core.domain.status import Queue
from visualizer_core.errors import Misconfigured
from visualizer_core.settings import Mode, Settings, settings_from

EXAMPLE = Path(__file__).parents[1] / ".env.example"

AUTH = "kW1yNq0e7PzXr4uHc9TgLb2VmJd8SfQa5iOx3RtY"
QUEUE = "Zt6pBw2nEj9sKc4vGy7hMf1xUq5dLr8aHo3iTb0N"
GOOD = {
    "DATABASE_URL": "postgresql://wb_tenant:J7f2kQ9xv@db.internal/app",
    "OPERATOR_DATABASE_URL": "postgresql://wb_operator:p5Tz81mLq@db.internal/app",
    "REDIS_URL": "rediss://:u83hNdPq1@redis.internal:6380/0",
    "AWS_ACCESS_KEY_ID": "AKX7Q2",
    "AWS_SECRET_ACCESS_KEY": "q9Jx2LmT7vBz",
    "AWS_S3_BUCKET": "pictures",
    "GEMINI_API_KEY": "g-81hd72hf",
    "AUTH_SECRET": AUTH,
    "QUEUE_SECRET": QUEUE,
}


def refused(**changes: str) -> str:
    with pytest.raises(Misconfigured) as stopped:
        settings_from(GOOD | changes)
    return str(stopped.value)


def test_good_settings_are_read_with_their_defaults() -> None:
    settings = settings_from(GOOD | {"UNRELATED": "x", "APP_ENV": "admin", "LEASE_S": "90"})
    assert settings.visualizer_mode is Mode.PRODUCTION
    assert settings.app_env is Queue.ADMIN
    assert settings.lease_s == 90.0
    assert settings.worker_threads == 64
    assert settings.auth_secret.get_secret_value() == AUTH


def test_every_problem_is_named_at_once() -> None:
    broken = {name: value for name, value in GOOD.items() if name != "AWS_S3_BUCKET"}
    broken |= {"AUTH_SECRET": "short", "LEASE_S": "soon", "APP_ENV": "both", "REDIS_URL": "  "}
    with pytest.raises(Misconfigured) as stopped:
        settings_from(broken)
    message = str(stopped.value)
    assert "AWS_S3_BUCKET is missing" in message
    assert "REDIS_URL is missing" in message
    assert "AUTH_SECRET is weak" in message
    assert "LEASE_S: " in message
    assert "APP_ENV: " in message


@pytest.mark.parametrize(
    "secret",
    [
        "short",
        "a" * 64,
        "abababababababababababababababababababab",
        "change-me-" + AUTH,
        "this-is-an-example-of-a-long-secret-9182",
        "My" + AUTH + "Password",
    ],
)
@pytest.mark.parametrize("name", ["AUTH_SECRET", "QUEUE_SECRET"])
def test_a_weak_signing_secret_stops_the_start_and_is_not_repeated(name: str, secret: str) -> None:
    message = refused(**{name: secret})
    assert f"{name} is weak or a sample" in message
    assert "secrets.token_urlsafe" in message
    assert secret not in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("GEMINI_API_KEY", "replace-with-your-key"),
        ("UNSPLASH_ACCESS_KEY", "changeme"),
        ("DATABASE_URL", "postgresql://app:postgres@db/app"),
        ("OPERATOR_DATABASE_URL", "postgresql://app:changeme@db/app"),
        ("AUTH_DATABASE_URL", "postgresql://app:password@db/app"),
        ("MIGRATION_DATABASE_URL", "postgresql://app:123456@db/app"),
        ("REDIS_URL", "redis://:redis@cache/0"),
    ],
)
def test_a_sample_in_its_place_stops_the_start_and_is_not_repeated(name: str, value: str) -> None:
    message = refused(**{name: value})
    assert f"{name} " in message
    assert "sample" in message
    assert value not in message
    assert value.rpartition(":")[2] not in message


def test_one_secret_for_two_purposes_is_refused() -> None:
    assert "AUTH_SECRET and QUEUE_SECRET must differ" in refused(QUEUE_SECRET=AUTH)


def test_on_a_laptop_secrets_may_be_anything() -> None:
    weak = {"VISUALIZER_MODE": "local", "AUTH_SECRET": "a", "QUEUE_SECRET": "a"}
    weak |= {"DATABASE_URL": "postgresql://app:postgres@db/app", "GEMINI_API_KEY": "example"}
    assert settings_from(GOOD | weak).auth_secret.get_secret_value() == "a"


def test_a_misspelt_mode_does_not_open_the_door() -> None:
    message = refused(VISUALIZER_MODE="Local ish", AUTH_SECRET="short")
    assert "VISUALIZER_MODE: " in message
    assert "AUTH_SECRET is weak" in message


def test_more_threads_need_more_connections() -> None:
    message = refused(WORKER_THREADS="200")
    assert "REDIS_MAX_CONNECTIONS must be at least 220" in message
    wide = {"WORKER_THREADS": "200", "REDIS_MAX_CONNECTIONS": "220"}
    assert settings_from(GOOD | wide).redis_max_connections == 220


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WORKER_THREADS", "0"),
        ("WORKER_THREADS", "1000"),
        ("LEASE_S", "0"),
        ("PUMP_S", "-1"),
        ("MAX_IN_FLIGHT", "none"),
        ("DATABASE_POOL_SIZE", "2.5"),
        ("UNSPLASH_AI_LICENSED", "perhaps"),
    ],
)
def test_a_value_out_of_bounds_is_named(name: str, value: str) -> None:
    assert f"{name}: " in refused(**{name: value})


def test_blanks_around_a_value_do_not_count() -> None:
    settings = settings_from(GOOD | {"AUTH_SECRET": f" {AUTH}\n", "IMAGE_MODEL": "  "})
    assert settings.auth_secret.get_secret_value() == AUTH
    assert settings.image_model is None


def test_no_secret_shows_when_settings_are_printed() -> None:
    shown = f"{settings_from(GOOD)!r} {settings_from(GOOD)}"
    for name in ("DATABASE_URL", "REDIS_URL", "AWS_SECRET_ACCESS_KEY", "GEMINI_API_KEY"):
        assert GOOD[name] not in shown
    assert AUTH not in shown


def test_a_process_gets_no_database_role_by_accident() -> None:
    settings = settings_from(GOOD)
    assert settings.url("operator_database_url") == GOOD["OPERATOR_DATABASE_URL"]
    with pytest.raises(Misconfigured, match="Set AUTH_DATABASE_URL"):
        settings.url("auth_database_url")
    local = settings_from(GOOD | {"VISUALIZER_MODE": "local"})
    assert local.url("auth_database_url") == GOOD["DATABASE_URL"]


def test_secrets_are_secrets_to_the_program_too() -> None:
    telling = re.compile(r"(secret|_key$|_url$)")
    public = {"base_url", "aws_endpoint_url", "gemini_base_url", "unsplash_base_url"}
    values = dict(settings_from(GOOD | {"UNSPLASH_ACCESS_KEY": "u-918273"}))
    for name, value in values.items():
        if telling.search(name) and name not in public and value is not None:
            assert isinstance(value, SecretStr), name


class TestExample:
    @pytest.fixture
    def lines(self) -> list[str]:
        text = EXAMPLE.read_text(encoding="utf-8")
        return text.split("\n\n", 1)[1].splitlines()

    def test_every_setting_has_its_line_in_order(self, lines: list[str]) -> None:
        names = [line.partition("=")[0] for line in lines[1::2]]
        assert names == [name.upper() for name in Settings.model_fields]

    def test_each_says_what_it_is_and_its_default(self, lines: list[str]) -> None:
        for comment, line in zip(lines[::2], lines[1::2], strict=True):
            name, _, value = line.partition("=")
            field = Settings.model_fields[name.lower()]
            needed = field.default is PydanticUndefined
            assert comment == f"# {field.description}" + (" (required)" if needed else "")
            if needed or field.default is None:
                assert value == "", name
            else:
                example = GOOD | {"VISUALIZER_MODE": "local", name: value}
                assert getattr(settings_from(example), name.lower()) == field.default, name

    def test_as_it_stands_it_starts_nothing(self, lines: list[str]) -> None:
        example = dict(line.split("=", 1) for line in lines[1::2])
        with pytest.raises(Misconfigured) as stopped:
            settings_from(example)
        missing = set(re.findall(r"(\w+) is missing", str(stopped.value)))
        assert missing == {
            name.upper()
            for name, field in Settings.model_fields.items()
            if field.default is PydanticUndefined
        }
