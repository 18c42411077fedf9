"""How fresh a replica is, by what it tells, and never *fresh* where that cannot be seen."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import repeat
from time import sleep

import psycopg
import pytest

from engine.faults.proxy import between
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


def asked(url: str, question: str) -> bool:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(question.encode()).fetchone() == (True,)


def execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


@contextmanager
def paused(database: Database) -> Iterator[None]:
    with database.connect("postgres", "standby") as standby:
        standby.execute("select pg_wal_replay_pause()")
        try:
            yield
        finally:
            standby.execute("select pg_wal_replay_resume()")


def test_an_idle_primary_leaves_its_standby_caught_up(database: Database) -> None:
    old = "select clock_timestamp() - pg_last_xact_replay_timestamp() > '1 s'"
    until(lambda: asked(database.url(), old))

    found = read(database.url(), max_lag=timedelta(seconds=1))

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


@contextmanager
def behind(own: servers.Running, seconds: float, sent: int, so: str) -> Iterator[str]:
    """
    The standby's URL, at a moment when it has replayed all that came, and `so` is true.

    Until then each part of some `sent` megabytes is held back for so long, from then on all of it.
    """
    primary, url = (own.cluster.dsn("postgres", name) for name in ("primary", "standby"))
    all_ = "pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()"
    crates = "insert into crates select i, repeat('x', 100) from generate_series(1, 6000) i"

    def settled() -> bool:
        proxy.answers.clear()
        sleep(2 * seconds)
        is_so = asked(url, f"select {all_} and {so} from pg_stat_wal_receiver")
        if not is_so:
            proxy.answers.set()
        return is_so

    with between(primary) as proxy, psycopg.connect(primary, autocommit=True) as busy:
        execute(url, f"alter system set primary_conninfo = '{proxy.url(primary)}'")
        execute(url, "select pg_reload_conf()")
        until(lambda: proxy.came)
        proxy.delays = repeat(seconds)
        busy.execute("create table crates (id int, note text)")
        for _ in range(sent):
            busy.execute(crates)
        until(settled)
        yield own.cluster.dsn("trueup_reader", "standby")


def test_what_was_sent_long_before_it_came_is_stale(own: servers.Running) -> None:
    so = "last_msg_receipt_time - last_msg_send_time > '2 s'"
    with behind(own, 0.1, 8, so) as url:
        found = read(url, max_lag=timedelta(seconds=1))
        patient = read(url)

    assert found.freshness is Freshness.STALE
    assert patient.freshness is Freshness.IDLE
    assert patient.clock - patient.as_of > timedelta(seconds=2)


def test_a_replica_that_the_primary_is_far_ahead_of_is_not_caught_up(own: servers.Running) -> None:
    so = f"latest_end_lsn - pg_last_wal_replay_lsn() > {2**24}"
    with behind(own, 0.02, 60, so) as url:
        found = read(url)

    assert found.freshness is Freshness.FRESH
    assert found.words.startswith("replay is")
