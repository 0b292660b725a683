"""The provider stand-in as one more embedded server: Gemini and Unsplash without keys."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from visualizer_core.local.process import ChildSpec
from visualizer_core.local.server import HOST, Server, http_status
from visualizer_core.local.state import StateFolder

__all__ = ["StandinServer"]

_MODULE = "visualizer_core.local.standin"
_PROJECT = Path(__file__).parents[2]  # `-m` finds the package from here, installed or not
_HEALTH = "/_control/health"
_OK = 200


class StandinServer(Server):
    """The simulated Gemini and Unsplash.

    Parameters
    ----------
    state : StateFolder
        Where its request log lives.
    environ : mapping
        Environment it inherits (it is Python: it needs ``PATH`` and the like).
    photos : Path or None
        Folder of rooms its Unsplash offers.
    """

    name: ClassVar[str] = "standin"

    def __init__(
        self, state: StateFolder, *, environ: Mapping[str, str], photos: Path | None = None
    ) -> None:
        super().__init__(state)
        self._environ = environ
        self._photos = photos

    def prepare(self) -> None:
        """Do nothing: it keeps no data but its log."""

    def spec(self) -> ChildSpec:
        """Return the command."""
        photos = [] if self._photos is None else ["--photos", str(self._photos.resolve())]
        return ChildSpec(
            name=self.name,
            argv=[
                *(sys.executable, "-m", _MODULE, "--host", HOST, "--port", str(self.port)),
                *("--log-file", str(self.state.logs / "standin-requests.jsonl")),
                *photos,
            ],
            env=dict(self._environ),
            cwd=_PROJECT,
            ready=self._answers,
            address=self.url(),
            is_server=True,
        )

    def variables(self) -> dict[str, str]:
        """Return the addresses and made-up keys of Gemini and Unsplash."""
        return self.gemini() | self.unsplash()

    def gemini(self) -> dict[str, str]:
        """Return ``GEMINI_*``."""
        return {
            "GEMINI_API_KEY": "local-" + self.state.secret("gemini")[:32],
            "GEMINI_BASE_URL": self.url(),
        }

    def unsplash(self) -> dict[str, str]:
        """Return ``UNSPLASH_*``."""
        return {
            "UNSPLASH_ACCESS_KEY": "local-" + self.state.secret("unsplash")[:32],
            "UNSPLASH_BASE_URL": self.url(),
        }

    def url(self) -> str:
        """Return its address."""
        return f"http://{self.address}"

    @staticmethod
    def version() -> str:
        """Return what to call it."""
        return "provider stand-in (simulated pictures)"

    def _answers(self) -> bool:
        return http_status(self.port, _HEALTH) == _OK
