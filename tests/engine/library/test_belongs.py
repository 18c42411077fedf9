"""belongs: whoever is referred to is there."""

from engine.library.outcomes import keys, planned
from fix_database import Database
from trueup.library import belongs
from trueup.model.change import Delete
from trueup.model.verdict import Verdict

TABLES = """
    create schema auth;
    create table auth.users (id int primary key);
    create table jobs (id int primary key, user_id int);
    insert into auth.users values (1), (2);
"""


def test_only_a_row_whose_owner_is_gone_is_named(database: Database, ask) -> None:
    database.execute(TABLES + "insert into jobs values (10, 1), (11, 3), (12, null), (13, 4)")

    outcome = ask(belongs("jobs.user_id", "auth.users.id"))

    assert keys(outcome) == ["11", "13"]
    assert outcome.judged == {"jobs": 4}


def test_all_with_an_owner_hold(database: Database, ask) -> None:
    database.execute(TABLES + "insert into jobs values (10, 1), (11, 2)")

    assert ask(belongs("jobs.user_id", "auth.users.id")).verdict is Verdict.HOLDS


def test_names_that_need_quotes_are_quoted(database: Database, ask) -> None:
    database.execute("""
        create table "User" ("Id" text primary key);
        create table "order" ("No" int primary key, "user" text);
        insert into "order" values (1, 'gone');
    """)

    outcome = ask(belongs("order.user", "User.Id", key="No"))

    assert keys(outcome) == ["1"]


def test_a_table_that_is_not_there_is_unknown(database: Database, ask) -> None:
    database.execute("create table jobs (id int primary key, user_id int)")

    assert ask(belongs("jobs.user_id", "auth.users.id")).verdict is Verdict.UNKNOWN


def test_the_fix_deletes_the_row_as_long_as_it_refers_to_whom_it_did(
    database: Database, ask
) -> None:
    database.execute(TABLES + "insert into jobs values (11, 3)")

    changes = planned("delete_orphaned_rows", ask(belongs("jobs.user_id", "auth.users.id")))

    assert changes == [Delete("jobs", key={"id": 11}, expect={"user_id": 3})]


TEXT = """
    create schema auth;
    create table auth.users (id uuid primary key);
    create table notes (id int primary key, user_id text);
    insert into auth.users values ('5f1e9cc0-0000-4000-8000-00000000000a');
"""


def test_a_uuid_that_is_kept_as_text_names_whom_it_names_however_it_is_written(
    database: Database, ask
) -> None:
    database.execute(
        TEXT
        + """
        insert into notes values
            (1, '5f1e9cc0-0000-4000-8000-00000000000a'),
            (2, '5F1E9CC0-0000-4000-8000-00000000000A'),
            (3, '{5f1e9cc000004000800000000000000a}'), (4, null),
            (5, '5f1e9cc0-0000-4000-8000-00000000000b'), (6, 'somebody'), (7, ''),
            (8, '5f1e9cc0-0000-4000-8000-00000000000');
        """
    )

    outcome = ask(belongs("notes.user_id", "auth.users.id", is_text=True))

    assert keys(outcome) == ["5", "6", "7", "8"]
