"""Ctrl-C and SIGTERM while rows are changed: the batch in hand is finished, the next not begun."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from msgspec import Struct

HEARD = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}


class Stop(Struct):
    """Who has asked to stop; nobody while it is empty."""

    by: str = ""

    @property
    def asked(self) -> bool:
        """Whether somebody has."""
        return bool(self.by)


@contextmanager
def held_back() -> Iterator[Stop]:
    """
    Note the first signal instead of raising it; the second is raised, and rolls the batch back.

    Only the main thread hears signals; elsewhere nobody asks.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def note(number: int, _frame: FrameType | None) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.by = HEARD[signal.Signals(number)]

    earlier = {heard: signal.signal(heard, note) for heard in HEARD}
    try:
        yield stop
    finally:
        for heard, before in earlier.items():
            signal.signal(heard, before)
