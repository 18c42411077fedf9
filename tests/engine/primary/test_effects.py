"""What triggers and foreign keys change is found, journaled and undone, all of it."""

from collections.abc import Callable, Iterable

import pytest

from engine.primary.desk import NO_JOB_RUNS, Desk, meanwhile
from trueup import Delete, Insert, Update
from trueup.errors import ApplyError
from trueup.model.change import Change
from trueup.model.plan import Plan
from trueup.primary import diff
from trueup.primary.applied import Applied, Cause

ON_UPDATE = """
    create function on_update() returns trigger language plpgsql as $$
    begin
        {body}
        return null;
    end
    $$;
    create trigger on_update after update on jobs for each row execute function on_update();
"""


def fail(violations):
    for job in violations:
        yield Update("jobs", key={"id": job["id"]}, set={"status": "failed"})


def remove(violations):
    for job in violations:
        yield Delete("jobs", key={"id": job["id"]})


def sides(applied: Applied) -> list[tuple[str, str, Cause]]:
    """What moved without being planned."""
    found = [(one.table, str(one.op), one.cause) for one in applied.moved]
    return [one for one in found if one[2] is not Cause.CHANGE]


def there_and_back(desk: Desk, plan: Plan) -> Applied:
    """Apply and undo; the tables must be as they were."""
    sound = desk.text()
    applied = desk.apply(plan)
    assert desk.text() != sound
    desk.apply(desk.undo(applied.entries[0]))
    assert desk.text() == sound
    return applied


def test_rows_that_an_audit_trigger_adds_are_journaled_and_undone(desk: Desk) -> None:
    desk.execute(ON_UPDATE.format(body="insert into audit (what) values ('job ' || new.id);"))

    plan = desk.plan(fail, NO_JOB_RUNS)
    assert ("on_update", "after update") in [(one.name, one.events) for one in plan.triggers]

    applied = there_and_back(desk, plan)
    assert sides(applied) == [("audit", "insert", Cause.TRIGGER)] * 3


def test_rows_that_a_trigger_changes_elsewhere_are_journaled_and_undone(desk: Desk) -> None:
    desk.execute('insert into totals select id, 7 from "User"')
    body = "update totals set failed = failed + 1 where user_id = new.user_id;"
    desk.execute(ON_UPDATE.format(body=body))

    applied = there_and_back(desk, desk.plan(fail, NO_JOB_RUNS))

    moved = [(one.before, one.after) for one in applied.moved if one.table == "totals"]
    assert [(before["failed"], after["failed"]) for before, after in moved] == [
        ("7", "9"),
        ("7", "8"),
    ]


def test_rows_that_a_trigger_removes_are_journaled_and_undone(desk: Desk) -> None:
    desk.execute(ON_UPDATE.format(body="delete from files where job_id = new.id;"))

    applied = there_and_back(desk, desk.plan(fail, NO_JOB_RUNS))

    removed = [one for one in sides(applied) if one[1] == "delete"]
    assert len([one for one in removed if one[0] == "files"]) == 3
    assert len([one for one in removed if one[0] == "pages"]) == 3
    assert ("remarks", "update", Cause.TRIGGER) in sides(applied)


def test_what_a_trigger_tried_and_took_back_is_not_journaled(desk: Desk) -> None:
    body = """
        begin
            insert into audit (what) values ('tried');
            raise exception 'no';
        exception when others then
            insert into audit (what) values ('caught');
        end;
    """
    desk.execute(ON_UPDATE.format(body=body))

    applied = there_and_back(desk, desk.plan(fail, NO_JOB_RUNS))

    added = [one.after["what"] for one in applied.moved if one.table == "audit"]
    assert added == ["caught"] * 3


def test_a_row_that_a_trigger_adds_and_removes_again_never_moved(desk: Desk) -> None:
    body = "insert into audit (what) values ('x'); delete from audit where what = 'x';"
    desk.execute(ON_UPDATE.format(body=body))

    assert sides(there_and_back(desk, desk.plan(fail, NO_JOB_RUNS))) == []


def test_a_key_that_a_trigger_changes_is_one_row_gone_and_one_new(desk: Desk) -> None:
    desk.execute('insert into totals select id, 7 from "User"')
    body = "update totals set user_id = gen_random_uuid() where failed = 7;"
    desk.execute(ON_UPDATE.format(body=body))

    applied = there_and_back(desk, desk.plan(fail, NO_JOB_RUNS))

    ops = [one[1] for one in sides(applied)]
    assert (ops.count("insert"), ops.count("delete"), ops.count("update")) == (2, 2, 0)


