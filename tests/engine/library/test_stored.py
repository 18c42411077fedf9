"""Files and objects against their owners: whoever is gone leaves nothing behind unnoticed."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.library.outcomes import keys, planned
from fix_database import Database
from trueup.errors import CatalogError
from trueup.library import (
    every_stored_file_belongs_to_a_user,
    every_stored_object_belongs_to_a_user,
)
from trueup.library.stored import object_id
from trueup.model.change import Call, Steps
from trueup.model.verdict import Verdict

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
OLD = NOW - timedelta(days=3)

ADA, BEA, GONE = (f"{digit * 8}-0000-4000-8000-00000000000{digit}" for digit in "ab9")

SUPABASE = f"""
    create schema auth;
    create table auth.users (id uuid primary key);
    insert into auth.users values ('{ADA}'), ('{BEA}');
    create schema storage;
    create table storage.objects (
        id int primary key, bucket_id text, name text, owner uuid, owner_id text
    );
    grant usage on schema auth, storage to public;
    grant select on all tables in schema auth, storage to public;
    insert into storage.objects values
        (1, 'cvs', 'ada/cv.pdf', null, '{ADA}'),
        (2, 'cvs', 'bea/cv.pdf', null, upper('{BEA}')),
        (3, 'cvs', 'ada/old.pdf', '{ADA}', null),
        (4, 'logos', 'ours.svg', null, null),
        (5, 'cvs', 'new/.emptyFolderPlaceholder', null, null);
"""

ORPHANS = f"""
    insert into storage.objects values
        (11, 'cvs', 'gone/cv.pdf', null, '{GONE}'),
        (12, 'cvs', 'x/cv.pdf', null, 'undefined'),
        (13, 'c v', 'y/ü.pdf', null, null),
        (14, 'cvs', 'gone/old.pdf', '{GONE}', null);
"""

SHARED = {"storage": {"shared": ["logos"]}}


def test_a_file_belongs_to_whoever_owns_it_however_that_is_written(database: Database, ask) -> None:
    database.execute(SUPABASE)

    outcome = ask(every_stored_file_belongs_to_a_user(), settings=SHARED)

    assert outcome.verdict is Verdict.HOLDS
    assert outcome.judged == {"files": 5}


def test_files_of_nobody_are_named_by_id_and_deleted_through_the_api(
    database: Database, ask
) -> None:
    database.execute(SUPABASE + ORPHANS)

    outcome = ask(every_stored_file_belongs_to_a_user(), settings=SHARED)
    calls = planned("delete_orphaned_files", outcome, services={"supabase_storage"})

    assert keys(outcome) == ["11", "12", "13", "14"]
    trouble = [violation["trouble"] for violation in outcome.violations]
    assert trouble == [
        "has an owner who is gone",
        "has an owner who is gone",
        "has no owner",
        "has an owner who is gone",
    ]
    assert "path" not in outcome.printable, "a file's name may be a person's"
    assert calls[2] == Call(
        "supabase_storage", "DELETE", "/storage/v1/object/c%20v", {"prefixes": ["y/ü.pdf"]}
    )
    assert len(calls) == 4


def test_a_row_without_its_bucket_or_its_name_is_somebodys_too(database: Database, ask) -> None:
    database.execute(SUPABASE)
    database.execute(f"""
        insert into storage.objects values
            (21, null, 'gone/cv.pdf', null, '{GONE}'), (22, 'cvs', null, null, '{GONE}'),
            (23, null, 'ada/cv.pdf', null, '{ADA}'), (24, 'cvs', null, null, '{ADA}');
    """)

    outcome = ask(every_stored_file_belongs_to_a_user(), settings=SHARED)
    steps = planned("delete_orphaned_files", outcome, services={"supabase_storage"})

    assert keys(outcome) == ["21", "22"]
    assert all(isinstance(one, Steps) for one in steps), "the API could not be told what to delete"


def test_a_bucket_that_nobody_calls_shared_is_judged(database: Database, ask) -> None:
    database.execute(SUPABASE)

    assert keys(ask(every_stored_file_belongs_to_a_user())) == ["4"]


def test_without_the_older_column_owners_are_those_of_the_newer(database: Database, ask) -> None:
    database.execute(SUPABASE + "alter table storage.objects drop column owner;")

    outcome = ask(every_stored_file_belongs_to_a_user(), settings=SHARED)

    assert keys(outcome) == ["3"]


def test_without_a_service_a_person_deletes_the_file(database: Database, ask) -> None:
    database.execute(SUPABASE + ORPHANS)

    outcome = ask(every_stored_file_belongs_to_a_user(), settings=SHARED)
    [first, *_] = planned("delete_orphaned_files", outcome, services=set())

    assert isinstance(first, Steps)
    assert first.title == "delete the file 11 of the bucket cvs: it has an owner who is gone"


PEOPLE = """
    create table people (id text primary key);
    insert into people values ('clx1'), ('clx2');
