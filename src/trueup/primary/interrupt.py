"""Ctrl-C while rows are changed: the batch in hand is finished, the next is not begun."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass(slots=True)
class Stop:
    """Whether somebody has asked to stop."""

    asked: bool = False


@contextmanager
def held_back() -> Iterator[Stop]:
    """
    Note the first Ctrl-C instead of raising it; the second is raised, and rolls the batch back.

    Only the main thread hears signals; elsewhere nobody asks.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def note(_number: int, _frame: FrameType | None) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.asked = True

    earlier = signal.signal(signal.SIGINT, note)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, earlier)
