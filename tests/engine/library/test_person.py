"""What is somebody's: followed along keys and declared texts, deleted in an order that works."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from fix_database import Database
from trueup.errors import PersonError
from trueup.library.belongings import Belongings
from trueup.library.erasure import erased
from trueup.library.person import Person, cleared, given_to, goes, stays, stored
from trueup.library.shape import Shape
from trueup.model.change import Call, Change, Delete, Steps, Update
from trueup.replica.reader import Reader
from trueup.sample.site import Site

SHOP = """
    create schema auth;
    create table auth.users (id uuid primary key, email text);
    create table orders (
        id int primary key, owner uuid references auth.users on delete cascade, unique (id, owner)
    );
    create table lines (
        id int primary key, order_id int, owner uuid,
        foreign key (order_id, owner) references orders (id, owner) on delete cascade
    );
    create table notes (
        id int primary key, line_id int references lines on delete cascade,
        parent int references notes on delete cascade
    );
    create table logins (id int primary key, who uuid references auth.users on delete set null);
    create table invoices (id int primary key, who uuid references auth.users on delete restrict);
    create table posts (id int primary key, author uuid references auth.users);
    create table clicks (id int primary key, user_id text, about jsonb);
    create table words (click text, at int, primary key (click, at));

    insert into auth.users values
        ('00000000-0000-0000-0000-000000000001', 'a@example.com'),
        ('00000000-0000-0000-0000-000000000002', 'b@example.com');
    insert into orders values
        (1, '00000000-0000-0000-0000-000000000001'), (2, '00000000-0000-0000-0000-000000000002');
    insert into lines values
        (1, 1, '00000000-0000-0000-0000-000000000001'),
        (2, 2, '00000000-0000-0000-0000-000000000002'), (3, 1, null);
    insert into notes values (1, 1, null), (2, null, 1), (3, null, 2), (4, 2, null);
    insert into clicks values
        (1, '00000000-0000-0000-0000-000000000001', null), (2, 'nobody', null), (3, null, null),
        (4, null, '{"by": "00000000-0000-0000-0000-000000000001"}');
    insert into words values ('1', 1), ('1', 2), ('2', 1);