"""

RECORDINGS = every_stored_object_belongs_to_a_user("recordings", "select id from people")


@pytest.fixture
def stored(site, storage_of, ask):
    """The outcome over what the bucket has by then."""

    def outcome(found=RECORDINGS, **resources):
        return ask(found, storage=storage_of(site), **resources)

    return outcome


def test_an_object_belongs_to_whom_its_key_names(database: Database, site, stored) -> None:
    database.execute(PEOPLE)
    site.store("recordings", "user-clx1/a.webm", "user-clx2/b/c.webm", size=9, modified=OLD)
    site.store("recordings", "exports/2026.csv", size=9, modified=OLD)

    outcome = stored()

    assert outcome.verdict is Verdict.HOLDS
    assert outcome.judged == {"objects": 2}


def test_objects_of_nobody_are_named_without_their_keys(database: Database, site, stored) -> None:
    database.execute(PEOPLE)
    path, loose = "user-clx9/J. Doe.webm", "user-clx1"
    site.store("recordings", "user-clx1/a.webm", path, loose, size=9, modified=OLD)

    outcome = stored()
    calls = planned("delete_orphaned_recordings", outcome, services={"s3"})

    assert set(keys(outcome)) == {object_id(path), object_id(loose)}
    assert {(v["owner"], v["trouble"]) for v in outcome.violations} == {
        ("clx9", "has an owner who is gone"),
        ("", "names no owner"),
    }
    assert not {"path", "object"} & set(outcome.printable)
    assert Call("s3", "DELETE", "/recordings/user-clx9/J.%20Doe.webm") in calls


@pytest.mark.parametrize(
    ("age", "verdict"),
    [
        (timedelta(minutes=15), Verdict.VIOLATED),
        (timedelta(minutes=14, seconds=59), Verdict.HOLDS),
    ],
)
def test_an_object_whose_owner_may_not_be_on_the_replica_yet_is_left_alone(
    database: Database, site, stored, age: timedelta, verdict: Verdict
) -> None:
    database.execute(PEOPLE)
    site.store("recordings", "user-new/a.webm", size=9, modified=NOW - age)

    assert stored().verdict is verdict


def test_an_empty_bucket_is_unknown_unless_it_may_be_empty(
    database: Database, site, stored
) -> None:
    database.execute(PEOPLE)
    site.store("recordings", size=0, modified=OLD)
    may = every_stored_object_belongs_to_a_user(
        "recordings", "select id from people", may_be_empty=True
    )

    assert stored().verdict is Verdict.UNKNOWN
    assert stored(may).verdict is Verdict.HOLDS


def test_without_the_bucket_it_does_not_apply(database: Database, site, stored) -> None:
    database.execute(PEOPLE)

    outcome = stored()

    assert outcome.verdict is Verdict.NOT_APPLICABLE
    assert outcome.reason == "this environment names no storage 'recordings'"


def test_without_a_service_a_person_deletes_the_object(database: Database, site, stored) -> None:
    database.execute(PEOPLE)
    site.store("recordings", "user-clx9/a.webm", size=9, modified=OLD)

    [found] = planned("delete_orphaned_recordings", stored(), services=set())

    assert isinstance(found, Steps)
    assert "an object of clx9 in the bucket recordings" in found.title


def test_an_expression_must_find_one_owner() -> None:
    with pytest.raises(CatalogError, match="has 2 groups"):
        every_stored_object_belongs_to_a_user("r", "select id from people", named="(a)(b)")


def test_a_bucket_is_judged_only_where_it_is_asked_for() -> None:
    assert not RECORDINGS.is_outside
    assert RECORDINGS.is_stored("storage.recordings/user-")
    assert not every_stored_file_belongs_to_a_user().is_stored("storage.objects")
