"""What a user who signs in sees is theirs, and a stranger sees nothing."""

import pytest

from engine.library.outcomes import planned
from fix_database import Database
from trueup.library import a_member_sees_only_their_own_tenants, a_user_sees_only_their_own_rows
from trueup.model.change import Steps
from trueup.model.verdict import Outcome, Verdict
from trueup.replica.visitor import Visitor

TABLES = """
    grant usage on schema public to anon, authenticated;
    create schema auth;
    grant usage on schema auth to anon, authenticated;
    create function auth.uid() returns uuid language sql stable as $$
        select nullif(current_setting('request.jwt.claims', true)::json ->> 'sub', '')::uuid
    $$;
    create table auth.users (id uuid primary key, deleted_at timestamptz);
    insert into auth.users select md5(n::text)::uuid from generate_series(1, 9) n;
    create table "Notes" (id int, "userId" text);
    insert into "Notes" select n, md5(n::text)::uuid::text from generate_series(1, 9) n;
    insert into "Notes" values (10, null);
    alter table "Notes" enable row level security;
    create policy own on "Notes" using ("userId" = auth.uid()::text);
    grant select on "Notes" to anon, authenticated;
"""

OWN = a_user_sees_only_their_own_rows({"public.Notes": "userId"})


def seen(outcome: Outcome) -> dict[object, object]:
    """How many rows of others each role sees."""
    return {violation["role"]: violation["rows"] for violation in outcome.violations}


def test_own_rows_alone_hold_and_users_and_rows_were_judged(
    database: Database, ask, visitor: Visitor
) -> None:
    database.execute(TABLES)

    outcome = ask(OWN, visitor=visitor)

    assert outcome.verdict is Verdict.HOLDS
    assert outcome.judged == {"users": 9, "public.Notes": 10}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("create policy p on {} for select using (true)", {"authenticated": 9, "anon": 10}),
        ("create policy p on {} for select to authenticated using (true)", {"authenticated": 9}),
        ('create policy p on {} using ("userId" is null)', {"authenticated": 1, "anon": 1}),
        ("alter table {} disable row level security", {"authenticated": 9, "anon": 10}),
    ],
)
def test_rows_of_others_are_named_by_table_and_role(
    database: Database, ask, visitor: Visitor, change: str, expected: dict[str, int]
) -> None:
    database.execute(TABLES + change.format('"Notes"'))

    outcome = ask(OWN, visitor=visitor)

    assert seen(outcome) == expected
    steps = planned("narrow_reading", outcome)
    assert all(isinstance(one, Steps) for one in steps)
    assert 'public."Notes"' in steps[0].title


def test_one_user_who_sees_more_is_enough(database: Database, ask, visitor: Visitor) -> None:
    database.execute(TABLES + "create policy boss on \"Notes\" using (auth.uid() = md5('9')::uuid)")
    last = "select id from auth.users where id = md5('9')::uuid or id = md5('1')::uuid order by id"

    assert seen(ask(OWN, visitor=visitor)) in ({}, {"authenticated": 9})
    chosen = a_user_sees_only_their_own_rows({"public.Notes": "userId"}, users=last)
    assert seen(ask(chosen, visitor=visitor)) == {"authenticated": 9}


def test_a_column_that_is_not_there_is_not_taken_for_a_policy_that_fails(
    database: Database, ask, visitor: Visitor
) -> None:
    database.execute(TABLES + 'create policy p on "Notes" for select using (true)')

    outcome = ask(a_user_sees_only_their_own_rows({"public.Notes": "userid"}), visitor=visitor)

    assert outcome.verdict is Verdict.UNKNOWN
    assert outcome.reason == "public.Notes has no column 'userid' that could say whose a row is"


def test_a_policy_that_fails_is_named_elsewhere(database: Database, ask, visitor: Visitor) -> None:
    database.execute(TABLES + 'create policy loop on "Notes" using (exists (select from "Notes"))')

    assert ask(OWN, visitor=visitor).verdict is Verdict.HOLDS


def test_a_table_that_nobody_may_select_from_is_nobodys(
    database: Database, ask, visitor: Visitor
) -> None:
    database.execute(TABLES + 'revoke select on "Notes" from anon, authenticated')

    assert ask(OWN, visitor=visitor).verdict is Verdict.HOLDS


def test_without_users_there_is_nobody_to_visit_as(
    database: Database, ask, visitor: Visitor
) -> None:
    database.execute(TABLES + 'truncate auth.users; truncate "Notes"')

    assert ask(OWN, visitor=visitor).verdict is Verdict.UNKNOWN


TENANTS = (
    TABLES
    + """
    create table members (tenant_id int, user_id uuid, left_at timestamptz);
    insert into members select n % 3, md5(n::text)::uuid from generate_series(1, 8) n;
    insert into members values (2, md5('1')::uuid, '2026-01-01');
    create table "Jobs" (id int, tenant int, owner uuid);
    insert into "Jobs" select n, n % 3, md5(n::text)::uuid from generate_series(1, 9) n;
    insert into "Jobs" values (10, 2, md5('1')::uuid), (11, null, null),
        (12, null, md5('9')::uuid);
    alter table "Jobs" enable row level security;
    create policy tenant on "Jobs" for select to authenticated using (
        owner = auth.uid() or tenant in (
            select tenant_id from members where user_id = auth.uid() and left_at is null
        )
    );
    grant select on members, "Jobs" to anon, authenticated;
    """
)

EVER = "select tenant_id from members where user_id = auth.uid()"

MEMBERS = "select user_id, tenant_id from members where left_at is null"

TENANT = a_member_sees_only_their_own_tenants(
    {"public.Jobs": "tenant"}, MEMBERS, own={"public.Jobs": "owner"}, visited=8
)


def test_rows_of_ones_tenants_and_ones_own_hold(database: Database, ask, visitor: Visitor) -> None:
    database.execute(TENANTS)

    outcome = ask(TENANT, visitor=visitor)

    assert outcome.verdict is Verdict.HOLDS
    assert outcome.judged == {"members": 8, "public.Jobs": 12}


def test_ones_own_rows_of_another_tenant_count_where_they_are_not_said_to_be(
    database: Database, ask, visitor: Visitor
) -> None:
    database.execute(TENANTS)
    strict = a_member_sees_only_their_own_tenants({"public.Jobs": "tenant"}, MEMBERS, visited=8)

    assert seen(ask(strict, visitor=visitor)) == {"authenticated": 1}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("to authenticated using (true)", {"authenticated": 8}),
        ("to anon using (tenant = 1)", {"anon": 3}),
        ("to authenticated using (tenant is null)", {"authenticated": 1}),
        ("to authenticated using (tenant is null and owner is null)", {}),
        (f"to authenticated using (tenant in ({EVER}))", {"authenticated": 3}),
    ],
    ids=["everybody", "strangers", "of no tenant", "nobody's", "who has left"],
)
def test_rows_of_another_tenant_are_counted(
    database: Database, ask, visitor: Visitor, policy: str, expected: dict[str, int]
) -> None:
    database.execute(TENANTS + f'create policy p on "Jobs" for select {policy}')

    assert seen(ask(TENANT, visitor=visitor)) == expected
