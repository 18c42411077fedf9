"""An undo puts back what is still as it was left, and lists what is not."""

import pytest

from engine.primary.desk import NO_JOB_RUNS, Desk, must
from trueup import Delete, Insert, Update
from trueup.errors import ApplyError, JournalError, ProofError
from trueup.model.plan import Plan
from trueup.primary import diff, markdown, told

QUIET = "revoke set on parameter session_replication_role from trueup_fixer"
AGAIN = "grant set on parameter session_replication_role to trueup_fixer"


def fail(violations):
    for job in violations:
        yield Update("jobs", key={"id": job["id"]}, set={"status": "failed"})


def remove(violations):
    for job in violations:
        yield Delete("jobs", key={"id": job["id"]})


def reasons(plan: Plan) -> dict[tuple[str, str | None], str]:
    """What is left alone, and why."""
    return {(one.table, one.key.get("id")): one.reason for one in plan.skipped}


def test_a_row_that_was_changed_since_is_listed_and_not_overwritten(desk: Desk) -> None:
    [entry] = desk.apply(desk.plan(fail, NO_JOB_RUNS)).entries
    desk.execute("update jobs set note = 'mine' where id = 2")

    plan = desk.undo(entry)
    assert reasons(plan) == {("jobs", "2"): "changed since, and not overwritten"}

    desk.apply(plan)
    assert desk.rows("select status from jobs order by id") == [
        ("running",),
        ("failed",),
        ("running",),
        ("done",),
    ]


def test_a_row_that_is_changed_between_the_undos_plan_and_it_is_left_alone(desk: Desk) -> None:
    [entry] = desk.apply(desk.plan(fail, NO_JOB_RUNS)).entries
    plan = desk.undo(entry)
    desk.execute("update jobs set note = 'mine' where id = 2")

    undone = desk.apply(plan)

    for said in (told.of_applied(undone), diff.of_plan(plan), markdown.of_plan(plan)):
        assert f"undo of entry {entry}, shop.fail" in said.splitlines()[0]
    assert [(one.key, one.reason) for one in undone.skipped] == [
        ({"id": "2"}, "changed since the plan")
    ]
    assert (undone.exit_code, len(undone.moved)) == (3, 2)


def test_an_entry_that_is_undone_says_so_and_by_which(desk: Desk) -> None:
    [entry] = desk.apply(desk.plan(fail, NO_JOB_RUNS)).entries
    [back] = desk.apply(desk.undo(entry)).entries

    with pytest.raises(JournalError, match=f"entry {entry} is undone already, by entry {back};"):
        desk.undo(entry)


def test_what_was_left_alone_can_be_undone_later(desk: Desk) -> None:
    sound = desk.text()
    [entry] = desk.apply(desk.plan(fail, NO_JOB_RUNS)).entries
    after = desk.rows("select touched from jobs where id = 2")[0][0]
    desk.execute("update jobs set note = 'mine' where id = 2")
    desk.apply(desk.undo(entry))

    desk.execute(
        "alter table jobs disable trigger touch;"
        f"update jobs set note = null, touched = '{after}' where id = 2;"
        "alter table jobs enable trigger touch"
    )
    plan = desk.undo(entry)
    assert reasons(plan) == {("jobs", "1"): "changed already", ("jobs", "3"): "changed already"}
    desk.apply(plan)
    assert desk.text() == sound


def test_a_row_that_others_refer_to_by_now_is_left_alone_with_their_list(desk: Desk) -> None:
    def add(settings):
        for number in (50, 51):
            yield Insert("jobs", {"id": number, "status": "done"})

    [entry] = desk.apply(desk.plan(add)).entries
    desk.execute("insert into files values (60, 50, 'x'); insert into receipts values (70, 50, 1)")

    plan = desk.undo(entry)
    assert reasons(plan) == {
        ("jobs", "50"): "other rows refer to it by now: 1 of files (files_job_id_fkey),"
        " 1 of receipts (receipts_job_id_fkey)"
    }
    desk.apply(plan)
    assert desk.rows("select id from jobs where id >= 50") == [(50,)]


