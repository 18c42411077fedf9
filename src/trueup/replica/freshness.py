"""How fresh a replica is: a verdict of its own, and the instant that its data speaks for."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

import psycopg
from msgspec import Struct
from msgspec.structs import replace
from psycopg import sql
from psycopg.rows import TupleRow, class_row

from trueup.replica.later import Later

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
        receiver.last_msg_receipt_time as heard_at,
        receiver.last_msg_send_time as sent_at,
        (receiver.latest_end_lsn - pg_catalog.pg_last_wal_replay_lsn())::float8 as backlog
    from (values (1)) as one(x) left join pg_catalog.pg_stat_wal_receiver receiver on true
"""

SILENCE = timedelta(seconds=90)
"""A receiver hears at least a keepalive every 30 s (half of wal_sender_timeout's default)."""

BACKLOG = 16 * 2**20
"""
Bytes that the primary may have, by its last message, beyond what is replayed: one segment.

Through a slow link all that has come is replayed at once, however much has not.
"""

SKEW = timedelta(seconds=30)
"""How far this machine's clock and the replica's may be apart before thresholds mean nothing."""


class Freshness(StrEnum):
    """Stale and unknown make every verdict of the system unknown."""

    PRIMARY = "primary"
    FRESH = "fresh"
    IDLE = "idle, caught up"
    STALE = "stale"
    UNKNOWN = "unknown"


class _Told(Struct, frozen=True):
    clock: datetime
    in_recovery: bool
    paused: bool | None
    received: str | None
    replayed: str | None
    replayed_at: datetime | None
    receiving: bool
    heard_at: datetime | None
    sent_at: datetime | None
    backlog: float | None


class Read(Struct, frozen=True):
    """What the replica said: how fresh, why, its clock, and the instant its data speaks for."""

    freshness: Freshness
    words: str
    clock: datetime
    as_of: datetime
    remedy: str = ""
    skew: timedelta = timedelta()

    @property
    def usable(self) -> bool:
        """Whether verdicts may rest on it."""
        return self.freshness not in (Freshness.STALE, Freshness.UNKNOWN)


def read_freshness(
    connection: psycopg.Connection[TupleRow], max_lag: timedelta, heartbeat: str | None = None
) -> Later[Read]:
    """
    Ask how far the replica has come, and compare its clock with this machine's.

    A primary that is idle looks old by its last transaction and is not; a dead receiver looks
    caught up and is not, nor is one behind a slow link: so replay is compared with what was
    received, and with what the primary had, and the receiver must have heard lately what was not
    sent long before. A heartbeat (`"table.column"`, which something writes on the primary)
    outweighs that, and is all there is to go by where a replica never advances.
    """
    before = datetime.now(UTC)
    cursor = connection.cursor(row_factory=class_row(_Told)).execute(_ASK)

    def read() -> Read:
        [told] = cursor.fetchall()
        after = datetime.now(UTC)
        skew = told.clock - (before + (after - before) / 2)
        if heartbeat is not None and told.in_recovery and not told.paused:
            found = _beating(connection, told, heartbeat, max_lag)
        else:
            found = _told(told, max_lag)
        return _on_time(replace(found, skew=skew))

    return read


def _on_time(read: Read) -> Read:
    if abs(read.skew) <= SKEW or not read.usable:
        return read
    ahead = "ahead of" if read.skew > timedelta() else "behind"
    words = f"the replica's clock is {_seconds(abs(read.skew))} {ahead} this machine's"
    remedy = "set the clock of the one that is wrong (NTP): thresholds would mean nothing"
    return replace(read, freshness=Freshness.UNKNOWN, words=words, remedy=remedy)


def _told(told: _Told, max_lag: timedelta) -> Read:
    if not told.in_recovery:
        words = "a primary, no replication in between"
        return Read(Freshness.PRIMARY, words, told.clock, told.clock)
    if told.paused:
        return _stale(told, "replay is paused on the replica", "select pg_wal_replay_resume();")
    if not told.receiving:
        return _without_receiver(told, max_lag)
    if told.heard_at is None:
        words = "the reader may not see the WAL receiver"
        return Read(
            Freshness.UNKNOWN, words, told.clock, _spoken(told), "grant pg_monitor to the reader"
        )
    return _streaming(told, told.heard_at, max_lag)


def _without_receiver(told: _Told, max_lag: timedelta) -> Read:
    """Catching up from an archive and a dead receiver look alike: only the age of replay tells."""
    if told.replayed_at is not None and told.clock - told.replayed_at <= max_lag:
        lag = _seconds(told.clock - told.replayed_at)
        words = f"the replica receives no stream; its last transaction is {lag} old"
        return Read(Freshness.FRESH, words, told.clock, told.replayed_at)
    return _stale(
        told,
        "the replica receives nothing: its WAL receiver is down",
        "look at primary_conninfo and the standby's log; where it only replays an archive,"
        " name a heartbeat in trueup.toml",
    )


def _streaming(told: _Told, heard_at: datetime, max_lag: timedelta) -> Read:
    silent = told.clock - heard_at
    if silent > SILENCE:
        words = f"the primary was last heard of {_seconds(silent)} ago"
        return _stale(told, words, "is the primary up, and the network between them?")
    if told.received == told.replayed and (told.backlog or 0) <= BACKLOG:
        return _all_replayed(told, heard_at, told.sent_at or heard_at, max_lag)
    if told.replayed_at is None:
        words = "the replica has replayed no transaction since it started"
        return Read(Freshness.UNKNOWN, words, told.clock, told.clock, "run again in a moment")
    return _by_age(told, told.replayed_at, max_lag, "replay is")


def _all_replayed(told: _Told, heard_at: datetime, sent_at: datetime, max_lag: timedelta) -> Read:
    """All that has come is replayed, and speaks for when it was sent."""
    late = heard_at - sent_at
    if late > max_lag:
        return _by_age(told, told.clock - late, max_lag, "what the primary sends arrives")
    words = "received and replayed all there is"
    return Read(Freshness.IDLE, words, told.clock, min(sent_at, told.clock))


def _beating(
    connection: psycopg.Connection[TupleRow], told: _Told, heartbeat: str, max_lag: timedelta
) -> Read:
    table, _, column = heartbeat.rpartition(".")
    query = sql.SQL("select max({}) from {}").format(
        sql.Identifier(column), sql.Identifier(*table.split("."))
    )
    row = connection.execute(query).fetchone()
    beat = row[0] if row else None
    if not isinstance(beat, datetime) or beat.tzinfo is None:
        words = f"the heartbeat {heartbeat} gives no instant"
        remedy = "it needs a row, and a column of type timestamptz"
        return Read(Freshness.UNKNOWN, words, told.clock, _spoken(told), remedy)
    return _by_age(told, beat, max_lag, "the heartbeat is")


def _by_age(told: _Told, instant: datetime, max_lag: timedelta, what: str) -> Read:
    lag = told.clock - instant
    if lag > max_lag:
        words = f"{what} {_seconds(lag)} behind, more than {_seconds(max_lag)}"
        remedy = "wait until it has caught up, or raise max_lag in trueup.toml"
        return Read(Freshness.STALE, words, told.clock, instant, remedy)
    return Read(Freshness.FRESH, f"{what} {_seconds(lag)} behind", told.clock, instant)


def _stale(told: _Told, words: str, remedy: str) -> Read:
    return Read(Freshness.STALE, words, told.clock, _spoken(told), remedy)


def _spoken(told: _Told) -> datetime:
    return told.replayed_at or told.clock


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():.0f} s"
