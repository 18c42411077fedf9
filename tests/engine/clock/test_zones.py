"""Timestamps with and without a time zone are told apart, and never compared by accident."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from fix_database import Database, opened
from trueup import invariant, naive_utc
from trueup.errors import StatementError
from trueup.evaluate import evaluate
from trueup.model.verdict import Verdict
from trueup.replica.session import Session

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)

PRISMA = """
    create table "User" (
        id int primary key, "createdAt" timestamp(3), "updatedAt" timestamp(3),
        seen timestamptz, born date, name text, visits timestamp[], calls timestamptz[]
    );
    create table visits (id int primary key, user_id int, at timestamptz);
    create index on "User" ("createdAt");
    insert into "User" select i, '2026-11-02 11:59', '2026-11-02 11:59', '2026-11-02 11:59+00',
        '2000-01-01', 'n' from generate_series(1, 500) i;
    insert into visits select i, i, '2026-11-02 11:59+00' from generate_series(1, 500) i;
    analyze;
"""


@pytest.fixture
def session(database: Database):
    database.execute(PRISMA)
    with opened(database) as found:
        yield found


def ask(session: Session, sql: str, **params: object) -> int:
    with session.reading() as reader:
        return len(list(reader.rows(sql, **params)))


@pytest.mark.parametrize(
    "sql",
    [
        'select id from "User" where "createdAt" < :now',
        'select id from "User" where :now > "createdAt"',
        'select id from "User" where "createdAt" < :now and id = 3',
        "select id from \"User\" where \"createdAt\" < :now - interval '5 minutes'",
        "select id from \"User\" u where u.\"createdAt\" + interval '5 minutes' < :now",
        "select id from \"User\" where :now - \"createdAt\" > interval '5 minutes'",
        'select id from "User" where "createdAt" between :now and seen',
        'select id from "User" where "createdAt" > seen and :now is not null',
        'select id from "User" where "createdAt"::timestamptz < :now',
        'select id from "User" where name <> \'a < b\' and "createdAt" <> :now',
        'select id, coalesce("createdAt", :now) as at from "User"',
        'select id, greatest(seen, "createdAt") as at from "User" where seen < :now',
        'select count(*) filter (where "createdAt" < :now) as n from "User"',
        'select name from "User" group by 1 having bool_or("createdAt" < :now)',
        ('select u.id from "User" u join visits v on v.user_id = u.id and v.at > u."createdAt"'
        " where v.at < :now"),
        'select u.id from "User" u join visits v on v.at = u."createdAt" where v.at < :now',
        ('select id from "User" u where exists (select from visits v where v.at > u."createdAt"'
        " and v.at < :now)"),
        'with old as (select * from "User" where "createdAt" < :now) select id from old',
        'select id from (select id, "createdAt" as c from "User") s where c < :now',
        "select id from \"User\" where date_trunc('day', \"createdAt\") < :now",
        'select id from "User" where (seen at time zone \'UTC\') < :now',
        'select id from "User" where "createdAt" = any (array[:now]::timestamptz[])',
        'select id from "User" where ("createdAt", id) < (:now, 3)',
        'select id from "User" where (id, "createdAt") >= (3, :now)',
        'select id from "User" where visits[1] < :now',
        'select id from "User" where visits[length(name)] < :now',
        'select id from "User" where :now = any (visits)',
        'select id from "User" where array_position(visits, :now) > 1',
        'select max(id) as id from "User" having (array_agg("createdAt"))[1] < :now',
        'select max(id) as id from "User" having max("createdAt") filter (where id > 3) < :now',
        'select id from "User" where :now is distinct from "createdAt"',
        'select id from "User" where nullif(:now, "createdAt") is null',
        'select id from "User" where ("createdAt", "updatedAt") overlaps (:now, :now)',
    ],
)  # fmt: skip
def test_sql_that_mixes_the_two_is_refused_with_its_remedy(session: Session, sql: str) -> None:
    with pytest.raises(StatementError) as refused:
        ask(session, sql, now=NOW)

    assert "a timestamp without time zone" in str(refused.value)
    assert "naive_utc" in str(refused.value)


@pytest.mark.parametrize(
    "sql",
    [
        'select id from "User" where seen < :now',
        "select id from \"User\" where \"createdAt\" at time zone 'UTC' < :now",
        'select id from "User" where "createdAt" < :then and seen < :now',
        'select id from "User" where "createdAt" < "updatedAt" and seen < :now',
        "select id from \"User\" where \"createdAt\" - \"updatedAt\" < seen - :now + '1 day'",
        'select id from "User" where "createdAt" - "updatedAt" < seen - :now',
        'select id from "User" where born < \'2020-01-01\' and seen < :now',
        ("select id from \"User\" where name = 'createdAt < timestamp with time zone'"
        " and seen < :now"),
        "select extract(epoch from \"createdAt\") as e from \"User\" where seen < :now",
        'select max("createdAt") as a, max(seen) as b from "User" where seen < :now',
        'select id from "User" where "createdAt" is null or seen < :now',
        ('select case when "createdAt" < "updatedAt" then seen end as at from "User"'
        " where seen < :now"),
        'select id from "User" where (seen, "createdAt") < (:now, :then)',
        ('select id from "User" where ("createdAt", "updatedAt") overlaps (:then, :then)'
        " and (seen, seen) overlaps (:now, :now)"),
        'select id from "User" where ("createdAt", seen) <> ("updatedAt", :now)',
        'select id from "User" where visits[1] < :then and calls[1] < :now',
        'select id from "User" where (array[seen, :now])[id] < calls[1] and "createdAt" < :then',
        'select id from "User" where visits[1] is distinct from :then and :now = any (calls)',
        ('select count("createdAt") filter (where seen < :now) as n, seen from "User" group by 2'),
    ],
)  # fmt: skip
def test_sql_that_keeps_them_apart_is_asked(session: Session, sql: str) -> None:
    given = {"now": NOW, "then": naive_utc(NOW)}
    names = {name: value for name, value in given.items() if f":{name}" in sql}

    assert ask(session, sql, **names) >= 0


def test_a_moment_without_an_offset_against_a_column_with_one_is_refused(session) -> None:
    with pytest.raises(StatementError, match="a timestamp without time zone"):
        ask(session, "select id from visits where at < :now", now=naive_utc(NOW))


def test_both_remedies_give_the_same_rows(session: Session) -> None:
    deadline = NOW - timedelta(minutes=1)
    zoned = 'select id from "User" where "createdAt" at time zone \'UTC\' <= :deadline'

    assert ask(session, zoned, deadline=deadline) == 500
    naive = 'select id from "User" where "createdAt" <= :deadline'
    assert ask(session, naive, deadline=naive_utc(deadline)) == 500
    assert ask(session, naive, deadline=naive_utc(deadline - timedelta(microseconds=1))) == 0


def test_the_planner_is_asked_once_for_a_text(session: Session, database: Database) -> None:
    for _ in range(3):
        assert ask(session, "select id from visits where at < :now", now=NOW) == 500

    assert session._seen.times.checked == {"select id from visits where at < :now"}


def test_a_database_of_one_kind_never_asks_the_planner(database: Database) -> None:
    database.execute("create table visits (id int, at timestamptz)")
    with opened(database) as session:
        ask(session, "select id from visits where at < :now", now=NOW)

        assert session._seen.times.checked == set()


def test_python_that_mixes_them_is_unknown_with_the_remedy(session: Session) -> None:
    @invariant(severity="P1", over="User", fix="none")
    def test_users_are_young(replica, now):
        """Somebody is harmed."""
        rows = replica.rows('select id, "createdAt" as at from "User"')
        return [row for row in rows if row["at"] < now]

    with session.reading() as reader:
        outcome = evaluate(test_users_are_young, {"replica": reader, "now": NOW})

    assert outcome.verdict is Verdict.UNKNOWN
    assert "TypeError" in outcome.reason
    assert "at time zone 'UTC'" in outcome.remedy


def test_naive_utc_wants_an_offset_and_heeds_it() -> None:
    tokyo = NOW.astimezone(timezone(timedelta(hours=9)))

    assert naive_utc(tokyo) == naive_utc(NOW) == datetime(2026, 11, 2, 12, 0)  # noqa: DTZ001  # the point
    with pytest.raises(ValueError, match="no offset"):
        naive_utc(datetime(2026, 11, 2))  # noqa: DTZ001  # as somebody writes it by mistake
