"""Row-level security: on, and no policy that lets everybody write."""

import pytest

from engine.library.outcomes import keys, planned
from fix_database import Database
from trueup.library import every_table_has_row_level_security, no_policy_lets_everyone_write
from trueup.model.change import Alter, Alteration, Steps
from trueup.model.verdict import Verdict


def test_a_table_without_it_is_named(database: Database, ask) -> None:
    database.execute("""
        create table open (id int);
        create table "Guarded" (id int);
        alter table "Guarded" enable row level security;
        create schema private;
        create table private.notes (id int);
    """)

    outcome = ask(every_table_has_row_level_security())

    assert keys(outcome) == ["public.open"]
    assert outcome.judged == {"tables": 2}


def test_an_empty_schema_is_unknown(ask) -> None:
    assert ask(every_table_has_row_level_security()).verdict is Verdict.UNKNOWN


def test_a_table_with_a_policy_has_it_turned_on(database: Database, ask) -> None:
    database.execute("""
        create table "Open" (id int);
        create policy "Some" on "Open" for select using (true);
    """)

    outcome = ask(every_table_has_row_level_security())

    assert planned("enable_row_level_security", outcome) == [
        Alter(Alteration.ENABLE_ROW_SECURITY, "public.Open")
    ]


def test_a_policy_that_nobody_needs_can_be_dropped(database: Database, ask) -> None:
    database.execute('create table t (id int); create policy "My policy" on t using (true)')

    outcome = ask(no_policy_lets_everyone_write())

    assert planned("drop_policy", outcome) == [
        Alter(Alteration.DROP_POLICY, "public.t", "My policy")
    ]


def test_a_table_without_a_policy_needs_one_first(database: Database, ask) -> None:
    database.execute('create table "Open" (id int)')
    found = every_table_has_row_level_security()
    said = 'alter table public."Open" enable row level security;'

    [steps] = planned("enable_row_level_security", ask(found))
    database.execute(said)

    assert isinstance(steps, Steps)
    assert any(said in step for step in steps.steps)
    assert "It has no policy" in steps.steps[0]
    assert ask(found).verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    "policy",
    [
        "for insert with check (true)",
        "for insert to anon with check (true)",
        "for update to authenticated using (true)",
        "for update using (false) with check (true)",
        "for update using (true) with check (id = 1)",
        "for delete using (true)",
        "using (true)",
        "for all using (id = 1) with check (true)",
        "for all using (true) with check (id = 1)",
    ],
)
def test_a_policy_that_lets_everyone_write_is_named(database: Database, ask, policy: str) -> None:
    database.execute(f'create table t (id int); create policy "My policy" on t {policy}')

    assert keys(ask(no_policy_lets_everyone_write())) == ["public.t.My policy"]


@pytest.mark.parametrize(
    "policy",
    [
        "for select using (true)",
        "for insert to service_role with check (true)",
        "for insert with check (id = 1)",
        "for update using (id = 1) with check (id = 2)",
        "as restrictive for update using (true)",
        "using (false)",
    ],
)
def test_a_policy_that_does_not_is_not_named(database: Database, ask, policy: str) -> None:
    database.execute(f"create table t (id int); create policy p on t {policy}")

    assert ask(no_policy_lets_everyone_write()).verdict is Verdict.HOLDS
