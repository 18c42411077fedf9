"""What the process that asks is ordered, heard while it works."""

import signal
import threading
from collections.abc import Callable
from queue import SimpleQueue
from types import FrameType
from typing import TypeVar

from trueup.suite.wire import Channel, End, Order

Done = TypeVar("Done")


class Orders:
    """
    The orders in their turn; where nobody waits for an answer any more, what runs is broken off.

    That is so after an `End` that comes early, and where the process that gives orders has ended.
    Until the run is open anything may be broken off, from then on only what runs as `breakable`.
    """

    def __init__(self, channel: Channel[Order]) -> None:
        self._channel = channel
        self._heard: SimpleQueue[Order | None] = SimpleQueue()
        self._may_break = True
        self._broken = False
        signal.signal(signal.SIGINT, self._break)
        threading.Thread(target=self._listen, name="trueup-orders", daemon=True).start()

    def opened(self) -> None:
        """Let nothing be broken off but what says so: sessions are there to be ended."""
        self._may_break = False

    def next(self) -> Order | None:
        """The next, waited for; None where nobody orders any more."""
        return self._heard.get()

    def breakable(self, act: Callable[[], Done]) -> Done | None:
        """What comes of it; None where it was broken off, now or before."""
        try:
            self._may_break = True
            return None if self._broken else act()
        except KeyboardInterrupt:
            return None
        finally:
            self._may_break = False

    def _listen(self) -> None:
        while True:
            order = self._channel.hear()
            self._heard.put(order)
            if order is None or (isinstance(order, End) and order.stopped):
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            if order is None:
                return

    def _break(self, signum: int, frame: FrameType | None) -> None:
        """Called between two steps of the main thread, so that nothing is left half said."""
        del signum, frame
        self._broken = True
        if self._may_break:
            self._may_break = False
            raise KeyboardInterrupt
