"""Questions that the server gives up, refuses or answers no more: unknown, and nothing else."""

import pytest

from engine.faults.conftest import KEYS, PIDS, WRONG, Shop, Struck
from fix_systems import NOW, asking
from patience import until
from trueup.model.verdict import Verdict

SLOW = "select a.id from goods a, generate_series(1, 100000000) b where a.id < 0 and b < 0"


def test_a_statement_that_takes_too_long_is_unknown_and_not_tried_again(shop: Shop) -> None:
    blow = Struck(lambda: None)

    seen = shop.run(blow, SLOW, more="statement_timeout = 0.2")

    assert seen.at.verdict is Verdict.UNKNOWN
    assert "57014" in seen.at.reason
    assert "raise statement_timeout" in seen.at.remedy
    assert blow.times == 1
    assert seen.others_hold()


def test_a_lock_that_a_migration_holds_is_unknown(shop: Shop) -> None:
    with shop.database.connect() as migration:
        migration.execute("begin; lock table goods in access exclusive mode")
        migration.execute("select pg_current_xact_id(), pg_switch_wal()")
        shop.database.cluster.wait_for_replay()

        outcome = shop.one("lock_timeout = 0.1")
        migration.execute("rollback")

    assert outcome.verdict is Verdict.UNKNOWN
    assert "55P03" in outcome.reason
    assert "migration" in outcome.remedy


def test_a_transaction_that_sat_idle_for_too_long_is_unknown(shop: Shop) -> None:
    def wait() -> None:
        with shop.standby() as standby:
            mine = PIDS + " and state = 'idle in transaction' and backend_xmin is not null"
            until(lambda: len(standby.execute(mine).fetchall()) < 2)

    seen = shop.run(Struck(wait), more="idle_timeout = 0.2")

    assert seen.at.verdict is Verdict.UNKNOWN
    assert "25P03" in seen.at.reason
    assert "idle_timeout" in seen.at.remedy
    assert seen.others_hold()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("drop table goods", "goods"),
        ("alter table goods drop column price", "price"),
        ("alter table goods rename to things", "goods"),
        ("alter table goods alter price type text", "operator does not exist"),
    ],
    ids=["dropped", "column", "renamed", "retyped"],
)
def test_a_schema_that_changes_during_the_run_is_unknown(shop: Shop, change, says) -> None:
    run = shop.systems("snapshot_max_age = 0.2")
    asked = asking(WRONG)
    assert [v.key for v in run.outcome(asked, NOW).violations] == KEYS

    shop.database.execute(change)
    outcome = run.outcome(asked, NOW)

    assert outcome.verdict is Verdict.UNKNOWN
    assert says in outcome.reason


@pytest.mark.parametrize(
    "change",
    [
        "alter table goods alter price type bigint",
        "truncate goods; insert into goods values (7, 7)",
        "create table made as table goods; drop table goods; alter table made rename to goods",
    ],
    ids=["rewritten", "truncated", "replaced"],
)
def test_a_table_that_is_remade_after_the_snapshot_is_never_read_as_empty(
    shop: Shop, change: str
) -> None:
    shop.database.execute("create table others as select 1 as id")
    run = shop.systems()
    before = run.outcome(asking("select id from others where id < 0", over="others"), NOW)

    shop.database.execute(change)
    outcome = run.outcome(asking(WRONG, over="others"), NOW)

    assert before.verdict is Verdict.HOLDS
    assert [v.key for v in outcome.violations] == KEYS
    assert outcome.snapshot != before.snapshot
    assert not run.record("shop").unshared


def test_a_table_that_is_remade_each_time_is_unknown(shop: Shop) -> None:
    shop.database.execute("create table others as select 1 as id")

    def remake() -> None:
        shop.database.execute("truncate goods; insert into goods values (7, 7)")

    blow = Struck(remake, once=False)
    asked = asking(WRONG, first=blow, over="others", may_be_empty=True)
    outcome = shop.systems().outcome(asked, NOW)

    assert outcome.verdict is Verdict.UNKNOWN
    assert "truncated, or written anew" in outcome.reason
    assert "migration" in outcome.remedy


@pytest.mark.parametrize(
    ("change", "says", "mends"),
    [
        ("revoke select on goods from {role}", "permission denied", "grant the reader SELECT"),
        ("alter table goods enable row level security", "hides rows", "BYPASSRLS"),
    ],
    ids=["revoked", "hidden"],
)
def test_rights_that_are_taken_during_the_run_are_unknown(shop, writer, change, says, mends):
    shop.database.execute(f"grant select on goods to {writer}; grant pg_monitor to {writer}")
    shop.url = shop.database.url(writer)
    run = shop.systems()
    assert run.outcome(asking(WRONG), NOW).verdict is Verdict.VIOLATED

    shop.database.execute(change.format(role=writer))
    outcome = run.outcome(asking(WRONG), NOW)

    assert outcome.verdict is Verdict.UNKNOWN
    assert says in outcome.reason
    assert mends in outcome.remedy


@pytest.mark.parametrize(
    ("made", "mends"),
    [
        ("create unlogged table odd as table goods", "make that logged"),
        ("create materialized view odd as table goods with no data", "refresh that"),
    ],
    ids=["unlogged", "not populated"],
)
def test_what_a_standby_has_no_rows_of_is_unknown_with_what_to_do(
    shop: Shop, made: str, mends: str
) -> None:
    shop.database.execute(made)

    outcome = shop.systems().outcome(asking("select id from odd", over="odd"), NOW)

    assert outcome.verdict is Verdict.UNKNOWN
    assert mends in outcome.remedy


def test_an_error_in_a_value_is_unknown_and_shows_no_value(shop: Shop) -> None:
    seen = shop.run(Struck(lambda: None), "select id from goods where 1 / (price - 7) > 0")

    assert seen.at.verdict is Verdict.UNKNOWN
    assert "22012" in seen.at.reason
    assert seen.others_hold()


def test_a_cast_that_fails_shows_no_value(shop: Shop) -> None:
    shop.database.execute("alter table goods add note text default 'jane@example.com'")

    seen = shop.run(Struck(lambda: None), "select id from goods where note::int > 0")

    assert seen.at.verdict is Verdict.UNKNOWN
    assert "jane" not in seen.at.reason + seen.at.remedy


def test_an_author_who_closes_nothing_but_his_eyes_is_unknown(shop: Shop) -> None:
    def fail() -> None:
        raise KeyError("jane@example.com")

    seen = shop.run(Struck(fail, once=False))

    assert seen.at.verdict is Verdict.UNKNOWN
    assert "KeyError" in seen.at.reason
    assert "jane" not in seen.at.reason
    assert seen.others_hold()