"""

ONE, TWO = (f"00000000-0000-0000-0000-00000000000{n}" for n in (1, 2))

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)

TIES = {
    "clicks.user_id": goes(),
    "clicks: about ->> 'by'": cleared({"about": None}),
    "words.click": goes(of="clicks.id"),
    "invoices.who": goes(),
    "posts.author": given_to("editor"),
}

PERSON = Person(account="auth.users.id", ties=TIES)

Changes = Callable[..., list[Change]]


@pytest.fixture
def changes(database: Database, reading) -> Changes:
    """What a deletion of somebody yields, in the shop."""
    database.execute(SHOP)

    def yielded(person: Person = PERSON, who: str = ONE, more: str = "", **given) -> list[Change]:
        database.execute(more)
        with reading() as reader:
            return list(erased(person, reader, who, **{"settings": {}} | given))

    return yielded


@contextmanager
def whose(reading, person: Person = PERSON, who: str = ONE) -> Iterator[tuple[Reader, Belongings]]:
    with reading() as reader:
        yield reader, Belongings(reader, Shape(reader, person), who)


def keys(reading, table: str) -> list[int]:
    """The rows of a table that go with the person."""
    with whose(reading) as (_, found):
        of = found.shape.named(table)
        return [int(str(row["id"])) for row in found.rows(of, found.going(of), ["id"])]


def test_keys_are_followed_at_every_depth_over_several_columns_and_in_circles(
    database: Database, reading
) -> None:
    database.execute(SHOP)

    assert keys(reading, "orders") == [1]
    assert keys(reading, "lines") == [1]
    assert keys(reading, "notes") == [1, 2, 3]


def test_a_text_that_no_key_guards_is_followed_as_it_is_declared(
    database: Database, reading
) -> None:
    database.execute(SHOP)

    with whose(reading) as (_, found):
        words = found.shape.named("words")
        rows = list(found.rows(words, found.going(words), ["click", "at"]))

    assert [(row["click"], row["at"]) for row in rows] == [("1", 1), ("1", 2)]


def test_what_is_named_may_be_an_expression_too(changes: Changes) -> None:
    mails = "create table mails (id int primary key, to_ text); insert into mails values"
    rows = "(1, 'A@Example.com'), (2, 'a@example.com'), (3, 'b@example.com'), (4, null)"
    ties = {**TIES, "mails: lower(to_)": goes(of="auth.users: upper(lower(email))")}
    with_case = {**TIES, "mails: lower(to_)": goes(of="auth.users: lower(email)")}

    none = changes(Person(account="auth.users.id", ties=ties), more=f"{mails} {rows}")
    found = changes(Person(account="auth.users.id", ties=with_case))

    assert [one.key["id"] for one in none if getattr(one, "table", "") == "mails"] == []
    assert [one.key["id"] for one in found if getattr(one, "table", "") == "mails"] == [1, 2]


def test_what_no_key_takes_along_is_named_and_the_account_goes_last(changes: Changes) -> None:
    assert changes() == [
        Update("clicks", key={"id": 4}, set={"about": None}),
        Delete("words", key={"click": "1", "at": 1}),
        Delete("words", key={"click": "1", "at": 2}),
        Delete("clicks", key={"id": 1}),
        Delete("auth.users", key={"id": ONE}),
    ]


def test_rows_in_the_way_of_which_nothing_is_declared_refuse_it(changes: Changes) -> None:
    silent = Person(account="auth.users.id")
    for table, column in (("invoices", "who"), ("posts", "author")):
        row = f"insert into {table} values (1, '{ONE}')"
        with pytest.raises(PersonError, match=rf"1 row names the person in {table}\.{column}"):
            changes(silent, more=row)
        changes(silent, TWO)
        changes(more=f"delete from {table}")


def test_rows_in_the_way_that_are_the_persons_are_deleted_first(changes: Changes) -> None:
    found = changes(more=f"insert into invoices values (7, '{ONE}'), (8, '{TWO}')")

    assert [one for one in found if one.table == "invoices"] == [Delete("invoices", key={"id": 7})]
    assert found[-1] == Delete("auth.users", key={"id": ONE})


def test_a_row_in_the_way_that_goes_anyway_is_deleted_before_what_it_names(
    changes: Changes,
) -> None:
    found = changes(
        more="""
            create table parcels (
                id int primary key, order_id int references orders on delete cascade,
                line_id int references lines
            );
            insert into parcels values (1, 1, 1), (2, 2, 2);
        """
    )

    assert Delete("parcels", key={"id": 1}) in found
    assert Delete("parcels", key={"id": 2}) not in found


def test_what_is_in_their_name_is_given_to_whom_the_settings_name(changes: Changes) -> None:
    posts = f"insert into posts values (1, '{ONE}'), (2, '{TWO}')"

    found = changes(more=posts, settings={"editor": TWO})

    [given] = [one for one in found if isinstance(one, Update) and one.table == "posts"]
    assert (given.key, given.set) == ({"id": 1}, {"author": TWO})
    assert str(given.expect["author"]) == ONE


def test_a_row_that_goes_anyway_is_not_given_to_anybody_first(changes: Changes) -> None:
    theirs = f"""
        alter table posts add column owner uuid references auth.users on delete cascade;
        insert into posts values (1, '{ONE}', '{ONE}'), (2, '{ONE}', '{TWO}');
    """

    found = changes(more=theirs, settings={"editor": TWO})

    given = [one for one in found if isinstance(one, Update) and one.table == "posts"]
    assert [one.key for one in given] == [{"id": 2}]


@pytest.mark.parametrize("settings", [{}, {"editor": ONE}])
def test_without_an_heir_it_is_steps_and_nothing_else(changes: Changes, settings) -> None:
    [steps] = changes(more=f"insert into posts values (1, '{ONE}')", settings=settings)

    assert isinstance(steps, Steps)
    assert "editor" in " ".join(steps.steps)


def test_what_stays_is_told_with_its_reason(changes: Changes) -> None:
    told = Person(account="auth.users.id", ties={**TIES, "clicks.user_id": stays("It counts.")})

    *_, steps = changes(told)

    assert isinstance(steps, Steps)
    assert steps.steps == ("What stays: 1 row of clicks (clicks.user_id). It counts.",)


def test_files_go_through_the_storage_where_it_is_a_service_and_are_steps_where_not(
    changes: Changes,
) -> None:
    storage = f"""
        create schema storage;
        create table storage.objects (id int primary key, bucket_id text, name text, owner_id text);
        insert into storage.objects values
            (1, 'notes', 'b.pdf', '{ONE}'), (2, 'notes', 'a.pdf', '{ONE}'),
            (3, 'notes', 'c.pdf', '{TWO}'), (4, 'faces', 'a.png', '{ONE}');
    """
    filed = Person(account="auth.users.id", ties={**TIES, "storage.objects.owner_id": stored()})

    called = changes(filed, more=storage, services={"supabase_storage"})
    *_, steps = changes(filed)

    assert called[-2:] == [
        Call("supabase_storage", "DELETE", "/storage/v1/object/faces", {"prefixes": ["a.png"]}),
        Call(
            "supabase_storage",
            "DELETE",
            "/storage/v1/object/notes",
            {"prefixes": ["b.pdf", "a.pdf"]},
        ),
    ]
    assert isinstance(steps, Steps)
    assert [step.partition(" of the storage")[0] for step in steps.steps] == [
        "Their 1 file in the bucket faces",
        "Their 2 files in the bucket notes",
    ]


FILED = Person(account="auth.users.id", ties=TIES, objects={"recordings": "user-{id}/"})


def test_objects_go_through_s3_where_it_is_a_service_and_are_steps_where_not(
    changes: Changes, site: Site, storage_of
) -> None:
    site.store("recordings", f"user-{ONE}/ü 1.webm", f"user-{TWO}/2.webm", size=9, modified=NOW)
    site.store("recordings", f"user-{ONE}0/3.webm", size=9, modified=NOW)
    storage = storage_of(site)

    called = changes(FILED, storage=storage, services={"s3"})
    *_, steps = changes(FILED, storage=storage)

    assert called[-1] == Call("s3", "DELETE", f"/recordings/user-{ONE}/%C3%BC%201.webm")
    assert [one for one in called if isinstance(one, Steps)] == []
    assert isinstance(steps, Steps)
    assert steps.steps == (f"Their 1 object in s3://recordings/user-{ONE}/: delete them.",)


def test_objects_that_cannot_be_listed_here_are_told_of(changes: Changes, storage_of) -> None:
    for storage in (None, storage_of(Site())):
        *_, steps = changes(FILED, storage=storage, services={"s3"})
        assert isinstance(steps, Steps)
        assert steps.steps == (
            f"What the storage recordings has below user-{ONE}/: list it, and delete it.",
        )


def test_a_row_that_only_loses_its_reference_is_left_to_its_key(changes: Changes) -> None:
    logins = f"insert into logins values (1, '{ONE}')"

    assert not [one for one in changes(more=logins) if getattr(one, "table", "") == "logins"]
    told = Person(account="auth.users.id", ties={**TIES, "logins.who": goes()})
    assert Delete("logins", key={"id": 1}) in changes(told)


def test_a_table_without_a_key_cannot_be_left_clean_and_says_so(changes: Changes) -> None:
    loose = f"create table loose (who text); insert into loose values ('{ONE}')"
    told = Person(account="auth.users.id", ties={**TIES, "loose.who": goes()})

    with pytest.raises(PersonError, match="loose has no key"):
        changes(told, more=loose)


@pytest.mark.parametrize(
    ("tie", "says"),
    [
        ("gone.user_id", "the table 'gone', which is not there"),
        ("clicks.gone", "the column clicks.gone, which is not there"),
        ("gone: about ->> 'by'", "the table 'gone', which is not there"),
    ],
)
def test_what_is_declared_and_not_there_is_refused_unless_it_may_be_absent(
    changes: Changes, tie: str, says: str
) -> None:
    with pytest.raises(PersonError, match=says):
        changes(Person(account="auth.users.id", ties={**TIES, tie: goes()}))
    changes(Person(account="auth.users.id", ties={**TIES, tie: goes(may_be_absent=True)}))


def test_what_a_key_takes_along_cannot_be_declared_to_stay(changes: Changes) -> None:
    told = Person(account="auth.users.id", ties={**TIES, "orders.owner": stays("They counted.")})

    with pytest.raises(PersonError, match=r"rows of orders\.owner stay"):
        changes(told)


@pytest.mark.parametrize(
    ("who", "says"),
    [
        ("00000000-0000-0000-0000-00000000dead", "there is no user"),
        ("nobody", "'nobody' is no uuid"),
    ],
)
def test_nobody_is_refused(changes: Changes, who: str, says: str) -> None:
    with pytest.raises(PersonError, match=says):
        changes(who=who)
