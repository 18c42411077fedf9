"""What invariants ask outside the database, fetched while the database is asked."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Thread

from trueup.model.invariant import Invariant


class Beside:
    """
    A thread that fetches what these invariants need, one after the other.

    What goes wrong is not told here: it is fetched again, or told, when the invariant is evaluated.
    """

    def __init__(self, invariants: Iterable[Invariant], fetch: Callable[[Invariant], None]) -> None:
        self._invariants = tuple(invariants)
        self._fetch = fetch
        self._stopped = False
        self._thread = Thread(target=self._work, name="trueup-beside", daemon=True)
        if self._invariants:
            self._thread.start()

    def wait(self) -> None:
        """Wait until all of it is there; nobody else may ask meanwhile."""
        if self._invariants:
            self._thread.join()

    def stop(self) -> None:
        """Fetch nothing further; what is on its way ends by itself."""
        self._stopped = True

    def _work(self) -> None:
        for invariant in self._invariants:
            if self._stopped:
                return
            with suppress(Exception):  # told at its turn, as said above
                self._fetch(invariant)
