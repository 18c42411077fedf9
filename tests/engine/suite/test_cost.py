"""What a run cost: counted over all its connections and processes, and what was slow explained."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.suite.test_ahead import ruled
from fix_database import Database
from fix_systems import NOW, Opened, asking
from trueup.model.cost import CostRecord
from trueup.model.invariant import Invariant
from trueup.model.verdict import Verdict
from trueup.suite.opened import Systems

JOBS = """
    create table goods (id int primary key, price int not null, status text not null, pad text);
    insert into goods
    select i, i, case when i % 1000 = 0 then 'lost' else 'here' end, repeat('x', 200)
    from generate_series(1, 40000) i;
"""
LOST = asking("select id from goods where status = 'lost'", "no_good_is_lost")
SLOW = """
    select id from goods
    where status = 'lost'
      and price < (select max(sqrt(n))::int - 9999 from generate_series(1, {}) n)
"""


@pytest.fixture
def goods(database: Database) -> Database:
    """A table that is worth an index."""
    database.execute(JOBS)
    with database.connect() as primary:
        primary.execute("vacuum (analyze) goods")
    database.cluster.wait_for_replay()
    return database


@pytest.fixture
def nothing_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is asked counts as slow."""
    monkeypatch.setattr("trueup.ahead.batch.SLOW", 0.0)
    monkeypatch.setattr("trueup.suite.opened.SLOW", 0.0)


def judged(run: Systems, *asked: Invariant, ahead: bool = True, explain: bool = True) -> CostRecord:
    """What it costs to judge these."""
    if ahead:
        run.begin(asked, NOW)
    for one in asked:
        assert run.outcome(one, NOW).verdict is not Verdict.UNKNOWN
    return run.cost("shop", explain=explain)


@pytest.mark.parametrize("ahead", [True, False])
def test_rows_of_all_connections_are_added(goods: Database, systems: Opened, ahead: bool) -> None:
    asked = [
        asking(f"select id from goods where price = {n}", f"no_good_{n}") for n in range(-3, 0)
    ]

    found = judged(systems(more="connections = 3"), *asked, ahead=ahead)

    counts = 1 if ahead else 3
    assert found.rows == 40_000 * (3 + counts)
    assert found.blocks > 3000
    assert not found.at_least
    assert found.connections == (4 if ahead else 2), "sessions, and the snapshot's exporter"


def test_the_snapshot_is_held_until_the_cost_is_told(goods: Database, systems: Opened) -> None:
    run = systems()
    found = judged(run, LOST)

    with goods.connect("postgres", "standby") as standby:
        idle = standby.execute(
            "select count(*) from pg_stat_activity"
            " where state = 'idle in transaction' and datname = current_database()"
        ).fetchone()
    assert idle == (0,)
    assert found.longest_snapshot > 0
    assert found.seconds > 0


def test_a_quick_run_has_nothing_slow(goods: Database, systems: Opened) -> None:
    assert judged(systems(), asking("select id from goods where id = 7", "no_7")).slowest == ()


@pytest.mark.usefixtures("nothing_is_quick")
@pytest.mark.parametrize("ahead", [True, False])
def test_what_is_slow_is_told_with_its_plan_and_the_index(
    goods: Database, systems: Opened, ahead: bool
) -> None:
    [slow] = judged(systems(), LOST, ahead=ahead).slowest

    assert slow.invariants == ("shop.no_good_is_lost",)
    assert slow.seconds > 0
    assert [line.strip() for line in slow.plan if "on public.goods" in line]
    assert "filtered by goods.status" in "\n".join(slow.plan)
    assert slow.index == "create index concurrently on public.goods (status)"


def test_it_is_slow_from_half_a_second_on(goods: Database, systems: Opened) -> None:
    run = systems()
    quick = asking(SLOW.format(10), "no_good_waits_not")
    slow = asking(SLOW.format(6_000_000), "no_good_waits")

    found = judged(run, quick, slow)

    assert [one.invariants for one in found.slowest] == [("shop.no_good_waits",)]
    assert found.slowest[0].seconds >= 0.5


@pytest.mark.usefixtures("nothing_is_quick")
def test_a_scan_is_told_once_and_needs_no_index(goods: Database, systems: Opened) -> None:
    """It counts the rows too, so it reads all of them whatever there is."""
    rules = [ruled(f"status = 'lost{n}'", f"no_good_is_lost_{n}") for n in range(3)]

    [slow] = judged(systems(), *rules).slowest

    assert slow.invariants == tuple(f"shop.no_good_is_lost_{n}" for n in range(3))
    assert "Seq Scan on public.goods" in "\n".join(slow.plan)
    assert slow.index == ""


