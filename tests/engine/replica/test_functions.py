"""Functions that may do more than answer: told by the server, and let through only by name."""

from pathlib import Path

import pytest

from fix_database import Database, opened
from trueup import invariant
from trueup.errors import StatementError
from trueup.evaluate import evaluate
from trueup.model.verdict import Verdict
from trueup.replica.reader import Reader

SCHEMA = """
    create table goods (id int primary key, price int);
    insert into goods select i, i from generate_series(1, 3) i;
    create function counted() returns bigint language sql volatile as 'select count(*) from goods';
    create function priced(goods) returns int language sql volatile as 'select ($1).price';
    create function added(int, int) returns int language sql volatile as 'select $1 + $2';
    create operator <*> (leftarg = int, rightarg = int, function = added);
    create aggregate gathered (int) (sfunc = added, stype = int, initcond = '0');
    create view counting as select counted() as n;
    create view counting_on as select n from counting;
    create function calm() returns int language sql stable as 'select 1';
    create view calm_view as select calm() as n;
"""

REACHED = {
    "select counted() as n": "counted",
    "select g.priced as n from goods g": "priced",
    "select id <*> 1 as n from goods": "<*>",
    "select id <*>-1 as n from goods": "<*>",
    "select gathered(id) as n from goods": "gathered",
    "select n from counting": "counting",
    "select n from counting_on": "counting_on",
}


def rows(reader: Reader, sql: str) -> list[object]:
    return [row["n"] for row in reader.rows(sql)]


@pytest.mark.parametrize(("sql", "name"), REACHED.items())
def test_a_volatile_one_is_refused_and_let_through_by_its_name(
    database: Database, sql: str, name: str
) -> None:
    database.execute(SCHEMA)
    with opened(database) as session, session.reading() as reader:
        with pytest.raises(StatementError, match="is volatile") as refused:
            rows(reader, sql)
        reader.allow([name])

        assert rows(reader, sql)
    assert f"calls=[{name!r}]" in str(refused.value)


@pytest.mark.parametrize(
    "sql",
    [
        "select calm() as n",
        "select n from calm_view",
        "select pg_total_relation_size('goods') as n",
        "select price as n from goods",
        "select 1 as n from goods as counted",
        "select count(*) as n from pg_stat_activity",
        "select id as n from goods tablesample system (100)",
    ],
)
def test_one_that_only_answers_is_asked(database: Database, sql: str) -> None:
    database.execute(SCHEMA)

    with opened(database) as session, session.reading() as reader:
        assert rows(reader, sql)


def test_an_invariant_names_those_that_its_sql_may_call(database: Database) -> None:
    database.execute(SCHEMA)

    def ask(replica):
        """Somebody is harmed."""
        return replica.rows("select counted() as n where counted() > 5")

    verdicts = []
    for calls in ([], ["counted"]):
        declared = invariant(severity="P1", over="goods", fix="none", calls=calls)(ask)
        named = declared.named("shop", "test_goods_are_few", Path(__file__))
        with opened(database) as session, session.reading() as reader:
            verdicts.append(evaluate(named, {"replica": reader}).verdict)

    assert verdicts == [Verdict.UNKNOWN, Verdict.HOLDS]


@pytest.mark.parametrize(
    ("judged", "reached"),
    [("(select counted())", "counted"), ("public.counting_on", "counting_on")],
)
def test_what_is_judged_is_looked_at_too(database: Database, judged: str, reached: str) -> None:
    database.execute(SCHEMA)

    with (
        opened(database) as session,
        session.reading() as reader,
        pytest.raises(StatementError, match=f"'{reached}'"),
    ):
        reader.count(judged)
