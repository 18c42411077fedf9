"""One invariant in, its verdict out: never a pass where nothing could be seen."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fix_database import Database, opened
from trueup import invariant
from trueup.errors import QueryError
from trueup.evaluate import CAP, PROVEN, REPORTED, Wanted, evaluate
from trueup.model.invariant import Invariant
from trueup.model.verdict import Verdict
from trueup.model.violation import key_text
from trueup.primary.proof import keys_in

LOST = r"ended the session|connection was lost"
NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
JOBS = """
    create table jobs (id int primary key, owner text, started timestamptz);
    insert into jobs select i, 'o' || i, '2026-11-02 11:50+00' from generate_series(1, 3) i;
"""


def declared(sql: str, **given) -> Invariant:
    """An invariant that asks one question."""

    def test_jobs_are_young(replica, now):
        """Somebody waits for ever."""
        return replica.rows(sql, deadline=now - timedelta(minutes=5))

    options = {"severity": "P1", "over": "jobs", "fix": "none"} | given
    return invariant(**options)(test_jobs_are_young).named(
        "app", "test_jobs_are_young", Path(__file__)
    )


def verdict_on(reading, found: Invariant):
    with reading() as reader:
        return evaluate(found, {"replica": reader, "now": NOW})


def test_no_row_and_something_judged_holds(database: Database, reading) -> None:
    database.execute(JOBS)

    outcome = verdict_on(reading, declared("select id from jobs where started > :deadline"))

    assert outcome.verdict is Verdict.HOLDS
    assert outcome.judged == {"jobs": 3}


def test_rows_are_violations_with_a_key(database: Database, reading) -> None:
    database.execute(JOBS)

    outcome = verdict_on(
        reading, declared("select owner, id from jobs where started < :deadline", key="id")
    )

    assert outcome.verdict is Verdict.VIOLATED
    assert {violation.key for violation in outcome.violations} == {("1",), ("2",), ("3",)}
    assert outcome.printable == {"id"}


@pytest.mark.parametrize("wanted", [REPORTED, PROVEN])
def test_null_and_its_name_are_two_keys(database: Database, reading, wanted: Wanted) -> None:
    database.execute(
        JOBS + "update jobs set owner = (array[null, 'None', '', E'\\\\N', E'a\\tb'])[id];"
        "insert into jobs values (4, E'\\\\N'), (5, E'a\\tb');"
    )

    with reading() as reader:
        given = {"replica": reader, "now": NOW}
        outcome = evaluate(declared("select owner from jobs"), given, wanted)

    assert outcome.count == 5
    found = keys_in(outcome)
    assert found == {(None,), ("None",), ("",), ("\\N",), ("a\tb",)}
    assert {key_text(key) for key in found} == {"\\N", "None", "", "\\\\N", "a\\tb"}


def test_nothing_to_judge_is_unknown(database: Database, reading) -> None:
    database.execute(JOBS + "delete from jobs;")

    outcome = verdict_on(reading, declared("select id from jobs"))

    assert outcome.verdict is Verdict.UNKNOWN
    assert "nothing to judge" in outcome.reason


def test_what_breaks_it_is_told_though_over_counts_none(database: Database, reading) -> None:
    database.execute(JOBS)

    outcome = verdict_on(reading, declared("select 1 as id", over="(select 1 where false)"))

    assert (outcome.verdict, outcome.count) == (Verdict.VIOLATED, 1)


def test_nothing_to_judge_holds_where_it_may_be_empty(database: Database, reading) -> None:
    database.execute(JOBS + "delete from jobs;")

    outcome = verdict_on(reading, declared("select id from jobs", may_be_empty=True))

    assert outcome.verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ("alter table jobs drop column started", "started"),
        ("drop table jobs", "jobs"),
        ("revoke select on jobs from public", ""),
    ],
)
def test_a_schema_that_differs_is_unknown(database: Database, reading, schema, says) -> None:
    database.execute(JOBS)
    asked = declared("select id from jobs where started > :deadline")
    assert verdict_on(reading, asked).verdict is Verdict.HOLDS

    database.execute(schema)
    outcome = verdict_on(reading, asked)

    expected = Verdict.UNKNOWN if says else Verdict.HOLDS
    assert outcome.verdict is expected
    assert says in outcome.reason


def test_a_missing_grant_is_unknown_and_says_what_to_grant(database: Database, writer: str) -> None:
    database.execute(JOBS)
    with opened(database, writer) as session, session.reading() as reader:
        outcome = evaluate(declared("select id from jobs"), {"replica": reader, "now": NOW})

    assert outcome.verdict is Verdict.UNKNOWN
    assert "permission denied for table jobs (42501)" in outcome.reason
    assert "grant the reader SELECT" in outcome.remedy


def test_hidden_rows_are_unknown(database: Database, writer: str) -> None:
    database.execute(
        JOBS + f"alter table jobs enable row level security; grant select on jobs to {writer};"
    )
    with opened(database, writer) as session, session.reading() as reader:
        outcome = evaluate(declared("select id from jobs"), {"replica": reader, "now": NOW})

    assert outcome.verdict is Verdict.UNKNOWN
    assert "row-level security hides rows of jobs" in outcome.reason
    assert "BYPASSRLS" in outcome.remedy


def test_a_needed_column_that_is_absent_makes_it_not_applicable(
    database: Database, reading
) -> None:
    database.execute(JOBS)

    outcome = verdict_on(reading, declared("select id from jobs", needs=["jobs.credits"]))

    assert outcome.verdict is Verdict.NOT_APPLICABLE
    assert "jobs.credits" in outcome.reason


def test_a_statement_that_takes_too_long_is_unknown(database: Database) -> None:
    database.execute(JOBS)
    slow = "select a.id from jobs a, generate_series(1, 100000000) b where a.id < 0 and b < 0"
    with opened(database) as session, session.reading() as reader:
        reader._values("select set_config('statement_timeout', '50ms', true)")
        outcome = evaluate(declared(slow), {"replica": reader, "now": NOW})

    assert outcome.verdict is Verdict.UNKNOWN
    assert "statement_timeout" in outcome.reason


def test_more_violations_than_the_cap_are_counted_up_to_it(database: Database, reading) -> None:
    database.execute(JOBS + f"insert into jobs select i from generate_series(4, {CAP + 9}) i;")

    outcome = verdict_on(reading, declared("select id from jobs"))

    assert outcome.count == CAP
    assert not outcome.counted_all


def test_rows_made_in_python_are_judged_alike(database: Database, reading) -> None:
    database.execute(JOBS)

    def test_owners_are_known(replica):
        """Nobody answers for the job."""
        for row in replica.rows("select id, owner from jobs order by id"):
            if row["owner"] == "o2":
                yield row

    declare = invariant(severity="P2", over="jobs", fix="none")
    outcome = verdict_on(
        reading, declare(test_owners_are_known).named("app", "test_x", Path(__file__))
    )

    assert [violation.key for violation in outcome.violations] == [("2",)]
    assert outcome.printable == {"id"}


def test_a_mistake_of_its_author_is_unknown_and_shows_no_value(database: Database, reading) -> None:
    database.execute(JOBS)

    def test_broken(replica):
        """It cannot work."""
        return [{"id": int(row["owner"])} for row in replica.rows("select owner from jobs")]

    declare = invariant(severity="P2", over="jobs", fix="none")
    outcome = verdict_on(reading, declare(test_broken).named("app", "test_broken", Path(__file__)))

    assert outcome.verdict is Verdict.UNKNOWN
    assert "failed with ValueError" in outcome.reason
    assert "o1" not in outcome.reason


@pytest.mark.parametrize(
    "leave",
    [
        lambda: pytest.skip("o1"),
        lambda: pytest.xfail("o1"),
        lambda: pytest.exit("o1"),
        lambda: sys.exit("o1"),
    ],
    ids=["skip", "xfail", "exit", "sys.exit"],
)
def test_one_that_leaves_has_not_looked(database: Database, reading, leave) -> None:
    database.execute(JOBS)

    def test_left(replica):
        """It does not want to know."""
        leave()
        return replica.rows("select id from jobs")

    declare = invariant(severity="P2", over="jobs", fix="none")
    outcome = verdict_on(reading, declare(test_left).named("app", "test_left", Path(__file__)))

    assert outcome.verdict is Verdict.UNKNOWN
    assert "the invariant itself failed with" in outcome.reason
    assert "o1" not in outcome.reason


KEYLESS = "its rows have no column 'id', by which key names a violation"


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("select owner from jobs", KEYLESS),
        ("select owner from jobs where false", KEYLESS),
        ("select id, id from jobs", "the SQL gives two columns named 'id'; give one another name"),
    ],
)
def test_rows_that_do_not_say_which_they_are_are_unknown(
    database: Database, reading, sql: str, says: str
) -> None:
    database.execute(JOBS)

    outcome = verdict_on(reading, declared(sql, key="id"))

    assert (outcome.verdict, outcome.reason) == (Verdict.UNKNOWN, says)


def test_a_percent_sign_in_a_key_is_no_parameter(database: Database, reading) -> None:
    database.execute(JOBS)

    with reading() as reader:
        given = {"replica": reader, "now": NOW}
        outcome = evaluate(declared('select id as "50%" from jobs', key="50%"), given, PROVEN)

    assert keys_in(outcome) == {("1",), ("2",), ("3",)}


def test_a_row_of_nothing_is_unknown(database: Database, reading) -> None:
    database.execute(JOBS)

    outcome = verdict_on(reading, declared("select from jobs"))

    assert outcome.verdict is Verdict.UNKNOWN
    assert outcome.reason == "its rows have no column, so that nothing names a violation"


def test_an_empty_table_of_a_schema_named_as_a_resource_is_nothing_to_judge(
    database: Database, reading
) -> None:
    database.execute("create schema settings; create table settings.tenants (id int primary key)")
    found = declared("select id from settings.tenants", over="settings.tenants")

    with reading() as reader:
        given = {"replica": reader, "now": NOW, "settings": {"tenants": ["a", "b"]}}
        outcome = evaluate(found, given)

    assert outcome.verdict is Verdict.UNKNOWN
    assert outcome.reason == "there was nothing to judge: settings.tenants had no rows"


def test_what_never_ends_is_a_violation_like_any_other(database: Database, reading) -> None:
    database.execute(JOBS + "insert into jobs values (4, 'o4', 'infinity'), (5, 'o5', '-infinity')")

    outcome = verdict_on(reading, declared("select id, started from jobs where id > 3", key="id"))

    assert [dict(one.row) for one in outcome.violations] == [
        {"id": 4, "started": "infinity"},
        {"id": 5, "started": "-infinity"},
    ]
    assert outcome.printable == {"id", "started"}


def test_a_session_that_is_ended_makes_one_verdict_unknown_and_is_opened_again(
    database: Database, reading
) -> None:
    database.execute(JOBS)
    asked = declared("select id, pg_backend_pid() from jobs where id < 0")
    with opened(database) as session:
        with database.connect("postgres", "standby") as admin:
            admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'trueup/test' and datname = current_database()"
            )
        with pytest.raises(QueryError, match=LOST), session.reading() as reader:
            evaluate(asked, {"replica": reader, "now": NOW})

        assert not session.alive
    assert verdict_on(reading, asked).verdict is Verdict.HOLDS
