"""Sessions cannot be planted by SQL: here they are opened, on the standby that is read."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from fix_database import Database, opened
from systems import scenes
from trueup.evaluate import evaluate
from trueup.model.verdict import Outcome, Verdict

FOUR, SIX = timedelta(minutes=4), timedelta(minutes=6)


def asked(
    scene: scenes.Scene, name: str, later: timedelta, settings: Mapping[str, object] | None = None
) -> Outcome:
    """One invariant, as of a moment after now."""
    [invariant] = [one for one in scene.invariants if one.name == name]
    given = {"now": datetime.now(UTC) + later, "settings": settings or scene.settings}
    with opened(scene.database) as session, session.reading() as reader:
        return evaluate(invariant, {"replica": reader, **given})


@contextmanager
def client(database: Database, name: str) -> Iterator[psycopg.Connection]:
    """A session of some application on the standby."""
    url = database.url("trueup_reader")
    with psycopg.connect(url, application_name=name, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("system", scenes.systems())
def test_a_session_asleep_in_its_transaction_is_named(scene, system: str) -> None:
    found = scene(system)
    name = "no_session_sits_idle_in_a_transaction"
    with client(found.database, "app") as asleep, client(found.database, "app") as awake:
        asleep.execute("begin")
        asleep.execute("select 1")
        awake.execute("select 1")

        late, early = asked(found, name, SIX), asked(found, name, FOUR)

        assert [v.key for v in late.violations] == [(str(asleep.info.backend_pid),)]
        assert early.verdict is Verdict.HOLDS


@pytest.mark.parametrize("system", scenes.systems())
def test_a_query_that_runs_too_long_is_named(scene, system: str) -> None:
    found = scene(system)
    name = "no_query_runs_longer_than_five_minutes"
    with client(found.database, "app") as busy, client(found.database, "app") as watcher:
        asking = threading.Thread(target=sleep_until_cancelled, args=[busy])
        asking.start()
        until_active(watcher, busy.info.backend_pid)

        late, early = asked(found, name, SIX), asked(found, name, FOUR)
        busy.cancel_safe()
        asking.join()

        assert [v.key for v in late.violations] == [(str(busy.info.backend_pid),)]
        assert early.verdict is Verdict.HOLDS


@pytest.mark.parametrize("system", scenes.systems())
def test_more_connections_than_allowed_are_counted(scene, system: str) -> None:
    found = scene(system)
    name = "connections_leave_headroom"
    with ExitStack() as sessions:
        for _ in range(3):
            sessions.enter_context(client(found.database, "app"))
        used = used_by_clients(found)

        crowded = asked(found, name, FOUR, {"connection_limit": used - 1})
        full = asked(found, name, FOUR, {"connection_limit": used})

    assert crowded.verdict is Verdict.VIOLATED
    assert crowded.violations[0]["used"] == used
    assert "app idle: 3" in str(crowded.violations[0]["held_by"])
    assert full.verdict is Verdict.HOLDS


def used_by_clients(scene: scenes.Scene) -> int:
    """Sessions on the standby beside the suite's own, and beside the one that asks."""
    with scene.database.connect("postgres", "standby") as connection:
        row = connection.execute(
            "select count(*) from pg_stat_activity where backend_type = 'client backend'"
            " and application_name not like 'trueup/%' and pid <> pg_backend_pid()"
        ).fetchone()
    return int(row[0])


def sleep_until_cancelled(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.QueryCanceled):
        connection.execute("select pg_sleep(30)")


def until_active(watcher: psycopg.Connection, pid: int) -> None:
    """Wait until a session's query runs."""
    for _ in range(1000):
        row = watcher.execute("select state from pg_stat_activity where pid = %s", [pid]).fetchone()
        if row == ("active",):
            return
    pytest.fail("the query did not start")
