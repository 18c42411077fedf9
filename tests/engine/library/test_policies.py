"""Policies that are evaluated as a visitor: an error of theirs is a violation, of ours unknown."""

import pytest

from fix_database import Database
from trueup.errors import QueryError
from trueup.library import every_policy_can_be_evaluated
from trueup.library.policies import _state
from trueup.model.verdict import Verdict
from trueup.replica.visitor import Visitor

TABLES = """
    grant usage on schema public to anon, authenticated;
    create schema auth;
    create table auth.users (id int primary key, deleted_at timestamptz);
    insert into auth.users values (1);
    create table sound (id int);
    alter table sound enable row level security;
    create policy p on sound using (id = 1);
    create table broken (id int);
    insert into broken values (1);
    alter table broken enable row level security;
    grant select on sound, broken to anon, authenticated;
"""


def test_policies_that_answer_hold(database: Database, ask, visitor: Visitor) -> None:
    database.execute(TABLES + "create policy p on broken using (id = 2)")

    outcome = ask(every_policy_can_be_evaluated(), visitor=visitor)

    assert outcome.verdict is Verdict.HOLDS
    assert outcome.judged == {"tables by role": 4}


@pytest.mark.parametrize(
    ("policy", "state"),
    [
        ("using (exists (select from broken))", "42P17"),
        ("using (exists (select from auth.users))", "42501"),
        ("using (current_setting('app.tenant') = 'x')", "42704"),
        ("using (1 / (id - 1) = 1)", "22012"),
    ],
)
def test_one_that_fails_is_named_with_whom_it_fails(
    database: Database, ask, visitor: Visitor, policy: str, state: str
) -> None:
    database.execute(TABLES + f"create policy p on broken {policy}")

    outcome = ask(every_policy_can_be_evaluated(), visitor=visitor)

    assert [dict(violation.row) for violation in outcome.violations] == [
        {
            "table": "public.broken",
            "name": "public.broken",
            "roles": "anon, authenticated",
            "sqlstate": state,
        }
    ]


def test_of_few_pages_all_are_looked_at_however_many_rows_they_are_said_to_have(
    database: Database, ask, visitor: Visitor
) -> None:
    database.execute(TABLES + "create policy p on broken using (1 / (id - 1) = 1)")
    database.execute("vacuum analyze broken")
    database.execute("update pg_class set reltuples = 1e9 where relname = 'broken'")

    [violation] = ask(every_policy_can_be_evaluated(), visitor=visitor).violations

    assert violation["table"] == "public.broken"


def test_one_that_fails_for_one_role_names_that_role(
    database: Database, ask, visitor: Visitor
) -> None:
    database.execute(TABLES + "create policy p on broken to anon using (1 / (id - 1) = 1)")

    [violation] = ask(every_policy_can_be_evaluated(), visitor=visitor).violations

    assert violation["roles"] == "anon"


def test_a_visitor_who_may_not_become_the_role_is_unknown(
    database: Database, ask, visitor: Visitor
) -> None:
    database.execute(TABLES + "grant usage on schema public to service_role")
    database.execute(
        "grant select on sound to service_role; create policy q on broken using (true)"
    )

    outcome = ask(every_policy_can_be_evaluated(roles=["service_role"]), visitor=visitor)

    assert outcome.verdict is Verdict.UNKNOWN


def test_a_lost_connection_is_no_violation(database: Database, visitor: Visitor) -> None:
    database.execute(TABLES)
    visitor.close()

    with pytest.raises(QueryError):
        _state(visitor, "1", "anon", [{"name": "sound", "percent": "100"}])


def test_nobody_to_visit_as_is_unknown(database: Database, ask, visitor: Visitor) -> None:
    database.execute(TABLES + "truncate auth.users")

    outcome = ask(every_policy_can_be_evaluated(), visitor=visitor)

    assert (outcome.verdict, "nobody to visit as" in outcome.reason) == (Verdict.UNKNOWN, True)
