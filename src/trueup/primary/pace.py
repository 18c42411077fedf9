"""How fast a plan is applied: as fast as nobody minds, and no faster than the replica follows."""

import time
from math import ceil

from msgspec import Struct

from trueup.primary.interrupt import Stop
from trueup.primary.session import Connection

MOST = 500
"""Rows of one transaction; a unit that is larger is a batch of its own."""

START, LEAST = 100, 5

REST = 4.0
"""How long to rest after a batch that somebody waited for, as a multiple of what it took."""

LOOK_EVERY = 0.02

_WAITING = """
    select exists (
        select from pg_locks waiting join pg_locks held
            on held.transactionid = waiting.transactionid and held.granted
        where not waiting.granted and waiting.locktype = 'transactionid' and held.pid = %s
    )
"""


def batches(rows: int) -> int:
    """How many batches so many rows are, at the largest pace; one at least."""
    return max(1, ceil(rows / MOST))


class Pace(Struct):
    """
    How many rows the next batch may take.

    While nobody waits for our locks it doubles, up to 500. When somebody did, it halves, and we
    rest for four times as long as the batch took, so that most of the time nothing is locked.
    """

    size: int = START
    rest: float = 0.0

    def note(self, seconds: float, *, waited_for: bool) -> None:
        """Learn from a batch."""
        if waited_for:
            self.size = max(LEAST, self.size // 2)
            self.rest = REST * seconds
        else:
            self.size = min(MOST, self.size * 2)
            self.rest = 0.0


def waited_for(observer: Connection, pid: int) -> bool:
    """Whether somebody waits for a row that this backend has locked."""
    row = observer.execute(_WAITING, [pid]).fetchone()
    return bool(row and row[0])


def pause(seconds: float, stop: Stop) -> None:
    """Sleep, unless somebody asks to stop."""
    until = time.monotonic() + seconds
    while not stop.asked and (left := until - time.monotonic()) > 0:
        time.sleep(min(LOOK_EVERY, left))
