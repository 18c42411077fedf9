"""What a run costs the server that it reads, counted by whoever opens, asks or holds."""

import time
from threading import Lock

from msgspec import Struct

from trueup.model.cost import CostRecord

_OWN = "pg_catalog.pg_stat_get_xact_"

COUNTERS = f"""
    select coalesce(sum({_OWN}tuples_returned(oid)) filter (where relnamespace <> 99), 0)::int8
               as rows,
           coalesce(sum({_OWN}blocks_fetched(oid)), 0)::int8 as blocks
    from pg_catalog.pg_class
    where oid >= 16384 and {_OWN}blocks_fetched(oid) > 0
"""  # noqa: S608  # a constant
"""
Rows and blocks that this server process has read and not yet reported; needs no privilege.

What an earlier transaction read may still be among it, so only a difference says anything. A row
is one of a table that was read in sequence, or an entry of an index, whether or not its row was
fetched; pg_toast (99) has parts of rows. The first test is the cheapest: most relations were not
read. What PostgreSQL itself has (oids below 16384) is left out, and with it what the guard reads.
"""

PARTLY = "pg_catalog.current_setting('track_counts') = 'off'"
"""
Whether the server does not count at all.

Parallel workers would count for themselves; the guard asks for none.
"""


class Counters(Struct, frozen=True):
    """What the server process of a connection says that it has read, `partly` where not all."""

    rows: int
    blocks: int
    partly: bool = False


class Spent:
    """The cost of one system's server so far; sessions of several threads add to it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._connections = self._transactions = self._rows = self._blocks = 0
        self._seconds = self._longest = 0.0
        self._partly = False

    def connected(self) -> None:
        """One more connection was opened."""
        with self._lock:
            self._connections += 1

    def held(self, seconds: float) -> None:
        """A snapshot was held open for so long."""
        with self._lock:
            self._longest = max(self._longest, seconds)

    def ended(
        self, since: float, before: Counters | None, after: Counters | None, seconds: float = 0.0
    ) -> None:
        """
        A transaction has ended that began at `since` (monotonic) and waited so long for answers.

        What was read is the difference of two readings, unknown where one of them is.
        """
        self.held(time.monotonic() - since)
        with self._lock:
            self._transactions += 1
            self._seconds += seconds
            if before is None or after is None:
                self._partly = True
                return
            self._partly |= before.partly
            self._rows += max(0, after.rows - before.rows)
            self._blocks += max(0, after.blocks - before.blocks)

    def record(self) -> CostRecord:
        """What it came to, without what took longest."""
        with self._lock:
            return CostRecord(
                connections=self._connections,
                transactions=self._transactions,
                rows=self._rows,
                blocks=self._blocks,
                at_least=self._partly,
                seconds=round(self._seconds, 4),
                longest_snapshot=round(self._longest, 3),
            )
