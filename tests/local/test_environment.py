from pathlib import Path

import pytest

from visualizer_core.errors import Misconfigured
from visualizer_core.local.environment import Piece, external_pieces, without_owner
from visualizer_core.local.stack import Stack
from visualizer_core.settings import Mode, settings_from

EVERYTHING_ELSEWHERE = {
    "DATABASE_URL": "postgresql+psycopg://tenant:pw@db.example/app",
    "REDIS_URL": "redis://cache.example:6379/0",
    "AWS_S3_BUCKET": "pictures",
    "AWS_ACCESS_KEY_ID": "id",
    "AWS_SECRET_ACCESS_KEY": "key",
    "GEMINI_API_KEY": "real",
    "UNSPLASH_ACCESS_KEY": "real",
}
PROVIDER = {"GEMINI_API_KEY": "real", "UNSPLASH_ACCESS_KEY": "real"}


def test_every_named_piece_is_used_instead_of_an_embedded_one(state_dir: Path) -> None:
    stack = Stack(state_dir, environ=EVERYTHING_ELSEWHERE, durable=False)
    with stack.running() as env:
        record = stack.record()
        assert record is not None
        assert record.children == ()
        assert EVERYTHING_ELSEWHERE.items() <= env.items()
        assert not {"AWS_ENDPOINT_URL", "GEMINI_BASE_URL", "OPERATOR_DATABASE_URL"} & env.keys()


def test_one_external_piece_leaves_the_others_embedded(state_dir: Path) -> None:
    environ = PROVIDER | {"REDIS_URL": "redis://cache.example:6379/0", "WORKER_THREADS": "7"}
    stack = Stack(state_dir, environ=environ, durable=False)
    with stack.running({"redis", "s3"}) as env:
        record = stack.record()
        assert record is not None
        assert [child.name for child in record.children] == ["s3"]
        assert {part.name: part.embedded for part in record.parts} == {
            "redis": False,
            "gemini": False,
            "unsplash": False,
            "s3": True,
        }
        assert env["REDIS_URL"] == "redis://cache.example:6379/0"
        assert env["WORKER_THREADS"] == "7"
        assert "cache.example" not in record.addresses()  # an address may hold a password


def test_settings_can_be_made_from_what_a_stack_gives(state_dir: Path) -> None:
    stack = Stack(state_dir, environ=PROVIDER, durable=False)
    with stack.running() as env:
        settings = settings_from(env)
    assert settings.visualizer_mode is Mode.LOCAL
    assert settings.url("database_url") != settings.url("operator_database_url")


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_PROFILE", "PATH"])
def test_variables_of_a_usual_shell_choose_nothing(name: str) -> None:
    assert external_pieces({name: "something"}) == {}


def test_an_empty_variable_counts_as_unset() -> None:
    assert external_pieces({"DATABASE_URL": "", "GEMINI_API_KEY": ""}) == {}


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"AWS_ACCESS_KEY_ID": "x"}, "AWS_S3_BUCKET, AWS_SECRET_ACCESS_KEY are missing"),
        ({"GEMINI_BASE_URL": "http://x"}, "GEMINI_API_KEY is missing"),
        ({"OPERATOR_DATABASE_URL": "postgresql://x"}, "DATABASE_URL is missing"),
    ],
)
def test_a_piece_named_by_halves_is_refused(environ: dict[str, str], says: str) -> None:
    with pytest.raises(Misconfigured, match=says):
        external_pieces(environ)


def test_the_piece_says_which_variable_decided() -> None:
    assert external_pieces(EVERYTHING_ELSEWHERE)[Piece.S3] == "AWS_S3_BUCKET"


def test_workers_do_not_get_the_ways_of_the_migrations() -> None:
    env = {"DATABASE_URL": "a", "MIGRATION_DATABASE_URL": "b"}
    env["VISUALIZER_BOOTSTRAP_DATABASE_URL"] = "c"
    assert without_owner(env) == {"DATABASE_URL": "a"}