def test_a_row_that_was_added_with_its_child_goes_with_it(desk: Desk) -> None:
    def add(settings):
        yield Insert("jobs", {"id": 50, "status": "done"})
        yield Insert("files", {"id": 60, "job_id": 50})

    sound = desk.text()
    [entry] = desk.apply(desk.plan(add)).entries
    desk.apply(desk.undo(entry))

    assert desk.text() == sound


def test_a_parent_that_is_gone_meanwhile_rolls_the_undo_back(desk: Desk) -> None:
    def drop_file(settings):
        yield Delete("files", {"id": 20})

    [entry] = desk.apply(desk.plan(drop_file)).entries
    plan = desk.undo(entry)
    desk.execute("delete from jobs where id = 2")
    before = desk.text()

    with pytest.raises(ApplyError, match=r"1 row of files would refer to nothing \(files_job_id"):
        desk.apply(plan)

    assert desk.text() == before


def test_a_child_that_came_between_the_undos_plan_and_it_refuses_it(desk: Desk) -> None:
    def add(settings):
        yield Insert("jobs", {"id": 50, "status": "done"})

    [entry] = desk.apply(desk.plan(add)).entries
    plan = desk.undo(entry)
    desk.execute("insert into files values (60, 50, 'x')")

    with pytest.raises(ApplyError, match="1 row of files would be dragged along"):
        desk.apply(plan)


def test_an_undo_brings_back_what_was_mended(desk: Desk) -> None:
    desk.watched.append(
        must("every_running_job_is_noted", "select id from jobs where status = 'running'")
    )
    [entry] = desk.apply(desk.plan(fail, NO_JOB_RUNS)).entries

    plan = desk.undo(entry)

    assert [one.invariant for one in plan.proof] == ["no_job_runs", "every_running_job_is_noted"]
    assert desk.apply(plan).exit_code == 0


def test_an_undo_that_breaks_what_held_before_the_fix_is_rolled_back(desk: Desk) -> None:
    [entry] = desk.apply(desk.plan(fail, NO_JOB_RUNS)).entries
    desk.watched.append(
        must("no_job_is_run_again", "select 'job ' || id from jobs where status = 'running'")
    )

    with pytest.raises(ProofError, match="no_job_is_run_again would be newly violated by job 1"):
        desk.apply(desk.undo(entry))


def test_a_fix_without_undo_has_none(desk: Desk) -> None:
    applied = desk.apply(desk.plan(remove, NO_JOB_RUNS, undo="they asked to be forgotten"))

    assert applied.undo == ()
    with pytest.raises(JournalError, match="cannot be undone: they asked to be forgotten"):
        desk.undo(applied.entries[0])


def test_without_the_right_to_be_quiet_triggers_fire_and_the_plan_says_which(desk: Desk) -> None:
    [entry] = desk.apply(desk.plan(remove, NO_JOB_RUNS)).entries
    [changed] = desk.apply(desk.plan(rename)).entries
    quiet = desk.undo(changed)
    assert quiet.triggers == ()

    desk.database.cluster.execute(QUIET)
    try:
        plan = desk.undo(changed)
        assert [(one.table, one.name) for one in plan.triggers] == [("jobs", "touch")]
        desk.apply(plan)
        assert desk.rows("select note, touched > '2026-01-02' from jobs") == [(None, True)]
        desk.apply(desk.undo(entry))
        assert len(desk.rows("select from files")) == 3
    finally:
        desk.database.cluster.execute(AGAIN)


def rename(settings):
    yield Update("jobs", {"id": 4}, {"note": "x"})


def test_a_deferrable_unique_key_is_not_left_unchecked(desk: Desk) -> None:
    desk.execute("alter table jobs add column place int unique deferrable")

    def number(violations):
        for job in violations:
            yield Update("jobs", {"id": job["id"]}, {"place": job["id"], "status": "failed"})

    [entry] = desk.apply(desk.plan(number, NO_JOB_RUNS)).entries

    assert [one.name for one in desk.undo(entry).triggers] == ["touch"]


def test_a_column_that_was_added_since_makes_a_deleted_row_stay_away(desk: Desk) -> None:
    def drop_remark(settings):
        yield Delete("remarks", {"id": 102})

    [entry] = desk.apply(desk.plan(drop_remark)).entries
    desk.execute("alter table remarks add column by_whom text")

    assert list(reasons(desk.undo(entry)).values()) == ["changed since, and not overwritten"]


