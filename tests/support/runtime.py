"""A runtime of which only the database is there; the other parts are built but never reached."""

from pydantic import SecretStr

from tests.support.postgres import DatabaseUrls
from visualizer_core.db.roles import AUTH, OPERATOR, TENANT
from visualizer_core.settings import Mode, Settings
from visualizer_core.wiring import build_runtime
from visualizer_core.workspace import Runtime

__all__ = ["database_runtime"]

_NOBODY = "127.0.0.1:1"  # where nothing listens: a test that reaches out by accident fails


def database_runtime(urls: DatabaseUrls) -> Runtime:
    """Build a runtime over one database; close it after use."""
    return build_runtime(
        Settings(
            visualizer_mode=Mode.LOCAL,
            database_url=SecretStr(urls.url(TENANT)),
            operator_database_url=SecretStr(urls.url(OPERATOR)),
            auth_database_url=SecretStr(urls.url(AUTH)),
            redis_url=SecretStr(f"redis://{_NOBODY}/0"),
            aws_access_key_id=SecretStr("nobody"),
            aws_secret_access_key=SecretStr("nothing"),
            aws_s3_bucket="nowhere",
            aws_endpoint_url=f"http://{_NOBODY}",
            gemini_api_key=SecretStr("none"),
            gemini_base_url=f"http://{_NOBODY}",
            auth_secret=SecretStr("an auth secret of this test only"),
            queue_secret=SecretStr("a queue secret of this test only"),
        )
    )
