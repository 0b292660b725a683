"""Ctrl-C, SIGTERM and a closed terminal: once means stop in order, twice means now."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Self

__all__ = ["StopSignals"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopSignals:
    """A block in which the first stop signal raises `KeyboardInterrupt` and later ones set a flag.

    Parameters
    ----------
    hurry : threading.Event
        Set by a second signal, or by the first after `stopping`.
    """

    def __init__(self, hurry: threading.Event) -> None:
        self._hurry = hurry
        self._stopping = False
        self._earlier: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is not threading.main_thread():
            return self  # Python delivers signals to the main thread only
        for number in _SIGNALS:
            earlier = signal.getsignal(number)
            if number is signal.SIGHUP and earlier is signal.SIG_IGN:
                continue  # started with nohup
            signal.signal(number, self._handle)
            self._earlier[number] = earlier
        return self

    def stopping(self) -> None:
        """Note that the stop has begun, so that no signal interrupts it any more."""
        self._stopping = True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, earlier in self._earlier.items():
            signal.signal(number, earlier)  # pyright: ignore[reportArgumentType]  # as it was

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._stopping:
            self._hurry.set()
            return
        self._stopping = True
        raise KeyboardInterrupt