@pytest.mark.usefixtures("nothing_is_quick")
def test_five_are_told_the_slowest_first(goods: Database, systems: Opened) -> None:
    asked = [asking(f"select id from goods where price = {n}", f"no_good_{n}") for n in range(8)]
    found = judged(systems(), *asked).slowest

    seconds = [one.seconds for one in found]
    assert len(found) == 5
    assert seconds == sorted(seconds, reverse=True)


@pytest.mark.usefixtures("nothing_is_quick")
def test_no_value_of_a_setting_is_told(goods: Database, systems: Opened) -> None:
    one = ruled("status = :secret", "no_good_is_ours", secret="sesame-7719")
    two = asking("select id from goods where status = 'lost' and price < 77190", "no_good_is_dear")

    found = judged(systems(), one, two)

    assert len(found.slowest) == 2
    assert not [slow for slow in found.slowest if "7719" in repr(slow)]


@pytest.mark.usefixtures("nothing_is_quick")
def test_what_took_too_long_is_explained_too(goods: Database, systems: Opened) -> None:
    run = systems(more="statement_timeout = 0.6")
    slow = asking(SLOW.format(999_999_999), "no_good_waits")
    run.begin([slow], NOW)

    outcome = run.outcome(slow, NOW)
    found = run.cost("shop", explain=True)

    assert (outcome.verdict, outcome.seconds) == (Verdict.UNKNOWN, 0.6)
    assert found.at_least
    [told] = found.slowest
    assert told.seconds == 0.6
    assert told.plan


@pytest.mark.usefixtures("nothing_is_quick")
def test_where_the_server_does_not_explain_there_is_no_plan(
    goods: Database, systems: Opened
) -> None:
    run = systems()
    outcome = run.outcome(LOST, NOW)
    goods.execute("revoke select on goods from trueup_reader")
    goods.execute("drop table goods")

    [slow] = run.cost("shop", explain=True).slowest

    assert outcome.verdict is Verdict.VIOLATED
    assert (slow.invariants, slow.plan, slow.index) == (("shop.no_good_is_lost",), (), "")


@pytest.mark.usefixtures("nothing_is_quick")
def test_where_it_is_not_to_be_explained_nothing_is_asked(goods: Database, systems: Opened) -> None:
    run = systems()
    before = judged(run, LOST, explain=False)
    again = run.cost("shop", explain=False)

    assert [slow.plan for slow in before.slowest] == [()]
    assert again.transactions == before.transactions


def written(root: Path) -> dict[str, Any]:
    [file] = root.glob("reports/*/run.json")
    run: dict[str, Any] = json.loads(file.read_text())
    cost: dict[str, Any] = run["systems"][0]["cost"]
    return cost


def test_what_workers_cost_is_added(pytester: pytest.Pytester, shop: Database) -> None:
    run = ("invariants", "--env", "staging", "-p", "no:randomly")

    pytester.runpytest_subprocess(*run, "--reports", "alone/reports")
    pytester.runpytest_subprocess(*run, "--reports", "two/reports", "-n", "2")

    alone, two = (written(pytester.path / folder) for folder in ("alone", "two"))
    # Who asks ahead counts the fifty orders once; two workers do, once each.
    assert (alone["rows"], two["rows"]) == (150, 200)
    assert two["connections"] >= 4 > alone["connections"]
    assert not two["at_least"]
    assert two["longest_snapshot"] > 0


def test_a_worker_that_crashed_does_not_say(pytester: pytest.Pytester, shop: Database) -> None:
    pytester.makepyfile(
        **{
            "invariants/shop/test_the_last": '''
                import os
                from trueup import invariant

                @invariant(severity="P3", over="orders", fix="find")
                def test_no_worker_stays(replica):
                    """It is gone."""
                    replica.count("orders")  # so that it is evaluated at its turn
                    os._exit(3)
            '''
        }
    )

    pytester.runpytest_subprocess(
        "invariants",
        "--env",
        "staging",
        "-p",
        "no:randomly",
        "-n",
        "1",
        "--max-worker-restart",
        "0",
    )

    assert written(pytester.path)["at_least"]


@pytest.mark.parametrize(("word", "explained"), [("", True), ("-x", False)])
def test_nothing_is_explained_where_a_run_was_stopped(
    pytester: pytest.Pytester, shop: Database, monkeypatch, word: str, explained: bool
) -> None:
    monkeypatch.setattr("trueup.ahead.batch.SLOW", 0.0)
    shop.execute("insert into orders values (99, 'lost', 'a@example.com', 'b')")

    pytester.runpytest("invariants", "--env", "staging", "-p", "no:randomly", *filter(None, [word]))

    slowest = written(pytester.path)["slowest"]
    assert slowest
    assert all(bool(slow["plan"]) is explained for slow in slowest)
