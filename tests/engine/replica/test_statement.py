"""SQL that only asks is let through; whatever writes, locks or reads a clock is refused."""

import pytest

from trueup.errors import StatementError
from trueup.replica.statement import looks_like_sql, statement


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("", "begins with ''"),
        ("explain select 1", "begins with 'explain'"),
        ("insert into t values (1)", "begins with 'insert'"),
        ("select 1; select 2", "more than one statement"),
        ("select 1; -- and\n drop table t", "more than one statement"),
        ("with gone as (delete from t returning *) select * from gone", "says 'delete'"),
        ("select * into u from t", "says 'into'"),
        ("select * from t for update", "locks the rows"),
        ("select * from t for no key update", "locks the rows"),
        ("select * from t for key share", "locks the rows"),
        ("select now()", "server's clock with 'now'"),
        ('select "now"()', "server's clock"),
        ("select pg_catalog.clock_timestamp ()", "server's clock"),
        ("select * from t where d < current_date", "server's clock with 'current_date'"),
        ("select localtimestamp", "server's clock"),
        ("select 'now'::timestamptz", "a cast makes the server's clock"),
        ("select timestamptz ' Today '", "a cast makes the server's clock"),
        ("select $$now$$::timestamptz", "a cast makes the server's clock"),
        ("select $q$ Today $q$::date", "a cast makes the server's clock"),
        ("select E'n\\x6f\\w'::timestamptz", "a cast makes the server's clock"),
        ("select 'today 10:00'::timestamptz", "a cast makes the server's clock"),
        ("select '10:00 tomorrow utc'::timestamptz", "a cast makes the server's clock"),
        ("select 1 where false\0 or true", "has a NUL byte"),
        ("select set_config('a', 'b', false)", "calls 'set_config'"),
        ("select pg_advisory_lock(1)", "calls 'pg_advisory_lock'"),
        ("select nextval('s')", "calls 'nextval'"),
        ("select dblink_exec('…', '…')", "calls 'dblink_exec'"),
        ("select E'\\'; drop table t --'; drop table t", "more than one statement"),
        ("select '", "quote that does not end"),
        ("select 1 /* /* */", "comment that does not end"),
        ("select $a$ $$ $a$ ; drop table t; select $$ $$", "more than one statement"),
        ("select 1 -- \r ; drop table t", "more than one statement"),
        ("select E'x'\n'\\' || '; drop table t; --'", "two strings in a row"),
        ("select 1'x'", "two strings in a row"),
        ('select U&"set\\005fconfig"(1)', "spells a name or a string with U&"),
        ("select u&'n\\006fw'::timestamptz", "spells a name or a string with U&"),
        ("select $1", "quote that does not end"),
        ("select pg_sleep -- x\n /* y */ (1)", "calls 'pg_sleep'"),
        ('select pg_catalog . "pg_sleep" (1)', "calls '\"pg_sleep\"'"),
    ],
)
def test_what_does_more_than_ask_is_refused(sql: str, says: str) -> None:
    with pytest.raises(StatementError) as refused:
        statement(sql)

    assert says in str(refused.value)


@pytest.mark.parametrize(
    "sql",
    [
        "select 1",
        "  -- why\n with a as (select 1) select * from a;  ",
        "values (1), (2)",
        'select "update", "now" from t',
        "select t.now from t where status = 'deleted' and note = 'drop; table'",
        "select substring(name from 1 for 2) from t",
        "select $$ delete ; $$, $q$ now() $q$",
        "select * from t where note in ('due today', 'now or never', $$today is late$$)",
        "select E'\\U00FFFFFF', E'\\t\\101', $$$$, '', 'in 3 days'",
        "select nextval_seen from t /* now() /* insert */ */",
        "select a$b$c from größe where extract(epoch from d) > 1 and x like '%50$%'",
        "select overlay('a' placing 'b' from 1 for 1), trim(both 'x' from 'y')",
        "select interval '1 day', date '2026-01-01', b'01', x'ff', e'a\\'b', tags ->> 'a'",
    ],
)
def test_what_only_asks_is_let_through(sql: str) -> None:
    assert statement(sql).sql == sql


def test_names_become_parameters_but_not_in_strings_casts_or_comments() -> None:
    asked = statement("select ':a', x::int, y[:n], 5 % 2 from t -- :b\n where z < :deadline")

    assert asked.names == {"n", "deadline"}
    assert "x::int, y[%(n)s], 5 %% 2" in asked.sent
    assert "':a'" in asked.sent


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select 1", True),
        ("delete from t", True),
        ("select", False),
        ("a plain sentence", False),
        ("public", False),
    ],
)
def test_constants_that_look_like_sql_are_told_from_words(text: str, expected: bool) -> None:
    assert looks_like_sql(text) is expected


def test_names_are_told_as_the_server_folds_them() -> None:
    found = statement('select Public.Take(1), "Take", t.x @!@ 2 from "a""b" t')

    assert {"public", "take", "Take", "x", "@!@", 'a"b', "t"} <= found.mentions
    assert found.calls == {"take"}
