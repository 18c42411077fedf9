"""A standby that conflicts, stops, falls behind or is promoted: right, or unknown."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import psycopg
import pytest

from engine.faults.conftest import KEYS, PIDS, WRONG, Shop, Struck
from fix_database import Database
from fix_systems import FREE, GOODS, NOW, Opened, asking
from patience import until
from trueup.model.verdict import Verdict
from trueup.sample import binaries
from trueup.sample import cluster as servers
from trueup.sample import server as process

BUSY = "select g.id from goods g, generate_series(1, 20000000) n where g.price = 7 and n = 1"


@contextmanager
def paused(shop: Shop) -> Iterator[None]:
    with shop.standby() as standby:
        standby.execute("select pg_wal_replay_pause()")
        try:
            yield
        finally:
            standby.execute("select pg_wal_replay_resume()")


def settings(connection: psycopg.Connection, **values: str) -> None:
    for name, value in values.items():
        connection.execute(f"alter system set {name} = '{value}'".encode())
    connection.execute("select pg_reload_conf()")


@pytest.fixture
def impatient(shop: Shop) -> Iterator[Shop]:
    """A standby that does not wait for its readers."""
    with shop.standby() as standby:
        settings(standby, max_standby_streaming_delay="50ms")
        yield shop
        standby.execute("alter system reset max_standby_streaming_delay")
        standby.execute("select pg_reload_conf()")


def clean(shop: Shop) -> None:
    """Remove rows on the primary that the standby's readers may still need."""
    with shop.database.connect() as primary:
        primary.execute("update goods set price = price")
        primary.execute("vacuum (freeze) goods")
    shop.database.cluster.wait_for_replay()


def gone(shop: Shop) -> bool:
    """Whether the standby has ended every session that sat idle with an old snapshot."""
    with shop.standby() as standby:
        idle = PIDS + " and state = 'idle in transaction'"
        return not standby.execute(idle).fetchall()


def test_an_idle_transaction_that_recovery_ends_is_asked_again(impatient: Shop) -> None:
    def conflict() -> None:
        clean(impatient)
        until(lambda: gone(impatient))

    seen = impatient.run(Struck(conflict))

    assert seen.sees_all()
    assert seen.others_hold()


def test_a_lock_that_recovery_wants_is_given_up_and_asked_again(impatient: Shop) -> None:
    def conflict() -> None:
        with impatient.database.connect() as primary:
            primary.execute("alter table goods add more int")
        impatient.database.cluster.wait_for_replay()

    seen = impatient.run(Struck(conflict))

    assert seen.sees_all()
    assert seen.others_hold()


def test_a_running_query_that_recovery_cancels_is_asked_again(impatient: Shop) -> None:
    def conflict() -> None:
        Thread(target=clean, args=[impatient], daemon=True).start()

    blow = Struck(conflict)
    seen = impatient.run(blow, BUSY)

    assert seen.sees_all()
    assert seen.others_hold()
    assert blow.times >= 2


def test_a_conflict_each_time_is_unknown_with_the_setting_to_change(impatient: Shop) -> None:
    def conflict() -> None:
        clean(impatient)
        until(lambda: gone(impatient))

    blow = Struck(conflict, once=False)
    seen = impatient.run(blow)

    assert seen.at.verdict is Verdict.UNKNOWN
    assert "40001" in seen.at.reason
    assert "max_standby_streaming_delay" in seen.at.remedy
    assert blow.times == 3
    assert seen.others_hold()


def test_a_paused_replay_makes_all_unknown(shop: Shop) -> None:
    with paused(shop):
        outcome = shop.one()

    assert outcome.verdict is Verdict.UNKNOWN
    assert "paused" in outcome.reason
    assert "pg_wal_replay_resume" in outcome.remedy


def test_a_replay_that_is_paused_during_the_run_is_noticed(shop: Shop) -> None:
    run = shop.systems("snapshot_max_age = 0.1")
    assert run.outcome(FREE, NOW).verdict is Verdict.HOLDS

    with paused(shop):
        until(lambda: run.outcome(FREE, NOW).verdict is Verdict.UNKNOWN)


def test_an_exporter_that_is_ended_changes_no_verdict(shop: Shop) -> None:
    def end_idle() -> None:
        with shop.standby() as standby:
            idle = " and state = 'idle in transaction' and query ~ 'pg_export_snapshot'"
            ended = PIDS.replace("select pid", "select pg_terminate_backend(pid, 5000)") + idle
            assert standby.execute(ended).fetchall() == [(True,)]

    seen = shop.run(Struck(end_idle, once=False))

    assert seen.sees_all()
    assert seen.others_hold()


@pytest.fixture
def alone(own: servers.Running, systems: Opened, monkeypatch) -> Iterator[Shop]:
    """The shop on servers of its own."""
    monkeypatch.setattr("trueup.replica.retry.PAUSES", (0.5, 3.0))
    own.cluster.create_database("shop")
    database = Database(own.cluster, "shop")
    database.execute("create schema if not exists public;" + GOODS)
    shop = Shop(database, None, systems, database.url())  # type: ignore[arg-type]  # no proxy here
    yield shop
    for run in shop.kept:
        run.close()


def restart(own: servers.Running) -> servers.Running:
    """The same standby, stopped and started again on its port."""
    process.stop(own.standby)
    programs = binaries.find()
    standby = process.start(own.cluster.server("standby"), programs, own.lock)
    return servers.Running(own.cluster, own.primary, standby, own.lock)


def test_a_standby_that_is_restarted_during_the_run_is_waited_for(alone: Shop, own) -> None:
    started = []

    seen = alone.run(Struck(lambda: started.append(restart(own))))
    process.stop(started[0].standby)

    assert seen.sees_all()
    assert seen.others_hold()


def test_a_standby_that_crashes_during_the_run_is_waited_for(alone: Shop, own) -> None:
    def crash() -> None:
        with alone.standby() as standby:
            [pid] = standby.execute("select pg_backend_pid()").fetchone() or [0]
            os.kill(pid, signal.SIGKILL)

    seen = alone.run(Struck(crash))

    assert seen.sees_all()
    assert seen.others_hold()


def test_a_standby_that_stops_during_the_run_is_unknown(alone: Shop, own) -> None:
    seen = alone.run(Struck(lambda: process.stop(own.standby)))

    assert seen.before.verdict is Verdict.HOLDS
    assert seen.at.verdict is seen.after.verdict is Verdict.UNKNOWN
    assert "nobody answers" in seen.at.reason


def test_a_standby_that_is_promoted_during_the_run_is_unknown(alone: Shop) -> None:
    def promote() -> None:
        with alone.standby() as standby:
            standby.execute("select pg_promote()")

    run = alone.systems()
    before = run.outcome(FREE, NOW)
    at = run.outcome(asking(WRONG, "no_good_is_wrong", Struck(promote)), NOW)
    after = run.outcome(FREE, NOW)

    assert before.verdict is Verdict.HOLDS
    assert [v.key for v in at.violations] == KEYS, "its snapshot was taken before"
    assert after.verdict is Verdict.UNKNOWN
    assert "promoted" in after.reason


def test_a_primary_that_is_gone_makes_its_standby_stale(alone: Shop, own) -> None:
    process.stop(own.primary)
    run = alone.systems("max_lag = 0.1\nsnapshot_max_age = 0.1")

    def stale() -> bool:
        return "receiver is down" in run.outcome(FREE, NOW).reason

    until(stale)
    assert run.outcome(FREE, NOW).verdict is Verdict.UNKNOWN