def test_a_second_change_of_the_same_row_is_part_of_its_after_image(desk: Desk) -> None:
    body = "if new.note is null then update jobs set note = 'told' where id = new.id; end if;"
    desk.execute(ON_UPDATE.format(body=body))

    applied = there_and_back(desk, desk.plan(fail, NO_JOB_RUNS))

    assert [one.after["note"] for one in applied.moved] == ["told"] * 3
    assert sides(applied) == []


def test_a_trigger_that_waits_for_the_end_is_not_missed(desk: Desk) -> None:
    desk.execute("""
        create function later() returns trigger language plpgsql as $$
        begin insert into audit (what) values ('later'); return null; end $$;
        create constraint trigger later after update on jobs
            deferrable initially deferred for each row execute function later();
    """)

    applied = there_and_back(desk, desk.plan(fail, NO_JOB_RUNS))

    assert sides(applied) == [("audit", "insert", Cause.TRIGGER)] * 3


def test_what_others_commit_meanwhile_is_not_taken_for_ours(desk: Desk) -> None:
    desk.execute("insert into audit (what) values ('old'), ('older')")
    body = "insert into audit (what) values ('ours'); perform pg_advisory_xact_lock(42);"
    desk.execute(ON_UPDATE.format(body=body))

    with meanwhile(desk, desk.plan(fail, NO_JOB_RUNS)) as applying:
        desk.execute("insert into audit (what) values ('theirs')")
        desk.execute("update audit set what = 'mended' where what = 'old'")
        desk.execute("delete from audit where what = 'older'")

    moved = [one for one in applying.result().moved if one.table == "audit"]
    assert [(one.op, one.after["what"]) for one in moved] == [("insert", "ours")] * 3
    assert len(desk.rows("select from audit")) == 5


def test_rows_added_to_a_table_without_a_key_are_journaled_but_stay(desk: Desk) -> None:
    desk.execute(ON_UPDATE.format(body="insert into loose values ('job ' || new.id);"))
    applied = desk.apply(desk.plan(fail, NO_JOB_RUNS))

    assert sides(applied) == [("loose", "insert", Cause.TRIGGER)] * 3
    plan = desk.undo(applied.entries[0])
    assert [one.reason for one in plan.skipped] == [
        "its table has no primary key, so it cannot be named"
    ] * 3
    assert len(desk.apply(plan).moved) == 3


def test_rows_changed_in_a_table_without_a_key_are_refused(desk: Desk) -> None:
    desk.execute("insert into loose values ('quiet')")
    desk.execute(ON_UPDATE.format(body="update loose set said = 'loud';"))
    sound = desk.text()

    with pytest.raises(ApplyError, match="loose, which has no primary key"):
        desk.apply(desk.plan(fail, NO_JOB_RUNS))

    assert desk.text() == sound


def test_what_was_tried_and_rolled_back_before_does_not_count(desk: Desk) -> None:
    desk.execute("insert into loose values ('quiet')")
    desk.execute(ON_UPDATE.format(body="update loose set said = 'loud';"))
    with pytest.raises(ApplyError, match="no primary key"):
        desk.apply(desk.plan(fail, NO_JOB_RUNS))

    harmless = ON_UPDATE.format(body="insert into loose values ('new');")
    desk.execute(harmless.replace("create ", "create or replace "))

    assert len(desk.apply(desk.plan(fail, NO_JOB_RUNS)).moved) == 6


def test_a_trigger_that_truncates_is_refused(desk: Desk) -> None:
    desk.execute(
        ON_UPDATE.format(body="truncate remarks;").replace("language", "security definer language")
    )
    sound = desk.text()

    with pytest.raises(ApplyError, match="exclusive lock on remarks"):
        desk.apply(desk.plan(fail, NO_JOB_RUNS))

    assert desk.text() == sound


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("refresh materialized view tally;", "'tally' is no table"),
        ("insert into old values (1);", "'old' has tables that inherit from it"),
    ],
)
def test_a_trigger_that_writes_what_no_journal_has_is_refused(
    desk: Desk, body: str, words: str
) -> None:
    desk.execute("create materialized view tally as select count(*) from files")
    desk.execute("create table old (id int); create table new () inherits (old)")
    desk.execute(ON_UPDATE.format(body=body).replace("language", "security definer language"))
    sound = desk.text()

    with pytest.raises(ApplyError, match=f"could not be journaled: {words}.* was rolled back"):
        desk.apply(desk.plan(fail, NO_JOB_RUNS))

    assert desk.text() == sound


