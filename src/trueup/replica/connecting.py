"""A connection that is made while the process loads what will ask through it."""

import time
from threading import Thread

from psycopg.connection import Connection  # not from the package: see `driver`
from psycopg.rows import TupleRow

from trueup.replica.connection import connect
from trueup.replica.dsn import Dsn


class Connecting:
    """One connection, made by a thread of its own; `seconds` is how long that took."""

    def __init__(self, dsn: Dsn, *, standby: bool, application: str) -> None:
        self._dsn = dsn
        self._standby = standby
        self._application = application
        self._made: Connection[TupleRow] | None = None
        self._error: BaseException | None = None
        self._unwanted = False
        self.seconds = 0.0
        self._thread = Thread(target=self._make, name="trueup-connecting", daemon=True)
        self._thread.start()

    def made(self) -> Connection[TupleRow]:
        """Wait for it; raises what `connect` raises."""
        self._thread.join()
        if self._made is None:
            raise self._error or AssertionError("unreachable")
        return self._made

    def close(self) -> None:
        """End what nobody took, or have it ended as soon as it is there."""
        self._unwanted = True  # before the look: either this thread or that one sees both
        if self._made is not None:
            self._made.close()

    def _make(self) -> None:
        started = time.monotonic()
        try:
            self._made = connect(self._dsn, standby=self._standby, application=self._application)
            if self._unwanted:
                self._made.close()
        except BaseException as error:  # noqa: BLE001  # raised where it is waited for
            self._error = error
        self.seconds = time.monotonic() - started
