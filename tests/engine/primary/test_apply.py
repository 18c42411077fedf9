"""That plan and nothing else: what has moved is left alone and listed, what is wrong is refused."""

import os
import signal
from datetime import timedelta

import pytest
from msgspec.structs import replace

from engine.primary.desk import NO_JOB_RUNS, Desk, must
from fix_database import Database
from trueup import Delete, Insert, Steps, Update
from trueup.errors import ApplyError, GuardError, JournalError, PlanError
from trueup.model.plan import Database as Identity
from trueup.model.plan import Plan
from trueup.planfile import lines, load
from trueup.primary.applied import Applied
from trueup.primary.pace import MOST, Pace
from trueup.primary.pieces import Pieces
from trueup.primary.session import open_primary
from trueup.replica.dsn import Dsn
from trueup.replica.limits import Limits


def fail(violations):
    for job in violations:
        yield Update("jobs", key={"id": job["id"]}, set={"status": "failed"})


def fail_with_files(violations, primary):
    for job in violations:
        yield Update("jobs", key={"id": job["id"]}, set={"status": "failed"})
        for file in primary.rows("select id from files where job_id = :job", job=job["id"]):
            yield Update("files", key={"id": file["id"]}, set={"title": "failed"})


def skipped(applied: Applied) -> dict[tuple[str, str | None], str]:
    """The reason for each row that was left alone."""
    return {(one.table, one.key["id"]): one.reason for one in applied.skipped}


def test_a_row_that_moved_since_the_plan_is_left_alone_and_listed(desk: Desk) -> None:
    plan = desk.plan(fail, NO_JOB_RUNS)
    desk.execute("update jobs set note = 'seen' where id = 2")

    applied = desk.apply(plan)

    assert skipped(applied) == {("jobs", "2"): "changed since the plan"}
    assert (applied.exit_code, [one.key for one in applied.left]) == (3, [("2",)])
    assert desk.rows("select id from jobs where status = 'running'") == [(2,)]


def test_a_row_that_is_gone_leaves_nothing_to_do(desk: Desk) -> None:
    plan = desk.plan(fail, NO_JOB_RUNS)
    desk.execute("delete from jobs where id = 3")

    applied = desk.apply(plan)

    assert (skipped(applied), applied.exit_code) == ({("jobs", "3"): "gone"}, 0)


def test_a_row_that_somebody_holds_is_left_alone_and_the_others_are_not(desk: Desk) -> None:
    plan = desk.plan(fail, NO_JOB_RUNS)

    with desk.database.connect() as other, other.transaction():
        other.execute("select from jobs where id = 1 for update")
        with open_primary(desk.primary.dsn, Limits(lock=0.1)) as desk.primary:
            applied = desk.apply(plan)

    assert skipped(applied) == {("jobs", "1"): "locked by somebody else"}
    assert (applied.exit_code, len(applied.moved)) == (3, 2)


def test_a_row_that_no_longer_violates_is_left_alone_though_it_did_not_change(desk: Desk) -> None:
    orphaned = must(
        "every_job_has_a_user",
        'select id from jobs where not exists (select from "User" u where u.id = user_id)',
    )
    desk.execute("update jobs set user_id = '00000000-0000-0000-0000-00000000000a'")

    def remove(violations):
        for job in violations:
            yield Delete("jobs", key={"id": job["id"]})

    plan = desk.plan(remove, orphaned)
    user = "('00000000-0000-0000-0000-00000000000a', 'cy@example.com')"
    desk.execute(f'insert into "User" (id, email) values {user}')

    applied = desk.apply(plan)
    assert set(skipped(applied).values()) == {"no longer violates"}
    assert (applied.exit_code, len(desk.rows("select from jobs"))) == (0, 4)


def test_what_belongs_to_a_row_that_moved_is_left_alone_too(desk: Desk) -> None:
    plan = desk.plan(fail_with_files, NO_JOB_RUNS)
    desk.execute("update files set title = 'new' where id = 11")

    applied = desk.apply(plan)

    assert skipped(applied) == {
        ("files", "11"): "changed since the plan",
        ("jobs", "1"): "belongs to a row that is left alone",
        ("files", "10"): "belongs to a row that is left alone",
    }
    assert desk.rows("select status from jobs order by id")[:3] == [
        ("running",),
        ("failed",),
        ("failed",),
    ]


def test_changes_made_outside_the_loop_stand_or_fall_together(desk: Desk) -> None:
    def fail_all(violations):
        yield Update("jobs", key={"id": 4}, set={"note": "counted"})
        yield Insert("totals", {"user_id": "00000000-0000-0000-0000-000000000001", "failed": 3})
        yield from [
            Update("jobs", key={"id": job["id"]}, set={"status": "failed"}) for job in violations
        ]

    plan = desk.plan(fail_all, NO_JOB_RUNS)
    assert {one.unit for one in plan.changes} == {0}
    desk.execute("update jobs set status = 'done' where id = 1")

    applied = desk.apply(plan)
    assert (len(applied.moved), applied.exit_code) == (0, 3)


