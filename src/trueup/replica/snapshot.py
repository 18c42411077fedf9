"""One snapshot for a run: exported once, imported by every connection of every process."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psycopg
from msgspec import Struct
from psycopg import sql
from psycopg.rows import TupleRow

from trueup.errors import QueryError, ReplicaError
from trueup.replica.spent import Spent
from trueup.replica.trouble import TOO_OLD, query_error
from trueup.replica.watchdog import answered_within

GONE = frozenset({"42704", "22023", TOO_OLD})
"""What is said of a snapshot whose exporter has ended (22023 before PostgreSQL 18), or too old."""

_EXPORT = sql.SQL("""
    begin isolation level repeatable read read only;
    select pg_catalog.pg_export_snapshot(), pg_catalog.pg_current_snapshot()::text,
           pg_catalog.set_config('idle_in_transaction_session_timeout', {}, true)
""")
"""One message, and not a pipeline: after one (18.4) the server did not end who sat idle."""

Open = Callable[[], psycopg.Connection[TupleRow]]


class Snapshot(Struct, frozen=True):
    """An exported snapshot; `instant` is what pg_current_snapshot() says in whoever imports it."""

    id: str
    instant: str
    exported: float

    def is_older_than(self, seconds: float) -> bool:
        """By this machine's clock since it started, which all processes of a run share."""
        return time.monotonic() - self.exported > seconds


class Shared:
    """
    The snapshot of one replica, kept in a file that all processes of a run read.

    Whoever finds it too old, or gone, exports the next one. The exporter sits idle in its
    transaction, which the server itself ends at `max_age`: so it holds nothing up for longer,
    even where this process hangs. How long that was is added to what was `spent`.
    """

    def __init__(self, file: Path, open_exporter: Open, max_age: float, spent: Spent) -> None:
        self._file = file
        self._open = open_exporter
        self._max_age = max_age
        self._spent = spent
        self._exporter: psycopg.Connection[TupleRow] | None = None
        self._since = 0.0

    @property
    def is_exporting(self) -> bool:
        """Whether this process holds it."""
        return self._exporter is not None

    def current(self) -> Snapshot:
        """Give the run's snapshot, exported anew where there is none young enough."""
        known = self._read()
        if known is not None and not known.is_older_than(self._max_age * 0.9):
            return known
        return self.renewed(known)

    def renewed(self, stale: Snapshot | None) -> Snapshot:
        """Export a new one, unless another process has done so since; raises ReplicaError."""
        with self._locked():
            known = self._read()
            if known is not None and (stale is None or known.id != stale.id):
                return known
            snapshot = self._export()
            unfinished = self._file.with_suffix(".new")
            unfinished.write_bytes(msgspec.json.encode(snapshot))
            unfinished.replace(self._file)
            return snapshot

    def close(self) -> None:
        """End the exporter, where this process has one."""
        if self._exporter is not None:
            self._exporter.close()
            self._exporter = None
            self._spent.held(min(time.monotonic() - self._since, self._max_age))

    def _export(self) -> Snapshot:
        self.close()
        exporter = self._exporter = self._open()
        self._since = time.monotonic()
        milliseconds = str(round(self._max_age * 1000))
        try:
            with answered_within(exporter, 0):
                exported = exporter.execute(_EXPORT.format(sql.Literal(milliseconds)))
                row = exported.fetchone() if exported.nextset() else None
        except psycopg.Error as error:
            exporter.close()
            raise query_error(error) from None
        if row is None:  # pragma: no cover  # the question has exactly one row
            raise AssertionError("unreachable")
        return Snapshot(str(row[0]), str(row[1]), time.monotonic())

    def _read(self) -> Snapshot | None:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=Snapshot)
        except FileNotFoundError:
            return None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def is_gone(error: ReplicaError) -> bool:
    """Whether a transaction could not begin, or tells nothing, because its snapshot is gone."""
    return isinstance(error, QueryError) and error.sqlstate in GONE
