"""A plan says what would change, and refuses what cannot or must not be changed."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

import trueup
from engine.primary.desk import NO_JOB_RUNS, NOW, Desk, must
from trueup import Call, Delete, Insert, Update
from trueup.errors import PlanError
from trueup.model.change import Change
from trueup.model.plan import Op, Plan
from trueup.model.violation import Violation

ADA = UUID("00000000-0000-0000-0000-000000000001")
BOB = UUID("00000000-0000-0000-0000-000000000002")


def yielding(*changes: object) -> Callable[..., Iterable[Change]]:
    """A fix that yields these changes, whatever violates."""

    def mend():
        yield from changes

    return mend


def fail(violations):
    for job in violations:
        yield Update("jobs", key={"id": job["id"]}, set={"status": "failed"})


def mend_apart(violations: Iterable[Violation]) -> Iterable[Change]:
    """Fail each job and call; job 2 is not as this expects it."""
    for job in violations:
        status = "done" if job["id"] == 2 else "running"
        yield Update("jobs", {"id": job["id"]}, {"status": "failed"}, expect={"status": status})
        yield Call("work", "POST", f"/told/{job['id']}")


def refused(desk: Desk, *changes) -> str:
    """Why these changes cannot be planned."""
    with pytest.raises(PlanError) as caught:
        desk.plan(yielding(*changes))
    return str(caught.value)


def reasons(plan: Plan) -> list[tuple[str, str]]:
    """What is left alone, and why."""
    return [(one.table, one.reason) for one in plan.skipped]


def test_a_plan_says_who_where_why_and_until_when(desk: Desk) -> None:
    plan = desk.plan(fail, NO_JOB_RUNS)

    assert (plan.name, plan.by, plan.reason, plan.code) == (
        "shop.fail",
        "ada",
        "night shift",
        "abc123",
    )
    assert plan.as_of == NOW
    assert (plan.expires - plan.made).total_seconds() == 24 * 3600
    assert abs((plan.made - datetime.now(UTC)).total_seconds()) < 60
    assert plan.database.name == desk.database.name
    assert [(one.key, one.unit) for one in plan.targets] == [(("1",), 0), (("2",), 1), (("3",), 2)]


def test_a_change_has_the_whole_row_as_it_was_and_what_it_will_be(desk: Desk) -> None:
    [change] = desk.plan(fail, NO_JOB_RUNS, only={"2"}).changes

    assert (change.op, change.table, change.key) == (Op.UPDATE, "jobs", {"id": "2"})
    assert change.before == {
        "id": "2",
        "user_id": str(ADA),
        "status": "running",
        "note": None,
        "touched": "2026-01-01 00:00:00+00",
    }
    assert change.set == {"status": "failed"}


def test_nothing_violates_so_nothing_is_planned(desk: Desk) -> None:
    desk.execute("update jobs set status = 'done'")

    plan = desk.plan(fail, NO_JOB_RUNS)

    assert (plan.changes, plan.targets, plan.proof) == ((), (), ())


def test_a_key_that_nothing_violates_under_is_refused(desk: Desk) -> None:
    with pytest.raises(PlanError, match="nothing violates under the key '4'"):
        desk.plan(fail, NO_JOB_RUNS, only={"1", "4"})


def test_an_unknown_invariant_refuses_the_plan_with_its_reason(desk: Desk) -> None:
    broken = must("no_job_runs", "select id from jobs where wings")

    with pytest.raises(PlanError, match=r"no_job_runs is unknown on the primary: .*wings.*; the"):
        desk.plan(fail, broken)


def test_more_rows_than_the_cap_are_refused_with_both_numbers(desk: Desk) -> None:
    with pytest.raises(PlanError, match="fail would make 3 changes, more than its cap of 2"):
        desk.plan(fail, NO_JOB_RUNS, at_most=2)


def test_what_is_said_twice_is_done_once_and_what_fits_is_merged(desk: Desk) -> None:
    plan = desk.plan(
        yielding(
            Update("User", key={"email": "ada@example.com"}, set={"isBlocked": True}),
            Update("User", key={"id": ADA}, set={"credits": 9}),
            Update("User", key={"id": str(ADA).upper()}, set={"credits": Decimal(9)}),
            Delete("jobs", key={"id": 4}),
            Delete("jobs", key={"id": 4}),
        )
    )

    assert [(one.op, one.table, one.key, one.set) for one in plan.changes] == [
        (Op.UPDATE, "User", {"id": str(ADA)}, {"isBlocked": "true", "credits": "9"}),
        (Op.DELETE, "jobs", {"id": "4"}, {}),
    ]


HALF = "\ud800"
"""Half of a surrogate pair, which Python takes for a character and no encoding does."""


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (("Update", 5, {"id": 1}, {"note": "x"}), "Update whose table is not what docs/"),
        (("Update", "jobs", 5, {"note": "x"}), "Update whose key is not what docs/"),
        (("Update", "jobs", {5: 1}, {"note": "x"}), "Update whose key is not what docs/"),
        (("Update", "jobs", {"id": 1}, ["note"]), "Update whose set is not what docs/"),
        (("Update", "jobs", {"id": 1}, {"note": "x"}, None), "Update whose expect is not"),
        (("Insert", "jobs", None), "Insert whose values is not what docs/"),
        (("Delete", "jobs", None), "Delete whose key is not what docs/"),
        (("Alter", "paint", "jobs"), "Alter whose kind is not what docs/"),
        (("Alter", "drop policy", "jobs", 5), "Alter whose name is not what docs/"),
        (("Call", "work", "POST", 5), "Call whose path is not what docs/"),
        (("Call", "work", "POST", "/", ["a"]), "Call whose body is not what docs/"),
        (("Call", "work", "POST", "/", {"a": object()}), "Call with a value that no plan"),
        (("Call", "work", "POST", "/", {"a": HALF}), "Call with a value that no plan"),
        (("Steps", 5, ["a"]), "Steps whose title is not what docs/"),
        (("Steps", "t", [5]), r"Steps whose steps\[0\] is not what docs/"),
        (("Steps", HALF, ["a"]), "Steps with a value that no plan can hold"),
        (("Update", HALF, {"id": 1}, {"note": "x"}), "Update with a value that no plan"),
        (("Update", "jobs", {"id": HALF}, {"note": "x"}), "a str for jobs.id cannot be written"),
        (("Update", "jobs", {"id": 1}, {"note": HALF}), "a str for jobs.note cannot be written"),
        (("Insert", "kinds", {"bits": {"a": HALF}}), "a dict for kinds.bits cannot be written"),
        ((5,), "yields a int; a fix yields Update, Insert"),
    ],
)
def test_what_is_no_change_at_all_is_said(desk: Desk, wrong: tuple[object, ...], says: str) -> None:
    kind, *parts = wrong
    change = getattr(trueup, kind)(*parts) if isinstance(kind, str) else kind

    with pytest.raises(PlanError, match=f"^mend: .*{says}"):
        desk.plan(yielding(change), services={"work"})


def test_what_contradicts_itself_is_refused(desk: Desk) -> None:
    one, two = ({"set": {"credits": number}} for number in (1, 2))

    assert refused(
        desk, Update("User", key={"id": ADA}, **one), Update("User", key={"id": ADA}, **two)
    ) == ("mend: User.credits of one row is set to two different values")
    assert refused(
        desk,
        Update("User", key={"id": ADA}, **one),
        Delete("User", key={"email": "ada@example.com"}),
    ) == ("mend: one row of User gets both update and delete")
    assert refused(
        desk,
        Insert("totals", {"user_id": ADA, "failed": 1}),
        Insert("totals", {"user_id": ADA, "failed": 2}),
    ) == ("mend: totals.failed of one row is set to two different values")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Update("job", {"id": 1}, {"note": "x"}), "there is no table 'job'"),
        (Update("jobs", {"id": 1}, {"notes": "x"}), "jobs has no column 'notes'"),
        (Update("jobs", {"job": 1}, {"note": "x"}), "jobs has no column 'job'"),
        (Update("jobs", {"id": 1}, {"note": "x"}, {"no": 1}), "jobs has no column 'no'"),
        (Update("jobs", {"status": "done"}, {"note": "x"}), "neither its primary key nor unique"),
        (Update("jobs", {"id": None}, {"note": "x"}), "the key jobs.id has no value"),
        (Update("jobs", {"id": 1}, {}), "a change of jobs names no column"),
        (Update("pages", {"id": 1}, {"double": 4}), "pages.double is generated"),
        (Insert("pages", {"id": 9, "words": 1}), "pages.id is generated"),
        (Delete("loose", {"said": "x"}), "loose has no primary key"),
        (Delete("pg_stat_user_tables", {"relid": 1}), "is no table"),
    ],
)
def test_what_does_not_exist_or_cannot_be_named_is_refused(desk: Desk, change, words) -> None:
    said = refused(desk, change)

    assert said.startswith("mend: ")
    assert words in said


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("price", "secret", "a value for kinds.price is no numeric"),
        ("feeling", "secret", "a value for kinds.feeling is no mood"),
        ("code", "secret", "a value for kinds.code does not fit character varying(4)"),
        ("fixed", "secret", "a value for kinds.fixed does not fit character(3)"),
        ("exact", Decimal(123456789), "a value for kinds.exact is no numeric(8,3)"),
        ("tags", {"secret": 1}, "a dict for kinds.tags cannot be written as text[]"),
        ("bits", {"secret": object()}, "a dict for kinds.bits cannot be written as jsonb"),
        ("id", object(), "a object for kinds.id cannot be written as integer"),
        ("day", "2026-13-01", "a value for kinds.day is no date"),
    ],
)
def test_a_value_that_its_column_refuses_is_never_shown(desk: Desk, column, value, words) -> None:
    said = refused(desk, Insert("kinds", {"id": 1} | {column: value}))

    assert words in said
    assert "secret" not in said
    assert "2026" not in said


def test_a_value_is_not_cut_to_fit_a_domain_of_a_domain(desk: Desk) -> None:
    desk.execute("""
        create domain short as varchar(4);
        create domain shorter as short check (value <> 'none');
        create table labels (id shorter primary key, said shorter, kept jsonb);
        insert into labels values ('ab', 'ab');
    """)
    said = "a value for labels.said does not fit shorter"

    assert said in refused(desk, Update("labels", {"id": "ab"}, {"said": "abcdef"}))
    assert "does not fit shorter" in refused(desk, Insert("labels", {"id": "abcdef"}))
    plan = desk.plan(yielding(Update("labels", {"id": "ab"}, {"said": "abcd"})))
    desk.apply(plan)
    assert desk.rows("select id, said from labels") == [("ab", "abcd")]


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("codes", ["ab", "secret"], "does not fit character varying(4)[]"),
        ("few", ["ab", "secret"], "does not fit few"),
        ("bits", "1011", "does not fit bit(3)"),
        ("words", ["none"], "is no word[]"),
    ],
)
def test_a_value_that_only_a_cast_would_make_fit_is_refused(
    desk: Desk, column: str, value: object, words: str
) -> None:
    desk.execute("""
        create domain word as varchar(4) check (value <> 'none');
        create domain few as varchar(4)[];
        create table lists (
            id int primary key, codes varchar(4)[], few few, bits bit(3), words word[]
        );
    """)
    fitting = {"id": 1, "codes": ["abcd", None], "few": [], "bits": "101", "words": ["ab"]}
    desk.apply(desk.plan(yielding(Insert("lists", fitting))))

    assert desk.text()["lists"] == ['(1,"{abcd,NULL}",{},101,{ab})']
    assert f"a value for lists.{column} {words}" in refused(
        desk, Insert("lists", {"id": 2, column: value})
    )


def test_values_become_the_text_that_the_column_prints(desk: Desk) -> None:
    [change] = desk.plan(
        yielding(
            Insert(
                "kinds",
                {
                    "id": True + 1,
                    "bits": {"b": [1, None], "a": "ä"},
                    "raw": "text",
                    "price": Decimal("1.50"),
                    "exact": 1.5,
                    "tags": ["x", None, "y,z"],
                    "blob": b"\x00\xff",
                    "ends": NOW,
                    "feeling": "Cross",
                    "share": 0.1,
                    "code": "abcd",
                    "fixed": "a",
                    "span": "36 hours",
                    "net": "10.0.0.1",
                    "flag": False,
                },
            )
        )
    ).changes

    assert change.set == {
        "id": "2",
        "bits": '{"a": "ä", "b": [1, null]}',
        "raw": '"text"',
        "price": "1.50",
        "exact": "1.500",
        "tags": '{x,NULL,"y,z"}',
        "blob": "\\x00ff",
        "ends": "2026-11-02 12:00:00+00",
        "feeling": "Cross",
        "share": "0.1",
        "code": "abcd",
        "fixed": "a",
        "span": "36:00:00",
        "net": "10.0.0.1/32",
        "flag": "false",
    }


def test_null_and_the_null_of_json_are_two_things(desk: Desk) -> None:
    desk.execute("insert into kinds (id, bits) values (1, 'null'), (2, null)")

    plan = desk.plan(
        yielding(
            Update("kinds", {"id": 1}, {"bits": None}),
            Update("kinds", {"id": 2}, {"bits": Jsonb(None)}),
        )
    )

    assert [(one.before["bits"], one.set["bits"]) for one in plan.changes] == [
        ("null", None),
        (None, "null"),
    ]


def test_a_row_that_is_gone_taken_unexpected_or_right_already_is_left_alone(desk: Desk) -> None:
    plan = desk.plan(
        yielding(
            Update("jobs", {"id": 77}, {"note": "x"}),
            Update("jobs", {"id": 1}, {"note": "x"}, expect={"status": "failed"}),
            Update("jobs", {"id": 2}, {"note": "x"}, expect={"note": "x"}),
            Update("jobs", {"id": 4}, {"status": "done"}),
            Insert("User", {"id": BOB, "email": "new@example.com"}),
        )
    )

    assert plan.changes == ()
    assert reasons(plan) == [
        ("jobs", "gone"),
        ("jobs", "not as the fix expects it"),
        ("jobs", "not as the fix expects it"),
        ("jobs", "already as it should be"),
        ("User", "a row with that key is there already"),
    ]


def test_what_belongs_to_a_row_that_is_left_alone_is_left_alone_too(desk: Desk) -> None:
    def mend(violations):
        for _ in violations:
            yield Update("User", {"id": BOB}, {"credits": 77})
        yield from mend_apart(violations)

    apart = desk.plan(mend_apart, NO_JOB_RUNS, services={"work"})
    joined = desk.plan(mend, NO_JOB_RUNS, services={"work"})

    assert [one.key["id"] for one in apart.changes] == ["1", "3"]
    assert [one.path for one in apart.calls] == ["/told/1", "/told/3"]
    assert [one.key for one in apart.targets] == [("1",), ("3",)]
    assert reasons(apart) == [
        ("jobs", "not as the fix expects it"),
        ("work", "belongs to a row that is left alone"),
    ]
    assert (joined.changes, joined.calls) == ((), ())


def test_what_is_as_it_should_be_keeps_nothing_else_from_being_made(desk: Desk) -> None:
    def mend(violations):
        for job in violations:
            yield Update("jobs", {"id": 4}, {"status": "done"})
            yield Delete("files", {"id": 700 + job["id"]})
            yield Insert("User", {"id": BOB, "email": email})
            yield Update("jobs", {"id": job["id"]}, {"status": "failed"})

    [(email,)] = desk.rows(f"select email from \"User\" where id = '{BOB}'")
    plan = desk.plan(mend, NO_JOB_RUNS)

    assert len(plan.changes) == len(plan.targets) == 3
    assert {reason for _, reason in reasons(plan)} == {"already as it should be"}


def test_what_is_expected_is_compared_by_value_and_not_by_its_text(desk: Desk) -> None:
    desk.execute(
        "insert into kinds (id, raw, price, tags, bits) values"
        " (1, '{ \"a\":1 }', 1.50, '{a}', '[1.0]')"
    )
    expect = {"raw": {"a": 1}, "price": Decimal("1.5"), "tags": ["a"], "bits": [1], "day": None}

    [change] = desk.plan(yielding(Update("kinds", {"id": 1}, {"flag": True}, expect))).changes

    assert change.set == {"flag": "true"}


def test_a_row_in_the_way_of_a_delete_is_named_unless_the_plan_removes_it(desk: Desk) -> None:
    desk.execute("insert into receipts values (1, 4, 9.99), (2, 4, 1)")
    gone = Delete("jobs", {"id": 4})

    assert refused(desk, gone) == (
        "mend: 2 rows of receipts stand in the way (receipts_job_id_fkey, on delete no action);"
        " delete those rows in the same fix, or give them another parent"
    )
    first = desk.plan(
        yielding(gone, Delete("receipts", {"id": 1}), Update("receipts", {"id": 2}, {"job_id": 3}))
    )
    assert {one.unit for one in first.changes} == {0}
    assert desk.apply(first).exit_code == 0
    assert desk.rows("select id, job_id from receipts") == [(2, 3)]


def test_a_row_that_is_updated_and_then_dragged_along_is_refused(desk: Desk) -> None:
    assert refused(
        desk, Delete("jobs", {"id": 1}), Update("files", {"id": 10}, {"title": "x"})
    ) == (
        "mend: a row of files gets both update and delete: a foreign key (files_job_id_fkey)"
        " takes it along with its parent"
    )


def test_a_row_that_is_updated_and_loses_its_parent_gets_both(desk: Desk) -> None:
    plan = desk.plan(
        yielding(Delete("pages", {"id": 1}), Update("remarks", {"id": 100}, {"said": "x"}))
    )

    applied = desk.apply(plan)

    assert desk.rows("select page_id, said from remarks where id = 100") == [(None, "x")]
    assert len([one for one in applied.moved if one.table == "remarks"]) == 1


def test_triggers_that_fire_are_named_for_what_they_fire_on(desk: Desk) -> None:
    desk.execute("""
        create trigger on_note before update of note on jobs for each row execute function touch();
        create trigger on_new before insert on jobs for each row execute function touch();
        create trigger off before update on jobs for each row execute function touch();
        alter table jobs disable trigger off;
    """)

    plan = desk.plan(fail, NO_JOB_RUNS)
    assert [(one.name, one.events, one.function) for one in plan.triggers] == [
        ("touch", "before update", "public.touch")
    ]

    told = desk.plan(yielding(Update("jobs", {"id": 1}, {"note": "x"})))
    assert [one.name for one in told.triggers] == ["on_note", "touch"]


def test_triggers_of_a_partition_are_named_with_those_of_its_root(desk: Desk) -> None:
    desk.execute("""
        create schema parts;
        create table events (id int primary key, touched timestamptz) partition by range (id);
        create table parts.events_1 partition of events for values from (1) to (9);
        insert into events values (1);
        create trigger each before update on events for each row execute function touch();
        create trigger own before update on parts.events_1 for each row execute function touch();
        create trigger idle before update on parts.events_1 execute function touch();
    """)

    plan = desk.plan(yielding(Update("events", {"id": 1}, {"touched": NOW})))

    assert [(one.table, one.name) for one in plan.triggers] == [
        ("events", "each"),
        ("parts.events_1", "own"),
    ]
    assert desk.apply(plan).exit_code == 0


def test_triggers_that_a_move_to_another_partition_fires_are_named(desk: Desk) -> None:
    desk.execute("""
        create table events (id int, kind text, primary key (id, kind)) partition by list (kind);
        create table events_a partition of events for values in ('a');
        create table events_b partition of events for values in ('b');
        insert into events values (1, 'a');
        create trigger comes after insert on events for each row execute function touch();
        create trigger goes after delete or update on events_a
            for each row execute function touch();
        create trigger once after insert on events execute function touch();
    """)

    plan = desk.plan(yielding(Insert("events", {"id": 2, "kind": "a"})))
    assert [(one.table, one.events) for one in plan.triggers] == [
        ("events", "after insert"),
        ("events", "after insert"),
    ]

    plan = desk.plan(yielding(Update("events", {"id": 1, "kind": "a"}, {"kind": "b"})))
    assert [(one.table, one.name, one.events) for one in plan.triggers] == [
        ("events", "comes", "after insert"),
        ("events_a", "goes", "after update, after delete"),
    ]


def test_a_fix_that_fails_is_told_by_its_line_and_not_by_its_values(desk: Desk) -> None:
    def stumble(violations):
        yield Update("jobs", {"id": 1}, {"note": {}["ada@example.com"]})

    with pytest.raises(PlanError) as caught:
        desk.plan(stumble, NO_JOB_RUNS)

    assert "stumble itself failed with KeyError in line" in str(caught.value)
    assert "ada" not in str(caught.value)


def test_a_fix_that_yields_something_else_is_refused(desk: Desk) -> None:
    with pytest.raises(PlanError, match="mend: yields a str; a fix yields Update, Insert, Delete"):
        desk.plan(yielding("jobs"))


def test_a_fix_cannot_write_while_it_plans(desk: Desk) -> None:
    desk.execute("""
        create function sly() returns int language sql as
        $$ update jobs set note = 'sly' returning 1 $$
    """)

    def mend(primary):
        primary.allow(["sly"])
        list(primary.rows("select sly()"))
        yield Delete("jobs", {"id": 1})

    with pytest.raises(PlanError, match="mend: the statement tried to write in a read-only"):
        desk.plan(mend)


def test_planning_changes_nothing(desk: Desk) -> None:
    before = desk.text()

    desk.plan(fail, NO_JOB_RUNS)

    assert desk.text() == before
    assert desk.rows("select from trueup.journal") == []


def test_a_partition_is_changed_through_its_root(desk: Desk) -> None:
    desk.execute("""
        create table events (id int primary key) partition by range (id);
        create table events_1 partition of events for values from (1) to (9);
        create table old (id int primary key);
        create table new () inherits (old);
        create table heirs (id int primary key, job_id int references jobs on delete cascade);
        create table distant () inherits (heirs);
    """)

    assert "'events_1' is a partition; change rows of events" in refused(
        desk, Delete("events_1", {"id": 1})
    )
    assert "'old' has tables that inherit from it" in refused(desk, Delete("old", {"id": 1}))
    assert "'heirs' has tables that inherit from it" in refused(desk, Delete("jobs", {"id": 1}))


def test_names_are_found_as_they_are_stored(desk: Desk) -> None:
    desk.execute("create schema auth; create table auth.users (id int primary key, n int)")
    desk.execute("insert into auth.users values (1, 1)")

    plan = desk.plan(
        yielding(
            Update("auth.users", {"id": 1}, {"n": 2}),
            Update("public.User", {"id": ADA}, {"isBlocked": True}),
        )
    )

    assert [one.table for one in plan.changes] == ["auth.users", "User"]
    assert desk.apply(plan).exit_code == 0
    assert desk.rows('select n, "isBlocked" from auth.users, "User" where email like \'ada%\'') == [
        (2, True)
    ]
