"""Migrations: listed and applied are the same."""

from engine.library.outcomes import keys, planned
from fix_database import Database
from trueup.library import every_migration_is_applied
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