def test_a_trigger_that_suppresses_a_change_is_refused(desk: Desk) -> None:
    desk.execute("""
        create function keep() returns trigger language plpgsql as $$
        begin if old.id = 2 then return null; end if; return new; end $$;
        create trigger keep before update on jobs for each row execute function keep();
    """)

    with pytest.raises(ApplyError, match="2 of 3 rows were changed; a trigger or a rule"):
        desk.apply(desk.plan(fail, NO_JOB_RUNS))


def test_what_a_rule_does_besides_is_journaled_and_undone(desk: Desk) -> None:
    desk.execute("""
        create rule besides as on update to jobs do also
            insert into audit (what) values ('job ' || new.id)
    """)

    applied = there_and_back(desk, desk.plan(fail, NO_JOB_RUNS))

    assert sides(applied) == [("audit", "insert", Cause.TRIGGER)] * 3


@pytest.mark.parametrize(
    ("fix", "rule", "words"),
    [
        (fail, "update to jobs do instead nothing", "as where a rule does something else instead"),
        (
            remove,
            "delete to jobs do instead update jobs set note = 'gone' where id = -old.id",
            "0 of 3 rows were changed; a trigger or a rule suppressed the rest",
        ),
    ],
)
def test_a_rule_that_does_something_else_instead_is_refused(
    desk: Desk, fix: Callable[..., Iterable[Change]], rule: str, words: str
) -> None:
    desk.execute(f"create rule instead as on {rule}")
    sound = desk.text()

    with pytest.raises(ApplyError, match=words):
        desk.apply(desk.plan(fix, NO_JOB_RUNS))

    assert desk.text() == sound


def test_a_trigger_that_refuses_is_named_without_its_words(desk: Desk) -> None:
    desk.execute(ON_UPDATE.format(body="raise exception 'ada@example.com';"))

    with pytest.raises(ApplyError) as caught:
        desk.apply(desk.plan(fail, NO_JOB_RUNS))

    assert "in function on_update (P0001)" in str(caught.value)
    assert "ada" not in str(caught.value)


SHELVES = """
    create table shelves (code text primary key, room text);
    create table books (id int primary key, shelf text unique references shelves on update cascade);
    create table loans (id int primary key, book text references books (shelf) on update set null);
    insert into shelves values ('a', 'north'), ('b', 'south');
    insert into books values (1, 'a'), (2, 'b');
    insert into loans values (1, 'a'), (2, 'b');
    create function as_it_is() returns trigger language plpgsql as $$ begin return new; end $$;
    create trigger on_book before update of shelf on books
        for each row execute function as_it_is();
"""


def rename(settings):
    yield Update("shelves", key={"code": "a"}, set={"code": "z"})


@pytest.mark.parametrize("quiet", [True, False])
def test_children_that_follow_a_changed_key_are_told_journaled_and_undone(
    desk: Desk, quiet: bool
) -> None:
    desk.execute(SHELVES)
    plan = desk.plan(rename)

    assert [(one.table, one.action, one.rows) for one in plan.dependents] == [
        ("books", "cascade on update", 1),
        ("loans", "set null on update", 1),
    ]
    assert "\n2 rows in 2 tables go along\n" in diff.of_plan(plan)
    assert [(one.table, one.name) for one in plan.triggers] == [("books", "on_book")]
    right = "set on parameter session_replication_role"
    unique = "alter table shelves add unique (room)"
    desk.execute(unique if quiet else f"revoke {right} from trueup_fixer")
    try:
        applied = there_and_back(desk, plan)
    finally:
        desk.execute(f"grant {right} to trueup_fixer")
    assert sides(applied) == [
        ("loans", "update", Cause.CASCADE),
        ("books", "update", Cause.CASCADE),
    ]


def test_a_child_that_came_to_a_key_that_changes_refuses_it(desk: Desk) -> None:
    desk.execute(SHELVES)
    plan = desk.plan(rename)
    desk.execute("alter table books drop constraint books_shelf_key cascade")
    desk.execute("insert into books values (3, 'a')")

    with pytest.raises(ApplyError, match="2 rows of books would be dragged along"):
        desk.apply(plan)


def test_a_key_that_is_set_with_its_children_is_set_with_them(desk: Desk) -> None:
    desk.execute(SHELVES)

    def follow(settings):
        yield Update("books", key={"id": 1}, set={"shelf": "z"})
        yield Update("shelves", key={"code": "a"}, set={"code": "z"})

    plan = desk.plan(follow)

    assert [one.table for one in plan.dependents] == ["loans"]
    assert {one.unit for one in plan.changes} == {0}
    there_and_back(desk, plan)