def test_rows_of_every_type_come_back_to_the_byte(desk: Desk) -> None:
    desk.execute("""
        insert into kinds values
            (1, 'null', '{ "b" : 1, "a" : 2.50 }', 1.500, 1.5, '{a,"b c",NULL}', '\\x00ff',
             'infinity', '-infinity', 'Cross', 'NaN', 'ab', 'a', '1 mon -2 days 03:04:05.678',
             '10.0.0.1/24', true),
            (2, null, 'null', 'NaN', null, '{}', '', '1883-11-18 12:03:58-04:56:02',
             '0044-03-15 BC', 'calm', 0.1::float8 + 0.2, '', null, null, '::1', null)
    """)
    everything = must("there_are_no_kinds", "select id from kinds", over="kinds")

    def clear(violations):
        for row in violations:
            yield Delete("kinds", {"id": row["id"]})

    sound = desk.text()
    [entry] = desk.apply(desk.plan(clear, everything)).entries
    assert desk.text()["kinds"] == []
    desk.apply(desk.undo(entry))
    assert desk.text() == sound


def test_two_rows_that_exchanged_a_unique_value_with_a_third_go_back_in_order(desk: Desk) -> None:
    def hand_over(settings):
        yield Delete("User", {"email": "bob@example.com"})
        yield Update("User", {"email": "ada@example.com"}, {"email": "bob@example.com"})
        yield Insert(
            "User", {"id": "00000000-0000-0000-0000-000000000009", "email": "ada@example.com"}
        )

    sound = desk.text()
    [entry] = desk.apply(desk.plan(hand_over)).entries
    desk.apply(desk.undo(entry))

    assert desk.text() == sound


def updating(table: str, *changes: tuple[dict[str, object], dict[str, object]]):
    """A fix that sets what these rows, by their keys, are to have."""

    def change(settings):
        for key, values in changes:
            yield Update(table, key=key, set=values)

    return change


def test_a_key_is_read_by_its_names_and_not_by_their_order_in_the_journal(desk: Desk) -> None:
    desk.execute("""
        create table pairs (user_id int, id int, v text, primary key (user_id, id));
        insert into pairs values (1, 2, 'one-two'), (2, 1, 'two-one');
    """)
    before = desk.text()
    plan = desk.plan(updating("pairs", ({"id": 2, "user_id": 1}, {"v": "changed"})))
    [entry] = desk.apply(plan).entries
    after = desk.text()

    [back] = desk.apply(desk.undo(entry)).entries
    assert desk.text() == before

    desk.apply(desk.undo(back))
    assert desk.text() == after


def test_keys_that_were_exchanged_are_given_back(desk: Desk) -> None:
    desk.execute("""
        create table places (list int, n int, title text, primary key (list, n) deferrable);
        insert into places values (1, 1, 'a'), (1, 2, 'b'), (1, 3, 'c');
    """)
    before = desk.text()
    first: dict[str, object] = {"list": 1, "n": 1}
    second: dict[str, object] = {"list": 1, "n": 2}
    plan = desk.plan(updating("places", (first, {"n": 2}), (second, {"n": 1})))
    [entry] = desk.apply(plan).entries
    assert desk.text() != before

    desk.apply(desk.undo(entry))

    assert desk.text() == before


def test_a_row_that_got_another_key_and_was_changed_since_is_one_row(desk: Desk) -> None:
    desk.execute("create table tags (k text primary key, v text); insert into tags values ('a', 1)")
    [entry] = desk.apply(desk.plan(updating("tags", ({"k": "a"}, {"k": "b"})))).entries
    desk.execute("update tags set v = '2' where k = 'b'")

    plan = desk.undo(entry)

    assert plan.changes == ()
    assert {(one.key["k"], one.reason) for one in plan.skipped} == {
        ("b", "changed since, and not overwritten"),
        ("a", "belongs to a row that is left alone"),
    }


