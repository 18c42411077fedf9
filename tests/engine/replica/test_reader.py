"""The facade: rows by name, up to a cap, and never a way out of the transaction."""

import pytest
from psycopg import errors

from fix_database import Database, opened
from trueup.errors import GuardError, QueryError, StatementError
from trueup.replica.reader import CHUNK

PEOPLE = """
    create type mood as enum ('calm', 'cross');
    create table people (id int primary key, name text, mood mood, seen timestamptz);
    insert into people
    select i, 'person ' || i, 'calm', '2026-01-01' from generate_series(1, 2500) i;
"""


def test_rows_are_mappings_and_parameters_go_by_name(database: Database, reading) -> None:
    database.execute(PEOPLE)

    with reading() as reader:
        rows = list(reader.rows("select id, name from people where id = :id", id=7))

    assert rows == [{"id": 7, "name": "person 7"}]


def test_a_cap_stops_reading_and_says_so(database: Database, reading) -> None:
    database.execute(PEOPLE)

    with reading() as reader:
        fetched = reader.rows("select id from people order by id").fetch(CHUNK + 5)

    assert len(fetched.rows) == CHUNK + 5
    assert not fetched.complete


def test_exactly_the_cap_is_complete(database: Database, reading) -> None:
    database.execute(PEOPLE)

    with reading() as reader:
        fetched = reader.rows("select id from people").fetch(2500)

    assert len(fetched.rows) == 2500
    assert fetched.complete


def test_ids_times_and_enums_are_printable_and_text_is_not(database: Database, reading) -> None:
    database.execute(PEOPLE)

    with reading() as reader:
        fetched = reader.rows("select * from people limit 1").fetch(10)

    assert fetched.printable == {"id", "mood", "seen"}


def test_a_parameter_that_is_not_given_is_named(database: Database, reading) -> None:
    with reading() as reader, pytest.raises(StatementError, match="names :deadline"):
        reader.rows("select 1 where :deadline is null")


def test_the_planner_names_the_tables_that_a_view_reads(database: Database, reading) -> None:
    database.execute(PEOPLE + "create view calm as select * from people where mood = 'calm';")

    with reading() as reader:
        reads = reader.rows("select count(*) from calm where id > :low", low=5).reads()

    assert reads.tables == {"public.people"}
    assert reads.cost > 0


@pytest.mark.parametrize(
    ("relation", "expected"),
    [
        ("people", 2500),
        ("(select from people where id < 4)", 3),
        ("(select from people where id < 4 -- the first\n)", 3),
    ],
)
def test_judged_rows_are_counted(database: Database, reading, relation, expected) -> None:
    database.execute(PEOPLE)

    with reading() as reader:
        assert reader.count(relation) == expected


def test_names_keep_their_capitals(database: Database, reading) -> None:
    database.execute('create table "User" (id int, "isBlocked" boolean)')

    with reading() as reader:
        assert reader.count("User") == 0
        assert reader.has_column("User.isBlocked")
        assert not reader.has_column("User.isblocked")
        assert not reader.has_column("nowhere.id")


def test_an_error_keeps_the_names_of_the_schema_and_drops_the_values(
    database: Database, reading
) -> None:
    database.execute(PEOPLE)

    with reading() as reader, pytest.raises(QueryError) as gone:
        list(reader.rows("select nickname from people"))
    with reading() as reader, pytest.raises(QueryError) as value:
        list(reader.rows("select name::int from people"))

    assert 'column "nickname" does not exist' in str(gone.value)
    assert gone.value.sqlstate == errors.UndefinedColumn.sqlstate
    assert "person" not in str(value.value)
    assert value.value.sqlstate == errors.InvalidTextRepresentation.sqlstate


def test_a_second_statement_is_refused_by_the_server_too(database: Database, reading) -> None:
    with reading() as reader, pytest.raises(QueryError, match="multiple commands"):
        reader._values("select 1; select 2")


def test_leaving_the_transaction_closes_the_connection(database: Database) -> None:
    with opened(database) as session:
        with session.reading() as reader, pytest.raises(GuardError, match="gave no rows"):
            reader._values("commit")

        assert not session.alive


def test_sql_is_checked_before_it_is_asked(database: Database, reading) -> None:
    with reading() as reader, pytest.raises(StatementError):
        reader.rows("delete from people")


def test_a_column_of_a_rule_may_have_a_word_of_sql_for_its_name(
    database: Database, reading
) -> None:
    database.execute('create table seats (id int, "table" int); insert into seats values (1, 5)')

    with reading() as reader:
        rows = list(reader.where("seats", '"table" = 5', columns=["id"]))

    assert rows == [{"id": 1}]


@pytest.mark.parametrize(
    "named",
    [
        "name::regclass",
        "name::regrole",
        "name::regprocedure",
        "current_setting(name)",
        "has_table_privilege(name, 'select')",
        "to_tsquery('simple', name)",
        "lo_get(id::oid)::text",
        "tell(name)",
    ],
)
def test_what_a_row_names_is_not_told(database: Database, reading, named: str) -> None:
    database.execute("""
        create table notes (id int, name text);
        create function tell(text) returns text stable language plpgsql as $$
        begin raise insufficient_privilege using message = $1; end $$;
    """)
    database.execute("insert into notes values (4711, 'sekret & & (')")

    with reading() as reader, pytest.raises((QueryError, StatementError)) as refused:
        list(reader.rows(f"select id from notes where {named} is null"))

    assert "sekret" not in str(refused.value)
    assert "4711" not in str(refused.value)


def test_what_the_sql_names_is_told(database: Database, reading) -> None:
    with reading() as reader, pytest.raises(QueryError, match=r'"nothing" does not exist \(42P01'):
        list(reader.rows("select id from nothing"))
