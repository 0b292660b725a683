"""Keeping claims alive: one heartbeat thread a process renews every lease it holds."""

import logging
import threading

from visualizer_core.db.jobs import renew
from visualizer_core.domain.ids import LeaseToken
from visualizer_core.errors import PartMissing
from visualizer_core.workspace import Runtime

__all__ = ["LeaseKeeper"]

_BEATS_PER_LEASE = 4  # three may be missed before a lease runs out

log = logging.getLogger(__name__)


class LeaseKeeper:
    """Renews the leases of one process; safe to use from many threads.

    Parameters
    ----------
    rt : Runtime
        Whose database holds the leases.
    """

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._held: set[LeaseToken] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def hold(self, lease: LeaseToken) -> None:
        """Renew `lease` from now on."""
        with self._lock:
            self._held.add(lease)
            if self._thread is None:
                self._thread = threading.Thread(target=self._beat, name="leases", daemon=True)
                self._thread.start()

    def drop(self, lease: LeaseToken) -> None:
        """Stop renewing `lease`."""
        with self._lock:
            self._held.discard(lease)

    def holding(self) -> int:
        """How many leases are held."""
        with self._lock:
            return len(self._held)

    def stop(self) -> None:
        """End the heartbeat."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _beat(self) -> None:
        lease_s = self._rt.settings.lease_s
        while not self._stop.wait(lease_s / _BEATS_PER_LEASE):
            with self._lock:
                leases = list(self._held)
            if leases:
                self._renew(leases, lease_s)

    def _renew(self, leases: list[LeaseToken], lease_s: float) -> None:
        try:
            with self._rt.begin() as session:
                kept = renew(session, leases, lease_s=lease_s)
        except PartMissing as error:
            log.warning("leases could not be renewed: %s", error)
            return
        for lost in set(leases) - set(kept):
            # Its work finds out by itself: every write asks for the lease.
            log.warning("lease %s was lost", lost)
            self.drop(lost)
