"""An export: all that is one person's, nothing of anybody else, and no secret."""

import json
import os
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fix_database import Database
from trueup.config import Project, read
from trueup.errors import ConfigError, GuardError, PersonError
from trueup.export import Asked, Exported, export, words
from trueup.sample.site import Site
from trueup.sample.site.server import Served

SHOP = r"""
    create table "User" (
        id text primary key, email text, password text, bio bytea, born timestamp,
        seen timestamptz, spent numeric, traits jsonb, tokens_left int
    );
    create table orders (id bigint primary key, "userId" text references "User" on delete cascade);
    create table logins (
        id int primary key, "userId" text references "User" on delete set null, email text
    );
    create table likes (
        id int primary key, by text, order_id bigint references orders on delete set null
    );
    create table posts (id int primary key, author text references "User", body text);
    create table keys (id int primary key, "userId" text, "apiKey" text, label text);
    create table sessions (id int primary key, "userId" text references "User" on delete cascade);

    insert into "User" values
        ('u1', 'ä@example.com', 'hunter2', '\x00ff', '2001-02-03 04:05', '2026-11-02 12:00+02',
         0.1000000000000000000001, '{"a": [1, 2.50], "b": null}', 3),
        ('u2', 'b@example.com', 'hunter3', null, null, null, null, null, null);
    insert into orders values (9007199254740993, 'u1'), (2, 'u2');
    insert into logins values (1, 'u1', 'ä@example.com'), (2, 'u2', 'b@example.com'), (3, null, '');
    insert into likes values (1, 'u2', 9007199254740993), (2, 'u1', 2);
    insert into posts values (1, 'u1', 'for all'), (2, 'u2', 'for some');
    insert into keys values (1, 'u1', 'key-of-one', 'mine'), (2, 'u2', 'key-of-two', 'theirs');
    insert into sessions values (1, 'u1');
"""

PERSON = """
from trueup.library.person import Person, given_to, goes

PERSON = Person(
    account="User.id",
    ties={"keys.userId": goes(), "posts.author": given_to("editor")},
    secrets=("sessions",),
    %s
)
"""

Export = Callable[..., Exported]


