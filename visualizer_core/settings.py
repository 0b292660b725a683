"""Every setting of the program, typed, with units. Only `wiring` reads the environment."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from visualizer_core.domain.status import Queue
from visualizer_core.errors import Misconfigured

__all__ = ["MIN_SECRET_BYTES", "Mode", "Settings", "settings_from"]

MIN_SECRET_BYTES = 32  # 256 bits: what an HMAC key should have
_WEAK_WORDS = ("changeme", "change-me", "secret", "password", "example", "sample", "replace")
_MIN_DISTINCT = 12  # "aaaa…" is long but not random


class Mode(StrEnum):
    """Whether the program runs on embedded parts or on real infrastructure."""

    LOCAL = "local"
    PRODUCTION = "production"


class Settings(BaseModel):
    """All settings; field names are the environment's in lower case."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    visualizer_mode: Mode = Field(
        default=Mode.PRODUCTION, description="local: embedded parts, generated secrets"
    )
    app_env: Queue = Field(default=Queue.CLIENT, description="admin or client: Redis key prefix")

    database_url: SecretStr = Field(description="Postgres, tenant role")
    operator_database_url: SecretStr | None = Field(
        default=None, description="Postgres, operator role; defaults to DATABASE_URL in local mode"
    )
    auth_database_url: SecretStr | None = Field(default=None, description="Postgres, sign-in role")
    migration_database_url: SecretStr | None = Field(
        default=None, description="Postgres, owner role; only for `visualizer migrate`"
    )
    visualizer_bootstrap_database_url: SecretStr | None = Field(
        default=None, description="Postgres superuser; only the embedded server has one"
    )
    database_pool_size: int = Field(default=8, ge=1, description="connections per engine")

    redis_url: SecretStr = Field(description="Redis or Valkey")
    redis_max_connections: int = Field(
        default=160, ge=1, description="at least worker threads + 20"
    )

    aws_access_key_id: SecretStr = Field(description="S3 key id")
    aws_secret_access_key: SecretStr = Field(description="S3 secret key")
    aws_region: str = Field(default="us-east-1", description="S3 region")
    aws_s3_bucket: str = Field(description="S3 bucket")
    aws_endpoint_url: str | None = Field(default=None, description="S3 endpoint when not Amazon")

    gemini_api_key: SecretStr = Field(description="Gemini key")
    gemini_base_url: str | None = Field(default=None, description="Gemini endpoint; the stand-in's")
    gemini_timeout_s: float = Field(default=240, gt=0, description="per socket operation, seconds")
    gemini_deadline_s: float = Field(default=300, gt=0, description="whole call, seconds")
    model_registry_file: Path | None = Field(
        default=None, description="replaces the built-in model registry"
    )
    image_model: str | None = Field(default=None, description="default picture model")
    analysis_model: str | None = Field(default=None, description="default analysis model")

    unsplash_access_key: SecretStr | None = Field(default=None, description="Unsplash key")
    unsplash_base_url: str = Field(
        default="https://api.unsplash.com", description="Unsplash endpoint; the stand-in's"
    )
    unsplash_ai_licensed: bool = Field(
        default=False,
        description="true only with Unsplash's written permission to send photos to a model",
    )
    unsplash_app_name: str = Field(default="visualizer_workbench", description="for attribution")

    auth_secret: SecretStr = Field(description="signs sign-in material; 32 random bytes or more")
    queue_secret: SecretStr = Field(description="signs queue messages; 32 random bytes or more")
    base_url: str = Field(default="http://127.0.0.1:5006", description="address people use")

    worker_threads: int = Field(default=64, ge=1, le=256, description="calls in flight a process")
    lease_s: float = Field(default=60, gt=0, description="an unrenewed claim is taken back after")
    pump_s: float = Field(default=3, gt=0, description="how often the control tick runs")
    max_in_flight: int = Field(
        default=64, ge=1, description="calls in flight per model, all workers together"
    )

    @model_validator(mode="after")
    def _secrets_are_strong(self) -> Self:
        if self.visualizer_mode is Mode.PRODUCTION:
            for name in ("auth_secret", "queue_secret"):
                _refuse_weak(name.upper(), getattr(self, name).get_secret_value())
            if self.auth_secret == self.queue_secret:
                raise ValueError("AUTH_SECRET and QUEUE_SECRET must differ.")
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


def _refuse_weak(name: str, secret: str) -> None:
    too_short = len(secret.encode()) < MIN_SECRET_BYTES
    known = any(word in secret.lower() for word in _WEAK_WORDS)
    if too_short or known or len(set(secret)) < _MIN_DISTINCT:
        raise ValueError(
            f"{name} is weak. Use at least {MIN_SECRET_BYTES} random bytes, for example from "
            '`python -c "import secrets; print(secrets.token_urlsafe(48))"`.'
        )


def settings_from(environ: Mapping[str, str]) -> Settings:
    """Read settings from an environment-like mapping.

    Raises
    ------
    Misconfigured
        Naming every variable that is missing or wrong; values are never repeated.
    """
    known = {
        name: environ[name.upper()]
        for name in Settings.model_fields
        if environ.get(name.upper(), "") != ""
    }
    try:
        return Settings.model_validate(known)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in item['loc']).upper()}: {item['msg']}".lstrip(": ")
            for item in error.errors(include_input=False, include_url=False)
        )
        raise Misconfigured(f"These settings stop the start: {problems}") from None
