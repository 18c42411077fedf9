"""Deleting what is stored outside: proven once the calls are made, by what is there then."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
from msgspec import Struct

from engine.primary.desk import NOW, Desk
from trueup.errors import ProofError
from trueup.library import (
    every_stored_file_belongs_to_a_user,
    every_stored_object_belongs_to_a_user,
)
from trueup.library.stored import object_id
from trueup.model.change import Call, Delete
from trueup.model.invariant import Invariant
from trueup.model.plan import When
from trueup.model.verdict import Verdict
from trueup.model.violation import Violation
from trueup.primary.applied import Applied, Place
from trueup.primary.service import Kind, Service
from trueup.readers.storage.reader import Storage
from trueup.replica.session import Session
from trueup.sample.site import Reply, Request, Site
from trueup.sample.site.keys import SECRETS, WRITER
from trueup.sample.site.server import Served

OLD = NOW - timedelta(days=3)

USERS = """
    create schema auth;
    create table auth.users (id text primary key);
    insert into auth.users values ('a'), ('b');
    create schema storage;
    create table storage.objects (
        id int primary key, bucket_id text, name text, owner_id text
    );
    insert into storage.objects values (1, 'cvs', 'a.pdf', 'a'), (2, 'cvs', 'b.pdf', 'b');
    grant usage on schema auth, storage to trueup_reader, trueup_fixer;
    grant select on all tables in schema auth, storage to trueup_reader, trueup_fixer;
    grant insert, update, delete on auth.users to trueup_fixer;
"""

FILES = every_stored_file_belongs_to_a_user().named(
    "shop", "test_every_stored_file_belongs_to_a_user", Path(__file__)
)
OBJECTS = every_stored_object_belongs_to_a_user("recordings", "select id from auth.users").named(
    "shop", "test_every_stored_object_belongs_to_a_user", Path(__file__)
)


class Outside(Struct):
    """The site of the shop, its buckets and its services."""

    served: Served
    storage: Storage
    services: dict[str, Service]


@pytest.fixture
def outside(desk: Desk, tmp_path: Path) -> Iterator[Outside]:
    """A storage that takes its rows along, and a bucket with an object of each user."""
    desk.execute(USERS)
    desk.database.cluster.wait_for_replay()
    site = Site()
    site.service("supabase_storage", kind="supabase_storage")
    site.store("recordings", "user-a/1.webm", "user-b/1.webm", size=9, modified=OLD)
    site.save(tmp_path / "shop.site.json")

    def receive(_: Site, request: Request) -> Reply | None:
        if request.path != "/storage/v1/object/cvs":
            return None
        for name in request.json["prefixes"]:
            desk.execute(f"delete from storage.objects where name = '{name}'")
        return Reply(json=[])

    with (
        Served(tmp_path / "shop.site.json", receive) as served,
        closing(Storage(served.buckets, tmp_path / "run")) as storage,
    ):
        services = {
            "supabase_storage": Service(
                name="supabase_storage",
                kind=Kind.SUPABASE_STORAGE,
                url=served.urls["supabase_storage"],
                key=WRITER,
            ),
            "s3": Service(
                name="s3",
                kind=Kind.S3,
                url=served.urls["s3"],
                key=SECRETS[WRITER],
                user=WRITER,
                region="us-east-1",
            ),
        }
        yield Outside(served, storage, services)


def mended(desk: Desk, outside: Outside, replica: Session, fix: str, own: Invariant) -> Applied:
    """Plan a fix of the library for its invariant, and apply it."""
    module = import_module(f"trueup.library.fixes.{fix}")
    others = {"storage": outside.storage}
    plan = desk.plan(module.plan, own, services=outside.services, others=others, undo=module.UNDO)
    return applied(desk, outside, replica, plan)


def applied(desk: Desk, outside: Outside, replica: Session, plan) -> Applied:
    """Apply a plan where the services and the buckets are there."""
    given = {"services": outside.services, "storage": outside.storage}
    return desk.apply(plan, replica=replica, **given)


def late(found: Applied) -> Sequence[tuple[str, Verdict, bool]]:
    """What the replica said of each invariant in the end."""
    return [
        (proof.invariant, proof.verdict, proof.failed)
        for proof in found.proofs
        if proof.place is Place.REPLICA
    ]


def test_files_of_nobody_go_with_their_rows_and_it_is_proven(
    desk: Desk, outside: Outside, replica: Session
) -> None:
    desk.execute("delete from auth.users where id = 'b'")

    found = mended(desk, outside, replica, "delete_orphaned_files", FILES)

    assert (found.exit_code, found.undo) == (0, ())
    assert late(found) == [(FILES.name, Verdict.HOLDS, False)]
    assert desk.rows("select name from storage.objects") == [("a.pdf",)]


def test_objects_of_nobody_go_and_the_bucket_is_listed_again_to_prove_it(
    desk: Desk, outside: Outside, replica: Session
) -> None:
    desk.execute("delete from auth.users where id = 'b'")
    desk.database.cluster.wait_for_replay()

    found = mended(desk, outside, replica, "delete_orphaned_recordings", OBJECTS)

    assert found.exit_code == 0
    assert late(found) == [(OBJECTS.name, Verdict.HOLDS, False)]
    assert list(outside.served.site.buckets["recordings"]) == ["user-a/1.webm"]


def test_objects_that_are_still_there_are_no_proof(
    desk: Desk, outside: Outside, replica: Session
) -> None:
    desk.execute("delete from auth.users where id = 'b'")
    desk.database.cluster.wait_for_replay()

    def plan(violations):
        for one in violations:
            yield Call("s3", "DELETE", f"/{one['bucket']}/another.webm")

    others = {"storage": outside.storage}
    made = desk.plan(plan, OBJECTS, services=outside.services, others=others)
    found = applied(desk, outside, replica, made)

    [proof] = [proof for proof in found.proofs if proof.failed]
    assert object_id("user-b/1.webm") in proof.detail
    assert found.exit_code != 0


NAMED = [Violation("", ("b",), {"id": "b"})]


def delete_user(violations):
    """Whoever is named goes, and their files are called away afterwards."""
    for user in violations:
        yield Delete("auth.users", key={"id": user["id"]})
        path = "/storage/v1/object/cvs"
        yield Call("supabase_storage", "DELETE", path, {"prefixes": [f"{user['id']}.pdf"]})


def leave_files(violations):
    """Whoever is named goes, and nobody thinks of their files."""
    for user in violations:
        yield Delete("auth.users", key={"id": user["id"]})


def test_what_a_call_will_settle_is_proven_after_it(
    desk: Desk, outside: Outside, replica: Session
) -> None:
    desk.watched = [FILES]

    plan = desk.plan(delete_user, rows=NAMED, services=outside.services, undo="erased")
    [step] = plan.proof
    assert (step.invariant, step.when) == (FILES.name, When.LATE)

    found = applied(desk, outside, replica, plan)
    assert late(found) == [(FILES.name, Verdict.HOLDS, False)]
    assert found.exit_code == 0


def test_what_no_call_settles_is_proven_before_the_commit(
    desk: Desk, outside: Outside, replica: Session
) -> None:
    desk.watched = [FILES]

    plan = desk.plan(leave_files, rows=NAMED, services=outside.services)

    with pytest.raises(ProofError, match=f"{FILES.name} would be newly violated by 2"):
        applied(desk, outside, replica, plan)
    assert desk.rows("select id from auth.users order by id") == [("a",), ("b",)]
