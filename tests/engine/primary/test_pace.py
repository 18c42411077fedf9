"""Plans of many rows: how fast, how far, and proven all the same."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace

from engine.primary.desk import NO_JOB_RUNS, Desk, must
from patience import until
from trueup import Update
from trueup.errors import PlanError, ProofError
from trueup.model.plan import Plan, When
from trueup.planfile import lines, load, seal
from trueup.primary import pace
from trueup.primary.pace import MOST
from trueup.replica.session import Session

MANY = 1200


def fail(violations):
    for job in violations:
        yield Update("jobs", key={"id": job["id"]}, set={"status": "failed"})


@pytest.fixture
def many(desk: Desk) -> Desk:
    """A desk with more running jobs than a batch takes."""
    desk.execute(
        "insert into jobs select i, null, 'running', null"
        f" from generate_series(1001, {1000 + MANY}) i"
    )
    return desk


def test_no_more_rows_are_changed_than_asked_for(many: Desk) -> None:
    plan = many.plan(fail, NO_JOB_RUNS, at_most=2000, share=100)

    first = many.apply(plan, most=5)
    assert (first.exit_code, first.changed, first.stopped) == (
        3,
        5,
        "stopped after 5 changes, as asked; the same plan again does the rest",
    )
    second = many.apply(plan, most=7)
    assert second.changed == 7
    rest = many.apply(plan)
    assert (rest.exit_code, rest.changed) == (0, MANY + 3 - 12)


def test_who_waits_for_a_row_of_ours_is_seen(desk: Desk) -> None:
    with (
        desk.database.connect() as ours,
        desk.database.connect() as observer,
        ThreadPoolExecutor(1) as pool,
    ):
        ours.execute("begin; savepoint inner_")
        ours.execute("select from jobs where id = 2 for update")
        pid = ours.info.backend_pid
        assert not pace.waited_for(observer, pid)
        theirs = pool.submit(desk.execute, "update jobs set note = 'mine' where id = 2")
        until(lambda: pace.waited_for(observer, pid))
        ours.execute("rollback")
        theirs.result(timeout=60)


def test_what_there_is_no_time_for_proves_the_first_batch_and_is_asked_again_at_the_end(
    many: Desk, replica: Session
) -> None:
    plan = many.plan(fail, NO_JOB_RUNS, at_most=2000, share=100, prove_within=0.05)
    plan = _as_first(plan)

    applied = many.apply(plan, replica=replica)

    assert (applied.exit_code, applied.changed) == (0, MANY + 3)
    assert [(one.place, one.verdict, one.detail) for one in applied.proofs] == [
        ("transaction", "holds", "asked about these rows only"),
        ("replica", "holds", ""),
    ]


def _as_first(plan: Plan) -> Plan:
    """The plan as on a slower machine, where its invariant takes too long for every batch."""
    steps = tuple(replace(one, when=When.FIRST, keyed=True) for one in plan.proof)
    return seal(replace(plan, proof=steps))


def test_the_first_batch_is_proven_by_all_before_it_commits(many: Desk) -> None:
    many.watched.append(
        must("no_failed_job_is_unexplained", "select id from jobs where status = 'failed'")
    )
    plan = _as_first(many.plan(fail, NO_JOB_RUNS, at_most=2000, share=100))

    with pytest.raises(ProofError, match="no_failed_job_is_unexplained would be newly violated"):
        many.apply(plan)

    assert many.rows("select from trueup.journal") == []


def test_a_later_batch_still_leaves_alone_what_no_longer_violates(many: Desk) -> None:
    many.execute("update jobs set user_id = '00000000-0000-0000-0000-00000000000a' where id > 2000")
    orphaned = must(
        "every_job_has_a_user",
        "select id from jobs where status = 'running' and id > 1000"
        ' and not exists (select from "User" where "User".id = user_id)',
    )
    plan = _as_first(many.plan(fail, orphaned, at_most=2000, share=100))
    user = "('00000000-0000-0000-0000-00000000000a', 'cy@example.com')"
    many.execute(f'insert into "User" (id, email) values {user}')

    applied = many.apply(plan)

    assert (applied.exit_code, applied.changed) == (0, MANY - 200)
    assert applied.skipped.counts == {("jobs", "no longer violates"): 200}


def test_more_than_a_twentieth_of_a_table_is_refused_unless_agreed_to(many: Desk) -> None:
    with pytest.raises(
        PlanError,
        match=r"would change 1,203 of 1,204 rows of jobs \(99.9 %\), more than 5 %; .* --share 100",
    ):
        many.plan(fail, NO_JOB_RUNS, at_most=2000)

    [share] = many.plan(fail, NO_JOB_RUNS, at_most=2000, share=100).shares
    assert (share.table, share.rows, share.of) == ("jobs", 1203, 1204)


def test_a_handful_of_rows_may_be_the_whole_of_a_small_table(desk: Desk) -> None:
    [share] = desk.plan(fail, NO_JOB_RUNS).shares

    assert share.percent == 75


def test_a_plan_read_from_its_file_is_the_plan_that_was_made(many: Desk) -> None:
    plan = many.plan(fail, NO_JOB_RUNS, at_most=2000, share=100)

    read = load(lines(plan))

    assert read == plan
    assert read.changes[-1] == plan.changes[-1]
    assert list(read.targets[5:8]) == list(plan.targets[5:8])
    assert len(read.changes) > MOST


def test_the_replica_that_stands_still_stops_the_fix(
    many: Desk, replica: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trueup.primary.late.FOLLOW_EVERY", 0.0)
    plan = many.plan(fail, NO_JOB_RUNS, at_most=2000, share=100)

    with many.database.connect(server="standby") as standby:
        standby.execute("select pg_wal_replay_pause()")
        applied = many.apply(plan, replica=replica, patience=0.1)
        standby.execute("select pg_wal_replay_resume()")

    assert applied.exit_code == 3
    assert applied.stopped.startswith("stopped after batch 2, since the replica had not replayed")
    assert 0 < applied.changed < MANY


def test_a_share_that_is_no_number_agrees_to_nothing(many: Desk) -> None:
    with pytest.raises(PlanError, match="more than nan %"):
        many.plan(fail, NO_JOB_RUNS, at_most=2000, share=float("nan"))
