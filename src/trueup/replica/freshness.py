"""How fresh a replica is: a verdict of its own, and the instant that its data speaks for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import psycopg
from psycopg.rows import TupleRow, class_row

_ASK = """
    select
        pg_catalog.clock_timestamp() as clock,
        pg_catalog.pg_is_in_recovery() as in_recovery,
        case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_is_wal_replay_paused() end
            as paused,
        pg_catalog.pg_last_wal_receive_lsn() as received,
        pg_catalog.pg_last_wal_replay_lsn() as replayed,
        pg_catalog.pg_last_xact_replay_timestamp() as replayed_at,
        receiver.pid is not null as receiving,
        receiver.last_msg_receipt_time as heard_at
    from (values (1)) as one(x) left join pg_catalog.pg_stat_wal_receiver receiver on true
"""

SILENCE = timedelta(seconds=90)
"""A receiver hears at least a keepalive every 30 s (half of wal_sender_timeout's default)."""


class Freshness(StrEnum):
    """Stale and unknown make every verdict of the system unknown."""

    PRIMARY = "primary"
    FRESH = "fresh"
    IDLE = "idle, caught up"
    STALE = "stale"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    clock: datetime
    in_recovery: bool
    paused: bool | None
    received: str | None
    replayed: str | None
    replayed_at: datetime | None
    receiving: bool
    heard_at: datetime | None


@dataclass(frozen=True, slots=True)
class Read:
    """What the replica said: how fresh, why, and the instant its data speaks for."""

    freshness: Freshness
    words: str
    clock: datetime
    as_of: datetime

    @property
    def usable(self) -> bool:
        """Whether verdicts may rest on it."""
        return self.freshness not in (Freshness.STALE, Freshness.UNKNOWN)


def read_freshness(connection: psycopg.Connection[TupleRow], max_lag: timedelta) -> Read:
    """
    Ask how far the replica has come.

    A primary that is idle looks old by its last transaction and is not; a dead receiver looks
    caught up and is not: so replay is compared with what was received, and the receiver must have
    been heard of lately.
    """
    with connection.cursor(row_factory=class_row(_Told)) as cursor:
        row = cursor.execute(_ASK).fetchone()
    if row is None:  # pragma: no cover  # the query has exactly one row
        raise AssertionError("unreachable")
    if not row.in_recovery:
        return Read(Freshness.PRIMARY, "a primary, no replication in between", row.clock, row.clock)
    spoken = row.replayed_at or row.clock
    if row.paused:
        return Read(Freshness.STALE, "replay is paused on the replica", row.clock, spoken)
    if not row.receiving:
        words = "the replica receives nothing: its WAL receiver is down"
        return Read(Freshness.STALE, words, row.clock, spoken)
    if row.heard_at is None:
        words = "the reader may not see the WAL receiver; grant it pg_monitor"
        return Read(Freshness.UNKNOWN, words, row.clock, spoken)
    return _streaming(row.clock, row.heard_at, row.received == row.replayed, spoken, max_lag)


def _streaming(
    clock: datetime, heard_at: datetime, caught_up: bool, spoken: datetime, max_lag: timedelta
) -> Read:
    silent = clock - heard_at
    if silent > SILENCE:
        words = f"the primary was last heard of {_seconds(silent)} ago"
        return Read(Freshness.STALE, words, clock, spoken)
    if caught_up:
        return Read(Freshness.IDLE, "received and replayed all there is", clock, clock)
    lag = clock - spoken
    if lag > max_lag:
        words = f"replay is {_seconds(lag)} behind, more than {_seconds(max_lag)}"
        return Read(Freshness.STALE, words, clock, spoken)
    return Read(Freshness.FRESH, f"replay is {_seconds(lag)} behind", clock, spoken)


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():.0f} s"
