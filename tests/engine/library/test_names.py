"""Names as SQL text: quoted where they must be, readable where they need not."""

import pytest

from fix_database import Database
from trueup.errors import CatalogError
from trueup.replica.names import Column, column, identifier, literal, spelt
from trueup.replica.rule import rule
from trueup.replica.statement import statement


def test_a_column_has_its_table_with_the_schema_where_one_was_given() -> None:
    assert column("ai_jobs.user_id") == Column("ai_jobs", "user_id")
    assert column("auth.users.id") == Column("auth.users", "id")
    assert column("User.isBlocked") == Column("User", "isBlocked")


@pytest.mark.parametrize("dotted", ["", "id", "a.b.c.d", ".id", "ai_jobs.", "a..b", "jobs. id"])
def test_what_is_no_column_is_refused_with_how_to_write_one(dotted: str) -> None:
    with pytest.raises(CatalogError, match=r"is no column; write it as table\.column"):
        column(dotted)


@pytest.mark.parametrize(
    ("dotted", "text"),
    [
        ("ai_jobs", "ai_jobs"),
        ("auth.users", "auth.users"),
        ("User", '"User"'),
        ("public.user", 'public."user"'),
        ("order", '"order"'),
        ("2fa", '"2fa"'),
        ('so "called"', '"so ""called"""'),
    ],
)
def test_a_name_is_quoted_only_where_it_needs_to_be(dotted: str, text: str) -> None:
    assert identifier(dotted) == text


def test_every_word_of_the_server_can_be_a_name(database: Database) -> None:
    with database.connect() as connection, connection.transaction():
        for (word,) in connection.execute("select word from pg_get_keywords()").fetchall():
            name = identifier(word)
            connection.execute(f'create table "{word}" ("{word}" int)')
            asked, _ = rule(word, f"{name} is null and {name} < 3", [name, f"{name} as shown"])
            connection.execute(asked.sent)
            connection.execute(statement(f"select {name} from {name} group by {name}").sent)


def test_a_string_stays_one_string_whatever_it_holds() -> None:
    assert literal("it's; drop table users") == "'it''s; drop table users'"


def test_lists_are_spelt_out_so_that_the_sql_can_be_pasted() -> None:
    sql = "select from t where a in (:schemas) and b in (:roles)"

    assert spelt(sql, schemas=["public", "it's"], roles=("anon",)) == (
        "select from t where a in ('public', 'it''s') and b in ('anon')"
    )


@pytest.mark.parametrize("schemas", [(), "public"])
def test_a_list_that_is_none_is_refused(schemas) -> None:
    with pytest.raises(CatalogError, match="give a list with at least one name"):
        spelt("select :schemas", schemas=schemas)
