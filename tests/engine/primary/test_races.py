"""Several at once: each row is changed by one of them, and the other is told why not."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from engine.primary.desk import NO_JOB_RUNS, Desk, another, meanwhile
from patience import until
from trueup import Insert, Update
from trueup.errors import ApplyError
from trueup.model.plan import Plan
from trueup.primary.applied import Applied
from trueup.primary.images import LOCKED, read
from trueup.primary.tables import Tables

ROUNDS = 200


def fail(violations):
    for job in violations:
        yield Update("jobs", key={"id": job["id"]}, set={"status": "failed"})


def finish(violations):
    for job in list(violations)[1:]:
        yield Update("jobs", key={"id": job["id"]}, set={"status": "done"})


def together(desk: Desk, *plans: Plan) -> list[Applied | ApplyError]:
    """Apply plans at the same moment, each at a desk of its own."""
    start = Barrier(len(plans))

    def apply(plan: Plan) -> Applied | ApplyError:
        with another(desk) as elsewhere:
            start.wait(timeout=60)
            try:
                return elsewhere.apply(plan)
            except ApplyError as error:
                return error

    with ThreadPoolExecutor(len(plans)) as pool:
        return list(pool.map(apply, plans))


def test_two_engineers_who_apply_the_same_plan_change_each_row_once(desk: Desk) -> None:
    for round_ in range(1, ROUNDS + 1):
        plan = desk.plan(fail, NO_JOB_RUNS)

        results = together(desk, plan, plan)

        changed = [one for one in results if isinstance(one, Applied) and one.moved]
        others = [one for one in results if one not in changed]
        assert [len(one.moved) for one in changed] == [3]
        assert all("somebody else is mending shop" in str(one) or one.skipped for one in others)
        assert len(desk.rows("select from trueup.journal")) == round_
        desk.execute("update jobs set status = 'running' where status = 'failed'")


def test_two_plans_that_overlap_change_each_row_once(desk: Desk) -> None:
    for _ in range(ROUNDS):
        plans = desk.plan(fail, NO_JOB_RUNS), desk.plan(finish, NO_JOB_RUNS)
        before = len(desk.rows("select from trueup.journal_rows"))

        results = together(desk, *plans)

        moved = sum(len(one.moved) for one in results if isinstance(one, Applied))
        assert moved in (2, 3)
        assert len(desk.rows("select from trueup.journal_rows")) == before + moved
        desk.execute("update jobs set status = 'running' where id < 4")


def test_rows_without_a_key_of_ours_are_not_added_twice(desk: Desk) -> None:
    def note(settings):
        yield Insert("audit", {"what": "noted"})

    plan = desk.plan(note)
    together(desk, plan, plan)
    desk.apply(plan)

    assert desk.rows("select what from audit") == [("noted",)]


def test_who_comes_second_is_told_at_once(desk: Desk) -> None:
    desk.execute("""
        create function wait() returns trigger language plpgsql as $$
        begin perform pg_advisory_xact_lock(42); return null; end $$;
        create trigger wait after update on jobs for each row execute function wait();
    """)
    plan = desk.plan(fail, NO_JOB_RUNS)

    with meanwhile(desk, plan) as applying:
        [second] = together(desk, plan)

    assert "somebody else is mending shop at this moment; nothing was changed" in str(second)
    assert len(applying.result().moved) == 3


def test_rows_are_locked_in_the_order_of_their_key(desk: Desk) -> None:
    jobs = Tables(desk.primary.connection).named("jobs")
    free = "select id from jobs order by id for update skip locked"

    def lock() -> None:
        with another(desk) as elsewhere, elsewhere.primary.connection.transaction():
            read(elsewhere.primary.connection, jobs, ["id"], [("3",), ("2",), ("1",)], LOCKED)

    with ThreadPoolExecutor(1) as pool, desk.database.connect() as holder:
        with holder.transaction():
            holder.execute("select from jobs where id = 2 for update")
            locking = pool.submit(lock)
            until(lambda: bool(desk.rows("select from pg_locks where not granted")))
            assert desk.rows(free) == [(3,), (4,)]
        locking.result()


def test_what_the_application_commits_while_we_wait_for_its_lock_is_kept(desk: Desk) -> None:
    plan = desk.plan(fail, NO_JOB_RUNS)

    with (
        another(desk) as elsewhere,
        ThreadPoolExecutor(1) as pool,
        desk.database.connect() as application,
    ):
        with application.transaction():
            application.execute("update jobs set status = 'done' where id = 1")
            applying = pool.submit(elsewhere.apply, plan)
            until(lambda: bool(desk.rows("select from pg_locks where not granted")))
        applied = applying.result()

    assert [(one.key, one.reason) for one in applied.skipped] == [
        ({"id": "1"}, "changed since the plan")
    ]
    assert desk.rows("select status from jobs where id = 1") == [("done",)]


def test_what_the_application_writes_meanwhile_is_not_lost(desk: Desk) -> None:
    desk.execute("""
        create function wait() returns trigger language plpgsql as $$
        begin perform pg_advisory_xact_lock(42); return null; end $$;
        create trigger wait after update on jobs for each row
            when (new.status = 'failed') execute function wait();
    """)
    plan = desk.plan(fail, NO_JOB_RUNS)

    with ThreadPoolExecutor(1) as pool:
        with meanwhile(desk, plan):
            writing = pool.submit(desk.execute, "update jobs set note = 'app' where id = 1")
        writing.result()

    assert desk.rows("select status, note from jobs where id = 1") == [("failed", "app")]
