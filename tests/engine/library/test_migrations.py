"""Migrations: listed and applied are the same, and what began has ended."""

import pytest

from engine.library.outcomes import keys, planned
from fix_database import Database
from trueup.library import PRISMA, every_migration_is_applied, no_migration_has_failed
from trueup.model.verdict import Verdict

APPLIED = """
    create schema supabase_migrations;
    create table supabase_migrations.schema_migrations (version text primary key, name text);
    insert into supabase_migrations.schema_migrations values ('1'), ('2'), ('9');
"""


def test_what_only_one_side_has_is_named(database: Database, ask) -> None:
    database.execute(APPLIED)

    outcome = ask(every_migration_is_applied(), settings={"migrations": ["1", "2", "3"]})

    assert keys(outcome) == ["3", "9"]
    assert [violation["trouble"] for violation in outcome.violations] == [
        "listed, not applied",
        "applied, not listed",
    ]


def test_the_same_on_both_sides_holds(database: Database, ask) -> None:
    database.execute(APPLIED)

    outcome = ask(every_migration_is_applied(), settings={"migrations": ["9", "1", "2"]})

    assert outcome.verdict is Verdict.HOLDS


def test_no_list_is_unknown_and_says_what_to_add(database: Database, ask) -> None:
    database.execute(APPLIED)

    outcome = ask(every_migration_is_applied())

    assert outcome.verdict is Verdict.UNKNOWN
    assert 'add migrations = ["20260101000000", …]' in outcome.reason


def test_the_fix_tells_what_was_forgotten_from_what_was_done_by_hand(
    database: Database, ask
) -> None:
    database.execute(APPLIED)
    outcome = ask(every_migration_is_applied(), settings={"migrations": ["1", "2", "3"]})

    forgotten, by_hand = planned("apply_migrations", outcome)

    assert forgotten.title == "apply migration 3, or roll the deployment back"
    assert by_hand.title == "find out what migration 9 was"


PRISMAS = """
    create table _prisma_migrations (
        id text primary key, migration_name text not null, started_at timestamptz not null,
        finished_at timestamptz, rolled_back_at timestamptz, logs text, applied_steps_count int
    );
    insert into _prisma_migrations values
        ('1', '1_init', '2026-10-01 12:00Z', '2026-10-01 12:01Z', null, null, 1),
        ('2', '2_try', '2026-10-02 12:00Z', null, '2026-10-02 12:30Z', 'it failed', 0),
        ('3', '2_try', '2026-10-02 13:00Z', '2026-10-02 13:01Z', null, null, 1),
        ('4', '3_reverted', '2026-10-03 12:00Z', null, '2026-10-03 12:30Z', 'it failed', 0),
        ('5', '4_by_hand', '2026-10-04 12:00Z', '2026-10-04 12:01Z', null, null, 1);
"""

BEGUN = """
    insert into _prisma_migrations (id, migration_name, started_at, logs)
    values ('{id}', '{id}_begun', '{at}', {logs})
"""


def test_prisma_has_a_row_for_each_time_and_one_that_ended_counts(database: Database, ask) -> None:
    database.execute(PRISMAS)
    listed = {"migrations": ["1_init", "2_try", "3_reverted"]}

    outcome = ask(every_migration_is_applied(PRISMA), settings=listed)

    assert [(v["version"], v["trouble"]) for v in outcome.violations] == [
        ("3_reverted", "listed, not applied"),
        ("4_by_hand", "applied, not listed"),
    ]
    steps = " ".join(" ".join(one.steps) for one in planned("apply_migrations", outcome))
    assert "prisma migrate deploy" in steps
    assert "supabase" not in steps


def test_without_a_list_the_tools_own_folder_is_named(database: Database, ask) -> None:
    database.execute(PRISMAS)

    assert "prisma/migrations" in ask(every_migration_is_applied(PRISMA)).reason


@pytest.mark.parametrize(
    ("at", "logs", "failed"),
    [
        ("2026-11-02 11:49:59.999999Z", "null", True),
        ("2026-11-02 11:50Z", "null", False),
        ("2026-11-02 11:50Z", "''", False),
        ("2026-11-02 11:59Z", "'a column exists'", True),
    ],
)
def test_a_migration_that_failed_is_told_from_one_that_runs(
    database: Database, ask, at: str, logs: str, failed: bool
) -> None:
    database.execute(PRISMAS + BEGUN.format(id=6, at=at, logs=logs) + ";")

    outcome = ask(no_migration_has_failed())

    assert keys(outcome) == (["6"] if failed else [])
    for steps in planned("resolve_migration", outcome):
        assert "--rolled-back 6_begun" in " ".join(steps.steps)
