"""There and back: planned, applied, applied again, undone, and every byte as it was."""

from engine.primary.desk import NO_JOB_RUNS, Desk, must
from trueup import Delete, Insert, Update
from trueup.planfile import lines, load
from trueup.primary.applied import Cause
from trueup.replica.session import Session


def fail(violations):
    for job in violations:
        yield Update("jobs", key={"id": job["id"]}, set={"status": "failed", "note": "it's late"})


def test_a_plan_is_applied_once_and_undone_to_the_byte(desk: Desk) -> None:
    sound = desk.text()

    plan = load(lines(desk.plan(fail, NO_JOB_RUNS)))
    assert desk.text() == sound
    applied = desk.apply(plan)
    assert (applied.exit_code, len(applied.moved)) == (0, 3)
    assert desk.rows("select id from jobs where status = 'failed' order by 1") == [(1,), (2,), (3,)]

    again = desk.apply(plan)
    assert (again.exit_code, len(again.moved), again.entries) == (0, 0, [])
    assert {one.reason for one in again.skipped} == {"changed already"}

    undone = desk.apply(desk.undo(applied.entries[0]))
    assert (undone.exit_code, len(undone.moved)) == (0, 3)
    assert desk.text() == sound


def test_rows_that_were_deleted_come_back_with_all_that_went_along(desk: Desk) -> None:
    def remove(violations):
        for job in violations:
            yield Delete("jobs", key={"id": job["id"]})

    sound = desk.text()
    plan = desk.plan(remove, NO_JOB_RUNS)
    assert [(one.table, one.rows, one.action) for one in plan.dependents] == [
        ("files", 3, "cascade"),
        ("pages", 3, "cascade"),
        ("remarks", 2, "set null"),
    ]

    applied = desk.apply(plan)
    assert len(desk.rows("select from files")) == len(desk.rows("select from pages")) == 0
    assert [one.cause for one in applied.moved].count(Cause.CASCADE) == 8

    desk.apply(desk.undo(applied.entries[0]))
    assert desk.text() == sound


def test_rows_that_were_added_go_again(desk: Desk) -> None:
    def count(violations):
        for user in violations:
            yield Insert("totals", {"user_id": user["id"], "failed": 0})
            yield Insert("audit", {"what": f"counted {user['id']}"})

    counted = must(
        "every_user_is_counted",
        'select id from "User" u where not exists (select from totals where user_id = u.id)',
        over="User",
    )
    sound = desk.text()

    plan = desk.plan(count, counted)
    applied = desk.apply(plan)
    assert len(desk.rows("select from totals")) == len(desk.rows("select from audit")) == 2
    assert len(desk.apply(plan).moved) == 0

    desk.apply(desk.undo(applied.entries[0]))
    assert desk.text() == sound


def test_an_undo_can_be_undone_and_the_plan_applied_once_more(desk: Desk) -> None:
    plan = desk.plan(fail, NO_JOB_RUNS)
    first = desk.apply(plan)
    mended = desk.text()
    undone = desk.apply(desk.undo(first.entries[0]))

    desk.apply(desk.undo(undone.entries[0]))
    assert desk.text() == mended

    back = desk.apply(desk.undo(first.entries[0]))
    assert (back.exit_code, len(back.moved)) == (0, 3)
    assert len(desk.apply(plan).moved) == 3


def test_the_replica_is_asked_when_it_has_replayed_the_change(desk: Desk, replica: Session) -> None:
    applied = desk.apply(desk.plan(fail, NO_JOB_RUNS), replica=replica)

    [proof] = [one for one in applied.proofs if one.place == "replica"]
    assert (proof.invariant, proof.verdict, proof.failed) == ("no_job_runs", "holds", False)
    assert desk.rows("select place, verdict from trueup.journal_proofs order by id") == [
        ("transaction", "holds"),
        ("replica", "holds"),
    ]
