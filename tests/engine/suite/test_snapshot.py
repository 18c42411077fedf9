"""One snapshot for a run: all its connections and processes see the same instant."""

import json
from threading import Event
from typing import Any

import psycopg
import pytest

from fix_database import Database
from fix_systems import FREE, GOODS, NOW, Opened, asking
from patience import until
from trueup.model.verdict import Verdict
from trueup.replica.connection import connect
from trueup.replica.dsn import Dsn
from trueup.suite.beginning import begun as beginning
from trueup.suite.begun import EACH, Begun, application
from trueup.suite.opened import Systems
from trueup.suite.sources import Sources

COUNT = asking("select id from goods where id > 20", name="no_good_is_new")


def exporters(database: Database) -> list[int]:
    """The sessions that sit idle in a transaction of ours."""
    with database.connect("postgres", "standby") as standby:
        rows = standby.execute(
            "select pid from pg_stat_activity where state = 'idle in transaction'"
            " and datname = current_database()"
        ).fetchall()
    return [row[0] for row in rows]


def test_invariants_see_what_the_first_saw(database: Database, systems: Opened) -> None:
    database.execute(GOODS)
    run = systems()
    first = run.outcome(COUNT, NOW)

    database.execute("insert into goods values (21, 0)")
    second = run.outcome(COUNT, NOW)
    fresh = systems().outcome(COUNT, NOW)

    assert (first.verdict, second.verdict) == (Verdict.HOLDS, Verdict.HOLDS)
    assert first.snapshot == second.snapshot != ""
    assert (fresh.verdict, fresh.count) == (Verdict.VIOLATED, 1)


def connected(database: Database, role: str) -> int:
    with database.connect("postgres", "standby") as standby:
        found = standby.execute("select from pg_stat_activity where usename = %s", [role])
        return found.rowcount


def shared(run: Systems) -> None:
    run.sources.share()
    run.sources.wait()


def test_another_process_of_the_run_imports_the_same(database: Database, systems: Opened) -> None:
    database.execute(GOODS)
    controller = systems()
    shared(controller)
    database.execute("insert into goods values (21, 0)")

    worker = systems(folder=controller.folder).outcome(COUNT, NOW)

    assert worker.verdict is Verdict.HOLDS
    assert worker.snapshot == controller.outcome(COUNT, NOW).snapshot
    assert len(exporters(database)) == 1


def test_it_is_renewed_when_it_is_too_old(database: Database, systems: Opened) -> None:
    database.execute(GOODS)
    run = systems(more="snapshot_max_age = 0.3")
    run.outcome(COUNT, NOW)
    database.execute("insert into goods values (21, 0)")
    until(lambda: not exporters(database))

    assert run.outcome(COUNT, NOW).verdict is Verdict.VIOLATED


def test_the_server_itself_ends_an_exporter_that_is_too_old(database, systems: Opened) -> None:
    database.execute(GOODS)
    shared(systems(more="snapshot_max_age = 0.3"))

    until(lambda: not exporters(database))


def test_an_exporter_that_was_ended_is_followed_by_the_next(database, systems: Opened) -> None:
    database.execute(GOODS)
    run = systems()
    run.outcome(COUNT, NOW)
    [exporter] = exporters(database)
    with database.connect("postgres", "standby") as standby:
        standby.execute("select pg_terminate_backend(%s)", [exporter])
    until(lambda: exporter not in exporters(database))

    again = run.outcome(FREE, NOW)

    assert again.verdict is Verdict.HOLDS
    assert len(exporters(database)) == 1


def test_without_a_connection_to_spare_each_has_its_own(database, writer, systems) -> None:
    database.execute(GOODS + f"grant select on goods to {writer}; grant pg_monitor to {writer};")
    database.cluster.execute(f"alter role {writer} connection limit 1")
    run = systems(database.url(writer))

    outcome = run.outcome(FREE, NOW)
    record = run.record("shop")

    assert outcome.verdict is Verdict.HOLDS
    assert "could not be exported" in record.unshared
    assert exporters(database) == []