def test_a_change_of_the_violating_row_itself_is_for_that_violation_alone(desk: Desk) -> None:
    def fail_listed(violations):
        yield from [
            Update("jobs", key={"id": job["id"]}, set={"status": "failed"}) for job in violations
        ]

    plan = desk.plan(fail_listed, NO_JOB_RUNS)
    assert [one.unit for one in plan.changes] == [0, 1, 2]
    desk.execute("update jobs set status = 'done' where id = 1")

    assert len(desk.apply(plan).moved) == 2


def test_an_expired_plan_is_refused(desk: Desk) -> None:
    plan = desk.plan(fail, NO_JOB_RUNS, valid_for=timedelta(0))

    with pytest.raises(ApplyError, match=r"the plan expired at .* UTC; plan again"):
        desk.apply(plan)


def test_a_plan_that_was_changed_after_it_was_made_is_refused(desk: Desk) -> None:
    made = lines(desk.plan(fail, NO_JOB_RUNS))
    changed = [line.replace(b'"failed"', b'"done"') for line in made]

    with pytest.raises(PlanError, match="changed after it was made"):
        load(changed)


def test_a_plan_of_another_database_is_refused(desk: Desk) -> None:
    plan = desk.plan(fail, NO_JOB_RUNS)
    other = Identity(system_identifier="1", name=plan.database.name)

    with pytest.raises(ApplyError, match=r"was made on database .* of system 1, this is"):
        desk.apply(replace(plan, database=other))


def test_the_standby_is_refused(desk: Desk) -> None:
    dsn = Dsn(desk.database.url("trueup_fixer", "standby"), "PRIMARY_URL")

    with (
        pytest.raises(GuardError, match="PRIMARY_URL: the server is a standby; give the primary"),
        open_primary(dsn, Limits()),
    ):
        pass


def test_without_a_journal_nothing_is_applied(shop: Database, primary_dsn: Dsn) -> None:
    with open_primary(primary_dsn, Limits()) as primary:
        desk = Desk(shop, primary)
        plan = desk.plan(fail, NO_JOB_RUNS)

        with pytest.raises(JournalError, match="journal install --system shop --env test"):
            desk.apply(plan)


def test_a_plan_without_changes_is_done_at_once(desk: Desk) -> None:
    def tell(violations):
        yield Steps("call somebody", ("Call them.",), verify="They answered.")

    plan = desk.plan(tell, NO_JOB_RUNS)
    applied = desk.apply(plan)

    assert [one.title for one in plan.steps] == ["call somebody"]
    assert (applied.exit_code, applied.entries, len(applied.moved)) == (0, [], 0)


def test_steps_may_be_a_list_and_are_told_once(desk: Desk) -> None:
    def tell(violations):
        for _ in violations:
            yield Steps("call somebody", ["Call them."])

    assert [one.steps for one in desk.plan(tell, NO_JOB_RUNS).steps] == [("Call them.",)]


def test_steps_that_are_one_text_are_refused(desk: Desk) -> None:
    def tell(violations):
        yield Steps("call somebody", "Call them.")

    with pytest.raises(PlanError, match="yields Steps whose steps are one text; give a list"):
        desk.plan(tell, NO_JOB_RUNS)


def test_an_invariant_that_left_the_catalog_makes_the_plan_stale(desk: Desk) -> None:
    plan = desk.plan(fail, NO_JOB_RUNS)
    desk.watched.clear()

    with pytest.raises(ApplyError, match="'no_job_runs', which is not in the catalog; plan again"):
        desk.apply(plan)


def test_what_a_constraint_refuses_is_named_without_its_value(desk: Desk) -> None:
    def lose(violations):
        for job in violations:
            yield Update("jobs", key={"id": job["id"]}, set={"status": "lost for ever"})

    with pytest.raises(ApplyError) as caught:
        desk.apply(desk.plan(lose, NO_JOB_RUNS))

    assert "constraint jobs_status_check" in str(caught.value)
    assert "lost" not in str(caught.value)


def test_more_dependents_than_planned_are_not_dragged_along(desk: Desk) -> None:
    def remove(violations):
        for job in violations:
            yield Delete("jobs", key={"id": job["id"]})

    plan = desk.plan(remove, NO_JOB_RUNS)
    desk.execute("insert into files values (12, 1, 'new'), (13, 1, 'newer')")
    sound = desk.text()

    with pytest.raises(ApplyError, match=r"5 rows of files would be dragged along .* says 3"):
        desk.apply(plan)

    assert desk.text() == sound


def test_a_row_that_has_come_in_the_way_is_named(desk: Desk) -> None:
    def remove(violations):
        for job in violations:
            yield Delete("jobs", key={"id": job["id"]})

    plan = desk.plan(remove, NO_JOB_RUNS)
    desk.execute("insert into receipts values (1, 2, 9.99)")

    with pytest.raises(
        ApplyError, match=r"1 row of receipts came in the way .receipts_job_id_fkey"
    ):
        desk.apply(plan)


