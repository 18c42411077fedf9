"""How fresh a replica is: five inputs, and never *fresh* where one of them cannot be seen."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from fix_database import Database
from patience import until
from trueup.replica import freshness
from trueup.replica.freshness import Freshness, Read, read_freshness
from trueup.sample import cluster as servers
from trueup.sample import server as process

LAG = timedelta(minutes=5)


def read(url: str, heartbeat: str | None = None, max_lag: timedelta = LAG) -> Read:
    with psycopg.connect(url, autocommit=True) as connection:
        return read_freshness(connection, max_lag, heartbeat)()


@contextmanager
def paused(database: Database) -> Iterator[None]:
    with database.connect("postgres", "standby") as standby:
        standby.execute("select pg_wal_replay_pause()")
        try:
            yield
        finally:
            standby.execute("select pg_wal_replay_resume()")


def test_an_idle_primary_leaves_its_standby_caught_up(database: Database) -> None:
    found = read(database.url(), max_lag=timedelta(microseconds=1))

    assert found.freshness is Freshness.IDLE
    assert found.clock - found.as_of < freshness.SILENCE


def test_a_primary_says_that_it_is_one(database: Database) -> None:
    found = read(database.url(server="primary"))

    assert (found.freshness, found.as_of) == (Freshness.PRIMARY, found.clock)


def test_a_paused_replay_is_stale_though_nothing_is_behind(database: Database) -> None:
    with paused(database):
        found = read(database.url())

    assert found.freshness is Freshness.STALE
    assert "paused" in found.words
    assert "pg_wal_replay_resume" in found.remedy


def test_a_role_that_may_not_see_the_receiver_is_told_unknown(database, writer: str) -> None:
    found = read(database.url(writer))

    assert found.freshness is Freshness.UNKNOWN
    assert "pg_monitor" in found.remedy


def test_a_heartbeat_serves_a_role_that_may_not_see_the_receiver(database, writer: str) -> None:
    database.execute(
        "create table pulse (at timestamptz); insert into pulse values (now());"
        f"grant select on pulse to {writer}"
    )

    found = read(database.url(writer), "public.pulse.at")

    assert found.freshness is Freshness.FRESH
    assert found.as_of < found.clock


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("insert into pulse values (now() - interval '10 minutes')", Freshness.STALE),
        ("", Freshness.UNKNOWN),
    ],
)
def test_an_old_or_empty_heartbeat_is_not_fresh(database, rows: str, expected: Freshness) -> None:
    database.execute("create table pulse (at timestamptz);" + rows)

    found = read(database.url(), "pulse.at")

    assert found.freshness is expected
    assert found.remedy


def test_a_heartbeat_without_an_offset_gives_no_instant(database: Database) -> None:
    database.execute("create table pulse (at timestamp); insert into pulse values (now())")

    assert read(database.url(), "pulse.at").freshness is Freshness.UNKNOWN


def test_a_paused_replay_is_stale_whatever_the_heartbeat_says(database: Database) -> None:
    database.execute("create table pulse (at timestamptz); insert into pulse values (now())")

    with paused(database):
        assert read(database.url(), "pulse.at").freshness is Freshness.STALE


def test_a_clock_that_is_more_than_thirty_seconds_off_is_unknown(database, monkeypatch) -> None:
    real = datetime

    class Slow(datetime):
        @classmethod
        def now(cls, tz=None):
            return real.now(tz) - timedelta(seconds=31)

    monkeypatch.setattr(freshness, "datetime", Slow)
    found = read(database.url())

    assert found.freshness is Freshness.UNKNOWN
    assert "31 s ahead of this machine's" in found.words


def test_a_clock_that_is_a_little_off_is_only_told(database: Database) -> None:
    found = read(database.url())

    assert found.usable
    assert abs(found.skew) < timedelta(seconds=2)
    assert found.clock.astimezone(UTC) == found.clock


def test_a_dead_receiver_is_never_called_caught_up(own: servers.Running) -> None:
    process.stop(own.primary)
    url = own.cluster.dsn("trueup_reader", "standby")
    until(lambda: "receives no" in read(url).words)

    lately, later = read(url), read(url, max_lag=timedelta(microseconds=1))

    assert lately.freshness is Freshness.FRESH
    assert lately.as_of < lately.clock
    assert "transaction is" in lately.words
    assert later.freshness is Freshness.STALE
    assert "receiver is down" in later.words
