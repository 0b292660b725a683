import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from visualizer_core.errors import Misconfigured
from visualizer_core.local.locks import FileLock
from visualizer_core.local.state import StateFolder, port_is_free, temporary_state


def test_secrets_are_random_kept_and_private(state: StateFolder) -> None:
    secrets = {name: state.secret(name) for name in ("auth", "queue", "postgres")}
    assert len(set(secrets.values())) == 3
    assert all(len(bytes.fromhex(secret)) == 32 for secret in secrets.values())
    again = StateFolder(state.path)
    assert {name: again.secret(name) for name in secrets} == secrets
    mode = stat.S_IMODE((state.path / "secrets.json").stat().st_mode)
    assert mode == 0o600


def test_a_damaged_secrets_file_is_not_silently_replaced(state: StateFolder) -> None:
    state.secret("auth")
    (state.path / "secrets.json").write_text("{half", "utf-8")
    with pytest.raises(Misconfigured, match=r"secrets\.json is damaged"):
        state.secret("auth")


def test_the_earlier_port_is_used_again_unless_somebody_took_it(state: StateFolder) -> None:
    port = state.port("redis")
    assert StateFolder(state.path).port("redis") == port
    with socket.create_server(("127.0.0.1", port)):
        assert not port_is_free(port)
        assert StateFolder(state.path).port("redis") != port


def test_ports_of_one_stack_never_meet(state: StateFolder) -> None:
    ports = [state.port(f"child-{number}") for number in range(20)]
    assert len(set(ports)) == 20
    assert state.port("late", wanted=ports[0]) not in ports


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(Misconfigured, match="cannot be written"):
        StateFolder(tmp_path / "file" / "state").create()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of another account")
def test_root_leaves_no_files_in_the_folder_of_another_account(state: StateFolder) -> None:
    os.chown(state.path, 65534, 65534)
    with pytest.raises(Misconfigured, match="belongs to user 65534, and this is user 0"):
        StateFolder(state.path).create()


def test_a_lock_excludes_others_until_it_is_given_back(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    held = lock.take()
    assert held is not None
    assert FileLock(tmp_path / "lock").take() is None
    held.release()
    with lock.take(shared=True) or pytest.fail("free"):
        reader = lock.take(shared=True)
        assert reader is not None
        assert lock.take() is None
        reader.release()


def test_a_lock_is_free_after_kill_9_even_if_a_forked_child_lives_on(tmp_path: Path) -> None:
    code = (
        "import os, sys, time; from pathlib import Path\n"
        "from visualizer_core.local.locks import FileLock\n"
        "held = FileLock(Path(sys.argv[1])).take()\n"
        "child = os.fork()\n"
        "if child: print(child, flush=True)\n"
        "time.sleep(30)"
    )
    lock = tmp_path / "lock"
    with subprocess.Popen(  # noqa: S603  # the code above
        [sys.executable, "-c", code, str(lock)],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
    ) as holder:
        assert holder.stdout is not None
        child = int(holder.stdout.readline())
        assert FileLock(lock).take() is None
        holder.kill()
        holder.wait()
        try:
            held = FileLock(lock).take(wait_seconds=5)
            assert held is not None
            held.release()
        finally:
            os.kill(child, 9)


def test_a_temporary_state_is_gone_afterwards() -> None:
    with temporary_state() as path:
        StateFolder(path).create()
        assert path.exists()
    assert not path.parent.exists()