def many(desk: Desk) -> None:
    """More jobs than one batch takes."""
    desk.execute(
        "insert into jobs select i, null, 'running'"
        f" from generate_series(1001, {1000 + 2 * MOST}) i"
    )


def test_many_rows_are_changed_batch_by_batch(desk: Desk) -> None:
    many(desk)
    seen: list[tuple[int, int]] = []

    plan = desk.plan(fail, NO_JOB_RUNS, at_most=2000, share=100)
    applied = desk.apply(plan, told=lambda done, of: seen.append((done, of)))

    assert seen == [(100, 1003), (300, 1003), (700, 1003), (1003, 1003)]
    assert (len(applied.entries), len(applied.undo)) == (4, 4)
    assert [line.split(" undo ")[1].split()[0] for line in applied.undo] == ["4", "3", "2", "1"]
    assert desk.rows("select batch, planned from trueup.journal order by id") == [
        (1, 1003),
        (2, 1003),
        (3, 1003),
        (4, 1003),
    ]


@pytest.mark.parametrize(("sent", "said"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")])
def test_a_signal_stops_between_batches(desk: Desk, sent: signal.Signals, said: str) -> None:
    many(desk)
    plan = desk.plan(fail, NO_JOB_RUNS, at_most=2000, share=100)

    applied = desk.apply(plan, told=lambda *_: os.kill(os.getpid(), sent))

    assert (applied.exit_code, len(applied.moved)) == (3, 100)
    assert applied.stopped == f"stopped by {said}"
    rest = desk.apply(plan)
    assert (rest.exit_code, len(rest.moved)) == (0, 903)


def test_a_later_batch_that_is_refused_leaves_the_earlier_ones_standing(desk: Desk) -> None:
    many(desk)
    desk.execute("""
        create function until_1700() returns trigger language plpgsql as $$
        begin if new.id > 1700 then raise exception 'no'; end if; return new; end $$;
        create trigger until_1700 before update on jobs
            for each row execute function until_1700();
    """)

    applied = desk.apply(desk.plan(fail, NO_JOB_RUNS, at_most=2000, share=100))

    assert (applied.exit_code, len(applied.moved), len(applied.entries)) == (3, 700, 3)
    assert applied.stopped.startswith("batch 4: could not apply the plan")


def test_what_belongs_together_is_one_batch(desk: Desk) -> None:
    plan = desk.plan(fail_with_files, NO_JOB_RUNS)

    assert cut(plan, 2) == [[0, 1, 2], [3, 4], [5]]
    assert cut(plan, 3) == [[0, 1, 2], [3, 4, 5]]


def cut(plan: Plan, size: int) -> list[list[int]]:
    """The places of a plan's changes, piece by piece."""
    pieces = Pieces(plan)
    found = []
    while pieces.left():
        found.append([place for place, _ in pieces.take(size).changes])
    return found


def test_the_pace_quickens_while_nobody_waits_and_slackens_when_somebody_does() -> None:
    pace = Pace()
    sizes = []
    for waited_for in (False, False, False, False, True, True):
        pace.note(0.5, waited_for=waited_for)
        sizes.append(pace.size)

    assert sizes == [200, 400, MOST, MOST, 250, 125]
    assert pace.rest == 2.0


def test_a_column_that_was_dropped_since_refuses_the_plan(desk: Desk) -> None:
    plan = desk.plan(fail, NO_JOB_RUNS)
    desk.execute("alter table jobs rename column status to was")

    with pytest.raises(ApplyError, match="jobs has no column 'status' any more; plan again"):
        desk.apply(plan)


def tell(violations):
    for job in violations:
        yield Update("jobs", key={"id": job["id"]}, set={"note": "sekret"})


def untold(desk: Desk) -> str:
    """Why the primary refuses that, in words without the value."""
    with pytest.raises(ApplyError) as refused:
        desk.apply(desk.plan(tell, NO_JOB_RUNS))
    assert "sekret" not in str(refused.value)
    return str(refused.value)


def test_what_a_function_makes_sql_of_is_not_told(desk: Desk) -> None:
    desk.execute("""
        create function boom() returns trigger language plpgsql as $$
        begin execute 'select ' || new.note; return new; end $$;
        create trigger boom before update on jobs for each row execute function boom();
    """)

    assert "in function" in untold(desk)


@pytest.mark.parametrize(
    ("guard", "state"),
    [("check (note::regclass is not null)", "42P01"), ("check (tell(note))", "42501")],
)
def test_what_a_constraint_makes_of_a_value_is_not_told(desk: Desk, guard: str, state: str) -> None:
    desk.execute(f"""
        create function tell(text) returns boolean immutable language plpgsql as $$
        begin raise insufficient_privilege using message = $1; end $$;
        alter table jobs add {guard} not valid;
    """)

    assert f"({state})" in untold(desk)
