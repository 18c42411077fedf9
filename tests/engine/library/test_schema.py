"""The recorded schema: what differs is named, and nothing that only looks different."""

import json
from pathlib import Path

import pytest

from engine.library.outcomes import keys, planned
from fix_database import Database
from trueup.library import the_schema_is_the_one_we_recorded
from trueup.library.schema import record
from trueup.model.verdict import Verdict

TABLES = """
    create table parent (id int primary key);
    create table "My table" (
        id bigint generated always as identity primary key,
        parent_id int constraint its_parent references parent,
        name varchar(20) not null default 'x',
        twice int generated always as (parent_id * 2) stored,
        until timestamptz default now() + interval '14 days'
    );
    alter table "My table" enable row level security;
    create policy "Own rows" on "My table" for update to anon using (id = 1) with check (id = 2);
    create function touch() returns trigger language plpgsql as 'begin return new; end';
    create trigger touched before insert on "My table" for each row execute function touch();
"""


@pytest.fixture
def recorded(database: Database, reading, tmp_path: Path) -> Path:
    """The schema of a small database, recorded in a file."""
    database.execute(TABLES)
    path = tmp_path / "app" / "schema.json"
    path.parent.mkdir()
    with reading() as reader:
        path.write_text(json.dumps(record(reader), sort_keys=True))
    return path


def test_what_was_just_recorded_holds(recorded: Path, ask) -> None:
    outcome = ask(the_schema_is_the_one_we_recorded(recorded))

    assert outcome.verdict is Verdict.HOLDS
    assert outcome.judged == {"tables": 2}


def test_each_part_is_recorded_under_the_key_of_its_violation(recorded: Path) -> None:
    found = json.loads(recorded.read_text())

    assert found["public.My table"] == "table"
    assert found["public.My table.id"] == "bigint not null generated always as identity"
    assert found["public.My table.name"] == (
        "character varying(20) not null default 'x'::character varying"
    )
    assert found["public.My table.twice"] == "integer generated as (parent_id * 2)"
    assert found["public.My table row level security"] == "on"
    assert found["public.My table constraint its_parent"].startswith("FOREIGN KEY (parent_id)")
    assert found["public.My table policy Own rows"] == (
        "permissive for update to anon using ((id = 1)) with check ((id = 2))"
    )
    assert "EXECUTE FUNCTION touch()" in found["public.My table trigger touched"]


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ('alter table "My table" add extra int', "public.My table.extra"),
        ('alter table "My table" drop name', "public.My table.name"),
        ('alter table "My table" alter name type text', "public.My table.name"),
        ('alter table "My table" alter name drop not null', "public.My table.name"),
        ('alter table "My table" alter name set default 1', "public.My table.name"),
        ('drop policy "Own rows" on "My table"', "public.My table policy Own rows"),
        ('alter policy "Own rows" on "My table" to public', "public.My table policy Own rows"),
        ('drop trigger touched on "My table"', "public.My table trigger touched"),
        ('alter table "My table" disable trigger touched', "public.My table trigger touched"),
        (
            'alter table "My table" enable replica trigger touched',
            "public.My table trigger touched",
        ),
        (
            'alter table "My table" drop constraint its_parent',
            "public.My table constraint its_parent",
        ),
        ('alter table "My table" disable row level security', "public.My table row level security"),
        ('drop table "My table"', "public.My table"),
        ("create table extra (id int primary key)", "public.extra"),
    ],
)
def test_a_difference_is_named_once(
    recorded: Path, database: Database, ask, change: str, key: str
) -> None:
    database.execute(change)

    assert keys(ask(the_schema_is_the_one_we_recorded(recorded))) == [key]


@pytest.mark.parametrize(
    "change",
    [
        "comment on table parent is 'whose'",
        "create index on parent (id)",
        "alter table parent alter id set statistics 100",
        "create schema other; create table other.t (id int)",
        "grant select on parent to anon",
    ],
)
def test_what_is_not_recorded_is_no_difference(
    recorded: Path, database: Database, ask, change: str
) -> None:
    database.execute(change)

    assert ask(the_schema_is_the_one_we_recorded(recorded)).verdict is Verdict.HOLDS


@pytest.mark.parametrize("text", [None, "not JSON", "[]", '{"public.t": 1}'])
def test_no_record_is_unknown_and_says_how_to_make_one(
    database: Database, ask, tmp_path: Path, text: str | None
) -> None:
    database.execute(TABLES)
    path = tmp_path / "schema.json"
    if text is not None:
        path.write_text(text)

    outcome = ask(the_schema_is_the_one_we_recorded(path))

    assert outcome.verdict is Verdict.UNKNOWN
    assert f"record it with `trueup record {tmp_path.name} --env" in outcome.reason


def test_the_fix_shows_both_sides(recorded: Path, database: Database, ask) -> None:
    database.execute("alter table parent add extra int")

    [steps] = planned("record_schema", ask(the_schema_is_the_one_we_recorded(recorded)))

    assert steps.title == "settle public.parent.extra"
    assert steps.steps[:2] == ("Recorded: absent", "Found: integer")
    assert "trueup record app --env production" in steps.steps[2]
