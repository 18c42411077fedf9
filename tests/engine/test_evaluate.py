"""One invariant in, its verdict out: never a pass where nothing could be seen."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fix_database import Database, opened
from trueup import invariant
from trueup.errors import QueryError
from trueup.evaluate import CAP, evaluate
from trueup.model.invariant import Invariant
from trueup.model.verdict import Verdict

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


def test_nothing_to_judge_is_unknown(database: Database, reading) -> None:
    database.execute(JOBS + "delete from jobs;")

    outcome = verdict_on(reading, declared("select id from jobs"))

    assert outcome.verdict is Verdict.UNKNOWN
    assert "nothing to judge" in outcome.reason


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