def test_a_row_that_gets_another_key_and_parent_is_still_one_row(desk: Desk) -> None:
    desk.execute("""
        create table people (id int primary key, boss int references people on update cascade);
        insert into people values (1, null), (2, 1);
    """)

    def renumber(settings):
        yield Update("people", {"id": 1}, {"id": 11})
        yield Update("people", {"id": 2}, {"id": 12})

    there_and_back(desk, desk.plan(renumber))
    [entry] = desk.apply(desk.plan(renumber)).entries
    desk.execute("update people set boss = null where id = 12")

    plan = desk.undo(entry)

    assert {one.key["id"] for one in plan.changes} == {"1", "11"}
    desk.apply(plan)
    assert desk.text()["people"] == ["(1,)", "(12,)"]


def test_more_children_than_a_batch_go_back_with_the_key_that_they_followed(desk: Desk) -> None:
    desk.execute("""
        create table shelves (code text primary key);
        create table books (id int primary key, shelf text references shelves on update cascade);
        insert into shelves values ('a');
        insert into books select n, 'a' from generate_series(1, 150) as n;
    """)

    assert len(there_and_back(desk, desk.plan(rename, share=100)).moved) == 152


def test_children_of_a_key_that_stays_since_others_came_stay_with_it(desk: Desk) -> None:
    desk.execute(SHELVES)
    desk.execute("alter table books drop constraint books_shelf_key cascade")
    [entry] = desk.apply(desk.plan(rename)).entries
    desk.execute("insert into books values (3, 'z')")

    plan = desk.undo(entry)

    assert plan.changes == ()
    assert {(one.table, one.reason) for one in plan.skipped} == {
        ("shelves", "other rows refer to it by now: 1 of books (books_shelf_fkey)"),
        ("shelves", "belongs to a row that is left alone"),
        ("books", "belongs to a row that is left alone"),
    }


def test_names_with_dots_and_percent_signs_are_names(desk: Desk) -> None:
    desk.execute("""
        create type "100%" as enum ('%s', 'b%');
        create table "a.b" (
            "k%" int primary key, "v%s" "100%", job_id int references jobs on delete cascade
        );
        create table "c%" (id int primary key, "k%" int references "a.b" on delete cascade);
        insert into "a.b" values (1, '%s', 1), (2, 'b%', 4);
        insert into "c%" values (1, 1), (2, 2);
    """)

    def mend(settings):
        yield Delete("jobs", key={"id": 1})
        yield Update("public.a.b", key={"k%": 2}, set={"v%s": "%s"}, expect={"v%s": "b%"})
        yield Insert("public.a.b", {"k%": 3, "v%s": "b%"})
        yield Update("c%", key={"id": 2}, set={"k%": 3})

    applied = there_and_back(desk, desk.plan(mend))

    assert {one[0] for one in sides(applied)} == {"files", "pages", "remarks", "public.a.b", "c%"}


def test_a_key_that_only_reads_otherwise_is_the_same_row(desk: Desk) -> None:
    desk.execute("""
        create table prices (n numeric primary key, v int);
        insert into prices values (1.0, 1), (2, 2), (3, 3);
        create function next() returns trigger language plpgsql as $$
        begin
            if new.n < 3 then update prices set v = v + 1 where n = 3; end if;
            return null;
        end $$;
        create trigger next after update on prices for each row execute function next();
    """)

    def mend(settings):
        yield Update("prices", key={"n": 1}, set={"n": "1.00", "v": 7})

    applied = there_and_back(desk, desk.plan(mend))

    assert [(one.op, one.key["n"]) for one in applied.moved] == [
        ("update", "1.00"),
        ("update", "3"),
    ]


def test_rows_of_partitions_are_found_under_their_root(desk: Desk) -> None:
    desk.execute("""
        create table events (id int, kind text, primary key (id, kind)) partition by list (kind);
        create table events_a partition of events for values in ('a');
        create table events_b partition of events for values in ('b');
        insert into events values (1, 'a'), (2, 'b');
    """)
    desk.execute(ON_UPDATE.format(body="insert into events values (new.id + 10, 'b');"))

    def move(violations):
        for job in violations:
            yield Update("jobs", key={"id": job["id"]}, set={"status": "failed"})
        yield Update("events", key={"id": 1, "kind": "a"}, set={"kind": "b"})

    applied = there_and_back(desk, desk.plan(move, NO_JOB_RUNS))

    assert sides(applied) == [("events", "insert", Cause.TRIGGER)] * 3


