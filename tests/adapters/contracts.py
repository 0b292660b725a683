"""What every implementation of a port must do: one behaviour class per port.

A test module subclasses a contract and provides its fixtures; another implementation of the same
port does the same and inherits the same sentences.
"""

import pytest

from visualizer_core.domain.status import Queue
from visualizer_core.ports import JobMirror, JobQueue


class JobQueueContract:
    """Needs the fixture `bell`."""

    def test_waking_adds_that_many_tokens(self, bell: JobQueue) -> None:
        bell.wake(Queue.CLIENT, 3)
        bell.wake(Queue.CLIENT, 2)
        assert bell.waiting(Queue.CLIENT) == 5

    def test_the_apps_have_queues_of_their_own(self, bell: JobQueue) -> None:
        bell.wake(Queue.ADMIN, 2)
        assert (bell.waiting(Queue.CLIENT), bell.waiting(Queue.ADMIN)) == (0, 2)

    @pytest.mark.parametrize("count", [0, -1])
    def test_waking_nobody_adds_nothing(self, bell: JobQueue, count: int) -> None:
        bell.wake(Queue.CLIENT, count)
        assert bell.waiting(Queue.CLIENT) == 0


class JobMirrorContract:
    """Needs the fixture `mirror`; what was shown is read by the implementation's own test."""

    def test_showing_nothing_is_allowed(self, mirror: JobMirror) -> None:
        mirror.show_many(Queue.CLIENT, [], final=False)
        mirror.show(Queue.CLIENT, "job-1", {}, final=False)
