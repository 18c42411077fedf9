"""Behind a pooler: the same verdicts, and nothing left on the connections that others get next."""

import psycopg
import pytest

from engine.poolers.conftest import Start
from fix_systems import FREE, NOW, Opened, asking
from trueup.errors import ConnectError
from trueup.model.verdict import Verdict
from trueup.replica import transaction
from trueup.replica.connection import connect
from trueup.replica.dsn import Dsn
from trueup.replica.pooler import is_pooled

WRONG = asking("select id from goods where price = 7", "no_price_is_seven", key="id")
CHECKED = (FREE, WRONG, FREE)

MODES = pytest.mark.parametrize("mode", ["session", "transaction"])
SETTINGS = """
    select name, setting from pg_settings
    where source = 'session' and name <> 'application_name' order by name
"""
"""The name of a client is PgBouncer's own to hand over."""


def seen(run) -> list[tuple[Verdict, list[tuple[str, ...]]]]:
    """The verdicts of a run, with their keys."""
    outcomes = [run.outcome(found, NOW) for found in CHECKED]
    return [(o.verdict, [v.key for v in o.violations]) for o in outcomes]


@MODES
def test_the_verdicts_are_the_same_as_without(pooler: Start, systems: Opened, mode: str) -> None:
    direct = seen(systems())

    behind = systems(pooler(mode).url())

    assert seen(behind) == direct
    assert behind.record("shop").pooling == f"pooler in {mode} mode"


def test_in_session_mode_all_share_one_snapshot(pooler: Start, systems: Opened) -> None:
    run = systems(pooler("session").url())

    snapshots = {run.outcome(found, NOW).snapshot for found in CHECKED}

    assert len(snapshots) == 1
    assert run.record("shop").unshared == ""


def test_in_transaction_mode_each_has_its_own_and_the_report_says_so(pooler, systems) -> None:
    run = systems(pooler("transaction").url())
    seen(run)

    assert run.record("shop").unshared == "a pooler in transaction mode lies in between"


@MODES
def test_nothing_is_left_for_the_next_client(pooler: Start, systems: Opened, mode: str) -> None:
    behind = pooler(mode, size=2)
    before = behind.asks(SETTINGS)
    run = systems(behind.url())
    seen(run)
    if mode == "session":  # else they are others' already
        run.close()

    for _ in range(4):
        assert behind.asks(SETTINGS) == before
        assert behind.asks("select name from pg_prepared_statements") == []
        assert behind.asks("show transaction_read_only") == [("on",)], "a standby's own"
        assert behind.asks("show row_security") == [("on",)]
        assert behind.asks("show statement_timeout") == [("0",)]


@MODES
def test_a_pool_of_one_connection_is_enough(pooler, systems, mode: str, monkeypatch) -> None:
    monkeypatch.setattr("trueup.replica.watchdog.MARGIN", 0.3)

    run = systems(pooler(mode, size=1).url())

    assert seen(run) == seen(systems())


def test_a_pooler_is_told_by_the_number_that_it_makes_up(pooler, database) -> None:
    with psycopg.connect(database.url(), autocommit=True) as direct:
        assert not is_pooled(direct)()
    with psycopg.connect(pooler("session").url(), autocommit=True) as behind:
        assert is_pooled(behind)()


def test_a_setting_that_something_in_between_drops_is_noticed(pooler, systems, monkeypatch) -> None:
    run = systems(pooler("transaction").url())
    assert run.outcome(FREE, NOW).verdict is Verdict.HOLDS
    dropped = "select %s::text[], %s::text[]"
    monkeypatch.setattr(transaction, "_MAKE", dropped)

    outcome = run.outcome(FREE, NOW)

    assert outcome.verdict is Verdict.UNKNOWN
    assert "a setting did not take" in outcome.reason


def test_a_start_up_option_that_the_pooler_does_not_know_is_its_refusal(pooler, database) -> None:
    url = pooler("transaction").url() + "&options=-c%20statement_timeout%3D5s"

    with pytest.raises(ConnectError, match="start-up option"):
        connect(Dsn(url, "X"), standby=True, application="test")