def test_an_insert_that_sets_off_a_trigger_is_undone_with_it(desk: Desk) -> None:
    desk.execute("""
        create function welcome() returns trigger language plpgsql as $$
        begin insert into totals values (new.id, 0); return new; end $$;
        create trigger welcome after insert on "User" for each row execute function welcome();
    """)

    def invite(settings):
        yield Insert(
            "User", {"id": "00000000-0000-0000-0000-000000000009", "email": "eve@example.com"}
        )

    applied = there_and_back(desk, desk.plan(invite))

    assert sides(applied) == [("totals", "insert", Cause.TRIGGER)]


def test_a_cascade_takes_along_what_a_trigger_adds_to_it(desk: Desk) -> None:
    desk.execute("""
        create function mourn() returns trigger language plpgsql as $$
        begin insert into audit (what) values ('file ' || old.id); return old; end $$;
        create trigger mourn before delete on files for each row execute function mourn();
    """)
    plan = desk.plan(remove, NO_JOB_RUNS)

    assert [(one.table, one.name) for one in plan.triggers] == [("files", "mourn")]
    applied = there_and_back(desk, plan)
    assert [one[0] for one in sides(applied)].count("audit") == 3


def test_rows_that_refer_to_each_other_in_a_circle_are_counted_once(desk: Desk) -> None:
    desk.execute("""
        create table people (
            id int primary key,
            boss int references people on delete cascade,
            friend int references people on delete cascade
        );
        insert into people values (1, null, null), (2, 1, 1), (3, 2, 2);
        update people set friend = 3 where id = 2;
    """)

    def part(settings):
        yield Delete("people", {"id": 1})

    plan = desk.plan(part)

    assert sum(one.rows for one in plan.dependents) == 2
    applied = there_and_back(desk, plan)
    assert len(applied.moved) == 3


def test_what_falls_back_to_its_default_goes_back(desk: Desk) -> None:
    desk.execute("""
        create table rooms (id int primary key);
        create table desks (id int primary key, room int default 1 references rooms
            on delete set default);
        insert into rooms values (1), (2);
        insert into desks values (1, 2), (2, 1);
    """)

    def close(settings):
        yield Delete("rooms", {"id": 2})

    plan = desk.plan(close)
    assert [(one.table, one.action, one.rows) for one in plan.dependents] == [
        ("desks", "set default", 1)
    ]
    assert [str(one.cause) for one in there_and_back(desk, plan).moved] == ["cascade", "change"]


def test_children_without_a_key_come_back_too(desk: Desk) -> None:
    desk.execute("""
        create table scans (job_id int references jobs on delete cascade, page int);
        insert into scans values (1, 1), (1, 1), (2, 1);
    """)

    there_and_back(desk, desk.plan(remove, NO_JOB_RUNS))


def test_children_without_a_key_that_lose_their_parent_are_refused(desk: Desk) -> None:
    desk.execute("""
        create table scans (job_id int references jobs on delete set null, page int);
        insert into scans values (1, 1);
    """)

    with pytest.raises(ApplyError, match="rows of scans would get another parent or none"):
        desk.apply(desk.plan(remove, NO_JOB_RUNS))


def test_a_key_that_is_only_checked_at_the_end_is_checked_before_we_commit(desk: Desk) -> None:
    desk.execute("""
        alter table receipts drop constraint receipts_job_id_fkey;
        alter table receipts add foreign key (job_id) references jobs
            deferrable initially deferred;
    """)

    def bill(settings):
        yield Insert("receipts", {"id": 1, "job_id": 99, "total": 1})

    with pytest.raises(ApplyError, match="foreign key would be broken: constraint receipts_job"):
        desk.apply(desk.plan(bill))


def test_what_a_trigger_writes_where_the_fixer_may_not_look_is_refused(desk: Desk) -> None:
    desk.execute("revoke pg_read_all_data from trueup_fixer")
    try:
        desk.execute("grant select on all tables in schema public to trueup_fixer")
        desk.execute(
            "grant usage on schema public to trueup_fixer; revoke all on audit from public"
        )
        desk.execute("revoke select on audit from trueup_fixer")
        body = "insert into audit (what) values ('x');"
        desk.execute(ON_UPDATE.format(body=body).replace("plpgsql", "plpgsql security definer"))

        with pytest.raises(ApplyError, match="permission denied for table audit"):
            desk.apply(desk.plan(fail, NO_JOB_RUNS))
    finally:
        desk.execute("grant pg_read_all_data to trueup_fixer")
