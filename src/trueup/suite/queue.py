"""Batches that wait to be asked, and what of them nobody has answered yet; threads share it."""

from collections import deque
from collections.abc import Callable, Sequence, Set
from threading import Condition

from trueup.ahead.units import Unit, parts

PATIENCE = 1.0
"""Seconds between looks at whether whoever works on an answer is still there."""


class Queue:
    """
    Batches of units, filled once; a unit is open from then until it is closed.

    Whoever asks enters, and leaves in the end: while somebody is in, batches may come back.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._batches: deque[list[Unit]] = deque()
        self._open: set[Unit] = set()
        self._asking = 0
        self._stopped = False
        self.filled = False

    def fill(self, batches: Sequence[list[Unit]]) -> None:
        """Have these asked, in this order."""
        with self._changed:
            self._batches.extend(batches)
            self._open = {unit for batch in batches for unit in parts(batch)}
            self.filled = True
            self._changed.notify_all()

    def keep(self, wanted: Set[Unit]) -> None:
        """Leave the batches in which nothing is wanted."""
        with self._changed:
            for batch in list(self._batches):
                if wanted.isdisjoint(parts(batch)):
                    self._batches.remove(batch)
                    self._open.difference_update(parts(batch))

    def enter(self) -> None:
        """Begin to ask."""
        with self._changed:
            self._asking += 1

    def leave(self) -> None:
        """Ask no more, and have those look who wait."""
        with self._changed:
            self._asking -= 1
            self._changed.notify_all()

    def next(self) -> list[Unit] | None:
        """Enter with the next batch, once there is one; None, and not in, where none will be."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._batches or not self._asking)
            batch = self.more()
            self._asking += batch is not None
            return batch

    def more(self) -> list[Unit] | None:
        """The next batch, for whoever is in already; None where there is none now."""
        with self._changed:
            return None if self._stopped or not self._batches else self._batches.popleft()

    def put_back(self, batches: Sequence[list[Unit]]) -> None:
        """Have these asked next."""
        with self._changed:
            self._batches.extendleft(batch for batch in reversed(batches) if batch)

    def close(self, units: Sequence[Unit]) -> None:
        """Nobody need wait for these any more."""
        with self._changed:
            self._open.difference_update(parts(units))
            self._changed.notify_all()

    def has_closed(self, units: Sequence[Unit]) -> bool:
        """Whether none of these is open."""
        return self._open.isdisjoint(units)

    def stop(self) -> bool:
        """Give nothing more to ask; whether all that was asked has its answer by now."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            return self.filled and not self._open

    def wait_for(self, holds: Callable[[], bool]) -> None:
        """Wait until it holds; not for long, since whoever works on it may be gone."""
        with self._changed:
            self._changed.wait_for(holds, PATIENCE)