def test_a_row_that_got_its_key_by_another_column_is_one_row(desk: Desk) -> None:
    desk.execute("""
        create table tags (n int, v text, k int generated always as (n * 10) stored primary key);
        insert into tags values (1, 'a');
    """)
    applied = desk.apply(desk.plan(updating("tags", ({"k": 10}, {"n": 2}))))
    desk.execute("update tags set v = 'b'")

    plan = desk.undo(applied.entries[0])

    assert applied.changed == applied.planned == 1
    assert plan.changes == ()
    assert {one.key["k"] for one in plan.skipped} == {"10", "20"}


def test_a_row_that_got_another_key_and_is_referred_to_is_one_row(desk: Desk) -> None:
    desk.execute("create table tags (k text primary key, v text); insert into tags values ('a', 1)")
    desk.execute("create table tagged (id int primary key, k text references tags)")
    [entry] = desk.apply(desk.plan(updating("tags", ({"k": "a"}, {"k": "b"})))).entries
    desk.execute("insert into tagged values (1, 'b')")

    plan = desk.undo(entry)

    assert plan.changes == ()
    assert {one.key["k"] for one in plan.skipped} == {"a", "b"}


def test_rows_without_a_key_are_put_back_once(desk: Desk) -> None:
    desk.execute("""
        create table owners (id int primary key);
        create table owned (owner int references owners on delete cascade, v text);
        insert into owners values (1), (2);
        insert into owned values (1, 'a'), (1, 'a'), (1, 'b'), (2, 'c');
    """)
    before = desk.text()

    def drop(settings):
        yield Delete("owners", key={"id": 1})

    [entry] = desk.apply(desk.plan(drop)).entries
    undo = desk.undo(entry)
    applied = desk.apply(undo)
    assert desk.text() == before
    assert {one.cause for one in applied.moved} == {"change"}

    desk.apply(undo)
    assert desk.text() == before
    with pytest.raises(JournalError, match="is undone already"):
        desk.undo(entry)


def test_rows_without_a_key_that_a_trigger_adds_are_told_from_ours(desk: Desk) -> None:
    desk.execute("""
        create table owners (id int primary key);
        create table owned (owner int references owners on delete cascade, v text);
        insert into owners values (1);
        insert into owned values (1, 'a'), (1, 'b');
        create function twice() returns trigger language plpgsql as $$
        begin
            if pg_trigger_depth() = 1 then insert into owned values (new.owner, new.v); end if;
            return null;
        end $$;
        create trigger twice after insert on owned for each row execute function twice();
    """)

    def drop(settings):
        yield Delete("owners", key={"id": 1})

    [entry] = desk.apply(desk.plan(drop)).entries
    desk.execute(QUIET)
    try:
        moved = list(desk.apply(desk.undo(entry)).moved)
    finally:
        desk.execute(AGAIN)

    owned = [one for one in moved if one.table == "owned"]
    assert sorted((one.after["v"], one.cause) for one in owned if one.after) == [
        ("a", "change"),
        ("a", "trigger"),
        ("b", "change"),
        ("b", "trigger"),
    ]


def test_a_row_whose_table_has_another_key_by_now_is_left_alone(desk: Desk) -> None:
    desk.execute("create table tags (k text primary key, v text); insert into tags values ('a', 1)")
    [entry] = desk.apply(desk.plan(updating("tags", ({"k": "a"}, {"v": "2"})))).entries
    desk.execute("alter table tags rename column k to named")

    plan = desk.undo(entry)

    assert [one.reason for one in plan.skipped] == ["its table has another key by now"]
    assert plan.changes == ()


def test_rows_of_a_table_that_is_gone_keep_no_others_from_going_back(desk: Desk) -> None:
    desk.execute("create table tags (id int primary key, v text); insert into tags values (1, 'a')")

    def change(settings):
        yield Update("tags", {"id": 1}, {"v": "b"})
        yield Update("jobs", {"id": 4}, {"note": "x"})

    [entry] = desk.apply(desk.plan(change)).entries
    desk.execute("drop table tags")

    plan = desk.undo(entry)

    assert reasons(plan) == {("tags", "1"): "its table is gone, or part of another by now"}
    desk.apply(plan)
    assert desk.rows("select note from jobs where id = 4") == [(None,)]
