"""A worker process at its desk: it says that it is alive and keeps its claims from running out."""

import logging
import os
import socket
import threading
from collections.abc import Callable

from visualizer_core.db.jobs import renew
from visualizer_core.domain.ids import LeaseToken
from visualizer_core.errors import PartMissing
from visualizer_core.services.generation.glance import Glance
from visualizer_core.services.generation.sweeps import heartbeat
from visualizer_core.workspace import Runtime

__all__ = ["Desk"]

_BEATS_PER_LEASE = 4  # three may be missed before a lease runs out
_ALIVE_EVERY_S = 15.0  # how stale a living worker's row may look

log = logging.getLogger(__name__)


class Desk:
    """Renews the leases of one process; safe to use from many threads.

    Parameters
    ----------
    rt : Runtime
        Whose database holds the leases.
    role : str
        ``client``, ``admin``, ``control`` or ``quarantine``.
    version : str
        Of the program, for people who look at the workers.
    """

    def __init__(self, rt: Runtime, *, role: str, version: str) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{role}"
        self.glance = Glance()
        self._rt = rt
        self._role = role
        self._version = version
        self._held: set[LeaseToken] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin the heartbeat; starting twice is once."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
                self._thread.start()

    def hold(self, lease: LeaseToken) -> None:
        """Renew `lease` from now on."""
        self.start()
        with self._lock:
            self._held.add(lease)

    def drop(self, lease: LeaseToken) -> None:
        """Stop renewing `lease`."""
        with self._lock:
            self._held.discard(lease)

    def stop(self) -> None:
        """End the heartbeat."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _beat(self) -> None:
        every_s = min(self._rt.settings.lease_s / _BEATS_PER_LEASE, _ALIVE_EVERY_S)
        while True:
            self._try(self._renew)  # first: it is what other workers wait for
            self._try(self._say_alive)
            if self._stop.wait(every_s):
                return

    def _try(self, step: Callable[[], None]) -> None:
        """Do a step of the heartbeat; the next beat tries again, whatever went wrong."""
        try:
            step()
        except PartMissing as error:
            log.warning("no heartbeat: %s", error)
        except Exception:  # boundary of this thread: an end in silence would lose every lease
            log.exception("no heartbeat")

    def _say_alive(self) -> None:
        heartbeat(self._rt, self.name, self._role, self._version)

    def _renew(self) -> None:
        with self._lock:
            leases = list(self._held)
        if not leases:
            return
        with self._rt.begin() as session:
            kept = renew(session, leases, lease_s=self._rt.settings.lease_s)
        for lost in set(leases) - set(kept):
            # Its work finds out by itself: every write asks for the lease.
            log.warning("lease %s was lost", lost)
            self.drop(lost)