@pytest.fixture
def project(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A shop that says what is somebody's."""
    database.execute(SHOP)
    monkeypatch.setenv("SHOP_REPLICA_URL", database.url())
    (tmp_path / "trueup.toml").write_text(
        '[systems.shop]\ntitle = "Shop"\n[systems.shop.environments.staging]\n'
        'replica = "SHOP_REPLICA_URL"\n'
        '[systems.shop.environments.old]\nreplica = "SHOP_REPLICA_URL"\n'
        'heartbeat = "public.User.seen"\n'
    )
    (tmp_path / "invariants" / "shop").mkdir(parents=True)
    declared(tmp_path)
    return Project(tmp_path, read(tmp_path / "trueup.toml"))


def declared(root: Path, more: str = "") -> None:
    (root / "invariants" / "shop" / "person.py").write_text(PERSON % more)


def asked(root: Path, who: str = "u1", **more: Any) -> Asked:
    given: dict[str, Any] = {"system": "shop", "environment": "staging", "who": who}
    return Asked(**{**given, "out": root / "u1.json", **more})


def exported(project: Project, **more: Any) -> dict[str, Any]:
    wanted = asked(project.root, **more)
    export(project, wanted)
    found: dict[str, Any] = json.loads(wanted.out.read_text())
    return found


def test_all_that_is_theirs_is_there_and_nothing_of_anybody_else(project: Project) -> None:
    found = exported(project)

    tables = found["tables"]
    assert [row["id"] for row in tables["orders"]] == [9007199254740993]
    assert tables["logins"] == [{"id": 1, "userId": "u1", "email": "ä@example.com"}]
    assert tables["keys"] == [{"id": 1, "userId": "u1", "label": "mine"}]
    assert "u2" not in json.dumps(tables)


def test_anothers_row_that_names_them_or_theirs_is_there_by_its_key_alone(
    project: Project,
) -> None:
    found = exported(project)

    assert found["named_in"] == {"likes": [{"id": 1}], "posts": [{"id": 1}]}
    assert "for all" not in json.dumps(found)


def test_values_are_whole_numbers_times_json_and_bytes(project: Project) -> None:
    export(project, asked(project.root))

    text = (project.root / "u1.json").read_text()
    [row] = json.loads(text, parse_float=str)["tables"]["User"]
    assert row["spent"] == "0.1000000000000000000001"
    assert row["seen"] == "2026-11-02T10:00:00+00:00"
    assert row["bio"] == r"\x00ff"
    assert row["traits"] == {"a": [1, "2.50"], "b": None}
    assert (row["email"], row["tokens_left"]) == ("ä@example.com", 3)


def test_a_time_without_a_zone_is_told_or_has_the_one_that_is_declared(project: Project) -> None:
    told = exported(project)
    assert told["without_zone"] == {"User": ["born"]}
    assert told["tables"]["User"][0]["born"] == "2001-02-03T04:05:00"


def test_a_declared_zone_is_written(project: Project) -> None:
    declared(project.root, 'naive="Asia/Kolkata"')

    found = exported(project)

    assert found["without_zone"] == {}
    assert found["tables"]["User"][0]["born"] == "2001-02-02T22:35:00+00:00"


def test_secrets_are_left_out_by_declaration_or_by_their_name_and_named(project: Project) -> None:
    found = exported(project)

    assert found["left_out"] == {
        "User": ["password"],
        "keys": ["apiKey"],
        "sessions": "the whole table",
    }
    assert not {"hunter2", "key-of-one"} & set(json.dumps(found).split('"'))


@pytest.fixture
def recordings(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The shop's bucket, which its people's recordings are in."""
    site, file = Site(), tmp_path / "shop.site.json"
    modified = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
    site.store("recordings", "user-u1/ä.webm", "user-u2/b.webm", size=7, modified=modified)
    site.save(file)
    declared(tmp_path, 'objects={"recordings": "user-{id}/"}')
    with Served(file) as served:
        bucket = served.buckets["recordings"]
        monkeypatch.setenv("SHOP_S3_USER", bucket.user)
        monkeypatch.setenv("SHOP_S3_KEY", bucket.secret)
        with (tmp_path / "trueup.toml").open("a") as config:
            config.write(
                "[systems.shop.environments.staging.storage.recordings]\n"
                f'url = "{bucket.url}"\nbucket = "recordings"\n'
                'user = "SHOP_S3_USER"\nkey = "SHOP_S3_KEY"\n'
            )
        yield site


def test_their_objects_are_listed_and_nobody_elses(project: Project, recordings: Site) -> None:
    again = Project(project.root, read(project.root / "trueup.toml"))

    found = exported(again)

    assert found["objects"] == {
        "recordings": [
            {"key": "user-u1/ä.webm", "size": 7, "modified": "2026-11-01T09:30:00+00:00"}
        ]
    }


def test_objects_that_cannot_be_listed_here_are_told_of(project: Project, recordings: Site) -> None:
    wanted = asked(project.root)  # this project does not name the storage

    said = words(wanted, export(project, wanted))

    assert "not listed: objects of recordings, this environment names no storage" in said
    assert list(json.loads(wanted.out.read_text())["objects"]["recordings"]) == ["not_listed"]


def test_a_column_that_only_sounds_secret_may_be_declared_plain(project: Project) -> None:
    declared(project.root, 'plain=("keys.apiKey",)')

    assert exported(project)["tables"]["keys"][0]["apiKey"] == "key-of-one"


def test_the_file_is_its_owners_and_nothing_of_it_is_printed(project: Project) -> None:
    wanted = asked(project.root)

    said = words(wanted, export(project, wanted))

    assert stat.S_IMODE(wanted.out.stat().st_mode) == 0o600
    assert "wrote 4 rows of 4 tables" in said
    assert "2 keys of others' rows that name the person" in said
    assert not [value for value in ("example.com", "hunter", "key-of", "for all") if value in said]


def test_a_file_is_not_written_over_unless_that_is_asked_for(project: Project) -> None:
    wanted = asked(project.root)
    wanted.out.write_text("mine")
    wanted.out.chmod(0o644)

    with pytest.raises(ConfigError, match="is there already; --force"):
        export(project, wanted)
    assert wanted.out.read_text() == "mine"

    export(project, asked(project.root, force=True))
    assert json.loads(wanted.out.read_text())["person"] == "u1"
    assert stat.S_IMODE(wanted.out.stat().st_mode) == 0o600


def test_what_is_no_file_is_not_written_over(project: Project) -> None:
    wanted = asked(project.root, force=True)
    os.mkfifo(wanted.out)

    with pytest.raises(ConfigError, match="is no file that could be written over"):
        export(project, wanted)
    assert wanted.out.is_fifo()


@pytest.mark.parametrize(
    ("more", "refusal", "says"),
    [
        ({"who": "u9"}, PersonError, "there is no user u9"),
        ({"environment": "old"}, PersonError, "may lack what is newest"),
        ({"system": "till"}, ConfigError, "no system 'till'"),
    ],
)
def test_what_is_refused_leaves_no_file(
    project: Project, more: dict[str, Any], refusal: type[Exception], says: str
) -> None:
    before = sorted(project.root.iterdir())

    with pytest.raises(refusal, match=says):
        export(project, asked(project.root, **more))

    assert sorted(project.root.iterdir()) == before


def test_a_system_that_declares_nobody_is_told_where_to(project: Project) -> None:
    (project.root / "invariants" / "shop" / "person.py").unlink()

    with pytest.raises(ConfigError, match=r"write invariants/shop/person\.py"):
        export(project, asked(project.root))


def test_a_primary_is_not_exported_from(
    project: Project, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_REPLICA_URL", database.url(server="primary"))

    with pytest.raises(GuardError, match="is a primary"):
        export(project, asked(project.root))

    assert not (project.root / "u1.json").exists()
