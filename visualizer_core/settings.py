"""Every setting of the program, typed, with units. Only `wiring` reads the environment."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from visualizer_core.domain.status import Queue
from visualizer_core.errors import Misconfigured

__all__ = ["MIN_SECRET_BYTES", "Mode", "Settings", "settings_from"]

MIN_SECRET_BYTES = 32  # 256 bits: what an HMAC key should have
_SAMPLE_WORDS = ("changeme", "change-me", "secret", "password", "example", "sample", "replace")
_WEAK_PASSWORDS = ("postgres", "redis", "admin", "root", "test", "1234", "12345", "123456")
_MIN_DISTINCT = 12  # "aaaa…" is long but not random
_SIGNING = ("auth_secret", "queue_secret")  # ours to choose, so ours to judge
_LOGINS = ("database_url", "operator_database_url", "auth_database_url", "migration_database_url",
           "redis_url")  # fmt: skip
_GIVEN = ("aws_secret_access_key", "gemini_api_key", "unsplash_access_key")  # made by others
SPARE_REDIS_CONNECTIONS = 20  # beside one a worker thread: the pump, progress, the heartbeat


class Mode(StrEnum):
    """Whether the program runs on embedded parts or on real infrastructure."""

    LOCAL = "local"
    PRODUCTION = "production"


class Settings(BaseModel):
    """All settings; field names are the environment's in lower case."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    visualizer_mode: Mode = Field(
        default=Mode.PRODUCTION,
        description="local (embedded parts, generated secrets) or production",
    )
    app_env: Queue = Field(
        default=Queue.CLIENT, description="admin or client: whose queue this process serves"
    )

    database_url: SecretStr = Field(description="Postgres, tenant role")
    operator_database_url: SecretStr | None = Field(
        default=None, description="Postgres, operator role; defaults to DATABASE_URL in local mode"
    )
    auth_database_url: SecretStr | None = Field(
        default=None, description="Postgres, sign-in role; the web apps need it"
    )
    migration_database_url: SecretStr | None = Field(
        default=None, description="Postgres, owner role; only for `visualizer migrate`"
    )
    visualizer_bootstrap_database_url: SecretStr | None = Field(
        default=None, description="Postgres superuser; only the embedded server has one"
    )
    database_pool_size: int = Field(default=8, ge=1, description="connections per engine")

    redis_url: SecretStr = Field(description="Redis or Valkey")
    redis_max_connections: int = Field(
        default=160, ge=1, description="at least WORKER_THREADS + 20"
    )

    aws_access_key_id: SecretStr = Field(description="S3 key id")
    aws_secret_access_key: SecretStr = Field(description="S3 secret key")
    aws_region: str = Field(default="us-east-1", description="S3 region")
    aws_s3_bucket: str = Field(description="S3 bucket")
    aws_endpoint_url: str | None = Field(default=None, description="S3 endpoint when not Amazon")

    gemini_api_key: SecretStr = Field(description="Gemini key")
    gemini_base_url: str | None = Field(
        default=None, description="Gemini endpoint when not Google's"
    )
    gemini_timeout_s: float = Field(
        default=240, gt=0, description="seconds a socket operation of a call may take"
    )
    gemini_deadline_s: float = Field(default=300, gt=0, description="seconds a whole call may take")
    model_registry_file: Path | None = Field(
        default=None, description="JSON file that replaces the built-in model registry"
    )
    image_model: str | None = Field(
        default=None, description="picture model when nobody chose one; else the registry's"
    )
    analysis_model: str | None = Field(
        default=None, description="model that analyses; else the registry's"
    )

    unsplash_access_key: SecretStr | None = Field(
        default=None, description="Unsplash key; without one, its photos are not offered"
    )
    unsplash_base_url: str = Field(
        default="https://api.unsplash.com", description="Unsplash endpoint"
    )
    unsplash_ai_licensed: bool = Field(
        default=False,
        description="true only with Unsplash's written permission to send photos to a model",
    )
    unsplash_app_name: str = Field(
        default="visualizer_workbench",
        description="this installation's name at Unsplash, for attribution",
    )

    auth_secret: SecretStr = Field(description="signs sign-in material; 32 random bytes or more")
    queue_secret: SecretStr = Field(description="signs queue messages; 32 random bytes or more")
    base_url: str = Field(
        default="http://127.0.0.1:5006", description="address people open in their browser"
    )

    worker_threads: int = Field(
        default=64, ge=1, le=256, description="calls in flight of one worker process"
    )
    lease_s: float = Field(
        default=60, gt=0, description="seconds after which an unrenewed claim is taken back"
    )
    pump_s: float = Field(default=3, gt=0, description="seconds between two control ticks")
    max_in_flight: int = Field(
        default=64, ge=1, description="calls in flight per model, all workers together"
    )

    @field_validator(*_SIGNING)
    @classmethod
    def _signing_secret_is_strong(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if _is_strict(info) and _is_guessable(value.get_secret_value()):
            raise ValueError(
                f"is weak or a sample. Use at least {MIN_SECRET_BYTES} random bytes, for example "
                'from `python -c "import secrets; print(secrets.token_urlsafe(48))"`'
            )
        return value

    @field_validator(*_GIVEN)
    @classmethod
    def _key_is_no_sample(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is not None and _is_strict(info) and _is_sample(value.get_secret_value()):
            raise ValueError("is a sample. Set the real one")
        return value

    @field_validator(*_LOGINS)
    @classmethod
    def _login_is_no_sample(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is not None and _is_strict(info):
            password = _password(value.get_secret_value())
            if password and (_is_sample(password) or password in _WEAK_PASSWORDS):
                raise ValueError("has a sample password. Give that role a random one")
        return value

    @model_validator(mode="after")
    def _settings_fit_together(self) -> Self:
        problems: list[str] = []
        if self.visualizer_mode is Mode.PRODUCTION and self.auth_secret == self.queue_secret:
            problems.append("AUTH_SECRET and QUEUE_SECRET must differ")
        needed = self.worker_threads + SPARE_REDIS_CONNECTIONS
        if self.redis_max_connections < needed:
            problems.append(
                f"REDIS_MAX_CONNECTIONS must be at least {needed}: WORKER_THREADS + "
                f"{SPARE_REDIS_CONNECTIONS}"
            )
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def url(self, field: str) -> str:
        """The database address called `field`, falling back to `database_url` in local mode.

        Raises
        ------
        Misconfigured
            When production does not name it: no process gets more than it needs by accident.
        """
        value: SecretStr | None = getattr(self, field)
        if value is None and self.visualizer_mode is Mode.LOCAL:
            value = self.database_url
        if value is None:
            raise Misconfigured(f"Set {field.upper()}: this process needs that database role.")
        return value.get_secret_value()


def _is_strict(info: ValidationInfo) -> bool:
    """Whether these settings are for real infrastructure; an unreadable mode counts as that."""
    return info.data.get("visualizer_mode") is not Mode.LOCAL


def _is_sample(secret: str) -> bool:
    return any(word in secret.lower() for word in _SAMPLE_WORDS)


def _is_guessable(secret: str) -> bool:
    too_short = len(secret.encode()) < MIN_SECRET_BYTES
    return too_short or len(set(secret)) < _MIN_DISTINCT or _is_sample(secret)


def _password(url: str) -> str | None:
    try:
        return urlsplit(url).password
    except ValueError:  # brackets that do not close; whoever connects says so
        return None


def settings_from(environ: Mapping[str, str]) -> Settings:
    """Read settings from an environment-like mapping.

    Raises
    ------
    Misconfigured
        Naming every variable that is missing or wrong; values are never repeated.
    """
    known = {
        name: value
        for name in Settings.model_fields
        if (value := environ.get(name.upper(), "").strip())
    }
    try:
        return Settings.model_validate(known)
    except ValidationError as error:
        problems = [
            _problem(item["loc"], item["msg"])
            for item in error.errors(include_input=False, include_url=False, include_context=False)
        ]
        raise Misconfigured(f"These settings stop the start: {'; '.join(problems)}.") from None


def _problem(place: tuple[int | str, ...], message: str) -> str:
    """One problem in words; never the value, which may be a secret."""
    own = message.removeprefix("Value error, ")
    if not place:
        return own
    name = str(place[0]).upper()
    if message == "Field required":
        return f"{name} is missing"
    return f"{name}: {message}" if own == message else f"{name} {own}"
