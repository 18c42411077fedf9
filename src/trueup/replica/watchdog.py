"""A deadline on this side: a server that has fallen silent cannot tell that it timed out."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from math import inf
from threading import Condition, Thread

import psycopg
from psycopg.rows import TupleRow

from trueup.errors import QueryError

MARGIN = 5.0
"""Seconds that the server's own timeout has to arrive before the connection is cut."""


@contextmanager
def answered_within(connection: psycopg.Connection[TupleRow], seconds: float) -> Iterator[None]:
    """
    Cut the connection where the block lasts longer than that and MARGIN.

    The driver waits for ever for a host that has gone dark; cutting the socket wakes it up.
    Raises QueryError that says so in place of the driver's error.
    """
    limit = seconds + MARGIN
    silent: list[float] = []

    def cut() -> None:
        silent.append(limit)
        with (
            suppress(OSError, psycopg.Error),  # it has ended by itself meanwhile
            socket.socket(fileno=os.dup(connection.fileno())) as held,
        ):
            held.shutdown(socket.SHUT_RDWR)

    watch = _WATCH.add(time.monotonic() + limit, cut)
    try:
        yield
    except (psycopg.Error, QueryError):
        if not silent:
            raise
        connection.close()
        raise QueryError(f"the server fell silent: no answer within {limit:g} s") from None
    finally:
        _WATCH.remove(watch)


class _Watch:
    """
    One thread for all deadlines; it sleeps until the first that it knew of when it last looked.

    To start a thread for each question would take as long as many a question.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._due: dict[object, tuple[float, Callable[[], None]]] = {}
        self._until = 0.0
        self._thread: Thread | None = None

    def add(self, due: float, late: Callable[[], None]) -> object:
        """Call `late` when the time has come, unless what this gives is removed before."""
        watch = object()
        with self._changed:
            self._due[watch] = due, late
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._look, daemon=True, name="trueup-watchdog")
                self._until = due
                self._thread.start()
            elif due < self._until:
                self._changed.notify()
        return watch

    def remove(self, watch: object) -> None:
        """It came in time."""
        with self._changed:
            self._due.pop(watch, None)

    def _look(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for watch, (due, late) in list(self._due.items()):
                    if due <= now:
                        del self._due[watch]
                        late()
                self._until = min((due for due, _ in self._due.values()), default=inf)
                self._changed.wait(None if self._until == inf else max(0.0, self._until - now))


_WATCH = _Watch()
