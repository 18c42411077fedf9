"""Buckets of Supabase's storage: their limits, their files and their policies."""

import pytest

from engine.library.outcomes import keys, planned
from fix_database import Database
from trueup import Update
from trueup.library import (
    every_bucket_has_its_policies,
    every_bucket_limits_its_files,
    no_file_exceeds,
)
from trueup.model.change import Steps
from trueup.model.verdict import Verdict

STORAGE = """
    create schema storage;
    create table storage.buckets (id text primary key, file_size_limit bigint);
    create table storage.objects (
        id int primary key, bucket_id text, metadata jsonb, created_at timestamptz
    );
    insert into storage.buckets values ('cvs', 1000), ('audio', 2000), ('odd''s', 9);
    insert into storage.objects values
        (1, 'cvs', '{"size": 1000}'), (2, 'cvs', '{"size": 1001}'), (3, 'audio', '{"size": 5000}'),
        (4, 'cvs', null), (5, 'cvs', '{"size": 0}');
    create policy "a" on storage.objects for insert with check (bucket_id = 'cvs' and id > 0);
    create policy "b" on storage.objects for select to authenticated using (bucket_id = 'cvs');
    create policy "c" on storage.objects using (bucket_id in ('audio', 'odd''s'));
    create policy "d" on storage.objects for delete to service_role using (bucket_id = 'cvs');
    create policy "e" on storage.objects as restrictive for delete using (bucket_id = 'cvs');
"""

BUCKETS = {
    "cvs": {"limit": 1000, "policies": ["insert", "select"]},
    "audio": {"limit": 2000, "policies": ["insert", "update", "delete"]},
    "odd's": {"policies": ["select"]},
}


def given(**changed: object) -> dict[str, object]:
    """The settings, with some of their buckets otherwise."""
    return {"settings": {"buckets": BUCKETS | changed}}


def test_a_file_is_named_from_the_first_byte_too_many_on(database: Database, ask) -> None:
    database.execute(STORAGE)

    outcome = ask(no_file_exceeds(1000, ["cvs", "elsewhere"]))

    assert (keys(outcome), outcome.judged) == (["2"], {"files": 4})


def test_no_file_to_judge_is_unknown(database: Database, ask) -> None:
    database.execute(STORAGE)

    assert ask(no_file_exceeds(1000, ["elsewhere"])).verdict is Verdict.UNKNOWN


def test_a_bucket_without_a_limit_or_with_too_high_a_one_is_named(database: Database, ask) -> None:
    database.execute(STORAGE + "insert into storage.buckets values ('open', null), ('own', 7)")
    found = every_bucket_limits_its_files()

    assert keys(ask(found, **given())) == ["open"]
    assert keys(ask(found, **given(cvs={"limit": 999}, audio={}))) == ["cvs", "open"]


def test_a_limit_is_set_where_the_settings_say_one(database: Database, ask) -> None:
    database.execute(STORAGE + "insert into storage.buckets values ('open', null)")
    outcome = ask(every_bucket_limits_its_files(), **given(cvs={"limit": 999}))

    limit, steps = planned("limit_bucket", outcome)

    assert limit == Update(
        "storage.buckets",
        key={"id": "cvs"},
        expect={"file_size_limit": 1000},
        set={"file_size_limit": 999},
    )
    assert isinstance(steps, Steps)
    assert "bucket open" in steps.title


def test_policies_hold_where_one_names_the_bucket(database: Database, ask) -> None:
    database.execute(STORAGE)

    outcome = ask(every_bucket_has_its_policies(), **given())

    assert (outcome.verdict, outcome.judged) == (Verdict.HOLDS, {"storage.buckets": 3})


@pytest.mark.parametrize(
    ("sql", "missing"),
    [
        ("drop policy a on storage.objects", ["cvs/insert"]),
        ("alter policy b on storage.objects using (bucket_id = 'cvs2')", ["cvs/select"]),
        ("drop policy c on storage.objects", ["audio/delete", "audio/insert", "audio/update"]),
        ("create policy f on storage.objects for insert with check (bucket_id = 'x')", []),
    ],
)
def test_a_command_that_no_policy_allows_is_named(
    database: Database, ask, sql: str, missing: list[str]
) -> None:
    database.execute(STORAGE + sql)
    odd: dict[str, object] = {"odd's": {"policies": []}}

    assert sorted(keys(ask(every_bucket_has_its_policies(), **given(**odd)))) == missing


def test_what_only_the_service_may_do_nobody_may(database: Database, ask) -> None:
    database.execute(STORAGE)
    wanted = {"policies": ["delete"]}

    assert keys(ask(every_bucket_has_its_policies(), **given(cvs=wanted))) == ["cvs/delete"]


def test_a_policy_that_names_no_bucket_is_for_all(database: Database, ask) -> None:
    database.execute(STORAGE + "create policy f on storage.objects for delete using (id = 1)")
    wanted = {"policies": ["delete"]}

    assert ask(every_bucket_has_its_policies(), **given(cvs=wanted)).verdict is Verdict.HOLDS


def test_settings_without_buckets_are_unknown(database: Database, ask) -> None:
    database.execute(STORAGE)

    for found in (every_bucket_limits_its_files(), every_bucket_has_its_policies()):
        outcome = ask(found)
        assert (outcome.verdict, "name no buckets" in outcome.reason) == (Verdict.UNKNOWN, True)


def test_the_policy_that_is_missing_is_written_out(database: Database, ask) -> None:
    database.execute(STORAGE + "drop policy a on storage.objects; drop policy c on storage.objects")

    found = planned("restore_bucket_policy", ask(every_bucket_has_its_policies(), **given()))

    said = {step.title: " ".join(step.steps) for step in found if isinstance(step, Steps)}
    assert (
        "with check (bucket_id = 'cvs'"
        in said["let users insert their own files in the bucket cvs"]
    )
    assert (
        "using (bucket_id = 'odd''s'"
        in said["let users select their own files in the bucket odd's"]
    )


def test_a_large_file_is_left_to_a_person(database: Database, ask) -> None:
    database.execute(STORAGE)

    [steps] = planned("review_large_file", ask(no_file_exceeds(1000, ["cvs"])))

    assert isinstance(steps, Steps)
    assert steps.title == "decide about file 2 of 1001 bytes in the bucket cvs"