def test_whoever_asks_comes_before_whoever_holds_the_snapshot(database, writer, systems) -> None:
    database.execute(GOODS + f"grant select on goods to {writer}; grant pg_monitor to {writer};")
    database.cluster.execute(f"alter role {writer} connection limit 1")

    run = systems(database.url(writer))
    run.sources["shop"]._export()
    shared(run)

    assert run.outcome(FREE, NOW).verdict is Verdict.HOLDS
    assert exporters(database) == []


def test_two_connections_that_refuse_each_other_leave_one(database, writer, systems) -> None:
    database.execute(GOODS + f"grant select on goods to {writer}; grant pg_monitor to {writer};")
    database.cluster.execute(f"alter role {writer} connection limit 1")

    for _ in range(5):
        run = systems(database.url(writer))
        shared(run)
        assert run.outcome(FREE, NOW).verdict is Verdict.HOLDS
        run.close()
        until(lambda: not connected(database, writer))


def test_the_exporter_ends_with_the_run(database: Database, systems: Opened) -> None:
    database.execute(GOODS)
    run = systems()
    run.outcome(FREE, NOW)
    run.close()

    until(lambda: not exporters(database))


def test_the_file_holds_no_secret(database: Database, systems: Opened) -> None:
    database.execute(GOODS)
    run = systems()
    shared(run)

    [file] = run.folder.glob("*.json")
    assert set(json.loads(file.read_text())) == {"id", "instant", "exported"}


def test_after_the_next_all_share_again(database: Database, systems: Opened) -> None:
    database.execute(GOODS)
    run = systems()
    run.outcome(COUNT, NOW)
    with database.connect("postgres", "standby") as standby:
        standby.execute("select pg_terminate_backend(%s, 5000)", exporters(database))

    snapshots = {run.outcome(found, NOW).snapshot for found in (FREE, COUNT, FREE)}

    assert len(snapshots) == 1
    assert run.record("shop").unshared == ""
    assert len(exporters(database)) == 1


def named(database: Database, application: str) -> int:
    with database.connect("postgres", "standby") as standby:
        asked = "select from pg_stat_activity where application_name = %s"
        return standby.execute(asked, [application]).rowcount


def test_what_was_begun_is_taken_and_nothing_is_left(database: Database, systems: Opened) -> None:
    environments = systems().environments
    begun = Begun(environments)
    until(lambda: named(database, application(begun.run)) == EACH)

    sources = Sources(environments, begun)
    sources.share()
    sources.wait()

    assert named(database, application(begun.run)) == EACH, "a session and an exporter, no more"
    sources.close()
    until(lambda: named(database, application(begun.run)) == 0)


def test_sessions_are_proven_before_anything_else_is_asked_for(
    database: Database, systems: Opened
) -> None:
    with beginning(systems().environments) as sources:
        sources.wait()

        assert sources["shop"].session is not None
        assert len(exporters(database)) == 1
    until(lambda: exporters(database) == [])


def test_what_was_begun_and_nobody_took_is_closed(database: Database, systems: Opened) -> None:
    begun = Begun(systems().environments)
    until(lambda: named(database, application(begun.run)) == EACH)

    begun.close()

    until(lambda: named(database, application(begun.run)) == 0)


def test_what_is_made_when_nobody_wants_it_any_more_is_closed_at_once(
    systems: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    unwanted = Event()
    made: list[psycopg.Connection[Any]] = []

    def late(dsn: Dsn, **said: Any) -> psycopg.Connection[Any]:
        unwanted.wait()
        made.append(connect(dsn, **said))
        return made[-1]

    monkeypatch.setattr("trueup.replica.connecting.connect", late)
    begun = Begun(systems().environments)

    begun.close()
    unwanted.set()

    until(lambda: len(made) == EACH and all(one.closed for one in made))
